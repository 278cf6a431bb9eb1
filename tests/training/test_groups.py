from rlzoo.contracts import Log, Stop
from rlzoo.registry.composition import compose
from rlzoo.training.groups import Group, groups_of, join, train_group

from support.tiny import CATALOG


def test_seeds_are_split_over_workers_and_stay_what_they_are() -> None:
    composition, seeds = compose(CATALOG, "dqn"), [2**63 + 1, 2**53 + 1, 0, 7, 3]
    assert groups_of(composition, seeds) == [seeds]
    assert groups_of(composition, seeds, workers=2) == [seeds[:3], seeds[3:]]
    assert groups_of(composition, seeds, workers=9) == [[seed] for seed in seeds]


def test_seeds_that_count_episodes_train_alone() -> None:
    settings = {"train.episodes": 9, "exploration.schedule": "exponential"}
    assert groups_of(compose(CATALOG, "dqn", {}, settings), [4, 2], workers=1) == [[4], [2]]


def group(seeds: list[int], **changed: object) -> Group:
    settings = {"train.steps": 300, "train.learning_starts": 50, "train.log_every": 100, "train.eval_every": 100}
    settings |= {"train.eval_episodes": 2, "train.batch_size": 8}
    settings |= {name.replace("__", "."): value for name, value in changed.items()}
    return Group(compose(CATALOG, "dqn", {"target": "soft"}, settings), seeds, "cpu")


def logs(whole: Group) -> dict[int, list[Log]]:
    """The logs of each variant."""
    by_variant: dict[int, list[Log]] = {}
    for log in train_group(whole, Stop()):
        by_variant.setdefault(log.variant, []).append(log)
    return by_variant


def results(logs: list[Log]) -> tuple[object, ...]:
    """Everything that the logs of one variant say."""
    episodes = sorted((it for log in logs for it in log.episodes), key=lambda it: (it.step, it.seed))
    metrics = {(seed, log.step): str(row) for log in logs for seed, row in log.metrics.items()}
    weights = {
        (seed, name): leaf.tobytes() for seed, leaves in logs[-1].weights.items() for name, leaf in leaves.items()
    }
    evaluations = [it for log in logs for it in log.evaluations]
    return episodes, metrics, evaluations, weights, logs[-1].counts, {tuple(log.seeds) for log in logs}


def test_variants_side_by_side_have_the_logs_of_separate_runs() -> None:
    groups = [
        group([3, 1], optimizer__lr=0.001),
        group([3], optimizer__lr=0.1, objective__gamma=0.5, exploration__fraction=0.1, target__tau=0.9),
        group([1, 2], optimizer__lr=1e30),  # diverges
    ]
    whole = join(groups)
    assert whole is not None
    together = logs(whole)
    assert [logs[-1].last for logs in together.values()] == [True] * 3
    for variant, alone in enumerate(groups):
        assert results(together[variant]) == results(logs(alone)[0])
    assert {counts["diverged_at"] is None for counts in together[2][-1].counts.values()} == {False}


def test_only_groups_that_differ_in_settings_per_lane_train_side_by_side() -> None:
    assert join([group([0]), group([0], train__n_step=2)]) is None
    assert join([group([0]), group([1], network__hidden="4")]) is None
    episodes = {"train__steps": None, "train__episodes": 9, "exploration__steps": 100}
    assert join([group([0], **episodes), group([0], optimizer__lr=0.1, **episodes)]) is None
    assert join([group([0], **episodes)]) is not None
