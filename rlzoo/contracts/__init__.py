"""What every part promises: one small file per slot, the data that travels between parts, and the hooks."""

from rlzoo.contracts.algorithm import Algorithm
from rlzoo.contracts.buffer import Buffer
from rlzoo.contracts.composition import Chosen, Composition
from rlzoo.contracts.environment import Environment
from rlzoo.contracts.executor import Ended, Event, Executor, Failed, Message, Stop, Work, WorkerLost
from rlzoo.contracts.exploration import ExplorationPolicy
from rlzoo.contracts.log import Episode, Evaluation, Log
from rlzoo.contracts.network import QNetwork
from rlzoo.contracts.objective import Objective
from rlzoo.contracts.observer import Observer
from rlzoo.contracts.optimizer import Optimizer
from rlzoo.contracts.options import Meta, as_dict
from rlzoo.contracts.run import Run, Status
from rlzoo.contracts.spec import BuildSpec, NextAction
from rlzoo.contracts.state import State, Stateful
from rlzoo.contracts.target import TargetUpdater
from rlzoo.contracts.train import Train
from rlzoo.contracts.transition import Batch, Transition

__all__ = [
    "Algorithm",
    "Batch",
    "Buffer",
    "BuildSpec",
    "Chosen",
    "Composition",
    "Ended",
    "Environment",
    "Episode",
    "Evaluation",
    "Event",
    "Executor",
    "ExplorationPolicy",
    "Failed",
    "Log",
    "Message",
    "Meta",
    "NextAction",
    "Objective",
    "Observer",
    "Optimizer",
    "QNetwork",
    "Run",
    "State",
    "Stateful",
    "Status",
    "Stop",
    "TargetUpdater",
    "Train",
    "Transition",
    "Work",
    "WorkerLost",
    "as_dict",
]
