"""Every component keeps every rule of the conformance kit."""

import pytest

from rlzoo.registry.catalog import KINDS
from rlzoo.testing import CHECKS, Case, installed

CATALOG = installed()
CASES = {
    "combined": {},
    "combined-odd-batch-n-step": {"train.batch_size": 7, "train.n_step": 3},
    "prioritized": {},
    "prioritized-odd-batch-n-step": {"train.batch_size": 7, "train.n_step": 3, "buffer.alpha": 0.9},
    "prioritized-many-blocks": {"buffer.capacity": 10_000, "objective.loss": "huber"},
}
SLOW = ("combined-odd-batch-n-step", "prioritized-many-blocks")


@pytest.mark.parametrize(
    "name", [pytest.param(name, marks=[pytest.mark.slow] if name in SLOW else []) for name in CASES]
)
@pytest.mark.parametrize("check", CHECKS)
def test_keeps_the_rule(check: str, name: str) -> None:
    CHECKS[check](Case("buffer", name.split("-")[0], CATALOG, CASES[name]))


def test_everything_says_where_it_was_published() -> None:
    entries = [CATALOG.get(kind, name) for kind in KINDS if kind != "command" for name in CATALOG.names(kind)]
    own = [entry for entry in entries if entry.plugin == "rlzoo-replay"]
    assert own
    assert all(entry.reference for entry in own)
