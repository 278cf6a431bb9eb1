"""Charts as SVG images that follow the theme of the site: learning curves, and returns seed by seed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape

from website.measured import Measured, Point

LEFT, RIGHT, TOP, BOTTOM = 58, 614, 12, 216
ROW = 40
NICE = (1, 2, 2.5, 5, 10)


def draw_curves(curves: Mapping[str, Sequence[Point]], title: str) -> str:
    """Return the learning curves of some algorithms, with their intervals.

    Args:
        curves: name of the algorithm to its curve. The first is emphasized.
        title: what the image shows, for readers who do not see it.
    """
    points = [point for curve in curves.values() for point in curve]
    across = _Axis((0, max(point.step for point in points)), (LEFT, RIGHT))
    upwards = _Axis((min(point.low for point in points), max(point.high for point in points)), (BOTTOM, TOP))
    lines = [_open(262, title), *_grid(across, upwards)]
    for number, (name, curve) in reversed(list(enumerate(curves.items()))):
        upper = [(across.place(point.step), upwards.place(point.high)) for point in curve]
        lower = [(across.place(point.step), upwards.place(point.low)) for point in reversed(curve)]
        middle = [(across.place(point.step), upwards.place(point.value)) for point in curve]
        lines.append(f'<path class="band series-{number}" d="M{_path(upper + lower)}z"/>')
        lines.append(f'<path class="curve series-{number}" d="M{_path(middle)}"/>')
        x = LEFT + 16 + 200 * number
        lines.append(f'<path class="curve series-{number}" d="M{x} 254h26"/>')
        lines.append(f'<text x="{x + 34}" y="259">{escape(name)}</text>')
    lines.append(f'<text class="row" x="{RIGHT}" y="259">return over steps</text>')
    return "\n".join((*lines, "</svg>"))


def draw_returns(rows: Sequence[Measured], title: str) -> str:
    """Return inter-quartile means, intervals and single seeds, a row per algorithm; the first is emphasized."""
    values = [value for row in rows for value in (*row.seeds, row.low, row.high)]
    across = _Axis((min(values), max(values)), (LEFT + 100, RIGHT))
    height = ROW * len(rows)
    lines = [_open(height + 34, title)]
    for tick in across.ticks():
        x = across.place(tick)
        lines.append(f'<path class="grid" d="M{x:.1f} 0V{height}"/>')
        lines.append(f'<text class="tick" x="{x:.1f}" y="{height + 20}">{_number(tick)}</text>')
    for number, row in enumerate(rows):
        y = ROW * number + ROW // 2
        lines.append(f'<text class="row" x="{LEFT + 88}" y="{y + 5}">{escape(row.algorithm)}</text>')
        lines += [f'<path class="seed series-{number}" d="M{across.place(it):.1f} {y - 9}v18"/>' for it in row.seeds]
        span = f"M{across.place(row.low):.1f} {y}H{across.place(row.high):.1f}"
        lines.append(f'<path class="interval series-{number}" d="{span}"/>')
        lines.append(f'<circle class="value series-{number}" cx="{across.place(row.value):.1f}" cy="{y}" r="5.5"/>')
    return "\n".join((*lines, "</svg>"))


class _Axis:
    """From numbers to places in the image."""

    def __init__(self, span: tuple[float, float], places: tuple[float, float]) -> None:
        (self.low, self.high), (self.start, self.end) = span, places
        if self.low == self.high:
            self.low, self.high = self.low - 1, self.high + 1

    def place(self, value: float) -> float:
        return self.start + (value - self.low) / (self.high - self.low) * (self.end - self.start)

    def ticks(self) -> list[float]:
        """Return a few round numbers within the span."""
        rough = (self.high - self.low) / 7
        power = 10.0 ** len(f"{int(rough)}"[1:]) if rough >= 1 else 0.1
        width = next(nice * power for nice in NICE if nice * power >= rough)
        first = -(-self.low // width)
        return [width * number for number in range(int(first), int(self.high // width) + 1)]


def _grid(across: _Axis, upwards: _Axis) -> list[str]:
    lines = []
    for tick in upwards.ticks():
        y = upwards.place(tick)
        lines.append(f'<path class="grid" d="M{LEFT} {y:.1f}H{RIGHT}"/>')
        lines.append(f'<text class="row" x="{LEFT - 8}" y="{y + 5:.1f}">{_number(tick)}</text>')
    for tick in across.ticks():
        lines.append(f'<text class="tick" x="{across.place(tick):.1f}" y="{BOTTOM + 20}">{_number(tick)}</text>')
    return lines


def _open(height: int, title: str) -> str:
    return (
        f'<svg class="chart" viewBox="0 0 640 {height}" role="img" xmlns="http://www.w3.org/2000/svg">'
        f"<title>{escape(title)}</title>"
    )


def _path(places: Sequence[tuple[float, float]]) -> str:
    return "L".join(f"{x:.1f} {y:.1f}" for x, y in places)


def _number(value: float) -> str:
    text = f"{value / 1000:g}k" if abs(value) >= 1_000 else f"{value:g}"
    return text.replace("-", "−")
