from pathlib import Path
from typing import Any

import pytest

from rlzoo.contracts import Log, Observer, Run
from rlzoo.registry.composition import compose
from rlzoo.results.recording import Recording
from rlzoo.results.run_folder import make_folder

from support.tiny import CATALOG


class Careless(Observer):
    def __init__(self, where: str) -> None:
        def fail(*_: Any) -> None:
            raise RuntimeError("no luck")

        setattr(self, where, fail)


@pytest.mark.parametrize("where", ["start", "log", "finish"])
def test_what_an_observer_raises_says_whose_it_is(tmp_path: Path, where: str) -> None:
    run = Run(compose(CATALOG, "dqn"), [0], tmp_path / "run", "cpu", "")
    make_folder(run.path)
    recording = Recording(run, [Careless(where)])
    with pytest.raises(RuntimeError) as raised:
        _whole(recording)
    assert raised.value.__notes__ == ["It was raised by the observer `test_recording.Careless`."]


def _whole(recording: Recording) -> None:
    recording.start()
    recording.log(Log([0], 0, 0, []))
    recording.finish("finished")
