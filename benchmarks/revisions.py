"""Speed of the working tree beside that of an earlier revision: the training loop and updates, on one core.

The package and the plugins of the revision are extracted to a temporary folder; both use the installed packages.

    python benchmarks/revisions.py HEAD~20 --rounds 5
"""

from __future__ import annotations

import argparse
import os
import subprocess
import tempfile
from pathlib import Path

import lower_bound
from measuring import HERE, Rounds, alternate, processor, rate, ratios, row, spread, table
from updates import ALGORITHMS

UNTIL = {"dqn": 6_000, "dqn-minatar": 1_500}
"""Steps per seed, after 1,000 without updates."""
UPDATES = 100
TABULAR = {"q-learning": "FrozenLake-v1", "sarsa": "CliffWalking-v1"}
ROOT = HERE.parent


def extract(revision: str, folder: Path) -> None:
    """Write the packages of a revision to a folder."""
    archive = subprocess.run(
        ["git", "-C", ROOT, "archive", revision, "rlzoo", "plugins"], check=True, stdout=subprocess.PIPE
    )
    subprocess.run(["tar", "-x", "-C", folder], input=archive.stdout, check=True)


def packages(root: Path) -> dict[str, str]:
    """The variable by which Python finds the packages below a root."""
    return {"PYTHONPATH": os.pathsep.join([str(root), *map(str, sorted(root.glob("plugins/*")))])}


def training(case: lower_bound.Case) -> list[str]:
    """The job that trains a case."""
    settings = case.settings | {"train.steps": UNTIL[case.algorithm]}
    pairs = [f"{name}={value}" for name, value in settings.items()]
    seeds = map(str, range(case.lanes))
    return ["timed_training.py", case.algorithm, case.environment, "--seeds", *seeds, "--set", *pairs, "--clock", "cpu"]


def tabular(algorithm: str, environment: str) -> list[str]:
    """The job that trains a table in ten lanes."""
    seeds, settings = map(str, range(10)), ["train.steps=5_000", "train.log_every=1_000"]
    return ["timed_training.py", algorithm, environment, "--seeds", *seeds, "--set", *settings, "--clock", "cpu"]


def compare(job: list[str], roots: dict[str, dict[str, str]], rounds: int) -> Rounds:
    """The rates of a job with the packages of each root."""
    return alternate({when: lambda root=root: rate(job, environment=root) for when, root in roots.items()}, rounds)


def main() -> None:
    """Print a row for each case and each algorithm's update."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("revision")
    parser.add_argument("only", nargs="*", help="words that a row's name contains; by default, all rows")
    parser.add_argument("--rounds", type=int, default=5)
    arguments = parser.parse_args()
    jobs = {case.name: training(case) for case in lower_bound.CASES}
    updates = {name: ["updates.py", name, "--lanes", "10", "--span", str(UPDATES)] for name in ALGORITHMS}
    jobs |= {f"{name}, {env}, 10 lanes": tabular(name, env) for name, env in TABULAR.items()}
    jobs |= {f"updates of {name}, 10 lanes": job for name, job in updates.items()}
    print(f"Steps or updates per second of the processor, one core; {processor()}\n")
    table("", arguments.revision, "now", "ratio")
    with tempfile.TemporaryDirectory() as folder:
        extract(arguments.revision, Path(folder))
        roots = {"before": packages(Path(folder)), "now": packages(ROOT)}
        for name, job in jobs.items():
            if any(word in name for word in arguments.only or [""]):
                it = compare(job, roots, arguments.rounds)
                row(name, spread(it["before"]), spread(it["now"]), spread(ratios(it["now"], it["before"])))


if __name__ == "__main__":
    main()
