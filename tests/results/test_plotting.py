from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from matplotlib.axes import Axes
from matplotlib.image import imread
from matplotlib.lines import Line2D

from rlzoo.contracts.errors import BadInput
from rlzoo.results.bootstrap import interquartile_estimate
from rlzoo.results.plotting import draw, draw_run, save_figure
from rlzoo.results.run_folder import RunFolder

from support.runs import Row, write_run

pytestmark = pytest.mark.filterwarnings("error")


def rows(seeds: int, length: int = 30) -> list[Row]:
    rng = np.random.default_rng(seeds)
    return [(seed, 10 * step, float(rng.integers(100))) for seed in range(seeds) for step in range(1, length)]


def run(path: Path, seeds: int, **more: object) -> RunFolder:
    return write_run(path, rows(seeds), rows(seeds, 4), seeds=range(seeds), **more)  # type: ignore[arg-type]


def axes_of(folders: list[RunFolder], quantity: str = "return", last: int = 100) -> Axes:
    (axes,) = draw(folders, quantity, last).axes
    return axes


def legend(axes: Axes) -> list[str]:
    """The labels of curves, without those of horizontal lines."""
    found = axes.get_legend()
    texts = [text.get_text() for text in found.get_texts()] if found else []
    return [text for text in texts if not text.startswith(("random policy", "reward threshold"))]


def curves(axes: Axes) -> list[Line2D]:
    """All lines that are not horizontal across the figure."""
    return [line for line in axes.lines if line.get_color() != "#666666"]


def test_one_run_shows_each_seed_their_mean_and_its_interval(tmp_path: Path) -> None:
    axes = axes_of([run(tmp_path / "a", 9)])
    assert legend(axes) == ["one seed", "inter-quartile mean of 9 seeds", "95% CI (bootstrap over seeds)"]
    *seeds, together = curves(axes)
    last = np.array([line.get_ydata()[-1] for line in seeds])  # type: ignore[index]
    assert len(seeds) == 9
    estimate = interquartile_estimate([last])
    assert together.get_ydata()[-1] == pytest.approx(estimate.value)  # type: ignore[index]
    corners = axes.collections[0].get_paths()[0].vertices
    edge = corners[corners[:, 0] == together.get_xdata()[-1], 1]  # type: ignore[index]
    np.testing.assert_allclose([edge.min(), edge.max()], [estimate.low, estimate.high])


def test_few_seeds_have_no_interval_and_one_needs_no_mean(tmp_path: Path) -> None:
    assert legend(axes_of([run(tmp_path / "few", 3)])) == ["one seed", "mean of 3 seeds"]
    assert legend(axes_of([run(tmp_path / "one", 1)])) == ["one seed"]


def test_a_figure_has_a_title_and_labels(tmp_path: Path) -> None:
    axes = axes_of([run(tmp_path / "a", 3, status="interrupted", diverged={1: 80})], last=20)
    assert axes.get_title("left") == "dqn on CartPole-v1, 3 seeds, 1 diverged, interrupted"
    assert axes.get_xlabel() == "environment steps per seed"
    assert axes.get_ylabel() == "return, mean of the last 20 episodes"


@pytest.mark.parametrize(("quantity", "label"), [("length", "episode length in steps"), ("evaluation", "greedy")])
def test_other_quantities_have_another_axis_label(tmp_path: Path, quantity: str, label: str) -> None:
    axes = axes_of([run(tmp_path / "a", 2)], quantity)
    assert label in axes.get_ylabel()
    assert axes.lines


def test_a_seed_is_drawn_no_further_than_it_went(tmp_path: Path) -> None:
    axes = axes_of([write_run(tmp_path / "a", [(0, 10, 1.0), (0, 100, 1.0), (1, 10, 2.0), (1, 1000, 2.0)])])
    first, second, together = (line.get_xydata() for line in curves(axes))
    assert np.isnan(first[first[:, 0] > 100, 1]).all()
    assert np.isfinite(second[-1]).all()
    assert together[-1].tolist() == [1000, 1.5]


def test_runs_are_compared_by_name_and_small_ones_seed_by_seed(tmp_path: Path) -> None:
    axes = axes_of([run(tmp_path / "few", 3), run(tmp_path / "many", 8, diverged={2: 5})])
    assert legend(axes) == ["few (3 seeds)", "many (8 seeds)"]
    assert axes.get_title("left") == "CartPole-v1, inter-quartile means with 95% CIs, 1 seed diverged"
    assert len(curves(axes)) == 1 + 3 + 1
    assert len(axes.collections) == 1
    assert curves(axes)[0].get_color() != curves(axes)[-1].get_color()


@pytest.mark.parametrize(
    ("folders", "names"),
    [
        (["x/same", "y/same"], ["x", "y"]),
        (["x/1/same", "x/2/same", "other"], ["1", "2", "other"]),
        (["x/1/same", "y/2/same"], ["x/1", "y/2"]),
        (["same", "x/same"], ["same", "x"]),
    ],
)
def test_runs_of_the_same_name_are_told_apart_by_their_path(
    tmp_path: Path, folders: list[str], names: list[str]
) -> None:
    for folder in folders:
        (tmp_path / folder).parent.mkdir(parents=True, exist_ok=True)
    runs = [run(tmp_path / folder, 1) for folder in folders]
    assert legend(axes_of(runs)) == [f"{name} (1 seed)" for name in names]


def test_more_runs_than_colours_are_still_told_apart(tmp_path: Path) -> None:
    axes = axes_of([run(tmp_path / str(number), 5) for number in range(9)])
    assert len({(line.get_color(), line.get_linestyle()) for line in curves(axes)}) == 9


@pytest.mark.parametrize("episodes", [[], [(0, 7, 3.0)]])
def test_a_run_that_has_hardly_begun_is_a_picture_too(tmp_path: Path, episodes: list[Row]) -> None:
    folder = write_run(tmp_path / "a", episodes)
    draw_run(folder.path)
    assert imread(folder.path / "returns.png").shape == (675, 1200, 4)
    said = [text.get_text() for text in axes_of([folder]).texts]
    assert said == ([] if episodes else ["Nothing to show yet: no episode has finished"])


@pytest.mark.parametrize(("name", "begins"), [("a.png", b"\x89PNG"), ("a.SVG", b"<?xml"), ("a.pdf", b"%PDF")])
def test_the_ending_of_the_name_is_the_format(tmp_path: Path, name: str, begins: bytes) -> None:
    save_figure(draw([run(tmp_path / "r", 2)], "return", 100), tmp_path / name)
    assert (tmp_path / name).read_bytes().startswith(begins)
    assert [path.name for path in tmp_path.iterdir() if path.name.startswith(".")] == []


@pytest.mark.parametrize(("name", "says"), [("a.jpg", "use one of .pdf, .png, .svg"), ("no/a.png", "No such file")])
def test_a_picture_that_cannot_be_written_is_refused(tmp_path: Path, name: str, says: str) -> None:
    with pytest.raises(BadInput, match=says):
        save_figure(draw([run(tmp_path / "r", 2)], "return", 100), tmp_path / name)


def test_the_random_policy_and_the_threshold_are_drawn_where_they_are_known(tmp_path: Path) -> None:
    def levels(axes: Axes) -> dict[str, float]:
        lines = [line for line in axes.lines if line.get_color() == "#666666"]
        return {str(line.get_label()): float(line.get_ydata()[0]) for line in lines}  # type: ignore[index]

    first = run(tmp_path / "a", 3)
    assert levels(axes_of([first])) == {"reward threshold (475)": 475}
    first.manifest["random_return"] = {"mean": 22.25, "standard_error": 1.0, "episodes": 100}
    both = {"random policy (22.25)": 22.25, "reward threshold (475)": 475}
    assert levels(axes_of([first])) == levels(axes_of([first], "evaluation")) == both
    assert levels(axes_of([run(tmp_path / "b", 3), first])) == both
    assert levels(axes_of([first], "length")) == {}


@pytest.mark.parametrize(
    ("seeds", "title"),
    [
        ((1, 1), "CartPole-v1"),
        ((1, 3), "CartPole-v1, means"),
        ((3, 5), "CartPole-v1, inter-quartile means"),
        ((3, 8), "CartPole-v1, inter-quartile means with 95% CIs"),
    ],
)
def test_the_title_names_means_and_intervals_only_where_there_are_any(
    tmp_path: Path, seeds: tuple[int, int], title: str
) -> None:
    axes = axes_of([run(tmp_path / str(place), number) for place, number in enumerate(seeds)])
    assert axes.get_title("left") == title
