"""The reference of the command line, made from the commands."""

from __future__ import annotations

from inspect import cleandoc
from typing import Any

import click

from rlzoo.cli.shell import group
from rlzoo.registry.catalog import Catalog
from website.markdown import block, code, page, table


def commands_page(catalog: Catalog) -> str:
    """Return the page with every command, its arguments and options."""
    context = click.Context(group, info_name="rlzoo", obj=catalog)
    names = group.list_commands(context)
    return page(
        "# Command line",
        "Every command, as `rlzoo COMMAND --help` describes it. Exit codes: 0 done, 1 the run failed, 2 invalid input "
        "(before anything has run), 130 interrupted.",
        *(text for name in names for text in _command(context, name)),
    )


def _command(parent: click.Context, name: str) -> list[str]:
    command = group.get_command(parent, name)
    assert command is not None
    context = click.Context(command, info_name=f"rlzoo {name}", obj=parent.obj)
    usage = context.command.collect_usage_pieces(context)
    paragraphs = cleandoc(command.help or "").split("\n\n")
    return [
        f"## rlzoo {name}",
        block("text", " ".join((f"rlzoo {name}", *usage))),
        *map(_paragraph, paragraphs),
        table(("option", "meaning"), [_option(it, context) for it in command.params if _is_option(it)]),
    ]


def _is_option(parameter: click.Parameter) -> bool:
    return parameter.param_type_name == "option" and not getattr(parameter, "hidden", False)


def _option(parameter: Any, context: click.Context) -> tuple[str, str]:
    record = parameter.get_help_record(context)
    names, meaning = record if record else (", ".join(parameter.opts), "")
    return code(names), meaning


def _paragraph(text: str) -> str:
    """Return a paragraph of a help text; one that click must not wrap is a block of text."""
    return block("text", text.removeprefix("\b\n")) if text.startswith("\b") else text
