from __future__ import annotations

from pathlib import Path

import pytest

from rlzoo.contracts.errors import BadInput, OptionError
from rlzoo.studies.design.question import Question, Variant, read_question, read_vary

STUDY = """
algorithm = "dqn"
env = ["CartPole-v1", "Acrobot-v1"]
seeds = [3, 5]
steps = "100k"
design = "list"

[set]
"train.batch_size" = 64

[thresholds]
CartPole-v1 = 400

[variants.plain]

[variants."no target"]
target = "none"

[variants.article]
algorithm = "dqn-130"
set = { "optimizer.lr" = 1e-3 }
"""


def test_a_file_says_all_that_the_command_line_can(tmp_path: Path) -> None:
    (tmp_path / "study.toml").write_text(STUDY)
    question = read_question(tmp_path / "study.toml")
    assert question == Question(
        algorithm="dqn",
        env=["CartPole-v1", "Acrobot-v1"],
        seeds=[3, 5],
        steps="100k",
        design="list",
        set={"train.batch_size": 64},
        thresholds={"CartPole-v1": 400.0},
        variants={
            "plain": Variant(),
            "no target": Variant(target="none"),
            "article": Variant(algorithm="dqn-130", set={"optimizer.lr": 1e-3}),
        },
    )
    assert list(question.variants) == ["plain", "no target", "article"]
    assert question.variants["no target"].components == {"target": "none"}


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("seeds = 'many'", "seeds"),
        ("sedes = 3", "sedes"),
        ("design = 'fractional'", "design"),
        ("[variants.a]\ntraget = 'none'", "traget"),
        ("algorithm = ", "is not a valid study file"),
    ],
)
def test_an_invalid_file_is_refused(tmp_path: Path, text: str, says: str) -> None:
    (tmp_path / "study.toml").write_text(text)
    with pytest.raises(BadInput, match=says):
        read_question(tmp_path / "study.toml")


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match=r"cannot read `.*study.toml`: No such file"):
        read_question(tmp_path / "study.toml")


def test_levels_are_split_at_commas_outside_of_brackets() -> None:
    assert read_vary(("target=hard,soft", "network.hidden=[64,64],[128]", "optimizer.lr=1e-4,1e-3")) == {
        "target": ["hard", "soft"],
        "network.hidden": ["[64,64]", "[128]"],
        "optimizer.lr": ["1e-4", "1e-3"],
    }


@pytest.mark.parametrize(
    ("texts", "says"),
    [
        (("target",), "is not of the form SLOT=a,b,c"),
        (("target=",), "is not of the form SLOT=a,b,c"),
        (("target=hard,",), "is not of the form SLOT=a,b,c"),
        (("=hard",), "is not of the form SLOT=a,b,c"),
        (("target=hard,hard",), "duplicate level in"),
        (("target=hard,none", "target=soft"), "duplicate `--vary target`"),
    ],
)
def test_an_invalid_vary_option_is_refused(texts: tuple[str, ...], says: str) -> None:
    with pytest.raises(OptionError, match=says):
        read_vary(texts)


def test_the_command_line_changes_a_file() -> None:
    question = Question(env=["CartPole-v1"], vary={"target": ["hard", "none"]})
    assert question.changed({"seeds": 3, "env": ["Acrobot-v1"]}) == Question(
        env=["Acrobot-v1"], seeds=3, vary={"target": ["hard", "none"]}
    )
    assert question.changed({"thresholds": {"CartPole-v1": "475"}}).thresholds == {"CartPole-v1": 475.0}
    with pytest.raises(OptionError, match="design"):
        question.changed({"design": "half"})


def test_settings_of_the_command_line_are_added_to_those_of_a_file() -> None:
    question = Question(set={"optimizer.lr": 0.1, "train.batch_size": 8}, thresholds={"A": 1.0, "B": 2.0})
    changed = question.changed({"set": {"optimizer.lr": 0.2}, "thresholds": {"B": 3.0}})
    assert changed.set == {"optimizer.lr": 0.2, "train.batch_size": 8}
    assert changed.thresholds == {"A": 1.0, "B": 3.0}


@pytest.mark.parametrize("content", [b"\xff\xfe", b"a = " + b"[" * 100_000, b"a = {", b"\0"])
def test_a_file_that_is_not_toml_is_bad_input(content: bytes, tmp_path: Path) -> None:
    path = tmp_path / "study.toml"
    path.write_bytes(content)
    with pytest.raises(BadInput, match="is not a valid study file"):
        read_question(path)
