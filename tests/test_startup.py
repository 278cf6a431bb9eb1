import gc
import subprocess
import sys
from pathlib import Path

import pytest

HEAVY = {"torch", "gymnasium", "numpy", "pandas", "matplotlib", "scipy"}
CHILD = """
import sys
from rlzoo.cli import main
main(sys.argv[1:])
print("IMPORTED", *sys.modules)
"""


@pytest.mark.slow
@pytest.mark.parametrize(
    "arguments",
    [
        ["--help"],
        ["plugins"],
        ["run", "--help"],
        ["list"],
        ["list", "--json"],
        ["show", "x"],
        ["show", "rainbow"],
        ["show", "targets"],
        ["show", "soft", "--json"],
        ["run", "dqn", "--set", "gama=1"],
        ["run", "dqn", "--set", "target.perod=5"],
        ["run", "dqn", "--observer", "tensorbord"],
        ["run", "dqn", "--lr", "0.1"],
        ["run", "dqm"],
        ["explain", "dqm"],
        ["run", "dqn", "--target", "hrd"],
        ["ablate", "dqm", "--vary", "target=hard,none"],
    ],
)
def test_asking_for_help_and_typos_import_nothing_heavy(arguments: list[str]) -> None:
    done = subprocess.run([sys.executable, "-c", CHILD, *arguments], capture_output=True, text=True, check=True)
    imported = done.stdout.rpartition("IMPORTED")[2].split()
    assert "rlzoo.registry.catalog" in imported
    assert not HEAVY & set(imported)


@pytest.mark.slow
@pytest.mark.parametrize("optimizer", ["adam", "rmsprop", "sgd"])
def test_training_does_not_import_the_compiler_of_torch(optimizer: str, tmp_path: Path) -> None:
    run = ["run", "dqn", "--optimizer", optimizer, "--steps", "40", "--set", "train.learning_starts=20"]
    arguments = [*run, "--set", "train.batch_size=4", "--workers", "1", "--quiet", "--out", str(tmp_path / "run")]
    done = subprocess.run([sys.executable, "-c", CHILD, *arguments], capture_output=True, text=True, check=True)
    imported = done.stdout.rpartition("IMPORTED")[2].split()
    assert "torch.optim" in imported
    assert "torch._dynamo" not in imported  # a second and more of every start


def test_importing_rlzoo_imports_nothing_heavy() -> None:
    code = "import sys, rlzoo; rlzoo.Algorithm, rlzoo.hookimpl, rlzoo.__version__; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert not HEAVY & set(done.stdout.split())


def test_a_command_line_collects_less_garbage() -> None:
    code = "import gc, sys; from rlzoo.cli import main; {}; print(gc.get_threshold()[0], gc.isenabled())"
    process = "sys.argv = ['rlzoo', '--version']; main()"
    for call, threshold in ((process, 100_000), ("main(['--version'])", gc.get_threshold()[0])):
        done = subprocess.run([sys.executable, "-c", code.format(call)], capture_output=True, text=True, check=True)
        assert done.stdout.splitlines()[-1] == f"{threshold} True"
