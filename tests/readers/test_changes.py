"""Files that change while they are read: a number of neither version must not come out."""

import gzip
import os
from pathlib import Path

import numpy as np
import pytest
import torch
from torch.nn.functional import cross_entropy

from softmax_cli import evaluate
from softmax_cli.errors import InputError
from softmax_cli.evaluation.checking.check import check
from softmax_cli.evaluation.comparing.compare import compare
from softmax_cli.evaluation.reporting.report import report
from softmax_cli.readers import open_table
from softmax_cli.readers.dialect import Dialect, Selection
from softmax_cli.readers.source import Source

GENERATOR = np.random.default_rng(0)
OLD, NEW = GENERATOR.normal(size=(2, 30_000, 20))
LABELS = GENERATOR.integers(0, 20, 30_000)
CHANGED = r"the file changed while it was read; wait until it is written, or read a copy$"


def save_csv(path, array):
    np.savetxt(path, array, delimiter=",", fmt="%.6f")


def save_gz(path, array):
    Path(path).write_bytes(gzip.compress(b"\n".join(b",".join(b"%.6f" % each for each in row) for row in array), 1))


WRITERS = {"x.npy": np.save, "x.csv": save_csv, "x.csv.gz": save_gz}


@pytest.fixture(autouse=True)
def _here(here):
    np.save(here / "y.npy", LABELS)


@pytest.fixture(params=WRITERS)
def name(request):
    WRITERS[request.param](request.param, OLD)
    return request.param


def rewrite(name, content):
    """Write into the file as it is, at another time than before, whatever the clock's tick."""
    was = Path(name).stat()
    with Path(name).open("r+b") as file:
        file.write(content)
    os.utime(name, ns=(was.st_atime_ns, was.st_mtime_ns + 1_000_000))


def after_first_block(change):
    """A watcher that changes something after the first block."""
    blocks = []

    def watch(progress):
        if not blocks:
            change()
        blocks.append(progress)

    return watch


@pytest.mark.parametrize("command", [evaluate, report, check])
def test_a_file_that_is_rewritten_in_place_is_refused(name, command):
    new = Path(name).read_bytes()
    with pytest.raises(InputError, match=rf"^{name}: {CHANGED}"):
        command(name, "y.npy", watcher=after_first_block(lambda: rewrite(name, new)), threads=1)


def test_the_second_of_two_versions_is_held_to_it_too():
    np.save("a.npy", OLD)
    np.save("b.npy", NEW)
    change = after_first_block(lambda: rewrite("b.npy", Path("a.npy").read_bytes()))
    with pytest.raises(InputError, match=rf"^b\.npy: {CHANGED}"):
        compare("a.npy", "b.npy", watcher=change, threads=1)


def test_the_labels_and_the_weights_are_held_to_it_too():
    np.save("x.npy", OLD)
    np.save("w.npy", np.ones(30_000))
    for file in ("y.npy", "w.npy"):
        change = after_first_block(lambda file=file: rewrite(file, Path(file).read_bytes()))
        with pytest.raises(InputError, match=rf"^{file}: {CHANGED}"):
            evaluate("x.npy", "y.npy", row_weight="w.npy", watcher=change, threads=1)


def test_a_file_that_is_touched_before_it_is_opened_is_read(name):
    os.utime(name)
    assert np.isfinite(evaluate(name, "y.npy").loss())


def test_a_file_that_only_grows_is_read_as_far_as_it_went(name):
    def grow():
        was = Path(name).stat()
        with Path(name).open("ab") as file:
            file.write(b"")
        os.utime(name, ns=(was.st_atime_ns, was.st_mtime_ns))

    expected = cross_entropy(torch.from_numpy(OLD), torch.from_numpy(LABELS)).item()
    found = evaluate(name, "y.npy", watcher=after_first_block(grow), threads=1).loss()
    assert found == pytest.approx(expected, rel=1e-6)


def test_a_line_that_is_appended_to_an_array_changes_nothing():
    np.save("x.npy", OLD)

    def grow():
        with Path("x.npy").open("ab") as file:
            file.write(b"more")

    expected = cross_entropy(torch.from_numpy(OLD), torch.from_numpy(LABELS)).item()
    found = evaluate("x.npy", "y.npy", watcher=after_first_block(grow), threads=1).loss()
    assert found == pytest.approx(expected, rel=1e-12)


def test_a_file_that_takes_the_name_while_the_old_one_is_read_changes_nothing():
    np.save("x.npy", OLD)
    np.save("other.npy", NEW)
    change = after_first_block(lambda: Path("other.npy").replace("x.npy"))
    expected = cross_entropy(torch.from_numpy(OLD), torch.from_numpy(LABELS)).item()
    assert evaluate("x.npy", "y.npy", watcher=change, threads=1).loss() == pytest.approx(expected, rel=1e-12)


def test_a_file_that_takes_the_name_between_two_passes_is_refused(name):
    table = open_table(Source(name), Dialect(), Selection())
    WRITERS[name](f"new.{name}", NEW)
    Path(f"new.{name}").replace(name)
    with pytest.raises(InputError, match=rf"^{name}: another file took its name while it was read; "):
        list(table.blocks(100, 1))


def test_a_file_that_is_gone_between_two_passes_is_named(name):
    table = open_table(Source(name), Dialect(), Selection())
    Path(name).unlink()
    with pytest.raises(InputError, match=rf"^{name}: no such file or directory$"):
        list(table.blocks(100, 1))
