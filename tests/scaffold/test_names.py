from __future__ import annotations

import pytest

from rlzoo.contracts.errors import BadInput
from rlzoo.scaffold.names import PluginName, check_name


def never(name: PluginName) -> str:
    return ""


def taken(name: PluginName) -> str:
    return "there is one" if name.component in ("soft", "my-soft") else ""


def test_a_name_in_all_its_forms() -> None:
    name = check_name("rlzoo-my-replay2", "buffer", never)
    assert (name.distribution, name.package) == ("rlzoo-my-replay2", "rlzoo_my_replay2")
    assert (name.component, name.class_name) == ("my-replay2", "MyReplay2")


@pytest.mark.parametrize(
    ("text", "reason", "instead"),
    [
        ("My Replay!", "lowercase letters", "my-replay"),
        ("replay_2", "lowercase letters", "replay-2"),
        ("3d-replay", "begin with a letter", "d-replay"),
        ("a--b", "single `-`", "a-b"),
        ("-", "lowercase letters", "my-buffer"),
        ("", "lowercase letters", "my-buffer"),
        ("../up", "lowercase letters", "up"),
        ("réplique", "lowercase letters", "r-plique"),
        ("x" * 29, "longer than 28 characters", "x" * 25),
        ("class", "`class` is a Python keyword", "my-class"),
        ("none", "`None` is a Python keyword", "my-none"),
        ("rlzoo-3d", "`3d` is not a valid class name", "my-rlzoo-3d"),
        ("dist", "other tools use the folder name `dist`", "my-dist"),
        ("numpy", "`numpy` is already installed", "my-numpy"),
        ("rlzoo", "`rlzoo` is already installed", "my-rlzoo"),
        ("rlzoo-lanes", "is the distribution of rlzoo itself", "my-rlzoo-lanes"),
        ("email", "`email` is already installed", "my-email"),
        ("soft", "there is one", "my-buffer"),
    ],
)
def test_a_name_that_will_not_do_has_a_reason_and_a_better_one(text: str, reason: str, instead: str) -> None:
    with pytest.raises(BadInput) as refusal:
        check_name(text, "buffer", taken)
    assert reason in str(refusal.value)
    assert str(refusal.value).endswith(f" Try `{instead}`.")
