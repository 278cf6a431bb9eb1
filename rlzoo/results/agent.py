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
from rlzoo.lanes.stacking import memory_size
from rlzoo.results.files import as_path
from rlzoo.results.notebook import table_html
from rlzoo.training.assembly import assemble

if TYPE_CHECKING:
    import gymnasium

    from rlzoo.results.export import Format


class Agent:
    """Acts greedily by the weights of one seed; `module` is the ordinary torch module.

    An agent whose network has a memory remembers the observations of `act` until `reset`.

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
        self.memory_size = memory_size(self.module)
        self._memory: Tensor | None = None  # [B, M], None at the beginning of episodes
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

    def reset(self, begins: Any = None) -> None:
        """Begin new episodes: forget what `act` has seen, in those of a batch where `begins` `[B]` if it is given.

        Only agents whose network has a memory need it.
        """
        if self._memory is not None:
            kept = None if begins is None else torch.from_numpy(~np.asarray(begins, np.bool_))[:, None]
            self._memory = None if kept is None else torch.where(kept, self._memory, 0.0)

    def q_values(self, observation: Any) -> np.ndarray:
        """Q values of one observation, `[A]`, or of a batch `[B, ...]`, `[B, A]`.

        Observations are those of the environment, such as a text or a dict (a batch is then a list of them), or arrays.
        They follow those of `act` if the network has a memory, and are not remembered. Raises BadInput for observations
        of another shape, or another number of them than `act` has seen since the last `reset`.
        """
        outputs, _, single = self._look(observation)
        q = self.objective.q_values(outputs).numpy()
        return q[0] if single else q

    def _look(self, observation: Any) -> tuple[Tensor, Tensor | None, bool]:
        """The outputs for a batch, the memory after it, and whether it is a single observation instead."""
        array = as_array(self.observation_space, observation, self.dtype)
        single = array.shape == self.shape
        if not single and array.shape[1:] != self.shape:
            raise BadInput(f"observations have shape {self.shape}, or (B, ...) of it, not {array.shape}")
        x = torch.from_numpy(array[None] if single else array)
        with torch.inference_mode():
            outputs, memory = self._run(x) if self.memory_size else (self.module(x), None)
        return outputs, memory, single

    def _run(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """The outputs for the next observations `[B, ...]`, and the memory after them."""
        before = torch.zeros(len(x), self.memory_size) if self._memory is None else self._memory
        if len(before) != len(x):
            raise BadInput(f"the agent remembers {len(before)} episodes, not {len(x)}; call `reset()` to begin others")
        outputs, memories = self.module(x.unsqueeze(1), before, torch.zeros(len(x), 1, dtype=torch.bool))
        return outputs[:, 0], memories[:, 0]

    def act(self, observation: Any, mask: Any = None) -> Any:
        """The best action for one observation, or for a batch, among those that `mask` allows.

        An int, or `[B]`; arrays `[*shape]` and `[B, *shape]` where the environment takes continuous, MultiDiscrete or
        MultiBinary actions. `mask` is `[A]`, or `[B, A]`, bool.
        """
        action = as_actions(self.action_space, self.choose(observation, mask))
        return action.item() if np.ndim(action) == 0 else action

    def choose(self, observation: Any, mask: Any = None) -> np.ndarray:
        """The actions of `act` as rlzoo numbers them, from 0: `[]`, or `[B]`; or continuous ones."""
        outputs, self._memory, single = self._look(observation)
        allowed = None if mask is None else torch.from_numpy(np.asarray(mask, np.bool_)).expand(len(outputs), -1)
        with torch.inference_mode():
            action = self.objective.greedy(outputs, allowed).numpy()
        return action[0] if single else action
