import pickle

import numpy as np
import pytest
import torch

from rlzoo.contracts.errors import (
    BadInput,
    EnvironmentFailed,
    OptionError,
    PluginError,
    RunFailed,
    UnknownName,
    buildable,
    check_memory,
    listed,
    nearest,
    printable,
    valid_names,
)


def test_exit_codes_tell_bad_input_from_a_failed_run() -> None:
    assert {error.exit_code for error in (BadInput, UnknownName, OptionError, PluginError)} == {2}
    assert RunFailed.exit_code == 1


def test_nearest_forgives_case_and_typos_but_does_not_guess_wildly() -> None:
    assert nearest("hrad", ["hard", "soft"]) == " Did you mean `hard`?"
    assert nearest("ADAM", ["adam", "sgd"]) == " Did you mean `adam`?"
    assert nearest("env", ["train", "environment"]) == " Did you mean `environment`?"
    assert nearest("xyz", ["hard", "soft"]) == ""
    assert nearest("hard", []) == ""


def test_listed_is_sorted_and_never_empty() -> None:
    assert listed(["soft", "hard"]) == "hard, soft"
    assert listed([]) == "nothing"


def test_a_failure_of_an_environment_survives_pickling() -> None:
    error = EnvironmentFailed("Cable-v0", lane=1, env=2, doing="step", reason="loose")
    error.locate(seed=7, step=40)
    copy = pickle.loads(pickle.dumps(error))
    assert type(copy) is EnvironmentFailed
    assert copy.lane == 1
    assert str(copy) == str(error)
    assert str(error).startswith("seed 7, after 40 steps: environment `Cable-v0` (lane 1, environment 2 of the lane)")


def test_long_lists_of_valid_names_are_cut_to_the_nearest() -> None:
    assert valid_names("x", ["b", "a"]) == "b, a"
    assert valid_names("x", []) == "nothing"
    names = [f"name-{letter}" for letter in "abcdefgh"]
    assert valid_names("name-g", names).startswith("name-g, ")
    assert valid_names("name-g", names).endswith(" and 3 more")
    assert valid_names("name-g", names).count("name-") == 5


def test_control_characters_are_escaped_but_lines_stay() -> None:
    assert printable("a\x1b[31m\n\udcff é") == "a\\x1b[31m\n\\udcff é"
    assert printable("unknown `a\nb`\nTry") == "unknown `a\\nb`\nTry"


def build(what: str) -> None:
    if what == "array":
        np.zeros(2**50)
    torch.empty(2**62, 4)


@pytest.mark.parametrize("what", ["array", "tensor"])
def test_what_is_too_large_to_build_is_bad_input_on_one_line(what: str) -> None:
    with (
        pytest.raises(BadInput, match=r"cannot be built: (Unable to allocate|Storage size)") as raised,
        buildable(),
    ):
        build(what)
    assert "\n" not in str(raised.value)


def test_memory_that_no_machine_has_is_refused() -> None:
    check_memory(1_000, "few")
    with pytest.raises(BadInput, match=r"many need at least 1,048,576 GiB of memory, but this machine has"):
        check_memory(2**50, "many")
