"""HTML for notebooks: a table, and the learning curve of a run."""

from __future__ import annotations

import io
from base64 import b64encode
from collections.abc import Iterable, Sequence
from html import escape

from rlzoo.results.run_folder import RunFolder


def table_html(columns: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Return a table; all texts are escaped."""
    head = "".join(f"<th>{escape(column)}</th>" for column in columns)
    body = "".join("<tr>" + "".join(f"<td>{escape(cell)}</td>" for cell in row) + "</tr>" for row in rows)
    return f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"


def curve_html(folder: RunFolder) -> str:
    """Return the learning curve as an inline image. Raises BadInput for a run without episodes.csv."""
    from rlzoo.results.curves import main_quantity
    from rlzoo.results.plotting import draw

    image = io.BytesIO()
    draw([folder], main_quantity([folder])).savefig(image, format="png", dpi=100)
    data = b64encode(image.getvalue()).decode()
    label = escape(f"Return of {folder.algorithm} on {folder.environment}")
    return f'<img alt="{label}" src="data:image/png;base64,{data}" width="640">'
