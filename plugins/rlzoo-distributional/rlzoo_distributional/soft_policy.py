"""The softmax policy of Munchausen targets, for scalar values and for distributions."""

from __future__ import annotations

from dataclasses import dataclass, replace

from torch import Tensor

from rlzoo.components.objectives import td
from rlzoo.contracts import Batch, Explanation
from rlzoo.lanes.settings import Setting, beside

ALPHA = 0.9
"""The weight of the bonus in the paper's agents for Atari, with the next two."""
TEMPERATURE = 0.03
CLIP = -1.0


@dataclass(frozen=True)
class SoftPolicy:
    """`pi = softmax(Q / temperature)`, and the bonus that Munchausen adds to the reward (Vieillard et al., 2020)."""

    alpha: Setting
    temperature: Setting
    clip: Setting

    def log_policy(self, q: Tensor, mask: Tensor | None) -> Tensor:
        """`temperature * log pi(a|s)` from Q, both `[..., A]`, at most 0; -inf for the actions that `mask` forbids."""
        temperature = beside(self.temperature, q)
        return temperature * (td.allowed(q, mask) / temperature).log_softmax(-1)

    def bonus(self, q: Tensor, batch: Batch) -> Tensor:
        """What is added to the reward: `alpha * max(clip, temperature * log pi(a|s))` from Q in s `[L, B, A]`."""
        bonus = td.select(self.log_policy(q, batch.columns.get("action_mask")), batch.action)
        return beside(self.alpha, bonus) * bonus.clamp(min=beside(self.clip, bonus))

    def value(self, q: Tensor, mask: Tensor | None) -> Tensor:
        """The expected value minus `temperature * log pi(a|s)` under the policy: Q `[..., A]` -> `[...]`."""
        log_policy = self.log_policy(q, mask)
        terms = (log_policy / beside(self.temperature, q)).exp() * (q - log_policy)
        return (terms if mask is None else terms.where(mask, 0.0)).sum(-1)

    def quantiles(self, output: Tensor, q: Tensor, mask: Tensor | None) -> Tensor:
        """The same of each quantile: those of all actions `[L, B, A, K]` and Q `[L, B, A]` -> `[L, B, K]`."""
        log_policy = self.log_policy(q, mask)
        policy = (log_policy / beside(self.temperature, q)).exp().unsqueeze(-1)
        terms = policy * (output - log_policy.unsqueeze(-1))
        return (terms if mask is None else terms.where(mask.unsqueeze(-1), 0.0)).sum(-2)


def rewarded(batch: Batch, bonus: Tensor) -> Batch:
    """The batch with the bonus in its rewards."""
    return replace(batch, reward=batch.reward + bonus)


def explained(explanation: Explanation, bonus: Tensor) -> Explanation:
    """The explanation of a target, and the bonus in it."""
    sentence = "The reward gets a bonus of at most 0, which is the lower the less likely the action is."
    return replace(
        explanation,
        sentence=f"{explanation.sentence} {sentence}".strip(),
        samples={"bonus": bonus, **explanation.samples},
    )
