"""The readers under bytes that coverage guides, by atheris (https://github.com/google/atheris), if it is there."""

import sys
from pathlib import Path

_ROWS = 64
_SEEDS = 300
_UNREAD = 2


def run(minutes: float, folder: Path) -> int:
    """Read mutated files for so long; one that ends in no result and no refusal stops the run, and is kept."""
    try:
        import atheris
    except ModuleNotFoundError:
        print("atheris is not installed: pip install atheris", file=sys.stderr)
        return _UNREAD
    with atheris.instrument_imports(include=["softmax_cli.readers"]):
        from softmax_cli.errors import SoftmaxCliError
        from softmax_cli.readers import open_table
        from softmax_cli.readers.dialect import Dialect, Selection
        from softmax_cli.readers.source import Source
    folder.mkdir(parents=True, exist_ok=True)
    file = folder / "input"

    def read(data: bytes) -> None:
        file.write_bytes(data)
        try:
            for text in (False, True):
                table = open_table(Source(file), Dialect(), Selection(text=text))
                for _ in table.blocks(_ROWS, None):
                    pass
        except SoftmaxCliError:
            pass

    seeds = _seeds(folder / "seeds")
    atheris.Setup([sys.argv[0], f"-max_total_time={round(60 * minutes)}", f"-artifact_prefix={folder}/", seeds], read)
    atheris.Fuzz()  # ends the process
    return 0


def _seeds(folder: Path) -> str:
    """A folder with files as the other kinds draw them, to begin with."""
    from tests.fuzz.kinds import drawn

    folder.mkdir(exist_ok=True)
    for index in range(_SEEDS):
        for name, data in drawn(0, index).files.items():
            (folder / f"{index}-{name}").write_bytes(data)
    return str(folder)
