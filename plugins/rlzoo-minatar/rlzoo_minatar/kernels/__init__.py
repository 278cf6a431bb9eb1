"""The games as compiled loops over many environments. Frames, rewards, ends and random numbers are MinAtar's.

The state of an environment is a vector of integers, and the places of its numbers are constants of the game's module. A
module has the length of this vector, `SIZE`; the place of the flag that the episode is over, `OVER`; the number of
kinds of object, `CHANNELS`; the actions that matter, `ACTIONS`; and the loops

- `reset(states, generators, which)`, which begins episodes,
- `step(states, generators, actions, sticky, ramping, rewards)`, and
- `draw(states, observations)`, which sets cells of observations `[n, 10, 10, C]` that are all false.

Place 0 is always the last action, which a sticky one repeats.
"""
