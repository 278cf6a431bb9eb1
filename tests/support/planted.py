"""A plugin whose components each contain one mistake."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Annotated, Any, ClassVar

import numpy as np
import torch

from rlzoo import Algorithm, hookimpl
from rlzoo.components.buffers.ring import Ring, RingBuffer
from rlzoo.components.environments.gymnasium import Gymnasium
from rlzoo.components.environments.stepped import SteppedEnvironments
from rlzoo.components.executors.in_process import InProcess
from rlzoo.components.exploration.epsilon_greedy import EpsilonGreedy, EpsilonGreedyPolicy
from rlzoo.components.exploration.greedy import GreedyPolicy
from rlzoo.components.objectives.one_step import OneStepObjective
from rlzoo.components.objectives.q_learning import QLearning, max_target_value
from rlzoo.components.objectives.sarsa import Sarsa, SarsaObjective
from rlzoo.components.optimizers.sgd import SGD
from rlzoo.contracts import (
    Batch,
    BuildSpec,
    Column,
    Component,
    Event,
    Executor,
    Explanation,
    Message,
    Meta,
    ObjectiveKernel,
    Observer,
    QNetwork,
    StoppingRule,
)
from rlzoo.lanes.compiled import ACT, VALUES, compiled
from rlzoo.lanes.linear import Linear
from rlzoo.testing.probe_environment import Probe

NOISE = np.random.default_rng(0)


@dataclass(frozen=True)
class MeanAcrossLanes(QLearning):
    """Centres values over all axes, including the lane axis."""

    def build(self, spec: BuildSpec) -> Any:
        def centred(predict, online, target, batch):
            value = max_target_value(predict, online, target, batch)
            return value - value.mean()

        return OneStepObjective(self, centred)


@dataclass(frozen=True)
class WeightsTwice(QLearning):
    """Applies the importance weights in the loss."""

    def build(self, spec: BuildSpec) -> Any:
        class Twice(OneStepObjective):
            def __call__(self, predict, online, target, batch):
                loss, error = super().__call__(predict, online, target, batch)
                return loss * batch.weight, error

        return Twice(self, max_target_value)


@dataclass(frozen=True)
class Averaged(QLearning):
    """Averages the loss over the batch, then restores its shape."""

    def build(self, spec: BuildSpec) -> Any:
        class Mean(OneStepObjective):
            def __call__(self, predict, online, target, batch):
                loss, error = super().__call__(predict, online, target, batch)
                return loss.mean(-1, keepdim=True).expand_as(loss), error

        return Mean(self, max_target_value)


@dataclass(frozen=True)
class OwnGamma(QLearning):
    """Discounts by gamma regardless of the number of steps a transition spans."""

    def build(self, spec: BuildSpec) -> Any:
        class Own(OneStepObjective):
            def __call__(self, predict, online, target, batch):
                discount = torch.full_like(batch.discount, self.gamma)
                return super().__call__(predict, online, target, replace(batch, discount=discount))

        return Own(self, max_target_value)


@dataclass(frozen=True)
class PastTheEnd(QLearning):
    """Bootstraps from terminal states, too."""

    def build(self, spec: BuildSpec) -> Any:
        class Unmasked(OneStepObjective):
            def __call__(self, predict, online, target, batch):
                return super().__call__(
                    predict, online, target, replace(batch, terminated=torch.zeros_like(batch.terminated))
                )

        return Unmasked(self, max_target_value)


@dataclass(frozen=True)
class SarsaPastTheEnd(Sarsa):
    """Sarsa that bootstraps from terminal states, too."""

    def build(self, spec: BuildSpec) -> Any:
        class Unmasked(SarsaObjective):
            def __call__(self, predict, online, target, batch):
                never, always = torch.zeros_like(batch.terminated), torch.ones_like(batch.valid)
                return super().__call__(predict, online, target, replace(batch, terminated=never, valid=always))

        return Unmasked(self, spec)


class Recording(OneStepObjective):
    """Q-learning that declares the column `best`, a number for each transition."""

    columns = (Column("best", (), "int64"),)

    def __init__(self, options, values):
        super().__init__(options, max_target_value)
        self.values = values

    def record(self, transition, q_values):
        return {"best": self.values(q_values(transition.next_observation))}


@dataclass(frozen=True)
class WideColumn(QLearning):
    """Records a column with an axis more than declared."""

    def build(self, spec: BuildSpec) -> Any:
        return Recording(self, lambda q: q.argmax(-1)[..., None])


@dataclass(frozen=True)
class WrongDtype(QLearning):
    """Records values where it declared numbers of actions."""

    def build(self, spec: BuildSpec) -> Any:
        return Recording(self, lambda q: q.max(-1))


class Random(GreedyPolicy):
    """Random actions from a source of numbers in [0, 1)."""

    def __init__(self, draw):
        self.draw = draw

    def act(self, q, clock):
        return (self.draw(q.shape[:2]) * q.shape[-1]).astype(np.int64)


@dataclass(frozen=True)
class GlobalRandom(Component):
    """Explores with NumPy's global generator."""

    def build(self, spec: BuildSpec) -> Any:
        return Random(lambda shape: np.random.random(shape))  # noqa: NPY002


class Replacing(Linear):
    """Replaces the gradient of the weights."""

    def backward(self, params, grads, saved, gradient, wanted):
        grads[self.weight].zero_()
        return super().backward(params, grads, saved, gradient, wanted)


class ReplacingModule(torch.nn.Linear):
    def lanes(self, lower, prefix):
        return Replacing(prefix, self.in_features, self.out_features)


@dataclass(frozen=True)
class ForgetsTheSum(QNetwork):
    """Its gradients do not add up."""

    def build(self, spec: BuildSpec) -> Any:
        return ReplacingModule(spec.observation_space.shape[0], spec.actions)


@compiled(ACT)
def second_action(q: Any, draws: Any, numbers: Any) -> Any:
    return 1


@dataclass(frozen=True)
class MiscompiledPolicy(Component):
    """Its kernel takes another action than its method."""

    def build(self, spec: BuildSpec) -> Any:
        class Policy(GreedyPolicy):
            choose = second_action

            def act(self, q, clock):
                return q.argmax(-1)

            @property
            def kernel(self):
                return super().kernel

        return Policy(spec)


@compiled(VALUES)
def doubled(outputs: Any, numbers: Any, q: Any) -> None:
    for action in range(len(q)):
        q[action] = 2 * outputs[action]


@dataclass(frozen=True)
class IgnoresWeights(QLearning):
    """The gradient in closed form is that of the unweighted loss."""

    def build(self, spec: BuildSpec) -> Any:
        class Even(OneStepObjective):
            @property
            def closed_form(self) -> Any:
                return lambda *arguments: self._with_gradient(*arguments[:-1], torch.ones_like(arguments[-1]))

        return Even(self, max_target_value)


@dataclass(frozen=True)
class MiscompiledObjective(QLearning):
    """Its kernel doubles the values."""

    def build(self, spec: BuildSpec) -> Any:
        class Doubling(OneStepObjective):
            @property
            def kernel(self):
                return ObjectiveKernel(doubled, np.zeros(0, np.float32))

        return Doubling(self, max_target_value)


@dataclass(frozen=True)
class SharedStream(Component):
    """Explores with lane 0's numbers in every lane."""

    def build(self, spec: BuildSpec) -> Any:
        return Random(lambda shape: np.broadcast_to(spec.rng.random(shape[1:])[:1], shape))


@dataclass(frozen=True)
class BranchOnLanes(Component):
    """Explores only while the values of any lane are low."""

    def build(self, spec: BuildSpec) -> Any:
        class Branching(GreedyPolicy):
            def act(self, q, clock):
                drawn = (spec.rng.random((q.shape[1],)) * q.shape[-1]).astype(np.int64)
                return drawn if (q < -0.2).any() else q.argmax(-1)

        return Branching(spec)


@dataclass(frozen=True)
class Forgetful(Component):
    """Sometimes repeats its last action, which is missing from its state."""

    def build(self, spec: BuildSpec) -> Any:
        class Policy(GreedyPolicy):
            def __init__(self):
                self.last = np.zeros((spec.lanes, spec.envs), np.int64)

            def act(self, q, clock):
                drawn = spec.rng.random((q.shape[1], 2))
                fresh = (drawn[..., 1] * q.shape[-1]).astype(np.int64)
                self.last = np.where(drawn[..., 0] < 0.9, self.last, fresh)
                return self.last

        return Policy()


@dataclass(frozen=True)
class ForgetsAColumn(Component):
    """Declares two columns and records one."""

    def build(self, spec: BuildSpec) -> Any:
        class Policy(GreedyPolicy):
            columns = (Column("chosen", (), "int64"), Column("coin", (), "bool"))

            def record(self, transition, q_values):
                return {"chosen": transition.action}

        return Policy(spec)


@dataclass(frozen=True)
class DrawsToExplain(Component):
    """Takes a random number for its explanation."""

    def build(self, spec: BuildSpec) -> Any:
        class Policy(EpsilonGreedyPolicy):
            def explain(self, q, action, draws, clock):
                return Explanation("A coin is flipped.", {"coin": self.rng.random()})

        return Policy(lambda _: 0.5, spec)


@dataclass(frozen=True)
class WrongFormula(QLearning):
    """Forgets the discount in its formula."""

    def build(self, spec: BuildSpec) -> Any:
        class Forgetful(OneStepObjective):
            def explain(self, predict, online, target, batch):
                explanation = super().explain(predict, online, target, batch)
                return replace(explanation, formula="{target} = {reward} + {next value}")

        return Forgetful(self, max_target_value)


@dataclass(frozen=True)
class Undescribed(EpsilonGreedy):
    """Has an option without a description."""

    mystery: Annotated[int, Meta(ge=0)] = 0


@dataclass(frozen=True)
class Idle(EpsilonGreedy):
    """Has an option that nothing reads."""

    warmth: Annotated[float, Meta(ge=0, description="nothing reads it")] = 1.0


@dataclass(frozen=True)
class FirstLane(EpsilonGreedy):
    """Uses the first lane's epsilon in all lanes."""

    def build(self, spec: BuildSpec) -> Any:
        first = float(np.ravel(self.start)[0])
        return EpsilonGreedyPolicy(lambda clock: first, spec)


@dataclass(frozen=True)
class Late(EpsilonGreedy):
    """No mistake: its option has an effect late in a run, as declared in `trials`."""

    floor: Annotated[float, Meta(ge=0, le=1, description="epsilon from step 200 on")] = 0.0

    trials: ClassVar[Any] = ({"train.envs": 1}, {"train.steps": 300})

    def epsilon(self, spec: BuildSpec) -> Any:
        early = super().epsilon(spec)
        return lambda clock: self.floor if clock.steps > 200 else early(clock)


@dataclass(frozen=True)
class Ringed(Component):
    """A uniformly sampled ring buffer, the base of the wrong ones."""

    capacity: Annotated[int, Meta(ge=1, description="transitions kept per lane")] = 10_000

    def build(self, spec: BuildSpec) -> Any:
        return self.kind(spec, self.capacity)

    class kind(RingBuffer):
        def __init__(self, spec, capacity):
            super().__init__(Ring(spec, capacity))
            self.rng = spec.rng

        def sample(self, size):
            return self.ring.gather(torch.from_numpy(self.rng.integers(len(self), (size,))))


@dataclass(frozen=True)
class WrongShape(Ringed):
    """Returns weights of shape [B]."""

    class kind(Ringed.kind):
        def sample(self, size):
            batch = super().sample(size)
            return Batch(**{**vars(batch), "weight": torch.ones(size)})


@dataclass(frozen=True)
class DropsColumns(Ringed):
    """Leaves out the columns of the transitions."""

    class kind(Ringed.kind):
        def sample(self, size):
            return replace(super().sample(size), columns={})


@dataclass(frozen=True)
class ShufflesColumns(Ringed):
    """Returns the columns of the batch in reverse order."""

    class kind(Ringed.kind):
        def sample(self, size):
            batch = super().sample(size)
            return replace(batch, columns={name: column.flip(1) for name, column in batch.columns.items()})


@dataclass(frozen=True)
class Unweighted(Ringed):
    """Samples large errors more often, without importance weights."""

    class kind(Ringed.kind):
        def __init__(self, spec, capacity):
            super().__init__(spec, capacity)
            self.priority = torch.ones(spec.lanes, capacity, dtype=torch.float64)

        def feedback(self, index, td_error):
            self.priority.scatter_(1, index, td_error.abs().double() + 0.1)

        def sample(self, size):
            index, _ = self.drawn(size)
            return self.ring.gather(index)

        def drawn(self, size):
            priority = self.priority[:, : len(self)]
            bounds = priority.cumsum(-1) / priority.sum(-1, keepdim=True)
            index = torch.searchsorted(bounds, torch.from_numpy(self.rng.random((size,)).copy()))
            index = index.clamp(max=len(self) - 1)
            return index, priority.gather(1, index)


@dataclass(frozen=True)
class UpsideDown(Unweighted):
    """Has inverted importance weights."""

    class kind(Unweighted.kind):
        def sample(self, size):
            index, chance = self.drawn(size)
            return self.ring.gather(index, (chance / chance.amax(-1, keepdim=True)).float())


@dataclass(frozen=True)
class OnPurpose(Unweighted):
    """No mistake: it declares why it has no importance weights."""

    uncorrected: ClassVar[str] = "its paper changes the loss instead"


@dataclass(frozen=True)
class Hoarder(Ringed):
    """Keeps a list of all transitions."""

    class kind(Ringed.kind):
        def __init__(self, spec, capacity):
            super().__init__(spec, capacity)
            self.all = []

        def add(self, transition):
            super().add(transition)
            self.all.append(float(transition.reward[0, 0]))


@dataclass(frozen=True)
class Shifting(Ringed):
    """Modifies the rewards of a transition in place."""

    class kind(Ringed.kind):
        def add(self, transition):
            np.add(transition.reward, 1, out=transition.reward)
            super().add(transition)


@dataclass(frozen=True)
class TensorHoarder(Ringed):
    """Keeps a tensor of all transitions."""

    class kind(Ringed.kind):
        def __init__(self, spec, capacity):
            super().__init__(spec, capacity)
            self.all = torch.zeros(0)

        def add(self, transition):
            super().add(transition)
            self.all = torch.cat([self.all, torch.from_numpy(transition.reward[0])])


@dataclass(frozen=True)
class StartsElsewhere(SGD):
    """Shrinks the last weights when a run starts."""

    def build(self, spec: BuildSpec) -> Any:
        optimizer = super().build(spec)
        begin = optimizer.start

        def start(params):
            with torch.no_grad():
                params["parameters"].mul_(0.9)
            begin(params)

        optimizer.start = start
        return optimizer


@dataclass(frozen=True)
class Unseeded(Gymnasium):
    """Adds unseeded noise to rewards."""

    trials: ClassVar[Any] = ({"env": "unseeded/it"},)

    def make(self, render_mode=None):
        class Noisy(Probe):
            def step(self, action):
                observation, reward, *rest = super().step(action)
                return observation, reward + NOISE.random(), *rest

        return Noisy()


class Believes(SteppedEnvironments):
    """Starts the announced episodes."""

    upcoming: Any = None

    def expect_seeds(self, upcoming):
        self.upcoming, self.told = upcoming, upcoming(1)[..., 0]

    def reset(self, mask, seeds):
        if self.upcoming is None:
            return super().reset(mask, seeds)
        told, self.told = self.told, self.upcoming(1)[..., 0]
        return super().reset(mask, told)


@dataclass(frozen=True)
class Believing(Gymnasium):
    """Plays prepared episodes whatever the seed of `reset`."""

    trials: ClassVar[Any] = ({"env": "believing/it"},)

    def build(self, lanes, envs):
        return Believes(self.id, Probe, lanes, envs)


@dataclass(frozen=True)
class TakesReportsForGranted(Component):
    """Fails in `finish` without an earlier evaluation."""

    def build(self) -> Any:
        class Granted(Observer):
            def log(self, run, log):
                if log.evaluations:
                    self.best = max(it.episode_return for it in log.evaluations)

            def finish(self, run):
                print(self.best)

        return Granted()


class Third(StoppingRule):
    """Stops a seed after its third episode; the number of episodes is missing from its state."""

    def __init__(self):
        self.episodes = 0

    def stops(self, episode):
        self.episodes += 1
        return self.episodes >= 3


@dataclass(frozen=True)
class StopsAtTheThird(Component):
    """Has a rule that does not continue from its state."""

    def build(self) -> Any:
        class Stopping(Observer):
            def stopping_rule(self):
                return Third()

        return Stopping()


@dataclass(frozen=True)
class StopsHere(Component):
    """Has a rule that cannot be sent to another process."""

    def build(self) -> Any:
        class Local(Third):
            pass

        class Stopping(Observer):
            def stopping_rule(self):
                return Local()

        return Stopping()


@dataclass(frozen=True)
class Reseeds(Component):
    """Seeds the global generator."""

    def build(self) -> Any:
        class Seeding(Observer):
            def start(self, run):
                torch.manual_seed(0)

        return Seeding()


@dataclass(frozen=True)
class Dropping(Component):
    """Drops the events of failed jobs."""

    def build(self) -> Executor:
        class Drops(InProcess):
            def run(self, work, jobs, stop) -> Iterator[Event]:
                return (event for event in super().run(work, jobs, stop) if isinstance(event, Message))

        return Drops()


@hookimpl
def rlzoo_q_networks():
    return {"forgets-the-sum": ForgetsTheSum}


@hookimpl
def rlzoo_objectives():
    return {
        "mean-across-lanes": MeanAcrossLanes,
        "twice": WeightsTwice,
        "averaged": Averaged,
        "own-gamma": OwnGamma,
        "past-the-end": PastTheEnd,
        "sarsa-past-the-end": SarsaPastTheEnd,
        "wide-column": WideColumn,
        "wrong-dtype": WrongDtype,
        "miscompiled": MiscompiledObjective,
        "ignores-weights": IgnoresWeights,
        "wrong-formula": WrongFormula,
    }


@hookimpl
def rlzoo_exploration_policies():
    return {
        "global-random": GlobalRandom,
        "shared-stream": SharedStream,
        "branch": BranchOnLanes,
        "forgetful": Forgetful,
        "forgets-a-column": ForgetsAColumn,
        "miscompiled": MiscompiledPolicy,
        "draws-to-explain": DrawsToExplain,
        "undescribed": Undescribed,
        "idle": Idle,
        "first-lane": FirstLane,
        "late": Late,
    }


@hookimpl
def rlzoo_buffers():
    return {
        "wrong-shape": WrongShape,
        "drops-columns": DropsColumns,
        "shuffles-columns": ShufflesColumns,
        "unweighted": Unweighted,
        "upside-down": UpsideDown,
        "on-purpose": OnPurpose,
        "shifting": Shifting,
        "hoarder": Hoarder,
        "tensor-hoarder": TensorHoarder,
        "gone": "no_such_module:Gone",
    }


@hookimpl
def rlzoo_optimizers():
    return {"starts-elsewhere": StartsElsewhere}


@hookimpl
def rlzoo_environments():
    return {"unseeded": Unseeded, "believing": Believing}


@hookimpl
def rlzoo_observers():
    return {"granted": TakesReportsForGranted, "reseeds": Reseeds, "third": StopsAtTheThird, "stops-here": StopsHere}


@hookimpl
def rlzoo_executors():
    return {"dropping": Dropping}


@hookimpl
def rlzoo_algorithms():
    mean = Algorithm("DQN with a mean across lanes", like="dqn", components={"objective": "mean-across-lanes"})
    return {"dqn-mean": mean}
