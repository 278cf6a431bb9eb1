from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import pytest
from huggingface_hub import ModelCard
from markdown_it import MarkdownIt

import rlzoo
from rlzoo.cli import main
from rlzoo.contracts.errors import BadInput
from rlzoo.results.result import Result

from support.runs import train_tiny
from support.tiny import CATALOG

Shown = pytest.CaptureFixture[str]


def train_evaluated(path: Path, env: str = "CartPole-v1", **more: Any) -> Result:
    return train_tiny(path, env, eval_every=50, keep="best", **{"set": {"train.eval_episodes": 2}, **more})


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Result:
    result = train_evaluated(tmp_path_factory.mktemp("card") / "run", seeds=[3, 5])
    assert main(["card", str(result.path), "--episodes", "4"]) == 0
    return result


def evaluated(run: Result, capsys: Shown) -> dict[str, Any]:
    capsys.readouterr()
    assert main(["eval", str(run.path), "--episodes", "4", "--json"]) == 0
    printed: dict[str, Any] = json.loads(capsys.readouterr().out)
    return printed


@pytest.mark.slow
def test_its_header_is_read_by_the_parser_of_hugging_face(run: Result, capsys: Shown) -> None:
    card = ModelCard.load(run.path / "README.md")
    data = card.data.to_dict()
    assert (data["library_name"], data["pipeline_tag"]) == ("rlzoo", "reinforcement-learning")
    assert "CartPole-v1" in data["tags"]
    (result,) = card.data.eval_results
    assert (result.task_type, result.dataset_name) == ("reinforcement-learning", "CartPole-v1")
    assert result.metric_type == "mean_reward"
    returns = [value for own in evaluated(run, capsys)["returns"].values() for value in own]
    assert len(returns) == 8
    mean = sum(returns) / 8
    spread = (sum((value - mean) ** 2 for value in returns) / 8) ** 0.5
    assert result.metric_value == f"{mean:.2f} +/- {spread:.2f}"


def test_it_has_results_settings_and_the_command(run: Result, capsys: Shown) -> None:
    text = (run.path / "README.md").read_text()
    played = evaluated(run, capsys)
    for seed, returns in played["returns"].items():
        assert f"| {seed} | {sum(returns) / 4:.1f} | {min(returns):.1f} | {max(returns):.1f} |" in text
    low, high = sorted(sum(returns) / 4 for returns in played["returns"].values())
    assert f"Mean return {played['mean']:.1f} (range {low:.1f} to {high:.1f}, 2 seeds)." in text
    assert "| optimizer.lr | 0.00025 |" in text
    assert "| train.steps | 100 |" in text
    assert run.manifest["command"] in text
    assert "![Return during training](returns.png)" in text
    assert (run.path / "returns.png").exists()


def test_the_code_of_a_card_runs(run: Result, capsys: Shown) -> None:
    text = (run.path / "README.md").read_text()
    code = text.partition("```python\n")[2].partition("\n```")[0]
    assert "snapshot_download" in code
    local = code.replace("from huggingface_hub import snapshot_download", "").replace(
        'snapshot_download("USER/NAME")', repr(str(run.path))
    )
    names: dict[str, Any] = {}
    exec(local, names)
    assert names["action"] in (0, 1)
    means = {seed: sum(returns) for seed, returns in evaluated(run, capsys)["returns"].items()}
    assert str(names["agent"].seed) == max(means, key=means.__getitem__)


HOSTILE = "x`](javascript:1) <script>alert(1)</script> | **b**\n---\ntags: [owned]\n# {{ 7 * 7 }} \u202e\x07"


@pytest.mark.slow
def test_the_text_of_a_run_cannot_leave_its_place(tmp_path: Path) -> None:
    run = train_tiny(tmp_path / "run", "CartPole-v1")
    path = run.path / "manifest.json"
    manifest = json.loads(path.read_text())
    manifest["command"] = f"rlzoo run {HOSTILE}\n```\n# Owned"
    manifest["composition"]["algorithm"] = HOSTILE
    manifest["versions"]["rlzoo"] = HOSTILE
    manifest["composition"]["components"]["environment"]["options"]["kwargs"] = {}
    path.write_text(json.dumps(manifest))
    assert main(["card", str(run.path), "--episodes", "1"]) == 0
    text = (run.path / "README.md").read_text()
    card = ModelCard.load(run.path / "README.md")
    clean = HOSTILE.replace("\u202e", "�").replace("\x07", "�")
    assert card.data.tags[-1] == clean
    assert card.data.model_name == f"{clean}-CartPole-v1"
    tokens = MarkdownIt("commonmark", {"html": True}).enable("table").parse(card.text)
    inline = [child for token in tokens for child in token.children or ()]
    kinds = {token.type for token in (*tokens, *inline)}
    assert not kinds & {"html_block", "html_inline", "strong_open", "code_inline", "hr"}
    links = [token.attrs["href"] for token in inline if token.type == "link_open"]
    assert links == ["https://pypi.org/project/rlzoo-lanes/"]
    headings = [tokens[place + 1].content for place, token in enumerate(tokens) if token.type == "heading_open"]
    assert headings[1:] == ["Results", "Use", "Settings", "Repeat"]
    assert "{{ 7 * 7 }}" in "".join(child.content for child in inline)
    assert not set(text) & {"\u202e", "\x07"}


@pytest.mark.slow
def test_the_weights_of_the_best_evaluations_are_said_and_loaded(tmp_path: Path) -> None:
    run = train_evaluated(tmp_path / "run", seeds=1)
    assert main(["card", str(run.path), "--episodes", "2", "--weights", "best"]) == 0
    text = (run.path / "README.md").read_text()
    assert "with the weights of each seed's best evaluation during training" in text
    assert "rlzoo.load(folder, seed=0, weights='best')" in text


def test_a_card_is_not_overwritten_and_needs_weights(tmp_path: Path, capsys: Shown) -> None:
    run = train_tiny(tmp_path / "run", "CartPole-v1")
    (run.path / "README.md").write_text("mine")
    assert main(["card", str(run.path)]) == 2
    assert "exists; delete it to write a new card" in capsys.readouterr().err
    (run.path / "README.md").unlink()
    assert main(["card", str(run.path), "--weights", "best"]) == 2
    assert "train with `--keep best --eval-every N`" in capsys.readouterr().err
    assert main(["card", str(tmp_path)]) == 2
    assert "is not a run" in capsys.readouterr().err
    assert not (run.path / "README.md").exists()


@pytest.mark.slow
def test_a_film_lies_beside_the_card(tmp_path: Path) -> None:
    run = train_tiny(tmp_path / "run", "CartPole-v1")
    assert main(["card", str(run.path), "--episodes", "1", "--video"]) == 0
    assert (run.path / "replay.mp4").stat().st_size > 1_000
    assert '<video controls autoplay loop src="replay.mp4"></video>' in (run.path / "README.md").read_text()
    assert not (run.path / "videos").exists()


def test_a_folder_is_loaded(run: Result) -> None:
    agent = rlzoo.load(run.path, seed=5)
    observation, _ = agent.make_env().reset(seed=0)
    assert agent.act(observation) == run.agent(5).act(observation)
    best = rlzoo.load(str(run.path), 5, weights="best")
    assert best.q_values(observation).tolist() == run.agent(5, "best").q_values(observation).tolist()


@pytest.mark.slow
def test_what_cannot_be_loaded_is_said(run: Result, tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="has several seeds: 3, 5; choose one"):
        rlzoo.load(run.path)
    with pytest.raises(BadInput, match="seed 4 is not in"):
        rlzoo.load(run.path, seed=4)
    with pytest.raises(BadInput, match=r"is not a run: it has no manifest\.json"):
        rlzoo.load(tmp_path)
    with pytest.raises(BadInput, match="no weights of a best evaluation of seed 0"):
        rlzoo.load(train_tiny(tmp_path / "r", seeds=1).path, weights="best", catalog=CATALOG)


def test_a_downloaded_run_imports_nothing_unasked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    run = train_tiny(tmp_path / "run", "CartPole-v1", seeds=1)
    path = run.path / "manifest.json"
    manifest = json.loads(path.read_text())
    manifest["composition"]["components"]["environment"]["options"]["id"] = "downloaded_module:Downloaded-v0"
    path.write_text(json.dumps(manifest))
    (tmp_path / "downloaded_module.py").write_text("import pathlib\npathlib.Path('executed').touch()\n")
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(str(tmp_path))
    with pytest.raises(BadInput, match=r"if you trust it, add `allow_import=\['downloaded_module'\]`"):
        rlzoo.load(run.path)
    assert not Path("executed").exists()
    with pytest.raises(BadInput):
        rlzoo.load(run.path, allow_import=["downloaded_module"])
    assert Path("executed").exists(), "it would have been imported"
    del sys.modules["downloaded_module"]
