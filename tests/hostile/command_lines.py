"""Command lines of rlzoo with mistakes in them, drawn from a seed."""

from __future__ import annotations

from collections.abc import Sequence
from random import Random

WORDS = (
    *("", " ", "-", "--", "=", "a=b", ".", "..", "a.b=c", ",", ",,", ":", "::", "os:path", "nowhere:Env-v0"),
    *(
        "0",
        "-1",
        "1",
        "2",
        "3.5",
        "-0",
        "1e3",
        "1e400",
        "-1e400",
        "1e-320",
        "nan",
        "inf",
        "-inf",
        "1_0",
        "1k",
        "2M",
        "0x10",
    ),
    *("9" * 25, "1000000000000", "٣", "½", "१२", "none", "null", "true", "False", "[]", "[1,2", "{}", '{"a": 1}', "()"),
    *("[" * 3000, '{"a":' * 3000, "a" * 5000, "é", "𝕏", "\x1b[31m", "\r", "\n", "\t", "a\nb", "\udcff", "\udcff\udcfe"),
    *("~", "~no-such-user/x", "/dev/null", "/dev/full", "/proc/none/x", "file", "file/below", "full", "x" * 300),
    *(
        "CartPole-v1",
        "FrozenLake-v1",
        "CartPol-v1",
        "Nowhere-v0",
        "ALE/Pong-v5",
        "atari/",
        "minatar/breakout",
        "/",
        "//",
    ),
    *("dqn", "DQN", "dqm", "hard", "soft", "uniform", "mlp", "table", "adam", "sgd", "run", "q-learning", "greedy"),
)
"""Values that are wrong almost everywhere, and right values in the wrong place."""
SETTINGS = (
    *("train.steps", "train.envs", "train.batch_size", "train.n_step", "train.learning_starts", "train.update_every"),
    *(
        "train.update_unit",
        "train.log_every",
        "early-stopping.at",
        "train.eval_episodes",
        "buffer.capacity",
        "network.hidden",
    ),
    *("network.activation", "exploration.start", "exploration.fraction", "exploration.schedule", "exploration.decay"),
    *("target.period", "target.tau", "objective.gamma", "optimizer.lr", "optimizer.eps", "environment.id"),
    *("environment.max_episode_steps", "environment.kwargs", "environment.kwargs.x", "environment.wrappers"),
    *("environment.masks", "environment.flatten", "progress.seconds", "plot.seconds", "tensorboard.folder", "tagret.x"),
)
RUN = ("--steps", "30", "--workers", "1", "--set", "train.learning_starts=10", "--set", "train.batch_size=4")
TUNE = ("--trials", "2", "--seeds", "1", "--test-seeds", "1")
SLOTS = ("buffer", "network", "exploration", "target", "objective", "optimizer", "intervention")
TEMPLATES: tuple[tuple[str, ...], ...] = (
    ("run", "dqn", *RUN, "--out", "OUT"),
    ("run", "double-dqn", *RUN, "--out", "OUT", "--json", "--seeds", "2"),
    ("run", "q-learning", "--env", "FrozenLake-v1", *RUN[:4], "--out", "OUT", "-q"),
    ("run", "dqn", "--env", "CartPole-v1", "--seed", "3", "--seed", "5", *RUN, "--envs", "2", "--out", "OUT"),
    ("run", "dqn", *RUN, "--target", "soft", "--set", "target.tau=0.1", "--network", "linear", "--out", "OUT", "-q"),
    ("run", "dqn", *RUN, "--eval-every", "20", "--stop-at", "400", "--device", "cpu", "--out", "OUT", "--json"),
    ("run", "dqn", "--env", "Acrobot-v1", "--preset", "rl-zoo3", *RUN, "--out", "OUT"),
    ("run", "--config", "run/manifest.json", "--steps", "30", "--workers", "1", "--out", "OUT"),
    ("run", "dqn", "--config", "config.toml", *RUN, "--out", "OUT", "-q"),
    ("tune", "dqn", "--search", "optimizer.lr=1e-4..1e-2:log", *RUN, *TUNE, "--out", "OUT"),
    ("tune", "dqn", "--search", "network.hidden=8;8,8", "--search", "target=hard;none", *RUN, *TUNE, "--out", "OUT"),
    ("show", "dqn", "--env", "CartPole-v1", "--preset", "rl-zoo3", "--toml"),
    ("run", "dqn", *RUN, "--eval-every", "10", "--keep", "best", "--record", "transitions", "--out", "OUT", "-q"),
    ("run", "cql", "--set", "buffer.path=run", *RUN[:4], "--out", "OUT"),
    ("export", "run", "--seed", "0", "--format", "safetensors", "--out", "OUT.safetensors"),
    ("card", "run", "--episodes", "1", "--weights", "best"),
    ("ablate", "dqn", "--vary", "target=hard,none", "--seeds", "2", *RUN, "--dry-run", "--out", "OUT"),
    ("ablate", "--from", "study.toml", *RUN, "--dry-run", "--threshold", "CartPole-v1=400"),
    ("ablate", "dqn", "--vary", "optimizer.lr=1,2", "--until-width", "5", "--max-seeds", "20", *RUN, "--dry-run"),
    ("resume", "run", "--steps", "80", "--keep-schedules", "--workers", "1"),
    ("resume", "run", "--steps", "90", "--stretch-schedules", "--inexact", "--workers", "1", "--json"),
    ("run", "dqn", *RUN, "--checkpoint-every", "10", "--out", "OUT", "-q"),
    ("export", "run", "--seed", "0", "--format", "safetensors", "--out", "OUT"),
    ("card", "run", "--episodes", "2"),
    ("eval", "run", "--episodes", "1", "--seed", "0"),
    ("eval", "run", "--episodes", "2", "--json"),
    ("plot", "run", "--y", "return", "--last", "5", "--out", "OUT.png"),
    ("plot", "run", "run", "damaged", "--out", "OUT.svg"),
    ("report", "study"),
    ("report", "a=run", "b=run", "--steps", "20", "--env", "CartPole-v1", "--out", "OUT"),
    ("studies", "."),
    ("studies", ".", "--json"),
    ("list", "buffer"),
    ("list", "--json"),
    ("show", "dqn"),
    ("show", "uniform", "--json"),
    ("plugins", "--json"),
    ("new-plugin", "my-replay", "--slot", "buffer", "--into", "OUT"),
    ("check-plugin", "rlzoo", "--only", "greedy", "--rule", "found"),
    ("--no-plugin", "rlzoo-replay", "list", "buffer"),
    ("--version",),
    ("--help",),
)


def draw(seed: int, number: int) -> list[str]:
    """The command line of this number: a template with up to two mistakes; `OUT` is a free path."""
    random = Random(f"{seed}.{number}")
    line = list(random.choice(TEMPLATES))
    for _ in range(random.choice((0, 1, 1, 1, 2))):
        _mistake(line or [""], random)
    return [f"out-{number}{word.removeprefix('OUT')}" if word.startswith("OUT") else word for word in line]


def _mistake(line: list[str], random: Random) -> None:
    place = random.randrange(1, len(line)) if len(line) > 1 else 0
    kind = random.randrange(8)
    if kind == 0:
        line[place] = random.choice(WORDS)
    elif kind == 1:
        line.insert(place, random.choice(WORDS))
    elif kind == 2:
        del line[place]
    elif kind == 3:
        line.insert(place, random.choice(line))
    elif kind == 4:
        line[place] = _typo(line[place], random)
    elif kind == 5:
        line += [f"--{random.choice(SLOTS)}", random.choice(WORDS)]
    else:
        line += ["--set", f"{random.choice(SETTINGS)}={random.choice(WORDS)}"]


def _typo(word: str, random: Random) -> str:
    letters: Sequence[str] = word or "x"
    place = random.randrange(len(letters))
    return random.choice((word[:place], word[:place] + word[place + 1 :], f"{word[:place]}z{word[place:]}"))
