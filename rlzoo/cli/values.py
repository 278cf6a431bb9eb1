"""Options of the command line in the form `NAME=VALUE`."""

from __future__ import annotations

from collections.abc import Sequence

from rlzoo.contracts.errors import OptionError


def assignments(texts: Sequence[str], flag: str, example: str) -> dict[str, str]:
    """Split `target.period=250` into name and value. Raises OptionError for other forms and repeated names."""
    pairs: dict[str, str] = {}
    for text in texts:
        name, equals, value = text.partition("=")
        if not equals or not name:
            raise OptionError(f"`{flag} {text}` is not of the form `{example}`")
        if name in pairs:
            raise OptionError(f"`{flag} {name}` is given twice")
        pairs[name] = value
    return pairs


def settings(texts: Sequence[str]) -> dict[str, str]:
    """Return the settings given by `--set SLOT.FIELD=VALUE`, or `--set FIELD=VALUE`. Raises OptionError."""
    return assignments(texts, "--set", "target.period=250")


def columns(texts: Sequence[str]) -> dict[str, str]:
    """Return the columns given by `--column NAME=COLUMN`. Raises OptionError, also for unknown names."""
    from rlzoo.results.logs.reading import check_columns

    given = assignments(texts, "--column", "return=episode_return")
    check_columns(given)
    return given
