"""Logs as other programs write them, with known episodes."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

from tensorboardX import SummaryWriter

Episodes = Sequence[tuple[int, float]]
"""Length and return of each episode."""


def write_monitor(path: Path, episodes: Episodes, env_id: str | None = "CartPole-v1", tail: str = "") -> Path:
    """A file of Stable-Baselines3's `Monitor`."""
    path.parent.mkdir(parents=True, exist_ok=True)
    header = json.dumps({"t_start": 1669999999.1, **({} if env_id is None else {"env_id": env_id})})
    rows = [f"{value},{length},{time}" for time, (length, value) in enumerate(episodes)]
    path.write_text("\n".join([f"#{header}", "r,l,t", *rows, tail]))
    return path


def write_cleanrl(runs: Path, seed: int, episodes: Episodes, env_id: str = "CartPole-v1") -> Path:
    """A folder of CleanRL's `dqn.py`."""
    folder = runs / f"{env_id}__dqn__{seed}__1669999999"
    writer = SummaryWriter(str(folder))
    step = 0
    for length, value in episodes:
        step += length
        writer.add_scalar("charts/episodic_return", value, step)
        writer.add_scalar("charts/episodic_length", length, step)
        writer.add_scalar("losses/td_loss", 0.5, step)
    writer.close()
    return folder


def write_csv(path: Path, columns: str, rows: Sequence[Sequence[object]]) -> Path:
    """A CSV file."""
    path.write_text("\n".join([columns, *(",".join(map(str, row)) for row in rows)]))
    return path
