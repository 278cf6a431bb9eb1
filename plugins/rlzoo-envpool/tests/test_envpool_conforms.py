"""EnvPool's environments keep every rule of the conformance kit."""

import pytest

from rlzoo.testing import CHECKS, Case, installed

CATALOG = installed()
CASES = [
    Case("environment", "envpool/CartPole-v1", CATALOG),
    Case("environment", "envpool/CartPole-v1", CATALOG, {"env.max_episode_steps": 12}),
]

ONCE = Case("environment", "envpool/CartPole-v1", CATALOG, {"env.seeding": "environments", "train.eval_every": 40})


@pytest.mark.parametrize("check", [name for name in CHECKS if name != "state"])
def test_seeded_once_it_keeps_all_rules_but_that_an_episode_can_be_begun_again(check: str) -> None:
    CHECKS[check](ONCE)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.parts or case.name)
@pytest.mark.parametrize("check", CHECKS)
def test_keeps_the_rule(check: str, case: Case) -> None:
    CHECKS[check](case)
