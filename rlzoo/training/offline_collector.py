"""Collecting nothing: for buffers that have all transitions from the start."""

from __future__ import annotations

from rlzoo.training.collector import Collector


class OfflineCollector(Collector):
    """Steps pass without an environment, so that updates, evaluations and logs are due as in any run."""

    engine = "offline"

    def collect(self, limit: int) -> None:
        """Let `limit` vector steps pass."""
        self.clock.steps += limit * self.episodes.lengths.shape[1]

    def collect_one(self) -> None:
        """Let one vector step pass."""
        self.collect(1)
