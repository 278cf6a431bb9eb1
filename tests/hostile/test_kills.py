"""The kill campaign, in small; docs/reliability.md has the counts of the whole."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest


@pytest.mark.slow
@pytest.mark.skipif(not Path("/proc/self/task").exists(), reason="workers are found in /proc")
def test_kills_lose_nothing() -> None:
    script = Path(__file__).with_name("kills.py")
    command = [sys.executable, script, "--kills", "2"]
    found = subprocess.run(command, capture_output=True, text=True, check=False, timeout=500)
    assert found.returncode == 0, found.stdout + found.stderr
    assert "0 results that differ" in found.stdout
