"""Parquet and Arrow as polars and pyarrow write them: columns of lists as arrays, single columns as a table."""

import datetime as dt
import re
import sys
from decimal import Decimal
from pathlib import Path

import numpy as np
import polars as pl
import pyarrow as pa
import pyarrow.feather
import pyarrow.ipc
import pyarrow.parquet
import pytest

from softmax_cli.errors import InputError
from softmax_cli.readers import open_table
from softmax_cli.readers.containers import entries_of
from softmax_cli.readers.dialect import Dialect, Selection
from softmax_cli.readers.source import Source

ROWS = 500
VALUES = np.random.default_rng(0).normal(size=(ROWS, 6)).astype(np.float32)
LABELS = np.random.default_rng(1).integers(0, 6, ROWS)


def stream(path, table, rows):
    with pa.ipc.new_stream(path, table.schema) as writer:
        writer.write_table(table, rows)


def arrow_file(path, table, rows):
    with pa.ipc.new_file(path, table.schema) as writer:
        writer.write_table(table, rows)


WRITERS = {
    "parquet": lambda path, table: pa.parquet.write_table(table, path, row_group_size=97),
    "polars.parquet": lambda path, table: pl.from_arrow(table).write_parquet(path, row_group_size=97),
    "arrow": lambda path, table: arrow_file(path, table, 97),
    "polars.arrow": lambda path, table: pl.from_arrow(table).write_ipc(path),
    "feather": lambda path, table: pa.feather.write_feather(table, path, compression="lz4", chunksize=97),
    "arrows": lambda path, table: stream(path, table, 97),
    "polars.arrows": lambda path, table: pl.from_arrow(table).write_ipc_stream(path),
}


@pytest.fixture(params=WRITERS)
def written(request):
    """Write columns of pyarrow to a file of each kind in turn; returns its name."""

    def _write(**columns):
        name = f"x.{request.param}"
        WRITERS[request.param](name, pa.table(columns))
        return name

    return _write


def parquet(**columns):
    pa.parquet.write_table(pa.table(columns), "x.parquet", row_group_size=97)
    return "x.parquet"


def fixed(rows):
    return pa.FixedSizeListArray.from_arrays(pa.array(rows.reshape(-1)), rows.shape[1])


def lists(rows):
    return pa.array(rows.tolist(), pa.list_(pa.from_numpy_dtype(rows.dtype)))


def opened(address, **selection):
    return open_table(Source(address), Dialect(), Selection(**selection))


def values(address, rows=7, axis=1, **selection):
    return np.concatenate(list(opened(address, **selection).blocks(rows, axis)))


def refusal(address, **selection):
    with pytest.raises(InputError) as refused:
        values(address, 50, None, **selection)
    assert "\n" not in str(refused.value)
    return str(refused.value)


@pytest.mark.parametrize("make", [fixed, lists])
@pytest.mark.parametrize("rows", [1, 64, 10_000])
@pytest.mark.parametrize("axis", [0, 1, None])
def test_a_column_of_lists_is_an_array(written, make, rows, axis):
    name = written(id=pa.array(range(ROWS)), x=make(VALUES), y=pa.array(LABELS))
    table = opened(f"{name}:x")
    assert (table.shape, table.dtype) == (VALUES.shape, np.float32)
    expected = VALUES.reshape(-1) if axis is None else np.moveaxis(VALUES, axis, -1)
    for _ in range(2):
        assert np.concatenate(list(table.blocks(rows, axis))).tobytes() == np.ascontiguousarray(expected).tobytes()
    assert table.where(17, 1) == f"{name}:x[17]"


@pytest.mark.parametrize("dtype", ["f2", "f4", "f8", "i1", "u1", "i2", "u2", "i4", "u4", "i8", "u8"])
def test_every_dtype_has_the_bits_that_were_written(written, dtype):
    numbers = np.frombuffer(np.random.default_rng(0).bytes(600 * np.dtype(dtype).itemsize), dtype)
    name = written(x=fixed(numbers.reshape(100, 6)), y=pa.array(numbers[:100]))
    # Not every writer keeps the bits of a nan that is none of its own.
    assert np.array_equal(values(f"{name}:x"), numbers.reshape(100, 6), equal_nan=dtype[0] == "f")
    assert np.array_equal(values(f"{name}:y", axis=None), numbers[:100], equal_nan=dtype[0] == "f")
    assert opened(f"{name}:y").dtype == np.dtype(dtype)


def test_lists_of_lists_have_three_axes(written):
    rows = np.arange(60.0).reshape(5, 4, 3)
    name = written(x=pa.array(rows.tolist(), pa.list_(pa.list_(pa.float64()))), y=pa.array(range(5)))
    assert opened(f"{name}:x").shape == (5, 4, 3)
    assert (values(f"{name}:x", 2, 2) == rows.reshape(20, 3)).all()
    assert (values(f"{name}:x", 2, 1) == np.moveaxis(rows, 1, -1).reshape(15, 4)).all()


def test_the_arrays_of_a_file_are_found_by_their_names(written, run):
    name = written(id=pa.array(range(ROWS)), logits=fixed(VALUES), label=pa.array(LABELS))
    np.save("x.npy", VALUES)
    np.save("y.npy", LABELS)
    expected = run("loss", "-q", "x.npy", "y.npy").out
    assert run("loss", "-q", name).out == expected
    assert run("loss", "-q", f"{name}:logits", f"{name}:label").out == expected
    assert run("loss", "-q", name, "--label-column", "label").out == expected
    assert run("loss", "-q", "x.npy", name).out == expected
    assert run("loss", "-q", "-", stdin=Path(name).read_bytes()).out == expected
    assert run("loss", "-q", "x.npy", name, "--label-column", "label").out == expected


def test_labels_by_another_name(run):
    name = parquet(logits=fixed(VALUES), gold=pa.array(LABELS), other=pa.array(5 - LABELS))
    assert run("loss", "-q", name, "--label-column", "gold").out == run("loss", "-q", name, f"{name}:gold").out != ""
    wrong = run("loss", "-q", name, "--label-column", "silver")
    assert (wrong.status, wrong.err.count("\n")) == (3, 1)
    assert "there is no array 'silver': logits (float32 500x6), gold (int64 500), other (int64 500)" in wrong.err


def test_single_columns_are_one_table(written, run):
    classes = {name: pa.array(VALUES[:, place].astype(float)) for place, name in enumerate("abcdef")}
    named = pa.array(np.array(list("abcdef"))[LABELS].tolist())
    name = written(id=pa.array(range(100, 100 + ROWS)), **classes, y=pa.array(LABELS), name=named)
    np.save("x.npy", VALUES.astype(float))
    np.save("y.npy", LABELS)
    expected = run("loss", "-q", "x.npy", "y.npy").out
    outcome = run("loss", "-q", name, "--label-column", "y")
    assert outcome.out == expected
    assert "column 'id' holds an id for each row, and is left out; --logit-columns chooses the classes" in outcome.err
    assert run("loss", "-q", name, "--label-column", "name").out == expected
    assert run("loss", "-q", name, "y.npy").out == expected
    assert run("loss", "-q", "x.npy", f"{name}:y").out == expected
    assert run("loss", "-q", name, "--label-column", "y", "--logit-columns", "1:7").out == expected
    some = run("loss", "-q", name, f"{name}:y", "--logit-columns", "f,b,a,c,d,e").out
    np.save("z.npy", VALUES[:, [5, 1, 0, 2, 3, 4]].astype(float))
    assert some == run("loss", "-q", "z.npy", "y.npy").out
    assert [line[1] for line in run("inspect", name).lines[1:]] == ["id", *"abcdef", "y", "name"]


def test_a_table_says_what_that_of_a_csv_says(run):
    name = parquet(
        id=pa.array(range(ROWS)), **{c: pa.array(VALUES[:, i].astype(float)) for i, c in enumerate("abc")},
        label=pa.array(LABELS % 3), note=pa.array(["t"] * ROWS),
    )  # fmt: skip
    pl.read_parquet(name).write_csv("x.csv")
    for options in ((), ("--label-column", "label"), ("--logit-columns", "a,c"), ("--label-column", "labell")):
        of_csv, found = (run("loss", "-q", file, *options) for file in ("x.csv", name))
        assert (found.status, found.out) == (of_csv.status, of_csv.out)
        assert found.err == of_csv.err.replace("x.csv", name)
    table, of_csv = opened(name), opened("x.csv")
    for what in ("column_names", "left_out", "ids", "positions", "shape", "dtype"):
        assert getattr(table, what) == getattr(of_csv, what)


def test_integers_and_floats_side_by_side_are_floats():
    name = parquet(a=pa.array([1, 2]), b=pa.array([0.5, 1.5], pa.float32()))
    assert values(name).tolist() == [[1, 0.5], [2, 1.5]]
    assert opened(name).dtype == np.float64


def test_rows_in_another_order_are_noticed_by_their_ids(run):
    classes = {c: pa.array(VALUES[:, i].astype(float)) for i, c in enumerate("abcdef")}
    pa.parquet.write_table(pa.table({"id": range(ROWS), **classes}), "x.parquet")
    pa.parquet.write_table(pa.table({"id": range(ROWS)[::-1], "label": LABELS}), "y.parquet")
    outcome = run("loss", "-q", "x.parquet", "y.parquet")
    assert outcome.status == 3
    assert "id" in outcome.err


def test_the_index_that_pandas_wrote_is_no_class():
    name = parquet(a=pa.array([0.5, 1.5]), b=pa.array([2.5, 1.0]), __index_level_0__=pa.array([7, 3]))
    assert opened(name).column_names == ("a", "b")
    assert opened(name).notes == (f"{name}: '__index_level_0__': the index that pandas wrote is left out",)
    assert opened(name, only="__index_level_0__").column_names == ("__index_level_0__",)


def test_text_categories_and_truth_values_are_labels(written):
    names = ["cat", "dog", "a longer name"] * 100
    name = written(
        x=fixed(VALUES[:300]), plain=pa.array(names), coded=pa.array(names).dictionary_encode(),
        truth=pa.array([True, False, True] * 100),
    )  # fmt: skip
    for column in ("plain", "coded"):
        assert values(f"{name}:{column}", 40, None, text=True).tolist() == names
    assert values(f"{name}:truth", 40, None, text=True).tolist() == [1, 0, 1] * 100
    assert refusal(f"{name}:plain").startswith(f"{name}:plain: the array holds text")


@pytest.mark.parametrize("bad", [[1.0, 2.0], [1.0, 2.0, 3.0, 4.0], []])
def test_a_ragged_list_names_its_row(written, bad):
    rows = [[1.0, 2.0, 3.0]] * 300
    name = written(x=pa.array([*rows[:250], bad, *rows]), y=pa.array(range(551)))
    found = f"{name}:x[250]: a list of {len(bad)} values, and those of the first row have 3"
    assert refusal(f"{name}:x").startswith(found)


def test_a_ragged_list_within_a_list_names_its_place():
    name = parquet(x=pa.array([[[1.0], [2.0]], [[3.0], [4.0]], [[5.0], [6.0, 7.0]]]))
    assert refusal(f"{name}:x").startswith("x.parquet:x[2, 1]: a list of 2 values")


@pytest.mark.parametrize(
    ("row", "place", "what"),
    [
        (None, "[250]", "a list is missing (null)"),
        ([1.0, None, 3.0], "[250, 1]", "a value is missing (null)"),
    ],
)
def test_a_value_that_is_missing_names_its_row(written, row, place, what):
    rows = [[1.0, 2.0, 3.0]] * 300
    name = written(x=pa.array([*rows[:250], row, *rows]), y=pa.array(range(551)))
    assert refusal(f"{name}:x") == f"{name}:x{place}: {what}"


def test_labels_that_are_missing_can_be_left_out(run):
    given = [None if place in {3, 400} else int(label) for place, label in enumerate(LABELS)]
    named = [None if label is None else "abcdef"[label] for label in given]
    name = parquet(logits=fixed(VALUES), y=pa.array(given))
    kept = [place for place in range(ROWS) if place not in {3, 400}]
    np.save("x.npy", VALUES[kept])
    np.save("y.npy", LABELS[kept])
    expected = run("loss", "-q", "x.npy", "y.npy").out
    refused = run("loss", "-q", name)
    assert refused.status == 3
    assert refused.err.startswith("error: x.parquet:y[3]: a value is missing (null); to leave out rows")
    assert float(run("loss", "-q", name, "--ignore-missing").out) == pytest.approx(float(expected), rel=1e-12)
    classes = {c: pa.array(VALUES[:, i]) for i, c in enumerate("abcdef")}
    name = parquet(**classes, y=pa.array(given), name=pa.array(named))
    for column in ("y", "name"):
        refused = run("loss", "-q", name, "--label-column", column)
        assert refused.err.startswith(f"error: x.parquet[3], column '{column}': a value is missing (null)")
        found = run("loss", "-q", name, "--label-column", column, "--ignore-missing").out
        assert float(found) == pytest.approx(float(expected), rel=1e-12)


def test_a_missing_logit_of_a_table_names_its_row_and_column():
    name = parquet(a=pa.array([0.5] * 300), b=pa.array([*[1.5] * 299, None]))
    assert refusal(name) == "x.parquet[299], column 'b': a value is missing (null)"


@pytest.mark.parametrize(
    ("column", "what"),
    [
        (pa.array([Decimal("1.50"), Decimal("2.25")]), "it holds Decimal"),
        (pa.array([dt.datetime(2024, 1, 1)] * 2), "it holds Datetime"),
        (pa.array([{"a": 1}, {"a": 2}]), "it holds Struct"),
        (pa.array([b"a", b"b"]), "it holds Binary"),
        (pa.array([["a"], ["b"]]), "it holds List(String)"),
        (pa.array([dt.timedelta(1)] * 2), "it holds Duration"),
        (pa.nulls(2), "it holds Null"),
    ],
)
def test_a_type_that_is_not_read_is_named_and_those_beside_it_are_read(written, column, what):
    name = written(x=fixed(VALUES[:2]), odd=column)
    assert refusal(f"{name}:odd").startswith(f"{name}:odd: {what}")
    assert (values(f"{name}:x") == VALUES[:2]).all()
    assert next(entry for entry in entries_of(Source(name)) if entry.name == "odd").refusal.startswith(what)


def test_a_column_of_another_type_is_no_class():
    dates = pa.array([dt.datetime(2024, 1, 1)] * 2)
    name = parquet(when=dates, a=pa.array([0.5, 1.5]), b=pa.array([2.5, 1.0]))
    assert opened(name).column_names == ("a", "b")
    assert refusal(name, only="when,a").startswith("x.parquet, column 'when': it holds Datetime")


def test_a_file_without_rows_is_refused(written):
    name = written(x=fixed(VALUES[:0]), y=pa.array(LABELS[:0]))
    assert "there are no rows" in refusal(f"{name}:x")
    assert "there are no rows" in refusal(f"{name}:y")


def test_pieces_are_joined(run):
    for place in range(3):
        part = slice(place * 100, place * 100 + 100)
        table = pa.table({"logits": fixed(VALUES[part]), "label": LABELS[part]})
        pa.parquet.write_table(table, f"x-{place}.parquet")
    np.save("x.npy", VALUES[:300])
    np.save("y.npy", LABELS[:300])
    expected = run("loss", "-q", "x.npy", "y.npy").out
    assert run("loss", "-q", "x-*.parquet").out == expected
    assert run("loss", "-q", "x-*.parquet:logits", "y.npy").out == expected


def test_a_name_with_marks_of_a_pattern_is_a_file():
    Path("a=1").mkdir()
    name = parquet(x=fixed(VALUES))
    Path(name).rename("a=1/x[0]*.parquet")
    assert (values("a=1/x[0]*.parquet:x") == VALUES).all()
    assert [entry.name for entry in entries_of(Source("a=1/x[0]*.parquet"))] == ["x"]


def test_a_file_that_is_cut_short_or_damaged_is_one_line(written, capfd):
    name = written(x=lists(VALUES), y=pa.array(LABELS))
    content = Path(name).read_bytes()
    generator = np.random.default_rng(0)
    for _ in range(25):
        damaged = bytearray(content)
        for place in generator.integers(8, len(content), 3):
            damaged[place] = generator.integers(256)
        end = generator.choice([len(content), generator.integers(16, len(content))])
        Path(name).write_bytes(damaged[:end])
        assert re.fullmatch(rf"(?:{name}.{{1,400}})?", said_of(f"{name}:x"))
    if "arrow" in name:  # what is packed makes threads of polars panic, and they say so
        assert capfd.readouterr().err == ""


def said_of(address):
    """What is said of a file that is refused; nothing for one that is read."""
    try:
        values(address, 50)
    except InputError as error:
        return str(error)
    return ""


def test_feather_of_version_1_is_named(run):
    Path("x.feather").write_bytes(b"FEA1\0\0\0\0" + bytes(100))
    outcome = run("softmax", "x.feather")
    assert outcome.err.startswith("error: x.feather: this is a Feather file of version 1; save it again as version 2")


def test_its_absence_is_one_line_that_says_what_to_install(run, monkeypatch):
    name = parquet(x=fixed(VALUES))
    monkeypatch.setitem(sys.modules, "polars", None)
    for module in ("frames", "columns"):
        monkeypatch.delitem(sys.modules, f"softmax_cli.readers.{module}", raising=False)
    outcome = run("softmax", f"{name}:x")
    assert outcome.err == (
        "error: x.parquet: reading Parquet or Arrow needs polars, which is not installed; "
        "pip install 'softmax-loss[tables]'\n"
    )
    assert outcome.status == 2
