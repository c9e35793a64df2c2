"""The application: its commands, and what it does on a mistake, an interrupt or a closed pipe."""

import errno
import os
import re
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from importlib import import_module
from typing import Annotated, Any, NoReturn

import typer
import typer.main
from typer.core import TyperCommand, TyperGroup

from softmax_cli import __version__
from softmax_cli.cli import streams
from softmax_cli.cli.signals import end_in_order
from softmax_cli.errors import DEBUG_VARIABLE, AbortedError, EndedError, FaultError, SoftmaxCliError, UsageError

_COMMANDS = {
    "loss": "softmax_cli.cli.loss:command",
    "losses": "softmax_cli.cli.losses:command",
    "softmax": "softmax_cli.cli.softmax:command",
    "check": "softmax_cli.cli.check:command",
    "checks": "softmax_cli.cli.check:listing",
    "compare": "softmax_cli.cli.compare:command",
    "report": "softmax_cli.cli.report:command",
    "inspect": "softmax_cli.cli.inspect:command",
    "sample": "softmax_cli.cli.sample:command",
}
"""Strings, so that a command's options are put together (15 ms each) only when it is called or listed."""

_CONTEXT = {"help_option_names": ["-h", "--help"]}
_NO_MEMORY = ("can't allocate memory", "can't start new thread", "out of memory", "failed to map segment")
_TROUBLE = 2
"""A full disk, too little memory: 2 as in grep and diff, since 1 would say that a check failed."""

# What Typer raises for an option that does not exist or a value of the wrong type. Its module is click's or,
# in newer versions, Typer's own copy of it, so that it cannot be imported under one name.
_TyperUsageError: type[Exception] = typer.BadParameter.__mro__[1]


class _Command(TyperCommand):
    """A command that names the environment variable whose value it refuses."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Read the options."""
        with _naming_variables(self, ctx):
            return super().parse_args(ctx, args)

    def invoke(self, ctx: Any) -> Any:
        """Run it."""
        with _naming_variables(self, ctx):
            return super().invoke(ctx)


@contextmanager
def _naming_variables(command: TyperCommand, context: Any) -> Iterator[None]:
    """Add to a UsageError about the value of an environment variable where the value is from."""
    try:
        yield
    except UsageError as error:
        said = str(error)
        for parameter in command.params:
            source = context.get_parameter_source(parameter.name)
            text = os.environ.get(str(parameter.envvar), "")
            if source is None or source.name != "ENVIRONMENT" or str(parameter.envvar) in said:
                continue
            if re.search(rf"(?<!\w){re.escape(text)}(?!\w)", said):
                raise UsageError(f"{said} (from the environment: {parameter.envvar}={text})") from error
        raise


class Manners(TyperGroup):
    """Turns what went wrong into one line on standard error and an exit status, never a traceback."""

    def list_commands(self, ctx: Any) -> list[str]:  # noqa: ARG002
        """The names, in the order of the table."""
        return list(_COMMANDS)

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        """The command of that name, loaded now."""
        if cmd_name not in _COMMANDS:
            if ctx.resilient_parsing:  # a shell asks how to complete half a name
                return None
            raise UsageError(f"there is no command {cmd_name!r}; the commands are {', '.join(_COMMANDS)}")
        module, _, function = _COMMANDS[cmd_name].partition(":")
        alone = typer.Typer(add_completion=False, context_settings=_CONTEXT)
        alone.command(cmd_name, cls=_Command)(getattr(import_module(module), function))
        return typer.main.get_command(alone)

    def main(self, args: Sequence[str] | None = None, *more: Any, **options: Any) -> NoReturn:
        """Run the command, and exit."""
        try:
            status = self._run(args, *more, **options)
        except SoftmaxCliError as error:
            status = _fail(str(error), error.exit_status)
        except _TyperUsageError as error:
            status = _fail(f"{getattr(error, 'format_message', error.__str__)()} (see --help)", UsageError.exit_status)
        except BrokenPipeError:  # `| head` has seen enough
            streams.abandon(sys.stdout)
            status = 0
        except (KeyboardInterrupt, typer.Abort):
            status = _ended("interrupted", AbortedError.exit_status)
        except EndedError as end:
            status = _ended(end.said, end.exit_status)
        except Exception as error:  # the last resort
            status = _failed(error)
        sys.exit(_flushed(status))

    def _run(self, *args: Any, **options: Any) -> int:
        """Run the command as Typer does, but for what it makes of an interrupt and of a closed pipe."""
        try:
            status = super().main(*args, **{**options, "standalone_mode": False})
            sys.stdout.flush()
        except SystemExit as end:
            if isinstance(end.__context__, BrokenPipeError):
                raise end.__context__ from None
            raise
        if status == AbortedError.exit_status:
            raise KeyboardInterrupt
        return status if isinstance(status, int) else 0


app = typer.Typer(
    cls=Manners,
    name="softmax-cli",
    context_settings=_CONTEXT,
    pretty_exceptions_enable=False,
)


def main() -> None:
    """The entry point."""
    streams.prepare()
    end_in_order()
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
    Exit status: 0 fine, 1 a check failed, 2 usage, 3 bad input, 70 a fault of softmax-cli; ended by a
    signal: 129 hung up, 130 interrupted, 143 terminated.
    Where no row counts, nothing is printed but the error (3). A nan from the values is a result (0); gates fail on it.
    """
    if context.invoked_subcommand is None:
        print(context.get_help())
        raise typer.Exit(UsageError.exit_status)


def _flushed(status: int) -> int:
    """The exit status, or another one where what stands before an error cannot be written either."""
    try:
        sys.stdout.flush()
    except BrokenPipeError:
        streams.abandon(sys.stdout)
    except OSError as error:
        return _unwritten(error)
    return status


def _unwritten(error: OSError) -> int:
    streams.abandon(sys.stdout)
    if error.errno == errno.EBADF:  # see streams.prepare
        return _fail("output: standard output is closed", _TROUBLE)
    return _fail(f"{error.filename or 'output'}: {(error.strerror or str(error)).lower()}", _TROUBLE)


def _ended(said: str, status: int) -> int:
    """Say that somebody has ended it; what waits in a pipe that nobody reads would keep the process alive."""
    streams.abandon(sys.stdout)
    return _fail(said, status)


def _failed(error: Exception) -> int:
    """Say what the machine lacks: memory, room on a disk; or that it is a fault, which nobody foresaw."""
    if _lacks_memory(error):
        return _fail("not enough memory", _TROUBLE)
    return _unwritten(error) if isinstance(error, OSError) else _fault(error)


def _lacks_memory(error: Exception) -> bool:
    """Whether it is a MemoryError, or what others have in its place: torch, a thread's start, a library's."""
    if isinstance(error, MemoryError):
        return True
    kinds = (RuntimeError, ImportError, OSError)
    return isinstance(error, kinds) and any(words in str(error) for words in _NO_MEMORY)


def _fault(error: Exception) -> int:
    if os.environ.get(DEBUG_VARIABLE, "0") not in {"", "0"}:
        import traceback

        for line in "".join(traceback.format_exception(error)).splitlines():
            streams.say(line)
    return _fail(str(FaultError(error)), FaultError.exit_status)


def _fail(message: str, status: int) -> int:
    streams.say(f"error: {message}")
    return status
