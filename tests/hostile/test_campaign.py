"""The hostile campaign, in small; docs/reliability.md has the counts of the whole."""

from __future__ import annotations

from pathlib import Path

import pytest

from hostile import faulty_environments
from hostile.campaign import broken, run_campaign
from hostile.command_lines import draw


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore")
def test_no_promise_is_broken(tmp_path: Path) -> None:
    counts = run_campaign(tmp_path, lines=25, kinds=15, damages=6, seed=1)
    assert [sum(counter.values()) for counter in counts.values()] == [15, 25, 6]
    assert broken(counts) == []


def test_there_are_many_kinds_and_command_lines() -> None:
    assert len(faulty_environments.KINDS) > 150
    assert len({tuple(draw(0, number)) for number in range(1_000)}) > 800
    assert draw(3, 7) == draw(3, 7)
