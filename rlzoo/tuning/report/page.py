"""`report.html` of a search: one self-contained file that loads nothing."""

from __future__ import annotations

from importlib.resources import files
from pathlib import Path

from markupsafe import Markup
from plotly.offline import get_plotlyjs

from rlzoo.results.files import write_whole
from rlzoo.studies.numbers import count
from rlzoo.studies.report.html import Script
from rlzoo.studies.report.rendering import environment, template_text
from rlzoo.tuning.report.charts import FEWEST_TRIALS, chart_data
from rlzoo.tuning.report.content import tables
from rlzoo.tuning.result import TuningResult
from rlzoo.tuning.store import TrialStore

PACKAGE = "rlzoo.tuning.report"


def write_page(result: TuningResult, store: TrialStore) -> None:
    """Write the page into the folder of the search; the same search gives the same bytes. Raises OSError."""
    write_whole(result.report, page_html(result, store))


def page_html(result: TuningResult, store: TrialStore) -> str:
    """The page as text."""
    search, data = result.search, chart_data(result, store)
    return (
        environment(html=True, package=PACKAGE)
        .get_template("search.html.jinja")
        .render(
            result=result,
            title=f"Tuning {search.algorithm} on {search.environment}",
            facts=[
                count(search.trials, "trial") + "".join(f", grown from {trials}" for trials in search.grown[-1:]),
                f"{count(len(search.seeds), 'seed')} each",
                f"{search.steps:,} steps per seed",
                f"sampler {search.sampler}, seed {search.search_seed}",
                "poor trials stopped early" if search.pruning else "all trials trained to the end",
            ],
            tables=tables(result),
            data=data,
            fewest_trials=FEWEST_TRIALS,
            comparison=None if result.comparison is None else _link(result.comparison.report, result.path),
            css=Markup(template_text("page.css")),
            plotly=Script(Markup(get_plotlyjs())),
            script=Script(Markup((files(PACKAGE) / "templates" / "search.js").read_text("utf-8"))),
        )
    )


def _link(page: Path, folder: Path) -> str:
    return page.relative_to(folder).as_posix()
