"""`softmax-cli sample`: files to play with, read back by NumPy."""

import numpy as np
import pytest

DISTRIBUTIONS = ["normal", "uniform", "confident", "heavy-tailed", "hostile"]


def read(folder, file_format="csv"):
    """Logits and labels as arrays."""
    if file_format == "npy":
        return np.load(folder / "logits.npy"), np.load(folder / "labels.npy")
    logits = np.loadtxt(folder / "logits.csv", delimiter=",", skiprows=1, ndmin=2)
    return logits, np.loadtxt(folder / "labels.csv", skiprows=1, dtype=np.int64, ndmin=1)


@pytest.mark.parametrize("file_format", ["csv", "npy"])
@pytest.mark.parametrize("distribution", DISTRIBUTIONS)
def test_files_of_every_kind(run, tmp_path, distribution, file_format):
    options = ["-n", "10", "-c", "4", "--distribution", distribution, "--format", file_format]
    outcome = run("sample", *options, "-o", tmp_path)
    paths = [tmp_path / f"{name}.{file_format}" for name in ("logits", "labels")]
    assert (outcome.status, outcome.err) == (0, "")
    assert outcome.out.splitlines() == [str(path) for path in paths]
    assert sorted(tmp_path.iterdir()) == sorted(paths)
    logits, labels = read(tmp_path, file_format)
    assert (logits.shape, labels.shape) == ((10, 4), (10,))
    assert np.count_nonzero(labels != logits.argmax(axis=1)) == 2
    assert run("loss", *paths).status == 0


@pytest.mark.parametrize("dtype", ["float16", "float32", "float64"])
def test_dtypes(run, tmp_path, dtype):
    assert run("sample", "--format", "npy", "--dtype", dtype, "-o", tmp_path).status == 0
    logits, labels = read(tmp_path, "npy")
    assert logits.dtype == dtype
    assert labels.dtype.kind == "i"


def test_csv_and_npy_hold_the_same(run, tmp_path):
    for file_format in ("csv", "npy"):
        assert run("sample", "--format", file_format, "--seed", "7", "-o", tmp_path).status == 0
    (text, text_labels), (binary, binary_labels) = read(tmp_path), read(tmp_path, "npy")
    np.testing.assert_array_equal(text.astype(np.float32), binary)
    np.testing.assert_array_equal(text_labels, binary_labels)


def test_the_seed_decides(run, tmp_path):
    for folder, seed in (("one", "1"), ("again", "1"), ("other", "2")):
        assert run("sample", "--seed", seed, "-o", tmp_path / folder).status == 0
    one, again, other = ((tmp_path / folder / "logits.csv").read_bytes() for folder in ("one", "again", "other"))
    assert one == again
    assert one != other


@pytest.mark.parametrize(("wrong", "count"), [("0", 0), ("0.25", 10), ("1", 40)])
def test_the_share_of_wrong_labels(run, tmp_path, wrong, count):
    assert run("sample", "-n", "40", "--wrong", wrong, "-o", tmp_path).status == 0
    logits, labels = read(tmp_path)
    assert np.count_nonzero(labels != logits.argmax(axis=1)) == count


def test_files_that_are_there_are_kept_unless_forced(run, tmp_path):
    there = tmp_path / "labels.csv"
    there.write_text("as it was")
    outcome = run("sample", "-o", tmp_path)
    assert (outcome.status, outcome.out) == (2, "")
    assert outcome.err == f"error: {there} is there already; use --force to overwrite it\n"
    assert list(tmp_path.iterdir()) == [there]
    assert run("sample", "-o", tmp_path, "--force").status == 0
    assert there.read_text().startswith("label\n")


@pytest.mark.parametrize(("place", "reason"), [("file", "file exists"), ("file/below", "not a directory")])
def test_a_folder_that_cannot_be(run, tmp_path, place, reason):
    (tmp_path / "file").write_text("")
    outcome = run("sample", "-o", tmp_path / place)
    assert (outcome.status, outcome.out) == (2, "")
    assert reason in outcome.err
    assert outcome.err.count("\n") == 1


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--distribution", "flat"], f"there is no distribution 'flat'; there are {', '.join(DISTRIBUTIONS)}"),
        (["--format", "json"], "there is no file format 'json'; there are csv, npy"),
        (["--dtype", "bfloat16"], "there is no dtype 'bfloat16'; there are float16, float32, float64"),
        (["-c", "1"], "with one class no label can be wrong; use --wrong 0 or more classes"),
        (["--wrong", "nan"], "--wrong nan: a finite number is needed"),
        (["--wrong", "1.5"], "--wrong 1.5: a share from 0 to 1 is needed"),
        (["-n", "0"], "--rows 0: a whole number from 1 to 1000000000 is needed"),
        (["-c", "0"], "--classes 0: a whole number from 1 to 1000000 is needed"),
        (["-c", "1000001"], "--classes 1000001: a whole number from 1 to 1000000 is needed"),
        (["--seed", "-1"], "--seed -1: a whole number from 0 to 9223372036854775807 is needed"),
        (["-n", "many"], "--rows many: a whole number is needed, written as 12"),
        (["--scale", "inf"], "--scale inf: a finite number is needed"),
        (["--scale", "1e9", "--dtype", "float16"], "--scale 1e+09: the logits overflow float16; use a smaller one"),
    ],
)
def test_what_is_refused(run, tmp_path, options, message):
    outcome = run("sample", *options, "-o", tmp_path)
    assert (outcome.status, outcome.out, outcome.err) == (2, "", f"error: {message}\n")
    assert list(tmp_path.iterdir()) == []
