"""A trained agent: one seed's network, ready to act."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import torch
from torch import Tensor

from rlzoo.contracts import Composition, Environment
from rlzoo.contracts.errors import BadInput
from rlzoo.contracts.spaces import observation_layout
from rlzoo.lanes.clock import Clock
from rlzoo.training.assembly import assemble


class Agent:
    """Acts greedily by the weights of one seed; `module` is the ordinary torch module.

    Raises BadInput where the weights are those of another network.
    """

    def __init__(self, composition: Composition, seed: int, weights: Mapping[str, Tensor]) -> None:
        environment: Environment = composition["environment"].build(1, composition.train.envs)
        parts = assemble(composition, [seed], environment, Clock(1), torch.device("cpu"))
        environment.close()
        self.module, self.objective = parts.networks[0], parts.objective
        self.shape, self.dtype = observation_layout(environment.observation_space)
        self.first_action = int(getattr(environment.action_space, "start", 0))
        try:
            self.module.load_state_dict(weights)
        except RuntimeError as error:
            raise BadInput(f"the weights of seed {seed} do not fit its network: {error}") from None

    def q_values(self, observation: Any) -> np.ndarray:
        """Q of every action: one observation -> `[A]`, or a batch `[B, ...]` -> `[B, A]`."""
        array = np.asarray(observation, self.dtype)
        single = array.shape == self.shape
        if not single and array.shape[1:] != self.shape:
            raise BadInput(f"observations have shape {self.shape}, or (B, ...) of it, not {array.shape}")
        with torch.inference_mode():
            q = self.objective.q_values(self.module(torch.from_numpy(array[None] if single else array))).numpy()
        return q[0] if single else q

    def act(self, observation: Any, mask: Any = None) -> Any:
        """The best action for one observation, an int, or for a batch, `[B]`, among those that `mask` allows.

        `mask` is `[A]`, or `[B, A]`, bool.
        """
        q = self.q_values(observation)
        best = (q if mask is None else np.where(mask, q, -np.inf)).argmax(-1) + self.first_action
        return int(best) if np.ndim(best) == 0 else best
