from pathlib import Path
from typing import Any

import pytest

from rlzoo.contracts import Log, Observer, Run
from rlzoo.registry.composition import compose
from rlzoo.results.files import RESERVE
from rlzoo.results.recording import Recording, recorded
from rlzoo.results.run_folder import RunFolder, make_folder, write_manifest

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


def test_a_run_whose_observers_cannot_finish_has_failed(tmp_path: Path) -> None:
    run = Run(compose(CATALOG, "dqn"), [0], tmp_path / "run", "cpu", "")
    make_folder(run.path)
    with pytest.raises(RuntimeError):
        _whole(Recording(run, [Careless("finish")]))
    manifest = RunFolder(run.path).manifest
    assert (manifest["status"], manifest["error"]) == ("failed", "RuntimeError: no luck")
    assert [file.name for file in run.path.iterdir()] == ["manifest.json"]


def test_the_first_failure_is_the_one_reported(tmp_path: Path) -> None:
    run = Run(compose(CATALOG, "dqn"), [0], tmp_path / "run", "cpu", "")
    make_folder(run.path)
    with pytest.raises(ValueError, match="first") as raised, recorded(run, [Careless("finish")]):
        raise ValueError("first")
    assert RunFolder(run.path).manifest["error"] == "ValueError: first"
    assert "The run could not be concluded either: RuntimeError: no luck" in raised.value.__notes__


def test_the_last_manifest_fits_on_a_full_disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    run = Run(compose(CATALOG, "dqn"), [0], tmp_path / "run", "cpu", "")
    make_folder(run.path)
    recording = Recording(run, [])
    recording.start()

    def write(run: Run, *, over: bool) -> None:
        if (run.path / RESERVE).exists():
            raise OSError(28, "No space left on device")
        write_manifest(run, over=over)

    monkeypatch.setattr("rlzoo.results.recording.write_manifest", write)
    recording.finish("interrupted")
    assert RunFolder(run.path).manifest["status"] == "interrupted"


def test_a_process_that_is_killed_while_observers_finish_leaves_no_finished_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run, seen = Run(compose(CATALOG, "dqn"), [0], tmp_path / "run", "cpu", ""), []

    class Looking(Observer):
        def finish(self, run: Run) -> None:
            folder = RunFolder(run.path)
            seen.append((folder.status, folder.running))
            with monkeypatch.context() as patched:
                patched.setattr("rlzoo.results.run_folder._may_run", lambda _: False)
                seen.append((folder.status.partition(",")[0], folder.running))

    make_folder(run.path)
    _whole(Recording(run, [Looking()]))
    assert seen == [("finished", True), ("killed", False)]
    assert RunFolder(run.path).status == "finished"
    assert not RunFolder(run.path).running


def _whole(recording: Recording) -> None:
    recording.start()
    recording.log(Log([0], 0, 0, []))
    recording.finish("finished")
