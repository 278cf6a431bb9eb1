"""The numbers of `numpy.random.RandomState`: the Mersenne Twister of Matsumoto & Nishimura (1998).

A generator is uint32 `[625]`: the 624 words of its state, and how many of them were used.
"""

from __future__ import annotations

from numpy import int64, uint32

from rlzoo.lanes.jit import jit

LENGTH = 625
WORDS = 624
LOW = int64(0xFFFFFFFF)


@jit
def seed(generator, number):  # type: ignore[no-untyped-def]
    """As `RandomState.seed(number)`, from 0 to 2**32 - 1."""
    word = int64(number)
    for place in range(WORDS):
        generator[place] = uint32(word)
        word = (int64(1812433253) * (word ^ (word >> 30)) + place + 1) & LOW
    generator[WORDS] = WORDS


@jit
def _refill(generator):  # type: ignore[no-untyped-def]
    for place in range(WORDS):
        here, following = int64(generator[place]), int64(generator[(place + 1) % WORDS])
        mixed = (here & 0x80000000) | (following & 0x7FFFFFFF)
        word = int64(generator[(place + 397) % WORDS]) ^ (mixed >> 1)
        generator[place] = uint32(word ^ 0x9908B0DF if mixed & 1 else word)
    generator[WORDS] = 0


@jit
def word(generator):  # type: ignore[no-untyped-def]
    """The next 32 bits."""
    if generator[WORDS] == WORDS:
        _refill(generator)
    y = int64(generator[int64(generator[WORDS])])
    generator[WORDS] += uint32(1)
    y ^= y >> 11
    y ^= (y << 7) & 0x9D2C5680
    y ^= (y << 15) & 0xEFC60000
    return y ^ (y >> 18)


@jit
def uniform(generator):  # type: ignore[no-untyped-def]
    """As `RandomState.rand()`."""
    high, low = word(generator) >> 5, word(generator) >> 6
    return (high * 67108864.0 + low) / 9007199254740992.0


@jit
def below(generator, count):  # type: ignore[no-untyped-def]
    """As `RandomState.randint(count)`: draws again while a number is too large, and nothing if there is no choice."""
    if count == 1:
        return 0
    mask = 1
    while mask < count - 1:
        mask = 2 * mask + 1
    drawn = word(generator) & mask
    while drawn >= count:
        drawn = word(generator) & mask
    return drawn


@jit
def sticky_action(state, generator, action, sticky):  # type: ignore[no-untyped-def]
    """The action that is taken: with probability `sticky` the last one, which is `state[0]`."""
    if uniform(generator) >= sticky:
        state[0] = action
    return state[0]
