"""What can go wrong for a user, each kind with the exit status that a shell sees. Imports nothing."""

DEBUG_VARIABLE = "SOFTMAX_CLI_DEBUG"
"""The environment variable with which the command line prints the traceback of a fault."""


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


class EndedError(BaseException):
    """A signal asks the process to end. No Exception, so that nothing on the way takes it for a fault of its own."""

    def __init__(self, signal: int, said: str) -> None:
        self.said = said
        self.exit_status = 128 + signal  # as shells have it
        super().__init__(said)


class FaultError(SoftmaxCliError):
    """A fault of the program itself: an exception that it did not foresee, whatever it was given."""

    exit_status = 70

    def __init__(self, cause: BaseException) -> None:
        what = f"{type(cause).__name__}: {cause}" if str(cause) else type(cause).__name__
        super().__init__(f"this is a fault of softmax-cli ({what}); {DEBUG_VARIABLE}=1 shows where")


class InputError(SoftmaxCliError, ValueError):
    """A file (or an array) does not hold what it should.

    ``where`` says what to open and where to look (``labels.csv:12``), ``what`` names the offending value,
    and ``remedy``, where there is one, says what to do.
    """

    exit_status = 3

    def __init__(self, where: str, what: str, remedy: str = "") -> None:
        self.what = what
        super().__init__(f"{where}: {what}" + (f"; {remedy}" if remedy else ""))
