import subprocess
import sys


def test_python_m_rlzoo_is_the_command() -> None:
    done = subprocess.run([sys.executable, "-m", "rlzoo", "run", "dqm"], capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert done.stderr.startswith("rlzoo: error: unknown algorithm `dqm`. Did you mean `dqn`?")
