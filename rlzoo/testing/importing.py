"""Registered names can be imported, and are imported only when used."""

from __future__ import annotations

import os
import subprocess
import sys

import torch

from rlzoo.contracts.errors import BadInput
from rlzoo.registry.plugins import BUILT_IN
from rlzoo.testing.case import SEEDS, Case
from rlzoo.testing.verdict import RuleBroken, require
from rlzoo.training.runner import Runner

HEAVY = ("torch", "numpy", "gymnasium", "pandas", "matplotlib", "scipy")
"""Modules that `rlzoo --help` must not import, since they take seconds."""
HELP = """
import sys
from rlzoo.cli import main
code = main(sys.argv[1:])
print("IMPORTED", *sys.modules)
sys.exit(code)
"""


def check_found(case: Case) -> None:
    """The name resolves to a component, and no other plugin registers it."""
    family, _, id_ = case.name.partition("/")
    known = case.slot == "environment" and not (id_ and family in case.catalog.names("environment"))
    name = ("gymnasium" if known else family) if case.slot == "environment" else case.name
    case.catalog.get(case.slot, name)


def check_fits(case: Case) -> None:
    """The name resolves to a component, and a small run can be built with it."""
    check_found(case)
    known = case.slot != "environment" or case.name not in case.catalog.names("environment")
    require(known, f'no environment id to check: add `trials = ({{"env": "{case.name}/ID"}},)` to the class')
    try:
        Runner(case.composition(), SEEDS[:1], torch.device("cpu")).close()
    except BadInput as error:
        raise RuleBroken(f"no small run can be built: {error} (declare suitable settings in `trials`)") from error


def check_command(case: Case) -> None:
    """`rlzoo COMMAND --help` works, and imports nothing heavy."""
    _run_help(case, case.catalog.get("command", case.name).plugin, [case.name])


def check_lazy(case: Case) -> None:
    """Loading the plugin's hooks imports nothing heavy."""
    _run_help(case, case.name, [])


def _run_help(case: Case, plugin: str, arguments: list[str]) -> None:
    """Run `--help` in a separate process, without other plugins."""
    others = {record.name.partition(":")[0] for record in case.catalog.records} - {plugin.partition(":")[0], BUILT_IN}
    blocked = [f"--no-plugin={name}" for name in sorted(others) if name != "rlzoo-testing"]
    done = subprocess.run(
        [sys.executable, "-c", HELP, *blocked, *arguments, "--help"],
        env={**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
        capture_output=True,
        text=True,
    )
    command = " ".join(["rlzoo", *arguments, "--help"])
    require(
        done.returncode == 0, f"`{command}` failed: {(done.stderr.strip().splitlines() or ['no error message'])[-1]}"
    )
    heavy = sorted(set(HEAVY) & set(done.stdout.rpartition("IMPORTED")[2].split()))
    require(not heavy, f"`{command}` imports {', '.join(heavy)}")
