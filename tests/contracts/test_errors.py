from rlzoo.contracts.errors import BadInput, OptionError, PluginError, RunFailed, UnknownName, listed, nearest


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
