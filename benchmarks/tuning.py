"""`rlzoo tune` against Optuna with Stable-Baselines3, two processes each: CartPole, sampled and extrapolated.

python benchmarks/tuning.py --rounds 3

Both train 64 trials of 4 seeds and 50,000 steps under Hyperband's schedule. A round trains the first generations of a
shorter search with rlzoo, and two runs at a time with Stable-Baselines3. Time per environment step is extrapolated to
the whole search. Stable-Baselines3 is taken to continue survivors, which costs fewer steps, and Optuna to cost nothing.
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

TRIALS, SEEDS, STEPS = 64, 4, 50_000
SPACE = {"optimizer.lr": "1e-4..1e-2:log", "exploration.fraction": "0.05..0.5", "network.hidden": "64,64;128,128"}
SETTINGS = {"train.learning_starts": 100, "train.update_every": 4, "train.batch_size": 64}


def trained(generation: Generation, *, again: bool) -> int:
    """Environment steps of a seed of all its trials; survivors train `again` from the start, or continue."""
    alive, before, total = generation.size, 0, 0
    for rung in generation.rungs:
        total += alive * (rung if again else rung - before)
        alive, before = max(1, alive // 3), rung
    return total


def search_steps(trials: int, steps: int, *, again: bool) -> int:
    """Environment steps of a search over all seeds."""
    return SEEDS * sum(trained(generation, again=again) for generation in generations(trials, steps, pruning=True))


def ours(trials: int, steps: int) -> float:
    """Seconds per environment step of a search with two workers, without the comparison at its end."""
    folder = Path(mkdtemp())
    try:
        settings = {**SETTINGS, "train.eval_episodes": 10}
        took = seconds(
            lambda: rlzoo.tune(
                "dqn",
                search=SPACE,
                trials=trials,
                seeds=SEEDS,
                test_seeds=1,
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
    compared = 2 * steps  # the winner and the default, with one seed each
    return took / (search_steps(trials, steps, again=True) + compared)


def peer_run(steps: int, seed: int) -> None:
    """A run of Stable-Baselines3 with the same settings."""
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
        policy_kwargs={"net_arch": [128, 128]},
        seed=seed,
        device="cpu",
    )
    model.learn(steps)


def peers(steps: int) -> float:
    """Seconds per environment step of runs of Stable-Baselines3, two at a time."""
    with ProcessPoolExecutor(2, mp_context=get_context("spawn")) as pool:
        list(pool.map(peer_run, [10, 10], [0, 1]))  # imports
        took = seconds(lambda: list(pool.map(peer_run, [steps] * 2, [0, 1])), clock=CLOCKS["wall"])
    return took / (2 * steps)


def main() -> None:
    """Print the extrapolated hours of both searches, and their ratio within each round."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--trials", type=int, default=17, help="trials of a round: one cycle of Hyperband")
    parser.add_argument("--steps", type=int, default=5_000, help="steps of a trial in a round")
    given = parser.parse_args()
    print(f"{processor()}, {TRIALS} trials, {SEEDS} seeds, {STEPS:,} steps, rungs at {rungs(STEPS)}: hours\n")
    whole, continued = (search_steps(TRIALS, STEPS, again=again) / 3600 for again in (True, False))
    measured = alternate(
        {
            "rlzoo": lambda: ours(given.trials, given.steps) * whole,
            "peer": lambda: peers(given.steps) * continued,
        },
        given.rounds,
    )
    table("rlzoo tune", "Optuna and Stable-Baselines3", "ratio")
    row(spread(measured["rlzoo"]), spread(measured["peer"]), spread(ratios(measured["peer"], measured["rlzoo"])))


if __name__ == "__main__":
    main()
