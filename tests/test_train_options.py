import pytest

from rlzoo.errors import OptionError
from rlzoo.options import convert, describe
from rlzoo.train_options import Train


def test_a_run_has_exactly_one_length() -> None:
    assert convert(Train, {"episodes": 5}, "train", {"steps": 100}) == Train(episodes=5)
    with pytest.raises(OptionError, match="exactly one of"):
        convert(Train, {}, "train")
    with pytest.raises(OptionError, match="exclude each other"):
        convert(Train, {"steps": 5, "episodes": 5}, "train")


@pytest.mark.parametrize("field", ["steps", "envs", "batch_size", "update_every", "updates", "report_every"])
def test_counts_start_at_one(field: str) -> None:
    with pytest.raises(OptionError, match=rf"`train.{field}` must be an int >= 1"):
        convert(Train, {"steps": 1, field: 0}, "train")


def test_every_setting_is_described() -> None:
    assert all(row.description for row in describe(Train))
