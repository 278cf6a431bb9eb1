"""Where a run stands: what its logs add up to, in numbers and in words."""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Mapping
from datetime import timedelta
from statistics import fmean

from rlzoo.contracts import Log, Run
from rlzoo.contracts.log import WINDOW

CELLS = 48
"""Characters of the curve."""
SPEED_SECONDS = 10.0
"""Seconds over which speed is measured: training is faster before the first update, and evaluations take time."""
BARS = "▁▂▃▄▅▆▇█"


class Standing:
    """Another thread may read it while logs come in: what is read is replaced, never changed in size."""

    def __init__(self, run: Run, now: float) -> None:
        self.run, self.started = run, now
        self.returns: dict[int, float] = {}
        """Seed to the mean return of its last episodes."""
        self.metrics: dict[str, float] = {}
        """Name to the mean over seeds, of the metrics last reported."""
        self.cells = [math.nan] * CELLS
        self._episodes = {seed: deque[float](maxlen=WINDOW) for seed in run.seeds}
        self._marks = deque([(now, 0, 0.0)])

    def take(self, log: Log) -> None:
        """Add what a log says."""
        for episode in log.episodes:
            self._episodes[episode.seed].append(episode.episode_return)
        self.returns = {seed: fmean(own) for seed, own in self._episodes.items() if own}
        if log.metrics:
            names = next(iter(log.metrics.values()))
            self.metrics = {name: fmean(row[name] for row in log.metrics.values()) for name in names}
        training = [self.returns[seed] for seed in log.seeds if seed in self.returns]
        if training:
            self.cells[min(int(self.run.done * CELLS), CELLS - 1)] = fmean(training)

    def facts(self, now: float) -> Mapping[str, str]:
        """Name to what there is to say, as of now."""
        return self._place() | self._pace(now) | self._learning()

    def curve(self) -> str:
        """The return of the seeds that train, from the run's start on the left to its end on the right."""
        cells = list(self.cells)
        known = [cell for cell in cells if not math.isnan(cell)]
        if not known:
            return ""
        low, scale = min(known), (len(BARS) - 1) / ((max(known) - min(known)) or 1.0)
        return "".join(" " if math.isnan(cell) else BARS[round((cell - low) * scale)] for cell in cells)

    def _place(self) -> dict[str, str]:
        run, train = self.run, self.run.composition.train
        planned = f" of {train.steps * len(run.seeds):,}" if train.steps else ""
        place = {"steps": f"{run.steps:,}{planned} ({run.done:.0%})"}
        if run.counts and len(run.counts) < len(run.seeds):  # not all have begun: one trains after another
            place["seeds"] = f"{len(run.over)} of {len(run.seeds)} done"
        return place

    def _pace(self, now: float) -> dict[str, str]:
        self._marks.append((now, self.run.steps, self.run.done))
        while len(self._marks) > 2 and self._marks[1][0] < now - SPEED_SECONDS:
            self._marks.popleft()
        then, steps, done = self._marks[0]
        if now <= then or self.run.done <= done:
            return {}
        speed = {"speed": f"{(self.run.steps - steps) / (now - then):,.0f} steps/s"}
        left = (1.0 - self.run.done) * (now - then) / (self.run.done - done)
        return speed | ({"time left": span(left)} if self.run.status == "running" and left else {})

    def _learning(self) -> dict[str, str]:
        facts = {name: f"{value:.3g}" for name, value in self.metrics.items() if not math.isnan(value)}
        returns = self.returns.values()
        if returns:
            spread = f" (seeds {min(returns):.1f} to {max(returns):.1f})" if len(returns) > 1 else ""
            facts = {"return": f"{fmean(returns):.1f}{spread}, last {WINDOW} episodes"} | facts
        diverged = [seed for seed, count in self.run.counts.items() if count["diverged_at"] is not None]
        return facts | ({"diverged": f"seed {', '.join(map(str, diverged))}"} if diverged else {})


def span(seconds: float) -> str:
    """`75.3` -> `0:01:15`."""
    return str(timedelta(seconds=int(seconds)))
