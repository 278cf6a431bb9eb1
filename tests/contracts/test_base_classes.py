"""The contracts are abstract base classes: a part that lacks a method cannot be built."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pytest
import torch

from rlzoo.contracts import (
    Buffer,
    BuildSpec,
    Component,
    Environment,
    EnvironmentFamily,
    Executor,
    ExplorationPolicy,
    Objective,
    Observer,
    Optimizer,
    Part,
    QNetwork,
    TargetUpdater,
)
from rlzoo.contracts.hooks import hookimpl
from rlzoo.lanes.clock import Clock
from rlzoo.registry.catalog import Catalog
from rlzoo.registry.composition import compose
from rlzoo.registry.plugins import Plugins
from rlzoo.training.runner import Runner

METHODS: dict[type, set[str]] = {
    Buffer: {"add", "sample", "__len__"},
    ExplorationPolicy: {"act", "probabilities"},
    TargetUpdater: {"start", "update"},
    Objective: {"q_values", "__call__"},
    Optimizer: {"start", "step"},
    Environment: {"reset", "step", "close"},
    Executor: {"run"},
    Component: {"build"},
    EnvironmentFamily: {"build"},
    QNetwork: {"build"},
}


@pytest.mark.parametrize("contract", METHODS, ids=lambda contract: contract.__name__)
def test_every_required_method_is_abstract(contract: Any) -> None:
    assert contract.__abstractmethods__ == METHODS[contract]
    for missing in METHODS[contract]:
        methods = {name: lambda self, *_: None for name in METHODS[contract] - {missing}}
        with pytest.raises(TypeError, match=f"abstract method '?{missing}"):
            type("Forgetful", (contract,), methods)()


@pytest.mark.parametrize("contract", METHODS, ids=lambda contract: contract.__name__)
def test_the_required_methods_suffice(contract: Any) -> None:
    type("Complete", (contract,), {name: lambda self, *_: None for name in METHODS[contract]})()


def test_an_observer_needs_no_method() -> None:
    Observer()


def test_a_part_remembers_and_reports_nothing_by_default() -> None:
    part = Part()
    assert part.state() == {}
    part.load_state({})
    assert part.metrics(Clock(2)) == {}


@dataclass(frozen=True)
class Half(Component):
    """A buffer that cannot sample."""

    def build(self, spec: BuildSpec) -> Any:
        class HalfBuffer(Buffer):
            def add(self, transition: Any) -> None:
                return

            def __len__(self) -> int:
                return 0

        return HalfBuffer()  # type: ignore[abstract]


class Plugin:
    @hookimpl
    def rlzoo_buffers(self) -> Mapping[str, Any]:
        return {"half": Half}


def test_a_forgotten_method_is_reported_when_the_part_is_built() -> None:
    plugins = Plugins()
    plugins.register(Plugin(), "rlzoo-half", "0.2")
    composition = compose(Catalog(plugins), "dqn", {"buffer": "half"})
    with pytest.raises(TypeError, match=r"abstract method '?sample") as raised:
        Runner(composition, [0], torch.device("cpu"))
    assert raised.value.__notes__ == ["It was raised in building the buffer `half` of rlzoo-half 0.2."]
