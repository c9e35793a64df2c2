"""Which arrays of a file that holds several are the logits and the labels, where their names are not given."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from softmax_cli.errors import InputError
from softmax_cli.inputs.reading import LOG_PROBABILITIES, LOGITS, PROBABILITIES, Reading
from softmax_cli.readers.array import is_bfloat16
from softmax_cli.readers.containers import entries_of, listed
from softmax_cli.readers.entry import Entry
from softmax_cli.readers.pieces import Files, holds_arrays


@dataclass(frozen=True)
class Role:
    """What an array is wanted for: the names that it may have, and the kinds of its dtype.

    A name may say what the values are. ``least_axes``: how many axes it has if its name says nothing.
    """

    what: str
    names: Mapping[str, str]
    kinds: str
    least_axes: int

    def fits(self, entry: Entry) -> bool:
        """Whether its dtype and its number of axes are those of such an array."""
        kind = "f" if is_bfloat16(entry.dtype) else entry.dtype.kind
        return not entry.refusal and kind in self.kinds and len(entry.shape) >= self.least_axes

    def is_named(self, entry: Entry) -> bool:
        """Whether the last part of its name is one of the role's."""
        return not entry.refusal and last_part(entry.name) in self.names


OF_LOGITS = Role(
    "logits",
    {
        "logits": LOGITS,
        "log_probs": LOG_PROBABILITIES,
        "logprobs": LOG_PROBABILITIES,
        "probs": PROBABILITIES,
        "probabilities": PROBABILITIES,
        "predictions": LOGITS,
        "scores": LOGITS,
    },
    "f",
    2,
)
OF_LABELS = Role(
    "labels",
    dict.fromkeys(("labels", "label", "targets", "target", "y", "label_ids", "input_ids", "tokens"), ""),
    "biu",
    1,
)


def last_part(name: str) -> str:
    """The part of an array's name that tells what it is: ``logits`` of ``out/Logits``."""
    return name.rpartition("/")[2].lower()


def addressed(logits: Any, labels: Any, reading: Reading, *, needed: bool) -> tuple[Any, Any, Reading]:
    """The same with an array chosen in each file that holds several, and the reading as this has it.

    Labels that are not given are an array of the logits' file, if that holds several; without ``needed`` they may be
    missing there. Raises InputError, with a list of what is there, where no array or more than one may be meant.
    """
    together = labels is None and reading.label_column is None and holds_arrays(logits)
    labels = logits.whole() if together else labels
    logits, reading = addressed_logits(logits, reading)
    if not _is_open(labels):
        return logits, labels, reading
    entry = _the_one(labels, OF_LABELS, logits.sources()[0].member if together else None, needed=needed or not together)
    if entry is None:
        return logits, None, reading
    return logits, labels.of(entry.name, _said(labels, entry, OF_LABELS)), reading.with_array("labels", entry.name)


def addressed_logits(logits: Any, reading: Reading, key: str = "logits") -> tuple[Any, Reading]:
    """The same for logits alone; where the name of the array says what its values are, the reading says so, too."""
    if not _is_open(logits):
        return logits, reading
    entry = _the_one(logits, OF_LOGITS)
    if entry is None:
        return logits, reading
    values = OF_LOGITS.names.get(last_part(entry.name), LOGITS) if reading.values == LOGITS else reading.values
    said = _said(logits, entry, OF_LOGITS) + (f", with --values {values}" if values != reading.values else "")
    return logits.of(entry.name, said), replace(reading, values=values).with_array(key, entry.name)


def _is_open(files: Any) -> bool:
    """Whether it is open which array of a file is meant."""
    return holds_arrays(files) and files.sources()[0].member is None


def _said(files: Files, entry: Entry, role: Role) -> str:
    return f"{files.name}: {entry.name or 'its only array'} is taken for the {role.what}"


def _the_one(files: Files, role: Role, taken: str | None = None, *, needed: bool = True) -> Entry | None:
    """The only array, the only one that fits, or the only one of a fitting name, besides the one that is taken.

    None where no array fits, and none is needed.
    """
    source = files.sources()[0]
    there = entries_of(source)
    free = [entry for entry in there if entry.name != taken]
    named = [entry for entry in free if role.is_named(entry)]
    for candidates in ([] if taken is not None else there, [*filter(role.fits, free)], named):
        if len(candidates) == 1:
            return candidates[0]
    if not named and not needed:
        return None
    may = " and ".join(entry.name for entry in named)
    what = f"{may} may both be the {role.what}" if named else f"no array can be told to be the {role.what}"
    raise InputError(source.file, f"{what}: {listed(there)}", f"choose one, as {source.file}:NAME")
