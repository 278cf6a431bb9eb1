"""NAF: a Q function that is quadratic in the action, so that its maximum is known."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any, ClassVar

import torch
from torch import Tensor

from rlzoo.contracts import Batch, BuildSpec, Explanation, Meta, Objective
from rlzoo.lanes.params import Params, Predict
from rlzoo_continuous import papers
from rlzoo_continuous.bounds import Bounds, bounds_of
from rlzoo_continuous.one_step import ERROR, TARGET, ScaledOneStep


@dataclass(frozen=True)
class NAF(ScaledOneStep):
    """Normalized advantage functions: `Q = V - (a - mu)' L L' (a - mu) / 2`, highest at mu (Gu et al., 2016)."""

    reference: ClassVar[str] = papers.GU_2016
    trials: ClassVar[tuple[Mapping[str, Any], ...]] = (
        {"env": "rlzoo-probe/continuous-v0", "exploration": "gaussian", "exploration.sigma": 0.5},
    )

    squash: Annotated[
        bool, Meta(description="bound mu by a hyperbolic tangent; otherwise only the actions taken are clipped")
    ] = False

    def build(self, spec: BuildSpec) -> Objective:
        """Build the objective. Raises BadInput for actions that are not a bounded Box."""
        return NAFObjective(self, bounds_of(spec, "objective=naf"))


class NAFObjective(Objective):
    """The network gives V, mu with -1 and 1 for the bounds, and the entries of L: `[..., 1, K]`.

    L is a lower triangular matrix. Its diagonal comes first, as logarithms; the other entries follow row by row.
    """

    continuous = True

    def __init__(self, options: NAF, bounds: Bounds) -> None:
        self.options, self.bounds, self.gamma = options, bounds, options.gamma
        size = bounds.size
        self.outputs = 1 + size + size * (size + 1) // 2
        self._places = _places_in_transpose(size)

    def q_values(self, output: Tensor) -> Tensor:
        """V, the value of the best action: `[..., 1, K]` -> `[..., 1]`."""
        return output[..., 0]

    def greedy(self, output: Tensor, mask: Tensor | None = None) -> Tensor:
        """mu, clipped to the bounds: `[..., 1, K]` -> `[..., *shape]`."""
        return self.bounds.shaped(self._best(output))

    def advantage(self, output: Tensor, action: Tensor) -> Tensor:
        """`-(a - mu)' L L' (a - mu) / 2`: outputs `[L, B, 1, K]`, actions `[L, B, *shape]` -> `[L, B]`."""
        size = self.bounds.size
        logs, others = output[..., 0, 1 + size : 1 + 2 * size], output[..., 0, 1 + 2 * size :]
        entries = torch.cat([logs.exp(), others, torch.zeros_like(logs[..., :1])], -1)
        transpose = entries.index_select(-1, self._places.to(entries.device)).unflatten(-1, (size, size))
        distance = self.bounds.flat(action) - self._best(output)
        return -(transpose * distance.unsqueeze(-2)).sum(-1).square().sum(-1) / 2

    def __call__(self, predict: Predict, online: Params, target: Params, batch: Batch) -> tuple[Tensor, Tensor]:
        """`(loss, td_error)`, both `[L, B]`; the error is target minus prediction."""
        output = predict(online, batch.observation)
        prediction = self._value(output) + self.advantage(output, batch.action)
        error = self._goal(predict, target, batch) - prediction
        return self.options.loss_of(error), error.detach()

    def explain(self, predict: Predict, online: Params, target: Params, batch: Batch) -> Explanation:
        """Value and advantage of the action taken, and what their sum should be."""
        output = predict(online, batch.observation)
        value, advantage = self._value(output), self.advantage(output, batch.action)
        samples = {
            "scaled reward": self.options.scaled(batch.reward),
            "next value": self._value(predict(target, batch.next_observation)).masked_fill(batch.terminated, 0.0),
            "value": value,
            "advantage": advantage,
            "prediction": value + advantage,
            "target": self._goal(predict, target, batch),
        }
        formula = f"{TARGET}, {{prediction}} = {{value}} + {{advantage}}, {ERROR}"
        return Explanation("The value of a state is that of its best action, mu.", samples=samples, formula=formula)

    @torch.no_grad()
    def _goal(self, predict: Predict, target: Params, batch: Batch) -> Tensor:
        return self.options.goal(batch, self._value(predict(target, batch.next_observation)))

    def _value(self, output: Tensor) -> Tensor:
        return self.q_values(output)[..., 0]

    def _best(self, output: Tensor) -> Tensor:
        """mu as a vector, `[..., D]`."""
        raw = output[..., 0, 1 : 1 + self.bounds.size]
        return self.bounds.squash(raw) if self.options.squash else self.bounds.scale(raw)


def _places_in_transpose(size: int) -> Tensor:
    """Where each entry of the transpose of L is in the network's order, row by row; the last place is a zero."""
    zero = size * (size + 1) // 2
    places = torch.full((size, size), zero)
    places[range(size), range(size)] = torch.arange(size)
    rows, columns = torch.tril_indices(size, size, offset=-1)
    places[columns, rows] = torch.arange(size, zero)
    return places.flatten()
