from rlzoo.registry.composition import compose
from rlzoo.training.groups import groups_of

from support.tiny import CATALOG


def test_seeds_are_split_over_workers_and_stay_what_they_are() -> None:
    composition, seeds = compose(CATALOG, "dqn"), [2**63 + 1, 2**53 + 1, 0, 7, 3]
    assert groups_of(composition, seeds) == [seeds]
    assert groups_of(composition, seeds, workers=2) == [seeds[:3], seeds[3:]]
    assert groups_of(composition, seeds, workers=9) == [[seed] for seed in seeds]


def test_seeds_that_count_episodes_train_alone() -> None:
    settings = {"train.episodes": 9, "exploration.schedule": "exponential"}
    assert groups_of(compose(CATALOG, "dqn", {}, settings), [4, 2], workers=1) == [[4], [2]]
