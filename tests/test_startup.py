import subprocess
import sys

import pytest

HEAVY = {"torch", "gymnasium", "numpy", "pandas", "matplotlib", "scipy"}
CHILD = """
import sys
from rlzoo.cli import main
main(sys.argv[1:])
print("IMPORTED", *sys.modules)
"""


@pytest.mark.parametrize("arguments", [["--help"], ["plugins"], ["run", "--help"], ["list", "--help"], ["show", "x"]])
def test_asking_for_help_imports_nothing_heavy(arguments: list[str]) -> None:
    done = subprocess.run([sys.executable, "-c", CHILD, *arguments], capture_output=True, text=True, check=True)
    imported = done.stdout.rpartition("IMPORTED")[2].split()
    assert "rlzoo.catalog" in imported
    assert not HEAVY & set(imported)


def test_importing_rlzoo_imports_nothing_heavy() -> None:
    code = "import sys, rlzoo; rlzoo.Algorithm, rlzoo.hookimpl, rlzoo.__version__; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert not HEAVY & set(done.stdout.split())
