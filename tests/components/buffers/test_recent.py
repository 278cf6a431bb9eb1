import pytest
from gymnasium.spaces import Discrete

from rlzoo.components.buffers.recent import Recent
from rlzoo.contracts.errors import OptionError

from support.tiny import make_spec, make_transition


@pytest.mark.parametrize("envs", [1, 3])
def test_a_batch_is_the_last_transitions_in_order(envs: int) -> None:
    buffer = Recent().build(make_spec(Discrete(9_999), lanes=2, envs=envs, batch_size=7))
    for step in range(1, 30):
        buffer.add(make_transition((step - 1) * envs, 2, envs))
        last = list(range(step * envs))[-7:]
        batch = buffer.sample(7)
        assert batch.observation.tolist() == [last, [1000 + number for number in last]]
        assert len(buffer) == len(last)


def test_a_batch_shorter_than_a_vector_step_is_refused() -> None:
    with pytest.raises(OptionError, match="2 transitions cannot hold one step of 4"):
        Recent().build(make_spec(envs=4, batch_size=2))


def test_a_batch_size_is_needed() -> None:
    with pytest.raises(OptionError, match=r"train\.batch_size"):
        Recent().build(make_spec())
