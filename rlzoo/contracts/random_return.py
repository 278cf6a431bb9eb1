"""The return of a random policy, with which trained agents are compared."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class RandomReturn:
    """The mean return of episodes with random actions."""

    mean: float
    standard_error: float
    episodes: int

    def exceeded_by(self, mean: float, standard_error: float) -> bool:
        """Whether a mean return is significantly higher: by two standard errors of the difference."""
        return mean - self.mean > 2 * (standard_error**2 + self.standard_error**2) ** 0.5
