"""The conformance kit: does a component keep the rules that make rlzoo exact?

For a plugin's tests::

    import pytest
    from rlzoo.testing import rules_of

    @pytest.mark.parametrize(("rule", "case"), rules_of("my-replay"), ids=lambda it: it.name)
    def test_it_keeps_the_rule(rule, case):
        rule(case)

Every rule raises AssertionError saying how it is broken and what to look at. `rlzoo check-plugin` tries the same rules.
To try them with other settings there are `CHECKS` and `Case`::

    CHECKS["lane-independent"](Case("buffer", "my-replay", installed(), {"train.n_step": 3}))
"""

from rlzoo.registry.catalog import open_catalog as installed
from rlzoo.testing.case import Case, Outcome, run
from rlzoo.testing.probe import Probe
from rlzoo.testing.rules import CHECKS, Rule
from rlzoo.testing.specs import make_spec
from rlzoo.testing.suite import rules_of
from rlzoo.training.groups import one_thread

__all__ = ["CHECKS", "Case", "Outcome", "Probe", "Rule", "installed", "make_spec", "one_thread", "rules_of", "run"]
