"""What can go wrong for a user, each kind with the exit status that a shell sees. Imports nothing."""


class SoftmaxCliError(Exception):
    """A mistake that its message explains; the command line prints it as one line, without a traceback."""

    exit_status = 1


class CheckFailedError(SoftmaxCliError):
    """A check that was asked for found what it was to find."""


class UsageError(SoftmaxCliError, ValueError):
    """What was asked for cannot be done: an option, a name or a combination of them is wrong."""

    exit_status = 2


class AbortedError(SoftmaxCliError):
    """The user has ended it before it was done."""

    exit_status = 130


class InputError(SoftmaxCliError, ValueError):
    """A file (or an array) does not hold what it should.

    ``where`` says what to open and where to look (``labels.csv:12``), ``what`` names the offending value,
    and ``remedy``, where there is one, says what to do.
    """

    exit_status = 3

    def __init__(self, where: str, what: str, remedy: str = "") -> None:
        super().__init__(f"{where}: {what}" + (f"; {remedy}" if remedy else ""))
