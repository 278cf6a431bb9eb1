"""The progress of a run, as numbers and text, summed up from its logs."""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Mapping
from datetime import timedelta
from statistics import fmean

from rlzoo.contracts import Log, Run
from rlzoo.contracts.log import WINDOW

CURVE_WIDTH = 48
"""Characters of the curve."""
SPEED_SECONDS = 10.0
"""Seconds over which speed is measured: training is faster before the first update, and evaluations take time."""
BARS = "▁▂▃▄▅▆▇█"


class ProgressSummary:
    """Steps, speed, time left, returns and metrics of a run.

    Another thread may read it during updates: its attributes are replaced, and never change in size.
    """

    def __init__(self, run: Run, now: float) -> None:
        self.run, self.started = run, now
        self.returns: dict[int, float] = {}
        """Seed to the mean return of its last episodes."""
        self.metrics: dict[str, float] = {}
        """Name to the mean over seeds in the last row of metrics."""
        self.bins = [math.nan] * CURVE_WIDTH
        self._episodes = {seed: deque[float](maxlen=WINDOW) for seed in run.seeds}
        self._marks = deque([(now, run.steps, run.done)])

    def update(self, log: Log) -> None:
        """Add a log."""
        for episode in log.episodes:
            self._episodes[episode.seed].append(episode.episode_return)
        self.returns = {seed: fmean(returns) for seed, returns in self._episodes.items() if returns}
        if log.metrics:
            names = next(iter(log.metrics.values()))
            self.metrics = {name: fmean(row[name] for row in log.metrics.values()) for name in names}
        training = [self.returns[seed] for seed in log.seeds if seed in self.returns]
        if training:
            self.bins[min(int(self.run.done * CURVE_WIDTH), CURVE_WIDTH - 1)] = fmean(training)

    def facts(self, now: float) -> Mapping[str, str]:
        """Return what is known at the time `now`: name to text."""
        return self._position() | self._speed(now) | self._learning()

    def curve(self) -> str:
        """Return the mean return over the run, as a line of bars from its start to its end.

        Where no episode ended, the last value continues.
        """
        bins = list(self.bins)
        ends = [place for place, value in enumerate(bins) if not math.isnan(value)]
        for place in range(ends[0] + 1, ends[-1]) if ends else ():
            bins[place] = bins[place - 1] if math.isnan(bins[place]) else bins[place]
        known = [value for value in bins if not math.isnan(value)]
        if not known:
            return ""
        low, scale = min(known), (len(BARS) - 1) / ((max(known) - min(known)) or 1.0)
        return "".join(" " if math.isnan(value) else BARS[round((value - low) * scale)] for value in bins)

    def _position(self) -> dict[str, str]:
        run, train = self.run, self.run.composition.train
        planned = f" of {train.steps * len(run.seeds):,}" if train.steps else ""
        position = {"steps": f"{run.steps:,}{planned} ({run.done:.0%})"}
        if run.counts and len(run.counts) < len(run.seeds):  # seeds train one after another
            position["seeds"] = f"{len(run.over)} of {len(run.seeds)} done"
        return position

    def _speed(self, now: float) -> dict[str, str]:
        self._marks.append((now, self.run.steps, self.run.done))
        while len(self._marks) > 2 and self._marks[1][0] < now - SPEED_SECONDS:
            self._marks.popleft()
        then, steps, done = self._marks[0]
        if now <= then or self.run.done <= done:
            return {}
        speed = {"speed": f"{(self.run.steps - steps) / (now - then):,.0f} steps/s"}
        left = (1.0 - self.run.done) * (now - then) / (self.run.done - done)
        return speed | ({"time left": format_duration(left)} if self.run.status == "running" and left else {})

    def _learning(self) -> dict[str, str]:
        facts = {name: f"{value:.3g}" for name, value in self.metrics.items() if not math.isnan(value)}
        returns = self.returns.values()
        if returns:
            spread = f" (seeds {min(returns):.1f} to {max(returns):.1f})" if len(returns) > 1 else ""
            facts = {"return": f"{fmean(returns):.1f}{spread}, last {WINDOW} episodes"} | facts
        diverged = [seed for seed, count in self.run.counts.items() if count["diverged_at"] is not None]
        return facts | ({"diverged": f"seed {', '.join(map(str, diverged))}"} if diverged else {})


def format_duration(seconds: float) -> str:
    """`75.3` -> `0:01:15`."""
    return str(timedelta(seconds=int(seconds)))
