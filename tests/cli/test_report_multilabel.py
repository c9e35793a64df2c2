"""`softmax-cli report --multilabel`: its formats, its gates, and what it says when something is wrong."""

import json

import numpy as np
import pytest
from rich.cells import cell_len
from sklearn.metrics import f1_score

NAMES = ["sports", "정치와 사회", "cinéma", "[b]never[/b]"]


@pytest.fixture
def data():
    generator = np.random.default_rng(7)
    labels = (generator.random((200, 4)) < [0.5, 0.1, 0.3, 0.0]).astype(int)
    return (generator.standard_normal((200, 4)) + 2 * labels - 1).round(3), labels


@pytest.fixture
def files(tmp_path, data):
    paths = tmp_path / "x.csv", tmp_path / "t.csv"
    for path, values in zip(paths, data, strict=True):
        lines = [",".join(NAMES), *(",".join(map(str, row)) for row in values.tolist())]
        path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return paths


def figures(outcome):
    return {line[0]: line[1] for line in outcome.lines[1:] if line[6] == line[5] == ""}


def test_tsv_has_every_figure_of_the_whole_and_of_each_label(run, files, data):
    outcome = run("report", *files, "--multilabel", "--worst", "2")
    assert (outcome.status, outcome.err) == (0, "")
    found = figures(outcome)
    logits, labels = data
    assert float(found["micro_f1"]) == pytest.approx(f1_score(labels, logits >= 0, average="micro"), rel=1e-14)
    assert found["labels_in_macro_roc_auc"] == "3"
    of_labels = {(line[0], line[6]): line[1] for line in outcome.lines}
    for label, name in enumerate(NAMES):
        assert of_labels["support", name] == str(labels[:, label].sum())
        expected = f1_score(labels[:, label], logits[:, label] >= 0, zero_division=np.nan)
        assert float(of_labels["f1", name]) == pytest.approx(expected, rel=1e-14)
    assert of_labels["roc_auc", "[b]never[/b]"] == "nan"
    assert [line[0] for line in outcome.lines].count("row_loss") == 2


def test_json(run, files):
    found = json.loads(run("report", *files, "--multilabel", "-f", "json").out)
    assert found["rows"] == 200
    assert [line["name"] for line in found["labels"]] == NAMES
    assert found["labels"][3]["average_precision"] == "nan"
    assert found["labels_in_macro"] == {"precision": 4, "recall": 3, "f1": 4, "average_precision": 3, "roc_auc": 3}


def test_a_table_fits_a_terminal_and_its_columns_align(run, files):
    out = run("report", *files, "--multilabel", "-f", "table").out
    lines = out.splitlines()
    assert max(map(cell_len, lines)) <= 80
    for words in ("decisions at p >= 0.5, 200 rows of 4 labels", "labels in macro", "ROC AUC", "at p >=", "least loss"):
        assert words in out
    start = next(number for number, line in enumerate(lines) if line.startswith("the same labels"))
    table = lines[start + 1 : start + 7]
    assert len({cell_len(line.rstrip()) for line in table}) == 1
    never = next(line for line in table if line.startswith("[b]never[/b]"))
    assert never.split()[1:5] == ["-"] * 4
    assert "1 label has no positive row ([b]never[/b])" in out


@pytest.mark.parametrize("suffix", ["html", "md", "json", "svg"])
def test_to_a_file(run, files, tmp_path, suffix):
    if suffix == "svg":
        pytest.importorskip("matplotlib")
    path = tmp_path / f"report.{suffix}"
    assert run("report", *files, "--multilabel", "-o", path).status == 0
    text = path.read_text("utf-8")
    assert "정치와 사회" in text
    if suffix == "html":
        assert "<b>never" not in text
        assert text.count("<table>") >= 8


def test_gates(run, files, data):
    logits, labels = data
    f1 = f1_score(labels, logits >= 0, average="macro", zero_division=np.nan)
    passed = run("report", *files, "--multilabel", "--fail-if", f"macro_f1 < {f1 - 0.01}")
    failed = run("report", *files, "--multilabel", "--fail-if", f"macro_f1 < {f1 + 0.01}")
    assert (passed.status, failed.status) == (0, 1)
    assert "macro_f1 is" in failed.err


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--top-k", "3"], "--top-k is for one label per row; leave it or --multilabel out"),
        (["--ignore-index", "0"], "--ignore-index is for one label per row; leave it or --multilabel out"),
        (["--label-base", "1"], "--label-base is for one label per row; leave it or --multilabel out"),
        (["--fail-if", "accuracy < 1"], "--fail-if 'accuracy < 1': there is no 'accuracy'; there are subset_accuracy"),
        (["--fail-if", "macro_f1"], "--fail-if 'macro_f1': write it as 'macro_f1 < 0.8'"),
    ],
)
def test_what_does_not_apply_is_refused_in_one_line(run, files, options, message):
    outcome = run("report", *files, "--multilabel", *options)
    assert (outcome.status, outcome.out) == (2, "")
    assert outcome.err.startswith(f"error: {message}")
    assert outcome.err.count("\n") == 1


def test_soft_labels_are_refused_by_place(run, files):
    text = files[1].read_text("utf-8").splitlines()
    text[3] = "0,0.5,1,0"
    files[1].write_text("\n".join(text), "utf-8")
    outcome = run("report", *files, "--multilabel")
    assert (outcome.status, outcome.out) == (3, "")
    assert outcome.err == (
        f"error: {files[1]}:4, class 정치와 사회: 0.5 is neither 0 nor 1: report counts right and wrong labels; loss "
        "takes probabilities\n"
    )


def test_several_ones_without_the_option_name_it(run, files):
    outcome = run("report", *files)
    assert (outcome.status, outcome.out) == (3, "")
    assert "--multilabel" in outcome.err
