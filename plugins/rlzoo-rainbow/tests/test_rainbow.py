from __future__ import annotations

from typing import Any

import pytest

import rlzoo_rainbow
from rlzoo.contracts.errors import UnknownName
from rlzoo.registry.catalog import Catalog
from rlzoo.registry.composition import compose
from rlzoo.registry.plugins import Plugins
from rlzoo.testing import installed, run

SMALL: dict[str, Any] = {
    "train.steps": 120,
    "train.batch_size": 8,
    "train.learning_starts": 20,
    "train.update_every": 4,
    "buffer.capacity": 50,
    "network.hidden": (8, 6),
    "target.period": 20,
}
CATALOG = installed()
PARTS = {  # what tells in the composition that a part is there
    "priority": lambda made: made.components["buffer"].name == "prioritized",
    "n-step": lambda made: made.train.n_step == 3,
    "distribution": lambda made: made.components["objective"].name == "c51",
    "double": lambda made: made.components["objective"].name == "double" or getattr(made["objective"], "double", False),
    "dueling": lambda made: made["network"].dueling,
    "noise": lambda made: made.components["network"].name == "noisy-mlp",
}
NAMES = ["rainbow", *(f"rainbow-no-{part}" for part in PARTS)]


def test_rainbow_has_all_six_parts() -> None:
    made = compose(CATALOG, "rainbow")
    assert [part for part, there in PARTS.items() if not there(made)] == []


@pytest.mark.parametrize("part", PARTS)
def test_each_part_can_be_left_out_by_one_word(part: str) -> None:
    made = compose(CATALOG, f"rainbow-no-{part}")
    assert [name for name, there in PARTS.items() if not there(made)] == [part]


@pytest.mark.slow
@pytest.mark.parametrize("name", NAMES)
def test_lanes_are_exact_in_the_whole(name: str) -> None:
    made = compose(CATALOG, name, {}, SMALL, "rlzoo-probe/vector-v0")
    together = run(made, [3, 1, 7])
    for seeds in ([1], [7, 3]):
        for seed, outcome in run(made, seeds).items():
            assert outcome.same(together[seed])


def test_without_its_packages_it_says_what_is_missing() -> None:
    plugins = Plugins()
    plugins.register(rlzoo_rainbow, "rlzoo-rainbow")
    with pytest.raises(UnknownName, match="buffer `prioritized` comes with the package rlzoo-replay"):
        compose(Catalog(plugins), "rainbow")


def test_the_packages_that_are_missing_are_named() -> None:
    rlzoo_rainbow.require(rlzoo_rainbow.SIBLINGS)
    with pytest.raises(ImportError, match="it needs rlzoo-nowhere; in a checkout, run `pip install plugins/rlzoo-nowh"):
        rlzoo_rainbow.require(["rlzoo-replay", "rlzoo-nowhere"])


def test_the_settings_are_those_of_the_paper_where_it_is_not_about_atari() -> None:
    """Hessel et al. (2018), table 1: omega 0.5, three steps. Atoms are those of CleanRL's c51 for classic control."""
    made = compose(installed(), "rainbow")
    assert (made.train.n_step, made["buffer"].alpha, made["buffer"].beta, made["buffer"].beta_end) == (3, 0.5, 0.4, 1.0)
    assert (made["network"].dueling, made["objective"].double) == (True, True)
    assert (made["objective"].atoms, made["objective"].v_min, made["objective"].v_max) == (101, -100, 100)
