"""The application: its commands, and what it does on a mistake, an interrupt or a closed pipe."""

import os
import sys
from collections.abc import Sequence
from importlib import import_module
from typing import Annotated, Any, NoReturn

import typer
import typer.main
from typer.core import TyperGroup

from softmax_cli import __version__
from softmax_cli.errors import SoftmaxCliError, UsageError

_COMMANDS = {
    "loss": "softmax_cli.cli.loss:command",
    "softmax": "softmax_cli.cli.softmax:command",
    "sample": "softmax_cli.cli.sample:command",
}
"""Strings, so that a command's options are put together (15 ms each) only when it is called or listed."""

_CONTEXT = {"help_option_names": ["-h", "--help"]}
_INTERRUPTED = 130

# What Typer raises for an option that does not exist or a value of the wrong type. Its module is click's or,
# in newer versions, Typer's own copy of it, so that it cannot be imported under one name.
_TyperUsageError: type[Exception] = typer.BadParameter.__mro__[1]


class Manners(TyperGroup):
    """Turns what went wrong into one line on standard error and an exit status, never a traceback."""

    def list_commands(self, ctx: Any) -> list[str]:  # noqa: ARG002
        """The names, in the order of the table."""
        return list(_COMMANDS)

    def get_command(self, ctx: Any, cmd_name: str) -> Any:  # noqa: ARG002
        """The command of that name, loaded now."""
        if cmd_name not in _COMMANDS:
            return None
        module, _, function = _COMMANDS[cmd_name].partition(":")
        alone = typer.Typer(add_completion=False, context_settings=_CONTEXT)
        alone.command(cmd_name)(getattr(import_module(module), function))
        return typer.main.get_command(alone)

    def main(self, args: Sequence[str] | None = None, *more: Any, **options: Any) -> NoReturn:
        """Run the command, and exit."""
        options["standalone_mode"] = False
        try:
            status = super().main(args, *more, **options)
            sys.stdout.flush()
        except SoftmaxCliError as error:
            status = _fail(str(error), error.exit_status)
        except _TyperUsageError as error:
            status = _fail(f"{getattr(error, 'format_message', error.__str__)()} (see --help)", UsageError.exit_status)
        except BrokenPipeError:
            status = _reader_has_gone()
        except (KeyboardInterrupt, typer.Abort):
            status = _fail("interrupted", _INTERRUPTED)
        except MemoryError:
            status = _fail("not enough memory", 1)
        except OSError as error:
            status = _fail(f"{error.filename or 'output'}: {(error.strerror or str(error)).lower()}", 1)
        sys.exit(status if isinstance(status, int) else 0)


app = typer.Typer(
    cls=Manners,
    name="softmax-cli",
    context_settings=_CONTEXT,
    pretty_exceptions_enable=False,
)


def main() -> None:
    """The entry point."""
    for stream in (sys.stdout, sys.stderr):
        # A character that the terminal's encoding lacks is spelled out rather than fatal.
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")
    app()


def _show_version(asked: bool) -> None:
    if asked:
        print(f"softmax-cli {__version__}")
        raise typer.Exit


@app.callback(invoke_without_command=True)
def _root(
    context: typer.Context,
    version: Annotated[  # noqa: ARG001  (its callback does the work)
        bool, typer.Option("--version", "-V", callback=_show_version, is_eager=True, help="Show the version.")
    ] = False,
) -> None:
    """Softmax and every cross-entropy variant from logits and labels, on NumPy or torch, side by side.

    Is this loss right, and if not, why?
    Exit status: 0 fine, 1 a check failed, 2 usage, 3 bad input, 130 interrupted.
    """
    if context.invoked_subcommand is None:
        print(context.get_help())
        raise typer.Exit(UsageError.exit_status)


def _fail(message: str, status: int) -> int:
    print(f"error: {message}", file=sys.stderr)
    return status


def _reader_has_gone() -> int:
    """`| head` has seen enough: end quietly, and keep Python from flushing into the closed pipe."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return 0
