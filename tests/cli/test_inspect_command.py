"""`softmax-cli inspect`: what is in files."""

import json

import numpy as np
import pytest
import torch
from safetensors.torch import save_file


@pytest.fixture(autouse=True)
def _files(here):
    np.savez(
        here / "run.npz",
        probs=np.ones((6, 5), "f4"),
        labels=np.zeros(6, "i8"),
        objects=np.array([{}], object),
        flags=np.ones(3, "c8"),
    )
    tensors = {"logits": torch.ones(6, 5).bfloat16(), "f8": torch.ones(2).to(torch.float8_e5m2)}
    save_file(tensors, here / "x.safetensors")


def test_the_arrays_of_a_file_and_what_they_would_be_taken_for(run):
    lines = run("inspect", "run.npz", "x.safetensors", "-f", "tsv").lines
    assert lines[0] == ["file", "name", "dtype", "shape", "taken_for", "remark"]
    rows = {(row[0], row[1]): row[2:] for row in lines[1:]}
    assert rows["run.npz", "probs"] == ["float32", "6x5", "probabilities", ""]
    assert rows["run.npz", "labels"] == ["int64", "6", "labels", ""]
    assert rows["run.npz", "objects"][:3] == ["objects", "1", ""]
    assert "could run code" in rows["run.npz", "objects"][3]
    assert rows["run.npz", "flags"][:3] == ["complex64", "3", ""]
    assert rows["x.safetensors", "logits"] == ["bfloat16", "6x5", "logits", ""]
    assert "F8_E5M2" in rows["x.safetensors", "f8"][3]
    assert len(rows) == 6


def test_records_and_json_are_the_same(run):
    lines = run("inspect", "run.npz", "-f", "tsv").lines
    found = json.loads(run("inspect", "run.npz", "-f", "json").out)["arrays"]
    assert [list(array.values()) for array in found] == lines[1:]


def test_a_table_names_the_file_once_and_says_how_to_address_an_array(run):
    shown = run("inspect", "run.npz", "-f", "table").out
    assert shown.count("run.npz\n") == 1
    assert "run.npz:probs" in shown


def test_one_array_of_a_file(run):
    lines = run("inspect", "run.npz:labels", "-f", "tsv").lines
    assert [row[1] for row in lines[1:]] == ["labels"]


def test_files_of_one_table_are_one_line(run, tmp_path):
    np.save("x.npy", np.ones((4, 3), "f2"))
    (tmp_path / "x.csv").write_text("cat,dog\n1.5,2\n3,4\n")
    (tmp_path / "y.csv").write_text("1\n0\n")
    (tmp_path / "names.csv").write_text("cat\ndog\n")
    rows = [row[:6] for row in run("inspect", "x.npy", "x.csv", "y.csv", "names.csv", "-f", "tsv").lines[1:]]
    assert rows == [
        ["x.npy", "", "float16", "4x3", "logits", ""],
        ["x.csv", "", "numbers", "?x2", "logits", "cat, dog"],
        ["y.csv", "", "numbers", "?", "labels", ""],
        ["names.csv", "", "text", "?", "labels", ""],
    ]


def test_standard_input_and_patterns(run, tmp_path):
    content = (tmp_path / "run.npz").read_bytes()
    assert run("inspect", "-", "-f", "tsv", stdin=content).lines[1][:2] == ["stdin", "probs"]
    assert {row[0] for row in run("inspect", "*.npz", "x*", "-f", "tsv").lines[1:]} == {"run.npz", "x.safetensors"}


def test_nothing_but_headers_is_read(run, tmp_path):
    """A file whose values are not there is listed as far as its header goes, without its values being looked at."""
    np.savez("run.npz", x=np.ones((1000, 1000)))
    with (tmp_path / "run.npz").open("r+b") as file:
        file.seek(5000)
        file.write(b"\xff" * 100_000)
    assert run("inspect", "run.npz", "-f", "tsv").lines[1][1:4] == ["x", "float64", "1000x1000"]


@pytest.mark.parametrize("name", ["gone.npz", "run.npz:gone"])
def test_what_is_not_there_is_one_line(run, name):
    outcome = run("inspect", name)
    assert (outcome.status, outcome.out, outcome.err.count("\n")) == (3, "", 1)
    assert outcome.err.startswith(f"error: {name}: ")
