"""What several kinds of input draw: numbers, names, criteria, and the command that is run on them."""

import math
from collections.abc import Sequence
from dataclasses import asdict
from random import Random
from typing import Any

from tests.fuzz.arithmetic import EPSILON, Criterion, Doubtful, Label, loss, probabilities, rounding
from tests.fuzz.case import Band, Expected, Refusal

EXTREMES = (
    0.0, -0.0, 1.0, -1.0, 5e-324, -5e-324, 2.2250738585072014e-308, 1e-310, 1.7976931348623157e308, 1e300, -1e300,
    745.2, -745.2, 709.8, 104.0, 88.8, 1e16, 9007199254740993.0, 0.1, 1 / 3, math.pi * 1e10,
)  # fmt: skip
NOT_FINITE = (math.nan, math.inf, -math.inf)
WORDS = (
    "cat", "dog", "eel", "고양이", "개", "뱀장어", "кот", "собака", "قط", "كلب", "חתול", "猫", "犬", "ñandú", "naïve",
    "Ünïcode",
    "e\u0301te\u0301", "🐈", "👩‍👩‍👧", "white cat", "cat (tabby)", "not", "none of them", "it's", "50% off", "a=b",
    "=SUM(A1)", "+plus",
    "@at", "-dash", "cat_dog", "Cat", "CAT", "true-ish", "infinite", "nano", "naan", "zero", "one", "two", "three",
    "<b>", "[red]",
)  # fmt: skip
AWKWARD = ("a,b", "a;b", "a|b", 'say "hi"', "tab\there", "  padded  ", "e\x1bsc", "rtl\u202eabc", "line\u2028sep")


def rows(random: Random, count: int, classes: int) -> list[list[float]]:
    """Logits: ordinary ones, wide ones, ties, extremes, or some that are not finite."""
    kind = random.random()
    scale = 10.0 ** random.uniform(-3, 4) if random.random() < 0.3 else 2.0
    found = [[random.gauss(0, 1) * scale for _ in range(classes)] for _ in range(count)]
    if kind < 0.1:
        found = [[float(round(value)) for value in row] for row in found]
    pool = (*EXTREMES, *NOT_FINITE) if kind < 0.25 else EXTREMES if kind < 0.35 else (-math.inf,) if kind < 0.42 else ()
    for row in found:
        for place in range(classes):
            if pool and random.random() < 0.3:
                row[place] = random.choice(pool)
    return found


def criterion(random: Random, classes: int) -> Criterion:
    """How the loss is defined: plain in most cases."""
    if random.random() < 0.5 or classes == 1:
        return Criterion()
    return Criterion(
        ignore_index=random.choice((None, None, -100, 255, 0, -1, 1 << 40)),
        label_base=random.choice((0, 0, 0, 1, -1, 10, 1000)),
        label_smoothing=random.choice((0.0, 0.0, 0.1, 0.5, 1.0)),
        temperature=random.choice((1.0, 1.0, 2.0, 0.5, 0.1)),
        weight=random.choice((None, None, tuple(random.choice((0.5, 1.0, 2.0, 3.25)) for _ in range(classes)))),
        reduction=random.choice(("mean", "mean", "sum")),
    )


def options(by: Criterion) -> list[str]:
    """The criterion as the command line has it."""
    plain, found = Criterion(), []
    for name, value in asdict(by).items():
        if value != getattr(plain, name):
            text = ",".join(map(str, value)) if isinstance(value, list | tuple) else str(value)
            found.append(f"--{'skip-rows' if name == 'skip' else name.replace('_', '-')}={text}")
    return found


def facts_of(by: Criterion) -> dict[str, Any]:
    """The criterion as facts of a case."""
    return {name: list(value) if isinstance(value, tuple) else value for name, value in asdict(by).items()}


def criterion_of(facts: dict[str, Any]) -> Criterion:
    """The criterion that facts describe."""
    return Criterion(**{name: tuple(value) if isinstance(value, list) else value for name, value in facts.items()})


COMMANDS = ("-q",) * 12 + ("loss", "report", "softmax", "compare", "check", "table", "steps")
"""What is run on the files; most often the one number."""


def command(random: Random, files: tuple[str, str | None], by: Criterion, more: Sequence[str]) -> tuple[str, ...]:
    """A command on logits and labels (None: in the same file), with options of the files and of the criterion."""
    name = random.choice(COMMANDS)
    given = [file for file in files if file is not None]
    of_labels = "--label-base", "--ignore-index"
    chosen = options(by)
    if name in {"report", "check", "compare"}:
        chosen = [each for each in chosen if each.startswith((*of_labels, "--skip", "--temp"))]
        chosen = [each for each in chosen if name != "check" or not each.startswith("--temp")]
    if name == "softmax":
        labelled = "--label", "--ignore"
        chosen = [each for each in chosen if each.startswith(("--temp", "--skip"))]
        return "softmax", given[0], *chosen, *(each for each in more if not each.startswith(labelled)), "--format=json"
    if name == "compare":
        return "compare", given[0], *given, *chosen, *more, "--resamples=0", "--format=json"
    if name in {"report", "check"}:
        return name, *given, *chosen, *more, "--format=json"
    last = {"-q": ["-q"], "loss": ["--format=json"], "table": ["--format=table"], "steps": ["--steps"]}[name]
    return "loss", *given, *chosen, *more, *last


def expected(
    argv: Sequence[str], logits: list[list[float]], labels: list[Label], by: Criterion, dtype: str
) -> Expected:
    """What such a command must print for these rows and labels; MAY be refused as far as this function knows."""
    kept = [place for place in range(len(logits)) if place not in by.skip]
    logits, labels = [logits[place] for place in kept], [labels[place] for place in kept]
    if logits and len(logits[0]) == 1:
        logits = [[0.0, *row] for row in logits]
    try:
        return Expected(_numbers(argv, logits, labels, by, dtype))
    except ValueError as error:
        return Expected(
            refusal=Refusal.MAY if argv[0] in {"softmax", "compare", "check"} else Refusal.MUST, why=str(error)
        )
    except Doubtful:
        return Expected()


def _numbers(
    argv: Sequence[str], logits: list[list[float]], labels: list[Label], by: Criterion, dtype: str
) -> dict[str, Band]:
    if argv[0] == "softmax":
        return _probabilities(logits, by, dtype)
    if argv[0] == "compare" or argv[0] == "check":
        finite = argv[0] == "compare" and all(map(math.isfinite, (value for row in logits for value in row)))
        return {"max_abs_diff": Band(0.0), "kl": Band(0.0), "top1_agreement": Band(1.0)} if finite else {}
    if argv[0] == "report":
        return _report(logits, labels, by, dtype)
    if "-q" not in argv and "--format=json" not in argv:
        loss(logits, labels, by, dtype)
        return {}
    return {"loss": loss(logits, labels, by, dtype)}


def _probabilities(logits: list[list[float]], by: Criterion, dtype: str) -> dict[str, Band]:
    rounding(logits, dtype)
    scaled = [[value / by.temperature for value in row] for row in logits]
    slack = rounding(scaled, dtype)
    if by.temperature != 1:
        slack += EPSILON[dtype] * max((abs(v) for row in scaled for v in row if math.isfinite(v)), default=0)
    tables = [probabilities(row) for row in scaled]
    return {f"p[{i},{j}]": Band(p, slack) for i, row in enumerate(tables) for j, p in enumerate(row)}


def _report(logits: list[list[float]], labels: list[Label], by: Criterion, dtype: str) -> dict[str, Band]:
    plain = Criterion(by.ignore_index, by.label_base, temperature=by.temperature)
    found = loss(logits, labels, plain, "float32" if dtype in {"float16", "bfloat16"} else dtype)
    if not all(math.isfinite(value) for row in logits for value in row):
        raise Doubtful
    pairs = [(row, label) for row, label in zip(logits, labels, strict=True) if isinstance(label, int)]
    if not pairs or not math.isfinite(found.value):
        return {}
    numbers = {"loss": found, "counted": Band(float(len(pairs)))}
    if all(row.count(max(row)) == 1 for row, _ in pairs):
        right = sum(row.index(max(row)) == label for row, label in pairs)
        numbers["accuracy"] = Band(right / len(pairs), 1e-12)
    return numbers
