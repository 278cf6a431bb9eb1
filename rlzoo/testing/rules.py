"""All rules, with their checks and the likely causes of failures."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from rlzoo.registry.catalog import SLOTS
from rlzoo.testing import (
    compiling,
    gradients,
    importing,
    invariants,
    memory,
    options,
    parts,
    per_lane,
    recurrence,
    resuming,
    seeding,
    state,
    weights,
)
from rlzoo.testing.case import Case
from rlzoo.testing.executing import check_jobs
from rlzoo.testing.explaining import check_explained
from rlzoo.testing.observing import check_failed_run, check_harmless
from rlzoo.testing.stopping import check_stopping_rule
from rlzoo.testing.verdict import RuleBroken

Check = Callable[[Case], None]
"""Raises `RuleBroken` with the failure, or `RuleSkipped` with the reason."""
GUIDE = "docs/checks.md"
COMPONENTS = (*SLOTS, "environment")


@dataclass(frozen=True)
class Rule:
    """A requirement on components of some kinds, and how it is checked for each kind."""

    name: str
    summary: str
    hint: str
    """The likely causes of a failure."""
    checks: Mapping[str, Check]
    """The check for each kind: a slot, environment, algorithm, preset, observer, executor, command or plugin."""

    @property
    def guide(self) -> str:
        """Where the rule is documented."""
        return f"{GUIDE}#{self.name}"

    def __call__(self, case: Case) -> None:
        """Raise `RuleBroken` if the case breaks the rule; kinds without a check always pass."""
        check = self.checks.get(case.slot)
        try:
            if check is not None:
                check(case)
        except RuleBroken as error:
            raise RuleBroken(f"{self.name}: {error}. Likely cause: {self.hint}. See {self.guide}") from error


def _rule(name: str, summary: str, hint: str, kinds: tuple[str, ...], check: Check) -> Rule:
    return Rule(name, summary, hint, dict.fromkeys(kinds, check))


RUNS = (*COMPONENTS, "algorithm")
RULES = (
    Rule(
        "found",
        "the name resolves to a component that can be built",
        "a misspelt `package.module:Class` in the hook, a failing import, or requirements not declared in `trials`",
        dict.fromkeys(RUNS, importing.check_fits)
        | dict.fromkeys(("observer", "executor", "preset", "command"), importing.check_found),
    ),
    _rule(
        "repeatable",
        "the same seed gives the same result",
        "random numbers from a generator other than `spec.rng`, or state in a module or class variable",
        RUNS,
        invariants.check_repeatable,
    ),
    _rule(
        "lane-independent",
        "a seed's result is bit-identical alone, with other seeds, and in any order",
        "a mean across lanes, a random stream shared by lanes, or a branch on values of all lanes",
        RUNS,
        invariants.check_lane_independent,
    ),
    _rule(
        "seeds-differ",
        "different seeds give different episodes",
        "a generator with a fixed seed, or random numbers of one lane used in all lanes",
        RUNS,
        invariants.check_seeds_differ,
    ),
    _rule(
        "paired",
        "a seed sees the same environment and starts from the same weights as with another component",
        "parameters changed when a run starts, or environments reset while a component is built",
        SLOTS,
        invariants.check_paired,
    ),
    _rule(
        "shapes",
        "returned values have the shapes and dtypes of the contract, for 1 and 3 lanes, 1 and 4 environments",
        "a missing lane axis, or a loss already averaged over the batch",
        COMPONENTS,
        parts.check_shapes,
    ),
    _rule(
        "diverging-lane",
        "NaN in one lane does not affect the others",
        "a mean, sum or maximum over axis 0, the lane axis",
        RUNS,
        invariants.check_diverging_lane,
    ),
    _rule(
        "repeatable-episodes",
        "an episode with the same seed and actions is the same again",
        "state that a reset keeps, or random numbers from another generator",
        ("environment",),
        state.check_repeated_episode,
    ),
    _rule(
        "resumable",
        "a run that is stopped and resumed, lanes apart or together, gives the same bytes",
        "something missing from `state()`, or an array in it without one entry per lane",
        RUNS,
        resuming.check_resumed,
    ),
    _rule(
        "expected-seeds",
        "the seeds announced by `expect_seeds` do not affect results",
        "an episode prepared for a seed other than the one passed to `reset`",
        ("environment",),
        seeding.check_seeds,
    ),
    Rule(
        "options",
        "options survive a round trip through JSON and have descriptions",
        "a missing `Annotated[..., Meta(description=...)]`, or a type that JSON does not support",
        dict.fromkeys(COMPONENTS, options.check_options)
        | {"algorithm": options.check_algorithm, "preset": options.check_preset}
        | dict.fromkeys(("observer", "executor"), options.check_defaults),
    ),
    _rule(
        "effect",
        "every option has an effect",
        "an option that is never read, or has an effect only with other settings: declare them in `trials`",
        COMPONENTS,
        options.check_effect,
    ),
    _rule(
        "per-lane",
        "lanes with different values of an option declared `PER_LANE` give the results of separate runs",
        "an option used as one number, or in the wrong shape: where lanes differ it is float64 `[L, 1]`",
        SLOTS,
        per_lane.check_per_lane,
    ),
    Rule(
        "weights",
        "non-uniform sampling is corrected once: buffers return importance weights, and rlzoo applies them",
        "`weight` missing from the batch, or applied in the loss; declare an intended bias in `uncorrected`",
        {"buffer": weights.check_sampled_weights, "objective": weights.check_unweighted_loss},
    ),
    _rule(
        "bootstrapping",
        "the next value is multiplied by `batch.discount`, and is zero after termination",
        "`gamma` used instead of `batch.discount`, or `terminated` ignored",
        ("objective",),
        weights.check_bootstrapping,
    ),
    _rule(
        "memory",
        "the memory of a full buffer does not grow",
        "a list or dictionary that only grows",
        ("buffer",),
        memory.check_memory,
    ),
    Rule(
        "gradient",
        "its gradient in closed form is the one that autograd finds",
        "a `backward` that replaces gradients instead of adding to them, or overwrites what `forward` saved; "
        "a `closed_form` that ignores the weights",
        {"network": gradients.check_gradient, "objective": gradients.check_loss},
    ),
    _rule(
        "recurrence",
        "the memory of a network is zero where an episode begins, and belongs to that episode alone",
        "a `forward` that mixes episodes of the batch, keeps a memory of its own, or returns it one step late",
        ("network",),
        recurrence.check_recurrence,
    ),
    _rule(
        "compiled",
        "its compiled kernel does the same as its methods",
        "other arithmetic or another order of random draws, or state that only the method changes",
        COMPONENTS,
        compiling.check_compiled,
    ),
    _rule(
        "explained",
        "`explain` changes nothing, and its formulas hold",
        "a number drawn from `spec.rng` in `explain`, an array that it writes to, or results of another shape",
        COMPONENTS,
        check_explained,
    ),
    _rule(
        "global-state",
        "the global random state is not used",
        "`random`, `np.random`, `torch.rand` or a layer such as Dropout; use `spec.rng` instead",
        RUNS,
        invariants.check_global_state,
    ),
    _rule(
        "harmless",
        "the observer does not change the result of a run",
        "a modified array of a log, or random numbers from a global generator",
        ("observer",),
        check_harmless,
    ),
    _rule(
        "failed-run",
        "the observer handles a failed run, and a run after it",
        "a `finish` that assumes earlier logs, or state in a class variable",
        ("observer",),
        check_failed_run,
    ),
    _rule(
        "stopping-rule",
        "its stopping rule decides alike after pickling, and after saving and loading its state",
        "state missing from `state()`, or in a class variable; a lambda or an open file as an attribute",
        ("observer",),
        check_stopping_rule,
    ),
    _rule(
        "jobs",
        "every job runs, and its messages arrive in order",
        "events lost when a job ends or fails",
        ("executor",),
        check_jobs,
    ),
    Rule(
        "lazy-imports",
        "`--help` works and imports nothing heavy",
        "heavy imports at module level; import inside the command, and name classes as text in hooks",
        {"plugin": importing.check_lazy, "command": importing.check_command},
    ),
)
"""Every rule, in the order in which they are checked."""
CHECKS: Mapping[str, Rule] = {rule.name: rule for rule in RULES if {*RUNS} & rule.checks.keys()}
"""The rules for components and algorithms by name, for tests of plugins: `CHECKS["repeatable"](case)`."""
