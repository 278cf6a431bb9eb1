"""Rainbow: six improvements of DQN together, and together but for one."""

from collections.abc import Iterable, Mapping
from importlib.util import find_spec

from rlzoo import Algorithm, hookimpl

SIBLINGS = ("rlzoo-distributional", "rlzoo-exploration", "rlzoo-replay")


def require(packages: Iterable[str]) -> None:
    """Raise ImportError, saying how to get them, where some of the packages that hold the parts are missing."""
    missing = [name for name in packages if find_spec(name.replace("-", "_")) is None]
    if missing:
        commands = " ".join(f"plugins/{name}" for name in missing)
        raise ImportError(f"its parts are in {', '.join(missing)}; in a checkout, `pip install {commands}`")


require(SIBLINGS)

PAPER = "Hessel et al., Rainbow: combining improvements in deep reinforcement learning, AAAI (2018)"
NOISY = {"network": "noisy-mlp", "exploration": "greedy"}
ATOMS = {"objective.atoms": 101, "objective.v_min": -100.0, "objective.v_max": 100.0}

RAINBOW = Algorithm(
    "DQN with prioritized replay, three-step returns, distributions, double, dueling and noisy networks",
    like="dqn",
    components={"buffer": "prioritized", "objective": "c51", **NOISY},
    settings={
        "train.n_step": 3,
        "buffer.alpha": 0.5,
        "network.dueling": True,
        "objective.double": True,
        **ATOMS,
        "optimizer.eps": 0.01 / 128,  # c51's, for which 1e-8 is too small
    },
    reference=PAPER,
)


def without(part: str, components: Mapping[str, str] | None = None, **settings: object) -> Algorithm:
    """Rainbow but for one of its parts; in `settings` a double underscore stands for the point."""
    changed = {name.replace("__", "."): value for name, value in settings.items()}
    return Algorithm(f"Rainbow without {part}", "rainbow", None, components or {}, changed, PAPER)


@hookimpl
def rlzoo_algorithms() -> Mapping[str, Algorithm]:
    """Add Rainbow and its ablations."""
    return {
        "rainbow": RAINBOW,
        "rainbow-no-priority": without("prioritized replay", {"buffer": "uniform"}),
        "rainbow-no-n-step": without("steps summed up", train__n_step=1),
        "rainbow-no-distribution": without("distributions", {"objective": "double"}),
        "rainbow-no-double": without("double Q-learning", objective__double=False),
        "rainbow-no-dueling": without("dueling streams", network__dueling=False),
        "rainbow-no-noise": without(
            "noisy networks", {"network": "mlp", "exploration": "epsilon-greedy"}, network__dueling=True
        ),
    }
