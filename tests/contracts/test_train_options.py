import pytest

from rlzoo.contracts import Train, as_dict
from rlzoo.contracts.errors import OptionError
from rlzoo.registry.options import convert, describe


def test_a_run_has_exactly_one_length() -> None:
    assert convert(Train, {"episodes": 5}, "train", {"steps": 100}) == Train(episodes=5)
    with pytest.raises(OptionError, match="exactly one of"):
        convert(Train, {}, "train")
    with pytest.raises(OptionError, match="exclude each other"):
        convert(Train, {"steps": 5, "episodes": 5}, "train")


@pytest.mark.parametrize("field", ["steps", "envs", "batch_size", "update_every", "updates", "log_every"])
def test_counts_start_at_one(field: str) -> None:
    with pytest.raises(OptionError, match=rf"`train.{field}` must be an int >= 1"):
        convert(Train, {"steps": 1, field: 0}, "train")


def test_every_setting_is_described() -> None:
    assert all(row.description for row in describe(Train))


def test_how_to_evaluate_needs_to_be_told_when() -> None:
    with pytest.raises(OptionError, match=r"`train\.eval_episodes` has no effect without `train\.eval_every`"):
        convert(Train, {"steps": 1, "eval_episodes": 3}, "train")
    inherited = {"steps": 1, "eval_every": 5, "eval_episodes": 3}
    assert convert(Train, {}, "train", inherited).eval_episodes == 3
    assert convert(Train, {"eval_every": "none"}, "train", inherited) == Train(steps=1)
    assert convert(Train, as_dict(Train(steps=1)), "train") == Train(steps=1)


@pytest.mark.parametrize("envs", [1, 3, 8])
@pytest.mark.parametrize(("every", "updates"), [(1, 1), (4, 1), (10, 2), (7, 3), (150, 1)])
@pytest.mark.parametrize("starts", [0, 1, 37, 40, 100, 101, 500])
def test_updates_are_counted_before_the_run(envs: int, every: int, updates: int, starts: int) -> None:
    train = Train(steps=100, envs=envs, update_every=every, updates=updates, learning_starts=starts)
    steps, due = 0, 0
    while steps < 100:
        passed = range(steps + 1, steps + envs + 1)
        steps += envs
        due += sum(step % every == 0 for step in passed) * updates if steps >= starts else 0
    assert train.total_updates == due


def test_updates_by_episodes_are_not_known_before() -> None:
    assert Train(episodes=5).total_updates is None
    assert Train(steps=5, update_unit="episodes").total_updates is None
