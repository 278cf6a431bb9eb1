from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import torch

Install = Callable[..., None]


@pytest.fixture(autouse=True)
def _one_thread() -> None:
    """Runs use one thread, so what is compared with them does too."""
    torch.set_num_threads(1)


@pytest.fixture(autouse=True, scope="session")
def _cache(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Nothing is read from the user's cache, or written to it."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("RLZOO_CACHE_DIR", str(tmp_path_factory.mktemp("cache")))
        yield


@pytest.fixture
def install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Install:
    """Put a distribution on `sys.path`, as pip would: `install("rlzoo-x", "1.0", x="source of x.py")`."""
    monkeypatch.delenv("RLZOO_STRICT_PLUGINS", raising=False)  # CI sets it, and some of these are broken on purpose

    def write(name: str, version: str, *, folder: str = "site", **modules: str) -> None:
        site = tmp_path / folder
        info = site / f"{name.replace('-', '_')}-{version}.dist-info"
        info.mkdir(parents=True)
        info.joinpath("METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n")
        entries = "\n".join(f"{module} = {module}" for module in modules)
        info.joinpath("entry_points.txt").write_text(f"[rlzoo]\n{entries}\n")
        for module, source in modules.items():
            site.joinpath(f"{module}.py").write_text(source)
            monkeypatch.delitem(sys.modules, module, raising=False)
        if str(site) not in sys.path:
            monkeypatch.syspath_prepend(site)

    return write
