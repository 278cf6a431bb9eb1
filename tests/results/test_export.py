from __future__ import annotations

import io
import json
import subprocess
import sys
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import gymnasium
import numpy as np
import onnx
import onnxruntime
import pytest
import torch
from safetensors.numpy import load, load_file

from rlzoo.cli import main
from rlzoo.contracts import Composition
from rlzoo.contracts.encoding import as_actions
from rlzoo.contracts.errors import BadInput
from rlzoo.registry.composition import compose
from rlzoo.results.agent import Agent
from rlzoo.results.export import as_onnx, as_safetensors, as_torch, export_agent
from rlzoo.testing import installed
from rlzoo.testing.cases import cases_of
from rlzoo.training.runner import Runner

from support.runs import train_tiny

CATALOG = installed()
EVALUATED = {"train.eval_episodes": 2}
Shown = pytest.CaptureFixture[str]


def agent_of(composition: Composition) -> Agent:
    """An agent with the first weights of seed 3, which are as good as any, all of them moved away from zero."""
    runner = Runner(composition, [3], torch.device("cpu"))
    weights = runner.weights()[3]
    runner.close()
    generator = torch.Generator().manual_seed(0)
    moved = {
        name: leaf + 0.1 * torch.randn(leaf.shape, generator=generator) if leaf.is_floating_point() else leaf
        for name, leaf in weights.items()
    }
    return Agent(composition, 3, moved)


def examples(agent: Agent, number: int) -> dict[str, np.ndarray]:
    space = agent.observation_space
    space.seed(0)
    observations = np.stack([np.asarray(space.sample(), agent.dtype) for _ in range(number)])
    if not agent.masked:
        return {"observation": observations}
    mask = np.random.default_rng(0).random((number, int(agent.action_space.n))) < 0.5
    mask[:, 0] |= ~mask.any(1)
    return {"observation": observations, "mask": mask}


def check_equal(agent: Agent, given: Mapping[str, np.ndarray], action: Any, q_values: Any) -> None:
    """The outputs of a program are what the agent itself answers."""
    expected = agent.q_values(given["observation"])
    scale = max(1.0, float(np.abs(expected).max()))
    np.testing.assert_allclose(q_values, expected, rtol=0, atol=1e-5 * scale)
    if isinstance(agent.action_space, gymnasium.spaces.Box):
        np.testing.assert_allclose(action, [agent.act(it) for it in given["observation"]], rtol=0, atol=1e-5)
        return
    allowed = np.where(given["mask"], expected, -np.inf) if "mask" in given else expected
    ordered = np.sort(allowed, -1)
    clear = ordered[:, -1] - ordered[:, -2] > 1e-4 * scale if allowed.shape[1] > 1 else np.ones(len(allowed), bool)
    assert clear.any(), "a comparison of ties would show nothing"
    wanted = as_actions(agent.action_space, allowed.argmax(-1))
    assert np.array_equal(np.asarray(action)[clear], np.asarray(wanted)[clear])


def check_torch(agent: Agent) -> None:
    module = torch.export.load(io.BytesIO(as_torch(agent))).module()
    assert isinstance(module, torch.nn.Module)
    for number in (1, 7):
        given = examples(agent, number)
        action, q_values = module(**{name: torch.from_numpy(array) for name, array in given.items()})
        check_equal(agent, given, action.detach().numpy(), q_values.detach().numpy())


def check_onnx(agent: Agent) -> None:
    content = as_onnx(agent)
    onnx.checker.check_model(onnx.load_model_from_string(content), full_check=True)
    session = onnxruntime.InferenceSession(content)
    assert [output.name for output in session.get_outputs()] == ["action", "q_values"]
    assert all(given.shape[0] == "batch" for given in session.get_inputs())
    assert session.get_modelmeta().custom_metadata_map["algorithm"] == agent.composition.algorithm
    for number in (1, 7):
        given = examples(agent, number)
        check_equal(agent, given, *session.run(None, given))


EVERYTHING = [(kind, name) for kind in ("network", "objective") for name in CATALOG.names(kind)]
EVERYTHING += [("algorithm", name) for name in ("rainbow", "dqn-minatar", "dqn-130", "r2d2")]  # of several parts


@pytest.mark.slow
@pytest.mark.parametrize(("kind", "name"), EVERYTHING)
def test_everything_that_is_installed_is_exported(kind: str, name: str) -> None:
    cases = cases_of(CATALOG, CATALOG.get(kind, name).plugin, name)
    agents = [agent_of(case.composition()) for case in cases if case.slot == kind]
    assert agents
    for agent in agents:
        if agent.memory_size:
            with pytest.raises(BadInput, match="has a memory, but a program takes single observations"):
                as_torch(agent)
        else:
            check_torch(agent)
            check_onnx(agent)


class Pairs(gymnasium.Env[np.ndarray, np.ndarray]):
    """Bytes are observed, and actions have two components, the second of them counted from 3."""

    observation_space = gymnasium.spaces.Box(0, 255, (6,), np.uint8)
    action_space = gymnasium.spaces.MultiDiscrete([2, 3], start=[0, 3])


gymnasium.register("rlzoo-tests/Pairs-v0", Pairs)
PLACES = {
    "bytes are scaled, and actions combined": ("rlzoo-tests/Pairs-v0", {}),
    "action masks": ("rlzoo-probe/masked-v0", {}),
    "actions that begin at -1": ("rlzoo-tests/Shifted-v0", {"network": "table"}),
}


@pytest.mark.slow
@pytest.mark.parametrize("place", PLACES)
def test_an_agent_answers_the_same_in_every_space(place: str) -> None:
    environment, components = PLACES[place]
    check_onnx(agent_of(compose(CATALOG, "dqn", components, environment=environment)))


LOADER = """
import sys
sys.modules["rlzoo"] = None
try:
    import rlzoo
except ImportError:
    pass
else:
    raise AssertionError("rlzoo could be imported")
import torch

module = torch.export.load(sys.argv[1]).module()
assert isinstance(module, torch.nn.Module)
action, q_values = module(observation=torch.tensor([[0.0, 0.1, 0.0, -0.1], [1.0, 0.0, 0.2, 0.0]]))
print(action.tolist(), q_values.tolist())
assert not [name for name in sys.modules if name.startswith("rlzoo.")]
"""


@pytest.mark.slow
def test_a_program_is_a_module_where_rlzoo_cannot_be_imported(tmp_path: Path) -> None:
    agent = agent_of(compose(CATALOG, "c51", environment="CartPole-v1"))
    export_agent(agent, tmp_path / "agent.pt2", "torch")
    done = subprocess.run(
        [sys.executable, "-c", LOADER, str(tmp_path / "agent.pt2")], cwd=tmp_path, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    observations = np.array([[0.0, 0.1, 0.0, -0.1], [1.0, 0.0, 0.2, 0.0]], np.float32)
    assert done.stdout.startswith(str(agent.act(observations).tolist()))


def test_files_say_what_they_are_and_nothing_of_this_machine(tmp_path: Path) -> None:
    agent = agent_of(compose(CATALOG, "dqn", environment="CartPole-v1"))
    content = as_safetensors(agent)
    length = int.from_bytes(content[:8], "little")
    described = json.loads(content[8 : 8 + length])["__metadata__"]
    assert described["environment"] == "CartPole-v1"
    assert json.loads(described["composition"])["train"]["batch_size"] == 128
    assert load(content).keys() == agent.module.state_dict().keys()
    with zipfile.ZipFile(io.BytesIO(as_torch(agent))) as archive:
        files = {name: archive.read(name) for name in archive.namelist()}
    described_again = next(text for name, text in files.items() if name.endswith("rlzoo.json"))
    assert json.loads(described_again) == described
    for name, text in {**files, "onnx": as_onnx(agent)}.items():
        assert str(Path(__file__).parents[2]).encode() not in text, name


class Untraceable(torch.nn.Linear):
    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return super().forward(x) if x.sum().item() > 0 else -super().forward(x)


def test_a_network_that_cannot_be_exported_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    agent = agent_of(compose(CATALOG, "dqn", environment="CartPole-v1"))
    agent.module = Untraceable(4, 2)
    for write in (as_torch, as_onnx):
        with pytest.raises(BadInput, match="network `mlp` with the objective `q-learning` cannot become a program"):
            write(agent)
    with pytest.raises(BadInput, match="unknown format `pickle`; choose torch, onnx, safetensors"):
        agent.export("agent.pkl", "pickle")  # type: ignore[arg-type]
    monkeypatch.setitem(sys.modules, "onnxscript", None)
    with pytest.raises(BadInput, match=r'run `pip install "rlzoo-lanes\[onnx\]"`'):
        as_onnx(agent)


def test_the_command_writes_a_file(tmp_path: Path, capsys: Shown) -> None:
    run = str(train_tiny(tmp_path / "run", seeds=[3, 5], eval_every=50, keep="best", set=EVALUATED).path)
    assert main(["export", run]) == 2
    assert "several seeds: 3, 5; choose one" in capsys.readouterr().err
    assert main(["export", run, "--seed", "4"]) == 2
    assert main(["export", run, "--seed", "3", "--format", "pickle"]) == 2
    assert main(["export", run, "--seed", "3", "--out", f"{run}/manifest.json/a.pt2"]) == 2
    assert "cannot write" in capsys.readouterr().err
    assert not Path(run, "export").exists()
    names = []
    for kept in ("last", "best"):
        assert main(["export", run, "--seed", "3", "--format", "safetensors", "--weights", kept]) == 0
        names.append(capsys.readouterr().out.strip())
    assert names == [f"{run}/export/seed-3.safetensors", f"{run}/export/seed-3-best.safetensors"]
    for name, kept in zip(names, ("weights", "weights/best"), strict=True):
        assert load(Path(name).read_bytes()).keys() == load_file(f"{run}/{kept}/seed-3.safetensors").keys()


def test_without_evaluations_there_is_no_best_to_export(tmp_path: Path, capsys: Shown) -> None:
    run = str(train_tiny(tmp_path / "run", seeds=1).path)
    assert main(["export", run, "--weights", "best"]) == 2
    assert "has no weights of a best evaluation" in capsys.readouterr().err
    assert main(["export", run]) == 0
    assert capsys.readouterr().out == f"{run}/export/seed-0.pt2\n"
