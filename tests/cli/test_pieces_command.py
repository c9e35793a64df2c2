"""Files in pieces at the command line: what stands for what, the order, and what is refused; against torch."""

import gzip
import os
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch
import torch.nn.functional as F

RNG = np.random.default_rng(0)
LOGITS = RNG.standard_normal((11, 3)).round(4)
LABELS = RNG.integers(3, size=11)
EXPECTED = F.cross_entropy(torch.tensor(LOGITS), torch.tensor(LABELS)).item()


@pytest.fixture(autouse=True)
def _here(here):
    for place, piece in zip((1, 2, 10), np.split(LOGITS, [4, 9]), strict=True):
        np.save(here / f"x-{place}.npy", piece)
        np.savetxt(here / f"x-{place}.csv", piece, delimiter=",", fmt="%.4f", header="a,b,c", comments="")
    for place, piece in zip((1, 2, 10), np.split(LABELS, [1, 7]), strict=True):
        np.save(here / f"y-{place}.npy", piece)
        np.savetxt(here / f"y-{place}.csv", piece, fmt="%d")
    for place, rows in zip((1, 2, 10), np.split(np.column_stack([LOGITS, LABELS]), [4, 9]), strict=True):
        np.savetxt(
            here / f"p-{place}.csv", rows, delimiter=",", fmt=["%.4f"] * 3 + ["%d"], header="a,b,c,y", comments=""
        )
    np.save(here / "y.npy", LABELS)


_SAID = r"^note: (\S+: 3 files in the order of their numbers, \S+ before \S+|.* has a column 'y' too, but .*)$"
IN_ORDER = ("x-1.npy", "x-2.npy", "x-10.npy")


@pytest.mark.parametrize(
    "arguments",
    [
        ("x-*.npy", "y-*.npy"),
        ("x-*.npy", "y-*.csv"),
        ("x-*.csv", "y-*.npy"),
        ("x-*.csv", "y.npy"),
        (*IN_ORDER, "--labels", "y.npy"),
        (*IN_ORDER, "--labels", "y-*.npy"),
        ("--labels", "y-1.npy", *IN_ORDER, "--labels", "y-2.npy", "--labels", "y-10.npy"),
        ("x-*.npy", "--labels", "y-*.npy"),
        ("x-[12].npy", "x-10.npy", "--labels", "y.npy"),
        ("p-*.csv", "--label-column", "y"),
        ("p-*.csv", "--label-column", "-1"),
        ("x-*.npy", "p-*.csv", "--label-column", "y"),
        (*IN_ORDER, "--labels", "p-*.csv", "--label-column", "y"),
    ],
)
def test_the_loss_of_all_rows(run, arguments):
    outcome = run("loss", "-q", *arguments)
    assert outcome.status == 0
    assert all(re.search(_SAID, line) for line in outcome.err.splitlines()), outcome.err
    assert float(outcome.out) == pytest.approx(EXPECTED, rel=1e-13)


@pytest.mark.parametrize(
    "arguments",
    [("-", "x-2.csv", "x-10.csv", "--labels", "y.npy"), ("x-1.csv", "-", "x-10.csv", "--labels", "y-*.csv")],
)
def test_standard_input_among_the_pieces(run, arguments):
    stdin = Path("x-1.csv" if arguments[0] == "-" else "x-2.csv").read_bytes()
    outcome = run("loss", *arguments, "--dtype", "float32", "--dtype", "float64", stdin=stdin)
    assert outcome.status == 0
    assert float(outcome.lines[-1][4]) == pytest.approx(EXPECTED, rel=1e-13)


def test_labels_from_standard_input_beside_pieces(run):
    outcome = run("loss", "-q", *IN_ORDER, "--labels", "-", stdin="".join(f"{label}\n" for label in LABELS).encode())
    assert float(outcome.out) == pytest.approx(EXPECTED, rel=1e-13)


def test_rows_run_on_over_the_pieces(run):
    losses = F.cross_entropy(torch.tensor(LOGITS), torch.tensor(LABELS), reduction="none")
    rows = run("loss", "x-*.npy", "y-*.npy", "--reduction", "none", "--variant", "cross_entropy").lines[1:]
    assert [int(row) for row, _, _ in rows] == list(range(11))
    assert [int(label) for _, label, _ in rows] == LABELS.tolist()
    np.testing.assert_allclose([float(loss) for _, _, loss in rows], losses, rtol=1e-13)
    top = run("loss", "x-*.npy", "y-*.npy", "--top", "3").lines[1:]
    assert [int(line[0]) for line in top] == losses.argsort(descending=True)[:3].tolist()


def test_the_order_of_a_pattern_is_told_where_a_shells_is_another(run):
    outcome = run("loss", "x-*.npy", "y-*.csv")
    assert outcome.err.splitlines() == [
        f"note: {name}-*{suffix}: 3 files in the order of their numbers, {name}-2{suffix} before {name}-10{suffix}"
        for name, suffix in (("x", ".npy"), ("y", ".csv"))
    ]
    assert run("softmax", "x-*.csv").err.startswith("note: x-*.csv: 3 files in the order of their numbers")
    assert run("softmax", "x-[12].csv").err == ""


def test_the_order_of_a_shell_is_kept_and_told(run):
    names = sorted(IN_ORDER)
    outcome = run("loss", *names, "--labels", "y.npy")
    shuffled = torch.tensor(np.concatenate([np.load(name) for name in names]))
    assert float(outcome.lines[-1][4]) == pytest.approx(F.cross_entropy(shuffled, torch.tensor(LABELS)).item())
    assert outcome.err == (
        "note: x-10.npy is read before x-2.npy, as they were given; "
        "a pattern in quotes is read in the order of the numbers\n"
    )


@pytest.mark.parametrize("given", [("x-*.npy",), IN_ORDER, ("x-1.npy", "x-[2].npy", "x-1?.npy")])
def test_softmax_of_pieces(run, given):
    _, *lines = run("softmax", *given).lines
    np.testing.assert_allclose(np.array(lines, float), torch.softmax(torch.tensor(LOGITS), 1), rtol=1e-13)
    assert run("softmax", *given, "-o", "p.npy").status == 0
    np.testing.assert_allclose(np.load("p.npy"), torch.softmax(torch.tensor(LOGITS), 1), rtol=1e-13)


def test_the_gradient_of_pieces(run):
    leaf = torch.tensor(LOGITS, requires_grad=True)
    F.cross_entropy(leaf, torch.tensor(LABELS)).backward()
    assert run("loss", *IN_ORDER, "--labels", "y.npy", "--grad-output", "g.npy").status == 0
    np.testing.assert_allclose(np.load("g.npy"), leaf.grad, rtol=1e-12, atol=1e-17)
    assert run("loss", "x-*.csv", "y-*.csv", "--grad-output", "g.npy").status == 0
    np.testing.assert_allclose(np.load("g.npy"), leaf.grad, rtol=1e-12, atol=1e-17)
    assert run("loss", *IN_ORDER, "--labels", "y.npy", "--steps", "-f", "json").status == 0


WHICH = "files, and which are the labels? Give those with --labels, or both patterns in quotes"


@pytest.mark.parametrize(
    ("arguments", "status", "message"),
    [
        ((*IN_ORDER, "y.npy"), 2, f"4 {WHICH}: softmax-cli loss 'logits-*' 'labels-*'"),
        (("p-1.csv", "p-2.csv", "p-10.csv", "--label-column", "y"), 2, f"3 {WHICH}"),
        (("x-*.npy",), 2, "labels are missing: give their file, or --label-column for a column of the same file"),
        (("z-*.npy", "y.npy"), 3, "z-*.npy: no such file, and none that it matches as a pattern"),
        (("x-*.npy", "z-*.npy"), 3, "z-*.npy: no such file, and none that it matches as a pattern"),
        (("x-1.npy", "gone.npy", "--labels", "y.npy"), 3, "gone.npy: no such file or directory"),
        (("x-1.npy", "--labels", "y-1.npy", "--labels", "gone.npy"), 3, "gone.npy: no such file or directory"),
        # A shell has spread the labels' pattern: --labels takes the first, and the others are taken for logits.
        (
            ("x-1.npy", "--labels", "y-1.npy", "y-10.npy", "y-2.npy"),
            3,
            "y-10.npy: shape 4, where x-1.npy has 3 columns; if these are labels, quote their pattern",
        ),
        (("x-1.npy", "x-2.csv", "--labels", "y.npy"), 3, "x-2.csv: a header, where x-1.npy has none"),
        (("x-*.npy", "y-[12].npy"), 3, "y-[12].npy: 7 labels for 11 rows of logits in x-*.npy"),
        (("x-[12].npy", "y-*.csv"), 3, "y-*.csv: 11 labels for 9 rows of logits in x-[12].npy"),
        ((*IN_ORDER[:2], "--labels", "y.npy"), 3, "y.npy: 11 labels for 9 rows of logits in x-1.npy and 1 more"),
        (("-", "x-2.npy", "--labels", "-"), 3, "stdin: only one of the files can come from standard input; name the"),
        (("-", "-", "--labels", "y.npy"), 3, "stdin: only one of the files can come from standard input; name the"),
        (("-", "--labels", "y.npy", "--weight", "-"), 3, "stdin: only one of the files can come from standard input"),
        (
            ("x-*.npy", "y-*.npy", "--class-axis", "0"),
            3,
            "x-*.npy: with the classes on axis 0, each row would run through all files; give",
        ),
        (
            ("x-*.csv", "y-*.npy", "--class-axis", "0"),
            3,
            "x-*.csv: with the classes on axis 0, each row would run through all files; give",
        ),
        (
            ("y-*.npy", "y-1.npy"),
            3,
            "y-*.npy: pieces hold whole rows, and these are vectors (shape 1 in y-1.npy); one logit",
        ),
    ],
)
def test_what_is_refused(run, arguments, status, message):
    outcome = run("loss", *arguments)
    assert (outcome.status, outcome.out, outcome.err.count("\n")) == (status, "", 1)
    assert outcome.err.startswith(f"error: {message}")


@pytest.mark.parametrize("options", [(), ("-q",), ("--reduction", "none"), ("-f", "table")])
def test_a_fault_in_the_last_piece_is_named_there_and_nothing_is_printed(run, options):
    with Path("x-10.csv").open("a") as file:
        file.write("1,2,oops\n")
    outcome = run("loss", "x-*.csv", "y-*.csv", *options)
    assert (outcome.status, outcome.out) == (3, "")
    assert outcome.err == "error: x-10.csv:4, column 3 (c): 'oops' is not a number\n"


@pytest.mark.parametrize("suffix", ["csv", "npy"])
def test_a_label_that_cannot_be_is_named_in_its_own_file(run, suffix):
    labels = LABELS[1:7].copy()
    labels[2] = 9
    np.save("y-2.npy", labels)
    np.savetxt("y-2.csv", labels, fmt="%d")
    place = {"csv": "y-2.csv:3", "npy": "y-2.npy[2]"}[suffix]
    outcome = run("loss", "x-*.npy", f"y-*.{suffix}")
    assert outcome.err == f"error: {place}: label 9 is outside 0..2 (the logits have 3 classes)\n"


def test_softmax_refuses_what_no_pattern_matches(run):
    outcome = run("softmax", "gone-*")
    assert (outcome.status, outcome.out) == (3, "")
    assert outcome.err == "error: gone-*: no such file, and none that it matches as a pattern\n"
    assert run("softmax", "-", "-").err.startswith("error: stdin: only one of the files can come from standard input")


def test_where_no_row_counts_the_labels_are_named(run):
    outcome = run("loss", "x-*.npy", "y-*.npy", "--ignore-index", "7", "--fail-if", "counted > 0")
    assert outcome.status == 1
    for place, rows in ((1, 5), (2, 6)):
        np.save(f"none-{place}.npy", np.full(rows, 7))
    outcome = run("loss", "x-*.npy", "none-*.npy", "--ignore-index", "7")
    assert outcome.status == 3
    assert "error: none-*.npy: " in outcome.err


@pytest.mark.parametrize("suffix", ["npy", "csv", "npy.gz"])
def test_no_more_files_are_open_than_are_read(suffix):
    for place in range(100):
        if suffix == "csv":
            Path(f"many-{place}.csv").write_text("1,2\n2,1\n")
            continue
        np.save(f"many-{place}.npy", np.array([[1.0, 2], [2, 1]]))
        if suffix == "npy.gz":
            Path(f"many-{place}.npy.gz").write_bytes(gzip.compress(Path(f"many-{place}.npy").read_bytes()))
    Path("labels.csv").write_text("0\n" * 200)
    tool = [sys.executable, "-m", "softmax_cli", "loss", "-q", f"many-*.{suffix}", "labels.csv"]
    shell = ["sh", "-c", 'ulimit -n 40 && exec "$@"', "sh", *tool]
    done = subprocess.run(shell, capture_output=True, text=True, env=os.environ, check=False)
    order = f"many-2.{suffix} before many-10.{suffix}"
    said = f"note: many-*.{suffix}: 100 files in the order of their numbers, {order}\n"
    assert (done.returncode, done.stderr) == (0, said)
    expected = F.cross_entropy(torch.tensor([[1.0, 2], [2, 1]], dtype=torch.float64), torch.tensor([0, 0])).item()
    assert float(done.stdout) == pytest.approx(expected, rel=1e-14)
