"""An actor and a critic in one network."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Annotated, Any, ClassVar

import torch
from torch import Tensor, nn
from torch.func import functional_call

from rlzoo.components.networks.inputs import ScaleOption, as_features
from rlzoo.components.networks.mlp import ACTIVATIONS, Activation, Units, hidden_layers
from rlzoo.contracts import BuildSpec, Meta, QNetwork
from rlzoo.lanes.layer import Autograd, LaneLayer
from rlzoo.lanes.layers import Lower
from rlzoo.lanes.params import Params
from rlzoo_continuous import papers
from rlzoo_continuous.bounds import Bounds, bounds_of


@dataclass(frozen=True)
class ActorCriticNetwork(QNetwork):
    """A perceptron that chooses an action within its bounds, and one that values actions (Lillicrap et al., 2016)."""

    flattens: ClassVar[bool] = True
    reference: ClassVar[str] = papers.LILLICRAP_2016
    trials: ClassVar[tuple[Mapping[str, Any], ...]] = (
        {
            "env": "rlzoo-probe/continuous-v0",
            "objective": "ddpg",
            "exploration": "gaussian",
            "network.critic_hidden": (8,),
        },
    )

    hidden: Annotated[tuple[Units, ...], Meta(description="units of each hidden layer of the actor")] = (16, 16, 16)
    critic_hidden: Annotated[tuple[Units, ...], Meta(description="units of each hidden layer of the critic")] = (
        32,
        32,
        32,
    )
    activation: Annotated[Activation, Meta(description="activation after each hidden layer")] = "relu"
    actor_rate: Annotated[float, Meta(gt=0, description="learning rate of the actor, relative to the critic's")] = 1.0
    scale: ScaleOption = None

    def build(self, spec: BuildSpec) -> nn.Module:
        """A module from observations `[B, ...]` to `[B, 1, K]`, see `ActorCritic`.

        Raises BadInput for actions that are not a bounded Box.
        """
        bounds = bounds_of(spec, "network=actor-critic")
        first, width = as_features(spec.observation_space, self.scale)
        actor = self._perceptron(width, self.hidden, bounds.size)
        critic = self._perceptron(width + bounds.size, self.critic_hidden, 1)
        return ActorCritic(nn.Sequential(*first), actor, critic, bounds, self.actor_rate)

    def _perceptron(self, width: int, hidden: Sequence[int], outputs: int) -> nn.Module:
        layers = hidden_layers(width, hidden, ACTIVATIONS[self.activation])
        return nn.Sequential(*layers, nn.Linear([width, *hidden][-1], outputs))


class ActorCritic(nn.Module):
    """The actor's action mu, its value, and the value of the action in the buffer `action`: `[B, 1, D + 2]`.

    The gradient of the first value reaches the actor only, through a critic with fixed parameters; that of the second
    one reaches the critic only.
    """

    inputs = ("action",)
    action: Tensor

    def __init__(
        self, first: nn.Module, actor: nn.Module, critic: nn.Module, bounds: Bounds, actor_rate: float
    ) -> None:
        super().__init__()
        self.first, self.actor, self.critic, self.bounds = first, actor, critic, bounds
        self.rates = {"actor": actor_rate}
        self.register_buffer("action", torch.zeros(1, bounds.size), persistent=False)

    def forward(self, x: Tensor) -> Tensor:
        """Observations `[B, ...]` -> `[B, 1, D + 2]`."""
        fixed = {name: leaf.detach() for name, leaf in self.critic.named_parameters()}
        frozen = partial(functional_call, self.critic, fixed)
        return self._outputs(self.first(x), self.action, self.actor, self.critic, frozen)

    def lanes(self, lower: Lower, prefix: str) -> LaneLayer:
        """The same for all lanes at once."""
        first, actor, critic = (lower(getattr(self, it), f"{prefix}{it}.") for it in ("first", "actor", "critic"))

        def run(params: Params, x: Tensor) -> Tensor:
            fixed = {name: leaf.detach() for name, leaf in params.items()}
            parts = partial(actor, params), partial(critic, params), partial(critic, fixed)
            return self._outputs(first(params, x), params[f"{prefix}action"], *parts)

        return Autograd(run, prefix)

    def _outputs(
        self,
        features: Tensor,
        action: Tensor,
        actor: Callable[[Tensor], Tensor],
        critic: Callable[[Tensor], Tensor],
        frozen: Callable[[Tensor], Tensor],
    ) -> Tensor:
        """`forward` by these parts, with or without lanes before the batch."""
        best = self.bounds.squash(actor(features))
        value = frozen(torch.cat([best, features], -1))
        given = critic(torch.cat([action.expand_as(best), features], -1))
        return torch.cat([best, value, given], -1).unsqueeze(-2)
