"""The command line: finds the commands, and turns every error into a line or two on stderr and an exit code."""

from __future__ import annotations

import logging
import os
import sys
from collections.abc import Sequence
from itertools import chain

import click

from rlzoo.cli.streams import standard_streams
from rlzoo.components.executors.garbage import collect_less_garbage
from rlzoo.contracts.errors import BadInput, PluginError, RlzooError, printable
from rlzoo.registry.catalog import Catalog, open_catalog
from rlzoo.registry.packages import DISTRIBUTION
from rlzoo.registry.setting_names import setting_places

COMPLETION = "_RLZOO_COMPLETE"
"""The environment variable by which a shell asks click for completions."""
_log = logging.getLogger("rlzoo")


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code: 0 done, 1 failed, 2 bad input, 130 interrupted."""
    if arguments is None:
        collect_less_garbage()
        arguments = sys.argv[1:]
    if COMPLETION in os.environ:
        group.main(arguments, prog_name="rlzoo")
    with standard_streams(as_json="--json" in arguments):
        return _run(arguments)


def _run(arguments: Sequence[str]) -> int:
    try:
        _check_utf8(arguments)
        code = group.main(list(arguments), prog_name="rlzoo", standalone_mode=False)
        sys.stdout.flush()
    except BrokenPipeError:
        # The reader of a pipe has left, as in `rlzoo list | head -1`.
        _discard_output()
        return 1
    except (click.Abort, KeyboardInterrupt):
        return 130
    except (Exception, SystemExit) as error:  # any part may call sys.exit(), and none may end a command so
        _log.debug("traceback:", exc_info=error)
        message, exit_code = _explained(error, arguments)
        click.echo(printable("\n".join((f"rlzoo: error: {message}", *getattr(error, "__notes__", ())))), err=True)
        _discard_output()
        return exit_code
    return code if isinstance(code, int) else 0


def _check_utf8(arguments: Sequence[str]) -> None:
    """Raise BadInput for bytes that are not UTF-8: neither manifests nor studies could record the command."""
    for argument in arguments:
        if not argument.isascii() and argument != argument.encode("utf-8", "replace").decode():
            raise BadInput(f"the argument `{argument}` is not UTF-8")


def _discard_output() -> None:
    """Flush stdout; what cannot be written is discarded, or else Python would fail to flush it as it exits."""
    try:
        sys.stdout.flush()
    except OSError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


class Commands(click.Group):
    """A group with the commands of the catalog; each is imported when it is run or listed."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the names of the commands."""
        return list(_catalog(ctx).names("command"))

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command:
        """Import a command. Raises `UnknownName` or `PluginError`."""
        command: click.Command = _catalog(ctx).get("command", cmd_name).component
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write a line for each command, or why it cannot be imported."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, self._short_help(ctx, name)) for name in self.list_commands(ctx)])

    def _short_help(self, ctx: click.Context, name: str) -> str:
        try:
            return self.get_command(ctx, name).get_short_help_str(limit=80)
        except PluginError as error:
            return f"({error})"


@click.group(cls=Commands, invoke_without_command=True)
@click.option("-v", "--verbose", is_flag=True, is_eager=True, help="Show tracebacks of errors.")
@click.option("--no-plugins", is_flag=True, is_eager=True, help="Disable all plugins.")
@click.option("--no-plugin", multiple=True, is_eager=True, metavar="NAME", help="Disable this plugin; repeatable.")
@click.version_option(package_name=DISTRIBUTION, message="rlzoo %(version)s")
@click.pass_context
def group(ctx: click.Context, /, **_options: object) -> None:
    """A deep Q-learning zoo: every part can be replaced, and many seeds train side by side."""
    _catalog(ctx)
    if ctx.invoked_subcommand is None:
        click.echo(ctx.get_help())


def _catalog(ctx: click.Context) -> Catalog:
    """Return the catalog, which all commands share as `ctx.obj`. Plugins load on first use, even before `--help`."""
    if ctx.obj is None:
        _log_to_stderr(verbose=ctx.params.get("verbose", False))
        no_plugins, blocked = ctx.params.get("no_plugins", False), ctx.params.get("no_plugin", ())
        ctx.obj = open_catalog(no_plugins=no_plugins, blocked=blocked)
    return ctx.obj


def _log_to_stderr(*, verbose: bool) -> None:
    handler = logging.StreamHandler()
    handler.setFormatter(logging.Formatter("rlzoo: %(levelname)s: %(message)s"))
    _log.handlers = [handler]
    _log.setLevel(logging.DEBUG if verbose else logging.WARNING)


def _explained(error: BaseException, arguments: Sequence[str]) -> tuple[str, int]:
    """Return the message for an error, and the exit code."""
    if isinstance(error, RlzooError):
        return str(error), error.exit_code
    if isinstance(error, click.NoSuchOption) and (setting := _setting(error, arguments)):
        return f"No such option: {error.option_name}. Did you mean `--set {setting}`?", error.exit_code
    if isinstance(error, click.UsageError) and error.ctx is not None:
        return f"{error.format_message()}\nTry `{error.ctx.command_path} --help`.", error.exit_code
    if isinstance(error, click.ClickException):
        return error.format_message(), error.exit_code
    if isinstance(error, OSError) and error.strerror:
        place = f": `{error.filename}`" if error.filename else ""
        return f"{error.strerror[0].lower()}{error.strerror[1:]}{place}", 1
    if isinstance(error, MemoryError):
        return f"out of memory: {error}", 1
    reason = str(error).partition("\n")[0]  # torch adds the stack of its C++ code
    return f"{type(error).__name__}: {reason} (`rlzoo -v ...` shows the traceback)", 1


def _setting(error: click.NoSuchOption, arguments: Sequence[str]) -> str:
    """Return `optimizer.lr=0.1` where `--lr 0.1` was given to a command that takes `--set`, or ""."""
    context = error.ctx
    if context is None or not any("--set" in parameter.opts for parameter in context.command.params):
        return ""
    names = setting_places(context.obj.from_source(), error.option_name.lstrip("-").replace("-", "_"))
    option, values = error.option_name, (*arguments, "")
    following = (values[place + 1] for place, given in enumerate(arguments) if given == option)
    joined = (given.partition("=")[2] for given in arguments if given.startswith(f"{option}="))
    value = next(chain(joined, following), "") or "VALUE"
    return f"{names[0]}={value}" if names else ""
