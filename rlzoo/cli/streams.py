"""The standard streams of a command."""

from __future__ import annotations

import io
import json
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from typing import Any, TextIO

from rlzoo.results.terminal import lenient

_json_streams: list[TextIO] = []


@contextmanager
def standard_streams(*, as_json: bool) -> Iterator[None]:
    """Inside, stderr cannot fail, and `as_json` keeps stdout for `print_json`: all other output goes to stderr."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")  # a terminal without some characters must not cause an error
    with redirect_stderr(lenient(sys.stderr)), redirect_stdout(sys.stdout or lenient(None)):
        if not as_json:
            yield
            return
        with _without_stdout() as stdout, redirect_stdout(sys.stderr):
            _json_streams.append(stdout)
            try:
                yield
            finally:
                _json_streams.pop().flush()


def print_json(content: Any) -> None:
    """Print `content` to stdout."""
    print(json.dumps(content, indent=2), file=_json_streams[-1] if _json_streams else sys.stdout)


@contextmanager
def _without_stdout() -> Iterator[TextIO]:
    """Give stdout; inside, its file descriptor is that of stderr, also for libraries in C and for other processes."""
    try:
        saved = os.dup(1)
        os.dup2(2, 1)
    except OSError:  # one of them is closed
        yield sys.stdout
        return
    try:
        with os.fdopen(os.dup(saved), "w", errors="replace") as stdout:
            yield stdout if _is_standard(sys.stdout) else sys.stdout
    finally:
        os.dup2(saved, 1)
        os.close(saved)


def _is_standard(stream: TextIO) -> bool:
    try:
        return stream.fileno() == 1
    except (OSError, ValueError):
        return False
