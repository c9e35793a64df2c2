"""Columns of text that hold numbers of classes: refused by line and cell, while other text is left out with a note."""

from pathlib import Path

import numpy as np
import pytest
import torch

RNG = np.random.default_rng(0)
LABELS = RNG.integers(0, 3, 12)
LOGITS = RNG.normal(size=(12, 3)).round(3)
EXPECTED = float(torch.nn.functional.cross_entropy(torch.tensor(LOGITS), torch.tensor(LABELS)))
NUMBER = "write the number alone, or choose the classes with --logit-columns"
PRINTED = "is the text of an array or a list as Python prints it; save it with numpy.savetxt or numpy.save"


@pytest.fixture(autouse=True)
def _here(here):
    np.savetxt(here / "y.csv", LABELS, fmt="%d")


def write(rows, *, names=None, delimiter=","):
    lines = [delimiter.join(map(str, row)) for row in ([names] if names else []) + list(rows)]
    Path("x.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")


def spoiled(form, place):
    return [[form.format(value) if column == place else value for column, value in enumerate(row)] for row in LOGITS]


def refusal(run):
    outcome = run("loss", "-q", "x.csv", "y.csv")
    assert (outcome.status, outcome.out, outcome.err.count("\n")) == (3, "", 1)
    return outcome.err.removeprefix("error: ").rstrip("\n")


FORMS = ["${}", "'{}", "{} nats", "US$ {}", "{} €", "~{}", "{}*", "{} pts", "{}±0.1", "{} (0.2)", "EUR {}", "{} logits"]


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("place", [0, 1, 2])
@pytest.mark.parametrize("names", [("a", "b", "c"), None])
def test_a_number_with_more_in_its_cell_is_refused(run, form, place, names):
    write(spoiled(form, place), names=names)
    name = "" if names is None else f" ({names[place]})"
    cell = form.format(LOGITS[0, place])
    where = f"x.csv:{1 + (names is not None)}, column {place + 1}{name}"
    assert refusal(run) == f"{where}: {cell!r} is not a number: there is more in the cell; {NUMBER}"
    left = ",".join(str(column) for column in range(3) if column != place)
    assert run("softmax", "x.csv", "--logit-columns", left).status == 0


TEXTS = {
    "file": "img_{}.png",
    "when": "2024-01-{}",
    "id": "a{}b2",
    "version": "v1.{}",
    "price": "${}.99",
    "latency": "{}.5ms",
    "temperature": "-{}.5 °C",
    "snr": "-{}.5 dB",
    "tags": "[]",
    "answer": "about 1.{} of them",
    "model": "{}.5B",
    "judge": "GPT-{}.5",
}


@pytest.mark.parametrize("name", TEXTS)
@pytest.mark.parametrize("first", [True, False])
def test_other_text_is_left_out(run, name, first):
    texts = [TEXTS[name].format(10 + row) for row in range(12)]
    rows = [[text, *row] if first else [*row, text] for text, row in zip(texts, LOGITS, strict=True)]
    write(rows, names=(name, "a", "b", "c") if first else ("a", "b", "c", name))
    outcome = run("loss", "-q", "x.csv", "y.csv")
    assert float(outcome.out) == pytest.approx(EXPECTED, rel=1e-13)
    assert (
        outcome.err
        == f"note: x.csv: column {name!r} holds text, and is left out; --logit-columns chooses the classes\n"
    )


@pytest.mark.parametrize("text", [repr, lambda array: repr(torch.tensor(array))])
def test_an_array_as_python_prints_it_is_refused(run, text):
    Path("x.csv").write_text(text(LOGITS) + "\n")
    cell = Path("x.csv").read_text().partition(",")[0]
    assert refusal(run) == f"x.csv:1, column 1: {cell!r} {PRINTED}"


@pytest.mark.parametrize("form", ["tensor({})", "np.float64({})", "[{}", "[[{}", "{}]", "{}]]"])
@pytest.mark.parametrize("place", [0, 2])
def test_a_cell_as_python_prints_it_is_refused(run, form, place):
    write(spoiled(form, place), names=("a", "b", "c"))
    cell = form.format(LOGITS[0, place])
    assert refusal(run) == f"x.csv:2, column {place + 1} ({'abc'[place]}): {cell!r} {PRINTED}"


@pytest.mark.parametrize("classes", [2, 3])
@pytest.mark.parametrize("names", [True, False])
@pytest.mark.parametrize("delimiter", [" ", ",", "\t"])
def test_names_of_classes_within_the_rows_are_refused(run, classes, names, delimiter):
    rows = [[cell for c in np.argsort(-row[:classes]) for cell in (f"__label__{c}", row[c])] for row in LOGITS]
    header = [f"{what}{place}" for place in range(classes) for what in ("name", "score")] if names else None
    write(rows, names=header, delimiter=delimiter)
    what = "is text between numbers: each row names its classes, perhaps in another order"
    where = f"x.csv:{1 + names}, column 3{' (name1)' if names else ''}"
    assert refusal(run) == f"{where}: {rows[0][2]!r} {what}; write one column per class, always in the same order"


def test_the_names_of_the_label_and_the_prediction_are_left_out(run):
    words = np.array(["cat", "dog", "fox"])
    best = words[LOGITS.argmax(1)]
    rows = [[words[label], *row, each] for label, row, each in zip(LABELS, LOGITS, best, strict=True)]
    write(rows, names=("truth", "cat", "dog", "fox", "best"))
    assert float(run("loss", "-q", "x.csv", "y.csv").out) == pytest.approx(EXPECTED, rel=1e-13)
    assert float(run("loss", "-q", "x.csv", "--label-column", "truth").out) == pytest.approx(EXPECTED, rel=1e-13)
