"""EnvPool's environments keep every rule of the conformance kit."""

import pytest

from rlzoo.testing import CHECKS, Case, installed

CATALOG = installed()
CASES = [
    Case("environment", "envpool/CartPole-v1", CATALOG),
    Case("environment", "envpool/CartPole-v1", CATALOG, {"environment.max_episode_steps": 12}),
    Case("environment", "envpool/CartPole-v1", CATALOG, {"train.eval_every": 40}),
]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.parts or case.name)
@pytest.mark.parametrize("check", CHECKS)
def test_keeps_the_rule(check: str, case: Case) -> None:
    CHECKS[check](case)
