"""Breakout."""

from __future__ import annotations

from rlzoo.lanes.jit import jit
from rlzoo_minatar.kernels.random import below, sticky_action

OVER, X, Y, LAST_X, LAST_Y, DIRECTION, PADDLE, STRIKE = range(1, 9)
BRICKS = 9
"""The first of a hundred cells, row by row."""
SIZE = BRICKS + 100
PADDLES, BALL, TRAIL, WALL = range(4)  # channels
CHANNELS = 4
LEFT, RIGHT = 1, 3  # actions
ACTIONS = (0, LEFT, RIGHT)


@jit
def reset(states, generators, which):  # type: ignore[no-untyped-def]
    """Begin episodes in the states at the places `which`."""
    for i in which:
        s = states[i]
        s[:] = 0
        from_right = below(generators[i], 2)
        s[X], s[DIRECTION] = (9, 3) if from_right else (0, 2)
        s[Y], s[PADDLE] = 3, 4
        s[LAST_X], s[LAST_Y] = s[X], s[Y]
        s[BRICKS + 10 : BRICKS + 40] = 1


@jit
def step(states, generators, actions, sticky, ramping, rewards):  # type: ignore[no-untyped-def]
    """Play one frame in all states."""
    for i in range(len(states)):
        action = sticky_action(states[i], generators[i], actions[i], sticky)
        rewards[i] = 0 if states[i, OVER] else _play(states[i], action)


@jit
def _play(s, action):  # type: ignore[no-untyped-def]
    reward = 0
    s[PADDLE] = min(max(s[PADDLE] + (action == RIGHT) - (action == LEFT), 0), 9)
    s[LAST_X], s[LAST_Y] = s[X], s[Y]
    x = s[X] + (1 if s[DIRECTION] == 1 or s[DIRECTION] == 2 else -1)
    y = s[Y] + (1 if s[DIRECTION] >= 2 else -1)
    struck = False
    if x < 0 or x > 9:
        x = min(max(x, 0), 9)
        s[DIRECTION] ^= 1  # left and right: 0 and 1, 2 and 3
    if y < 0:
        y = 0
        s[DIRECTION] = 3 - s[DIRECTION]
    elif s[BRICKS + 10 * y + x]:
        struck = True
        if not s[STRIKE]:
            reward, s[STRIKE] = 1, 1
            s[BRICKS + 10 * y + x] = 0
            y = s[LAST_Y]
            s[DIRECTION] = 3 - s[DIRECTION]
    elif y == 9:
        y = _reach_bottom(s, x)
    if not struck:
        s[STRIKE] = 0
    s[X], s[Y] = x, y
    return reward


@jit
def _reach_bottom(s, x):  # type: ignore[no-untyped-def]
    """The ball's next row: it bounces off the paddle, or the episode is over. New bricks appear once all are gone."""
    if not s[BRICKS:].any():
        s[BRICKS + 10 : BRICKS + 40] = 1
    if s[X] == s[PADDLE]:
        s[DIRECTION] = 3 - s[DIRECTION]
    elif x == s[PADDLE]:
        s[DIRECTION] = (s[DIRECTION] + 2) % 4
    else:
        s[OVER] = 1
        return 9
    return s[LAST_Y]


@jit
def draw(states, observations):  # type: ignore[no-untyped-def]
    """Set the cells where there are objects."""
    for i in range(len(states)):
        s, cells = states[i], observations[i]
        cells[s[Y], s[X], BALL] = True
        cells[9, s[PADDLE], PADDLES] = True
        cells[s[LAST_Y], s[LAST_X], TRAIL] = True
        for place in range(100):
            cells[place // 10, place % 10, WALL] = s[BRICKS + place] != 0
