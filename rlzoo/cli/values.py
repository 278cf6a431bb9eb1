"""`NAME=VALUE`, as options of the command line have it."""

from __future__ import annotations

from collections.abc import Sequence

from rlzoo.contracts.errors import OptionError


def assignments(texts: Sequence[str], flag: str, example: str) -> dict[str, str]:
    """`target.period=250` -> name and value. Raises OptionError for another form, or a name given twice."""
    pairs: dict[str, str] = {}
    for text in texts:
        name, equals, value = text.partition("=")
        form, _, _ = example.partition("=")
        if not equals or not name or ("." in form and "." not in name):
            raise OptionError(f"`{flag} {text}` is not of the form `{example}`")
        if name in pairs:
            raise OptionError(f"`{flag} {name}` is given twice")
        pairs[name] = value
    return pairs


def settings(texts: Sequence[str]) -> dict[str, str]:
    """`--set SLOT.FIELD=VALUE`, repeated. Raises OptionError."""
    return assignments(texts, "--set", "target.period=250")
