import pytest
from gymnasium.spaces import Discrete

from rlzoo.components.buffers.online import Online

from support.tiny import make_spec, make_transition


@pytest.mark.parametrize("envs", [1, 4])
def test_a_batch_is_the_last_vector_step(envs: int) -> None:
    buffer = Online().build(make_spec(Discrete(9_999), lanes=2, envs=envs))
    for step in range(5):
        buffer.add(make_transition(step * envs, 2, envs))
        last = range(step * envs, (step + 1) * envs)
        assert buffer.sample(None).observation.tolist() == [list(last), [1000 + number for number in last]]
    assert len(buffer) == envs
