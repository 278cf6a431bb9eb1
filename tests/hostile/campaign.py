"""The hostile campaign: fuzzed command lines, faulty environments and damaged folders.

    nice -n 19 python tests/hostile/campaign.py --command-lines 5000 --damages 1000

Everything is drawn from `--seed`. It prints what became of each part, and every case that broke the promise of
docs/reliability.md; then its exit code is 1.
"""

from __future__ import annotations

import argparse
import gc
import io
import json
import logging
import os
import resource
import signal
import sys
import tempfile
import time
import warnings
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from pathlib import Path
from random import Random
from typing import Any

import numpy as np
import torch

if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).parents[1]))

from hostile import faulty_environments
from hostile.command_lines import draw
from hostile.damage import copy, damage
from rlzoo.api import train
from rlzoo.cli import main
from rlzoo.contracts.errors import BadInput, RunFailed
from rlzoo.registry.catalog import open_catalog
from rlzoo.studies.ablate import ablate

SECONDS = 120
"""Within which every case must end, also on a busy machine."""
MEMORY = 12 * 2**30
"""Bytes of address space; more is refused, as on a machine of that size."""
REFUSED = ("refused", "no folder")
EXPECTED = {"work": [("worked", "finished")], "fail": [("failed", "failed"), REFUSED], "be refused": [REFUSED]}
"""What an environment must lead to, as outcome and status in the manifest. A failure may show before the run."""
SMALL = {"train.learning_starts": 10, "train.batch_size": 4}


class Hanging(KeyboardInterrupt):
    """A case that did not end in time; environments cannot catch it."""


def run_campaign(folder: Path, lines: int, kinds: int | None, damages: int, seed: int) -> dict[str, Counter[str]]:
    """Run all three parts in `folder`, and count what became of each case; broken promises begin with `BROKEN`."""
    cases = [kind for kind in faulty_environments.KINDS if kind != "good"]
    Random(seed).shuffle(cases)
    with _elsewhere(folder):
        _prepare(folder)
        return {
            "faulty environments": _counted(map(_environment(folder), cases[:kinds])),
            "command lines": _counted(_command_line(folder, seed, number) for number in range(lines)),
            "damaged folders": _counted(_damaged(folder, seed, number) for number in range(damages)),
        }


def _counted(outcomes: Iterable[str]) -> Counter[str]:
    """Count the outcomes, and print broken promises and the number of cases as they come."""
    counter: Counter[str] = Counter()
    for number, outcome in enumerate(outcomes, 1):
        counter[outcome] += 1
        if outcome.startswith("BROKEN"):
            print(f"{number}: {outcome}", file=sys.stderr, flush=True)
        if not number % 250:
            print(f"{number} cases", file=sys.stderr, flush=True)
    return counter


def broken(counts: dict[str, Counter[str]]) -> list[str]:
    """The broken promises."""
    return [outcome for counter in counts.values() for outcome in counter if outcome.startswith("BROKEN")]


def _prepare(folder: Path) -> None:
    """A run, a study, a damaged run and a study file for the command lines."""
    train("dqn", steps=60, seeds=2, set=SMALL, out="run")
    ablate("dqn", vary={"target": ["hard", "none"]}, seeds=2, steps=60, set=SMALL, out="study", workers=1, quiet=True)
    (copy(Path("run"), Path("damaged")) / "manifest.json").write_text('{"seeds": [0], "status": "running"}')
    Path("study.toml").write_text('algorithm = "dqn"\nseeds = 2\nsteps = "1k"\n[vary]\ntarget = ["hard", "none"]\n')
    Path("config.toml").write_text('env = "CartPole-v1"\nseeds = 2\n[train]\nsteps = 30\n[target]\nname = "soft"\n')
    Path("file").write_bytes(b"\xff\xfe")
    Path("full").mkdir()
    Path("full/something").touch()


def _command_line(folder: Path, seed: int, number: int) -> str:
    line = draw(seed, number)
    (code, out, err), fault = _watched(lambda: _called(line))
    fault = fault or _complaint(code, out, err, line)
    if not fault and code == 2 and list(folder.glob(f"out-{number}*")):
        fault = "refused, but wrote something"
    return f"BROKEN {fault}: {line!r} {err[-300:]!r}" if fault else f"exit code {code}"


def _damaged(folder: Path, seed: int, number: int) -> str:
    random = Random(f"damage.{seed}.{number}")
    what = random.choice(("run", "study"))
    done = damage(copy(folder / what, folder / "victim"), random)
    command = random.choice(
        (
            ["plot", "victim"],
            ["eval", "victim", "--episodes", "1"],
            ["eval", "victim", "--episodes", "1", "--json"],
            ["resume", "victim", "--steps", "80", "--keep-schedules", "--workers", "1", "-q"],
        )
        if what == "run"
        else (["report", "victim"], ["studies", "."])
    )
    (code, out, err), fault = _watched(lambda: _called(command))
    fault = fault or _complaint(code, out, err, command)
    return f"BROKEN {fault}: {done}, {command} {err[-300:]!r}" if fault else f"exit code {code}"


def _complaint(code: Any, out: str, err: str, line: list[str]) -> str:
    """What is wrong with the end of a command, or ""."""
    if code not in (0, 1, 2):
        return f"exit code {code}"
    if "Traceback" in out + err:
        return "traceback"
    if "shows the traceback" in err:
        return "raw error"
    if any(not (c.isprintable() or c == "\n") for c in err):
        return "control characters"
    errors = err.partition("rlzoo: error: ")[2].splitlines()
    if code == 2 and (not errors or len(errors) > 3):
        return f"{len(errors)} lines of error"
    if code == 0 and "--json" in line and "--help" not in line and out:
        return _json_complaint(out)
    return ""


def _json_complaint(out: str) -> str:
    try:
        json.loads(out)
    except ValueError:
        return "output that is not JSON"
    return ""


def _environment(folder: Path) -> Callable[[str], str]:
    """The judge of one kind of environment, compared with the good one."""
    catalog = open_catalog(no_plugins=True)

    def run(kind: str, name: str) -> bytes:
        env = {"environment.kwargs.kind": kind}
        train("dqn", faulty_environments.ID, steps=40, seeds=2, set=SMALL | env, out=folder / name, catalog=catalog)
        return (folder / name / "episodes.csv").read_bytes()

    good = run("good", "environments-good")

    def judge(kind: str) -> str:
        must, name = faulty_environments.KINDS[kind].must, f"environments-{kind.replace('/', ' ')}"
        with _global_state(folder):
            outcome = _outcome(lambda: run(kind, name), good)
        manifest = folder / name / "manifest.json"
        status = json.loads(manifest.read_text())["status"] if manifest.exists() else "no folder"
        expected = {
            "work": ("worked", "finished"),
            "fail": ("failed", "failed"),
            "be refused": ("refused", "no folder"),
        }
        if (outcome, status) == expected[must] or (must == "fail" and (outcome, status) == ("refused", "no folder")):
            return outcome
        return f"BROKEN {kind} must {must}: {outcome}, {status}"

    return judge


def _outcome(run: Callable[[], bytes], good: bytes) -> str:
    result, fault = _watched(lambda: _tried(run))
    if fault:
        return fault
    if isinstance(result, bytes):
        return "worked" if result == good else "changed the results"
    message = str(result)
    if not isinstance(result, BadInput | RunFailed):
        return f"raw {type(result).__name__}: {message[:200]}"
    if "Any-v0" not in message:
        return f"an error that does not name the environment: {message[:200]}"
    return "refused" if isinstance(result, BadInput) else "failed"


def _tried(run: Callable[[], bytes]) -> Any:
    try:
        with redirect_stdout(io.StringIO()), redirect_stderr(io.StringIO()):
            return run()
    except Hanging:
        raise
    except BaseException as error:
        return error


def _called(line: list[str]) -> tuple[Any, str, str]:
    out, err = io.StringIO(), io.StringIO()
    with redirect_stdout(out), redirect_stderr(err):
        code = main(line)
    return code, out.getvalue(), err.getvalue()


def _watched(act: Callable[[], Any]) -> tuple[Any, str]:
    """The result of `act` and what went wrong, or ""."""
    signal.setitimer(signal.ITIMER_REAL, SECONDS)
    try:
        return act(), ""
    except Hanging:
        return (None, "", ""), f"does not end within {SECONDS} seconds"
    except BaseException as error:
        return (None, "", ""), f"raised {type(error).__name__}: {error}"
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)


@contextmanager
def _global_state(folder: Path) -> Iterator[None]:
    """Undo what an environment did to the process."""
    term, argv, threads, limit = signal.getsignal(signal.SIGTERM), sys.argv[:], torch.get_num_threads(), 0
    limit = sys.getrecursionlimit()
    with warnings.catch_warnings(), np.printoptions(), redirect_stdout(sys.stdout):
        warnings.simplefilter("ignore")
        yield
    signal.signal(signal.SIGTERM, term)
    sys.argv[:] = argv
    torch.set_num_threads(threads)
    sys.setrecursionlimit(limit)
    gc.enable()
    os.chdir(folder)


@contextmanager
def _elsewhere(folder: Path) -> Iterator[None]:
    """Work in `folder`, which is also the home folder, with bounds on time and memory."""
    before, home, limit = Path.cwd(), os.environ.get("HOME", ""), resource.getrlimit(resource.RLIMIT_AS)
    handler = signal.signal(signal.SIGALRM, _interrupt)
    level = logging.getLogger("rlzoo").level
    os.chdir(folder)
    os.environ["HOME"] = str(folder)
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, limit[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_AS, limit)
        os.chdir(before)
        os.environ["HOME"] = home
        signal.signal(signal.SIGALRM, handler)
        logging.getLogger("rlzoo").setLevel(level)


def _interrupt(*_: Any) -> None:
    raise Hanging


def _parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--command-lines", type=int, default=5_000)
    parser.add_argument("--environments", type=int, default=None, help="kinds of environments; by default, all")
    parser.add_argument("--damages", type=int, default=1_000)
    parser.add_argument("--seed", type=int, default=0)
    return parser.parse_args()


def _print(counts: dict[str, Counter[str]], seconds: float) -> None:
    for part, counter in counts.items():
        kept = {outcome: count for outcome, count in counter.items() if not outcome.startswith("BROKEN")}
        summary = ", ".join(f"{count:,} {outcome}" for outcome, count in sorted(kept.items()))
        faults = sum(counter.values()) - sum(kept.values())
        print(f"{sum(counter.values()):,} {part}: {summary}; {faults} broken promises")
    print(f"in {seconds:,.0f} s")
    print("\n".join(broken(counts)))


if __name__ == "__main__":
    options, began = _parse(), time.monotonic()
    with tempfile.TemporaryDirectory() as place:
        work = Path(place, "a", "b", "c")  # so that `../..` is inside, too
        work.mkdir(parents=True)
        found = run_campaign(work, options.command_lines, options.environments, options.damages, options.seed)
    _print(found, time.monotonic() - began)
    sys.exit(bool(broken(found)))
