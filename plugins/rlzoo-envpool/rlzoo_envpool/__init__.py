"""EnvPool: environments in C++, stepped in threads."""

from __future__ import annotations

from collections.abc import Mapping

from rlzoo import hookimpl


@hookimpl
def rlzoo_environments() -> Mapping[str, str]:
    """Add `--env envpool/ID`."""
    return {"envpool": "rlzoo_envpool.pools:EnvPool"}
