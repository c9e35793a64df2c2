"""Columns that are kept beside the rows that are listed."""

import json

import numpy as np
import pytest
import torch
from torch.nn.functional import cross_entropy

ROWS = 50
GENERATOR = np.random.default_rng(0)
LOGITS = GENERATOR.normal(size=(ROWS, 3))
LABELS = GENERATOR.integers(0, 3, ROWS)
TEXTS = [f"문장 {row}, with a comma" for row in range(ROWS)]
CODES = [f"{row:03d}" for row in range(ROWS)]
ORDER = np.argsort(-cross_entropy(torch.from_numpy(LOGITS), torch.from_numpy(LABELS), reduction="none").numpy())


@pytest.fixture(autouse=True)
def files(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    np.savetxt("x.csv", LOGITS, delimiter=",", fmt="%.17g")
    np.savetxt("b.csv", LOGITS[:, ::-1], delimiter=",", fmt="%.17g")
    rows = zip(LABELS, TEXTS, CODES, strict=True)
    lines = ["label,text,code", *(f'{label},"{text}",{code}' for label, text, code in rows)]
    (tmp_path / "y.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")
    (tmp_path / "code.txt").write_text("\n".join(CODES) + "\n", encoding="utf-8")


FILES = ("x.csv", "y.csv", "--label-column", "label")


def test_the_rows_with_the_largest_losses_have_their_text(run):
    lines = run("loss", *FILES, "--top", 4, "--keep", "text", "--keep", "code", "-f", "csv").out.splitlines()
    assert lines[0].endswith(",loss,text,code")
    for line, row in zip(lines[1:], ORDER, strict=False):
        assert line.startswith(f"{row},")
        assert line.endswith(f',"{TEXTS[row]}",{CODES[row]}')


def test_every_row_has_its_code_as_it_is_written(run):
    found = json.loads(run("loss", *FILES, "--per-row", "--keep", "code.txt", "-f", "json").out)["details"]
    assert [detail["kept"] for detail in found] == [{"code.txt": code} for code in CODES]


def test_the_worst_rows_of_a_report(run):
    outcome = run("report", *FILES, "--worst", 3, "--keep", "text", "-f", "json")
    worst = json.loads(outcome.out)["worst"]
    assert [detail["kept"]["text"] for detail in worst] == [TEXTS[row] for row in ORDER[:3]]
    assert TEXTS[ORDER[0]] in run("report", *FILES, "--keep", "text", "-f", "table").out


def test_the_rows_that_changed_most(run):
    outcome = run("compare", "x.csv", "b.csv", *FILES[1:], "--top", 3, "--keep", "text", "-f", "json")
    changed = json.loads(outcome.out)["changed_rows"]
    p, q = (torch.log_softmax(torch.from_numpy(x.copy()), 1) for x in (LOGITS, LOGITS[:, ::-1]))
    order = torch.argsort((p.exp() * (p - q)).sum(1), descending=True)[:3].tolist()
    assert [(each["row"], each["kept"]["text"]) for each in changed] == [(row, TEXTS[row]) for row in order]


def test_skipped_rows_are_not_counted(run):
    outcome = run("loss", *FILES, "--skip-rows", "0:10", "--per-row", "--keep", "code", "-f", "json")
    assert [detail["kept"]["code"] for detail in json.loads(outcome.out)["details"]] == CODES[10:]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--keep", "text"), "--keep shows columns beside the rows that are listed; add --per-row or --top"),
        (("--top", 3, "--keep", "txt"), "--keep txt: there is no file of that name, and no column"),
    ],
)
def test_what_cannot_be_kept_is_one_line(run, arguments, message):
    outcome = run("loss", *FILES, *arguments)
    assert (outcome.status, outcome.out, message in outcome.err) == (2, "", True)
