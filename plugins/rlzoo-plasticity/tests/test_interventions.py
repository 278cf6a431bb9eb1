"""Each intervention against loops over the weights of a small network."""

from __future__ import annotations

from itertools import product
from typing import Any

import pytest
import torch
from torch import Tensor

from rlzoo.contracts.errors import OptionError
from rlzoo.lanes.rows import views
from rlzoo.registry.composition import compose
from rlzoo.testing import installed
from rlzoo.training.runner import Runner
from rlzoo_plasticity.redo import activities, is_dormant

CATALOG = installed()
SMALL: dict[str, Any] = {
    "train.steps": 60,
    "train.batch_size": 8,
    "train.learning_starts": 20,
    "train.update_every": 4,
    "network.hidden": (9, 5),
    "target.period": 1_000,
}


def trained(intervention: str, settings: dict[str, Any], **components: str) -> Runner:
    """A runner after some updates, without an intervention until then."""
    chosen = {"intervention": intervention, **components}
    given = SMALL | {"intervention.period": 1_000} | settings
    runner = Runner(compose(CATALOG, "dqn", chosen, given, "rlzoo-probe/vector-v0"), [3, 1], torch.device("cpu"))
    runner.begin()
    while runner.clock.updates < 8:
        runner.step()
    return runner


def leaves(runner: Runner) -> dict[str, list[Tensor]]:
    """What an intervention may change, by name: online, target, and both moments; copies."""
    found = {}
    moments = [runner.learner.row, *runner.parts.optimizer.moments()]
    assert len(moments) == 3
    like = {name: leaf for name, leaf in runner.learner.online.items() if leaf.requires_grad}
    split = [views(row.detach(), like) for row in moments]
    for name in like:
        found[name] = [
            split[0][name].clone(),
            runner.learner.target[name].clone(),
            *(it[name].clone() for it in split[1:]),
        ]
    return found


def intervened(runner: Runner) -> tuple[dict[str, list[Tensor]], dict[str, list[Tensor]], dict[str, Tensor]]:
    """What was there before and after an intervention, and the weights that it drew."""
    drawn: list[dict[str, Tensor]] = []

    def draw() -> dict[str, Tensor]:
        weights = runner.parts.initial_weights()
        drawn.append({name: leaf.clone() for name, leaf in weights.items()})
        return weights

    before = leaves(runner)
    runner.learner.intervene(runner.parts.intervention, draw)
    return before, leaves(runner), drawn[0]


@pytest.mark.parametrize(("settings", "reset"), [({"intervention.layers": 2}, 2), ({}, 1)])
def test_only_the_last_layers_are_reset(settings: dict[str, Any], reset: int) -> None:
    before, after, fresh = intervened(trained("reset-last-layers", settings))
    last = [name for number in (0, 2, 4)[-reset:] for name in (f"{number}.weight", f"{number}.bias")]
    for name in before:
        if name in last:
            online, target, *moments = after[name]
            assert torch.equal(online, fresh[name])
            assert torch.equal(target, fresh[name])
            assert not any(moment.any() for moment in moments)
            assert any(moment.any() for moment in before[name][2:])
        else:
            assert all(map(torch.equal, after[name], before[name]))


def test_both_streams_of_a_dueling_network_are_reset() -> None:
    before, after, _ = intervened(trained("reset-last-layers", {"network.dueling": True}))
    changed = [name for name in before if not torch.equal(before[name][0], after[name][0])]
    assert changed == [f"2.{stream}.2.{leaf}" for stream in ("value", "advantage") for leaf in ("weight", "bias")]


def test_weights_are_shrunk_and_perturbed() -> None:
    settings = {"intervention.shrink": 0.7, "intervention.perturb": 0.4}
    before, after, fresh = intervened(trained("shrink-and-perturb", settings))
    for name, (online, *others) in after.items():
        torch.testing.assert_close(online, 0.7 * before[name][0] + 0.4 * fresh[name])
        assert all(map(torch.equal, others, before[name][1:]))


def dormant_units(weights: dict[str, Tensor], x: Tensor, threshold: float) -> list[list[int]]:
    """The dormant units of both hidden layers, by loops over units and states."""
    dormant = []
    for number in (0, 2):
        x = (x @ weights[f"{number}.weight"].T + weights[f"{number}.bias"]).relu()
        scores = [sum(abs(float(row[unit])) for row in x) / len(x) for unit in range(x.shape[1])]
        mean = sum(scores) / len(scores)
        dormant.append([unit for unit, score in enumerate(scores) if score <= threshold * mean])
    return dormant


def test_dormant_units_are_recycled() -> None:
    runner = trained("redo", {"intervention.threshold": 0.6})
    x = runner.learner.last_seen["observation"].float()
    before, after, fresh = intervened(runner)
    count = 0
    for lane in range(2):
        expected = {name: [leaf[lane].clone() for leaf in before[name]] for name in before}
        units = dormant_units({name: kept[0] for name, kept in expected.items()}, x[lane], 0.6)
        pairs = [(layer, unit) for layer in (0, 1) for unit in units[layer]]
        for (layer, unit), name in product(pairs, ("weight", "bias")):
            online, _, *moments = expected[f"{2 * layer}.{name}"]
            online[unit] = fresh[f"{2 * layer}.{name}"][lane, unit]
            for moment in moments:
                moment[unit] = 0
        for (layer, unit), place in product(pairs, (0, 2, 3)):  # online weights and both moments
            expected[f"{2 * layer + 2}.weight"][place][:, unit] = 0
        for name in before:
            assert all(torch.equal(got[lane], wanted) for got, wanted in zip(after[name], expected[name], strict=True))
        count += len(pairs)
    assert count == sum(runner.parts.intervention.metrics(runner.clock)["recycled"])
    assert count > 2


def test_a_filters_activity_is_the_mean_over_states_and_pixels() -> None:
    made = compose(CATALOG, "dqn", {"network": "cnn"}, {"network.preset": "minatar"}, "rlzoo-probe/image-v0")
    module = Runner(made, [0], torch.device("cpu")).parts.networks[0]
    images = torch.randint(0, 256, (3, *made["environment"].build(1, 1).observation_space.shape), dtype=torch.uint8)
    with torch.no_grad():
        filters, units = activities(module, {}, images)
    pixels = torch.nn.Sequential(module[0], *list(module[1])[:-1])(images)  # before they become a vector
    assert len(units) == 128
    for number, activity in enumerate(filters):
        assert activity.item() == pytest.approx(float(pixels[:, number].abs().mean()), rel=1e-5)
    assert is_dormant(torch.tensor([0.0, 1.0]), 0.0).tolist() == [True, False]


@pytest.mark.parametrize(
    ("intervention", "settings", "message"),
    [
        ("redo", {"network.dueling": True}, "`intervention=redo` needs a network of at least two linear layers"),
        ("reset-last-layers", {"intervention.layers": 4}, "`intervention.layers` is 4, but the network has 3 layers"),
    ],
)
def test_networks_that_do_not_fit_are_refused(intervention: str, settings: dict[str, Any], message: str) -> None:
    with pytest.raises(OptionError, match=message):
        trained(intervention, settings)
