"""Every command that a finding prints, run as printed: it mends the finding, and the promised figure comes out."""

import csv
import io
import json
import shlex
from pathlib import Path

import numpy as np
import pytest

from softmax_cli import evaluate
from softmax_cli.checks.remedies import Given, columns_in, merged, name_of, needs_no_labels, ranges_text
from softmax_cli.evaluation.checking.check import check
from tests.checks.test_planted import PLANTED

ROOT = Path(__file__).parent.parent.parent
ONLY_OF_LOSS = ("--temperature", "label-log-probabilities")
RELATIVE = 1e-9

MENDED = {
    *("X101", "X102", "X104", "X106", "X111", "X121", "X122", "X123", "X124", "X133", "X134", "X135", "X136"),
    *("Y201", "Y202", "Y203", "Y204", "Y209", "Y214", "Y221", "Y222", "Y223"),
    *("S301", "S302", "S303", "S305", "S308", "L404", "L405", "L408"),
}
"""Codes of findings that an option mends, in one of their planted defects at least."""


class Folder:
    """Files with a planted defect, and how `check` is told of them."""

    def __init__(self, words, stdin=b""):
        self.words = words
        self.stdin = stdin


def table(logits, names, labels=None):
    """A CSV of the logits, every digit, with the labels as the last column."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    if names is not None:
        writer.writerow([*names, *([] if labels is None else ["y"])])
    for place, row in enumerate(np.asarray(logits, float).tolist()):
        writer.writerow([*map(repr, row), *([] if labels is None else [labels[place]])])
    return text.getvalue()


def names_of(logits):
    """Class names, one of which has a comma."""
    return ["a, b", *(f"class {place}" for place in range(1, logits.shape[1]))]


def lines(labels):
    """A label a line, or a row of them."""
    labels = np.asarray(labels)
    if labels.ndim == 2:
        return table(labels, None)
    return "".join(f"{label!r}\n" for label in labels.tolist())


def as_npy(folder, logits, labels):
    np.save(folder / "x.npy", logits)
    if labels is None:
        return Folder(["x.npy"])
    np.save(folder / "it's y.npy", labels)
    return Folder(["x.npy", "it's y.npy"])


def as_csv(folder, logits, labels):
    (folder / "x.csv").write_text(table(logits, names_of(logits)))
    if labels is None:
        return Folder(["x.csv"])
    (folder / "y.csv").write_text(lines(labels))
    return Folder(["x.csv", "y.csv"])


def as_sequences(folder, logits, labels):
    shape = (len(logits) // 20, 20)
    np.save(folder / "x.npy", logits.reshape(*shape, -1))
    np.save(folder / "y.npy", labels.reshape(*shape, *labels.shape[1:]))
    return Folder(["x.npy", "y.npy"])


def as_pieces(folder, logits, labels):
    for place, rows in enumerate(np.array_split(np.arange(len(logits)), 3)):
        np.save(folder / f"x-{place}.npy", logits[rows])
    if labels is None:
        return Folder(["x-*.npy"])
    for place, rows in enumerate(np.array_split(np.arange(len(labels)), 2)):
        np.save(folder / f"y-{place}.npy", labels[rows])
    return Folder(["x-*.npy", "y-*.npy"])


def as_pipe(folder, logits, labels):
    if labels is None:
        return Folder(["-"], table(logits, None).encode())
    np.save(folder / "x.npy", logits)
    return Folder(["x.npy", "-"], lines(labels).encode())


def as_one_file(folder, logits, labels):
    (folder / "all.csv").write_text(table(logits, names_of(logits), labels.tolist()))
    return Folder(["all.csv", "--label-column", "y"])


def is_plain(logits, labels):
    """Whether they are a table of float64, whose text has every digit, and one whole number for each row."""
    alike = labels is None or labels.ndim == 2 or labels.dtype.kind in "iu"
    return logits.ndim == 2 and logits.dtype in (np.float64, np.int64) and logits.shape[1] > 1 and alike


def one_each(logits, labels):
    return labels is not None and labels.ndim == 1 and len(labels) == len(logits)


def applicable():
    """Each planted defect in each form that such a file can have."""
    with (ROOT / "samples" / "digits_logits.csv").open() as file:
        logits = np.array(list(csv.reader(file))[1:], float)
    labels = np.array((ROOT / "samples" / "digits_labels.csv").read_text().split()[1:], int)
    for code, what, plant, _ in PLANTED:
        given = plant(logits, labels)[:2]
        for form, (_, applies) in FORMS.items():
            if applies(np.asarray(given[0]), given[1]):
                yield pytest.param(plant, form, id=f"{code} {what}, {form}")


FORMS = {
    "npy": (as_npy, lambda _x, _y: True),
    "csv": (as_csv, is_plain),
    "sequences": (as_sequences, lambda x, y: x.ndim == 2 and one_each(x, y) and len(x) % 20 == 0 and len(x) > 100),
    "pieces": (as_pieces, lambda x, _y: x.ndim == 2 and len(x) > 100),
    "pipe": (as_pipe, lambda x, y: y is None or is_plain(x, y)),
    "one file": (as_one_file, lambda x, y: is_plain(x, y) and one_each(x, y)),
}


def option_words(options):
    """Options as a shell has them."""
    words = [(f"--{name.replace('_', '-')}", str(value)) for name, value in options.items()]
    return [word for pair in words for word in (pair[:1] if pair[1] == "True" else pair)]


def findings_of(run, words, stdin):
    """What `check` finds, by its code."""
    outcome = run("check", *words, "-f", "json", stdin=stdin)
    assert outcome.status in {0, 1}, outcome.err
    return {finding["code"]: finding for finding in json.loads(outcome.out)["findings"]}


def promised(finding):
    """The loss that the command has to give."""
    losses = [effect["loss"] for effect in finding["effects"] if effect["name"].startswith("with ")]
    assert losses, finding
    return losses[0]


def mends(run, finding, stdin):
    """Run the command as printed, and look at the files again with its options."""
    program, verb, *words = shlex.split(finding["command"])
    assert (program, verb in {"loss", "check"}) == ("softmax-cli", True)
    if verb == "loss":
        outcome = run("loss", *words, "-q", stdin=stdin)
        assert outcome.status == 0, outcome.err
        assert float(outcome.out) == pytest.approx(promised(finding), rel=RELATIVE)
    only = [word for word in ONLY_OF_LOSS if word in words]
    if not only:
        assert finding["code"] not in findings_of(run, words, stdin)


@pytest.mark.parametrize(("plant", "form"), list(applicable()))
def test_the_command_mends_it_and_keeps_its_promise(run, here, digits, plant, form):
    logits, labels, *options = plant(*digits)
    folder = FORMS[form][0](here, np.asarray(logits), labels)
    words = [*folder.words, *option_words(options[0] if options else {})]
    for finding in findings_of(run, words, folder.stdin).values():
        if finding["command"]:
            mends(run, finding, folder.stdin)


def test_the_codes_that_have_a_command(run, here, digits):
    """What is mended by a command stays so."""
    found = set()
    for code, _, plant, _ in PLANTED:
        logits, labels, *options = plant(*digits)
        folder = as_npy(here, np.asarray(logits), labels)
        words = [*folder.words, *option_words(options[0] if options else {})]
        if findings_of(run, words, folder.stdin)[code]["command"]:
            found.add(code)
    assert found == MENDED


@pytest.mark.parametrize("plant", [each[2] for each in PLANTED], ids=[f"{each[0]} {each[1]}" for each in PLANTED])
def test_arrays_have_the_option_by_its_name(digits, plant):
    logits, labels, *options = plant(*digits)
    given = options[0] if options else {}
    for finding in check(logits, labels, **given).findings:
        if not finding.command or labels is None:
            continue
        more = eval(f"dict({finding.command})")  # noqa: S307  (what a reader would paste)
        (loss, *_) = [effect.loss for effect in finding.effects if effect.name.startswith("with ")]
        of_labels = None if needs_no_labels(more) else labels
        assert evaluate(logits, of_labels, **{**given, **more}).loss() == pytest.approx(loss, rel=RELATIVE)


def test_no_remedy_is_a_script(digits):
    for code, _, plant, _ in PLANTED:
        logits, labels, *options = plant(*digits)
        for finding in check(logits, labels, **(options[0] if options else {})).findings:
            for text in (finding.command, finding.remedy):
                assert not any(word in text for word in ("np.", "python", "tail ", "torch.", "x = ", "y = ")), code


def test_options_are_words():
    given = Given(("x.npy",), ("it's.csv",), {"label_base": 1, "header": False}, with_labels=True)
    assert given.command({"ignore_index": -100}) == (
        """softmax-cli loss x.npy 'it'"'"'s.csv' --label-base 1 --no-header --ignore-index -100"""
    )
    assert (
        given.command({"header": None, "label_base": 0}) == """softmax-cli loss x.npy 'it'"'"'s.csv' --label-base 0"""
    )
    assert given.command({"header": True}, by_loss=False).endswith("--label-base 1 --header")
    assert given.command({}, by_loss=False).startswith("softmax-cli check x.npy")
    several = Given(("a.npy", "b.npy"), ("y.npy",), with_labels=True)
    assert several.command({"shift": 1}) == "softmax-cli loss a.npy b.npy --labels y.npy --shift 1"
    assert several.command({"shift": 1}, by_loss=False) == "shift=1"
    assert Given(with_labels=True).command({"values": "probabilities"}) == "values='probabilities'"
    assert Given(("x.npy",), with_labels=True).command({"multilabel": True}) == "multilabel=True"
    one = Given(("x.csv",), (), {"label_column": "the label"}, with_labels=True)
    assert one.command({"multilabel": True}) == "softmax-cli loss x.csv --label-column 'the label' --multilabel"


def test_rows_to_skip_come_together():
    assert merged({"skip_rows": "3"}, {"label_base": 1}, {"skip_rows": "7:9"}) == {
        "skip_rows": "3,7:9",
        "label_base": 1,
    }
    assert merged({"skip_rows": "3,5:7"}, {"skip_rows": "3,5:7,9"}) == {"skip_rows": "3,5:7,9"}


@pytest.mark.parametrize(
    ("positions", "text"),
    [([0, 1, 2, 4, 5, 6], "0:3,4:7"), ([2, 0, 1], "2,0,1"), ([5], "5"), ([3, 4], "3,4"), ([2, 1, 0], "2,1,0")],
)
def test_positions_are_ranges(positions, text):
    assert ranges_text(positions) == text


def test_columns_are_chosen_by_position_or_by_name():
    assert columns_in(["1", "2", "3", "4"], [0, 1, 2]) == {"logit_columns": "1:4"}
    assert columns_in(["cat", 'a, "b"', "dog"], [2, 1]) == {"logit_columns": 'dog,"a, ""b"""'}
    assert columns_in([f"a name {place}" for place in range(100)], range(99)) == {}
    assert columns_in(None, [0]) == {}


def test_a_trial_is_named_after_its_options():
    assert name_of({"label_base": 1}) == "with --label-base 1"
    assert name_of({"header": None}) == "with no --header"
    assert name_of({"logit_columns": "7,9,2,4,0,5,1,3,8,6"}) == "with --logit-columns 7,9,2,4,0,5,1,3,8,6"
    assert name_of({"skip_rows": "3,17,40:60,77,90,112,130:144"}) == "with --skip-rows as below"
