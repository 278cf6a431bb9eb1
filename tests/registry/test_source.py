"""Options read from source are those of the classes, for everything that is installed."""

import inspect
import sys
from pathlib import Path

import pytest

from rlzoo.contracts import Options
from rlzoo.registry.catalog import KINDS, open_catalog
from rlzoo.registry.options import describe
from rlzoo.registry.source import class_from_source

CATALOG = open_catalog()
CLASSES = [
    (kind, name) for kind in KINDS if kind not in ("algorithm", "preset", "command") for name in CATALOG.names(kind)
]
DECLARED = ("variants", "alternatives", "needs", "reference", "ignores", "equivalent", "trials", "uncorrected")


@pytest.mark.parametrize(("kind", "name"), CLASSES)
def test_a_class_from_source_describes_the_same_options(kind: str, name: str) -> None:
    entry = CATALOG.get(kind, name)
    written = class_from_source(str(CATALOG.plugins.offers[entry.plugin][kind][name]))
    assert written is not None
    assert written is not entry.component
    assert describe(written) == describe(entry.component)
    assert (written.__name__, written.__module__) == (entry.component.__name__, entry.component.__module__)
    assert inspect.getdoc(written) == inspect.getdoc(entry.component)
    assert issubclass(written, Options)
    for declared in DECLARED:
        assert getattr(written, declared) == getattr(entry.component, declared)


@pytest.mark.parametrize(
    "body",
    [
        "import torch\nclass Odd(torch.nn.Module): ...",
        "def made(): return 3\nclass Odd:\n    size: int = made()",
        "class Other: ...",
        "class Odd(:",
        "raise SystemExit",
    ],
)
def test_what_cannot_be_read_is_none(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, body: str) -> None:
    monkeypatch.syspath_prepend(str(tmp_path))
    number = len(list(tmp_path.parent.iterdir()))
    module = f"odd_module_{number}_{abs(hash(body))}"
    (tmp_path / f"{module}.py").write_text(body)
    assert class_from_source(f"{module}:Odd") is None
    assert module not in sys.modules
    assert class_from_source("no_such_module:Odd") is None
