"""DQN on CartPole-v1 as one JAX program, vmapped over seeds: the job that `jax_peer.py` compares with.

It follows PureJaxRL's `dqn.py` (Lu et al., 2022; revision 31756b1): environment, ring buffer, network and Adam are
compiled together, the buffer stores one observation per step and samples pairs of neighbours, and every episode end
counts as terminal. Settings are those of `rlzoo run dqn`, except that exploration is annealed over half of `--steps`.
Two differences make it faster here: the ten steps between updates form an inner loop, so that no branch is needed,
and nothing is logged but the number of episodes. One makes it slower: each seed draws its own random numbers; in
PureJaxRL the key of all seeds is replaced by the same one. Compilation and the steps before learning are not timed.

    python benchmarks/jax_dqn.py --envs 1 --seeds 0 1 2 --steps 30_000
"""

from __future__ import annotations

import argparse
import os
from collections.abc import Callable
from functools import partial
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import optax
from measuring import CLOCKS, span

CAPACITY, BATCH, EVERY, SYNC, STARTS = 10_000, 128, 10, 500, 10_000
GAMMA, RATE, WIDTHS = 0.99, 2.5e-4, (4, 120, 84, 2)
LIMIT, X_LIMIT, ANGLE_LIMIT = 500, 2.4, 12 * 2 * jnp.pi / 360

Params = list[tuple[jax.Array, jax.Array]]


class CartPole(NamedTuple):
    """CartPole-v1 `N` times: position, velocity, angle and angular velocity `[N, 4]`, and steps `[N]`."""

    state: jax.Array
    steps: jax.Array


class Seed(NamedTuple):
    """The state of one seed's training. `ring` has observations, actions and ends, `[rows, N, ...]`."""

    online: Params
    target: Params
    optimizer: Any
    ring: tuple[jax.Array, jax.Array, jax.Array]
    environment: CartPole
    key: jax.Array


def reset(key: jax.Array, envs: int) -> CartPole:
    """The beginning of an episode in each environment."""
    return CartPole(jax.random.uniform(key, (envs, 4), minval=-0.05, maxval=0.05), jnp.zeros(envs, jnp.int32))


def step(environment: CartPole, action: jax.Array, key: jax.Array) -> tuple[CartPole, jax.Array]:
    """Gymnasium's dynamics; environments whose episode ends are reset."""
    _, velocity, angle, spin = environment.state.T
    cos, sin = jnp.cos(angle), jnp.sin(angle)
    push = (jnp.where(action == 1, 10.0, -10.0) + 0.05 * spin**2 * sin) / 1.1
    turn = (9.8 * sin - cos * push) / (0.5 * (4 / 3 - 0.1 * cos**2 / 1.1))
    speed = push - 0.05 * turn * cos / 1.1
    state = environment.state + 0.02 * jnp.stack([velocity, speed, spin, turn], -1)
    steps = environment.steps + 1
    done = (abs(state[:, 0]) > X_LIMIT) | (abs(state[:, 2]) > ANGLE_LIMIT) | (steps >= LIMIT)
    fresh = reset(key, len(steps))
    return CartPole(jnp.where(done[:, None], fresh.state, state), jnp.where(done, 0, steps)), done


def network(key: jax.Array) -> Params:
    """PyTorch's initialization of linear layers."""

    def layer(key: jax.Array, inputs: int, outputs: int) -> tuple[jax.Array, jax.Array]:
        draw = partial(jax.random.uniform, minval=-(inputs**-0.5), maxval=inputs**-0.5)
        weight, bias = jax.random.split(key)
        return draw(weight, (inputs, outputs)), draw(bias, (outputs,))

    return [layer(*each) for each in zip(jax.random.split(key, 3), WIDTHS, WIDTHS[1:], strict=False)]


def q(params: Params, x: jax.Array) -> jax.Array:
    """Q values `[..., A]` of observations `[..., 4]`."""
    *hidden, (weight, bias) = params
    for inner, shift in hidden:
        x = jax.nn.relu(x @ inner + shift)
    return x @ weight + bias


class Program:
    """`start` and `train`, compiled for all seeds."""

    def __init__(self, envs: int, steps: int, until_learning: int = STARTS) -> None:
        self.envs, self.steps, self.starts, self.rows = envs, steps, until_learning, CAPACITY // envs
        self.adam = optax.adam(RATE)
        self.start = jax.jit(jax.vmap(self._start))
        self.train = jax.jit(jax.vmap(self._train))

    def _start(self, key: jax.Array) -> Seed:
        """Act at random until learning starts."""
        weights, first, key = jax.random.split(key, 3)
        online, shape = network(weights), (self.rows, self.envs)
        ring = jnp.zeros((*shape, 4)), jnp.zeros(shape, jnp.int32), jnp.zeros(shape, jnp.bool_)
        seed = Seed(online, online, self.adam.init(online), ring, reset(first, self.envs), key)
        return jax.lax.scan(self._collect, seed, jnp.arange(0, self.starts, self.envs))[0]

    def _train(self, seed: Seed) -> tuple[Seed, jax.Array]:
        """Train to the end; returns the episodes that ended in each block of ten steps."""
        return jax.lax.scan(self._block, seed, jnp.arange(self.starts, self.steps, EVERY))

    def _block(self, seed: Seed, time: jax.Array) -> tuple[Seed, jax.Array]:
        seed, ended = jax.lax.scan(self._collect, seed, time + jnp.arange(0, EVERY, self.envs))
        seed = self._learn(seed, time + EVERY)
        synced = (time + EVERY) % SYNC == 0
        return seed._replace(target=jax.lax.cond(synced, lambda: seed.online, lambda: seed.target)), ended.sum()

    def _collect(self, seed: Seed, time: jax.Array) -> tuple[Seed, jax.Array]:
        key, explore, pick, restart = jax.random.split(seed.key, 4)
        observation = seed.environment.state
        epsilon = jnp.maximum(1 - 0.95 * time / (self.steps / 2), 0.05)
        random = jax.random.randint(pick, (self.envs,), 0, WIDTHS[-1])
        exploring = jax.random.uniform(explore, (self.envs,)) < epsilon
        action = jnp.where(exploring, random, q(seed.online, observation).argmax(-1))
        environment, done = step(seed.environment, action, restart)
        place = time // self.envs % self.rows
        stored = zip(seed.ring, (observation, action, done), strict=True)
        ring = tuple(jax.lax.dynamic_update_index_in_dim(column, value, place, 0) for column, value in stored)
        return seed._replace(ring=ring, environment=environment, key=key), done

    def _learn(self, seed: Seed, time: jax.Array) -> Seed:
        key, draw, choose = jax.random.split(seed.key, 3)
        observation, action, done = seed.ring
        written = time // self.envs
        ago = jax.random.randint(draw, (BATCH,), 2, jnp.minimum(written, self.rows) + 1)  # the newest has no successor
        place, lane = (written - ago) % self.rows, jax.random.randint(choose, (BATCH,), 0, self.envs)
        after = q(seed.target, observation[(place + 1) % self.rows, lane]).max(-1)
        goal = 1.0 + (1 - done[place, lane]) * GAMMA * after

        def loss(params: Params) -> jax.Array:
            predicted = q(params, observation[place, lane])
            return ((jnp.take_along_axis(predicted, action[place, lane][:, None], 1)[:, 0] - goal) ** 2).mean()

        update, state = self.adam.update(jax.grad(loss)(seed.online), seed.optimizer)
        return seed._replace(online=optax.apply_updates(seed.online, update), optimizer=state, key=key)


def timed(program: Program, seeds: list[int], clock: Callable[[], float]) -> tuple[float, float, jax.Array]:
    """When training began and ended, and how many episodes ended in the last tenth, by seed."""
    keys = jax.vmap(jax.random.PRNGKey)(jnp.array(seeds))
    started = jax.block_until_ready(program.start(keys))
    train = program.train.lower(started).compile()
    began = clock()
    _, ended = jax.block_until_ready(train(started))
    return began, clock(), ended[:, -ended.shape[1] // 10 :].sum(1)


def main() -> None:
    """Train, and print the times."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--envs", type=int, default=1)
    parser.add_argument("--seeds", type=int, nargs="+", required=True)
    parser.add_argument("--steps", type=int, required=True)
    parser.add_argument("--core", type=int, help="use this core alone")
    parser.add_argument("--clock", choices=CLOCKS, default="wall")
    arguments = parser.parse_args()
    if arguments.core is not None:
        os.sched_setaffinity(0, {arguments.core})
    program = Program(arguments.envs, arguments.steps)
    began, ended, episodes = timed(program, arguments.seeds, CLOCKS[arguments.clock])
    print("mean episode length of each seed at the end:", (arguments.steps - STARTS) / 10 / jnp.maximum(episodes, 1))
    print(span(began, ended, (arguments.steps - STARTS) * len(arguments.seeds)))


if __name__ == "__main__":
    main()
