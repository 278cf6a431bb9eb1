from rlzoo.registry.composition import compose
from rlzoo.studies.execution.programs import MOST_LANES, programs_of
from rlzoo.training.groups import Group

from support.tiny import CATALOG


def group(seeds: int, **changed: object) -> Group:
    settings = {name.replace("__", "."): value for name, value in changed.items()}
    return Group(compose(CATALOG, "dqn", {}, settings), range(seeds), "cpu")


def sweep(count: int, seeds: int, **changed: object) -> list[Group]:
    return [group(seeds, optimizer__lr=0.001 * (1 + place), **changed) for place in range(count)]


def test_groups_that_differ_in_settings_per_lane_share_a_program() -> None:
    groups = [group(5), group(5, network__hidden="4"), group(5, optimizer__lr=0.1), group(5, objective__gamma=0.5)]
    assert programs_of(groups, workers=1) == [[0, 2, 3], [1]]


def test_every_worker_has_a_program() -> None:
    assert programs_of(sweep(6, 2), workers=2) == [[0, 1, 2], [3, 4, 5]]
    assert programs_of(sweep(3, 2), workers=8) == [[0], [1], [2]]


def test_the_largest_program_comes_first_so_that_workers_end_together() -> None:
    assert programs_of([group(2), *sweep(3, 2, network__hidden="4")], workers=1) == [[1, 2, 3], [0]]


def test_a_program_has_a_limited_number_of_lanes() -> None:
    half = MOST_LANES // 2
    assert programs_of(sweep(4, half), workers=1) == [[0, 1], [2, 3]]
    assert programs_of(sweep(2, 2 * MOST_LANES), workers=1) == [[0], [1]]


def test_large_buffers_do_not_share_a_program() -> None:
    assert programs_of(sweep(2, 2, buffer__capacity=2**20), workers=1) == [[0], [1]]
    assert programs_of(sweep(2, 2, buffer__capacity=2**18), workers=1) == [[0, 1]]


def test_a_buffer_without_a_capacity_is_small() -> None:
    rates = ({"optimizer.lr": 0.1}, {"optimizer.lr": 0.2})
    groups = [Group(compose(CATALOG, "dqn", {"buffer": "online"}, rate), [0], "cpu") for rate in rates]
    assert programs_of(groups, workers=1) == [[0, 1]]
