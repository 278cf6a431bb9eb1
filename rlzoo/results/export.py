"""A trained agent as a file that other programs read: a torch program, ONNX, or weights with their description."""

from __future__ import annotations

import io
import json
import logging
import warnings
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import numpy as np
import torch
from safetensors.torch import save

from rlzoo.contracts.errors import BadInput
from rlzoo.contracts.spaces import in_words
from rlzoo.registry.packages import DISTRIBUTION
from rlzoo.results.agent import Agent
from rlzoo.results.files import shown, write_whole
from rlzoo.results.policy import Policy

if TYPE_CHECKING:
    from torch.export import ExportedProgram

Format = Literal["torch", "onnx", "safetensors"]
SUFFIXES: Mapping[Format, str] = {"torch": ".pt2", "onnx": ".onnx", "safetensors": ".safetensors"}


def export_agent(agent: Agent, path: Path, file_format: Format) -> None:
    """Write the agent to `path`, atomically.

    `torch` and `onnx` take observations `[B, ...]` and, with action masks, also `mask`, bool `[B, A]`. They return the
    best `action`, as the environment takes it, and `q_values` `[B, A]`.

    Raises BadInput if the network cannot be exported, a package is missing, or `path` cannot be written.
    """
    if file_format not in WRITERS:
        raise BadInput(f"unknown format `{file_format}`; choose {', '.join(WRITERS)}")
    content = WRITERS[file_format](agent)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        write_whole(path, content)
    except OSError as error:
        raise BadInput(f"cannot write `{shown(path)}`: {error.strerror}") from error


def as_torch(agent: Agent) -> bytes:
    """A program of torch.export: `torch.export.load(FILE).module()` is an `nn.Module` that needs nothing but torch.

    Raises BadInput if the network cannot be traced.
    """
    content = io.BytesIO()
    torch.export.save(_program(agent), content, extra_files={"rlzoo.json": json.dumps(describe(agent))})
    return content.getvalue()


def as_onnx(agent: Agent) -> bytes:
    """A model for ONNX runtimes. Raises BadInput if the network cannot be translated, or a package is missing."""
    try:
        import onnxscript  # noqa: F401  # which torch's exporter needs
    except ImportError as error:
        raise BadInput(f'ONNX needs a package: {error}; run `pip install "rlzoo-lanes[onnx]"`') from error
    program = _program(agent)
    with _explained(agent, "ONNX"):
        model = torch.onnx.export(
            program,
            input_names=list(_inputs(agent)),
            output_names=["action", "q_values"],
            dynamic_shapes={name: {0: "batch"} for name in _inputs(agent)},
            verbose=False,
        )
        assert model is not None
        model.model.metadata_props.update(describe(agent))
        return model.model_proto.SerializeToString()


def as_safetensors(agent: Agent) -> bytes:
    """The weights under the names of the module; the file's header says what they are."""
    return save({name: leaf.contiguous() for name, leaf in agent.module.state_dict().items()}, describe(agent))


WRITERS: Mapping[Format, Callable[[Agent], bytes]] = {"torch": as_torch, "onnx": as_onnx, "safetensors": as_safetensors}


def describe(agent: Agent) -> dict[str, str]:
    """What the agent is, as text: the metadata of the files."""
    return {
        "rlzoo": version(DISTRIBUTION),
        "algorithm": agent.composition.algorithm,
        "environment": agent.composition["environment"].id,
        "seed": str(agent.seed),
        "observation_space": in_words(agent.observation_space),
        "action_space": in_words(agent.action_space),
        "composition": json.dumps(agent.composition.to_dict()),
    }


def _inputs(agent: Agent) -> dict[str, torch.Tensor]:
    """An example of each input, two observations long."""
    observation = torch.from_numpy(np.zeros((2, *agent.shape), agent.dtype))
    mask = {"mask": torch.ones(2, int(agent.action_space.n), dtype=torch.bool)} if agent.masked else {}
    return {"observation": observation, **mask}


def _program(agent: Agent) -> ExportedProgram:
    if agent.memory_size:
        raise BadInput(
            f"`network={agent.composition.components['network'].name}` has a memory, but a program takes single "
            "observations; use the format `safetensors`, or `rlzoo.load`"
        )
    inputs, batch = _inputs(agent), torch.export.Dim("batch")
    with _explained(agent, "a program of torch.export"):
        shapes = {name: {0: batch} for name in inputs}
        program = torch.export.export(Policy(agent).eval(), (), inputs, dynamic_shapes=shapes)
    for node in program.graph.nodes:
        node.meta.pop("stack_trace", None)  # it has the paths of this machine
    return program


@contextmanager
def _explained(agent: Agent, what: str) -> Iterator[None]:
    """Errors inside become BadInput that names the parts, which may be a plugin's; warnings are suppressed."""
    chosen = agent.composition.components
    exporter = logging.getLogger("torch.onnx")
    level = exporter.level
    exporter.setLevel(logging.ERROR)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    except Exception as error:
        reason = str(error).strip().partition("\n")[0]
        raise BadInput(
            f"the network `{chosen['network'].name}` with the objective `{chosen['objective'].name}` cannot become "
            f"{what}: {type(error).__name__}: {reason}"
        ) from error
    finally:
        exporter.setLevel(level)
