import pickle

from rlzoo.contracts.errors import (
    BadInput,
    EnvironmentFailed,
    OptionError,
    PluginError,
    RunFailed,
    UnknownName,
    listed,
    nearest,
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
