"""What is named can be imported, and is imported only when it is picked."""

from __future__ import annotations

import os
import subprocess
import sys

import torch

from rlzoo.contracts.errors import BadInput
from rlzoo.registry.plugins import BUILT_IN
from rlzoo.testing.case import SEEDS, Case
from rlzoo.testing.verdict import Broken, demand
from rlzoo.training.runner import Runner

HEAVY = ("torch", "numpy", "gymnasium", "pandas", "matplotlib", "scipy")
"""What `rlzoo --help` never imports: it would take seconds."""
HELP = """
import sys
from rlzoo.cli import main
code = main(sys.argv[1:])
print("IMPORTED", *sys.modules)
sys.exit(code)
"""


def check_found(case: Case) -> None:
    """The name leads to what it should, and no other plugin claims it."""
    family, _, id_ = case.name.partition("/")
    known = case.slot == "environment" and not (id_ and family in case.catalog.names("environment"))
    name = ("gymnasium" if known else family) if case.slot == "environment" else case.name
    case.catalog.get(case.slot, name)


def check_fits(case: Case) -> None:
    """The name leads to what it should, and a small run can be built with it."""
    check_found(case)
    known = case.slot != "environment" or case.name not in case.catalog.names("environment")
    demand(known, f'which id to try is not known: give the class `trials = ({{"env": "{case.name}/ID"}},)`')
    try:
        Runner(case.composition(), SEEDS[:1], torch.device("cpu")).close()
    except BadInput as error:
        raise Broken(f"no small run takes it: {error} (`trials` may say what it goes with)") from error


def check_command(case: Case) -> None:
    """`rlzoo COMMAND --help` works, and imports nothing heavy."""
    _helped(case, case.catalog.get("command", case.name).plugin, [case.name])


def check_lazy(case: Case) -> None:
    """To find the plugin's hooks, nothing heavy is imported."""
    _helped(case, case.name, [])


def _helped(case: Case, plugin: str, arguments: list[str]) -> None:
    """Ask for help in a process of its own, with no other plugin."""
    others = {record.name.partition(":")[0] for record in case.catalog.records} - {plugin.partition(":")[0], BUILT_IN}
    blocked = [f"--no-plugin={name}" for name in sorted(others) if name != "rlzoo-testing"]
    done = subprocess.run(
        [sys.executable, "-c", HELP, *blocked, *arguments, "--help"],
        env={**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
        capture_output=True,
        text=True,
    )
    asked = " ".join(["rlzoo", *arguments, "--help"])
    demand(done.returncode == 0, f"`{asked}` failed: {(done.stderr.strip().splitlines() or ['it says nothing'])[-1]}")
    heavy = sorted(set(HEAVY) & set(done.stdout.rpartition("IMPORTED")[2].split()))
    demand(not heavy, f"`{asked}` imports {', '.join(heavy)}")
