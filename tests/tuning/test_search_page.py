"""The page of a search: complete, self-contained, safe, and drawn."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from rlzoo.tuning.base import Base
from rlzoo.tuning.report.charts import chart_data, height
from rlzoo.tuning.report.page import page_html
from rlzoo.tuning.result import TuningResult
from rlzoo.tuning.search import Search
from rlzoo.tuning.space import Choices, Domain, Range
from rlzoo.tuning.store import TrialStore
from rlzoo.tuning.trials import best_trial, trials_table

from support.browser import open_browser
from support.tiny import CATALOG

SPACE: dict[str, Domain] = {
    "optimizer.lr": Range(1e-4, 1e-2, log=True),
    "train.batch_size": Range(16, 64),
    "network.hidden": Choices(["64,64", "256,256"]),
}
COMMAND = "rlzoo tune '</script><img src=x onerror=alert(1)>'"


def store_at(path: Path, trials: int = 24) -> TrialStore:
    """Trials whose score depends on the learning rate alone; every third was stopped early."""
    store = TrialStore(path, SPACE, "random", 0)
    for number in range(trials):
        score = float(store.ask(number)["optimizer.lr"]) * 1e4
        store.report(number, 30 if number % 3 == 2 else 90, score)
        (store.prune if number % 3 == 2 else store.complete)(number, score)
    return store


def result_of(store: TrialStore, path: Path) -> TuningResult:
    search = Search(
        algorithm="dqn",
        environment="CartPole-v1",
        preset=None,
        components={},
        settings={"train.steps": 90},
        space=SPACE,
        trials=24,
        seeds=[0, 1],
        steps=90,
        test_seeds=[2],
        sampler="random",
        search_seed=0,
        pruning=True,
        command=COMMAND,
    )
    best = best_trial(store)
    assert best is not None
    base = Base(CATALOG, "dqn", "CartPole-v1", settings=search.settings)
    return TuningResult(path, search, base, trials_table(store), best.number, dict(best.params), None)


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> tuple[TuningResult, dict[str, Any], str]:
    path = tmp_path_factory.mktemp("page")
    store = store_at(path / "optuna.log")
    result = result_of(store, path)
    return result, chart_data(result, store), page_html(result, store)


@pytest.mark.parametrize(
    ("value", "domain", "expected"),
    [
        (1e-3, SPACE["optimizer.lr"], 0.5),
        (16, SPACE["train.batch_size"], 0.0),
        (64, SPACE["train.batch_size"], 1.0),
        ("64,64", SPACE["network.hidden"], 0.0),
        ("b", Choices(["a", "b", "c"]), 0.5),
    ],
)
def test_a_value_has_a_height_on_its_axis(value: Any, domain: Domain, expected: float) -> None:
    assert height(value, domain) == pytest.approx(expected)


def test_the_charts_have_every_trial_with_a_score(page: tuple[TuningResult, dict[str, Any], str]) -> None:
    result, data, _ = page
    frame = pd.DataFrame(data["trials"])
    assert list(frame["number"]) == list(result.trials["trial"])
    assert list(frame["score"]) == list(result.trials["score"])
    assert data["best"] == result.trials.loc[result.trials["state"] == "complete", "score"].idxmax()


def test_the_setting_that_matters_is_the_most_important(page: tuple[TuningResult, dict[str, Any], str]) -> None:
    importances = {part["name"]: part["share"] for part in page[1]["importances"]}
    assert importances.keys() == SPACE.keys()
    assert max(importances, key=lambda name: importances[name]) == "optimizer.lr"
    assert sum(importances.values()) == pytest.approx(1)


def test_few_trials_have_no_importances(tmp_path: Path) -> None:
    store = store_at(tmp_path / "optuna.log", 9)
    assert chart_data(result_of(store, tmp_path), store)["importances"] == []
    assert "too few for importances" in page_html(result_of(store, tmp_path), store)


def test_the_page_has_the_numbers_and_loads_nothing(page: tuple[TuningResult, dict[str, Any], str]) -> None:
    result, _, html = page
    assert result.verdict in html
    assert html.count("<tr>") >= 24
    head = html.partition("<script>")[0]
    assert "<img" not in head
    assert not re.search(r"(src|href)=\"(https?:)?//", head)
    assert "default-src 'none'; script-src 'sha256-" in html


def test_equal_searches_have_equal_pages(page: tuple[TuningResult, dict[str, Any], str], tmp_path: Path) -> None:
    store = store_at(tmp_path / "optuna.log")
    assert page_html(result_of(store, tmp_path), store) == page[2]


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    with open_browser() as opened:
        yield opened


@pytest.mark.slow
def test_a_browser_draws_all_charts(
    page: tuple[TuningResult, dict[str, Any], str], browser: Any, tmp_path: Path
) -> None:
    file = tmp_path / "report.html"
    file.write_text(page[2])
    opened, problems = browser.new_page(), list[str]()
    opened.on("console", lambda message: problems.append(message.text))
    opened.on("pageerror", lambda error: problems.append(str(error)))
    opened.goto(file.as_uri())
    opened.set_viewport_size({"width": 700, "height": 900})  # which draws again
    opened.wait_for_timeout(300)
    line = opened.eval_on_selector("[data-kind=best]", "chart => [chart.data[2].x, chart.data[2].y]")
    assert line[0] == sorted(line[0])
    assert line[1] == sorted(line[1])
    counts = opened.eval_on_selector_all(".chart", "charts => charts.map(chart => chart.data.length)")
    assert counts == [3, 24, 1]
    assert problems == []
