"""The kill campaign: runs and studies that are killed at random moments, and resumed until they are finished.

    nice -n 19 python tests/hostile/kills.py --kills 200

Every result must have the bytes of one that was never stopped: tables, weights and counts. The campaign prints what was
killed, and how often; its exit code is 1 if a result differs.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import signal
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import cache, partial
from itertools import cycle
from pathlib import Path
from random import Random

from rlzoo.cli import main
from rlzoo.results.run_folder import RunFolder

SMALL = ["--set", "train.learning_starts=200", "--set", "network.hidden=16,16", "--set", "train.log_every=300"]
RUN = ["--seeds", "3", "--steps", "4k", "--eval-every", "2k", "--checkpoint-every", "300", "--quiet", *SMALL]
STUDY = ["--seeds", "3", "--steps", "3k", "--checkpoint-every", "200", "--quiet", *SMALL]
CASES: Mapping[str, Sequence[str]] = {
    "run, one worker": ["run", "dqn", *RUN, "--workers", "1"],
    "run, two workers": ["run", "dqn", *RUN, "--workers", "2"],
    "run, replayed environments": ["run", "dqn", *RUN, "--set", "environment.engine=gymnasium", "--workers", "1"],
    "run, prioritized": ["run", "prioritized-dqn", *RUN, "--set", "train.n_step=3", "--workers", "2"],
    "study, one worker": ["ablate", "dqn", "--vary", "target=hard,none", *STUDY, "--workers", "1"],
    "study, two workers": ["ablate", "dqn", "--vary", "optimizer.lr=1e-3,1e-4", *STUDY, "--workers", "2"],
}
SIGNALS = {"killed": signal.SIGKILL, "a worker killed": signal.SIGKILL, "terminated": signal.SIGTERM}
MOST_RESUMPTIONS = 12
"""Of one case, so that a campaign that makes no progress ends."""
MOST_SECONDS = 120.0
"""For one process, which takes a few seconds; one that takes longer hangs."""


@dataclass(frozen=True)
class Case:
    """What is run, where the result that was never stopped is, and how long that took."""

    name: str
    whole: Path
    seconds: float

    def command(self, folder: Path) -> list[str]:
        """The arguments that begin the case in a folder, or continue it."""
        if self.name.startswith("run") and (folder / "manifest.json").exists():
            return ["resume", str(folder), "--quiet", *CASES[self.name][-2:]]
        return [*CASES[self.name], "--out", str(folder)]


def run_campaign(folder: Path, kills: int, seed: int) -> tuple[Counter[str], list[str]]:
    """Kill until `kills` are counted; returns how often what was killed, and the cases whose result differed."""
    rng, counted, broken = Random(seed), Counter[str](), list[str]()
    whole = cache(partial(_whole, folder))
    for number, name in enumerate(cycle(CASES)):
        if counted.total() >= kills:
            break
        case, place = whole(name), folder / f"case-{number}"
        _finish_despite_kills(case, place, rng, counted)
        if _content(place) != _content(case.whole):
            broken.append(f"{case.name} in {place}")
        else:
            shutil.rmtree(place)
        print(f"{counted.total()} kills, {len(broken)} results that differ", file=sys.stderr, flush=True)
    return counted, broken


def _whole(folder: Path, name: str) -> Case:
    """The case, after running it without interruption."""
    place, began = folder / name.replace(", ", "-").replace(" ", "-"), time.monotonic()
    code = _Process([*CASES[name], "--out", str(place)], _log(place)).wait()
    assert code == 0, f"{name} ended with {code}"
    return Case(name, place, time.monotonic() - began)


def _finish_despite_kills(case: Case, place: Path, rng: Random, counted: Counter[str]) -> None:
    """Run the case, kill it up to three times, and resume it until it is finished."""
    left = rng.randint(1, 3)
    for _ in range(MOST_RESUMPTIONS):
        how = rng.choice(list(SIGNALS)) if left else None
        process = _Process(case.command(place), _log(place))
        if how is not None and process.kill(how, rng.uniform(0, case.seconds)):
            counted[f"{case.name}: {how}"] += 1
            left -= 1
        process.wait()
        if _is_over(place):
            return
    raise AssertionError(f"{case.name} in {place} does not end: {_log(place).read_text()}")


def _log(place: Path) -> Path:
    """What the last process of a case printed."""
    return place.with_name(f"{place.name}.log")


def _is_over(place: Path) -> bool:
    if (place / "study.json").exists():
        return (place / "report.html").exists()
    return (place / "manifest.json").exists() and RunFolder(place).status == "finished"


class _Process:
    """A command that runs in its own process group."""

    def __init__(self, arguments: Sequence[str], log: Path) -> None:
        self.code: int | None = None
        self.log = log
        self.number = os.fork()  # this process has imported everything already
        if not self.number:
            os.setsid()
            output = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
            os.dup2(output, 1)
            os.dup2(output, 2)
            os._exit(main(list(arguments)))

    def kill(self, how: str, seconds: float) -> bool:
        """Kill the group, or one worker, after some time; whether there was anything to kill."""
        time.sleep(seconds)
        if self._is_over():
            return False
        if how == "killed":
            os.killpg(self.number, signal.SIGKILL)
            return True
        targets = _workers(self.number) if how == "a worker killed" else [self.number]
        for target in targets[-1:]:
            os.kill(target, SIGNALS[how])
        return bool(targets)

    def wait(self) -> int:
        """Wait for the end, and for that of all workers; returns the exit code."""
        latest = time.monotonic() + MOST_SECONDS
        while not self._is_over() and time.monotonic() < latest:
            time.sleep(0.01)
        with suppress(ProcessLookupError):  # workers, if the process that started them was killed
            os.killpg(self.number, signal.SIGKILL)
        assert self.code is not None, f"a process hangs: {self.log.read_text()}"
        return self.code

    def _is_over(self) -> bool:
        if self.code is None:
            number, status = os.waitpid(self.number, os.WNOHANG)
            self.code = os.waitstatus_to_exitcode(status) if number else None
        return self.code is not None


def _workers(process: int) -> list[int]:
    """The processes that train for a process: children of the server that it started."""
    return [child for server in _children(process) for child in _children(server)]


def _children(process: int) -> list[int]:
    try:
        return list(map(int, Path(f"/proc/{process}/task/{process}/children").read_text().split()))
    except OSError:
        return []


def _content(place: Path) -> dict[str, object]:
    """All tables, weights and counts, by cell, environment and seed: studies may split seeds otherwise."""
    found: dict[str, object] = {}
    for manifest in sorted(place.rglob("manifest.json")):
        run = manifest.parent
        where = str(run.relative_to(place).parent)  # of a study, the cell and the environment
        for seed, counts in json.loads(manifest.read_bytes())["counts"].items():
            rows = [
                line
                for table in sorted(run.glob("*.csv"))
                for line in table.read_text().splitlines()
                if line.partition(",")[0] in (seed, "seed")
            ]
            weights = (run / "weights" / f"seed-{seed}.safetensors").read_bytes()
            found[f"{where}/{seed}"] = (counts, rows, weights)
    return found


def run(kills: int, seed: int) -> int:
    """Run the campaign in a temporary folder, print its counts, and return the exit code."""
    import rlzoo.resuming
    import rlzoo.studies.ablate  # noqa: F401

    with tempfile.TemporaryDirectory() as folder:
        counted, broken = run_campaign(Path(folder), kills, seed)
    for name, count in sorted(counted.items()):
        print(f"{count:5} {name}")
    print(f"{counted.total()} kills, {len(broken)} results that differ")
    print("\n".join(broken), end="\n" if broken else "")
    return 1 if broken else 0


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kills", type=int, default=200)
    parser.add_argument("--seed", type=int, default=0)
    given = parser.parse_args()
    sys.exit(run(given.kills, given.seed))
