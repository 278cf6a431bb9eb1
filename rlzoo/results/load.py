"""`rlzoo.load`: an agent from the folder of a run, also from one that somebody else has published."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path

from rlzoo.contracts.errors import BadInput
from rlzoo.contracts.train import Kept
from rlzoo.registry.catalog import Catalog, open_catalog
from rlzoo.results.agent import Agent
from rlzoo.results.files import as_path
from rlzoo.results.result import Result
from rlzoo.results.trust import untrusted_modules


def load(
    folder: str | Path,
    seed: int | None = None,
    *,
    weights: Kept = "last",
    allow_import: Collection[str] = (),
    catalog: Catalog | None = None,
) -> Agent:
    """Load the trained agent of a seed from the folder of a run.

    Args:
        folder: the run's folder.
        seed: may be omitted if the run has only one.
        weights: the `"last"` ones, or those of the seed's `"best"` evaluation.
        allow_import: modules that the run may import, and so execute, besides those of plugins.
        catalog: the components to choose from; by default, the built-ins and all installed plugins.

    Returns:
        The agent; `agent.act(observation)` is its greedy action.

    Raises:
        BadInput: the folder is not that of a run, a package or the weights are missing, or the run imports a module
            that is not allowed.
    """
    result = Result(as_path(folder), catalog or open_catalog())
    for module in untrusted_modules(result.composition, allow_import):
        raise BadInput(f"the run imports the module `{module}`; if you trust it, add `allow_import=[{module!r}]`")
    return result.agent(result.folder.only_seed() if seed is None else seed, weights)
