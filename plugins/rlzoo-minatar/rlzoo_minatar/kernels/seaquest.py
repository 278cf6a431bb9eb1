"""Seaquest.

MinAtar changes its lists of objects while it traverses them, and removes objects by value: of two equal ones, the first
goes, which is not always the one meant. The lists here behave in the same way.
"""

from __future__ import annotations

from rlzoo.lanes.jit import jit
from rlzoo_minatar.kernels.random import below, sticky_action, uniform

OVER, X, Y, FACES_RIGHT, OXYGEN, DIVERS_ABOARD, SPAWN_SPEED, SPAWN_TIMER, DIVER_TIMER, MOVE_SPEED = range(1, 11)
RAMP_INDEX, SHOT_TIMER, SURFACED = range(11, 14)
COUNTS = 14
"""The lengths of the five lists."""
LISTS = 19
"""The first number of five lists of `MOST` objects of `FIELDS` numbers; fields that an object does not have are 0."""
BULLETS, ENEMY_BULLETS, FISH, SUBS, DIVERS = range(5)
OBJECT_X, OBJECT_Y, MOVES_RIGHT, TIMER, SHOT = range(5)
KINDS, MOST, FIELDS = 5, 64, 5  # a list never has 64 objects: they appear more often only once they also leave sooner
SIZE = LISTS + KINDS * MOST * FIELDS
MAX_OXYGEN, FIRST_SPAWN_SPEED, DIVER_INTERVAL, FIRST_MOVE_SPEED = 200, 20, 30, 5
SHOT_COOL_DOWN, ENEMY_SHOT_INTERVAL, DIVER_MOVE_INTERVAL = 5, 10, 5
FRONT, BACK, BULLET, TRAIL, ENEMY_BULLET, ENEMY_FISH, ENEMY_SUB, OXYGEN_GAUGE, DIVER_GAUGE, DIVER = range(10)
CHANNELS = 10
LEFT, UP, RIGHT, DOWN, FIRE = 1, 2, 3, 4, 5  # actions
ACTIONS = (0, LEFT, UP, RIGHT, DOWN, FIRE)


@jit
def reset(states, generators, which):  # type: ignore[no-untyped-def]
    """Begin episodes in the states at the places `which`."""
    for i in which:
        s = states[i]
        s[:LISTS] = 0
        s[X], s[Y], s[OXYGEN], s[SURFACED] = 5, 0, MAX_OXYGEN, 1
        s[SPAWN_SPEED], s[SPAWN_TIMER], s[DIVER_TIMER] = FIRST_SPAWN_SPEED, FIRST_SPAWN_SPEED, DIVER_INTERVAL
        s[MOVE_SPEED] = FIRST_MOVE_SPEED


@jit
def step(states, generators, actions, sticky, ramping, rewards):  # type: ignore[no-untyped-def]
    """Play one frame in all states."""
    for i in range(len(states)):
        action = sticky_action(states[i], generators[i], actions[i], sticky)
        rewards[i] = 0 if states[i, OVER] else _play(states[i], generators[i], action, ramping)


@jit
def _play(s, generator, action, ramping):  # type: ignore[no-untyped-def]
    lists = s[LISTS:].reshape(KINDS, MOST, FIELDS)
    if s[SPAWN_TIMER] == 0:
        _spawn_enemy(s, lists, generator)
        s[SPAWN_TIMER] = s[SPAWN_SPEED]
    if s[DIVER_TIMER] == 0:
        _spawn_diver(s, lists, generator)
        s[DIVER_TIMER] = DIVER_INTERVAL
    _act(s, lists, action)
    reward = _move_bullets(s, lists)
    _move_divers(s, lists)
    reward += _move_enemies(s, lists, SUBS)
    _move_enemy_bullets(s, lists)
    reward += _move_enemies(s, lists, FISH)
    s[SPAWN_TIMER] -= s[SPAWN_TIMER] > 0
    s[DIVER_TIMER] -= s[DIVER_TIMER] > 0
    s[SHOT_TIMER] -= s[SHOT_TIMER] > 0
    if s[OXYGEN] <= 0:
        s[OVER] = 1
    if s[Y] > 0:
        s[OXYGEN] -= 1
        s[SURFACED] = 0
    elif not s[SURFACED]:
        if s[DIVERS_ABOARD] == 0:
            s[OVER] = 1
        else:
            reward += _surface(s, ramping)
    return reward


@jit
def _act(s, lists, action):  # type: ignore[no-untyped-def]
    if action == FIRE and s[SHOT_TIMER] == 0:
        _append(s, lists, BULLETS, s[X], s[Y], s[FACES_RIGHT], 0, 0)
        s[SHOT_TIMER] = SHOT_COOL_DOWN
    elif action == LEFT:
        s[X], s[FACES_RIGHT] = max(0, s[X] - 1), 0
    elif action == RIGHT:
        s[X], s[FACES_RIGHT] = min(9, s[X] + 1), 1
    elif action == UP:
        s[Y] = max(0, s[Y] - 1)
    elif action == DOWN:
        s[Y] = min(8, s[Y] + 1)


@jit
def _append(s, lists, kind, x, y, moves_right, timer, shot):  # type: ignore[no-untyped-def]
    new = lists[kind, s[COUNTS + kind]]
    new[OBJECT_X], new[OBJECT_Y], new[MOVES_RIGHT], new[TIMER], new[SHOT] = x, y, moves_right, timer, shot
    s[COUNTS + kind] += 1


@jit
def _equal(one, other):  # type: ignore[no-untyped-def]
    same = 0
    for field in range(FIELDS):
        same += one[field] == other[field]
    return same == FIELDS


@jit
def _remove(s, lists, kind, place):  # type: ignore[no-untyped-def]
    """Remove the first object that equals the one at `place`; returns where it was."""
    objects = lists[kind]
    first = 0
    while not _equal(objects[first], objects[place]):
        first += 1
    s[COUNTS + kind] -= 1
    for i in range(first, s[COUNTS + kind]):
        for field in range(FIELDS):
            objects[i, field] = objects[i + 1, field]
    return first


@jit
def _meeting(s, lists, kind, x, y):  # type: ignore[no-untyped-def]
    """The place of the first object at a position, or -1."""
    for i in range(s[COUNTS + kind]):
        if lists[kind, i, OBJECT_X] == x and lists[kind, i, OBJECT_Y] == y:
            return i
    return -1


@jit
def _advance(s, thing):  # type: ignore[no-untyped-def]
    """Move an object by a cell; returns whether it is still on the screen."""
    thing[OBJECT_X] += 1 if thing[MOVES_RIGHT] else -1
    return 0 <= thing[OBJECT_X] <= 9


@jit
def _at_player(s, thing):  # type: ignore[no-untyped-def]
    return thing[OBJECT_X] == s[X] and thing[OBJECT_Y] == s[Y]


@jit
def _move_bullets(s, lists):  # type: ignore[no-untyped-def]
    reward = 0
    for place in range(s[COUNTS + BULLETS] - 1, -1, -1):
        bullet = lists[BULLETS, place]
        if not _advance(s, bullet):
            _remove(s, lists, BULLETS, place)
            continue
        for kind in (FISH, SUBS):
            hit = _meeting(s, lists, kind, bullet[OBJECT_X], bullet[OBJECT_Y])
            if hit >= 0:
                _remove(s, lists, kind, hit)
                _remove(s, lists, BULLETS, place)
                reward += 1
                break
    return reward


@jit
def _move_divers(s, lists):  # type: ignore[no-untyped-def]
    for place in range(s[COUNTS + DIVERS] - 1, -1, -1):
        diver = lists[DIVERS, place]
        aboard = _at_player(s, diver) and s[DIVERS_ABOARD] < 6
        gone = False
        if not aboard:
            if diver[TIMER] == 0:
                diver[TIMER] = DIVER_MOVE_INTERVAL
                gone = not _advance(s, diver)
                aboard = not gone and _at_player(s, diver) and s[DIVERS_ABOARD] < 6
            else:
                diver[TIMER] -= 1
        s[DIVERS_ABOARD] += aboard
        if aboard or gone:
            _remove(s, lists, DIVERS, place)


@jit
def _move_enemies(s, lists, kind):  # type: ignore[no-untyped-def]
    """Fish or submarines; the latter shoot, even in the frame in which they disappear."""
    reward = 0
    for start in range(s[COUNTS + kind] - 1, -1, -1):
        place = start
        enemy = lists[kind, place]
        if _at_player(s, enemy):
            s[OVER] = 1
        x, y, moves_right, shot = enemy[OBJECT_X], enemy[OBJECT_Y], enemy[MOVES_RIGHT], enemy[SHOT]
        if enemy[TIMER] == 0:
            enemy[TIMER] = s[MOVE_SPEED]
            removed = -1
            inside = _advance(s, enemy)
            x = enemy[OBJECT_X]
            if not inside:
                removed = _remove(s, lists, kind, place)
            elif _at_player(s, enemy):
                s[OVER] = 1
            else:
                bullet = _meeting(s, lists, BULLETS, x, y)
                if bullet >= 0:
                    removed = _remove(s, lists, kind, place)
                    _remove(s, lists, BULLETS, bullet)
                    reward += 1
            if removed >= 0:  # an equal object before this one may have been removed instead
                place = place - 1 if removed < place else -1
        else:
            enemy[TIMER] -= 1
        if kind == SUBS and shot == 0:
            _append(s, lists, ENEMY_BULLETS, x, y, moves_right, 0, 0)
            shot = ENEMY_SHOT_INTERVAL + 1
        if place >= 0:
            lists[kind, place, SHOT] = max(shot - 1, 0)  # 0 for fish
    return reward


@jit
def _move_enemy_bullets(s, lists):  # type: ignore[no-untyped-def]
    for place in range(s[COUNTS + ENEMY_BULLETS] - 1, -1, -1):
        bullet = lists[ENEMY_BULLETS, place]
        if _at_player(s, bullet):
            s[OVER] = 1
        if not _advance(s, bullet):
            _remove(s, lists, ENEMY_BULLETS, place)
        elif _at_player(s, bullet):
            s[OVER] = 1


@jit
def _surface(s, ramping):  # type: ignore[no-untyped-def]
    """New oxygen for one diver, or a reward for six; afterwards there are -1 aboard, as in MinAtar."""
    s[SURFACED] = 1
    reward = 0
    if s[DIVERS_ABOARD] == 6:
        s[DIVERS_ABOARD] = 0
        reward = s[OXYGEN] * 10 // MAX_OXYGEN
    s[OXYGEN] = MAX_OXYGEN
    s[DIVERS_ABOARD] -= 1
    if ramping and (s[SPAWN_SPEED] > 1 or s[MOVE_SPEED] > 2):
        s[MOVE_SPEED] -= s[MOVE_SPEED] > 2 and s[RAMP_INDEX] % 2 == 1
        s[SPAWN_SPEED] -= s[SPAWN_SPEED] > 1
        s[RAMP_INDEX] += 1
    return reward


@jit
def _spawn_enemy(s, lists, generator):  # type: ignore[no-untyped-def]
    moves_right = int(uniform(generator) < 1 / 2)
    is_sub = uniform(generator) < 1 / 3
    x, y = 0 if moves_right else 9, 1 + below(generator, 8)
    for kind in (SUBS, FISH):
        for i in range(s[COUNTS + kind]):
            if lists[kind, i, OBJECT_Y] == y and lists[kind, i, MOVES_RIGHT] != moves_right:
                return
    if is_sub:
        _append(s, lists, SUBS, x, y, moves_right, s[MOVE_SPEED], ENEMY_SHOT_INTERVAL)
    else:
        _append(s, lists, FISH, x, y, moves_right, s[MOVE_SPEED], 0)


@jit
def _spawn_diver(s, lists, generator):  # type: ignore[no-untyped-def]
    moves_right = int(uniform(generator) < 1 / 2)
    _append(s, lists, DIVERS, 0 if moves_right else 9, 1 + below(generator, 8), moves_right, DIVER_MOVE_INTERVAL, 0)


@jit
def draw(states, observations):  # type: ignore[no-untyped-def]
    """Set the cells where there are objects."""
    for i in range(len(states)):
        s, cells = states[i], observations[i]
        cells[s[Y], s[X], FRONT] = True
        cells[s[Y], s[X] - (1 if s[FACES_RIGHT] else -1), BACK] = True
        for x in range(max(0, s[OXYGEN]) * 10 // MAX_OXYGEN):
            cells[9, x, OXYGEN_GAUGE] = True
        for x in range(9 - s[DIVERS_ABOARD], 9):
            cells[9, x, DIVER_GAUGE] = True
        lists = s[LISTS:].reshape(KINDS, MOST, FIELDS)
        for kind, channel in ((BULLETS, BULLET), (ENEMY_BULLETS, ENEMY_BULLET)):
            for k in range(s[COUNTS + kind]):
                cells[lists[kind, k, OBJECT_Y], lists[kind, k, OBJECT_X], channel] = True
        for kind, channel in ((FISH, ENEMY_FISH), (SUBS, ENEMY_SUB), (DIVERS, DIVER)):
            for k in range(s[COUNTS + kind]):
                thing = lists[kind, k]
                cells[thing[OBJECT_Y], thing[OBJECT_X], channel] = True
                behind = thing[OBJECT_X] - (1 if thing[MOVES_RIGHT] else -1)
                if 0 <= behind <= 9:
                    cells[thing[OBJECT_Y], behind, TRAIL] = True
