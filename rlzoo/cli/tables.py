"""Tables on the terminal."""

from __future__ import annotations

from collections.abc import Iterable, Sequence


def print_table(title: str, columns: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
    """Print rows below a title, in the width of the terminal."""
    from rich.box import SIMPLE
    from rich.console import Console
    from rich.table import Table

    class Stdout(Console):
        def on_broken_pipe(self) -> None:
            raise BrokenPipeError  # rich would exit

    table = Table(title=title, title_justify="left", title_style="bold", box=SIMPLE)
    for column in columns:
        table.add_column(column, overflow="fold")  # long paths are whole, on several lines
    for row in rows:
        table.add_row(*row)
    # Texts are printed literally: `[L, B]` is a shape, not markup.
    Stdout(markup=False, emoji=False, highlight=False).print(table)
