"""The command line. Add a command by writing its module here and its row in ``_COMMANDS``."""

from softmax_cli.cli.app import app, main

__all__ = ["app", "main"]
