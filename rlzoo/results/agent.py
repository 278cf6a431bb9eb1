"""A trained agent: one seed's network, ready to act."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from torch import Tensor

from rlzoo.contracts import Composition, Environment, EnvironmentFamily
from rlzoo.contracts.encoding import as_actions, as_array
from rlzoo.contracts.errors import BadInput
from rlzoo.contracts.spaces import observation_layout
from rlzoo.lanes.clock import Clock
from rlzoo.results.files import as_path
from rlzoo.results.notebook import table_html
from rlzoo.training.assembly import assemble

if TYPE_CHECKING:
    import gymnasium

    from rlzoo.results.export import Format


class Agent:
    """Acts greedily by the weights of one seed; `module` is the ordinary torch module.

    Raises BadInput where the weights are those of another network.
    """

    def __init__(self, composition: Composition, seed: int, weights: Mapping[str, Tensor]) -> None:
        self.composition, self.seed = composition, seed
        environment: Environment = composition["environment"].build(1, composition.train.envs)
        parts = assemble(composition, [seed], environment, Clock(1), torch.device("cpu"))
        environment.close()
        self.module, self.objective = parts.networks[0], parts.objective
        self.shape, self.dtype = observation_layout(environment.observation_space)
        self.observation_space, self.action_space = environment.observation_space, environment.action_space
        self.masked = environment.action_mask is not None
        """Whether the environment's action masks apply."""
        try:
            self.module.load_state_dict(weights)
        except RuntimeError as error:
            raise BadInput(f"the weights of seed {seed} do not fit its network: {error}") from None

    def __repr__(self) -> str:
        return "<Agent: " + ", ".join(f"{name} {value}" for name, value in self._facts().items()) + ">"

    def _repr_html_(self) -> str:
        return table_html(tuple(self._facts()), [tuple(self._facts().values())])

    def _facts(self) -> dict[str, str]:
        components = self.composition.components
        return {
            "algorithm": self.composition.algorithm,
            "environment": self.composition["environment"].id,
            "seed": str(self.seed),
            "network": components["network"].name,
            "objective": components["objective"].name,
            "parameters": f"{sum(leaf.numel() for leaf in self.module.parameters()):,}",
        }

    def make_env(self, render_mode: str | None = None) -> gymnasium.Env[Any, Any]:
        """One environment as the agent was trained in it, wrappers included. Raises BadInput if it cannot be made."""
        family: EnvironmentFamily = self.composition["environment"]
        env = family.make(render_mode)
        if env is None:
            raise BadInput(f"`{family.id}` has no single environments")
        return env

    def export(self, path: str | Path, file_format: Format = "torch") -> None:
        """Write the agent as a file that works without rlzoo: `torch`, `onnx` or `safetensors` (docs/agents.md).

        Raises BadInput if the network cannot be exported, a package is missing, or the file cannot be written.
        """
        from rlzoo.results.export import export_agent

        export_agent(self, as_path(path), file_format)

    def q_values(self, observation: Any) -> np.ndarray:
        """Q values of one observation, `[A]`, or of a batch `[B, ...]`, `[B, A]`.

        Observations are those of the environment, such as a text or a dict (a batch is then a list of them), or arrays.
        Raises BadInput for observations of another shape.
        """
        array = as_array(self.observation_space, observation, self.dtype)
        single = array.shape == self.shape
        if not single and array.shape[1:] != self.shape:
            raise BadInput(f"observations have shape {self.shape}, or (B, ...) of it, not {array.shape}")
        with torch.inference_mode():
            q = self.objective.q_values(self.module(torch.from_numpy(array[None] if single else array))).numpy()
        return q[0] if single else q

    def act(self, observation: Any, mask: Any = None) -> Any:
        """The best action for one observation, or for a batch, among those that `mask` allows.

        An int, or `[B]`; arrays `[*shape]` and `[B, *shape]` where the environment takes MultiDiscrete or MultiBinary
        actions. `mask` is `[A]`, or `[B, A]`, bool.
        """
        action = as_actions(self.action_space, self.choose(observation, mask))
        return int(action) if np.ndim(action) == 0 else action

    def choose(self, observation: Any, mask: Any = None) -> np.ndarray:
        """The numbers of the actions of `act`, counted from 0: `[]`, or `[B]`."""
        q = self.q_values(observation)
        return np.asarray((q if mask is None else np.where(mask, q, -np.inf)).argmax(-1))
