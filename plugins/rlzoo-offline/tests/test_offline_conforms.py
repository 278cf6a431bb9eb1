"""The buffer, the objective and both algorithms keep every rule of the conformance kit."""

import pytest

from rlzoo.registry.catalog import KINDS
from rlzoo.testing import CHECKS, Case, installed
from rlzoo_offline.dataset import EXAMPLE

CATALOG = installed()
READING, PLACE = {"buffer.path": EXAMPLE}, "rlzoo-probe/vector-v0"
CASES = [
    Case("buffer", "dataset", CATALOG, READING, on=PLACE),
    Case("buffer", "dataset", CATALOG, READING | {"train.n_step": 3, "train.batch_size": 7}, on=PLACE),
    Case("objective", "cql", CATALOG, {"objective.alpha": 2.0}),
]


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case.name}-{len(case.settings)}")
@pytest.mark.parametrize("check", CHECKS)
def test_keeps_the_rule(check: str, case: Case) -> None:
    CHECKS[check](case)


def test_everything_says_where_it_was_published() -> None:
    entries = [CATALOG.get(kind, name) for kind in KINDS if kind != "command" for name in CATALOG.names(kind)]
    own = [entry for entry in entries if entry.plugin == "rlzoo-offline"]
    assert len(own) == 4
    assert all(entry.reference for entry in own)
