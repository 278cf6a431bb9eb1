"""C51: a categorical distribution over fixed returns, the atoms."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, ClassVar

import torch
from torch import Tensor

from rlzoo.contracts import PER_LANE, Batch, BuildSpec, Chart, Component, Explanation, Meta, Objective
from rlzoo.lanes.params import Params, Predict
from rlzoo_distributional import papers
from rlzoo_distributional.returns import of_action, of_best_next, spread, with_reward

if TYPE_CHECKING:
    from rlzoo.contracts.objective import ClosedForm


@dataclass(frozen=True)
class C51(Component):
    """Categorical distribution over fixed atoms, by cross entropy to the projected target (Bellemare et al., 2017)."""

    reference: ClassVar[str] = papers.BELLEMARE_2017

    gamma: Annotated[float, Meta(ge=0, le=1, description="discount per step"), PER_LANE] = 0.99
    atoms: Annotated[int, Meta(ge=2, description="number of atoms, evenly spaced from v_min to v_max")] = 51
    v_min: Annotated[float, Meta(description="lowest atom")] = -10.0
    v_max: Annotated[float, Meta(description="highest atom")] = 10.0
    double: Annotated[bool, Meta(description="select the next action with the online network")] = False

    def __post_init__(self) -> None:
        if self.v_min >= self.v_max:
            raise ValueError(f"`v_min` must be below `v_max`, got {self.v_min} and {self.v_max}")

    def build(self, spec: BuildSpec) -> Objective:
        """Build the objective."""
        return C51Objective(self, spec.device)


class C51Objective(Objective):
    """The network outputs one logit per atom, `[..., A, K]`."""

    def __init__(self, options: C51, device: torch.device) -> None:
        self.options, self.gamma, self.outputs = options, options.gamma, options.atoms
        self.support = torch.linspace(options.v_min, options.v_max, options.atoms, device=device)  # [K]

    def q_values(self, output: Tensor) -> Tensor:
        """The mean return, `[..., A]`."""
        return (output.softmax(-1) * self.support).sum(-1)

    def __call__(self, predict: Predict, online: Params, target: Params, batch: Batch) -> tuple[Tensor, Tensor]:
        """Return the cross entropy to the projected target and the KL divergence from it, both `[L, B]`.

        They differ by the target's entropy, which has no gradient. The divergence is the better priority for replay,
        since it is 0 when the prediction is exact (Hessel et al., 2018).
        """
        logits = of_action(predict(online, batch.observation), batch.action)  # [L, B, K]
        goal, entropy = self._goal(predict, online, target, batch)
        cross_entropy = -(goal * logits.log_softmax(-1)).sum(-1)
        return cross_entropy, cross_entropy.detach() - entropy

    def explain(self, predict: Predict, online: Params, target: Params, batch: Batch) -> Explanation:
        """Predicted distribution and target of the first transition, and the means of all."""
        predicted = of_action(predict(online, batch.observation), batch.action).softmax(-1)
        goal, _ = self._goal(predict, online, target, batch)
        distributions = {"prediction": predicted[0, 0], "target": goal[0, 0]}
        return Explanation(
            f"Prediction and target are probabilities of {self.outputs} returns. Below are their means; the error is "
            "their KL divergence.",
            samples={"prediction": (predicted * self.support).sum(-1), "target": (goal * self.support).sum(-1)},
            charts=[Chart("Distribution of the first transition's return", self.support, distributions, "return")],
        )

    @property
    def closed_form(self) -> ClosedForm:
        """The predicted probabilities minus the target's, for the action taken."""
        return self._with_gradient

    def _with_gradient(
        self, predict: Predict, online: Params, target: Params, batch: Batch, weight: Tensor
    ) -> tuple[Tensor, Tensor, Tensor]:
        output = predict(online, batch.observation)
        with torch.no_grad():
            log_probabilities = of_action(output, batch.action).log_softmax(-1)
            goal, entropy = self._goal(predict, online, target, batch)
            cross_entropy = -(goal * log_probabilities).sum(-1)
            above = -weight.unsqueeze(-1) * goal
            slope = torch.ops.aten._log_softmax_backward_data(above, log_probabilities, -1, above.dtype)
            return cross_entropy, cross_entropy - entropy, spread(slope, batch.action, output)

    @torch.no_grad()
    def _goal(self, predict: Predict, online: Params, target: Params, batch: Batch) -> tuple[Tensor, Tensor]:
        """The target's probabilities of the atoms `[L, B, K]`, and their entropy `[L, B]`."""
        following = of_best_next(self.q_values, predict, online, target, batch, self.options.double)
        probabilities = self.project(with_reward(batch, self.support), following.softmax(-1))
        return probabilities, torch.special.entr(probabilities).sum(-1)

    def project(self, returns: Tensor, probabilities: Tensor) -> Tensor:
        """Project a distribution, the `probabilities` of `returns`, both `[..., K]`, onto the atoms: `[..., K]`.

        The probability of each return is split between its two neighbouring atoms. Returns outside the support are
        clipped to its ends.
        """
        last = self.options.atoms - 1
        spacing = (self.options.v_max - self.options.v_min) / last
        place = ((returns - self.options.v_min) / spacing).clamp(0, last)
        # The second clamp is for NaN, whose integer value is arbitrary: a diverged lane must not stop the others.
        below = place.long().clamp(0, last)
        upper = (place - below) * probabilities
        projected = torch.zeros_like(probabilities).scatter_add_(-1, below, probabilities - upper)
        return projected.scatter_add_(-1, (below + 1).clamp(max=last), upper)
