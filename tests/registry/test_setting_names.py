import pytest

from rlzoo.contracts.errors import OptionError
from rlzoo.registry.composition import compose
from rlzoo.registry.setting_names import setting_places

from support.tiny import CATALOG


def test_a_setting_needs_no_section_where_only_one_has_it() -> None:
    full = compose(CATALOG, "dqn", {"target": "soft"}, {"optimizer.lr": 0.1, "target.tau": 0.5, "train.envs": 2})
    assert compose(CATALOG, "dqn", {"target": "soft"}, {"lr": "0.1", "target.tau": 0.5, "envs": 2}) == full
    assert compose(CATALOG, "dqn", settings={"flatten": False})["environment"].flatten is False


@pytest.mark.parametrize(
    ("settings", "says"),
    [
        ({"schedule": "linear"}, "`schedule` is ambiguous: give `exploration.schedule` or `optimizer.schedule`"),
        ({"gama": 1}, "unknown setting `gama`. Did you mean `objective.gamma`?"),
        ({"tau": 1}, "unknown setting `tau`."),  # dqn's target has none
        ({"lr": 1, "optimizer.lr": 2}, "`optimizer.lr` is given twice: 1 and 2"),
        ({"tagret.period": 1}, "unknown setting `tagret.period`. Did you mean `target.period`?"),
        ({"dqn.lr": 1}, "unknown setting `dqn.lr`. Did you mean `optimizer.lr`?"),
        ({"id": "x"}, "`environment.id` cannot be set"),
        ({"": 1}, "unknown setting ``"),
        ({".lr": 1}, "unknown setting `.lr`. Did you mean `optimizer.lr`?"),
    ],
)
def test_other_names_are_refused(settings: dict[str, object], says: str) -> None:
    with pytest.raises(OptionError) as refusal:
        compose(CATALOG, "dqn", settings=settings)
    assert str(refusal.value).startswith(says)


def test_the_places_of_a_field_are_those_of_all_components() -> None:
    assert setting_places(CATALOG, "tau") == ["target.tau"]
    assert setting_places(CATALOG, "steps") == ["train.steps", "exploration.steps"]
    assert setting_places(CATALOG, "nothing") == []
