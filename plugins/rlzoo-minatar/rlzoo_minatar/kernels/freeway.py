"""Freeway."""

from __future__ import annotations

from rlzoo.lanes.jit import jit
from rlzoo_minatar.kernels.random import below, sticky_action, uniform

OVER, Y, MOVE_TIMER, TIME_LEFT = range(1, 5)
CARS = 5
"""The first of eight rows, each of a car's x, its timer, and frames per move, negative to the left."""
CAR_X, TIMER, SPEED = range(3)
ROWS = 8
SIZE = CARS + 3 * ROWS
PLAYER_SPEED = 3
TIME_LIMIT = 2500
X = 4
CHICKEN, CAR = range(2)  # channels; those that follow are for trails, by speed
CHANNELS = 7
UP, DOWN = 2, 4  # actions
ACTIONS = (0, UP, DOWN)


@jit
def reset(states, generators, which):  # type: ignore[no-untyped-def]
    """Begin episodes in the states at the places `which`."""
    for i in which:
        s = states[i]
        s[:] = 0
        _speeds(s[CARS:].reshape(ROWS, 3), generators[i])
        s[Y], s[MOVE_TIMER], s[TIME_LEFT] = 9, PLAYER_SPEED, TIME_LIMIT


@jit
def step(states, generators, actions, sticky, ramping, rewards):  # type: ignore[no-untyped-def]
    """Play one frame in all states."""
    for i in range(len(states)):
        action = sticky_action(states[i], generators[i], actions[i], sticky)
        rewards[i] = 0 if states[i, OVER] else _play(states[i], generators[i], action)


@jit
def _play(s, generator, action):  # type: ignore[no-untyped-def]
    cars = s[CARS:].reshape(ROWS, 3)
    reward = 0
    if s[MOVE_TIMER] == 0 and action in (UP, DOWN):
        s[MOVE_TIMER] = PLAYER_SPEED
        s[Y] = max(0, s[Y] - 1) if action == UP else min(9, s[Y] + 1)
    if s[Y] == 0:
        reward = 1
        _speeds(cars, generator)
        s[Y] = 9
    for row in range(ROWS):
        car = cars[row]
        if car[CAR_X] == X and s[Y] == row + 1:
            s[Y] = 9
        if car[TIMER] > 0:
            car[TIMER] -= 1
            continue
        car[TIMER] = abs(car[SPEED])
        car[CAR_X] = (car[CAR_X] + (1 if car[SPEED] > 0 else 9)) % 10
        if car[CAR_X] == X and s[Y] == row + 1:
            s[Y] = 9
    s[MOVE_TIMER] -= s[MOVE_TIMER] > 0
    s[TIME_LEFT] -= 1
    s[OVER] = s[TIME_LEFT] < 0
    return reward


@jit
def _speeds(cars, generator):  # type: ignore[no-untyped-def]
    """New speeds and directions; cars stay where they are."""
    for row in range(ROWS):
        cars[row, SPEED] = 1 + below(generator, 5)
    for row in range(ROWS):
        cars[row, TIMER] = cars[row, SPEED]
        if uniform(generator) < 0.5:
            cars[row, SPEED] = -cars[row, SPEED]


@jit
def draw(states, observations):  # type: ignore[no-untyped-def]
    """Set the cells where there are objects."""
    for i in range(len(states)):
        s, cells = states[i], observations[i]
        cells[s[Y], X, CHICKEN] = True
        cars = s[CARS:].reshape(ROWS, 3)
        for row in range(ROWS):
            car = cars[row]
            cells[row + 1, car[CAR_X], CAR] = True
            behind = (car[CAR_X] + (9 if car[SPEED] > 0 else 1)) % 10
            cells[row + 1, behind, CAR + abs(car[SPEED])] = True
