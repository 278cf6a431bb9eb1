"""The sections of an explanation: sentences and tables that the page and the plain text share."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from rlzoo.explaining.walk import Collected, Layer, Learned, Move, Said, Walk
from rlzoo.studies.numbers import count, number, signed

FEW = 8
"""Samples in a table of the plain text."""
Value = str | float | int | bool


@dataclass(frozen=True)
class Table:
    """Rows of names, texts and numbers below column titles."""

    columns: Sequence[str]
    rows: Sequence[Sequence[Value]]


@dataclass(frozen=True)
class Section:
    """A stage of the step, such as `sample`."""

    key: str
    title: str
    sentences: Sequence[str]
    words: Said | None = None
    """Of the part whose stage it is."""
    tables: Sequence[Table] = ()


def sections(walk: Walk) -> list[Section]:
    """All stages of the explained step, in order."""
    return [*(_collecting(walk.collected[0]) if walk.collected else ()), *(_learning(walk) if walk.learned else ())]


def _collecting(it: Collected) -> Iterator[Section]:
    yield Section(
        "observe",
        "Observe",
        [f"Step {it.step:,} is step {it.place:,} of episode {it.episode:,}. The agent observes {_numbers_of(it)}."],
        it.observed,
        [_observation_table(it)] if it.observation.size <= 64 else (),
    )
    if it.q is not None:
        yield Section("value", "Value the actions", [_best(it)], None, [_q_table(it)])
    yield Section("choose", "Choose an action", [_choice(it)], it.chosen)
    yield Section("act", "Act", [_outcome(it)])
    yield Section("store", "Store the transition", [_columns(it)] if it.columns else [], it.stored)


def _numbers_of(it: Collected) -> str:
    shape = " × ".join(map(str, it.observation.shape))
    return "one number" if it.observation.size == 1 else f"{shape} numbers"


def _observation_table(it: Collected) -> Table:
    names = list(it.observed.numbers) or [str(place) for place in range(it.observation.size)]
    before, after = (array.ravel().tolist() for array in (it.observation, it.next_observation))
    return Table(("observation", "now", "next"), list(zip(names, before, after, strict=False)))


def _best(it: Collected) -> str:
    assert it.q is not None
    estimate = "The network gives each action a Q value, an estimate of the return that follows it."
    return f"{estimate} Action {int(np.nan_to_num(it.q, nan=-np.inf).argmax())} has the highest."


def _q_table(it: Collected) -> Table:
    return Table(("action", "Q"), list(enumerate(q_values(it))))


def q_values(it: Collected) -> list[float | str]:
    """The Q value of each action, or that it is forbidden."""
    assert it.q is not None
    allowed = np.ones(len(it.q), np.bool_) if it.allowed is None else it.allowed
    return [value if may else "forbidden" for value, may in zip(it.q.tolist(), allowed.tolist(), strict=True)]


def _choice(it: Collected) -> str:
    if it.greedy is None:
        return f"The action is {', '.join(map(brief, np.ravel(it.action).tolist()))}."
    return f"It takes action {int(it.action)}, which {'has' if it.greedy else 'does not have'} the highest Q value."


def _outcome(it: Collected) -> str:
    learnt = "" if it.signal == it.reward else f" The agent learns from a reward of {brief(it.signal)}."
    end = "terminates" if it.terminated else "is truncated" if it.truncated else "continues"
    return f"The environment returns a reward of {brief(it.reward)}.{learnt} The episode {end}."


def _columns(it: Collected) -> str:
    named = (f"`{name}` = {' '.join(map(brief, np.ravel(value)[:8].tolist()))}" for name, value in it.columns.items())
    return f"Stored with it: {', '.join(named)}."


def _learning(walk: Walk) -> Iterator[Section]:
    it = walk.learned
    assert it is not None
    yield Section("sample", "Sample a batch", [_batch(it)], it.sampled)
    yield Section("target", "Predict, and compare with the target", [], it.judged, [sample_table(it, FEW)])
    yield Section("loss", "Loss", [_loss(it)])
    yield Section("gradient", "Back-propagate", [_gradient(it)], None, [layer_table(it.layers)])
    yield Section("optimize", "Change the weights", [_change(it, walk.weights)], it.optimized)
    yield Section("move", "Update the target network", [moved(it.move)], it.moved)
    yield Section("after", "Before and after", list(_difference(walk, it)), None, [_before_after(it)])


def _batch(it: Learned) -> str:
    size = len(it.samples["place"])
    ages = it.samples.get("age")
    if ages is None:
        return f"Update {it.update.number:,} learns from {count(size, 'transition')}."
    spread = f"from {int(ages.min()):,} to {int(ages.max()):,} transitions, with a median of {brief(np.median(ages))}"
    return f"Update {it.update.number:,} learns from {count(size, 'transition')}. Their ages range {spread}."


def sample_table(it: Learned, most: int | None = None) -> Table:
    """The transitions of the batch, the first `most` of them, without columns that have the usual number everywhere."""
    ordinary = {"truncated": False, "weight": 1, "discount": it.samples["discount"][0]}
    names = [name for name, values in it.samples.items() if name not in ordinary or (values != ordinary[name]).any()]
    size = len(it.samples["place"])
    columns = [_whole(it.samples[name]) for name in names]
    rows = [[place, *(column[place] for column in columns)] for place in range(min(most or size, size))]
    return Table(["transition", *names], rows)


def _whole(values: np.ndarray) -> list[Value]:
    """Numbers as they are, but whole ones without a point where all are."""
    found: list[Value] = values.tolist()
    whole = values.dtype.kind == "f" and np.isfinite(values).all() and (values == np.round(values)).all()
    return [int(value) for value in found] if whole else found


def filled(formula: str, samples: Mapping[str, np.ndarray], place: int) -> str:
    """The formula with the numbers of one transition."""

    def value(match: re.Match[str]) -> str:
        return brief(float(samples[match[1]][place])) if match[1] in samples else match[1]

    text = re.sub(r"\{([^}]+)\}", value, formula).replace("+ −", "− ").replace("− −", "+ ")
    return re.sub(r"× (−[\d.,]*\d)", r"× (\1)", text)


def plain_formula(formula: str) -> str:
    """The formula with the names of its numbers."""
    return formula.replace("{", "").replace("}", "")


def _loss(it: Learned) -> str:
    weighted = "" if (it.samples["weight"] == 1).all() else ", weighted by the importance weights,"
    return (
        f"The mean loss of the batch{weighted} is {number(it.update.loss)}. The mean absolute TD error is "
        f"{number(it.update.td_error)}."
    )


def _gradient(it: Learned) -> str:
    return f"The gradient of the loss has a Euclidean norm of {number(it.update.gradient)}."


def layer_table(layers: Sequence[Layer]) -> Table:
    """What the update did to each layer."""
    rows = [
        (
            f"{layer.name} [{' × '.join(map(str, layer.shape))}]",
            layer.gradient,
            layer.change,
            layer.change / layer.weights if layer.weights else float("nan"),
        )
        for layer in layers
    ]
    return Table(("layer", "gradient", "change", "change / weights"), rows)


def _change(it: Learned, weights: int) -> str:
    return f"The {count(weights, 'weight')} move a distance of {number(it.update.change)}."


def moved(it: Move) -> str:
    """What became of the target network."""
    if it.shared:
        return "There is no target network: the online network computes the targets, which move with every update."
    if it.distance == 0:
        return f"The target network stays where it is, at a distance of {number(it.before)} from the online network."
    return (
        f"The target network moves by {number(it.distance)}. Its distance from the online network was "
        f"{number(it.before)}, and is {number(it.after)} now."
    )


def _difference(walk: Walk, it: Learned) -> Iterator[str]:
    yield "The Q values of the observation from the beginning of the step change, even if it is not in the batch."
    acted = walk.collected[0].q if walk.collected else None
    same_step = bool(walk.collected) and walk.collected[0].step == it.update.step
    if same_step and acted is not None and not np.allclose(acted, it.q_before, rtol=1e-3, equal_nan=True):
        yield "They are without the noise in the network that the action was chosen with."


def _before_after(it: Learned) -> Table:
    before, after = it.q_before.tolist(), it.q_after.tolist()
    rows = [
        (action, one, other, signed(other - one)) for action, (one, other) in enumerate(zip(before, after, strict=True))
    ]
    return Table(("action", "before", "after", "change"), rows)


def brief(value: float) -> str:
    """A number without zeros at its end."""
    text = number(value)
    return text.rstrip("0").rstrip(".") if "." in text else text


def said_numbers(said: Said) -> Iterator[tuple[str, float]]:
    """The numbers of a part that are known."""
    return ((name, value) for name, value in said.numbers.items() if np.isfinite(value))
