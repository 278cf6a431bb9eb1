"""`train.compile`: the same gradients from one program. Most tests trace it without translating it, which is slow."""

from __future__ import annotations

from typing import Any

import pytest
import torch
import torch._inductor.compile_fx
from torch._inductor import config

from rlzoo.cli import main
from rlzoo.contracts.errors import OptionError
from rlzoo.registry.catalog import open_catalog
from rlzoo.registry.composition import compose
from rlzoo.testing import CHECKS, Case
from rlzoo.testing.case import filled, started
from rlzoo.training.groups import Group, check_group
from rlzoo.training.runner import Runner

CATALOG = open_catalog(no_plugins=True)
NO_COMPILER = {"cpp.cxx": ("/no/such/compiler",)}


def runner(compile: bool, settings: dict[str, Any], **components: str) -> Runner:
    settings = {"train.compile": compile, "train.batch_size": 9, "network.hidden": (8, 8), **settings}
    return started(compose(CATALOG, "dqn", components, settings), [0, 1])


@pytest.fixture
def traced(monkeypatch) -> None:
    """Run the traced program as it is."""
    torch._dynamo.reset()
    monkeypatch.setattr(torch._inductor.compile_fx, "compile_fx", lambda graph, inputs: graph)


@pytest.mark.parametrize(
    ("settings", "components"),
    [
        pytest.param({"objective.loss": "huber"}, {"objective": "double", "target": "none"}, id="double-huber"),
        pytest.param({}, {}, id="dqn", marks=pytest.mark.slow),
        pytest.param({"network.dueling": True, "train.n_step": 3}, {}, id="dueling-n-step", marks=pytest.mark.slow),
    ],
)
def test_gradients_are_those_of_the_layers(traced, settings: dict[str, Any], components: dict[str, str]) -> None:
    compiled, plain = (runner(compile, settings, **components) for compile in (True, False))
    for _ in range(2):
        batches = [filled(it) for it in (compiled, plain)]
        errors = [it.learner.update(batch) for it, batch in zip((compiled, plain), batches, strict=True)]
        torch.testing.assert_close(*errors, rtol=1e-4, atol=1e-5)
        torch.testing.assert_close(compiled.learner.row.grad, plain.learner.row.grad, rtol=1e-4, atol=1e-6)
    assert compiled.engine["gradients"] == "torch.compile"


@pytest.mark.slow
def test_numpy_in_an_objective_splits_the_program(traced) -> None:
    compiled, plain = (runner(compile, {}, objective="expected-sarsa") for compile in (True, False))
    for it in (compiled, plain):
        it.learner.update(filled(it))
    torch.testing.assert_close(compiled.learner.row.grad, plain.learner.row.grad, rtol=1e-4, atol=1e-6)
    assert compiled.engine["gradients"].startswith("torch.compile, in ")


def test_without_a_compiler_nothing_is_built() -> None:
    group = Group(compose(CATALOG, "dqn", {}, {"train.compile": True}), [0], "cpu")
    with config.patch(NO_COMPILER), pytest.raises(OptionError, match=r"needs a C\+\+ compiler, and there is none"):
        check_group(group)


def test_without_a_compiler_a_run_is_refused_before_its_folder_is_made(tmp_path, capsys) -> None:
    with config.patch(NO_COMPILER):
        assert main(["run", "dqn", "--compile", "--steps", "100", "--out", str(tmp_path / "run")]) == 2
    assert "install g++, or set CXX" in capsys.readouterr().err
    assert not (tmp_path / "run").exists()


@pytest.mark.slow
@pytest.mark.parametrize("objective", ["q-learning", "double"])
def test_compiled_updates_keep_the_invariants(objective: str) -> None:
    case = Case("objective", objective, CATALOG, {"train.compile": True, "objective.loss": "huber"})
    for rule in ("repeatable", "lane-independent"):
        CHECKS[rule](case)
