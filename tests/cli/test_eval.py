from __future__ import annotations

import json
import sys
from pathlib import Path

import numpy as np
import pytest
from moviepy import VideoFileClip
from safetensors.numpy import load_file, save_file

from rlzoo.cli import main
from rlzoo.cli.trust import check_modules
from rlzoo.contracts.errors import BadInput
from rlzoo.lanes.rng import stream
from rlzoo.registry.composition import compose
from rlzoo.results.playing import STREAM
from rlzoo.results.result import Result

from support.runs import train_tiny, write_run
from support.tiny import CATALOG, Counting

Shown = pytest.CaptureFixture[str]


@pytest.fixture(scope="module")
def counted(tmp_path_factory: pytest.TempPathFactory) -> str:
    return str(train_tiny(tmp_path_factory.mktemp("eval") / "run", seeds=[3, 5]).path)


@pytest.fixture(scope="module")
def balanced(tmp_path_factory: pytest.TempPathFactory) -> str:
    return str(train_tiny(tmp_path_factory.mktemp("eval") / "run", "CartPole-v1", seeds=[3, 5]).path)


def evaluated(capsys: Shown, *arguments: str) -> dict[str, object]:
    assert main(["eval", *arguments, "--json"]) == 0
    printed: dict[str, object] = json.loads(capsys.readouterr().out)
    return printed


def play(run: str, seed: int, episode: int) -> float:
    agent, env = Result(Path(run), CATALOG).agent(seed), Counting()
    observation, _ = env.reset(seed=int(stream(seed, f"{STREAM}.{episode}").integers(2**31)))
    total, over = 0.0, False
    while not over:
        observation, reward, _, over, _ = env.step(agent.act(observation))
        total += reward
    return total


@pytest.mark.slow
def test_each_seed_plays_greedy_episodes_of_its_own(counted: str, capsys: Shown) -> None:
    printed = evaluated(capsys, counted, "--episodes", "4")
    expected = {str(seed): pytest.approx([play(counted, seed, n) for n in range(4)]) for seed in (3, 5)}
    assert printed["returns"] == expected
    assert printed["lengths"] == {"3": [5] * 4, "5": [5] * 4}
    assert printed["videos"] == []


@pytest.mark.slow
def test_a_seed_plays_the_same_alone_and_again(balanced: str, capsys: Shown) -> None:
    both = evaluated(capsys, balanced)
    assert evaluated(capsys, balanced) == both
    alone = evaluated(capsys, balanced, "--seed", "5")
    assert alone["returns"] == {"5": both["returns"]["5"]}  # type: ignore[index]


def test_the_table_has_a_row_per_seed_and_the_range_over_seeds(balanced: str, capsys: Shown) -> None:
    played = evaluated(capsys, balanced, "--episodes", "3")["returns"]
    means = [sum(own) / 3 for own in played.values()]  # type: ignore[attr-defined]
    assert main(["eval", balanced, "--episodes", "3"]) == 0
    shown = capsys.readouterr().out
    rows = [line.split() for line in shown.splitlines()]
    for (seed, own), mean in zip(played.items(), means, strict=True):  # type: ignore[attr-defined]
        assert [seed, "3", f"{mean:.1f}", f"{min(own):.1f}", f"{max(own):.1f}", f"{mean:.1f}"] in rows
    overall = f"mean return {sum(means) / 2:.1f} (range {min(means):.1f} to {max(means):.1f}, 2 seeds)"
    assert overall in shown


@pytest.mark.slow
def test_episodes_that_never_end_are_cut(tmp_path: Path, capsys: Shown) -> None:
    endless = {"environment.kwargs": {"length": 10**9}, "train.eval_max_steps": 30}
    path = train_tiny(tmp_path / "run", eval_every=100, set=endless).path
    assert evaluated(capsys, str(path), "--episodes", "2")["lengths"] == {"0": [30, 30], "1": [30, 30]}


@pytest.mark.slow
def test_a_film_shows_the_first_episode(balanced: str, capsys: Shown) -> None:
    printed = evaluated(capsys, balanced, "--seed", "5", "--episodes", "2", "--video")
    (path,) = printed["videos"]  # type: ignore[misc]
    assert path == f"{balanced}/videos/seed-5-episode-0.mp4"
    with VideoFileClip(path) as film:
        frames = round(film.duration * film.fps)
    assert frames == printed["lengths"]["5"][0] + 1  # type: ignore[index]


@pytest.mark.parametrize("missing", ["pygame", "moviepy"])
def test_a_film_that_needs_a_package_says_which(
    balanced: str, capsys: Shown, monkeypatch: pytest.MonkeyPatch, missing: str
) -> None:
    monkeypatch.setitem(sys.modules, missing, None)
    assert main(["eval", balanced, "--video"]) == 2
    message = capsys.readouterr().err
    assert message.startswith("rlzoo: error: no video of `CartPole-v1`: ")
    assert missing in message.lower()
    assert message.endswith('; run `pip install "rlzoo-lanes[video]"`\n')


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["--seed", "4"], "seed 4 is not in `"),
        (["--seed", "3", "--seed", "3"], "seed 3 is given twice"),
        (["--episodes", "0"], "0 is not in the range x>=1"),
        (["--video"], "no video of `rlzoo-tests/Counting-v0`: the environment has no render mode rgb_array"),
    ],
)
def test_bad_input_is_a_line(counted: str, capsys: Shown, arguments: list[str], says: str) -> None:
    assert main(["eval", counted, *arguments]) == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    assert says in captured.err


def test_a_folder_that_holds_no_trained_run_is_refused(tmp_path: Path, capsys: Shown) -> None:
    assert main(["eval", str(tmp_path)]) == 2
    assert f"`{tmp_path}` is not a run: it has no manifest.json" in capsys.readouterr().err
    assert main(["eval", str(write_run(tmp_path / "r").path)]) == 2
    assert "stopped before any weights were saved" in capsys.readouterr().err


HOSTILE = """
from pathlib import Path
Path("executed").touch()
import gymnasium
gymnasium.register("Theirs-v0", "gymnasium.envs.classic_control:CartPoleEnv", max_episode_steps=9)
class Wrapper(gymnasium.Wrapper): pass
"""


@pytest.mark.parametrize("place", ["id", "wrappers"])
def test_a_module_that_a_run_names_is_not_imported_unasked(
    place: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Shown
) -> None:
    run = train_tiny(tmp_path / "run", "CartPole-v1").path
    manifest = json.loads((run / "manifest.json").read_text())
    options = manifest["composition"]["components"]["environment"]["options"]
    options[place] = {"id": "theirs_mod:Theirs-v0", "wrappers": ["theirs_mod:Wrapper"]}[place]
    (run / "manifest.json").write_text(json.dumps(manifest))
    (tmp_path / "theirs_mod.py").write_text(HOSTILE)
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(str(tmp_path))
    assert main(["eval", str(run), "--episodes", "1"]) == 2
    assert "the run imports the module `theirs_mod`; if you trust it, add" in capsys.readouterr().err
    assert not Path("executed").exists()
    assert main(["eval", str(run), "--episodes", "1", "--allow-import", "theirs_mod"]) == 0
    assert Path("executed").exists()
    del sys.modules["theirs_mod"]


def test_on_a_terminal_it_asks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    composition = compose(CATALOG, "dqn", environment="theirs_mod:Theirs-v0")
    asked: list[str] = []

    def confirm(text: str, **_: object) -> bool:
        asked.append(text)
        return len(asked) > 1

    monkeypatch.setattr("sys.stdin.isatty", lambda: True, raising=False)
    monkeypatch.setattr("click.confirm", confirm)
    with pytest.raises(BadInput, match="`theirs_mod` was not allowed"):
        check_modules(composition, ())
    check_modules(composition, ())
    assert "the module `theirs_mod`" in asked[0]
    check_modules(compose(CATALOG, "dqn", environment="gymnasium.envs:CartPole-v1"), ())
    assert len(asked) == 2


@pytest.mark.slow
def test_seeds_whose_weights_are_not_finite_are_left_out(tmp_path: Path, capsys: Shown) -> None:
    path = train_tiny(tmp_path / "run").path
    ruin(path, 1)
    assert list(evaluated(capsys, str(path), "--episodes", "2")["returns"]) == ["0"]  # type: ignore[call-overload]
    assert main(["eval", str(path), "--seed", "1"]) == 2
    ruin(path, 0)
    assert main(["eval", str(path)]) == 2
    assert "are not finite" in capsys.readouterr().err


def ruin(path: Path, seed: int) -> None:
    file = path / "weights" / f"seed-{seed}.safetensors"
    save_file({name: leaf * np.nan for name, leaf in load_file(file).items()}, file)
