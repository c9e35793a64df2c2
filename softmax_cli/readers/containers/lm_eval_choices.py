"""One sample of lm-evaluation-harness: its choices' log-likelihoods and lengths, and which of them is right."""

import ast
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any

import numpy as np
from numpy.typing import NDArray

_DELIMITER = " "  # what the harness puts between context and choice unless a task says otherwise


class SampleError(ValueError):
    """What a sample lacks, in words."""


@dataclass(frozen=True, eq=False)
class Choices:
    """The log-likelihoods of a sample's choices, their texts where these are known, and its target as it is written.

    ``same`` says that all choices have one continuation, and differ in their contexts: then ``target`` is that text.
    """

    values: NDArray[np.float64]
    texts: Sequence[str] | None
    target: Any
    acc: Any
    same: bool

    @classmethod
    def of(cls, sample: Any) -> "Choices":
        """Those of a sample; raises SampleError for one that has none."""
        if not isinstance(sample, dict) or not isinstance(sample.get("filtered_resps"), list):
            raise SampleError("no sample of lm-eval: there is no list filtered_resps")
        values = [_log_likelihood(response) for response in _responses(sample["filtered_resps"])]
        if not values:
            raise SampleError("filtered_resps is empty")
        requests = _requests(sample.get("arguments"))
        if len(requests) == len(values) and _second_half_is_unconditional(requests):
            values, requests = values[: len(values) // 2], requests[: len(requests) // 2]  # for acc_mutual_info
        if len(requests) != len(values):
            requests = []
        continuations = [continuation for _, continuation in requests]
        same = len(continuations) > 1 and len(set(continuations)) == 1 and len({each for each, _ in requests}) > 1
        listed = _listed_choices(sample.get("doc"), len(values))
        texts = None if same else _without_delimiter(continuations, listed)
        return cls(np.array(values), texts, sample.get("target"), sample.get("acc"), same)

    def label(self, *, text_first: bool = False) -> int | str:
        """The index of the right choice; or why there is none, in words.

        A target such as 1 may be an index, or the text of a choice: ``text_first`` says which is tried first.
        """
        if self.same:
            return self._told_by_acc()
        target = _literal(self.target)
        if isinstance(target, list | tuple) and len(target) == 1:
            target = target[0]
        by_text, by_index = self._by_text(str(target)), self._by_index(target)
        found = [by_text, by_index] if text_first else [by_index, by_text]
        first = next((label for label in found if label is not None), None)
        return self._why_none(target) if first is None else first

    def _by_text(self, target: str) -> int | None:
        return self.texts.index(target) if self.texts is not None and self.texts.count(target) == 1 else None

    def _by_index(self, target: Any) -> int | None:
        """The index that a target is, or the letter of."""
        if isinstance(target, str):
            letter = target.strip("(). ").upper()
            target = ord(letter) - ord("A") if len(letter) == 1 else -1
        valid = isinstance(target, int) and not isinstance(target, bool) and 0 <= target < len(self.values)
        return target if valid else None

    def _why_none(self, target: Any) -> str:
        if isinstance(target, list | tuple):
            return f"target {self.target!r:.40}: several right choices, where a row needs one"
        return f"target {self.target!r:.40} is no index of the {len(self.values)} choices, and none of their texts"

    def _told_by_acc(self) -> int | str:
        """The right one of two choices that stand in the context, where the target is the text behind both."""
        if len(self.values) == 2 and self.acc in {0, 1}:
            best = int(np.argmax(self.values))
            return best if self.acc == 1 else 1 - best
        return "the choices stand in the contexts, and nothing tells which is right"

    def chosen(self) -> Mapping[str, int]:
        """What each way takes for the right choice: the likeliest, and that by length in characters and in bytes."""
        found = {"acc": int(np.argmax(self.values))}
        if self.texts is not None and all(self.texts):
            lengths = np.array([float(len(text)) for text in self.texts])
            sizes = np.array([float(len(text.encode(errors="replace"))) for text in self.texts])
            found["acc_norm"] = int(np.argmax(self.values / lengths))
            found["acc_bytes"] = int(np.argmax(self.values / sizes))
        return found


def _responses(responses: list[Any]) -> list[Any]:
    """One for each request; a log-likelihood and a truth value side by side are those of a single request."""
    if len(responses) == 2 and _is_truth(responses[1]) and not isinstance(responses[0], list):
        return [responses]
    return responses


def _is_truth(value: Any) -> bool:
    return isinstance(value, bool) or value in ("True", "False")


def _log_likelihood(response: Any) -> float:
    """The first of a pair, or a number alone; raises SampleError for what a model has written."""
    value = response[0] if isinstance(response, list) and response else response
    if isinstance(value, list) and len(value) == 2:  # not filtered: the pairs of each repetition
        value = value[0]
    try:
        if isinstance(value, str | int | float) and not isinstance(value, bool):
            return float(value)
    except ValueError:
        pass
    what = f"filtered_resps has {value!r:.40}, which is no log-likelihood: the task is one of generated texts"
    raise SampleError(what)


def _requests(arguments: Any) -> list[tuple[str, str]]:
    """(context, continuation) of each request, in either layout; none where there are others."""
    if isinstance(arguments, dict):
        arguments = [list(each.values()) if isinstance(each, dict) else each for each in arguments.values()]
    if not isinstance(arguments, list):
        return []
    pairs = [tuple(islice(each, 2)) for each in arguments if isinstance(each, list) and len(each) >= 2]
    whole = len(pairs) == len(arguments) and all(isinstance(text, str) for pair in pairs for text in pair)
    return [(context, continuation) for context, continuation in pairs] if whole else []


def _second_half_is_unconditional(requests: list[tuple[str, str]]) -> bool:
    half = len(requests) // 2
    first, second = requests[:half], requests[half:]
    return (
        half > 1
        and len(first) == len(second)
        and not any(context for context, _ in second)
        and any(context for context, _ in first)
        and [text for _, text in first] == [text for _, text in second]
    )


def _listed_choices(doc: Any, number: int) -> list[str] | None:
    """The texts of the choices as the data set lists them, where it does so in one of the usual ways."""
    choices = doc.get("choices") if isinstance(doc, dict) else None
    if isinstance(choices, dict):
        choices = choices.get("text")
    listed = isinstance(choices, list) and len(choices) == number and all(isinstance(each, str) for each in choices)
    return choices if listed else None


def _without_delimiter(continuations: list[str], listed: list[str] | None) -> list[str] | None:
    """The choices' texts: a continuation is one behind the task's delimiter, by default a blank.

    Those that the data set lists are the choices where each continuation ends with its own, all behind the same text.
    """
    if not continuations:
        return listed
    if listed is not None and all(map(str.endswith, continuations, listed)):
        pairs = zip(continuations, listed, strict=True)
        delimiters = {text[: len(text) - len(choice)] for text, choice in pairs}
        if len(delimiters) == 1:
            return listed
    if all(text.startswith(_DELIMITER) for text in continuations):
        return [text.removeprefix(_DELIMITER) for text in continuations]
    return continuations


def _literal(text: Any) -> Any:
    """The number or the list that a text shows, as str() writes it; else what it is."""
    if not isinstance(text, str):
        return text
    if text.isdecimal() and text.isascii():
        return int(text[:20])
    try:
        found = ast.literal_eval(text) if text[:1] in "[(-0123456789" and len(text) < 200 else text
    except (ValueError, SyntaxError, MemoryError, RecursionError):
        return text
    return found if isinstance(found, int | list | tuple) else text
