"""The compiled loops over lanes, environments and steps, which call the kernels of the parts.

`L` lanes with `N` environments each; an environment's row in arrays `[L * N, ...]` is `lane * N + env`. Kernels are
given by their addresses.
"""

from __future__ import annotations

from typing import Any

from numba import boolean, float32, float64, int64, types

from rlzoo.lanes.compiled import ACT, FORWARD, STEP, VALUES, Compiled, caller

call_step, call_forward, call_values, call_act = caller(STEP), caller(FORWARD), caller(VALUES), caller(ACT)


def _array(dtype: Any, dimensions: int) -> Any:
    return types.Array(dtype, dimensions, "C")


def _step_all(step, state, lengths, max_steps, action, observation, reward, terminated, truncated):  # type: ignore[no-untyped-def]
    for i in range(len(state)):
        reward[i], terminated[i] = call_step(step, (state[i], action[i], observation[i]))
        lengths[i] += 1
        truncated[i] = lengths[i] >= max_steps


step_all = Compiled(
    _step_all,
    types.void(
        int64, _array(float64, 2), _array(int64, 1), int64, _array(int64, 1), _array(float32, 2),
        _array(float64, 1), _array(boolean, 1), _array(boolean, 1),
    ),
)  # fmt: skip
"""`(step, state [n, S], lengths [n], max_steps, action [n], observation [n, F], reward, terminated, truncated)`: step
every environment, writing into the last four."""


def _values_all(forward, layout, values, numbers, rows, observation, scratch, outputs, q):  # type: ignore[no-untyped-def]
    envs = len(observation) // len(rows)
    for i in range(len(observation)):
        call_forward(forward, (rows[i // envs], layout, observation[i], scratch, outputs))
        call_values(values, (outputs, numbers, q[i]))


values_all = Compiled(
    _values_all,
    types.void(
        int64, _array(int64, 2), int64, _array(float32, 1),
        _array(float32, 2), _array(float32, 2), _array(float32, 2), _array(float32, 1), _array(float32, 2),
    ),
)  # fmt: skip
"""`(forward, layout, values, numbers, rows [L, P], observation [n, F], scratch, outputs, q [n, A])`: write Q values."""


def _act_all(act, q, draws, numbers, action):  # type: ignore[no-untyped-def]
    envs = len(q) // len(numbers)
    for i in range(len(q)):
        action[i] = call_act(act, (q[i], draws[i], numbers[i // envs]))


act_all = Compiled(
    _act_all,
    types.void(
        int64, _array(float32, 2), _array(float64, 2), _array(float64, 2), _array(int64, 1)
    ),
)  # fmt: skip
"""`(act, q [n, A], draws [n, D], numbers [L, P], action [n])`: choose an action for every environment."""


def _collect(  # type: ignore[no-untyped-def]
    step, state, observation, env_lengths, max_steps,
    forward, layout, scratch, outputs, values, value_numbers, q, rows,
    act, draws, drawn, draws_each, act_numbers,
    kept, kept_next, kept_action, kept_reward, kept_terminated, kept_truncated, added,
    returns, lengths, terminated, truncated,
):  # fmt: skip
    """Run one vector step for each row of `act_numbers`, or fewer if an episode ends; return the number of steps."""
    lanes, capacity = kept_action.shape
    envs = len(state) // lanes
    features = observation.shape[1]
    for t in range(len(act_numbers)):
        ended = False
        for lane in range(lanes):
            for env in range(envs):
                i, place = lane * envs + env, (added + t * envs + env) % capacity
                call_forward(forward, (rows[lane], layout, observation[i], scratch, outputs))
                call_values(values, (outputs, value_numbers, q))
                first = drawn + (t * envs + env) * draws_each
                action = call_act(act, (q, draws[lane, first : first + draws_each], act_numbers[t, lane]))
                for k in range(features):
                    kept[lane, place, k] = observation[i, k]
                reward, over = call_step(step, (state[i], action, observation[i]))
                for k in range(features):
                    kept_next[lane, place, k] = observation[i, k]
                env_lengths[i] += 1
                cut = env_lengths[i] >= max_steps
                kept_action[lane, place], kept_reward[lane, place] = action, reward
                kept_terminated[lane, place], kept_truncated[lane, place] = over, cut
                terminated[lane, env], truncated[lane, env] = over, cut
                returns[lane, env] += reward
                lengths[lane, env] += 1
                ended |= over or cut
        if ended:
            return t + 1
    return len(act_numbers)


collect = Compiled(
    _collect,
    int64(
        int64, _array(float64, 2), _array(float32, 2), _array(int64, 1), int64,
        int64, _array(int64, 2), _array(float32, 2), _array(float32, 1),
        int64, _array(float32, 1), _array(float32, 1), _array(float32, 2),
        int64, _array(float64, 2), int64, int64, _array(float64, 3),
        _array(float32, 3), _array(float32, 3), _array(int64, 2), _array(float32, 2), _array(boolean, 2),
        _array(boolean, 2), int64,
        _array(float64, 2), _array(int64, 2), _array(boolean, 2), _array(boolean, 2),
    ),
)  # fmt: skip
