"""The objective against brute force: one episode, one step and one number at a time."""

from __future__ import annotations

import dataclasses
import math
from typing import Any

import numpy as np
import pytest
import torch
from gymnasium.spaces import Box
from torch import Tensor, nn

from rlzoo.components.buffers.uniform import Uniform
from rlzoo.contracts import Batch, Column, Transition
from rlzoo.contracts.errors import OptionError
from rlzoo.lanes.params import Params, unroll
from rlzoo.lanes.stacking import stack
from rlzoo.testing import make_spec
from rlzoo_recurrent.networks import GRU, LSTM
from rlzoo_recurrent.recurrent_q import RecurrentQ, RecurrentQObjective

LANES, ENVS, STEPS, ACTIONS, UNITS = 2, 2, 120, 3, 5
GAMMA = 0.9
MASKS = (Column("action_mask", (ACTIONS,), "bool"), Column("next_action_mask", (ACTIONS,), "bool"))


class Stored:
    """A buffer of random episodes, and the networks that learn from it."""

    def __init__(self, options: RecurrentQ, n_step: int = 1, network: Any = GRU, seed: int = 0) -> None:
        torch.manual_seed(seed)
        spec = make_spec(Box(-1, 1, (4,)), ACTIONS, tuple(range(LANES)), ENVS, n_step=n_step)
        self.options, self.n_step = options, n_step
        self.objective = options.build(spec)
        self.modules = [network((6,), UNITS).build(spec) for _ in range(LANES)]
        self.targets = [network((6,), UNITS).build(spec) for _ in range(LANES)]
        (self.online, self.run), (self.target, _) = stack(self.modules), stack(self.targets)
        columns = (Column("memory", (self.run.memory_size,), "float32"), *MASKS)
        reading = dataclasses.replace(spec, columns=columns, gamma=GAMMA, length=self.objective.length)
        self.buffer = Uniform(400).build(reading)
        self.transitions: list[Transition] = []
        rng = np.random.default_rng(seed)
        observation, mask, begins = self._draw(rng), self._mask(rng), np.ones((LANES, ENVS), np.bool_)
        for _ in range(STEPS):
            terminated, truncated = rng.random((2, LANES, ENVS)) < 0.06
            after, mask_after = self._draw(rng), self._mask(rng)
            memory = rng.normal(size=(LANES, ENVS, self.run.memory_size)).astype(np.float32)
            memory[begins] = 0
            columns_ = {"memory": memory, "action_mask": mask, "next_action_mask": mask_after}
            reward = rng.normal(size=(LANES, ENVS)).astype(np.float32) * 3
            action = rng.integers(ACTIONS, size=(LANES, ENVS))
            self.transitions.append(Transition(observation, action, reward, after, terminated, truncated, columns_))
            self.buffer.add(self.transitions[-1])
            begins = terminated | truncated
            observation = np.where(begins[..., None], self._draw(rng), after)
            mask = np.where(begins[..., None], self._mask(rng), mask_after)

    @staticmethod
    def _draw(rng: np.random.Generator) -> np.ndarray:
        return rng.normal(size=(LANES, ENVS, 4)).astype(np.float32)

    @staticmethod
    def _mask(rng: np.random.Generator) -> np.ndarray:
        mask = rng.random((LANES, ENVS, ACTIONS)) < 0.7
        mask[..., 0] = True
        return mask

    def found(self, batch: Batch) -> tuple[Tensor, Tensor]:
        loss, priority = self.objective(self.run, self.online, self.target, batch)
        return loss.detach(), priority

    def expected(self, lane: int, index: int) -> tuple[float, float]:
        """Loss and priority of the sequence that begins at `index`, by the transitions alone."""
        first, env = divmod(index, ENVS)
        steps: list[dict[str, Any]] = []
        for transition in self.transitions[first : first + self.options.length]:
            fields = {name: value[lane, env] for name, value in vars(transition).items() if name != "columns"}
            steps.append(fields | {name: value[lane, env] for name, value in transition.columns.items()})
        memory = torch.from_numpy(steps[0]["memory"])[None]
        memory = memory if self.options.start == "stored" else torch.zeros_like(memory)
        q, next_q = self._play(self.modules[lane], steps, memory)
        _, next_target = self._play(self.targets[lane], steps, memory)
        values = []
        for step, online, values_ in zip(steps, next_q, next_target, strict=True):
            allowed = np.flatnonzero(step["next_action_mask"])
            chooser = online if self.options.double else values_
            value = self._restored(values_[max(allowed, key=lambda a: chooser[a])])
            values.append(0.0 if step["terminated"] else value)
        errors, known = [], False
        for place, step in enumerate(steps):
            known |= not step["memory"].any()
            if known or place >= self.options.burn_in:
                goal = self._rescaled(self._return(steps, values, place))
                errors.append(goal - q[place][step["action"]])
        if not errors:
            return 0.0, 0.0
        sizes = [abs(error) for error in errors]
        loss = sum(error**2 for error in errors) / (self.options.length - self.options.burn_in)
        return loss, self.options.eta * max(sizes) + (1 - self.options.eta) * sum(sizes) / len(sizes)

    @staticmethod
    def _play(module: nn.Module, steps: list[dict[str, Any]], memory: Tensor) -> tuple[list[Any], list[Any]]:
        """Q values before and after each step, the latter by a separate look at the next observation."""
        here, there = [], []
        never = torch.zeros(1, 1, dtype=torch.bool)
        for step in steps:
            if not step["memory"].any():
                memory = torch.zeros_like(memory)
            seen, after = (torch.from_numpy(step[name])[None, None] for name in ("observation", "next_observation"))
            with torch.no_grad():
                output, memories = module(seen, memory, never)
                memory = memories[:, 0]
                here.append(output[0, 0].numpy())
                there.append(module(after, memory, never)[0][0, 0].numpy())
        return here, there

    def _return(self, steps: list[dict[str, Any]], values: list[float], place: int) -> float:
        rewards = [float(step["reward"]) for step in steps]
        ends = [at for at, step in enumerate(steps) if at >= place and (step["terminated"] or step["truncated"])]
        end = min([*ends, len(steps) - 1])
        if self.options.q_lambda:
            if place == end:
                return rewards[place] + GAMMA * values[place]
            later = self._return(steps, values, place + 1)
            share = self.options.q_lambda
            return rewards[place] + GAMMA * (share * later + (1 - share) * values[place])
        last = min(place + self.n_step - 1, end)
        summed = sum(GAMMA ** (at - place) * rewards[at] for at in range(place, last + 1))
        return summed + GAMMA ** (last + 1 - place) * values[last]

    def _rescaled(self, x: float) -> float:
        eps = self.options.rescale
        return x if eps is None else math.copysign(math.sqrt(abs(x) + 1) - 1, x) + eps * x

    def _restored(self, x: float) -> float:
        eps = self.options.rescale
        if eps is None:
            return float(x)
        root = (math.sqrt(1 + 4 * eps * (abs(x) + 1 + eps)) - 1) / (2 * eps)
        return math.copysign(root**2 - 1, x)


CASES: dict[str, tuple[dict[str, Any], int]] = {
    "drqn": ({"start": "zero", "double": False}, 1),
    "stored": ({"double": False}, 1),
    "r2d2": ({"burn_in": 3, "rescale": 1e-3}, 5),
    "long burn-in": ({"burn_in": 8}, 2),
    "lambda": ({"burn_in": 2, "q_lambda": 0.7}, 1),
    "zero with burn-in": ({"burn_in": 3, "start": "zero", "rescale": 0.1}, 3),
}


@pytest.mark.parametrize("name", CASES)
@pytest.mark.parametrize("network", [GRU, LSTM])
def test_losses_and_priorities_are_those_of_the_definition(name: str, network: Any) -> None:
    options, n_step = CASES[name]
    stored = Stored(RecurrentQ(gamma=GAMMA, length=9, eta=0.8, **options), n_step, network)
    batch = stored.buffer.sample(40)
    loss, priority = stored.found(batch)
    for lane, number in np.ndindex(*batch.index.shape):
        expected = stored.expected(lane, int(batch.index[lane, number]))
        got = float(loss[lane, number]), float(priority[lane, number])
        np.testing.assert_allclose(got, expected, rtol=1e-4, atol=1e-5)


def test_every_kind_of_sequence_occurs() -> None:
    """In one episode or over several, which end both ways, and ones with which an episode begins."""
    batch = Stored(RecurrentQ(gamma=GAMMA, length=9)).buffer.sample(40)
    begins = (batch.columns["memory"] == 0).all(-1)
    several = begins[..., 1:].any(-1)
    for kind in (several, ~several, begins[..., 0], ~begins.any(-1), batch.terminated.any(-1), batch.truncated.any(-1)):
        assert kind.any()


def gradient_of_memory(options: RecurrentQ, begins: bool) -> Tensor:
    """How the loss depends on the observations of a whole sequence, `[T]`."""
    stored = Stored(options)
    batch = stored.buffer.sample(40)
    assert batch.valid is not None
    known = (batch.columns["memory"][:, :, 0] == 0).all(-1)
    lane, number = torch.nonzero(batch.valid.all(-1) & (known == begins))[0].tolist()
    one = batch.each(lambda tensor: tensor[:, number : number + 1])
    inputs: list[Tensor] = []

    class Watched:
        """The network, which remembers what it was given with gradients."""

        def unroll(self, params: Params, x: Tensor, memory: Tensor, begins: Tensor) -> tuple[Tensor, Tensor]:
            x = x.detach()
            if torch.is_grad_enabled():
                inputs.append(x.requires_grad_())
            return unroll(stored.run, params, x, memory, begins)

    loss, _ = stored.objective(Watched(), stored.online, stored.target, one)  # type: ignore[arg-type]
    gradients = torch.autograd.grad(loss[lane].sum(), inputs, materialize_grads=True)
    return torch.cat(gradients, 2)[lane, 0].abs().sum(-1)


@pytest.mark.parametrize("begins", [True, False])
def test_pitfall_29_no_gradient_flows_from_the_burn_in(begins: bool) -> None:
    """Unless the episode begins with it: then it is learned from."""
    gradient = gradient_of_memory(RecurrentQ(gamma=GAMMA, length=9, burn_in=4), begins)
    assert gradient.shape == (9,)
    assert (gradient[4:] > 0).all()
    assert (gradient[:4] > 0).all() if begins else (gradient[:4] == 0).all()


def test_the_burn_in_brings_the_memory_up_to_date() -> None:
    """Other first observations change the loss of later steps, although they are not learned from."""
    stored = Stored(RecurrentQ(gamma=GAMMA, length=9, burn_in=4))
    batch = stored.buffer.sample(40)
    observation = batch.observation.clone()
    observation[:, :, 0] += 1
    before, after = stored.found(batch)[0], stored.found(dataclasses.replace(batch, observation=observation))[0]
    assert batch.valid is not None
    assert (before != after)[batch.valid[..., 4]].all()


def test_an_episode_does_not_depend_on_the_one_before_it() -> None:
    """Where an episode begins at the end of the burn-in, what came before changes nothing."""
    stored = Stored(RecurrentQ(gamma=GAMMA, length=9, burn_in=4), n_step=3)
    batch = stored.buffer.sample(100)
    begins = (batch.columns["memory"] == 0).all(-1)
    apart = begins[..., 4] & ~begins[..., :4].any(-1)
    assert apart.any()
    observation, memory = batch.observation.clone(), batch.columns["memory"].clone()
    observation[:, :, :4] += 1
    memory[:, :, 0] += 1
    changed = dataclasses.replace(batch, observation=observation, columns={**batch.columns, "memory": memory})
    before, after = stored.found(batch)[0], stored.found(changed)[0]
    torch.testing.assert_close(before[apart], after[apart])
    assert (before != after).any()


@pytest.mark.parametrize(
    ("options", "n_step", "message"),
    [
        (
            {"length": 8, "burn_in": 8},
            1,
            "`objective.burn_in` is 8, so sequences of `objective.length` 8 leave no step",
        ),
        ({"q_lambda": 0.5}, 3, "`objective.q_lambda` and `train.n_step` exclude each other"),
    ],
)
def test_what_cannot_work_is_refused(options: dict[str, Any], n_step: int, message: str) -> None:
    with pytest.raises(OptionError, match=message):
        RecurrentQ(**options).build(make_spec(n_step=n_step))


class Histories:
    """A network whose memory is the number of a history, and whose parameters are a table of their values."""

    memory_size = 1

    def __init__(self, after: np.ndarray) -> None:
        self.after = torch.from_numpy(after)  # history and observation -> history

    def __call__(self, params: Params, x: Tensor) -> Tensor:
        raise AssertionError("it takes sequences")

    def unroll(self, params: Params, x: Tensor, memory: Tensor, begins: Tensor) -> tuple[Tensor, Tensor]:
        history, outputs, memories = memory[..., 0].long(), [], []
        for step in range(x.shape[2]):
            history = self.after[history.masked_fill(begins[:, :, step], 0), x[:, :, step]]
            outputs.append(params["q"][0, history])
            memories.append(history[..., None].float())
        return torch.stack(outputs, 2), torch.stack(memories, 2)


@pytest.mark.parametrize("options", [{}, {"burn_in": 1}, {"q_lambda": 0.5}, {"rescale": 0.01}, {"double": False}])
@pytest.mark.parametrize("n_step", [1, 2])
def test_errors_are_zero_where_value_iteration_on_histories_ends(options: dict[str, Any], n_step: int) -> None:
    """A POMDP: a sign is seen in the first step only, and decides which action is right in the third.

    Histories: 0 nothing, 1 and 2 the sign, 3 and 4 a step later, 5 and 6 two steps later; 7 is the end. Observations:
    0 and 1 are the signs, 2 is nothing. Every action leads on, so returns do not depend on the policy.
    """
    if n_step > 1 and "q_lambda" in options:
        pytest.skip("they exclude each other")
    after = np.array([[1, 2, 0], [1, 1, 3], [2, 2, 4], [3, 3, 5], [4, 4, 6], [7, 7, 7], [7, 7, 7], [7, 7, 7]])
    reward = np.zeros((8, 2))
    reward[5], reward[6] = [1, -1], [-1, 1]
    q = np.zeros((8, 2))
    for _ in range(5):  # value iteration
        for history in range(1, 7):
            ends = history in (5, 6)
            q[history] = reward[history] + (0 if ends else GAMMA * q[after[history, 2]].max())
    assert q[1].tolist() == pytest.approx([GAMMA**2] * 2)  # both signs are worth the same, if remembered
    from rlzoo_recurrent.rescaling import rescale

    table = torch.from_numpy(q)[None].float()
    if "rescale" in options:
        table = rescale(table, options["rescale"])
    objective = RecurrentQ(gamma=GAMMA, length=3, **options).build(make_spec(n_step=n_step))
    assert isinstance(objective, RecurrentQObjective)
    for sign in (0, 1):
        right = 0 if sign == 0 else 1
        for first, second, third in np.ndindex(2, 2, 2):
            best = third == right or (n_step == 1 and not options.get("q_lambda"))
            batch = _episode(sign, (first, second, third), float(reward[5 + sign, third]))
            _, priority = objective(Histories(after), {"q": table}, {"q": table}, batch)  # type: ignore[arg-type]
            if best:
                torch.testing.assert_close(priority, torch.zeros(1, 1), atol=1e-5, rtol=0)
            else:  # the returns of longer ones have the wrong last action
                assert priority > 0.1


def _episode(sign: int, actions: tuple[int, ...], reward: float) -> Batch:
    """The three steps of an episode, as a batch of one."""
    shown, last = torch.tensor([[[sign, 2, 2]]]), torch.tensor([[[False, False, True]]])
    return Batch(
        observation=shown,
        action=torch.tensor([[actions]]),
        reward=torch.tensor([[[0.0, 0.0, reward]]]),
        next_observation=torch.full_like(shown, 2),
        discount=torch.full((1, 1, 3), GAMMA),
        terminated=last,
        truncated=torch.zeros_like(last),
        index=torch.zeros(1, 1, dtype=torch.int64),
        weight=torch.ones(1, 1),
        columns={"memory": torch.tensor([[[[0.0], [1.0], [1.0]]]])},  # of which only what is zero counts
        valid=torch.ones_like(last),
    )
