"""What every part promises: one small file per slot, the data that travels between parts, and the hooks."""

from rlzoo.contracts.algorithm import Algorithm
from rlzoo.contracts.buffer import Buffer
from rlzoo.contracts.checkpoint import Checkpoint, CheckpointTimes, Segment, SegmentedRows
from rlzoo.contracts.composition import Chosen, Composition
from rlzoo.contracts.environment import Environment, EnvironmentFamily
from rlzoo.contracts.executor import Ended, Event, Executor, Failed, Message, Stop, Work, WorkerLost
from rlzoo.contracts.explanation import Chart, Explanation
from rlzoo.contracts.exploration import ExplorationPolicy
from rlzoo.contracts.intervention import Intervention, Learning
from rlzoo.contracts.log import Episode, Evaluation, Log
from rlzoo.contracts.network import QNetwork
from rlzoo.contracts.objective import Objective
from rlzoo.contracts.observer import Observer
from rlzoo.contracts.optimizer import Optimizer
from rlzoo.contracts.options import Component, Meta, Options, as_dict
from rlzoo.contracts.per_lane import PER_LANE
from rlzoo.contracts.preset import Preset
from rlzoo.contracts.random_return import RandomReturn
from rlzoo.contracts.recorder import Recorder
from rlzoo.contracts.run import Run, Status
from rlzoo.contracts.spec import BuildSpec
from rlzoo.contracts.state import Part, Rows, State
from rlzoo.contracts.stopping_rule import StoppingRule
from rlzoo.contracts.target import TargetUpdater
from rlzoo.contracts.train import Train
from rlzoo.contracts.transition import Batch, Column, Transition
from rlzoo.lanes.kernels import EnvironmentKernel, ExplorationKernel, NetworkKernel, ObjectiveKernel, Storage

__all__ = [
    "PER_LANE",
    "Algorithm",
    "Batch",
    "Buffer",
    "BuildSpec",
    "Chart",
    "Checkpoint",
    "CheckpointTimes",
    "Chosen",
    "Column",
    "Component",
    "Composition",
    "Ended",
    "Environment",
    "EnvironmentFamily",
    "EnvironmentKernel",
    "Episode",
    "Evaluation",
    "Event",
    "Executor",
    "Explanation",
    "ExplorationKernel",
    "ExplorationPolicy",
    "Failed",
    "Intervention",
    "Learning",
    "Log",
    "Message",
    "Meta",
    "NetworkKernel",
    "Objective",
    "ObjectiveKernel",
    "Observer",
    "Optimizer",
    "Options",
    "Part",
    "Preset",
    "QNetwork",
    "RandomReturn",
    "Recorder",
    "Rows",
    "Run",
    "Segment",
    "SegmentedRows",
    "State",
    "Status",
    "Stop",
    "StoppingRule",
    "Storage",
    "TargetUpdater",
    "Train",
    "Transition",
    "Work",
    "WorkerLost",
    "as_dict",
]
