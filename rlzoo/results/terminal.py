"""Standard streams that cannot end a run: a terminal may be closed, and a pipe may lose its reader."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING, Any, TextIO, cast

if TYPE_CHECKING:
    from rich.console import Console


class LenientStream:
    """A text stream that drops what it cannot write; everything else is the stream's."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream

    def write(self, text: str) -> int:
        """Write `text` if that is possible."""
        try:
            return self._stream.write(text)
        except (OSError, ValueError):  # ValueError: it is closed
            return len(text)

    def flush(self) -> None:
        """Flush if that is possible."""
        try:
            self._stream.flush()
        except (OSError, ValueError):
            return

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)


def lenient(stream: TextIO | None) -> TextIO:
    """`stream`, or nowhere if it was closed before Python began, without errors of writing."""
    return cast(TextIO, LenientStream(stream or open(os.devnull, "w")))  # noqa: PTH123


def stderr_console(**options: Any) -> Console:
    """A console on stderr that prints texts literally and cannot fail."""
    from rich.console import Console

    return Console(file=lenient(sys.stderr), highlight=False, markup=False, emoji=False, **options)
