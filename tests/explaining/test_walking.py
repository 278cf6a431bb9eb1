"""Explanations: their numbers are those of the run to the bit, and looking changes nothing."""

from __future__ import annotations

import hashlib
import io
from collections.abc import Mapping
from typing import Any, ClassVar

import gymnasium
import numpy as np
import pytest
import torch
from gymnasium.spaces import Box, Discrete
from PIL import Image

from rlzoo.contracts import Composition, Environment
from rlzoo.explaining.subject import Subject
from rlzoo.explaining.walk import Walk
from rlzoo.explaining.walking import Walker, walk
from rlzoo.lanes.rows import views
from rlzoo.registry.composition import compose
from rlzoo.testing.compiling import PlainRunner
from rlzoo.training.groups import one_thread
from rlzoo.training.runner import Runner

from support.tiny import CATALOG

SMALL: dict[str, Any] = {
    "train.steps": 400,
    "train.learning_starts": 100,
    "train.batch_size": 16,
    "train.update_every": 4,
    "buffer.capacity": 150,
    "network.hidden": (8, 8),
    "target.period": 20,
}
STEP = 200
CPU = torch.device("cpu")


def composed(components: Mapping[str, str] | None = None, **settings: Any) -> Composition:
    return compose(CATALOG, "dqn", components or {}, SMALL | settings, "CartPole-v1")


def explained(composition: Composition, step: int = STEP, play: int = 4) -> Walk:
    return walk(Subject("dqn", composition, 3, step), play, lambda *_: None)


def same(one: Any, other: Any) -> bool:
    return bool(np.asarray(one).tobytes() == np.asarray(other).tobytes())


def test_every_number_of_the_step_is_that_of_a_run_done_by_hand() -> None:
    """The oracle takes the step with the methods of the parts, in the order of the loop, without anything watching."""
    found = explained(composed())
    with one_thread():
        runner = PlainRunner(composed(), [3], CPU)
        runner.begin()
        while runner.clock.steps < STEP - 1:
            runner.step()
        parts, learner, collector, clock = runner.parts, runner.learner, runner.collector, runner.clock
        collector.reset()
        observation = collector._observation
        length = int(collector.episodes.lengths[0, 0])
        q = learner.q(observation)
        runner.collector.collect(1)
        newest = (parts.buffer.ring.added - 1) % 150
        batch = parts.buffer.sample(16)
        age = parts.buffer.age(batch.index)
        looked = learner.look(learner.online, {"observation": torch.from_numpy(observation)})[0]
        trained = {name: leaf for name, leaf in learner.online.items() if leaf.requires_grad}
        prediction = learner.predict(learner.online, batch.observation).detach().gather(-1, batch.action[..., None])
        best = learner.predict(learner.target, batch.next_observation).amax(-1)
        before, gradients = learner.row.detach().clone(), []
        td_error = learner.update(batch, lambda gradient: gradients.append(gradient.clone()))
        after = learner.row.detach().clone()
        looked_after = learner.look(learner.online, {"observation": torch.from_numpy(observation)})[0]
        target = learner._target_rows["parameters"].clone()
        learner.update_target()

    now, learned = found.collected[0], found.learned
    assert learned is not None
    assert (now.step, now.place, clock.steps) == (STEP, length + 1, STEP)
    assert same(now.observation, observation[0, 0])
    assert same(now.q, q[0, 0])
    assert int(now.action) == int(parts.buffer.ring.gather(torch.tensor([[newest]])).action)
    assert now.stored.numbers["place"] == newest
    assert same(learned.samples["place"], batch.index[0])
    assert same(learned.samples["age"], age[0])
    assert same(learned.samples["reward"], batch.reward[0])
    assert same(learned.samples["error"], td_error[0])
    assert same(learned.samples["loss"], td_error[0].square())
    assert same(learned.samples["prediction"], prediction[0, :, 0])
    assert same(learned.samples["next value"], best[0].masked_fill(batch.terminated[0], 0))
    goal = batch.reward + (batch.discount * best).masked_fill(batch.terminated, 0)
    assert same(learned.samples["target"], goal[0])
    assert same(learned.q_before, looked[0, 0])
    assert same(learned.q_after, looked_after[0, 0])
    gradient, change = (views(row, trained) for row in (gradients[0], after - before))
    assert [layer.name for layer in learned.layers] == ["0", "2", "4"]
    for layer in learned.layers:
        for found_norm, leaves in ((layer.gradient, gradient), (layer.change, change)):
            parts = [leaves[f"{layer.name}.{name}"].double().flatten() for name in ("weight", "bias")]
            assert found_norm == float(torch.cat(parts).square().sum().sqrt())
    assert learned.update.number == clock.updates
    assert STEP % 20 == 0, "so that the target network is updated"
    assert learned.move.distance == learned.move.before == float((after - target).double().square().sum().sqrt()) > 0
    assert learned.move.after == 0
    assert found.updates[0].moved == learned.move.distance
    assert [update.moved for update in found.updates[1:]] == [0.0] * (len(found.updates) - 1)


def digest(runner: Runner) -> str:
    """Of everything that training has left: weights, target, optimizer, replay, random streams, environments."""
    found = hashlib.sha256()

    def add(value: Any) -> None:
        if isinstance(value, Mapping):
            for name in sorted(value):
                found.update(name.encode())
                add(value[name])
        elif hasattr(value, "read"):  # rows
            add(value.read(0, value.first, value.last))
        else:
            found.update(value.tobytes() if isinstance(value, np.ndarray) else repr(value).encode())

    state = dict(runner.state())
    collector = {name: value for name, value in state["collector"].items() if name != "observation"}  # of other steps
    learner = {name: value for name, value in state["learner"].items() if name not in ("loss_sum", "losses")}
    add({"parts": state["parts"], "clock": state["clock"], "learner": learner, "collector": collector})
    return found.hexdigest()


@pytest.mark.parametrize("engine", [Runner, PlainRunner])
def test_looking_changes_nothing(engine: type[Runner]) -> None:
    digests = []
    for look in (True, False):
        with one_thread():
            runner = engine(composed(), [3], CPU)
            runner.begin()
            if look:
                Walker(runner, Subject("dqn", runner.composition, 3, STEP), lambda *_: None).walk(30)
                assert runner.clock.steps == STEP + 29
            while not runner.finished:
                runner.step()
            digests.append(digest(runner))
    assert digests[0] == digests[1]


def test_targets_move_when_the_target_network_does() -> None:
    course = explained(composed(), play=40).course
    assert [it.step for it in course.fixed] == [1, 11, 21]
    step = (course.updates + 100 // 4 - 1) * 4  # update 1 is at step 100, where learning starts
    for fixed in course.fixed:
        assert fixed.target is not None
        jumps = np.flatnonzero(np.diff(fixed.target)) + 1
        assert (step[jumps] % 20 == 0).all()
        assert len(jumps) > 5


def test_without_a_target_network_targets_move_with_every_update() -> None:
    settings = {name: value for name, value in SMALL.items() if name != "target.period"}
    composition = compose(CATALOG, "dqn", {"target": "none"}, settings, "CartPole-v1")
    found = walk(Subject("dqn", composition, 3, STEP), 40, lambda *_: None)
    assert all((np.diff(fixed.target) != 0).all() for fixed in found.course.fixed if fixed.target is not None)
    assert found.learned is not None
    assert found.learned.move.shared
    assert "no target network" in found.learned.moved.sentence


def test_the_policy_says_what_it_did() -> None:
    random, best = 0, 0
    for it in explained(composed(), step=100, play=60).collected:
        epsilon, first, second = (it.chosen.numbers[name] for name in ("epsilon", "first draw", "second draw"))
        if "the action is random" in it.chosen.sentence:
            random += 1
            assert first < epsilon
            assert int(it.action) == int(second * 2)
        else:
            best += 1
            assert first >= epsilon
            assert it.greedy
    assert min(random, best) > 5


def test_pictures_show_what_is_observed() -> None:
    """The black cart is drawn at its position, 75 pixels per unit, also after a new episode has begun."""
    found = explained(composed(), play=60).collected
    assert len({it.episode for it in found}) > 1
    for it in found:
        assert it.picture is not None
        pixels = np.asarray(Image.open(io.BytesIO(it.picture)).convert("L"))
        assert np.nonzero(pixels < 40)[1].mean() == pytest.approx(180 + 75 * it.observation[0], abs=1.5)


def test_a_step_without_an_update_shows_the_next_one() -> None:
    found = explained(composed(), step=201, play=2)
    assert found.learned is not None
    assert found.learned.update.step == 204
    assert found.notes == ["No update is due at step 201. The next one is shown, at 204."]
    early = explained(composed(), step=10, play=2)
    assert early.learned is not None
    assert early.learned.update.step == 100


def test_several_environments_and_no_picture() -> None:
    found = walk(
        Subject("dqn", compose(CATALOG, "dqn", {}, SMALL | {"train.envs": 3}, "rlzoo-tests/Counting-v0"), 0, 200),
        4,
        lambda *_: None,
    )
    assert [it.step for it in found.collected] == [201, 204, 207, 210]
    assert found.notes == ["There is no picture: `rlzoo-tests/Counting-v0` cannot be rendered."]


class Unshown(gymnasium.Env[np.ndarray, int]):
    """Cannot be drawn in the third step of an episode."""

    metadata: ClassVar[dict[str, Any]] = {"render_modes": ["rgb_array"]}
    observation_space, action_space = Box(0, 9, (1,)), Discrete(2)

    def __init__(self, render_mode: str | None = None) -> None:
        self.render_mode = render_mode

    def reset(self, *, seed: int | None = None, options: Any = None) -> tuple[np.ndarray, dict[str, Any]]:
        self.time = 0
        return np.zeros(1, np.float32), {}

    def step(self, action: int) -> tuple[np.ndarray, float, bool, bool, dict[str, Any]]:
        self.time += 1
        return np.full(1, self.time, np.float32), 0.0, self.time == 9, False, {}

    def render(self) -> Any:
        if self.time == 3:
            raise RuntimeError("the screen is broken")
        return np.zeros((8, 8, 3), np.uint8)


def test_an_environment_that_fails_to_draw_is_explained_without_pictures() -> None:
    gymnasium.register("rlzoo-tests/Unshown-v0", Unshown)
    composition = compose(CATALOG, "dqn", {}, SMALL, "rlzoo-tests/Unshown-v0")
    found = walk(Subject("dqn", composition, 3, 201), 4, lambda *_: None)  # the fourth observation of an episode
    assert [float(it.observation[0]) for it in found.collected] == [2, 3, 4, 5]
    assert [it.picture is not None for it in found.collected] == [True, False, False, False]
    assert "There are no more pictures: RuntimeError('the screen is broken')." in found.notes


def test_classic_control_names_its_numbers() -> None:
    environment: Environment = composed()["environment"].build(1, 1)
    assert list(environment.explain(np.arange(4)).numbers.items())[2] == ("pole angle", 2)
