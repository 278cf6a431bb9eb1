import json
from dataclasses import dataclass, field
from typing import Annotated, ClassVar, Literal

import pytest
from msgspec import Meta

from rlzoo.contracts import Options, as_dict
from rlzoo.contracts.errors import OptionError
from rlzoo.registry.options import as_text, convert, describe, overlay, summary
from rlzoo.registry.values import literal


@dataclass(frozen=True)
class Sample(Options):
    """A class with one option of each kind.

    More text.
    """

    count: Annotated[int, Meta(ge=1, description="how many")] = 5
    rate: Annotated[float, Meta(gt=0, le=1, description="how fast")] | None = 0.5
    on: bool = False
    hidden: tuple[Annotated[int, Meta(ge=1)], ...] = (120, 84)
    betas: tuple[float, float] = (0.9, 0.999)
    unit: Annotated[Literal["steps", "updates"], Meta(description="the unit")] = "steps"
    kwargs: dict[str, object] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if self.count == 13:
            raise ValueError("13 brings bad luck")


@dataclass(frozen=True)
class Empty(Options):
    """Nothing to set."""


@dataclass(frozen=True)
class Needy(Options):
    """One required option."""

    id: str


@dataclass(frozen=True)
class Schedule(Options):
    """A chooser, what its values use, and two ways to say how long."""

    variants: ClassVar = {
        "kind": {"linear": ("start", "end", "steps", "fraction"), "power": ("start", "decay"), "fixed": ()}
    }
    alternatives: ClassVar = (("steps", "fraction"),)

    kind: Literal["linear", "power", "fixed"] = "linear"
    start: float | None = None
    end: float | None = None
    steps: int | None = None
    fraction: float | None = None
    decay: float | None = None


def made(**settings: object) -> Sample:
    return convert(Sample, settings, "slot")


def message(cls: type, settings: dict[str, object], **inherited: object) -> str:
    with pytest.raises(OptionError) as caught:
        convert(cls, settings, "slot", inherited)
    return str(caught.value)


@pytest.mark.parametrize(
    ("text", "value"), [("50_000", 50_000), ("100k", 100_000), ("1M", 1_000_000), ("1.5k", 1_500), ("1e3", 1_000)]
)
def test_ints_are_read_the_way_people_write_them(text: str, value: int) -> None:
    assert made(count=text).count == value


@pytest.mark.parametrize("value", [True, "true", "3.7", 3.7, "", "many", None, "none", "1e400", "k"])
def test_an_int_is_nothing_else(value: object) -> None:
    assert message(Sample, {"count": value}).startswith("`slot.count` must be an int >= 1, got ")


@pytest.mark.parametrize("value", ["nan", "inf", float("nan"), 0, "1.5", True])
def test_numbers_are_finite_and_within_bounds(value: object) -> None:
    assert "`slot.rate` must be a number > 0 and <= 1 or none, got" in message(Sample, {"rate": value})


def test_text_becomes_numbers_flags_nothing_lists_and_tables() -> None:
    options = made(rate="1e-3", on="True", hidden="64,32", betas="0.5,0.9", kwargs='{"slippery": false}')
    assert options == Sample(rate=1e-3, on=True, hidden=(64, 32), betas=(0.5, 0.9), kwargs={"slippery": False})
    assert made(rate="none").rate is made(rate="NULL").rate is None
    assert made(hidden="256").hidden == (256,)
    assert made(hidden="(64, 64)").hidden == (64, 64)
    assert made(hidden="").hidden == ()


def test_numpy_scalars_are_numbers() -> None:
    np = pytest.importorskip("numpy")
    assert made(count=np.int64(3), rate=np.float32(0.25)) == Sample(count=3, rate=0.25)


@pytest.mark.parametrize("betas", ["0.5", "0.5,0.6,0.7"])
def test_a_pair_is_two(betas: str) -> None:
    assert "`slot.betas` must be 2 values" in message(Sample, {"betas": betas})


def test_a_message_names_the_bound_and_the_value() -> None:
    assert message(Sample, {"count": "0"}) == "`slot.count` must be an int >= 1, got 0."
    assert message(Sample, {"hidden": "8,0"}) == "`slot.hidden` must be a list, each an int >= 1, got 8,0."


def test_a_wrong_choice_is_answered_with_the_nearest() -> None:
    expected = "`slot.unit` must be one of steps, updates, got step. Did you mean `steps`?"
    assert message(Sample, {"unit": "step"}) == expected


def test_an_unknown_field_is_answered_with_the_valid_ones() -> None:
    error = message(Sample, {"cuont": 1})
    assert error.startswith("`slot.cuont` cannot be set: `slot` takes count, unit, on, rate, betas and 2 more.")
    assert error.endswith("Did you mean `count`?")


def test_a_class_without_options_says_so() -> None:
    assert message(Empty, {"period": 5}) == "`slot.period` cannot be set: `slot` has no options."
    with pytest.raises(OptionError, match="`target=none` has no options"):
        overlay(Empty, {"period": 5}, "target", owner="target=none")


def test_a_required_field_is_asked_for() -> None:
    assert message(Needy, {}) == "`slot` needs `slot.id`"


def test_a_value_refused_by_the_class_is_an_option_error() -> None:
    assert message(Sample, {"count": 13}) == "`slot`: 13 brings bad luck"


def test_values_that_json_cannot_hold_are_refused() -> None:
    assert "takes only plain values" in message(Sample, {"kwargs": {"wrapper": object()}})


def test_round_trip_through_json() -> None:
    options = made(rate=None, hidden=(1, 2), kwargs={"a": [1, 2]})
    assert convert(Sample, json.loads(json.dumps(as_dict(options))), "slot") == options


def test_the_users_settings_win_over_inherited_ones() -> None:
    assert convert(Sample, {"count": 2}, "slot", {"count": 3, "on": True}) == Sample(count=2, on=True)


def test_a_field_the_variant_does_not_use_is_refused() -> None:
    expected = "`slot.decay` has no effect with `kind=linear`; it takes start, end, steps, fraction"
    assert message(Schedule, {"decay": 0.9}) == expected
    assert message(Schedule, {"start": 1, "kind": "fixed"}).endswith("with `kind=fixed`; it has no options")
    assert convert(Schedule, {"decay": None, "start": 1}, "slot") == Schedule(start=1.0)


def test_changing_the_variant_drops_what_it_does_not_use() -> None:
    inherited = {"start": 1.0, "end": 0.1, "fraction": 0.5}
    changed = convert(Schedule, {"kind": "power", "decay": 0.9}, "slot", inherited)
    assert changed == Schedule(kind="power", start=1.0, decay=0.9)


def test_an_inherited_setting_without_effect_is_refused_too() -> None:
    assert "`slot.decay` has no effect" in message(Schedule, {}, decay=0.9)


def test_alternatives_exclude_each_other() -> None:
    assert message(Schedule, {"steps": 5, "fraction": 0.5}).endswith("exclude each other; give one")
    assert convert(Schedule, {"steps": 5}, "slot", {"fraction": 0.5}) == Schedule(steps=5)


def test_describe_tells_type_default_and_meaning() -> None:
    rows = {row.name: row for row in describe(Sample)}
    assert rows["count"].type == "an int >= 1"
    assert rows["count"].default == "5"
    assert rows["rate"].description == "how fast"
    assert rows["hidden"].default == "120,84"
    assert rows["unit"].type == "one of steps, updates"
    assert {row.name: row.default for row in describe(Needy)} == {"id": "required"}
    assert summary(Sample) == "A class with one option of each kind."


@pytest.mark.parametrize(
    ("value", "text"), [(None, "none"), (True, "true"), ((1, 2), "1,2"), (0.05, "0.05"), ("a", "a")]
)
def test_values_are_shown_the_way_they_are_typed(value: object, text: str) -> None:
    assert as_text(value) == text


@pytest.mark.parametrize("rate", ["1e-320", 5e-324])
def test_numbers_too_small_for_full_precision_are_refused(rate: object) -> None:
    assert message(Sample, {"rate": rate}) == f"`slot.rate` is {rate}, which 64 bits cannot represent"


@pytest.mark.parametrize("settings", [{"count": "9" * 25}, {"hidden": f"64,{'9' * 25}"}])
def test_numbers_too_large_for_64_bits_are_refused(settings: dict[str, object]) -> None:
    assert "which 64 bits cannot represent" in message(Sample, settings)


@pytest.mark.parametrize("text", ["[" * 100_000, '{"a":' * 100_000])
def test_json_that_is_nested_too_deeply_is_text(text: str) -> None:
    assert literal(text) == text
    assert "must be a table" in message(Sample, {"kwargs": text})


@pytest.mark.parametrize("text", ["[", "[[", "64,84]", "((64,84))"])
def test_brackets_of_a_list_match(text: str) -> None:
    assert "`slot.hidden` must be a list" in message(Sample, {"hidden": text})
