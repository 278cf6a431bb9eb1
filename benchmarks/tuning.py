"""`rlzoo tune` against Optuna with Stable-Baselines3, two processes each: CartPole, sampled and extrapolated.

python benchmarks/tuning.py --rounds 3

Both train 64 trials of 4 seeds and 50,000 steps under Hyperband's schedule, in which the best trials continue. A round
trains the first 17 trials, one cycle of Hyperband, with rlzoo, and the beginning of two runs at a time with
Stable-Baselines3. Time per environment step is extrapolated to the whole search. Evaluations, the page, and the
comparison on a fresh seed are part of rlzoo's time; Optuna and evaluations are taken to cost the other nothing.
"""

from __future__ import annotations

import argparse
import shutil
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path
from tempfile import mkdtemp

from measuring import CLOCKS, alternate, processor, ratios, row, seconds, spread, table

import rlzoo
from rlzoo.tuning.brackets import Generation, generations, rungs

TRIALS, SEEDS, TEST_SEEDS, STEPS = 64, 4, 1, 50_000
SPACE = {"optimizer.lr": "1e-4..1e-2:log", "exploration.fraction": "0.05..0.5", "network.hidden": "64,64;128,128"}
WIDTHS = 64, 128
SETTINGS = {"train.learning_starts": 100, "train.update_every": 4, "train.batch_size": 64}


def trained(generation: Generation) -> int:
    """Environment steps of a seed of all its trials."""
    alive, before, total = generation.size, 0, 0
    for rung in generation.rungs:
        total += alive * (rung - before)
        alive, before = max(1, alive // 3), rung
    return total


def search_steps(trials: int, steps: int) -> int:
    """Environment steps of a search over all seeds."""
    return SEEDS * sum(map(trained, generations([trials], steps, pruning=True)))


def ours(trials: int, steps: int) -> float:
    """Seconds per environment step of a search with two workers, and of its comparison."""
    folder = Path(mkdtemp())
    try:
        settings = {**SETTINGS, "train.eval_episodes": 10}
        took = seconds(
            lambda: rlzoo.tune(
                "dqn",
                search=SPACE,
                trials=trials,
                seeds=SEEDS,
                test_seeds=TEST_SEEDS,
                steps=steps,
                set=settings,
                workers=2,
                quiet=True,
                out=folder / "search",
            ),
            clock=CLOCKS["wall"],
        )
    finally:
        shutil.rmtree(folder)
    return took / (search_steps(trials, steps) + 2 * TEST_SEEDS * steps)


def peer_run(steps: int, width: int) -> None:
    """A run of Stable-Baselines3 with the same settings, and two hidden layers of this width."""
    import torch
    from stable_baselines3 import DQN

    torch.set_num_threads(1)
    model = DQN(
        "MlpPolicy",
        "CartPole-v1",
        learning_starts=SETTINGS["train.learning_starts"],
        train_freq=SETTINGS["train.update_every"],
        batch_size=SETTINGS["train.batch_size"],
        buffer_size=10_000,
        target_update_interval=500,
        policy_kwargs={"net_arch": [width, width]},
        seed=0,
        device="cpu",
    )
    model.learn(steps)


def peers(steps: int) -> float:
    """Seconds per environment step of runs of Stable-Baselines3, two at a time."""
    with ProcessPoolExecutor(2, mp_context=get_context("spawn")) as pool:
        list(pool.map(peer_run, [10, 10], WIDTHS))  # imports
        took = seconds(lambda: list(pool.map(peer_run, [steps] * 2, WIDTHS)), clock=CLOCKS["wall"])
    return took / (2 * steps)


def main() -> None:
    """Print the extrapolated hours of both searches, and their ratio within each round."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--trials", type=int, default=17, help="trials of a round with rlzoo")
    parser.add_argument("--steps", type=int, default=STEPS, help="steps of each of them")
    parser.add_argument("--peer-steps", type=int, default=20_000, help="steps of each run of Stable-Baselines3")
    given = parser.parse_args()
    print(f"{processor()}, {TRIALS} trials, {SEEDS} seeds, {STEPS:,} steps, rungs at {rungs(STEPS)}: hours\n")
    whole = search_steps(TRIALS, STEPS)
    compared = 2 * TEST_SEEDS * STEPS
    measured = alternate(
        {
            "rlzoo": lambda: ours(given.trials, given.steps) * (whole + compared) / 3600,
            "peer": lambda: peers(given.peer_steps) * whole / 3600,
        },
        given.rounds,
    )
    table("rlzoo tune", "Optuna and Stable-Baselines3", "ratio")
    row(spread(measured["rlzoo"]), spread(measured["peer"]), spread(ratios(measured["peer"], measured["rlzoo"])))


if __name__ == "__main__":
    main()
