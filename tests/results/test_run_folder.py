from __future__ import annotations

import os
import subprocess
import sys
from datetime import datetime
from importlib.metadata import version
from pathlib import Path

import msgspec
import numpy as np
import pytest
from safetensors.numpy import save_file

from rlzoo.contracts import Run
from rlzoo.contracts.errors import BadInput
from rlzoo.registry.composition import compose
from rlzoo.results.run_folder import MANIFEST, RunFolder, choose_folder, make_folder, write_manifest

from support.runs import train_tiny, write_run
from support.tiny import CATALOG


def test_a_run_goes_into_a_folder_named_after_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    composition = compose(CATALOG, "dqn", environment="rlzoo-tests/Counting-v0")
    first = choose_folder(None, composition)
    assert first.parent == tmp_path / "runs"
    assert first.name.startswith("dqn-rlzoo-tests-Counting-v0-20")
    make_folder(first)
    assert choose_folder(None, composition) != first


def test_a_folder_that_is_given_must_be_free(tmp_path: Path) -> None:
    composition = compose(CATALOG, "dqn")
    tmp_path.joinpath("file").touch()
    assert choose_folder(tmp_path / "new" / "deep", composition) == tmp_path / "new" / "deep"
    with pytest.raises(BadInput, match="is not empty"):
        choose_folder(tmp_path, composition)
    with pytest.raises(BadInput, match="is a file; give a folder"):
        choose_folder(tmp_path / "file", composition)
    with pytest.raises(BadInput, match=r"cannot create the folder `.*file/below`: Not a directory"):
        make_folder(tmp_path / "file" / "below")


def test_a_folder_with_nothing_but_leftovers_is_free(tmp_path: Path) -> None:
    tmp_path.joinpath(".manifest.json.7.part").touch()
    tmp_path.joinpath(".reserve").touch()
    make_folder(choose_folder(tmp_path, compose(CATALOG, "dqn")))
    assert not list(tmp_path.iterdir())


def test_a_manifest_says_all_that_is_needed_to_repeat_the_run(tmp_path: Path) -> None:
    composition = compose(CATALOG, "dqn", {"target": "soft"}, {"target.tau": 0.25})
    run = Run(composition, [3], tmp_path, "cpu", "rlzoo run dqn", datetime(2026, 1, 1).astimezone())
    write_manifest(run)
    folder = RunFolder(tmp_path)
    assert folder.composition(CATALOG) == composition
    manifest = folder.manifest
    assert manifest["versions"].keys() == {"python", "rlzoo", "torch", "gymnasium", "numpy", "numba"}
    assert manifest["versions"]["torch"] == version("torch")
    assert (manifest["seeds"], manifest["status"], manifest["command"]) == ([3], "running", "rlzoo run dqn")
    assert (folder.algorithm, folder.environment) == ("dqn", "CartPole-v1")


def test_what_became_of_each_seed_is_read_back(tmp_path: Path) -> None:
    folder = write_run(tmp_path / "r", [(0, 9, 1.0), (1, 9, 1.0)], seeds=(0, 1, 2), diverged={1: 7})
    assert folder.seeds == [0, 1, 2]
    assert folder.diverged == {1: 7}
    with pytest.raises(BadInput, match="stopped before any weights were saved"):
        folder.trained()


def test_weights_that_are_missing_or_damaged_are_named(tmp_path: Path) -> None:
    folder = train_tiny(tmp_path / "r").folder
    assert folder.trained() == [0, 1]
    with pytest.raises(BadInput, match="has no weights of seed 2"):
        folder.weights(2)
    path = tmp_path / "r" / "weights" / "seed-1.safetensors"
    path.write_bytes(path.read_bytes()[:50])
    with pytest.raises(BadInput, match=r"seed-1\.safetensors` is damaged"):
        folder.weights(1)


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (None, "is not a run: it has no manifest.json"),
        (b"{", "manifest.json` is damaged"),
        (b"[]", "is not the manifest of a run"),
        (b'{"seeds": []}', "is not the manifest of a run"),
    ],
)
def test_what_is_no_run_is_refused(tmp_path: Path, content: bytes | None, says: str) -> None:
    if content is not None:
        tmp_path.joinpath(MANIFEST).write_bytes(content)
    with pytest.raises(BadInput, match=says):
        RunFolder(tmp_path)


def test_a_component_that_is_not_there_any_more_is_missed(tmp_path: Path) -> None:
    folder = write_run(tmp_path / "r")
    manifest = msgspec.json.decode((folder.path / MANIFEST).read_bytes())
    manifest["composition"]["components"]["target"]["name"] = "annealed"
    (folder.path / MANIFEST).write_bytes(msgspec.json.encode(manifest))
    with pytest.raises(BadInput, match="unknown target `annealed`"):
        RunFolder(folder.path).composition(CATALOG)


def test_tables_that_are_not_there_are_named(tmp_path: Path) -> None:
    folder = write_run(tmp_path / "r", [(0, 9, 1.0)])
    assert folder.table("episodes")["return"].tolist() == [1.0]
    with pytest.raises(BadInput, match=r"has no metrics\.csv"):
        folder.table("metrics")


def test_a_name_that_no_system_takes_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="cannot be a folder for the run: File name too long"):
        choose_folder(tmp_path / ("x" * 300), compose(CATALOG, "dqn"))


@pytest.mark.parametrize("content", [b"\xff\xfe\x00", b"seed,step,return\n1,x,y\n", b"a,b\n1,2\n"])
def test_a_damaged_table_is_refused(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "manifest.json").write_text('{"seeds": [], "status": "finished", "composition": {}}')
    (tmp_path / "episodes.csv").write_bytes(content)
    with pytest.raises(BadInput, match=r"episodes.csv` is damaged"):
        RunFolder(tmp_path).table("episodes")


def test_a_manifest_of_other_types_is_none(tmp_path: Path) -> None:
    (tmp_path / "manifest.json").write_text('{"seeds": null, "status": "finished", "composition": {}}')
    with pytest.raises(BadInput, match=r"is not the manifest of a run: .*seeds"):
        RunFolder(tmp_path)


@pytest.mark.parametrize("content", [b'{"seeds": "\xff"}', b"[" * 100_000])
def test_a_manifest_that_no_text_editor_wrote_is_damaged(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "manifest.json").write_bytes(content)
    with pytest.raises(BadInput, match=r"manifest.json` is (damaged|not the manifest)"):
        RunFolder(tmp_path)


@pytest.mark.parametrize("content", ['{"algorithm": 5}', '{"train": 2.5}', '{"components": {"target": {"name": 5}}}'])
def test_a_composition_of_other_types_is_not_a_manifest(tmp_path: Path, content: str) -> None:
    record = f'{{"seeds": [], "status": "finished", "composition": {content}}}'
    (tmp_path / "manifest.json").write_text(record)
    with pytest.raises(BadInput, match=r"is not the manifest of a run: .*composition"):
        RunFolder(tmp_path)


def test_what_a_composition_lacks_is_named(tmp_path: Path) -> None:
    (tmp_path / "manifest.json").write_text('{"seeds": [], "status": "finished", "composition": {}}')
    with pytest.raises(BadInput, match=r"is damaged: it has no algorithm"):
        RunFolder(tmp_path).algorithm  # noqa: B018
    with pytest.raises(BadInput, match=r"is damaged: it has no components\.environment\.options\.id"):
        RunFolder(tmp_path).environment  # noqa: B018


def test_a_command_that_is_not_utf8_is_escaped(tmp_path: Path) -> None:
    write_manifest(Run(compose(CATALOG, "dqn"), [0], tmp_path, "cpu", "rlzoo run dqn --out '\udcff'"))
    assert RunFolder(tmp_path).manifest["command"] == "rlzoo run dqn --out '\\udcff'"


def test_a_killed_run_does_not_run_for_ever(tmp_path: Path) -> None:
    run = Run(compose(CATALOG, "dqn"), [0], tmp_path, "cpu", "")
    write_manifest(run)
    assert RunFolder(tmp_path).status == "running"
    manifest = msgspec.json.decode((tmp_path / MANIFEST).read_bytes())
    with subprocess.Popen([sys.executable, "-c", ""]) as child:
        child.wait()
    manifest["process"]["pid"] = child.pid
    (tmp_path / MANIFEST).write_bytes(msgspec.json.encode(manifest))
    os.utime(tmp_path / MANIFEST, times=(0, datetime(2026, 3, 4, 5, 6).timestamp()))
    assert RunFolder(tmp_path).status == "killed, last written 2026-03-04 05:06"
    manifest["process"]["host"] = "elsewhere"
    (tmp_path / MANIFEST).write_bytes(msgspec.json.encode(manifest))
    assert RunFolder(tmp_path).status == "running"
    run.status = "finished"
    write_manifest(run, over=True)
    assert "process" not in RunFolder(tmp_path).manifest, "a folder that is published does not name the machine"


def test_weights_that_are_not_finite_are_refused(tmp_path: Path) -> None:
    folder = write_run(tmp_path / "r", [(0, 9, 1.0), (1, 9, 1.0)], diverged={1: 7})
    (folder.path / "weights").mkdir()
    for seed, value in enumerate((1.0, np.nan)):
        save_file({"bias": np.full(3, value, np.float32)}, folder.path / "weights" / f"seed-{seed}.safetensors")
    assert folder.weights(0)
    with pytest.raises(BadInput, match=r"weights of seed 1 in .* are not finite: the seed diverged at step 7"):
        folder.weights(1)
