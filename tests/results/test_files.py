from __future__ import annotations

import resource
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import msgspec
import pytest

from rlzoo.contracts.errors import BadInput
from rlzoo.results.files import append_whole, as_path, is_leftover, shown, sweep, write_whole


def test_a_tilde_is_the_home_folder(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    assert as_path("~/runs/x") == tmp_path / "runs" / "x"
    assert as_path("runs") == Path.cwd() / "runs"


@pytest.mark.parametrize("given", ["~no-such-user-at-all/x", "a\0b"])
def test_what_is_not_a_path_is_bad_input(given: str) -> None:
    with pytest.raises(BadInput, match="is not a path"):
        as_path(given)


def test_paths_are_shown_relative_to_the_working_directory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert shown(tmp_path / "runs" / "x") == "runs/x"
    assert shown(tmp_path.parent / "other") == str(tmp_path.parent / "other")


@contextmanager
def limited_to(size: int) -> Iterator[None]:
    """No file may grow beyond `size` bytes: writing fails as on a full disk, after a part has been written."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


def test_a_file_is_replaced_completely_or_not_at_all(tmp_path: Path) -> None:
    path = tmp_path / "table"
    write_whole(path, "old")
    with limited_to(100), pytest.raises(OSError, match=f"'{path}'"):
        write_whole(path, b"x" * 1_000)
    assert path.read_text() == "old"
    assert [file.name for file in tmp_path.iterdir()] == ["table"]


def test_rows_are_appended_completely_or_not_at_all(tmp_path: Path) -> None:
    path = tmp_path / "table"
    append_whole(path, b"a" * 80)
    with limited_to(100), pytest.raises(OSError, match=f"'{path}'"):
        append_whole(path, b"b" * 80)
    assert path.read_bytes() == b"a" * 80


def test_what_a_killed_process_leaves_is_swept(tmp_path: Path) -> None:
    below = tmp_path / "weights"
    below.mkdir()
    leftovers = [tmp_path / ".manifest.json.77.part", tmp_path / ".reserve", below / ".seed-0.safetensors.77.part"]
    for path in (*leftovers, tmp_path / "episodes.csv"):
        path.touch()
    assert all(map(is_leftover, leftovers))
    sweep(tmp_path)
    assert sorted(path.name for path in tmp_path.rglob("*")) == ["episodes.csv", "weights"]


FULL_DISK = """
import sys
from pathlib import Path
from rlzoo.cli import main
out = Path(sys.argv[1]) / "run"
small = ["--steps", "100_000_000", "--set", "train.learning_starts=50", "--set", "train.log_every=1", "--workers", "1"]
print(main(["run", "dqn", "--out", str(out), *small]))
print(*(file.name for file in out.rglob(".*")))
print((out / "manifest.json").read_text())
"""


@pytest.mark.slow
@pytest.mark.skipif(not shutil.which("unshare"), reason="needs a separate file system")
def test_a_full_disk_ends_the_run_and_the_manifest_says_so(tmp_path: Path) -> None:
    mount = f"mount -t tmpfs -o size=400k none '{tmp_path}' && exec \"$@\""
    if subprocess.run(["unshare", "-rm", "sh", "-c", mount, "-", "true"], check=False).returncode:
        pytest.skip("may not mount a file system")
    command = ["unshare", "-rm", "sh", "-c", mount, "-", sys.executable, "-c", FULL_DISK, str(tmp_path)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    code, hidden, manifest = done.stdout.split("\n", 2)
    assert (code, hidden) == ("1", "")
    record = msgspec.json.decode(manifest)
    assert record["status"] == "failed"
    assert f"No space left on device: '{tmp_path}/run/" in record["error"]
    assert f"rlzoo: error: no space left on device: `{tmp_path}/run/" in done.stderr
