import pytest
import torch


@pytest.fixture(autouse=True)
def _one_thread() -> None:
    """Runs use one thread, and so do the runners that these tests make themselves."""
    torch.set_num_threads(1)
