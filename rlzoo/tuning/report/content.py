"""The text of a search's page, and of its summary on a terminal: tables of text."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from rlzoo.registry.options import as_text
from rlzoo.results.statistics import Estimate
from rlzoo.studies.numbers import NOTHING, count, estimate, number
from rlzoo.studies.report.content import Table
from rlzoo.tuning.result import TuningResult
from rlzoo.tuning.search import DEFAULT, TUNED
from rlzoo.tuning.space import value_in

Columns = tuple[str, ...]
Rows = Sequence[Columns]


def settings(result: TuningResult) -> tuple[Columns, Rows]:
    """Each setting that was searched, its domain, and its value in the default and in the tuned settings."""
    default = result.base.compose()
    rows = [
        (name, str(domain), as_text(value_in(default, name)), shortened(result.best[name]))
        for name, domain in result.search.space.items()
    ]
    return ("setting", "searched", DEFAULT, TUNED), rows


def scores(result: TuningResult) -> tuple[Columns, Rows]:
    """The mean greedy return of the default and the tuned settings, in the search and on fresh seeds."""
    search = result.search
    columns = (
        "greedy return",
        f"in the search, {_seeds(search.seeds)}",
        f"{count(len(search.test_seeds), 'fresh seed')}",
    )
    default = result.default_trial
    rows = [
        (DEFAULT, NOTHING if default is None else _score(result.searched(default)), estimate(result.tested(DEFAULT))),
        (TUNED, _score(result.searched(result.best_trial)), estimate(result.tested(TUNED))),
    ]
    return columns, rows


def tables(result: TuningResult) -> dict[str, Table]:
    """The tables of the page by name."""
    columns, rows = settings(result)
    score_columns, score_rows = scores(result)
    return {
        "scores": Table("Greedy return, mean over seeds", [*score_columns], [[*row] for row in score_rows]),
        "settings": Table("Settings", [*columns], [[*row] for row in rows], texts=4),
        "trials": Table("All trials", [*_trial_columns(result)], [*_trials(result)]),
    }


def shortened(value: object) -> str:
    """A value as text, numbers with four digits."""
    return f"{value:.4g}" if isinstance(value, float) else as_text(value)


def _trial_columns(result: TuningResult) -> Iterator[str]:
    yield from ("trial", "state", "steps", "score")
    yield from result.search.space


def _trials(result: TuningResult) -> Iterator[list[str]]:
    """All trials, the best first."""
    frame = result.trials.sort_values(["steps", "score", "trial"], ascending=[False, False, True], na_position="last")
    for row in frame.to_dict("records"):
        values = [shortened(row[name]) for name in result.search.space]
        yield [str(row["trial"]), str(row["state"]), f"{row['steps']:,}", number(row["score"]), *values]


def _seeds(seeds: list[int]) -> str:
    return count(len(seeds), "seed")


def _score(value: float | None) -> str:
    return NOTHING if value is None else estimate(Estimate(value))
