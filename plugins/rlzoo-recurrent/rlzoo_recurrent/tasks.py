"""Tasks whose observations do not tell enough: an agent without memory cannot solve them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Literal

from rlzoo.components.environments.stepped import SteppedEnvironments
from rlzoo.contracts import Environment, EnvironmentFamily, Meta
from rlzoo_recurrent import papers

if TYPE_CHECKING:
    import gymnasium

Task = Literal["t-maze", "chain", "cart-pole"]


@dataclass(frozen=True)
class Memory(EnvironmentFamily):
    """Tasks that need memory: a T-maze, a memory chain, and CartPole without velocities."""

    reference: ClassVar[str] = f"{papers.BAKKER_2001}, for the T-maze; {papers.OSBAND_2020}, for the memory chain"
    variants: ClassVar[Mapping[str, Mapping[str, tuple[str, ...]]]] = {
        "id": {"t-maze": ("length",), "chain": ("length",), "cart-pole": ()}
    }

    id: Annotated[Task, Meta(description="t-maze, chain or cart-pole")]
    length: (
        Annotated[int, Meta(ge=1, description="steps from what is shown to where it is needed; none means 10")] | None
    ) = None
    stack: Annotated[int, Meta(ge=1, description="observations that are shown together, the last ones")] = 1

    def build(self, lanes: int, envs: int) -> Environment:
        """Build `lanes` x `envs` tasks; observations are float32 vectors, or `[stack, F]`."""
        return SteppedEnvironments(f"memory/{self.id}", self.make, lanes, envs)

    def make(self, render_mode: str | None = None) -> gymnasium.Env[Any, Any]:
        """Make one task."""
        import gymnasium
        from gymnasium.wrappers import FrameStackObservation

        from rlzoo_recurrent.environments import HiddenVelocity, MemoryChain, TMaze

        if self.id == "cart-pole":
            env: gymnasium.Env[Any, Any] = HiddenVelocity(gymnasium.make("CartPole-v1", render_mode=render_mode))
        else:
            env = (TMaze if self.id == "t-maze" else MemoryChain)(self.length or 10)
        return env if self.stack == 1 else FrameStackObservation(env, self.stack, padding_type="zero")
