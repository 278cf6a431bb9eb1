"""Several heads: what they learn from, who acts, and that this gets somewhere."""

from dataclasses import replace
from typing import Any

import chain  # noqa: F401 - registers the environment
import numpy as np
import pytest
import torch
from exploration_specs import make_spec
from gymnasium.spaces import Box
from scipy.stats import binomtest, chisquare, fisher_exact

from rlzoo.contracts import Batch, Transition
from rlzoo.contracts.errors import OptionError
from rlzoo.lanes.clock import Clock
from rlzoo.lanes.rng import LaneRng
from rlzoo.registry.composition import compose
from rlzoo.testing import installed
from rlzoo.training.runner import Runner
from rlzoo_exploration.bootstrapped import Bootstrapped
from rlzoo_exploration.one_head import OneHead

CATALOG = installed()
SPACE = Box(-1, 1, (4,))
L, B, A, K = 2, 40, 3, 5


def numbers(*shape: int, seed: int) -> torch.Tensor:
    return torch.randn(shape, generator=torch.Generator().manual_seed(seed))


def make_batch(p: float = 0.5) -> Batch:
    """Random transitions; each head learns from each with probability `p`."""
    rng = np.random.default_rng(0)
    whole = [torch.from_numpy(rng.integers(high, size=(L, B))) for high in (A, 2, 6_000)]
    return Batch(
        observation=torch.full((L, B), 0),
        action=whole[0],
        reward=numbers(L, B, seed=1),
        next_observation=torch.full((L, B), 1),
        discount=torch.full((L, B), 0.9) ** torch.from_numpy(rng.integers(1, 4, (L, B))),
        terminated=whole[1].bool(),
        truncated=torch.zeros(L, B, dtype=torch.bool),
        index=whole[2],
        weight=torch.ones(L, B),
        columns={"head_mask": torch.from_numpy(rng.random((L, B, K)) < p)},
    )


def predict(params: dict[str, torch.Tensor], observation: torch.Tensor) -> torch.Tensor:
    """Outputs `[L, B, A, K]` given as they are: row 0 for observations, row 1 for those that follow."""
    return params["outputs"][int(observation[0, 0])]


@pytest.mark.parametrize("double", [False, True])
@pytest.mark.parametrize("p", [0.3, 1.0])
def test_the_loss_is_that_of_a_loop_over_transitions_and_heads(double: bool, p: float) -> None:
    objective: Any = Bootstrapped(heads=K, p=p, double=double).build(make_spec(SPACE, A, lanes=L, batch_size=B))
    batch = make_batch(p)
    online, target = ({"outputs": numbers(2, L, B, A, K, seed=seed).requires_grad_()} for seed in (2, 3))
    target = {name: leaf.detach() for name, leaf in target.items()}
    loss, td_error = objective(predict, online, target, batch)
    masks = batch.columns["head_mask"]
    gradient = torch.autograd.grad(loss.sum(), online["outputs"])[0]
    expected, expected_gradient = np.zeros((2, L, B)), np.zeros((2, L, B, A, K))
    (q, q_next), (_, following) = (x["outputs"].detach().double().numpy() for x in (online, target))
    for lane, b, head in np.ndindex(L, B, K):
        best = (q_next if double else following)[lane, b, :, head].argmax()
        ahead = 0.0 if batch.terminated[lane, b] else batch.discount[lane, b].item() * following[lane, b, best, head]
        action = int(batch.action[lane, b])
        error = batch.reward[lane, b].item() + ahead - q[lane, b, action, head]
        if masks[lane, b, head]:
            expected[:, lane, b] += error**2 / K, abs(error) / K
            expected_gradient[0, lane, b, action, head] = -2 * error / K
    np.testing.assert_allclose(loss.detach(), expected[0], rtol=1e-4, atol=1e-5)
    np.testing.assert_allclose(td_error, expected[1], rtol=1e-4, atol=1e-5)
    np.testing.assert_allclose(gradient, expected_gradient, rtol=1e-4, atol=1e-5)
    assert masks.all() == (p == 1)


def test_evaluation_is_by_the_mean_of_the_heads() -> None:
    outputs = numbers(L, B, A, K, seed=4)
    objective = Bootstrapped(heads=K).build(make_spec(SPACE, A, batch_size=B))
    np.testing.assert_allclose(objective.q_values(outputs), outputs.numpy().mean(-1), rtol=1e-5, atol=1e-6)


def recorded(seeds: range, steps: int, envs: int, p: float) -> np.ndarray:
    """The masks that are recorded with so many vector steps, `[steps, L, N, K]`."""
    rng, zeros = LaneRng(seeds, "objective"), np.zeros((len(seeds), envs))
    objective = Bootstrapped(heads=4, p=p).build(replace(make_spec(SPACE, lanes=len(seeds), envs=envs), rng=rng))
    step = Transition(zeros, zeros.astype(np.int64), zeros, zeros, zeros > 0, zeros > 0)
    return np.stack([objective.record(step, lambda x: x)["head_mask"] for _ in range(steps)])


def test_each_bit_of_a_mask_is_drawn_by_itself() -> None:
    table = recorded(range(2), 1_500, 2, 0.3)  # [steps, L, N, 4]
    patterns = (table * 2 ** np.arange(4)).sum(-1)
    chance = np.array([0.3 ** bin(i).count("1") * 0.7 ** (4 - bin(i).count("1")) for i in range(16)])
    for lane in range(2):
        assert chisquare(np.bincount(patterns[:, lane].ravel(), minlength=16), 3_000 * chance).pvalue > 1e-3
    repeats = table[1:, ..., 0] == table[:-1, ..., 0]  # from step to step
    lanes, environments = table[:, 0] == table[:, 1], table[:, :, 0] == table[:, :, 1]
    for agree in (repeats, lanes, environments):
        assert binomtest(int(agree.sum()), agree.size, 0.3**2 + 0.7**2).pvalue > 1e-3


def test_masks_of_a_lane_are_the_same_alone() -> None:
    assert np.array_equal(recorded(range(3), 20, 2, 0.5)[:, 1:2], recorded(range(1, 2), 20, 2, 0.5))


def test_the_masks_of_the_collected_transitions_are_learnt_from() -> None:
    settings = {"train.learning_starts": 20, "train.batch_size": 8, "network.hidden": (8,), "buffer.capacity": 40}
    runner = Runner(compose(CATALOG, "bootstrapped-dqn", {}, settings), [0, 1], torch.device("cpu"))
    runner.begin()
    masks: dict[bytes, np.ndarray] = {}
    add = runner.parts.buffer.add

    def spy(transition: Transition) -> None:
        masks.update(
            (transition.observation[lane, 0].tobytes(), transition.columns["head_mask"][lane, 0]) for lane in range(2)
        )
        add(transition)

    runner.parts.buffer.add = spy  # type: ignore[method-assign]
    for _ in range(100):
        runner.step()
    batch = runner.parts.buffer.sample(64)
    for lane, b in np.ndindex(2, 64):
        mask = masks[batch.observation[lane, b].numpy().tobytes()]
        assert np.array_equal(batch.columns["head_mask"][lane, b].numpy(), mask)


def test_a_head_acts_for_a_whole_episode_and_heads_are_drawn_evenly() -> None:
    policy: Any = OneHead().build(replace(make_spec(SPACE, K, lanes=2, envs=3), outputs=K))
    q = np.broadcast_to(np.eye(K, dtype=np.float32), (2, 3, K, K))  # the action tells the head
    rng, before, drawn = np.random.default_rng(0), np.full((2, 3), -1), []
    for step in range(3_000):
        begun = np.full((2, 3), True) if step == 0 else rng.random((2, 3)) < 0.5
        policy.observe(np.zeros((2, 3, 4)), begun)
        action = policy.act(q, Clock(2))
        assert (action == before)[~begun].all()
        drawn.append(np.where(begun, action, -1))
        before = action
    heads = np.array(drawn).reshape(-1, 6)
    for own in heads.T:
        assert chisquare(np.bincount(own[own >= 0], minlength=K)).pvalue > 1e-3
    both = (heads >= 0).all(1)
    assert np.abs(np.corrcoef(heads[both].T) - np.eye(6)).max() < 0.6


def test_a_lanes_heads_do_not_depend_on_when_other_lanes_episodes_end() -> None:
    rng, actions = np.random.default_rng(1), []
    q = np.broadcast_to(np.eye(K, dtype=np.float32), (2, 1, K, K))
    first = rng.random(200) < 0.3
    for other in (rng.random(200) < 0.1, rng.random(200) < 0.9):
        policy: Any = OneHead().build(replace(make_spec(SPACE, K, lanes=2), outputs=K))
        own = []
        for begun in zip(first, other, strict=True):
            policy.observe(np.zeros((2, 1, 4)), np.array(begun)[:, None])
            own.append(int(policy.act(q, Clock(2))[0, 0]))
        actions.append(own)
    assert actions[0] == actions[1]


def test_probabilities_are_the_heads_votes() -> None:
    policy = OneHead().build(replace(make_spec(SPACE, 2), outputs=4))
    q = np.array([[[[3.0, 1.0, 2.0, 5.0], [2.0, 0.0, 4.0, 1.0]]]], np.float32)
    assert policy.probabilities(q, Clock(1)).tolist() == [[[0.75, 0.25]]]


@pytest.mark.parametrize("objective", ["q-learning", "double"])
def test_an_objective_without_heads_is_refused(objective: str) -> None:
    composition = compose(CATALOG, "bootstrapped-dqn", {"objective": objective})
    with pytest.raises(
        OptionError, match=f"`exploration=one-head` acts by one of several Q functions, but `objective={objective}`"
    ):
        Runner(composition, [0], torch.device("cpu"))


@pytest.mark.parametrize("buffer", ["uniform", "recent"])
def test_episodes_follow_their_head_in_a_run(buffer: str) -> None:
    settings = {"train.learning_starts": 20, "train.batch_size": 8, "train.envs": 2, "network.hidden": (8,)}
    runner = Runner(compose(CATALOG, "bootstrapped-dqn", {"buffer": buffer}, settings), [0, 1], torch.device("cpu"))
    runner.begin()
    policy: Any = runner.parts.exploration
    for _ in range(60):
        before, begun = policy.head, runner.collector.episodes.lengths == 0
        outputs = runner.learner.heads(runner.collector._observation)
        taken = runner.collector._act()
        assert (policy.head == before)[~begun].all()
        for lane, env in np.ndindex(2, 2):
            assert taken[lane, env] == outputs[lane, env, :, policy.head[lane, env]].argmax()
        runner.step()


def solved(algorithm: str, length: int, steps: int, seeds: int) -> int:
    """How many seeds reach the far end of the chain in most of their last twenty episodes."""
    settings = {
        "environment.kwargs": {"length": length},
        "train.steps": steps,
        "train.learning_starts": 200,
        "train.update_every": 4,
        "train.batch_size": 32,
        "network.hidden": (50, 50),
        "target.period": 200,
        "optimizer.lr": 1e-3,
    }
    composition = compose(CATALOG, algorithm, {}, settings, "rlzoo-chain/Chain-v0")
    runner = Runner(composition, range(seeds), torch.device("cpu"))
    ends = [(episode.seed, episode.episode_return > 1) for log in runner.run() for episode in log.episodes]
    reached = np.array([[far for seed, far in ends if seed == own][-20:] for own in range(seeds)])
    return int((reached.mean(-1) > 0.5).sum())


@pytest.mark.slow
def test_it_explores_a_chain_that_epsilon_does_not() -> None:
    """Trained alike for 150 episodes; by chance such a difference would come less than once in a thousand."""
    seeds = 20
    heads, epsilon = (solved(name, 30, 150 * 39, seeds) for name in ("bootstrapped-dqn", "dqn"))
    assert heads >= 18
    assert fisher_exact([[heads, seeds - heads], [epsilon, seeds - epsilon]], "greater").pvalue < 1e-3
