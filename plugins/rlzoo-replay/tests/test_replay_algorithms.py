from __future__ import annotations

from typing import Any

import pytest

from rlzoo.registry.composition import compose
from rlzoo.testing import installed


@pytest.mark.parametrize(
    ("name", "components", "settings"),
    [
        ("prioritized-dqn", {"buffer": "prioritized"}, {"buffer.capacity": 10_000}),
        ("n-step-dqn", {}, {"train.n_step": 3}),
    ],
)
def test_it_is_dqn_but_for_one_thing(name: str, components: dict[str, str], settings: dict[str, Any]) -> None:
    own, dqn = (compose(installed(), *more, None) for more in ((name, {}, {}), ("dqn", components, settings)))
    for part in ("train", "components"):
        assert own.to_dict()[part] == dqn.to_dict()[part]
