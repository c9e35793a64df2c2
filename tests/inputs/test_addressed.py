"""Files that hold several arrays: which of them are the logits and the labels, by the command line."""

import json
from pathlib import Path

import h5py
import numpy as np
import polars as pl
import pytest
import torch
from safetensors.numpy import save_file
from torch.nn.functional import cross_entropy

from softmax_cli import evaluate

LOGITS = np.random.default_rng(0).normal(size=(60, 5)).astype("f4")
LABELS = np.random.default_rng(1).integers(0, 5, 60)
LOSS = cross_entropy(torch.from_numpy(LOGITS).double(), torch.from_numpy(LABELS)).item()
PROBS = torch.softmax(torch.from_numpy(LOGITS).double(), 1).numpy()


def loss(run, *arguments, stdin=b""):
    """What `loss -q` prints, and says."""
    outcome = run("loss", "-q", *arguments, stdin=stdin)
    assert outcome.status == 0, outcome.err
    return float(outcome.out), outcome.err


def refusal(run, *arguments, status=3):
    outcome = run("loss", "-q", *arguments)
    assert (outcome.status, outcome.out, outcome.err.count("\n")) == (status, "", 1)
    return outcome.err.removeprefix("error: ").rstrip("\n")


@pytest.mark.parametrize(
    ("logits", "labels"),
    [("logits", "labels"), ("anything", "whatever"), ("predictions", "label_ids"), ("out/logits", "y"), ("X", "Y")],
)
def test_one_file_may_hold_both(run, logits, labels):
    np.savez("run.npz", **{logits: LOGITS, labels: LABELS})
    value, said = loss(run, "run.npz")
    assert value == pytest.approx(LOSS, rel=1e-6)
    assert said.splitlines() == [
        f"note: run.npz: {logits} is taken for the logits",
        f"note: run.npz: {labels} is taken for the labels",
    ]


def test_names_that_are_given_need_no_word(run):
    np.savez("run.npz", a=LOGITS, b=LABELS, c=LOGITS)
    assert loss(run, "run.npz:a", "run.npz:b") == (pytest.approx(LOSS, rel=1e-6), "")


def test_a_file_of_its_own_for_each_needs_no_name(run):
    np.savez("x.npz", arr_0=LOGITS)
    save_file({"data": LABELS}, "y.safetensors")
    assert loss(run, "x.npz", "y.safetensors")[0] == pytest.approx(LOSS, rel=1e-6)


def test_labels_beside_a_file_of_both_are_those_of_the_second(run):
    np.savez("run.npz", logits=LOGITS, labels=LABELS)
    np.save("y.npy", np.zeros(60, int))
    zeros = cross_entropy(torch.from_numpy(LOGITS).double(), torch.zeros(60, dtype=torch.long)).item()
    assert loss(run, "run.npz", "y.npy")[0] == pytest.approx(zeros, rel=1e-6)
    assert loss(run, "run.npz:logits", "run.npz:labels")[0] == pytest.approx(LOSS, rel=1e-6)


@pytest.mark.parametrize("name", ["probs", "probabilities", "out/Probs"])
def test_a_name_says_that_the_values_are_probabilities(run, name):
    np.savez("run.npz", **{name: PROBS, "labels": LABELS})
    value, said = loss(run, "run.npz")
    assert value == pytest.approx(LOSS, rel=1e-12)
    assert f"run.npz: {name} is taken for the logits, with --values probabilities" in said


@pytest.mark.parametrize("name", ["log_probs", "logprobs"])
def test_a_name_says_that_the_values_are_log_probabilities(run, name):
    np.savez("run.npz", **{name: np.log(PROBS), "labels": LABELS})
    value, said = loss(run, "run.npz")
    assert value == pytest.approx(LOSS, rel=1e-12)
    assert "with --values log-probabilities" in said


def test_what_is_asked_for_goes_before_the_name(run):
    np.savez("run.npz", probs=PROBS, labels=LABELS)
    assert loss(run, "run.npz", "--values", "sigmoids")[0] != pytest.approx(LOSS)


def test_the_name_decides_between_several_that_fit(run):
    np.savez("run.npz", logits=LOGITS, features=np.ones((60, 9), "f4"), labels=LABELS, ids=np.arange(60))
    assert loss(run, "run.npz")[0] == pytest.approx(LOSS, rel=1e-6)


def test_two_that_may_be_meant_are_refused_with_the_list(run):
    np.savez("run.npz", logits=LOGITS, probs=LOGITS, labels=LABELS)
    listed = "logits (float32 60x5), probs (float32 60x5), labels (int64 60)"
    what = f"run.npz: logits and probs may both be the logits: {listed}; choose one, as run.npz:NAME"
    assert refusal(run, "run.npz") == what


def test_none_that_can_be_told_is_refused_with_the_list(run):
    np.savez("run.npz", a=LOGITS, b=LOGITS)
    listed = "a (float32 60x5), b (float32 60x5)"
    what = f"run.npz: no array can be told to be the logits: {listed}; choose one, as run.npz:NAME"
    assert refusal(run, "run.npz") == what


def test_weights_beside_the_logits_are_not_taken_for_labels(run):
    np.savez("run.npz", logits=LOGITS, weights=np.ones(60, "f4"))
    assert refusal(run, "run.npz").startswith("run.npz: no array can be told to be the labels: logits (float32 60x5)")


def test_a_signature_has_the_names_that_were_chosen(run):
    np.savez("run.npz", logits=LOGITS, labels=LABELS)
    signature = run("loss", "run.npz", "-f", "tsv").lines[1][-1].split("|")
    assert {"logits_array:logits", "labels_array:labels"} <= set(signature)
    np.savez("other.npz", logits=LOGITS)
    assert "b_array:logits" in run("compare", "run.npz", "other.npz", "-f", "tsv").out


@pytest.mark.parametrize("command", ["report", "check", "softmax"])
def test_other_commands_find_them_too(run, command):
    np.savez("run.npz", logits=LOGITS, labels=LABELS)
    np.save("x.npy", LOGITS)
    np.save("y.npy", LABELS)
    files = ("x.npy",) if command == "softmax" else ("x.npy", "y.npy")
    expected, found = run(command, *files, "-f", "json"), run(command, "run.npz", "-f", "json")
    assert found.status == expected.status
    plain, other = json.loads(expected.out), json.loads(found.out)
    text = json.dumps({**other, "signature": "", "notes": []}).replace("run.npz:logits", "x.npy")
    assert json.loads(text.replace("run.npz:labels", "y.npy")) == {**plain, "signature": "", "notes": []}


def test_a_check_of_a_file_without_labels_is_one_of_the_logits(run):
    np.savez("run.npz", logits=LOGITS, names=np.array(["a"]))
    assert run("check", "run.npz").status in {0, 1}


def test_a_pattern_reads_the_same_array_of_each_file(run):
    for part, rows in enumerate((slice(0, 20), slice(20, 45), slice(45, 60))):
        np.savez(f"run-{part}.npz", logits=LOGITS[rows], labels=LABELS[rows], ids=np.arange(60)[rows])
    assert loss(run, "run-*.npz:logits", "run-*.npz:labels")[0] == pytest.approx(LOSS, rel=1e-6)
    assert loss(run, "run-*.npz")[0] == pytest.approx(LOSS, rel=1e-6)


def test_standard_input_can_hold_both(run):
    np.savez("run.npz", logits=LOGITS, labels=LABELS)
    content = Path("run.npz").read_bytes()
    assert loss(run, "-", stdin=content)[0] == pytest.approx(LOSS, rel=1e-6)
    np.save("y.npy", LABELS)
    assert loss(run, "--", "-:logits", "y.npy", stdin=content)[0] == pytest.approx(LOSS, rel=1e-6)


def test_weights_have_addresses_too(run):
    weights, rows = np.arange(1.0, 6), np.arange(60.0)
    np.savez("run.npz", logits=LOGITS, labels=LABELS, w=weights, r=rows)
    by_class = cross_entropy(
        torch.from_numpy(LOGITS).double(), torch.from_numpy(LABELS), torch.from_numpy(weights)
    ).item()
    files = ("run.npz:logits", "run.npz:labels")
    assert loss(run, *files, "--weight", "run.npz:w")[0] == pytest.approx(by_class, rel=1e-6)
    losses = cross_entropy(torch.from_numpy(LOGITS).double(), torch.from_numpy(LABELS), reduction="none").numpy()
    by_row = np.average(losses, weights=rows)
    assert loss(run, *files, "--row-weight", "run.npz:r")[0] == pytest.approx(by_row, rel=1e-6)


def test_a_file_of_that_very_name_goes_before_an_address(run):
    np.savez("a.npz", logits=LOGITS)
    np.save("b.npy", LOGITS)
    Path("b.npy").rename("a.npz:other")
    np.save("y.npy", LABELS)
    assert loss(run, "a.npz:other", "y.npy")[0] == pytest.approx(LOSS, rel=1e-6)


@pytest.mark.parametrize("address", ["gone.npz:logits", "C:/x.npz", "s3://bucket/x.npz"])
def test_what_is_no_file_stays_whole_in_the_message(run, address):
    assert refusal(run, address, address) == f"{address}: no such file or directory"


def test_a_file_of_one_table_has_no_names(run):
    np.save("x.npy", LOGITS)
    assert refusal(run, "x.npy:a", "x.npy") == "x.npy:a: x.npy holds one table, without a name"


def test_python_takes_addresses_too():
    np.savez("run.npz", logits=LOGITS, labels=LABELS, more=LOGITS)
    assert evaluate("run.npz:logits", "run.npz:labels").loss() == pytest.approx(LOSS, rel=1e-6)
    assert evaluate("run.npz").loss() == pytest.approx(LOSS, rel=1e-6)


def test_compare_takes_the_labels_of_a_third_file_and_of_several(run):
    np.savez("a.npz", logits=LOGITS)
    np.savez("run.npz", logits=LOGITS, labels=LABELS)
    np.save("y-1.npy", LABELS[:20])
    np.save("y-2.npy", LABELS[20:])
    for labels in ("run.npz", "run.npz:labels", "y-*.npy"):
        outcome = run("compare", "a.npz", "a.npz", labels, "-f", "json")
        assert outcome.status == 0, outcome.err
        assert json.loads(outcome.out)["figures"]["loss_a"]["value"] == pytest.approx(LOSS, rel=1e-6)


@pytest.mark.parametrize("name", ["out.logits", "model.out.Logits"])
def test_the_last_part_of_a_key_path_is_a_name(run, name):
    np.savez("run.npz", **{name: LOGITS, "more": LOGITS, "y": LABELS})
    assert loss(run, "run.npz")[0] == pytest.approx(LOSS, rel=1e-6)


@pytest.mark.parametrize("name", ["id", "index", "doc_id"])
def test_numbers_of_rows_are_no_labels(run, name):
    np.savez("run.npz", **{"logits": LOGITS, name: np.arange(60), "classes": LABELS})
    value, said = loss(run, "run.npz")
    assert value == pytest.approx(LOSS, rel=1e-6)
    assert "run.npz: classes is taken for the labels" in said


FORMATS = {
    "x.h5": lambda: write_hdf5("x.h5"),
    "x.parquet": lambda: pl.DataFrame({"probs": pl.Series(PROBS), "label": LABELS}).write_parquet("x.parquet"),
    "x.jsonl": lambda: write_lines("x.jsonl"),
    "x.npz": lambda: np.savez("x.npz", probs=PROBS, label=LABELS),
}


def write_hdf5(name):
    with h5py.File(name, "w") as file:
        file["probs"], file["label"] = PROBS, LABELS


def write_lines(name):
    rows = [
        json.dumps({"probs": row, "label": label}) for row, label in zip(PROBS.tolist(), LABELS.tolist(), strict=True)
    ]
    Path(name).write_text("\n".join(rows) + "\n", encoding="utf-8")


@pytest.mark.parametrize("name", FORMATS)
def test_what_is_taken_is_said_of_every_format(run, name):
    FORMATS[name]()
    value, said = loss(run, name)
    assert value == pytest.approx(LOSS, rel=1e-9)
    assert f"{name}: probs is taken for the logits, with --values probabilities" in said
    assert f"{name}: label is taken for the labels" in said


def test_a_name_of_blanks_is_seen(run):
    assert refusal(run, "\t", "\t") == "'\\t': no such file or directory"
