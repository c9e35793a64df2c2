"""Log-probabilities of tokens in the responses of serving APIs, one value per token: OpenAI's, vLLM's and their like.

- ``choices[].logprobs.token_logprobs``, of completions: numbers, and null for the first token of an echoed prompt.
- ``choices[].logprobs.content[].logprob``, of chats.
- ``prompt_logprobs``, of vLLM: for each token of the prompt null, or an object with the entries of some tokens. The
  first is that of the prompt's own token, the others are the likeliest (vllm/logprobs.py in
  https://github.com/vllm-project/vllm).
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from itertools import islice
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from softmax_cli.errors import InputError, UsageError
from softmax_cli.readers.containers.json_paths import Path, nodes, path_text, value_at
from softmax_cli.readers.containers.json_records import Records
from softmax_cli.readers.entry import Entry

if TYPE_CHECKING:
    from softmax_cli.readers.source import Source

_HOLDS = "label-log-probabilities"
_FLOOR = -9999.0  # what vLLM writes for -inf, which JSON lacks


class _NoValueError(ValueError):
    """What a token has instead of a log-probability."""


def recognises(first: Any) -> bool:
    """Whether an object has log-probabilities of tokens at a place where a response has them."""
    return next(_places(first), None) is not None


def entries(records: Records) -> list[Entry]:
    """An array for each choice and prompt, its responses one after another."""
    found: dict[str, Entry] = {}
    for record in records.first:
        for path, read in _places(record):
            name = path_text(path) + (".logprob" if read is _of_chat else "")
            if name not in found:
                opening = partial(_opened, records, path, read)
                found[name] = Entry(name, np.dtype(float), (None,), opening=opening, holds=_HOLDS)
    return list(found.values())


def _opened(records: Records, path: Path, read: "_Read", source: "Source", text: bool) -> "TokenTable":  # noqa: ARG001
    return TokenTable(source, records, path, read)


_Read = Callable[[Any], float | None]


def _places(response: Any) -> Iterator[tuple[Path, _Read]]:
    """Where in a response log-probabilities of tokens stand, and what reads one of them."""
    for path, value in nodes(response):
        if not path or not isinstance(value, list) or not value:
            continue
        if path[-1] in {"token_logprobs", "prompt_logprobs"} and _all_are(value, (int, float)):
            yield path, _number
        elif path[-1] == "prompt_logprobs" and _all_are(value, dict):
            yield path, _of_prompt
        elif path[-2:] == ("logprobs", "content") and isinstance(value[0], dict) and "logprob" in value[0]:
            yield path, _of_chat


def _all_are(values: list[Any], kind: Any) -> bool:
    """Whether the first few are null or of a kind, and not all of them null."""
    first = [value for value in values[:8] if value is not None]
    return bool(first) and all(isinstance(value, kind) for value in first)


def _number(value: Any) -> float | None:
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise _NoValueError(f"{value!r:.40} is no log-probability")
    return float(value)


def _of_chat(token: Any) -> float | None:
    if not isinstance(token, dict) or "logprob" not in token:
        raise _NoValueError("there is no logprob")
    return _number(token["logprob"])


def _of_prompt(position: Any) -> float | None:
    """The prompt's own token: the first entry. Raises _NoValueError where the ranks show that the order is another."""
    if position is None:
        return None
    if not isinstance(position, dict) or not position:
        raise _NoValueError(f"{position!r:.40} is no object with the entries of tokens")
    each = [entry if isinstance(entry, dict) else {"logprob": entry} for entry in position.values()]
    ranks = [entry.get("rank") for entry in each[1:]]
    if any(isinstance(rank, int) and rank > len(each) for rank in ranks):
        what = "the prompt's own token is not the first entry, as vLLM has it: the keys were sorted"
        raise _NoValueError(what)
    return _of_chat(each[0])


@dataclass
class _Found:
    """What has been seen in the latest pass."""

    missing: int = 0
    at_floor: int = 0
    read: int = 0


class TokenTable:
    """The log-probabilities at one place of each response, without those that are null. See Table."""

    column_names: tuple[str, ...] | None = None

    def __init__(self, source: "Source", records: Records, path: Path, read: _Read) -> None:
        self.name = source.name
        self.shape: tuple[int | None, ...] = (None, 1)
        self.dtype: Any = np.dtype(np.float64)
        self._source = source
        self._records = records
        self._path = path
        self._read = read
        self._found = _Found()

    @property
    def notes(self) -> tuple[str, ...]:
        """See Table: how many tokens have no value, as far as they have been read."""
        found, notes = self._found, list(self._source.notes)
        if found.missing:
            tokens = "1 token has" if found.missing == 1 else f"{found.missing:,} tokens have"
            notes.append(f"{self.name}: {tokens} no log-probability (null); skipped")
        if found.at_floor:
            values = "1 value is" if found.at_floor == 1 else f"{found.at_floor:,} values are"
            notes.append(f"{self.name}: {values} {_FLOOR}, which vLLM writes for -inf")
        return tuple(notes)

    def blocks(self, rows: int, axis: int | None) -> Iterator[NDArray[Any]]:
        """See Table."""
        if axis == 0:
            raise InputError(self.name, "there is one value per token, and no axis of classes")
        values = self._values(_Found())
        while part := list(islice(values, rows)):
            block = np.array([value for _, value in part])
            yield block if axis is None else block[:, np.newaxis]

    def select(self, axis: int, only: str) -> "TokenTable":  # noqa: ARG002  (as of any table)
        """Raise UsageError: a token has one value."""
        raise UsageError(
            f"{self.name}: --logit-columns {only} chooses classes, and a token has one value; leave it out"
        )

    def progress(self) -> tuple[int, int]:
        """See Table: of the stored bytes."""
        return self._found.read, self._source.stored_bytes()

    def where(self, row: int, axis: int | None) -> str:  # noqa: ARG002  (one value per row)
        """The place of a token: its response, and its index there."""
        before = self._found
        place = next(islice(self._values(_Found()), row, None), ("", 0.0))[0]
        self._found = before
        return place

    def _values(self, found: _Found) -> Iterator[tuple[str, float]]:
        """Each value that is not null, with its place."""
        self._found = found

        def told(read: int) -> None:
            found.read = read

        for row, (record, _) in enumerate(self._records.each(self._source, told)):
            place = self._records.place(row)
            for index, token in enumerate(self._tokens(record, place)):
                try:
                    value = self._read(token)
                except _NoValueError as error:
                    raise InputError(place, f"{path_text(self._path)}.{index}: {error}") from None
                found.missing += value is None
                found.at_floor += value == _FLOOR
                if value is not None:
                    yield f"{place}, token {index}", value

    def _tokens(self, record: Any, place: str) -> list[Any]:
        try:
            tokens = value_at(record, self._path)
        except KeyError as error:
            raise InputError(place, f"there is no {error.args[0]}") from None
        if not isinstance(tokens, list):
            raise InputError(place, f"{path_text(self._path)} is no list of log-probabilities ({tokens!r:.40})")
        return tokens
