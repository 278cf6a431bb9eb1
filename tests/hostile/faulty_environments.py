"""Environments that break Gymnasium's contract, each in one way, and environments with side effects."""

from __future__ import annotations

import gc
import locale
import os
import random
import signal
import sys
import threading
import warnings
from collections.abc import Callable
from typing import Any, Literal, NamedTuple

import gymnasium
import numpy as np
import torch
from gymnasium.spaces import Box, Dict, Discrete, MultiBinary, MultiDiscrete, Sequence, Space, Text, Tuple

ID = "rlzoo-hostile/Any-v0"
TWO = Discrete(2)
FLOATS, BYTES, INTS = Box(-1, 1, (2,)), Box(0, 255, (2,), np.uint8), Box(-9, 9, (2,), np.int32)
ZEROS = np.zeros(2, np.float32)
Must = Literal["fail", "be refused", "work"]


class Kind(NamedTuple):
    """One way to misbehave, and what must become of the run: fail in training, be refused before it, or work."""

    must: Must
    space: Any = FLOATS
    good: Any = ZEROS
    action_space: Any = TWO
    bad_observation: Any = None
    at: Literal["make", "reset", "step", "close", "never"] = "step"
    act: Callable[[], Any] | None = None
    """Called at the place `at`."""
    change: Callable[[tuple[Any, ...]], Any] | None = None
    """Changes what the method at the place `at` returns."""


class Hostile(gymnasium.Env[Any, Any]):
    """Behaves until the place, or step 3, at which its kind misbehaves; episodes last five steps."""

    def __init__(self, kind: str) -> None:
        self.kind = KINDS[kind]
        self.observation_space, self.action_space = self.kind.space, self.kind.action_space
        self._misbehave("make", ())

    def reset(self, *, seed: int | None = None, options: Any = None) -> Any:
        self.time, self.total = 0, (seed or 0) % 7
        return self._misbehave("reset", (self.kind.good, {}))

    def step(self, action: Any) -> Any:
        self.time += 1
        self.total += int(np.sum(action))
        result = self.kind.good, float(self.total), self.time == 5, False, {}
        return self._misbehave("step", result) if self.time >= 3 else result

    def close(self) -> None:
        self._misbehave("close", ())

    def _misbehave(self, place: str, result: tuple[Any, ...]) -> Any:
        kind = self.kind
        if kind.at != place:
            return result
        if kind.act is not None:
            kind.act()
        if kind.bad_observation is not None:
            result = (kind.bad_observation, *result[1:])
        return result if kind.change is None else kind.change(result)


class Unprintable(Exception):
    """Cannot be shown."""

    def __str__(self) -> str:
        raise ValueError("no text")

    __repr__ = __str__


class Unpicklable(Exception):
    """Cannot be sent to another process."""

    def __init__(self, lock: Any = None) -> None:
        super().__init__("locked")
        self.lock = threading.Lock()


class Base(BaseException):
    """Not an Exception."""


def raising(error: BaseException | type[BaseException]) -> Callable[[], None]:
    def act() -> None:
        raise error

    return act


def recurse() -> None:
    recurse()


ERRORS: dict[str, Callable[[], Any]] = {
    "RuntimeError": raising(RuntimeError("the cable is loose")),
    "KeyError": raising(KeyError("observation")),
    "StopIteration": raising(StopIteration),
    "GeneratorExit": raising(GeneratorExit),
    "SystemExit 0": raising(SystemExit(0)),
    "SystemExit text": raising(SystemExit("bye")),
    "MemoryError": raising(MemoryError()),
    "OSError": raising(OSError(28, "No space left on device")),
    "BrokenPipeError": raising(BrokenPipeError(32, "Broken pipe")),
    "UnicodeDecodeError": raising(UnicodeDecodeError("utf-8", b"\xff", 0, 1, "invalid start byte")),
    "AssertionError": raising(AssertionError()),
    "NotImplementedError": raising(NotImplementedError()),
    "ExceptionGroup": raising(ExceptionGroup("several", [ValueError("one"), TypeError("two")])),
    "gymnasium.error.Error": raising(gymnasium.error.Error("odd")),
    "an error without text": raising(ValueError("")),
    "an error of many lines": raising(ValueError("first\nsecond\n" * 50)),
    "an error with control characters": raising(ValueError("\x1b[31mred\x07\r")),
    "an error that is not UTF-8": raising(ValueError("\udcff")),
    "an unprintable error": raising(Unprintable()),
    "an unpicklable error": raising(Unpicklable()),
    "a BaseException": raising(Base("odd")),
    "endless recursion": recurse,
}
OBSERVATIONS: dict[str, tuple[Any, Any, Any]] = {
    "nan": (FLOATS, ZEROS, np.array([0, np.nan], np.float32)),
    "infinity": (FLOATS, ZEROS, np.array([0, -np.inf], np.float32)),
    "a number beyond float32": (FLOATS, ZEROS, np.array([1e300, 0])),
    "another length": (FLOATS, ZEROS, np.zeros(3, np.float32)),
    "another number of axes": (FLOATS, ZEROS, np.zeros((1, 2), np.float32)),
    "a scalar": (FLOATS, ZEROS, 0.0),
    "no numbers": (FLOATS, ZEROS, np.zeros(0)),
    "a text": (FLOATS, ZEROS, "observation"),
    "numbers as text": (FLOATS, ZEROS, ["0.5", "0.5"]),
    "bytes as text": (FLOATS, ZEROS, b"01"),
    "complex numbers": (FLOATS, ZEROS, np.zeros(2, np.complex128)),
    "dates": (FLOATS, ZEROS, np.zeros(2, "M8[s]")),
    "objects": (FLOATS, ZEROS, np.array([None, object()])),
    "a dict": (FLOATS, ZEROS, {"a": 0}),
    "a set": (FLOATS, ZEROS, {1, 2}),
    "a ragged list": (FLOATS, ZEROS, [[1], [1, 2]]),
    "a function": (FLOATS, ZEROS, len),
    "a structured array": (FLOATS, ZEROS, np.zeros(2, [("a", "f4")])),
    "a float between bytes": (BYTES, np.zeros(2, np.uint8), np.array([0, 0.5])),
    "300 as a byte": (BYTES, np.zeros(2, np.uint8), np.array([0, 300])),
    "-1 as a byte": (BYTES, np.zeros(2, np.uint8), np.array([0, -1])),
    "nan as a byte": (BYTES, np.zeros(2, np.uint8), np.array([0, np.nan])),
    "nan as int32": (INTS, np.zeros(2, np.int32), np.array([np.nan, 0])),
    "0.7 as int32": (INTS, np.zeros(2, np.int32), np.array([0.7, 0])),
    "2**40 as int32": (INTS, np.zeros(2, np.int32), np.array([2**40, 0])),
    "an int beyond 64 bits": (INTS, np.zeros(2, np.int32), [10**30, 0]),
    "two as a bool": (Box(0, 1, (2,), np.bool_), np.zeros(2, np.bool_), np.array([0, 2])),
    "state 2.5": (Discrete(3), 0, 2.5),
    "state 7 of 3": (Discrete(3), 0, 7),
    "state -1": (Discrete(3), 0, -1),
    "a state below the start": (Discrete(3, start=5), 5, 4),
    "a state as text": (Discrete(3), 0, "1"),
    "a state in a list": (Discrete(3), 0, [1]),
    "a component too high": (MultiDiscrete([2, 3]), np.zeros(2, np.int64), np.array([2, 0])),
    "a negative component": (MultiDiscrete([2, 3]), np.zeros(2, np.int64), np.array([0, -1])),
    "two of a switch": (MultiBinary(2), np.zeros(2, np.int8), np.array([2, 0])),
    "a character not in the charset": (Text(3, charset="ab"), "a", "c"),
    "a text too long": (Text(3, charset="ab"), "a", "aaaa"),
    "a missing key": (Dict(a=Discrete(2), b=FLOATS), {"a": 0, "b": ZEROS}, {"a": 0}),
    "a wrong part of a dict": (Dict(a=Discrete(2), b=FLOATS), {"a": 0, "b": ZEROS}, {"a": -1, "b": ZEROS}),
    "nan in a dict": (Dict(a=Discrete(2), b=FLOATS), {"a": 0, "b": ZEROS}, {"a": 0, "b": ZEROS * np.nan}),
    "a short tuple": (Tuple((Discrete(2), FLOATS)), (0, ZEROS), (0,)),
    "a wrong part of a tuple": (Tuple((Discrete(2), BYTES)), (0, [0, 0]), (0, [0.5, 0])),
}
REWARDS: dict[str, Any] = {
    "nan": float("nan"),
    "infinity": float("inf"),
    "none": None,
    "a text": "1.0",
    "two": [1.0, 2.0],
    "a dict": {},
    "a complex number": 1j,
    "an array of nan": np.array(np.nan),
    "an int beyond floats": 10**400,
}
FLAGS: dict[str, Any] = {"text": "False", "none": None, "two": 2, "several": [True, False], "nan": float("nan")}
RETURNS: dict[str, Callable[[tuple[Any, ...]], Any]] = {
    "nothing": lambda _: None,
    "one value too few": lambda result: result[:-1],
    "one value too many": lambda result: (*result, {}),
    "a number": lambda _: 3,
    "a generator that raises": lambda _: (1 // 0 for _ in range(5)),
}
SPACES: dict[str, tuple[Any, Any]] = {
    "no observation space": (None, Discrete(2)),
    "an observation space that is text": ("Box", Discrete(2)),
    "an observation space that is a class": (Box, Discrete(2)),
    "empty observations": (Box(-1, 1, (0,)), Discrete(2)),
    "a space of unknown length": (Sequence(Discrete(2)), Discrete(2)),
    "a space with an unknown part": (Dict(a=Sequence(Discrete(2))), Discrete(2)),
    "a bare Space": (Space(), Discrete(2)),
    "no action space": (FLOATS, None),
    "an action space that is a number": (FLOATS, 2),
    "text actions": (FLOATS, Text(3)),
    "dict actions": (FLOATS, Dict(a=Discrete(2))),
    "too many combinations of actions": (FLOATS, MultiDiscrete([100] * 10)),
    "continuous actions for a discrete algorithm": (FLOATS, Box(-1, 1, (2,))),
}
MASKS: dict[str, Any] = {
    "too short": np.ones(1),
    "all forbidden": np.zeros(2),
    "text": np.array(["0", "1"]),
    "nan": np.array([np.nan, 1]),
    "two": np.array([2, 1]),
    "a ragged list": [[1], [1, 2]],
    "a dict": {},
}


def leave() -> None:
    os.chdir("/")


def write_to_stdout() -> None:
    print("reward: 1")


def close_stdout() -> None:
    sys.stdout = None  # type: ignore[assignment]


def reseed() -> None:
    random.seed(0)
    np.random.seed(0)  # noqa: NPY002
    torch.manual_seed(0)


def fail_in_a_thread() -> None:
    thread = threading.Thread(target=raising(SystemExit(1)))
    thread.start()
    thread.join()


SIDE_EFFECTS: dict[str, Callable[[], Any]] = {
    "changing the working directory": leave,
    "printing": write_to_stdout,
    "replacing stdout by nothing": close_stdout,
    "seeding the global generators": reseed,
    "a thread that exits": fail_in_a_thread,
    "warnings": lambda: warnings.warn("deprecated", DeprecationWarning, stacklevel=1),
    "warnings of overflow": lambda: np.float32(1e30) * np.float32(1e30),
    "ignoring SIGTERM": lambda: signal.signal(signal.SIGTERM, signal.SIG_IGN),
    "disabling the garbage collector": gc.disable,
    "collecting garbage": lambda: gc.collect(0),
    "another locale": lambda: locale.setlocale(locale.LC_ALL, "C"),
    "another number of threads": lambda: torch.set_num_threads(2),
    "drawing from torch": lambda: torch.randn(3).sum(),
    "another print format": lambda: np.set_printoptions(precision=1),
    "environment variables": lambda: os.environ.update(RLZOO_HOSTILE="1"),
    "umask": lambda: os.umask(0o022),
    "recursion limit": lambda: sys.setrecursionlimit(2_000),
    "an emptied argv": lambda: sys.argv.__setitem__(slice(1, None), []),
}
GOOD: dict[str, Callable[[tuple[Any, ...]], Any]] = {
    "a list of results": list,
    "flags as 0 and 1": lambda result: (*result[:2], int(result[2]), int(result[3]), result[4]),
    "flags as NumPy bools": lambda result: (*result[:2], np.bool_(result[2]), np.bool_(result[3]), result[4]),
    "a reward as an array": lambda result: (result[0], np.float64(result[1]), *result[2:]),
    "an observation as a list": lambda result: (result[0].tolist(), *result[1:]),
    "an observation in float64": lambda result: (result[0].astype(np.float64), *result[1:]),
    "an observation as a tensor": lambda result: (torch.from_numpy(result[0].copy()), *result[1:]),
    "an observation that is read-only": lambda result: (np.broadcast_to(np.float32(0), 2), *result[1:]),
    "info without content": lambda result: (*result[:4], None),
}


def kinds() -> dict[str, Kind]:
    """All kinds by name."""
    found: dict[str, Kind] = {"good": Kind("work", at="never")}
    for name, act in ERRORS.items():
        found[f"{name} in make"] = Kind("be refused", at="make", act=act)
        found[f"{name} in reset"] = Kind("fail", at="reset", act=act)
        found[f"{name} in step"] = Kind("fail", act=act)
        found[f"{name} in close"] = Kind("work", at="close", act=act)
    for name, (space, good, bad) in OBSERVATIONS.items():
        found[f"observation: {name} in reset"] = Kind("fail", space, good, bad_observation=bad, at="reset")
        found[f"observation: {name} in step"] = Kind("fail", space, good, bad_observation=bad, at="step")
    return found | _returned() | _harmless()


def _returned() -> dict[str, Kind]:
    """Kinds that return what they should not, besides observations."""
    rewards = {f"reward: {name}": Kind("fail", change=_replacing(1, reward)) for name, reward in REWARDS.items()}
    ends = {f"terminated: {name}": Kind("fail", change=_replacing(2, flag)) for name, flag in FLAGS.items()}
    cuts = {f"truncated: {name}": Kind("fail", change=_replacing(3, flag)) for name, flag in FLAGS.items()}
    resets = {f"{name} from reset": Kind("fail", at="reset", change=change) for name, change in RETURNS.items()}
    steps = {f"{name} from step": Kind("fail", change=change) for name, change in RETURNS.items()}
    spaces = {
        f"spaces: {name}": Kind("be refused", space, action_space=actions, at="never")
        for name, (space, actions) in SPACES.items()
    }
    masks = {
        f"mask: {name}": Kind("fail", at="reset", change=_replacing(1, {"action_mask": mask}))
        for name, mask in MASKS.items()
    }
    return rewards | ends | cuts | resets | steps | spaces | masks


def _harmless() -> dict[str, Kind]:
    """Kinds that must not change the results."""
    effects = {f"side effect: {name}": Kind("work", act=act) for name, act in SIDE_EFFECTS.items()}
    return effects | {f"allowed: {name}": Kind("work", change=change) for name, change in GOOD.items()}


def _replacing(place: int, value: Any) -> Callable[[tuple[Any, ...]], Any]:
    return lambda result: (*result[:place], value, *result[place + 1 :])


KINDS = kinds()
gymnasium.register(ID, Hostile)
