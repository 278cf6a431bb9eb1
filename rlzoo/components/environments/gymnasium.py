"""Any registered Gymnasium environment."""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Annotated, Any, ClassVar, Literal

import gymnasium
from gymnasium.wrappers import TimeLimit

from rlzoo.components.environments.classic_control import vectorized
from rlzoo.components.environments.imported import find_maker
from rlzoo.components.environments.stepped import AnyEnv, SteppedEnvironments
from rlzoo.components.environments.wrappers import Wrapper, wrap
from rlzoo.contracts import Environment, EnvironmentFamily, Meta
from rlzoo.contracts.errors import BadInput, OptionError, UnknownName, described, nearest


@dataclass(frozen=True)
class Gymnasium(EnvironmentFamily):
    """An environment of Gymnasium's registry, or `module:Name` and `file.py:Name` (Towers et al., 2024)."""

    trials: ClassVar[tuple[Mapping[str, Any], ...]] = (
        {"env": "CartPole-v1"},
        {"env": "Blackjack-v1"},  # a Tuple to flatten
        {"env": "rlzoo-probe/masked-v0"},  # action masks
    )

    id: Annotated[str, Meta(description="the id that `gymnasium.make` takes, `module:Name` or `file.py:Name`")]
    max_episode_steps: (
        Annotated[int, Meta(ge=1, description="truncate episodes here, besides the environment's own limit")] | None
    ) = None
    kwargs: Annotated[Mapping[str, Any], Meta(description="arguments of the environment")] = field(default_factory=dict)
    wrappers: Annotated[
        tuple[Wrapper, ...],
        Meta(description='wrappers, innermost first: "module:Class", or {"name": "module:Class"} with its arguments'),
    ] = ()
    flatten: Annotated[bool, Meta(description="turn Dict and Tuple observations into vectors")] = True
    masks: Annotated[bool, Meta(description="never take actions that the environment's action mask forbids")] = True
    engine: Annotated[
        Literal["auto", "gymnasium"],
        Meta(
            description="auto steps CartPole, Acrobot and MountainCar in NumPy where that is faster, with the same bits"
        ),
    ] = "auto"

    equivalent: ClassVar[tuple[str, ...]] = ("engine",)

    def build(self, lanes: int, envs: int) -> Environment:
        """`lanes` x `envs` environments. Raises BadInput where there are none, or none that rlzoo can learn in."""
        if self.engine == "auto" and not self.kwargs and not self.wrappers:
            fast = vectorized(self.id, self.max_episode_steps, lanes, envs)
            if fast is not None:
                return fast
        return SteppedEnvironments(self.id, self.make, lanes, envs, flatten=self.flatten, masks=self.masks)

    def make(self, render_mode: str | None = None) -> AnyEnv:
        """One environment with its wrappers. Raises BadInput, with what to do, where it cannot be made."""
        # Not every environment takes a render mode.
        rendering: dict[str, Any] = {} if render_mode is None else {"render_mode": render_mode}
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")  # old versions are chosen on purpose
                make = find_maker(self.id) or partial(gymnasium.make, self.id, disable_env_checker=True)
                env = make(**rendering, **self.kwargs)
        except (KeyboardInterrupt, BadInput):
            raise
        except BaseException as error:  # it runs the code of the environment
            raise _refusal(self.id, self.kwargs, error) from error
        if not isinstance(env, gymnasium.Env):
            raise BadInput(
                f"`{self.id}` gives an object of type `{type(env).__name__}`, which is not a Gymnasium environment"
            )
        return wrap(env if self.max_episode_steps is None else TimeLimit(env, self.max_episode_steps), self.wrappers)


def _refusal(name: str, kwargs: Mapping[str, Any], error: BaseException) -> BadInput:
    missing = isinstance(error, ImportError | gymnasium.error.DependencyNotInstalled)
    namespace = isinstance(error, gymnasium.error.NamespaceNotFound)
    if missing or namespace:
        return BadInput(f"environment `{name}` needs a package that is not installed: {_hint(name, error)}")
    if isinstance(error, gymnasium.error.UnregisteredEnv):
        return UnknownName(f"no environment is called `{name}`.{nearest(name, gymnasium.registry)}")
    if kwargs:
        return OptionError(f"environment `{name}` does not take {dict(kwargs)}: {described(error)}")
    return BadInput(f"environment `{name}` cannot be made: {described(error)}")


def _hint(name: str, error: BaseException) -> str:
    known = {
        "ALE": "pip install ale-py, then use `ale_py:" + name + "`",
        "MinAtar": "pip install rlzoo-minatar, then use `minatar/breakout` or another of its games",
    }
    return known.get(name.partition("/")[0], " ".join(str(error).split()))
