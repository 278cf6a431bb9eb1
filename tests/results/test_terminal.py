from __future__ import annotations

import io
import sys
from pathlib import Path

import pytest

from rlzoo.results.terminal import lenient, stderr_console

from support.runs import train_tiny


class Broken(io.StringIO):
    """Its reader is gone."""

    def write(self, text: str) -> int:
        raise BrokenPipeError(32, "Broken pipe")

    def flush(self) -> None:
        raise OSError(5, "Input/output error")


def closed() -> io.StringIO:
    stream = io.StringIO()
    stream.close()
    return stream


@pytest.mark.parametrize("stream", [Broken(), closed(), None])
def test_a_lenient_stream_never_fails(stream: io.StringIO | None) -> None:
    written = lenient(stream)
    assert written.write("text") == 4
    written.flush()


def test_a_lenient_stream_is_the_stream() -> None:
    stream = io.StringIO()
    lenient(stream).write("text")
    assert stream.getvalue() == "text"
    assert not lenient(stream).isatty()


@pytest.mark.parametrize("stream", [Broken(), closed(), None])
def test_watching_never_ends_a_run(stream: io.StringIO | None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stderr", stream)
    result = train_tiny(tmp_path / "run", observers=["progress"], set={"progress.seconds": 0})
    assert result.manifest["status"] == "finished"
    stderr_console(force_terminal=True).print("text")
