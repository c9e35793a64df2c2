"""Which arrays of a file that holds several are the logits and the labels, where their names are not given."""

from dataclasses import replace
from typing import Any

from softmax_cli.errors import InputError
from softmax_cli.inputs.reading import LABEL_LOG_PROBABILITIES, LOGITS, Reading
from softmax_cli.inputs.roles import OF_LABELS, OF_LOGITS, Role
from softmax_cli.readers.containers import entries_of, holds_columns, listed
from softmax_cli.readers.entry import Entry
from softmax_cli.readers.pieces import Files, holds_arrays


def addressed(logits: Any, labels: Any, reading: Reading, *, needed: bool) -> tuple[Any, Any, Reading]:
    """The same with an array chosen in each file that holds several, and the reading as this has it.

    Labels that are not given are an array of the logits' file, if that holds several; without ``needed`` they may be
    missing there. Raises InputError, with a list of what is there, where no array or more than one may be meant.
    """
    labels, reading = _named_column(logits, labels, reading)
    beside = labels is None and reading.label_column is None and holds_arrays(logits)
    labels = logits.whole() if beside else labels
    logits, reading = addressed_logits(logits, reading)
    if beside and reading.values == LABEL_LOG_PROBABILITIES:
        return logits, None, reading
    if not _is_open(labels):
        return logits, labels, reading
    entries = entries_of(labels.sources()[0])
    if beside and len(entries) == 1:
        return logits, None, reading
    taken = logits.sources()[0].member if beside else None
    if beside and not needed and not OF_LABELS.candidates(entries, taken):
        return logits, None, reading
    entry = _the_one(labels, OF_LABELS, entries, taken)
    said = _said(labels, entry, OF_LABELS) if len(entries) > 1 else ()
    return logits, labels.of(entry.name, *said), reading.with_array("labels", entry.name)


def _named_column(logits: Any, labels: Any, reading: Reading) -> tuple[Any, Reading]:
    """The labels that --label-column names, and the reading without it, for a file of columns that are arrays."""
    files = logits if labels is None else labels
    if reading.label_column is None or not holds_arrays(files) or not holds_columns(files.sources()[0]):
        return labels, reading
    found = files.whole().of(reading.label_column, "") if labels is None else files.of(reading.label_column, "")
    return found, replace(reading, label_column=None).with_array("labels", reading.label_column)


def addressed_logits(logits: Any, reading: Reading, key: str = "logits") -> tuple[Any, Reading]:
    """The same for logits alone; where the name of the array says what its values are, the reading says so, too."""
    if not holds_arrays(logits):
        return logits, reading
    if not _is_open(logits):
        return _with_what_is_known(logits, reading)
    entries = entries_of(logits.sources()[0])
    entry = _the_one(logits, OF_LOGITS, entries)
    values = (OF_LOGITS.values(entry) or LOGITS) if reading.values == LOGITS else reading.values
    tells = values != reading.values or (entry.holds == values != LOGITS)
    more = f", with --values {values}" if tells else ""
    said = _said(logits, entry, OF_LOGITS, more) if len(entries) > 1 or more else ()
    reading = replace(reading, values=values, padded=entry.padded)
    return logits.of(entry.name, *said), reading.with_array(key, entry.name)


def _with_what_is_known(logits: Files, reading: Reading) -> tuple[Files, Reading]:
    """The same of an array whose name is given: what its file tells of its values needs no option."""
    source = logits.sources()[0]
    entry = next((entry for entry in entries_of(source) if entry.name == source.member), None)
    if entry is None:
        return logits, reading
    reading = replace(reading, padded=entry.padded)
    if entry.holds in {"", LOGITS} or reading.values not in {LOGITS, entry.holds}:
        return logits, reading
    said = f"{logits.name}: read with --values {entry.holds}"
    return logits.noting(said), replace(reading, values=entry.holds)


def _is_open(files: Any) -> bool:
    """Whether it is open which array of a file is meant."""
    return holds_arrays(files) and files.sources()[0].member is None


def _said(files: Files, entry: Entry, role: Role, more: str = "") -> tuple[str]:
    return (f"{files.name}: {entry.name} is taken for the {role.what}{more}",)


def _the_one(files: Files, role: Role, entries: list[Entry], taken: str | None = None) -> Entry:
    """The only array of a file, or the one that the role means besides the one that is taken."""
    candidates = entries if len(entries) == 1 and taken is None else role.candidates(entries, taken)
    if len(candidates) == 1:
        return candidates[0]
    file = files.sources()[0].file
    refused = [entry for entry in entries if entry.refusal and role.values(entry)]
    if not candidates and len(refused) == 1:
        raise InputError(f"{file}:{refused[0].name}", refused[0].refusal)
    may = " and ".join(entry.name for entry in candidates)
    what = f"{may} may both be the {role.what}" if candidates else f"no array can be told to be the {role.what}"
    raise InputError(file, f"{what}: {listed(entries)}", f"choose one, as {file}:NAME")
