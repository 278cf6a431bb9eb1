"""The hostile campaign, in small; docs/reliability.md has the counts of the whole."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from hostile import faulty_environments
from hostile.command_lines import draw


@pytest.mark.slow
def test_no_promise_is_broken() -> None:
    script = Path(__file__).with_name("campaign.py")  # runs in a separate process, since it limits its memory
    few = ["--command-lines", "15", "--environments", "10", "--damages", "4", "--seed", "1"]
    done = subprocess.run([sys.executable, script, *few], capture_output=True, text=True, check=False, timeout=500)
    assert done.returncode == 0, done.stdout + done.stderr
    counts = [line.partition(":")[0] for line in done.stdout.splitlines()[:3]]
    assert counts == ["10 faulty environments", "15 command lines", "4 damaged folders"]
    assert done.stdout.count("; 0 broken promises") == 3


def test_there_are_many_kinds_and_command_lines() -> None:
    assert len(faulty_environments.KINDS) > 150
    assert len({tuple(draw(0, number)) for number in range(1_000)}) > 800
    assert draw(3, 7) == draw(3, 7)
