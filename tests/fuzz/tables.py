"""Delimited text in every dialect that people hold: what is right for it is what csv and float() read."""

import bz2
import gzip
import lzma
import math
from dataclasses import dataclass, replace
from random import Random
from typing import Any

from tests.fuzz import drawing, reading
from tests.fuzz.arithmetic import Criterion, Doubtful, Label
from tests.fuzz.case import Case, Expected, Refusal

KIND = "tables"
NAMED = {",": ",", ";": ";", "\t": "tab", "|": "|", " ": "space"}
_PACK = {
    "": bytes,
    "gz": lambda data: gzip.compress(data, 1, mtime=0),
    "bz2": bz2.compress,
    "xz": lambda data: lzma.compress(data, preset=0),
}
_ENCODINGS = ("utf-8",) * 12 + ("utf-8-sig", "utf-8-sig", "utf-16")
_ODD_CELLS = (
    "",
    "NA",
    "n/a",
    "abc",
    "1_0",
    "１",
    "1e400",
    "0x10",
    "1,5,2",
    "1.5.2",
    "--1",
    "12%",
    "1d5",
    "#REF!",
    "\x00",
    "1 2",
    "٣",
)


@dataclass(frozen=True)
class Dialect:
    """How a table is written."""

    delimiter: str = ","
    decimal: str = "."
    header: bool = False
    quoting: str = "needed"
    encoding: str = "utf-8"
    newline: str = "\n"
    last_newline: bool = True
    blank_before: int = 0
    blank_behind: int = 0
    packed: str = ""


def draw(random: Random) -> Case:
    """Logits and labels as files, or as one; some with a planted fault."""
    classes = random.choice((2, 3, 3, 4, 5, 9, 40)) if random.random() < 0.93 else 1
    count = random.choice((1, 2, 3, 5, 8, 8, 13)) if random.random() < 0.99 else random.choice((0, 60, 3000))
    by = drawing.criterion(random, classes)
    dialect = _dialect(random, classes)
    names = _names(random, classes, awkward=dialect.delimiter != " " and classes > 1) if dialect.header else []
    x = drawing.rows(random, count, classes)
    fault = (
        random.choice(("cell", "short", "long", "label", "quote", "rows")) if count and random.random() < 0.15 else None
    )
    return _case(random, dialect, names, x, _labels(random, count, classes, names, by), by, fault)


def _dialect(random: Random, classes: int) -> Dialect:
    delimiter = random.choice((",", ",", ",", ";", "\t", "|", " ")) if classes > 1 else ","
    return Dialect(
        delimiter=delimiter,
        decimal="," if delimiter in {";", "\t"} and random.random() < 0.3 else ".",
        header=random.random() < 0.6,
        quoting=random.choice(("needed", "needed", "all", "some")) if delimiter != " " else "never",
        encoding=random.choice(_ENCODINGS),
        newline=random.choice(("\n", "\n", "\r\n", "\r")),
        last_newline=random.random() < 0.8,
        blank_before=random.choice((0, 0, 0, 0, 1, 2)),
        blank_behind=random.choice((0, 0, 0, 0, 1, 3)),
        packed=random.choice(("", "", "", "", "gz", "bz2", "xz")),
    )


def _names(random: Random, classes: int, *, awkward: bool) -> list[str]:
    words = [word for word in drawing.WORDS if awkward or word.isalpha()]
    pool = (*words, *(drawing.AWKWARD if awkward and random.random() < 0.2 else ()))
    names = random.sample(pool, min(classes, len(pool)))
    return names + [
        f"klasse {chr(97 + place // 26)}{chr(97 + place % 26)}"
        if awkward
        else f"k{chr(97 + place // 26)}{chr(97 + place % 26)}"
        for place in range(classes - len(names))
    ]


@dataclass(frozen=True)
class _Labels:
    kind: str
    cells: list[list[str]]


def _labels(random: Random, count: int, classes: int, names: list[str], by: Criterion) -> _Labels:
    """The cells of the labels: indices as people write them, the classes' names, or rows of probabilities."""
    chosen = random.random()
    base = by.label_base
    if names and chosen < 0.3 and by.ignore_index is None and base == 0 and classes > 1:
        return _Labels("names", [[random.choice(names)] for _ in range(count)])
    if chosen > 0.9 and classes > 1 and by.ignore_index is None and base == 0:
        raw = [[random.randrange(1, 9) for _ in range(classes)] for _ in range(count)]
        return _Labels("rows", [[repr(value / sum(row)) for value in row] for row in raw])
    indices = [random.randrange(max(classes, 2)) + base for _ in range(count)]
    if by.ignore_index is not None:
        indices = [by.ignore_index if random.random() < 0.3 else index for index in indices]
    spell = random.choice((str, str, str, lambda index: f"{index}.0"))
    return _Labels("index", [[spell(index)] for index in indices])


def _case(
    random: Random,
    dialect: Dialect,
    names: list[str],
    x: list[list[float]],
    labels: _Labels,
    by: Criterion,
    fault: str | None,
) -> Case:
    classes = len(x[0]) if x else max(len(names), 2)
    spell = _speller(random, dialect)
    cells = [[spell(value) for value in row] for row in x]
    together = labels.kind != "rows" and bool(names) and random.random() < 0.3
    index = bool(names) and classes > 1 and dialect.delimiter != " " and random.random() < 0.15
    header = list(names)
    columns = list(range(classes))
    if together:
        header, cells = [*header, "label"], [[*row, *label] for row, label in zip(cells, labels.cells, strict=True)]
    if index:
        header, cells = ["", *header], [[str(place), *row] for place, row in enumerate(cells)]
        columns = [column + 1 for column in columns]
    label_cells = [list(row) for row in labels.cells]
    bare = replace(dialect, header=bool(names) and labels.kind == "rows", packed="", quoting="needed")
    if fault:
        _plant(random, fault, cells, label_cells, together=together)
    logits_name = f"x{random.choice(('.csv', '.tsv', '.txt', ''))}{'.' + dialect.packed if dialect.packed else ''}"
    files = {logits_name: _render(random, dialect, header, cells, ragged=fault == "quote")}
    label_names = [*names] if labels.kind == "rows" else []
    if not together:
        files["y.csv"] = _render(random, bare, label_names, label_cells)
    facts = {
        "criterion": drawing.facts_of(by),
        "logits": {**_facts(dialect), "file": logits_name, "columns": columns, "width": classes + together + index},
        "labels": {
            **_facts(dialect if together else bare),
            "file": logits_name if together else "y.csv",
            "labels": labels.kind,
            "names": names,
            "column": columns[-1] + 1 if together else 0,
            "width": classes + together + index if together else 1,
        },
        "fault": fault,
        "sure": _is_sure(dialect, x, labels, classes, index=index, together=together),
        "beside": together and _whole(x),  # then nothing shows that the labels are no class
    }
    argv = drawing.command(
        random, (logits_name, None if together else "y.csv"), by, _options(random, dialect, names, together=together)
    )
    return Case(KIND, files, argv, facts)


def _is_sure(
    dialect: Dialect, x: list[list[float]], labels: _Labels, classes: int, *, index: bool, together: bool
) -> bool:
    """Whether nothing in the files can be taken for something else."""
    return (
        len(x) > 1
        and classes > 1
        and not _whole(x)
        and labels.kind != "rows"
        and dialect.blank_before == 0
        and not (dialect.delimiter == " " and (labels.kind == "names" or index))
        and not (dialect.decimal == "," and together)
    )


def _whole(x: list[list[float]]) -> bool:
    return all(math.isfinite(value) and abs(value) < 1e300 and value == int(value) for row in x for value in row)


def _facts(dialect: Dialect) -> dict[str, Any]:
    found = {
        "delimiter": dialect.delimiter,
        "decimal": dialect.decimal,
        "header": dialect.header,
        "packed": dialect.packed,
    }
    return {**found, "sure": True}


def _options(random: Random, dialect: Dialect, names: list[str], *, together: bool) -> list[str]:
    """Options that say how the files are written: those that must be given, and some that need not be."""
    found = []
    if dialect.decimal == ",":
        found.append("--decimal=,")
    if random.random() < 0.2:
        found.append(f"--delimiter={NAMED[dialect.delimiter]}")
    if not names:
        found.append("--no-header")
    elif together and random.random() < 0.3:
        found.append("--header")
    if together:
        found.append("--label-column=label")
    return found


def _speller(random: Random, dialect: Dialect) -> Any:
    """How a program writes its numbers."""
    form = random.choice((repr, repr, repr, "{:.4f}".format, "{:.18e}".format, "{:g}".format, _odd))

    def spell(value: float) -> str:
        text = form(value) if form is not _odd else _odd(value, random)
        return text.replace(".", ",") if dialect.decimal == "," else text

    return spell


def _odd(value: float, random: Random | None = None) -> str:
    """A number with a plus, with a minus sign of typography, with needless zeros, in capitals."""
    text = repr(value)
    if random is None or not math.isfinite(value):
        return random.choice((text, text.upper(), text.title())) if random else text
    return random.choice((
        text, f"+{text}" if value >= 0 else text, text.replace("-", "\N{MINUS SIGN}") if "e" not in text else text,
        text.upper(), f"{value:.25e}", f"000{text}" if value > 0 else text, text.removesuffix("0"),
    ))  # fmt: skip


def _plant(random: Random, fault: str, cells: list[list[str]], labels: list[list[str]], *, together: bool) -> None:
    """Make one place of the files wrong."""
    row = random.randrange(len(cells))
    if fault == "cell":
        cells[row][-1 - together] = random.choice(_ODD_CELLS)
    elif fault == "short":
        cells[row].pop()
    elif fault == "long":
        cells[row].append("1.5")
    elif fault == "label" and not together:
        labels[row][0] = random.choice(("99", "-7", "1.5", "nan", "inf", "", "no such class", "1e30"))
    elif fault == "rows" and not together:
        labels.pop() if random.random() < 0.5 else labels.append(labels[-1])


def _render(
    random: Random, dialect: Dialect, header: list[str], cells: list[list[str]], *, ragged: bool = False
) -> bytes:
    """The bytes of a file; ``ragged``: with a quote that is not closed."""
    lines = [
        dialect.delimiter.join(_quoted(random, cell, dialect) for cell in row)
        for row in ([header] if header else []) + cells
    ]
    if ragged and lines:
        place = random.randrange(len(lines))
        lines[place] = '"' + lines[place].replace('"', "")
    lines = [""] * dialect.blank_before + lines + [""] * dialect.blank_behind
    text = dialect.newline.join(lines) + (dialect.newline if dialect.last_newline else "")
    return _PACK[dialect.packed](text.encode(dialect.encoding))


def _quoted(random: Random, cell: str, dialect: Dialect) -> str:
    if dialect.quoting == "never":
        return cell
    needed = dialect.delimiter in cell or '"' in cell or cell != cell.strip() or "\t" in cell
    if needed or dialect.quoting == "all" or (dialect.quoting == "some" and random.random() < 0.5):
        return '"' + cell.replace('"', '""') + '"'
    return cell


def expected(case: Case) -> Expected:
    """What csv and float() read, and the loss of it."""
    by = drawing.criterion_of(case.facts["criterion"])
    try:
        x, y = _read(case, by)
    except reading.Unreadable as error:
        unread = case.argv[0] == "softmax" and case.facts["fault"] in {"label", "rows"}
        return Expected(refusal=Refusal.MAY if unread or case.argv[0] == "check" else Refusal.MUST, why=str(error))
    except Doubtful:
        return Expected()
    found = drawing.expected(case.argv, x, y, by, "float64")
    counted = any(label is not None for label in y)
    if case.facts["sure"] and counted and not case.facts["fault"] and found.numbers:
        return replace(found, refusal=Refusal.NEVER)
    return found


def _read(case: Case, by: Criterion) -> tuple[list[list[float]], list[Label]]:
    logits, labels = case.facts["logits"], case.facts["labels"]
    x = reading.table(case.files[logits["file"]], logits)
    if case.argv[0] == "softmax":
        if case.facts["beside"]:
            raise Doubtful
        return x, [0] * len(x)
    y = reading.labels(case.files[labels["file"]], labels, len(x[0]), by)
    if len(x) != len(y):
        raise reading.Unreadable(f"{len(x)} rows and {len(y)} labels")
    return x, y
