"""Rows of labels whose columns stand in another order than the classes of the logits, held together by name."""

import csv
import json
from pathlib import Path

import numpy as np
import pytest
from scipy.special import log_softmax, softmax

RNG = np.random.default_rng(0)
LABELS = RNG.integers(0, 3, 60)
LOGITS = (RNG.normal(size=(60, 3)) + 2 * np.eye(3)[LABELS]).round(4)
ROWS = {
    "probabilities": softmax(LOGITS + RNG.normal(size=(60, 3)), axis=1).round(6),
    "logits": RNG.normal(size=(60, 3)).round(4),
    "counts": RNG.integers(1, 9, (60, 3)),
}
SHARES = {
    "probabilities": ROWS["probabilities"],
    "logits": softmax(ROWS["logits"], axis=1),
    "counts": ROWS["counts"] / ROWS["counts"].sum(axis=1, keepdims=True),
}
NAMES = np.array(["cat", "dog", "fox"])
ORDER = [2, 0, 1]


def save(name, rows, header):
    lines = [",".join(header)] if len(header) else []
    Path(name).write_text("\n".join([*lines, *(",".join(map(str, row)) for row in rows)]) + "\n", encoding="utf-8")
    return name


@pytest.fixture
def loss(run):
    def of(rows, header, kind="probabilities", names=NAMES):
        files = save("x.csv", LOGITS.tolist(), names), save("y.csv", rows.tolist(), header)
        outcome = run("loss", "-q", *files, "--label-values", kind)
        return outcome.status, outcome.out, outcome.err

    return of


@pytest.mark.parametrize("kind", ROWS)
def test_columns_in_another_order_are_matched_by_name(loss, kind):
    expected = -(SHARES[kind] * log_softmax(LOGITS, axis=1)).sum(axis=1).mean()
    status, found, notes = loss(ROWS[kind][:, ORDER], NAMES[ORDER], kind)
    assert status == 0, notes
    assert float(found) == pytest.approx(expected, rel=1e-12)
    assert "y.csv: the classes stand in another order than in x.csv; matched by name" in notes


@pytest.mark.parametrize(("header", "names"), [(NAMES, NAMES), ((), NAMES), (NAMES, ()), (["p0", "p1", "p2"], NAMES)])
def test_columns_in_the_same_order_or_without_common_names_are_matched_by_position(loss, header, names):
    expected = -(ROWS["probabilities"] * log_softmax(LOGITS, axis=1)).sum(axis=1).mean()
    status, found, notes = loss(ROWS["probabilities"], header, names=names)
    assert status == 0, notes
    assert float(found) == pytest.approx(expected, rel=1e-12)
    assert "by name" not in notes
    assert ("by position" in notes) == ("p0" in header)


def test_a_name_that_only_one_file_has_is_refused(loss):
    status, out, err = loss(ROWS["probabilities"], ["wolf", "dog", "fox"])
    assert (status, out) == (3, "")
    assert err.startswith("error: y.csv: no class is named 'cat', as class 0 is in x.csv")


@pytest.mark.parametrize("option", ["--multilabel", "--label-smoothing=0"])
@pytest.mark.parametrize("cell", ["", "NA", "null"])
def test_a_missing_cell_of_a_row_is_refused_with_what_can_be_done(run, option, cell):
    save("x.csv", [[1, 2, 0], [0, 0, 1]], NAMES)
    save("y.csv", [[1, cell, 0], [0, 0, 1]], NAMES)
    outcome = run("loss", "x.csv", "y.csv", option)
    assert (outcome.status, outcome.out) == (3, "")
    assert outcome.err.startswith("error: y.csv:2, column 2 (dog): ")
    assert outcome.err.endswith("; write a number for each class, or leave the row out of both files\n")
    save("y.csv", [[1, 0, 0], [0, 0, 1]], NAMES)
    assert run("loss", "x.csv", "y.csv", option).status == 0


def test_every_command_matches_one_hot_columns_by_name(run):
    save("x.csv", LOGITS.tolist(), NAMES)
    save("y.csv", np.eye(3, dtype=int)[LABELS][:, ORDER].tolist(), NAMES[ORDER])
    expected = -log_softmax(LOGITS, axis=1)[range(60), LABELS].mean()
    assert float(run("loss", "-q", "x.csv", "y.csv").out) == pytest.approx(expected, rel=1e-12)
    reported = run("report", "x.csv", "y.csv", "--format", "json")
    assert json.loads(reported.out)["figures"]["loss"]["value"] == pytest.approx(expected, rel=1e-12)
    compared = run("compare", "x.csv", "x.csv", "y.csv", "--format", "csv")
    accuracy = next(row for row in csv.DictReader(compared.out.splitlines()) if row["quantity"] == "accuracy_a")
    assert float(accuracy["value"]) == pytest.approx(np.mean(LOGITS.argmax(axis=1) == LABELS), rel=1e-12)
    checked = run("check", "x.csv", "y.csv")
    assert checked.status == 0, checked.out
    assert "matched by name" in checked.err
