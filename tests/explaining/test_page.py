"""The page and the text of an explanation show its numbers, and nothing else can run in the page."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from html import unescape
from typing import Any

import numpy as np
import pytest

from rlzoo.explaining.content import filled
from rlzoo.explaining.explain import Explained, explain

from support.masked import ENV
from support.tiny import CATALOG

SMALL = {"train.learning_starts": 20, "train.batch_size": 8, "train.update_every": 2, "network.hidden": (6,)}
HOSTILE = '</script><img src=x onerror="alert(1)">{{ 7 * 7 }}'


@pytest.fixture(scope="module")
def explained() -> Explained:
    return explain(
        "dqn", "dqn-no-target", env="CartPole-v1", steps=400, step=60, play=6, set=SMALL, catalog=CATALOG, command="it"
    )


def data(page: str) -> Any:
    return json.loads(re.findall(r'<script type="application/json" id="data">(.*?)</script>', page, re.DOTALL)[0])


def test_numbers_of_the_page_have_every_bit(explained: Explained) -> None:
    for walk, shown in zip(explained.walks, data(explained.html), strict=True):
        assert len(shown["frames"]) == 6
        for it, frame in zip(walk.collected, shown["frames"], strict=True):
            assert it.q is not None
            assert np.array(frame["q"], np.float32).tobytes() == it.q.tobytes()
            assert np.array(frame["observation"], np.float32).tobytes() == it.observation.tobytes()
        assert walk.learned is not None
        for name, values in walk.learned.samples.items():
            assert np.array(shown["samples"][name], values.dtype).tobytes() == values.tobytes()


def test_tables_have_all_digits_where_the_mouse_is(explained: Explained) -> None:
    learned = explained.walks[0].learned
    assert learned is not None
    for name in ("prediction", "target", "error"):
        assert f'<td title="{learned.samples[name][0].item()}">' in explained.html


def test_the_page_is_the_same_again(explained: Explained) -> None:
    assert explained.html == Explained(explained.walks, "it").html


def test_names_are_never_code(explained: Explained) -> None:
    first = explained.walks[0]
    said = replace(first.collected[0].chosen, sentence=HOSTILE, numbers={HOSTILE: 1.0})
    collected = [replace(first.collected[0], chosen=said), *first.collected[1:]]
    page = Explained([replace(first, title=HOSTILE, notes=[HOSTILE], collected=collected)], HOSTILE).html
    assert "<img src=x" not in page
    assert "&lt;img src=x" in page
    assert page.count("</script>") == 2


def test_a_notebook_shows_the_page(explained: Explained) -> None:
    frame = re.fullmatch(r'<iframe srcdoc="([^"]*)" style="[^"]*"></iframe>', explained._repr_html_())
    assert frame is not None
    assert unescape(frame[1]) == explained.html


def test_both_subjects_are_in_the_text(explained: Explained) -> None:
    first, second = explained.text.split("\n\ndqn-no-target")
    assert "dqn on CartPole-v1, seed 0" in first
    assert "The target network is updated every 500 steps" in first
    assert "There is no target network" in second


def test_a_formula_is_filled_in() -> None:
    samples = {"target": np.array([0.5, 2.98]), "reward": np.array([1.0, 1.0]), "next value": np.array([-0.5, 2.0])}
    formula = "{target} = {reward} + {next value}"
    assert filled(formula, samples, 0) == "0.5 = 1 − 0.5"
    assert filled(formula, samples, 1) == "2.98 = 1 + 2"
    assert filled("{reward} × {next value}, {target}", samples, 0) == "1 × (−0.5), 0.5"


def test_forbidden_actions_have_no_value() -> None:
    settings = {name: value for name, value in SMALL.items() if name != "network.hidden"}
    found = explain("dqn", env=ENV, steps=400, step=60, play=2, set=settings, catalog=CATALOG)
    collected = found.walks[0].collected[0]
    assert collected.allowed is not None
    assert not collected.allowed.all()
    assert re.findall(r"   \d  +forbidden\n", found.text)
    assert "forbidden</span>" in found.html
