"""Steps per second of Rainbow beside Tianshou's, and of QR-DQN beside Stable-Baselines3-contrib's, at equal settings.

Needs the extra `peers`, `pip install -c constraints.txt -e '.[peers]'`, and the zoo's plugins. Every figure is a whole
training run of CartPole-v1 in a process of its own with one torch thread, timed from the first update on. Runs
alternate, and ratios are taken within a round. Seconds are those of the processor, so that other programs on the
machine hurt less; all runs here compute without waiting, so on an idle machine they are the seconds of the clock.

    python benchmarks/rainbow_peers.py --rounds 5 --lanes 1,10
"""

from __future__ import annotations

import argparse
import json
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from typing import Any

from peers import sb3_span

STARTS = 1_000
UNTIL = 3_000
BATCH, EVERY, HIDDEN, RATE = 128, 10, (120, 84), 2.5e-4
HELD, SYNC, ATOMS, QUANTILES = 10_000, 500, 101, 51


def rlzoo(algorithm: str, lanes: int) -> float:
    """Steps per second over all lanes."""
    import torch

    from rlzoo.registry.catalog import open_catalog
    from rlzoo.registry.composition import compose
    from rlzoo.training.groups import one_thread
    from rlzoo.training.runner import Runner

    settings = {"train.steps": UNTIL, "train.learning_starts": STARTS}
    composition = compose(open_catalog(), algorithm, {}, settings, "CartPole-v1")
    with one_thread():
        runner = Runner(composition, range(lanes), torch.device("cpu"))
        runner.begin()
        while runner.clock.steps < STARTS:
            runner.step()
        began = time.process_time()
        while not runner.finished:
            runner.step()
        return (UNTIL - STARTS) * lanes / (time.process_time() - began)


def tianshou(envs: int) -> float:
    """Tianshou's Rainbow with Tianshou's trainer and `envs` parallel environments."""
    import gymnasium
    from tianshou.algorithm.modelfree.c51 import C51Policy
    from tianshou.algorithm.modelfree.rainbow import RainbowDQN
    from tianshou.algorithm.optim import AdamOptimizerFactory
    from tianshou.data import Collector, PrioritizedVectorReplayBuffer
    from tianshou.env import DummyVectorEnv
    from tianshou.trainer import OffPolicyTrainerParams
    from tianshou.utils.net.common import Net
    from tianshou.utils.net.discrete import NoisyLinear

    _as_in_rlzoo()
    environments = DummyVectorEnv([lambda: gymnasium.make("CartPole-v1") for _ in range(envs)])
    stream = {"hidden_sizes": HIDDEN[1:], "linear_layer": NoisyLinear}
    net = Net(
        state_shape=4,
        action_shape=2,
        hidden_sizes=HIDDEN[:1],
        softmax=True,
        num_atoms=ATOMS,
        dueling_param=(stream, stream),
        linear_layer=NoisyLinear,
    )
    policy = C51Policy(net, gymnasium.spaces.Discrete(2), num_atoms=ATOMS, v_min=-100.0, v_max=100.0)
    algorithm = RainbowDQN(
        policy=policy,
        optim=AdamOptimizerFactory(lr=RATE, eps=0.01 / BATCH),
        gamma=0.99,
        n_step_return_horizon=3,
        target_update_freq=SYNC // EVERY,
    )
    collector = Collector(algorithm, environments, PrioritizedVectorReplayBuffer(HELD, envs, alpha=0.5, beta=0.4))
    collector.reset()
    collector.collect(n_step=STARTS, random=True)
    parameters = OffPolicyTrainerParams(
        training_collector=collector,
        max_epochs=1,
        epoch_num_steps=UNTIL - STARTS,
        collection_step_num_env_steps=EVERY,
        update_step_num_gradient_steps_per_sample=1 / EVERY,
        batch_size=BATCH,
        verbose=False,
        show_progress=False,
    )
    began = time.process_time()
    algorithm.run_training(parameters)
    return (UNTIL - STARTS) / (time.process_time() - began)


def sb3_qr_dqn(seed: int) -> Any:
    """Stable-Baselines3-contrib's QR-DQN with the settings of ours; its Adam has eps 0.01 / batch size."""
    from sb3_contrib import QRDQN

    _as_in_rlzoo()
    return QRDQN(
        "MlpPolicy",
        "CartPole-v1",
        learning_rate=RATE,
        buffer_size=HELD,
        learning_starts=STARTS,
        batch_size=BATCH,
        gamma=0.99,
        train_freq=EVERY,
        target_update_interval=SYNC,
        exploration_fraction=0.5,
        exploration_final_eps=0.05,
        policy_kwargs={"net_arch": list(HIDDEN), "n_quantiles": QUANTILES},
        seed=seed,
        device="cpu",
    )


def sb3_contrib() -> float:
    """Steps per second of its QR-DQN."""
    began, ended = sb3_span(sb3_qr_dqn(seed=0), STARTS, UNTIL, time.process_time)
    return (UNTIL - STARTS) / (ended - began)


def _as_in_rlzoo() -> None:
    """One thread, and denormals flushed, which is worth as much to others."""
    import torch

    torch.set_num_threads(1)
    torch.set_flush_denormal(True)


PEERS: dict[str, dict[str, Callable[[], float]]] = {
    "rainbow": {"tianshou": lambda: tianshou(1), "tianshou, 10 environments": lambda: tianshou(10)},
    "qr-dqn": {"sb3-contrib": sb3_contrib},
}


def measure(algorithm: str, who: str) -> float:
    """Steps per second of a peer, or of as many lanes as `who` says."""
    return rlzoo(algorithm, int(who)) if who.isdigit() else PEERS[algorithm][who]()


def apart(algorithm: str, who: str) -> float:
    """The same in a separate process."""
    command = [sys.executable, __file__, "--one", algorithm, who]
    return float(subprocess.run(command, check=True, capture_output=True, text=True).stdout.split()[-1])


def main() -> None:
    """Alternate the runs, print medians and ratios."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--lanes", default="1,10")
    parser.add_argument("--one", nargs=2, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.one:
        print(measure(*arguments.one))
        return
    for algorithm, peers in PEERS.items():
        kinds = [*peers, *arguments.lanes.split(",")]
        rounds = [{who: apart(algorithm, who) for who in kinds} for _ in range(arguments.rounds)]
        table(algorithm, kinds, list(peers), rounds)
        print(json.dumps(rounds))


def table(algorithm: str, kinds: list[str], peers: list[str], rounds: list[dict[str, float]]) -> None:
    """A row for each, with the median, lowest and highest ratio to the fastest peer of the same round."""
    print(f"\n| {algorithm} | steps per second, all seeds | times the fastest peer |\n| --- | ---: | ---: |")
    for who in kinds:
        rates = [rates[who] for rates in rounds]
        ratios = [rates[who] / max(rates[peer] for peer in peers) for rates in rounds]
        ratio = f"{statistics.median(ratios):.1f} ({min(ratios):.1f} to {max(ratios):.1f})"
        name = f"rlzoo, {who} {'lane' if who == '1' else 'lanes'}" if who.isdigit() else who
        print(f"| {name} | {statistics.median(rates):,.0f} | {ratio} |", flush=True)


if __name__ == "__main__":
    main()
