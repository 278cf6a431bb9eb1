"""Rainbow, Beyond the Rainbow, and their ablations, each without one of the parts."""

from collections.abc import Iterable, Mapping
from importlib.util import find_spec

from rlzoo import Algorithm, hookimpl
from rlzoo_rainbow.btr import ALGORITHMS
from rlzoo_rainbow.papers import HESSEL_2018

SIBLINGS = ("rlzoo-distributional", "rlzoo-exploration", "rlzoo-replay")


def require(packages: Iterable[str]) -> None:
    """Raise ImportError, with the command that installs them, if any of these packages is missing."""
    missing = [name for name in packages if find_spec(name.replace("-", "_")) is None]
    if missing:
        commands = " ".join(f"plugins/{name}" for name in missing)
        raise ImportError(f"it needs {', '.join(missing)}; in a checkout, run `pip install {commands}`")


require(SIBLINGS)

NOISY = {"network": "noisy-mlp", "exploration": "greedy"}
ATOMS = {"objective.atoms": 101, "objective.v_min": -100.0, "objective.v_max": 100.0}

RAINBOW = Algorithm(
    "Rainbow: double, dueling, noisy, categorical DQN with prioritized replay and three-step returns",
    like="dqn",
    components={"buffer": "prioritized", "objective": "c51", **NOISY},
    settings={
        "train.n_step": 3,
        "buffer.alpha": 0.5,
        "network.dueling": True,
        "objective.double": True,
        **ATOMS,
        "optimizer.eps": 0.01 / 128,  # as for `c51`, for which 1e-8 is too small
    },
    reference=HESSEL_2018,
)


def without(part: str, components: Mapping[str, str] | None = None, **settings: object) -> Algorithm:
    """Rainbow without one of its parts; a double underscore in the names of `settings` stands for a dot."""
    changed = {name.replace("__", "."): value for name, value in settings.items()}
    return Algorithm(f"Rainbow without {part}", "rainbow", None, components or {}, changed, HESSEL_2018)


@hookimpl
def rlzoo_q_networks() -> Mapping[str, str]:
    """Add the network of Beyond the Rainbow."""
    return {"btr": "rlzoo_rainbow.network:BTRNetwork"}


@hookimpl
def rlzoo_algorithms() -> Mapping[str, Algorithm]:
    """Add Rainbow, Beyond the Rainbow, and their ablations."""
    return {
        **ALGORITHMS,
        "rainbow": RAINBOW,
        "rainbow-no-priority": without("prioritized replay", {"buffer": "uniform"}),
        "rainbow-no-n-step": without("multi-step returns", train__n_step=1),
        "rainbow-no-distribution": without("distributional learning", {"objective": "double"}),
        "rainbow-no-double": without("double Q-learning", objective__double=False),
        "rainbow-no-dueling": without("the dueling architecture", network__dueling=False),
        "rainbow-no-noise": without(
            "noisy networks", {"network": "mlp", "exploration": "epsilon-greedy"}, network__dueling=True
        ),
    }
