"""All rules: what each promises, which check tries it, and where to look when it is broken."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from rlzoo.registry.catalog import SLOTS
from rlzoo.testing import importing, invariants, memory, options, parts, seeding, state, weights
from rlzoo.testing.case import Case
from rlzoo.testing.executing import check_jobs
from rlzoo.testing.observing import check_every_end, check_harmless
from rlzoo.testing.verdict import Broken

Check = Callable[[Case], None]
"""Raises `Broken` in plain words, or `Untried` where it cannot say."""
GUIDE = "docs/checks.md"
COMPONENTS = (*SLOTS, "environment")


@dataclass(frozen=True)
class Rule:
    """What is demanded of some kinds of things, and how each kind is checked."""

    name: str
    promise: str
    look: str
    """The likely mistake."""
    checks: Mapping[str, Check]
    """Kind (a slot, environment, algorithm, observer, executor, command, plugin) to check."""

    @property
    def guide(self) -> str:
        """Where the documentation has more."""
        return f"{GUIDE}#{self.name}"

    def __call__(self, case: Case) -> None:
        """Raise `Broken`, saying all there is to say, if the case breaks the rule; kinds it is not for keep it."""
        check = self.checks.get(case.slot)
        try:
            if check is not None:
                check(case)
        except Broken as error:
            raise Broken(f"{self.name}: {error}. Look for {self.look}. More: {self.guide}") from error


def _rule(name: str, promise: str, look: str, kinds: tuple[str, ...], check: Check) -> Rule:
    return Rule(name, promise, look, dict.fromkeys(kinds, check))


RUNS = (*COMPONENTS, "algorithm")
RULES = (
    Rule(
        "found",
        "its name leads to what it is, which fits into a run",
        "a misspelt `package.module:Class` in the hook, an import that fails, or needs that `trials` could tell",
        dict.fromkeys(RUNS, importing.check_fits)
        | dict.fromkeys(("observer", "executor", "command"), importing.check_found),
    ),
    _rule(
        "repeatable",
        "the same seed gives the same result again",
        "a draw from anything but `spec.rng`, or something kept in a module or class variable",
        RUNS,
        invariants.check_repeatable,
    ),
    _rule(
        "lane-independent",
        "a seed's result is the same to the bit alone, beside others, and in any order",
        "a mean across lanes, a stream that lanes share, or a branch on values of all lanes",
        RUNS,
        invariants.check_lane_independent,
    ),
    _rule(
        "seeds-differ",
        "two seeds never give the same episodes",
        "a generator with a fixed seed, or one lane's draw used in all",
        RUNS,
        invariants.check_seeds_differ,
    ),
    _rule(
        "paired",
        "the same seed meets the same environment and starts from the same weights as with another component",
        "parameters changed when a run starts, or environments reset while a part is built",
        SLOTS,
        invariants.check_paired,
    ),
    _rule(
        "shapes",
        "what it returns has the shapes and types of its contract, for 1 and 3 lanes, 1 and 4 environments",
        "a missing lane axis, or a loss that is already averaged",
        COMPONENTS,
        parts.check_shapes,
    ),
    _rule(
        "poison",
        "NaN in one lane leaves the others as they are",
        "a mean, sum or maximum over axis 0, which is the lane",
        RUNS,
        invariants.check_poison,
    ),
    Rule(
        "state",
        "its state can leave and return as plain data, and all goes on as before",
        "something it remembers that `state()` leaves out, or shares instead of copying",
        dict.fromkeys(("buffer", "exploration", "target", "objective", "optimizer"), state.check_state)
        | {"environment": state.check_begun_again},
    ),
    _rule(
        "expected-seeds",
        "what it hears of the seeds to come changes nothing but its speed",
        "an episode prepared for another seed than `reset` is given",
        ("environment",),
        seeding.check_seeds,
    ),
    Rule(
        "options",
        "its options survive JSON, and each is described",
        "`Annotated[int, Meta(description=...)]`, and types that JSON has",
        dict.fromkeys(COMPONENTS, options.check_options)
        | {"algorithm": options.check_algorithm}
        | dict.fromkeys(("observer", "executor"), options.check_defaults),
    ),
    _rule(
        "effect",
        "every option makes a difference",
        "an option that is never read, or that acts only under conditions, which `trials` can give",
        COMPONENTS,
        options.check_effect,
    ),
    Rule(
        "weights",
        "what is drawn more often counts less, once: buffers give importance weights, and rlzoo applies them",
        "`weight` left out of the batch, or applied in the loss; what is meant so says it in `uncorrected`",
        {"buffer": weights.check_sampled_weights, "objective": weights.check_unweighted_loss},
    ),
    _rule(
        "bootstrapping",
        "the next value counts `batch.discount`, and nothing after a terminal step",
        "`gamma` in place of `batch.discount`, or `terminated` left out",
        ("objective",),
        weights.check_bootstrapping,
    ),
    _rule(
        "memory",
        "a full buffer takes no more memory",
        "a list or dictionary that nothing is removed from",
        ("buffer",),
        memory.check_memory,
    ),
    _rule(
        "global-state",
        "no global random state is touched",
        "`random`, `np.random`, `torch.rand` or a layer such as Dropout: draw only from `spec.rng`",
        RUNS,
        invariants.check_global_state,
    ),
    _rule(
        "harmless",
        "a run that it watches has the same result",
        "something in a log that it writes to, or a draw from a global generator",
        ("observer",),
        check_harmless,
    ),
    _rule(
        "every-end",
        "a run that fails is watched to its end, and another one after it",
        "`finish` taking for granted that something was reported, or something kept in a class variable",
        ("observer",),
        check_every_end,
    ),
    _rule(
        "jobs",
        "it does every job and says what the job says, in order",
        "events that get lost when a job ends or fails",
        ("executor",),
        check_jobs,
    ),
    Rule(
        "lazy",
        "asking for help works, and imports nothing heavy",
        "imports at the top of a module, of what only a running command needs; text in place of classes in hooks",
        {"plugin": importing.check_lazy, "command": importing.check_command},
    ),
)
"""Every rule, in the order in which they are told."""
CHECKS: Mapping[str, Rule] = {rule.name: rule for rule in RULES if {*RUNS} & rule.checks.keys()}
"""The rules for components and algorithms by name, for a plugin's tests: `CHECKS["repeatable"](case)`."""
