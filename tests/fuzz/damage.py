"""Files of the other kinds with bytes changed, cut, doubled or moved: refused, or read as csv or numpy reads them."""

import struct
from collections.abc import Callable
from dataclasses import replace
from random import Random

from tests.fuzz import arrays, tables
from tests.fuzz.case import Case, Expected, Refusal

KIND = "damaged"
_KINDS = {tables.KIND: tables, arrays.KIND: arrays}
_TELLING = (
    b"\n",
    b"\r",
    b",",
    b";",
    b'"',
    b"\t",
    b" ",
    b"\0",
    b"-",
    b".",
    b"e",
    b"9",
    b"\xff",
    b"\xef\xbb\xbf",
    b"#",
    b"nan",
    b"inf",
)


def draw(random: Random) -> Case:
    """A case of another kind whose files are damaged; what they hold is said, so that there is nothing to guess."""
    kind = random.choice(tuple(_KINDS.values()))
    case = kind.draw(random)
    name = random.choice(tuple(case.files))
    data = case.files[name]
    for _ in range(random.choice((1, 1, 1, 2, 4))):
        data = random.choice(_DAMAGES)(random, data)
    facts = {**case.facts, "of": case.kind, "fault": "damage", "sure": False}
    argv = case.argv
    if case.kind == tables.KIND:
        facts["logits"] = {**case.facts["logits"], "sure": False}
        facts["labels"] = {**case.facts["labels"], "sure": False}
        argv = _said(case)
        facts["labels"]["guessed"] = not {"--header", "--no-header"} & set(argv)
    return replace(case, kind=KIND, files={**case.files, name: data}, argv=argv, facts=facts)


def _said(case: Case) -> tuple[str, ...]:
    """The command with options for all that a reader would guess."""
    logits = case.facts["logits"]
    more = [f"--logit-columns={','.join(map(str, logits['columns']))}"]
    if not any(each.startswith("--delimiter") for each in case.argv):
        more.append(f"--delimiter={tables.NAMED[logits['delimiter']]}")
    if logits["header"] == case.facts["labels"]["header"] or case.argv[0] == "softmax":
        more.append("--header" if logits["header"] else "--no-header")
    return (*(each for each in case.argv if each not in {"--header", "--no-header"}), *more)


def _flip(random: Random, data: bytes) -> bytes:
    place = random.randrange(len(data)) if data else 0
    return data[:place] + bytes([random.randrange(256)]) + data[place + 1 :]


def _insert(random: Random, data: bytes) -> bytes:
    place = random.randrange(len(data) + 1)
    return data[:place] + random.choice(_TELLING) + data[place:]


def _delete(random: Random, data: bytes) -> bytes:
    place = random.randrange(len(data) + 1)
    return data[:place] + data[place + random.choice((1, 1, 2, 8)) :]


def _cut(random: Random, data: bytes) -> bytes:
    return data[: random.randrange(len(data) + 1)]


def _double(random: Random, data: bytes) -> bytes:
    start = random.randrange(len(data) + 1)
    part = data[start : start + random.choice((1, 4, 16, 64))]
    place = random.randrange(len(data) + 1)
    return data[:place] + part + data[place:]


def _head(random: Random, data: bytes) -> bytes:
    """Within the first bytes, where headers stand."""
    place = random.randrange(min(len(data), 128)) if data else 0
    return data[:place] + random.choice((b"9", b"0", b"-", b"(", b"'", b",", b"L", b"\xff", b"\0")) + data[place + 1 :]


def _number(random: Random, data: bytes) -> bytes:
    """Eight bytes as some number that a program might take for a size."""
    place = random.randrange(max(len(data) - 8, 1))
    return data[:place] + struct.pack("<q", random.choice((-1, 0, 1 << 31, 1 << 62, -(1 << 63)))) + data[place + 8 :]


_DAMAGES: tuple[Callable[[Random, bytes], bytes], ...] = (
    _flip,
    _flip,
    _insert,
    _insert,
    _delete,
    _cut,
    _double,
    _head,
    _number,
)


def expected(case: Case) -> Expected:
    """What the reader of that kind makes of it; whatever it reads may be refused all the same."""
    found = _KINDS[case.facts["of"]].expected(case)
    return replace(found, refusal=Refusal.MAY) if found.refusal is Refusal.NEVER else found
