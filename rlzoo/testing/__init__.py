"""The conformance kit: does a component keep the rules that make rlzoo exact?

For a plugin's tests::

    import pytest
    from rlzoo.testing import CHECKS, Case, installed

    @pytest.mark.parametrize("check", CHECKS)
    def test_my_replay_keeps_the_rules(check):
        CHECKS[check](Case("buffer", "my-replay", installed()))

Every check raises AssertionError saying which rule is broken and what to look at. `rlzoo check-plugin` tries the same
rules, and some more, on everything a plugin registers.
"""

from rlzoo.catalog import open_catalog as installed
from rlzoo.testing.case import Case, Outcome, run
from rlzoo.testing.probe import Probe
from rlzoo.testing.rules import CHECKS
from rlzoo.testing.specs import make_spec
from rlzoo.training import one_thread

__all__ = ["CHECKS", "Case", "Outcome", "Probe", "installed", "make_spec", "one_thread", "run"]
