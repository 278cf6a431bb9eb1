"""The distributions of the project: rlzoo itself, and the packages that come beside it."""

from __future__ import annotations

DISTRIBUTION = "rlzoo-lanes"
"""What pip calls rlzoo: `rlzoo` on PyPI is another project."""
