from __future__ import annotations

import csv
import logging
from pathlib import Path

import numpy as np
import pytest
from scipy import stats

from rlzoo.cli import main
from rlzoo.results.logs.reading import read_run
from rlzoo.studies.comparing import Source, compare_runs

from support.foreign_logs import write_csv, write_monitor
from support.runs import write_run

Shown = pytest.CaptureFixture[str]
SEEDS = range(10)


def returns(mean: float, seed: int) -> list[float]:
    return np.random.default_rng([seed, int(mean)]).normal(mean, 5, 40).round(3).tolist()


@pytest.fixture
def places(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The same ten seeds of an old run as monitor files, and of a new one as a run folder and as a CSV file."""
    monkeypatch.chdir(tmp_path)
    for seed in SEEDS:
        write_monitor(Path(f"old/{seed}/0.monitor.csv"), [(10, value) for value in returns(50, seed)])
    rows = [(seed, 10 * n + 10, value) for seed in SEEDS for n, value in enumerate(returns(60, seed))]
    write_run(Path("new"), rows, seeds=SEEDS)
    write_csv(Path("new.csv"), "seed,step,return", rows)
    return tmp_path


@pytest.mark.slow
def test_differences_are_those_of_the_paired_t_test(places: Path) -> None:
    sources = [Source("old", read_run("old")), Source("new", read_run("new")), Source("csv", read_run("new.csv"))]
    analysis = compare_runs(sources, places / "out")
    old, new = (np.array([np.mean(returns(mean, seed)) for seed in SEEDS]) for mean in (50, 60))
    for cell in ("new", "csv"):
        (found,) = [it for it in analysis.comparisons if (it.measure, it.cell) == ("final", cell)]
        assert (found.base, found.environment, found.pairs) == ("old", "CartPole-v1", 10)
        assert found.difference.value == pytest.approx((new - old).mean())
        test = stats.ttest_rel(new, old)
        assert found.p_value == pytest.approx(test.pvalue)
        low, high = test.confidence_interval()
        assert (found.difference.low, found.difference.high) == pytest.approx((low, high))
    assert {it.cell for it in analysis.estimates} == {"old", "new", "csv"}
    assert any("numbered and paired in order" in note for note in analysis.notes)


@pytest.mark.slow
def test_what_comes_after_the_steps_is_left_out(places: Path) -> None:
    analysis = compare_runs([Source(name, read_run(name)) for name in ("old", "new")], places / "out", steps=200)
    (found,) = [it for it in analysis.comparisons if it.measure == "final"]
    expected = np.mean([np.mean(returns(60, seed)[:20]) - np.mean(returns(50, seed)[:20]) for seed in SEEDS])
    assert found.difference.value == pytest.approx(expected)


@pytest.mark.slow
def test_the_command_writes_a_report(places: Path, capsys: Shown) -> None:
    assert main(["report", "before=old", "new", "--steps", "300", "--out", "both"]) == 0
    printed = capsys.readouterr().out.splitlines()
    assert printed[-1] == "both/report.html"
    assert "“new”: final return" in printed[0]
    rows = list(csv.DictReader(Path("both/results.csv").read_text().splitlines()))
    assert {(row["cell"], row["environment"], row["status"]) for row in rows} == {
        ("before", "CartPole-v1", "finished"),
        ("new", "CartPole-v1", "finished"),
    }
    text = Path("both/report.md").read_text()
    assert "read from old" in text
    assert "rlzoo run" not in text.partition("## Commands")[2], "no command of rlzoo repeats the old run"


@pytest.mark.slow
def test_an_older_report_is_replaced(places: Path, capsys: Shown) -> None:
    for runs in (["old", "new"], ["old", "new.csv"]):
        assert main(["report", *runs]) == 0
        assert capsys.readouterr().out.splitlines()[-1] == "compared/report.html"
    assert "new.csv" in Path("compared/report.md").read_text()


@pytest.mark.slow
def test_plot_draws_logs_beside_runs(places: Path, capsys: Shown) -> None:
    assert main(["plot", "old", "new", "new.csv"]) == 0
    assert capsys.readouterr().out == "compared.png\n"
    assert main(["plot", "new.csv"]) == 0
    assert capsys.readouterr().out == "returns.png\n"
    assert Path("returns.png").stat().st_size > 5_000
    assert not Path("old/returns.png").exists()


@pytest.mark.slow
def test_runs_of_other_lengths_are_told(places: Path, caplog: pytest.LogCaptureFixture) -> None:
    for seed in SEEDS:
        write_monitor(Path(f"short/{seed}/0.monitor.csv"), [(10, value) for value in returns(50, seed)[:20]])
    with caplog.at_level(logging.WARNING, "rlzoo"):
        compare_runs([Source(name, read_run(name)) for name in ("old", "short")], places / "out")
    assert "runs in CartPole-v1 differ in length: old 400 steps, short 200 steps" in caplog.text


@pytest.mark.slow
def test_a_cell_may_have_several_environments(places: Path) -> None:
    for name in ("old", "new"):
        for seed in SEEDS:
            values = [(10, value) for value in returns(70, seed)]
            write_monitor(Path(f"{name}-acrobot/{seed}/0.monitor.csv"), values, "Acrobot-v1")
    sources = [Source(name, read_run(f"{name}{more}")) for name in ("old", "new") for more in ("", "-acrobot")]
    analysis = compare_runs(sources, places / "out")
    scopes = {it.environment for it in analysis.comparisons if it.measure == "final"}
    assert scopes == {"CartPole-v1", "Acrobot-v1", None}


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["old"], "give at least two runs to compare; `rlzoo plot` draws one"),
        (["old", "old"], "`old` is given twice in CartPole-v1; name them, as in"),
        (["old", "nowhere"], "`nowhere` is not a run: it has no manifest.json"),
        (["old", "x=nowhere"], "`nowhere` is not a run: it has no manifest.json"),
        (["a=new.csv", "b=new.csv"], "`new.csv` does not say its environment; add `--env ID`"),
        (["old", "new", "--out", "new"], "`new` is not empty and does not contain a report"),
        (["old", "new", "--out", "new.csv"], "`new.csv` is a file; give a folder for the report"),
        (["old", "new", "--steps", "many"], "`--steps` must be"),
        (["old", "new", "--steps", "5"], "has no episode that ended by step 5"),
        (["old", "new.csv", "--column", "reward=r"], "unknown column `reward`; choose step"),
        (["old", "new.csv", "--column", "return"], "is not of the form `return=episode_return`"),
        (["old", "new.csv", "--column", "return=r"], "`new.csv` has no column `r`; it has return, seed, step"),
        (["nowhere", "--steps", "5"], "`--steps` has no effect on the report of a study"),
    ],
)
def test_what_cannot_be_compared_is_refused(places: Path, arguments: list[str], says: str, capsys: Shown) -> None:
    before = sorted(places.rglob("*"))
    assert main(["report", *arguments]) == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    assert says in captured.err
    assert sorted(places.rglob("*")) == before
