"""What an array is likely to be, by its name, its dtype and its axes."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from softmax_cli.inputs.reading import LABEL_LOG_PROBABILITIES, LOG_PROBABILITIES, LOGITS, PROBABILITIES
from softmax_cli.readers.array import is_bfloat16
from softmax_cli.readers.entry import Entry

_NUMBERING = {"id", "idx", "index", "doc_id", "example_id", "sample_id", "row", "step", "epoch"}


@dataclass(frozen=True)
class Role:
    """What an array is wanted for: the names it may have, and what they say of its values.

    ``kinds`` are those of its dtype, and ``least_axes`` is how many axes it has, where its name says nothing.
    """

    what: str
    names: Mapping[str, str]
    kinds: str
    least_axes: int

    def values(self, entry: Entry) -> str:
        """What is known of an array's values, or what its name says; nothing for a name that is none of the role's."""
        return self.names.get(_last_part(entry.name), "") or (entry.holds if entry.holds in self.names.values() else "")

    def fits(self, entry: Entry) -> bool:
        """Whether its dtype and its number of axes are those of such an array."""
        kind = "f" if is_bfloat16(entry.dtype) else entry.dtype.kind
        return kind in self.kinds and len(entry.shape) >= self.least_axes

    def may_be(self, entry: Entry) -> bool:
        """Whether the name does not tell that it only numbers the rows."""
        return _last_part(entry.name) not in _NUMBERING

    def candidates(self, entries: Iterable[Entry], taken: str | None = None) -> Sequence[Entry]:
        """The array that is meant, where there is one: the only one that fits, or the only one of a fitting name.

        Otherwise those of a fitting name: several, or none. ``taken`` is the name of one that is something else.
        """
        free = [entry for entry in entries if not entry.refusal and entry.name != taken and self.may_be(entry)]
        fitting = [entry for entry in free if self.fits(entry)]
        return fitting if len(fitting) == 1 else [entry for entry in free if self.values(entry)]


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
        "token_logprobs": LABEL_LOG_PROBABILITIES,
    },
    "f",
    2,
)
OF_LABELS = Role(
    "labels",
    dict.fromkeys(("labels", "label", "targets", "target", "y", "label_ids", "input_ids", "tokens"), "labels"),
    "biuU",
    1,
)


def roles_of(entries: Sequence[Entry]) -> dict[str, str]:
    """What `loss` would take the arrays of one file for, by their names."""
    found: dict[str, str] = {}
    for role in (OF_LOGITS, OF_LABELS):
        candidates = role.candidates(entries, next(iter(found), None))
        if len(candidates) == 1:
            found[candidates[0].name] = role.values(candidates[0]) or role.what
    return found


def _last_part(name: str) -> str:
    """The part of an array's name that tells what it is: ``logits`` of ``out/Logits``, and of ``out.logits``."""
    return name.rpartition("/")[2].rpartition(".")[2].lower()
