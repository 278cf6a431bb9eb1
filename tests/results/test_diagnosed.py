"""Reading and drawing what diagnostics found in a run."""

from __future__ import annotations

from pathlib import Path

import msgspec
import numpy as np
import pytest
from matplotlib.image import imread

from rlzoo.results.diagnosed import averaged, heading, is_logarithmic, parts, read_diagnostics, read_metric
from rlzoo.results.diagnostics_figure import draw_diagnostics, draw_run
from rlzoo.results.run_folder import RunFolder

from support.runs import write_run

pytestmark = pytest.mark.filterwarnings("error")


def test_parts_have_the_mean_of_their_rows() -> None:
    rng = np.random.default_rng(0)
    steps, values, ends = 10 * np.arange(3, 60), rng.normal(size=57), parts(800, 8)
    expected = []
    for begin, end in zip([0, *ends], ends, strict=False):
        inside = [value for step, value in zip(steps, values, strict=True) if begin < step <= end]
        expected.append(np.mean(inside) if inside else np.nan)
    np.testing.assert_allclose(averaged(steps, values, ends), expected)
    assert np.isnan(expected).sum() == 2


def test_a_part_without_rows_has_those_before() -> None:
    found = averaged(np.array([25.0, 30.0, 61.0]), np.array([1.0, 3.0, 8.0]), parts(100, 10))
    np.testing.assert_array_equal(found, [np.nan, np.nan, 2, 2, 2, 2, 8, np.nan, np.nan, np.nan])


@pytest.mark.parametrize(
    ("values", "logarithmic"), [([1, 99], False), ([1, 101], True), ([0, 101], False), ([np.nan] * 2, False)]
)
def test_axes_are_logarithmic_over_two_orders_of_magnitude(values: list[float], logarithmic: bool) -> None:
    assert is_logarithmic(np.array(values)) == logarithmic


def diagnosed(path: Path, table: list[str]) -> RunFolder:
    folder = write_run(path, [(seed, 10 * step, 9.0) for seed in range(9) for step in range(1, 5)], seeds=range(9))
    composition = folder.manifest["composition"] | {"train": {"diagnose": True}}
    (path / "manifest.json").write_bytes(msgspec.json.encode(folder.manifest | {"composition": composition}))
    (path / "metrics.csv").write_text("\n".join(table) + "\n")
    return RunFolder(path)


HEADER = "seed,step,loss,overestimation,gradient_noise,dormant_share"


def test_a_panel_shows_each_seed_their_mean_and_its_interval(tmp_path: Path) -> None:
    rows = [f"{seed},{step},1,{seed + step},{10.0 ** (seed / 2)}," for seed in range(9) for step in (10, 20, 30)]
    folder = diagnosed(tmp_path / "a", [HEADER, *rows])
    figure = draw_diagnostics(folder, read_diagnostics(folder))
    panels = {axes.get_title("left"): axes for axes in figure.axes}
    assert [*panels] == ["return", "overestimation (return)", "gradient noise scale (samples)"]
    *seeds, together = panels["overestimation (return)"].lines
    assert [line.get_ydata().tolist() for line in seeds] == [[seed + 10, seed + 20, seed + 30] for seed in range(9)]
    assert together.get_xydata().tolist() == [[10, 14], [20, 24], [30, 34]]
    assert len(panels["overestimation (return)"].collections) == 1
    assert [axes.get_yscale() for axes in figure.axes] == ["linear", "linear", "log"]
    draw_run(folder.path)
    assert imread(folder.path / "diagnostics.png").shape[1] == 1620


def test_without_diagnostics_there_is_no_picture(tmp_path: Path) -> None:
    empty = diagnosed(tmp_path / "a", [HEADER, "3,10,1,,,"])
    plain = write_run(tmp_path / "b", [(0, 10, 1.0)])
    for folder in (empty, plain):
        draw_run(folder.path)
        assert not (folder.path / "diagnostics.png").exists()
    (empty.path / "metrics.csv").unlink()
    assert not read_diagnostics(RunFolder(empty.path))


def test_a_column_is_drawn_seed_by_seed(tmp_path: Path) -> None:
    run = write_run(tmp_path / "run", [(0, 10, 4.0), (1, 10, 3.0)])
    (run.path / "metrics.csv").write_text("seed,step,update,loss\n0,10,1,0.5\n0,20,2,0.25\n1,20,2,3.0\n")
    curves = read_metric(run, "loss")
    assert curves.seeds == [0, 1]
    np.testing.assert_array_equal(curves.steps, [10, 20])
    np.testing.assert_array_equal(curves.values, [[0.5, 0.25], [np.nan, 3.0]])
    np.testing.assert_array_equal(curves.ends, [20, 20])
    assert heading("loss") == "loss"
    assert heading("target_drift") == "target drift (Q)"
