"""What a finding's command line needs to know of the files."""

import glob
from dataclasses import fields
from typing import Any

from softmax_cli.checks.files import Files
from softmax_cli.inputs.chosen_rows import unwrapped
from softmax_cli.inputs.raw import RawPair
from softmax_cli.inputs.reading import Reading
from softmax_cli.readers.dialect import Dialect
from softmax_cli.readers.lines import cells, sniff_delimiter
from softmax_cli.readers.npy import NpyTable
from softmax_cli.readers.pieces import Files as GivenFiles
from softmax_cli.readers.source import STDIN, Source
from softmax_cli.readers.table import Table, left_out


def files_of(logits: Any, labels: Any, reading: Reading, ignore_index: int | None, pair: RawPair) -> Files:
    """The files by their names, and the options that they were read with."""
    is_npy = isinstance(unwrapped(pair.logits), NpyTable)
    return Files(
        logits=_name(logits),
        labels=_name(labels),
        options=_options(reading, ignore_index),
        load=_loading(logits, reading, pair),
        delimited=_only_source(logits) is not None and not is_npy,
        takes_header=pair.names is not None or is_npy,
        plain_logits=_is_plain(logits, pair.logits) and _name(labels) != STDIN,
        plain_labels=_is_plain(labels, pair.labels) and _name(logits) != STDIN,
    )


def _is_plain(given: Any, table: Table | None) -> bool:
    """Whether it is one file of text, and not a compressed one."""
    source = _only_source(given)
    return source is not None and not source.compressed and not (table and isinstance(unwrapped(table), NpyTable))


def _name(given: Any) -> str | None:
    """A path, or the pattern of several; None for a list of several, and for what is no file."""
    if not isinstance(given, GivenFiles):
        return None
    if len(given.paths) == 1:
        return given.paths[0]
    return given.name if glob.has_magic(given.name) and not any(path in given.name for path in given.paths) else None


def _only_source(given: Any) -> Source | None:
    """The one file that it is."""
    sources = given.sources() if isinstance(given, GivenFiles) else ()
    return sources[0] if len(sources) == 1 else None


def _options(reading: Reading, ignore_index: int | None) -> tuple[str, ...]:
    """Those that are not as by default, a word each."""
    options = []
    for field in fields(Reading):
        value = getattr(reading, field.name)
        name = field.name.replace("_", "-")
        if value == field.default:
            continue
        if isinstance(value, bool):
            options.append(f"--{name}" if value else f"--no-{name}")
        else:
            options.append(f"--{name}={value}")
    if ignore_index is not None:
        options.append(f"--ignore-index={ignore_index}")
    return tuple(options)


def _loading(logits: Any, reading: Reading, pair: RawPair) -> str:
    """The expression by which NumPy reads the same; empty where it would not be a short one."""
    source = _only_source(logits)
    if source is None or _name(logits) == STDIN or pair.axis != len(pair.logits.shape) - 1:
        return ""
    if isinstance(unwrapped(pair.logits), NpyTable):
        return f"np.load({source.name!r})" if source.name.endswith(".npy") else ""
    if source.name.endswith(".zst"):
        return ""
    with source.reading(), source.open() as file:
        line = file.readline().decode("utf-8-sig", "replace")
    delimiter = Dialect(reading.delimiter).delimiter or sniff_delimiter(line)
    width = len(cells(line, delimiter))
    chosen = reading.logit_columns is not None or reading.label_column is not None
    if '"' in line or chosen or width not in {pair.classes, pair.classes + 1}:
        return ""
    first_line = 1 if pair.names is None else 2
    odd = reading.decimal is not None or pair.logits.where(0, pair.axis) != f"{source.name}:{first_line}"
    if odd or left_out(pair.logits) not in {(), ("",), ("Unnamed: 0",)}:
        return ""
    arguments = [repr(source.name)]
    if delimiter != " ":
        arguments.append(f"delimiter={delimiter!r}")
    if pair.names is not None:
        arguments.append("skiprows=1")
    if width > pair.classes:  # an index column was left out
        arguments.append(f"usecols=range(1, {width})")
    return f"np.loadtxt({', '.join(arguments)})"
