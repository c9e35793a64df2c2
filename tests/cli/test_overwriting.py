"""What a command writes is never one of the files that it reads, by whatever name, link or pattern."""

from pathlib import Path

import numpy as np
import pytest


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """Logits, labels and weights, with other names for them."""
    monkeypatch.chdir(tmp_path)
    for name in ("x.csv", "part-1.csv", "part-2.csv"):
        (tmp_path / name).write_text("1,2,3\n4,6,5\n")
    (tmp_path / "y.csv").write_text("2\n1\n")
    (tmp_path / "w.csv").write_text("1\n2\n3\n")
    (tmp_path / "r.csv").write_text("1\n2\n")
    (tmp_path / "link.csv").symlink_to("x.csv")
    (tmp_path / "hard.csv").hardlink_to(tmp_path / "x.csv")
    (tmp_path / "sub").mkdir()
    return tmp_path


@pytest.mark.parametrize(
    ("command", "name"),
    [
        ("softmax x.csv -o x.csv", "x.csv"),
        ("softmax x.csv -o ./x.csv", "x.csv"),
        ("softmax ./x.csv -o sub/../x.csv", "x.csv"),
        ("softmax x.csv -o link.csv", "x.csv"),
        ("softmax link.csv -o x.csv", "link.csv"),
        ("softmax x.csv -o hard.csv", "x.csv"),
        ("softmax part-1.csv part-2.csv -o part-2.csv", "part-2.csv"),
        ("softmax part-*.csv -o part-2.csv", "part-2.csv"),
        ("report x.csv y.csv -o x.csv", "x.csv"),
        ("report x.csv y.csv -o y.csv", "y.csv"),
        ("report x.csv --label-column 0 -o hard.csv", "x.csv"),
        ("loss x.csv y.csv --grad-output y.csv", "y.csv"),
        ("loss x.csv --labels y.csv --grad-output link.csv", "x.csv"),
        ("loss x.csv y.csv --weight w.csv --grad-output w.csv", "w.csv"),
        ("loss x.csv y.csv --row-weight r.csv --grad-output r.csv", "r.csv"),
    ],
)
def test_an_output_that_is_an_input_is_refused(run, folder, command, name):
    before = {path.name: path.read_bytes() for path in folder.glob("*.csv")}
    output = command.split()[-1].removeprefix("./")
    outcome = run(*command.split())
    said = f"error: {output}: this would replace the input {name}; give the output another name\n"
    assert (outcome.status, outcome.out, outcome.err.replace(" ./", " ")) == (2, "", said)
    assert {path.name: path.read_bytes() for path in folder.glob("*.csv")} == before


@pytest.mark.parametrize(
    "command",
    ["softmax x.csv -o p.csv", "report x.csv y.csv -o p.csv", "loss x.csv y.csv --weight 1,2,3 --grad-output p.csv"],
)
@pytest.mark.parametrize("there", [True, False])
def test_another_file_is_none(run, folder, command, there):
    if there:
        (folder / "p.csv").write_text("as it was")
    outcome = run(*command.split())
    assert outcome.status == 0
    assert "as it was" not in (folder / "p.csv").read_text()


@pytest.mark.parametrize(
    "command", ["softmax x.csv -o", "report x.csv y.csv -o", "loss x.csv y.csv --grad-output", "sample -o"]
)
@pytest.mark.usefixtures("folder")
def test_an_empty_name_of_an_output(run, command):
    outcome = run(*command.split(), "")
    assert (outcome.status, outcome.out, outcome.err) == (2, "", "error: the name of the output file is empty\n")


@pytest.mark.parametrize(
    "command", [["softmax", ""], ["loss", "x.csv", ""], ["loss", "", "y.csv"], ["check", ""], ["compare", "", "x.csv"]]
)
@pytest.mark.usefixtures("folder")
def test_an_empty_name_of_an_input(run, command):
    outcome = run(*command)
    assert (outcome.status, outcome.out, outcome.err) == (3, "", "error: '': the name of the file is empty\n")


def test_an_array_whose_classes_stand_before_its_rows(run, folder):
    logits = np.random.default_rng(0).normal(size=(4, 3, 5))
    np.save(folder / "x.npy", logits)
    assert run("softmax", "x.npy", "--class-axis", "1", "-o", "p.npy").status == 0
    expected = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    np.testing.assert_allclose(np.load(folder / "p.npy"), expected, rtol=1e-13)


def test_an_array_of_a_file_stands_for_the_file(run, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    np.savez("run.npz", logits=np.ones((2, 3)), groups=np.array(["a", "b"]))
    Path("run.npz").rename("run.npy")
    outcome = run("softmax", "run.npy:logits", "-o", "run.npy")
    assert (outcome.status, outcome.out) == (2, "")
    assert outcome.err == "error: run.npy: this would replace the input run.npy:logits; give the output another name\n"
