"""The command line; each command is a module."""

from rlzoo.cli.shell import main

__all__ = ["main"]
