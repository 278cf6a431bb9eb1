"""Space Invaders."""

from __future__ import annotations

from rlzoo.lanes.jit import jit
from rlzoo_minatar.kernels.random import sticky_action

OVER, X, DIRECTION, INTERVAL, MOVE_TIMER, ALIEN_SHOT_TIMER, SHOT_TIMER = range(1, 8)
MAPS = 8
"""The first of a hundred cells for aliens, a hundred for bullets and a hundred for the aliens' bullets, row by row."""
SIZE = MAPS + 300
SHOT_COOL_DOWN, FIRST_INTERVAL, LAST_INTERVAL, ALIEN_SHOT_INTERVAL = 5, 12, 6, 10
CANNON, ALIEN, MOVING_LEFT, MOVING_RIGHT, BULLET, ALIEN_BULLET = range(6)  # channels
CHANNELS = 6
LEFT, RIGHT, FIRE = 1, 3, 5  # actions
ACTIONS = (0, LEFT, RIGHT, FIRE)


@jit
def _appear(aliens):  # type: ignore[no-untyped-def]
    for y in range(4):
        for x in range(2, 8):
            aliens[10 * y + x] = 1


@jit
def _count(cells, start, end, stride):  # type: ignore[no-untyped-def]
    count = 0
    for place in range(start, end, stride):
        count += cells[place]
    return count


@jit
def reset(states, generators, which):  # type: ignore[no-untyped-def]
    """Begin episodes in the states at the places `which`."""
    for i in which:
        s = states[i]
        s[:] = 0
        s[X], s[DIRECTION] = 5, -1
        s[INTERVAL], s[MOVE_TIMER], s[ALIEN_SHOT_TIMER] = FIRST_INTERVAL, FIRST_INTERVAL, ALIEN_SHOT_INTERVAL
        _appear(s[MAPS : MAPS + 100])


@jit
def step(states, generators, actions, sticky, ramping, rewards):  # type: ignore[no-untyped-def]
    """Play one frame in all states."""
    for i in range(len(states)):
        action = sticky_action(states[i], generators[i], actions[i], sticky)
        rewards[i] = 0 if states[i, OVER] else _play(states[i], action, ramping)


@jit
def _play(s, action, ramping):  # type: ignore[no-untyped-def]
    aliens, bullets, alien_bullets = s[MAPS : MAPS + 100], s[MAPS + 100 : MAPS + 200], s[MAPS + 200 :]
    if action == FIRE and s[SHOT_TIMER] == 0:
        bullets[90 + s[X]] = 1
        s[SHOT_TIMER] = SHOT_COOL_DOWN
    elif action == LEFT:
        s[X] = max(0, s[X] - 1)
    elif action == RIGHT:
        s[X] = min(9, s[X] + 1)
    _fly(bullets, alien_bullets)
    if alien_bullets[90 + s[X]] or aliens[90 + s[X]]:
        s[OVER] = 1
    if s[MOVE_TIMER] == 0:
        s[MOVE_TIMER] = min(_count(aliens, 0, 100, 1), s[INTERVAL])
        _move(s, aliens)
    if s[ALIEN_SHOT_TIMER] == 0:
        s[ALIEN_SHOT_TIMER] = ALIEN_SHOT_INTERVAL
        _shoot(s[X], aliens, alien_bullets)
    reward = 0
    for place in range(100):
        if aliens[place] and bullets[place]:
            aliens[place] = bullets[place] = 0
            reward += 1
    s[SHOT_TIMER] -= s[SHOT_TIMER] > 0
    s[MOVE_TIMER] -= 1
    s[ALIEN_SHOT_TIMER] -= 1
    if _count(aliens, 0, 100, 1) == 0:
        s[INTERVAL] -= ramping and s[INTERVAL] > LAST_INTERVAL
        _appear(aliens)
    return reward


@jit
def _fly(bullets, alien_bullets):  # type: ignore[no-untyped-def]
    """The player's bullets go up, the aliens' down."""
    for place in range(90):
        bullets[place] = bullets[place + 10]
        alien_bullets[99 - place] = alien_bullets[89 - place]
    bullets[90:] = 0
    alien_bullets[:10] = 0


@jit
def _move(s, aliens):  # type: ignore[no-untyped-def]
    """Aliens move sideways or, at the edge, down. They leave the screen only when the episode is over, and reappear."""
    old = aliens.copy()
    if _count(old, 0 if s[DIRECTION] < 0 else 9, 100, 10):
        s[DIRECTION] = -s[DIRECTION]
        if _count(old, 90, 100, 1):
            s[OVER] = 1
        for place in range(100):
            aliens[(place + 10) % 100] = old[place]
    else:
        for place in range(100):
            aliens[place // 10 * 10 + (place % 10 + s[DIRECTION]) % 10] = old[place]
    if aliens[90 + s[X]]:
        s[OVER] = 1


@jit
def _shoot(player, aliens, alien_bullets):  # type: ignore[no-untyped-def]
    """The lowest alien of the column nearest to the player shoots; of two columns, the left one."""
    column, distance = 0, 10
    for x in range(10):
        if abs(x - player) < distance and _count(aliens, x, 100, 10):
            column, distance = x, abs(x - player)
    for y in range(9, -1, -1):
        if aliens[10 * y + column]:
            alien_bullets[10 * y + column] = 1
            return


@jit
def draw(states, observations):  # type: ignore[no-untyped-def]
    """Set the cells where there are objects."""
    for i in range(len(states)):
        s, cells = states[i], observations[i]
        cells[9, s[X], CANNON] = True
        direction = MOVING_LEFT if s[DIRECTION] < 0 else MOVING_RIGHT
        for place in range(100):
            cell = cells[place // 10, place % 10]
            cell[ALIEN] = cell[direction] = s[MAPS + place] != 0
            cell[BULLET] = s[MAPS + 100 + place] != 0
            cell[ALIEN_BULLET] = s[MAPS + 200 + place] != 0
