"""Asterix."""

from __future__ import annotations

from rlzoo.lanes.jit import jit
from rlzoo_minatar.kernels.random import below, sticky_action, uniform

OVER, X, Y, SPAWN_SPEED, SPAWN_TIMER, MOVE_SPEED, MOVE_TIMER, RAMP_TIMER, RAMP_INDEX = range(1, 10)
ENTITIES = 10
"""The first of eight rows: whether there is an entity, its x, whether it moves right, and whether it is gold."""
THERE, ENTITY_X, MOVES_RIGHT, GOLD = range(4)
ROWS = 8
SIZE = ENTITIES + 4 * ROWS
RAMP_INTERVAL = 100
PLAYER, ENEMY, TRAIL, TREASURE = range(4)  # channels
CHANNELS = 4
LEFT, UP, RIGHT, DOWN = 1, 2, 3, 4  # actions
ACTIONS = (0, LEFT, UP, RIGHT, DOWN)


@jit
def reset(states, generators, which):  # type: ignore[no-untyped-def]
    """Begin episodes in the states at the places `which`."""
    for i in which:
        s = states[i]
        s[:] = 0
        s[X], s[Y] = 5, 5
        s[SPAWN_SPEED], s[SPAWN_TIMER] = 10, 10
        s[MOVE_SPEED], s[MOVE_TIMER] = 5, 5
        s[RAMP_TIMER] = RAMP_INTERVAL


@jit
def step(states, generators, actions, sticky, ramping, rewards):  # type: ignore[no-untyped-def]
    """Play one frame in all states."""
    for i in range(len(states)):
        action = sticky_action(states[i], generators[i], actions[i], sticky)
        rewards[i] = 0 if states[i, OVER] else _play(states[i], generators[i], action, ramping)


@jit
def _play(s, generator, action, ramping):  # type: ignore[no-untyped-def]
    entities = s[ENTITIES:].reshape(ROWS, 4)
    if s[SPAWN_TIMER] == 0:
        _spawn(entities, generator)
        s[SPAWN_TIMER] = s[SPAWN_SPEED]
    if action == LEFT:
        s[X] = max(0, s[X] - 1)
    elif action == RIGHT:
        s[X] = min(9, s[X] + 1)
    elif action == UP:
        s[Y] = max(1, s[Y] - 1)
    elif action == DOWN:
        s[Y] = min(8, s[Y] + 1)
    reward = _touch(s, entities)
    if s[MOVE_TIMER] == 0:
        s[MOVE_TIMER] = s[MOVE_SPEED]
        for row in range(ROWS):
            e = entities[row]
            e[ENTITY_X] += 1 if e[MOVES_RIGHT] else -1
            if e[ENTITY_X] < 0 or e[ENTITY_X] > 9:
                e[THERE] = 0
        reward += _touch(s, entities)
    s[SPAWN_TIMER] -= 1
    s[MOVE_TIMER] -= 1
    if ramping and (s[SPAWN_SPEED] > 1 or s[MOVE_SPEED] > 1):
        _ramp(s)
    return reward


@jit
def _spawn(entities, generator):  # type: ignore[no-untyped-def]
    moves_right = uniform(generator) < 1 / 2
    gold = uniform(generator) < 1 / 3
    free = 0
    for row in range(ROWS):
        free += entities[row, THERE] == 0
    if free == 0:
        return
    skip = below(generator, free)
    for row in range(ROWS):
        if entities[row, THERE]:
            continue
        if skip == 0:
            entities[row, THERE], entities[row, ENTITY_X] = 1, 0 if moves_right else 9
            entities[row, MOVES_RIGHT], entities[row, GOLD] = moves_right, gold
            return
        skip -= 1


@jit
def _touch(s, entities):  # type: ignore[no-untyped-def]
    """The reward for treasure where the player is; an enemy there ends the episode."""
    reward = 0
    e = entities[s[Y] - 1]
    if e[THERE] and e[ENTITY_X] == s[X]:
        if e[GOLD]:
            e[THERE] = 0
            reward = 1
        else:
            s[OVER] = 1
    return reward


@jit
def _ramp(s):  # type: ignore[no-untyped-def]
    if s[RAMP_TIMER] >= 0:
        s[RAMP_TIMER] -= 1
        return
    if s[MOVE_SPEED] > 1 and s[RAMP_INDEX] % 2:
        s[MOVE_SPEED] -= 1
    if s[SPAWN_SPEED] > 1:
        s[SPAWN_SPEED] -= 1
    s[RAMP_INDEX] += 1
    s[RAMP_TIMER] = RAMP_INTERVAL


@jit
def draw(states, observations):  # type: ignore[no-untyped-def]
    """Set the cells where there are objects."""
    for i in range(len(states)):
        s, cells = states[i], observations[i]
        cells[s[Y], s[X], PLAYER] = True
        entities = s[ENTITIES:].reshape(ROWS, 4)
        for row in range(ROWS):
            e = entities[row]
            if e[THERE]:
                cells[row + 1, e[ENTITY_X], TREASURE if e[GOLD] else ENEMY] = True
                behind = e[ENTITY_X] - (1 if e[MOVES_RIGHT] else -1)
                if 0 <= behind <= 9:
                    cells[row + 1, behind, TRAIL] = True
