import pytest

from rlzoo.registry.catalog import Catalog
from rlzoo.registry.composition import compose, read_composition
from rlzoo.registry.plugins import Plugins

CATALOG = Catalog(Plugins())


@pytest.mark.parametrize("name", CATALOG.names("algorithm"))
def test_every_algorithm_composes_and_names_its_source(name: str) -> None:
    composition = compose(CATALOG, name)
    assert read_composition(CATALOG, composition.to_dict()) == composition
    assert CATALOG.get("algorithm", name).component.reference


@pytest.mark.parametrize(
    ("name", "changed"),
    [
        ("dqn-no-target", {"target"}),
        ("dqn-soft", {"target"}),
        ("double-dqn", {"objective"}),
        ("dueling-dqn", {"network"}),
    ],
)
def test_the_family_differs_from_dqn_in_one_slot(name: str, changed: set[str]) -> None:
    base, variant = compose(CATALOG, "dqn"), compose(CATALOG, name)
    assert {slot for slot in base.components if base.components[slot] != variant.components[slot]} == changed
    assert base.train == variant.train


def test_sarsa_differs_from_q_learning_in_what_it_bootstraps_from() -> None:
    q_learning, sarsa = compose(CATALOG, "q-learning"), compose(CATALOG, "sarsa")
    assert (q_learning["objective"].gamma, q_learning["objective"].loss) == (0.99, "half-mse")
    assert (sarsa["objective"].gamma, sarsa["objective"].loss) == (0.99, "half-mse")
    assert q_learning.train == sarsa.train
