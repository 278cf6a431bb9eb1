"""The conformance kit: checks that a plugin's components follow the rules of rlzoo.

In a plugin's tests::

    import pytest
    from rlzoo.testing import rules_of

    @pytest.mark.parametrize(("rule", "case"), rules_of("my-replay"), ids=lambda it: it.name)
    def test_follows_the_rule(rule, case):
        rule(case)

A broken rule raises AssertionError with the failure and its likely cause. `rlzoo check-plugin` runs the same rules.
To run one rule with other settings, use `CHECKS` and `Case`::

    CHECKS["lane-independent"](Case("buffer", "my-replay", installed(), {"train.n_step": 3}))
"""

from rlzoo.registry.catalog import open_catalog as installed
from rlzoo.testing.case import Case, Outcome, run
from rlzoo.testing.probe_environment import Probe
from rlzoo.testing.rules import CHECKS, Rule
from rlzoo.testing.specs import make_spec
from rlzoo.testing.suite import rules_of
from rlzoo.training.groups import one_thread

__all__ = ["CHECKS", "Case", "Outcome", "Probe", "Rule", "installed", "make_spec", "one_thread", "rules_of", "run"]
