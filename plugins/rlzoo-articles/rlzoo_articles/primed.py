"""The replay of "DQN in 130 lines": primed with first steps, sampled without replacement."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, ClassVar, Literal

import numpy as np
from gymnasium.spaces import Discrete

from rlzoo.components.buffers.ring import Ring
from rlzoo.components.buffers.uniform import UniformBuffer
from rlzoo.contracts import Buffer, BuildSpec, Component, Environment, Meta, Rows, State, Transition
from rlzoo.contracts.errors import OptionError
from rlzoo.contracts.spaces import FrameStack
from rlzoo.lanes.rng import LaneRng
from rlzoo.lanes.seeding import EpisodeSeeds
from rlzoo_articles import papers


@dataclass(frozen=True)
class Primed(Component):
    """Replay primed with random first steps, sampled uniformly without replacement (Miller, 2019)."""

    reference: ClassVar[str] = papers.MILLER_2019

    capacity: Annotated[int, Meta(ge=1, description="transitions kept per lane")] = 10_000
    prime: Annotated[
        int, Meta(ge=0, description="transitions added before training: each a random action right after a reset")
    ] = 128
    evict: Annotated[
        Literal["oldest", "newest"],
        Meta(description="what a full buffer drops; newest, as the printed code does, keeps replacing the last step"),
    ] = "oldest"

    def build(self, spec: BuildSpec) -> Buffer:
        """The buffer for `spec.lanes` lanes.

        Raises OptionError where one vector step would not fit, where priming cannot supply the actions or the columns,
        and for whatever needs the steps around a transition where the newest are dropped.
        """
        if self.prime:
            _check_priming(spec)
        if self.evict == "newest":
            _check_neighbours(spec)
        return PrimedBuffer(spec, self)


def _check_priming(spec: BuildSpec) -> None:
    """Raise OptionError for actions or columns that random first steps cannot have."""
    if not isinstance(spec.action_space, Discrete):
        raise OptionError("priming takes random Discrete actions, which this environment has not; set `buffer.prime=0`")
    for column in spec.columns:
        if column.name != "next_action":
            raise OptionError(f"priming cannot supply the column `{column.name}`; set `buffer.prime=0`")


def _check_neighbours(spec: BuildSpec) -> None:
    """Raise OptionError for what needs neighbouring steps."""
    needs = {
        "`train.n_step` needs": spec.n_step > 1,
        "an objective that learns from sequences needs": spec.length > 1,
        "a stack of frames needs": isinstance(spec.observation_space, FrameStack),
    }
    for subject in (subject for subject, needed in needs.items() if needed):
        raise OptionError(f"{subject} neighbouring steps, which `buffer.evict=newest` drops; set `buffer.evict=oldest`")


class PrimedBuffer(UniformBuffer):
    """A ring of transitions; where the newest are dropped, all but the last vector step stay once it is full."""

    def __init__(self, spec: BuildSpec, options: Primed) -> None:
        super().__init__(spec, Ring(spec, options.capacity), replacement=False)
        self.options, self.envs = options, spec.envs
        self.stores_next_action = any(column.name == "next_action" for column in spec.columns)

    def prefill(self, environment: Environment, seeds: Sequence[int]) -> None:
        """Add `prime` transitions per lane, in whole vector steps: reset, act at random, store.

        Their next action is random, too. They come from separate streams, so training's episodes stay the same.
        """
        everywhere = np.ones((len(seeds), self.envs), np.bool_)
        episode_seeds, rng = EpisodeSeeds(seeds, self.envs, "prime"), LaneRng(seeds, "prime")
        environment.expect_seeds(episode_seeds.upcoming)
        for _ in range(-(-self.options.prime // self.envs)):
            observation = environment.reset(everywhere, episode_seeds.draw(everywhere))
            actions = rng.integers(int(environment.action_space.n), (2, self.envs))  # [L, 2, N]: taken, and next
            next_observation, reward, terminated, _ = environment.step(actions[:, 0])
            reward, terminated = environment.learning_signal(reward, terminated)
            columns = {"next_action": actions[:, 1]} if self.stores_next_action else {}
            abandoned = ~terminated
            self.add(Transition(observation, actions[:, 0], reward, next_observation, terminated, abandoned, columns))

    def add(self, transition: Transition) -> None:
        """Store one vector step."""
        if self.options.evict == "newest" and self.ring.added + self.envs > self.ring.capacity:
            self.ring.added = self.ring.capacity - self.envs  # overwrite the last vector step
        super().add(transition)

    def state(self) -> State:
        """The ring's; where the newest transitions are replaced, its rows are not numbered for good, so all of them."""
        state = super().state()
        if self.options.evict == "oldest":
            return state
        rows = state["transitions"]
        return {**state, "transitions": [rows.read(lane, rows.first, rows.last) for lane in range(self.ring.lanes)]}

    def load_state(self, state: State) -> None:
        """Restore them."""
        if self.options.evict == "newest":
            held = state["transitions"]
            rows = Rows(0, state["added"], lambda lane, a, b: {name: array[a:b] for name, array in held[lane].items()})
            state = {**state, "transitions": rows}
        super().load_state(state)
