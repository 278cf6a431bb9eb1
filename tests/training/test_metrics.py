"""Every part may report metrics, which become columns of metrics.csv."""

from __future__ import annotations

import csv
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

import rlzoo
from rlzoo.components.buffers.uniform import Uniform
from rlzoo.components.environments.gymnasium import Gymnasium
from rlzoo.components.exploration.greedy import Greedy
from rlzoo.components.interventions.none import NoIntervention
from rlzoo.components.objectives.q_learning import QLearning
from rlzoo.components.optimizers.sgd import SGD
from rlzoo.components.targets.hard import Hard
from rlzoo.contracts import Component
from rlzoo.contracts.hooks import hookimpl
from rlzoo.registry.catalog import Catalog
from rlzoo.registry.composition import compose
from rlzoo.registry.plugins import Plugins
from rlzoo.training.runner import Runner

import support.tiny  # noqa: F401 - registers the environments

BASES: dict[str, type[Component]] = {
    "buffer": Uniform,
    "exploration": Greedy,
    "target": Hard,
    "objective": QLearning,
    "optimizer": SGD,
    "intervention": NoIntervention,
    "environment": Gymnasium,
}


def reporting(slot: str) -> type[Component]:
    """The component of that slot, whose part reports the steps so far and ten times the lane's number."""

    @dataclass(frozen=True)
    class Reporting(BASES[slot]):  # type: ignore[misc]
        """Reports two metrics."""

        reported: str = ""

        def build(self, *given: Any) -> Any:
            part = super().build(*given)
            part.metrics = lambda clock: {  # its other metrics, such as the learning rate, are left out
                self.reported or f"{slot}_steps": clock.steps,
                f"{slot}_lane": 10 * np.arange(2),
            }
            return part

    return Reporting


class Plugin:
    @hookimpl
    def rlzoo_buffers(self) -> Mapping[str, Any]:
        return {"reporting": reporting("buffer")}

    @hookimpl
    def rlzoo_exploration_policies(self) -> Mapping[str, Any]:
        return {"reporting": reporting("exploration")}

    @hookimpl
    def rlzoo_target_updaters(self) -> Mapping[str, Any]:
        return {"reporting": reporting("target")}

    @hookimpl
    def rlzoo_objectives(self) -> Mapping[str, Any]:
        return {"reporting": reporting("objective")}

    @hookimpl
    def rlzoo_optimizers(self) -> Mapping[str, Any]:
        return {"reporting": reporting("optimizer")}

    @hookimpl
    def rlzoo_interventions(self) -> Mapping[str, Any]:
        return {"reporting": reporting("intervention")}

    @hookimpl
    def rlzoo_environments(self) -> Mapping[str, Any]:
        return {"reporting": reporting("environment")}


def catalog() -> Catalog:
    plugins = Plugins()
    plugins.register(Plugin(), "rlzoo-reporting")
    return Catalog(plugins)


SMALL = {"train.steps": 40, "train.log_every": 20, "train.learning_starts": 10, "train.batch_size": 4}
SLOTS = [slot for slot in BASES if slot != "environment"]


def make_runner(settings: dict[str, Any]) -> Runner:
    parts = dict.fromkeys(SLOTS, "reporting")
    composition = compose(catalog(), "dqn", parts, SMALL | settings, "reporting/rlzoo-tests/Random-v0")
    return Runner(composition, [3, 5], torch.device("cpu"))


def test_every_part_reports_a_number_for_all_lanes_or_one_for_each() -> None:
    logs = [log for log in make_runner({}).run() if log.metrics]
    assert [log.step for log in logs] == [20, 40]
    for log in logs:
        for lane, seed in enumerate((3, 5)):
            row = log.metrics[seed]
            for slot in BASES:
                assert (row[f"{slot}_steps"], row[f"{slot}_lane"]) == (log.step, 10 * lane)
            assert {"loss", "q_mean"} <= row.keys()


@pytest.mark.parametrize("name", ["loss", "buffer_steps"])
def test_two_parts_with_the_same_metric_are_refused(name: str) -> None:
    with pytest.raises(ValueError, match=f"two parts report the metric {name}"):
        list(make_runner({"target.reported": name}).run())


def test_the_metrics_of_a_part_are_columns_of_the_table(tmp_path: Path) -> None:
    rlzoo.train("dqn", set=SMALL, buffer="reporting", seeds=[3, 5], out=tmp_path / "run", catalog=catalog())
    with (tmp_path / "run" / "metrics.csv").open() as file:
        rows = list(csv.DictReader(file))
    assert [(row["seed"], row["step"], float(row["buffer_steps"]), float(row["buffer_lane"])) for row in rows] == [
        (seed, str(step), step, lane) for step in (20, 40) for seed, lane in (("3", 0), ("5", 10))
    ]
