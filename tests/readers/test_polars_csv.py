"""polars against float(), and against the reader that it stands in for: the same bits, and the same refusals."""

import csv
import itertools
import math
import re
import subprocess
import sys
import zlib
from decimal import Decimal, localcontext
from pathlib import Path

import numpy as np
import pytest

from softmax_cli.errors import InputError
from softmax_cli.readers import delimited, open_table, polars_csv
from softmax_cli.readers.dialect import Dialect, Selection
from softmax_cli.readers.source import Source


def bits(values):
    return np.asarray(values, np.float64).view(np.uint64).tolist()


def parsed(text, delimiter=",", width=2, columns=(0, 1)):
    return polars_csv.parse(text if isinstance(text, bytes) else text.encode(), delimiter, width, columns)


def doubles(kind, count=50_000):
    """Finite numbers: drawn by their bits, of everyday size, and too small for full precision."""
    generator = np.random.default_rng(7)
    if kind == "everyday":
        return (3 * generator.standard_normal(count)).tolist()
    drawn = generator.integers(2 ** (64 if kind == "any" else 52), size=count, dtype=np.uint64).view(np.float64)
    return drawn[np.isfinite(drawn)].tolist()


@pytest.mark.parametrize("kind", ["any", "everyday", "subnormal"])
@pytest.mark.parametrize("form", ["%r", "%.17g", "%.25g", "%.18e", "%.7g", "%.40f"])
def test_numbers_are_rounded_as_float_rounds_them(kind, form):
    cells = [form % value for value in doubles(kind)]
    expected = [float(cell) for cell in cells]
    assert bits(parsed("\n".join(cells), width=1, columns=(0,))[:, 0]) == bits(expected)


def test_numbers_halfway_between_two_doubles_go_to_the_even_one_and_any_digit_beyond_decides():
    cells = []
    with localcontext() as context:
        context.prec = 1100  # the longest such number has 1075 digits
        for value in doubles("any", 2000) + doubles("subnormal", 2000):
            halfway = f"{(Decimal(value) + Decimal(math.nextafter(value, math.inf))) / 2:e}"
            cells += [halfway, halfway.replace("e", "0000000001e")]
    expected = [float(cell) for cell in cells]
    assert bits(parsed("\n".join(cells), width=1, columns=(0,))[:, 0]) == bits(expected)


@pytest.mark.parametrize(
    ("alphabet", "longest"), [("019.eE+-_ \t", 4), ("0.eE+-nNaAiIfFtTyYxXdDpP#()", 3), ("naif", 5)], ids=str
)
def test_a_number_to_polars_is_one_to_float_and_the_same(alphabet, longest):
    cells = ["".join(drawn) for size in range(1, longest + 1) for drawn in itertools.product(alphabet, repeat=size)]
    cells += [sign + word for sign in ("", "+", "-") for word in ("infinity", "Infinity", "INFINITY", "infinit")]
    values = polars_csv.numbers("\n".join(cells).encode(), ",").to_list()
    assert len(values) == len(cells)
    taken = [(cell, value) for cell, value in zip(cells, values, strict=True) if value is not None]
    assert bits([value for _, value in taken]) == bits([float(cell) for cell, _ in taken])
    left = {cell for cell, value in zip(cells, values, strict=True) if value is None}
    assert not any("_" in cell for cell, _ in taken)
    # What it leaves though float() takes it has blanks behind.
    assert all(cell[-1] in " \t" for cell in left if "_" not in cell and is_float(cell))


def is_float(cell):
    try:
        float(cell)
    except ValueError:
        return False
    return True


PLAIN = [
    "1,2\n3,4\n",
    "1,2\n3,4",
    "1,2\r\n3,4\r\n",
    "+1,.5\n-5.,1E5\n",
    " 1, 2\n3,4\n",
    "nan,-nan\nNaN,1\n",
    "inf,-inf\nInfinity,-INF\n",
    "1e-400,-0\n5e-324,1.7976931348623157e308\n",
]


@pytest.mark.parametrize("text", PLAIN)
def test_what_is_plain_is_read(text):
    expected = [[float(cell) for cell in line.split(",")] for line in text.splitlines()]
    assert bits(parsed(text)) == bits(expected)


NOT_PLAIN = [
    "1,2\n3\n4,5,6\n",
    "1,2,\n3,4,\n",
    "1\n2\n3\n4\n",
    "1,2\n3,\n",
    "1,2\n\n3,4\n",
    "\n1,2\n",
    "1,2\n\n",
    '"1","2"\n',
    "1,2\r3,4\r",
    "1,2\r3,4\n",
    "1,2\n3,4\r",
    "1,2\n3,4\0\n",
    b"1,2\n3,\xff4\n",
    "\ufeff1,2\n",
    "1,2\n3,１\n",
    "1,x\n",
    "1,1_000\n",
    "1,0x10\n",
    "1,1.5abc\n",
    "1,2 \n",
    "1,1e400\n",
    "inf,-1e400\n",
    "1," + "9" * 400 + "\n",
    "1,null\n",
    "1,1\x1f2\n",
]


@pytest.mark.parametrize("text", NOT_PLAIN)
def test_what_is_not_plain_is_left(text):
    assert parsed(text) is None


def test_columns_that_were_not_chosen_may_hold_anything_plain():
    text = "1,cat,3\n4,,6\n"
    assert parsed(text, width=3) is None
    assert parsed(text, width=3, columns=(2, 0)).tolist() == [[3, 1], [6, 4]]
    assert parsed("1,info,3\n4,,1e400\n", width=3, columns=(2, 0)) is None  # as many infinities as "inf"


@pytest.mark.parametrize("other", ['"cat"', "c\0t", "c\rt", "고양이", "c,t"])
def test_what_is_not_plain_in_other_columns_is_left_too(other):
    assert parsed(f"1,{other},3\n", width=3, columns=(2, 0)) is None


def test_a_column_of_its_own_is_read_and_a_second_one_left():
    assert parsed("1\n2\n", width=1, columns=(0,)).tolist() == [[1], [2]]
    assert parsed("1\n2,3\n", width=1, columns=(0,)) is None


def test_a_line_that_polars_would_decompress_is_left():
    line = zlib.compress(b"3765301376301376301376", 3)
    assert line.startswith(b"x^")
    assert line.isascii()
    assert parsed(line, width=1, columns=(0,)) is None


@pytest.mark.parametrize("text", ["1  2 3\n", " 1 2 3\n", "1 2 3 \n", "1 2\t2 3\n", "1 2\x1c2 3\n"])
def test_single_blanks_are_plain_and_others_not(text):
    assert parsed("1 2 3\n4 5 6\n", " ", 3, (0, 2)).tolist() == [[1, 3], [4, 6]]
    assert parsed(text, " ", 3, (0, 2)) is None


@pytest.mark.parametrize("delimiter", ["\t", ";", "|", "x", "e", "#", "\\", "'"])
def test_any_delimiter_of_one_byte_is_taken(delimiter):
    assert parsed(f"1{delimiter}2\n", delimiter).tolist() == [[1, 2]]


def test_a_delimiter_of_several_bytes_is_left():
    assert parsed("1\n", "€", 1, (0,)) is None


def outcome(content, polars, monkeypatch, dialect=None, selection=None, size=1 << 20):
    """What a reader makes of a file: the bits of its values, or its refusal."""
    Path("x.csv").write_bytes(content)
    monkeypatch.setattr(delimited, "POLARS_FROM", 0 if polars else sys.maxsize)
    monkeypatch.setattr(delimited, "POLARS_CHUNK", size)
    try:
        table = open_table(Source("x.csv"), dialect or Dialect(), selection or Selection())
        return [bits(row) for block in table.blocks(7, 1) for row in block]
    except InputError as error:
        return str(error)


WORDS = r"""
    x x^ nan -nan inf -Infinity info null NA true 1e400 -1e400 1e-400 1e309 5e-324 1_0 +1 .5 5. 0x10 e 1e - + . 1d5
    1.#INF , ,, ; # ' \ " "1" "1,2" 가 １
"""
BLANKS = ["\n", "\n\n", "\r", "\r\n", " ", "  ", "\t", "\0", "\x1a", "\x1c", "\x1f", "\x85", "\xa0", "\ufeff"]
PARTS = [*(part.encode() for part in WORDS.split() + BLANKS), b"9" * 310, b"\xff"]


def mangled(seed):
    """A file of numbers with up to three faults, or oddities, and the delimiter and columns to read it with."""
    generator = np.random.default_rng(seed)
    rows, width = generator.integers(1, 40), generator.integers(1, 6)
    delimiter = generator.choice([",", ",", ",", ";", "\t", " "])
    end = generator.choice(["\n", "\n", "\r\n", "\r"])
    values = generator.standard_normal((rows, width)) * 10.0 ** generator.integers(-20, 20, (rows, width))
    form = generator.choice(["%r", "%.7g", "%.3f", "%.20e"])
    lines = [delimiter.join(form % value for value in row) for row in values.tolist()]
    if generator.random() < 0.3:
        lines.insert(0, delimiter.join(f"c{column}" for column in range(width)))
    content = (end.join(lines) + generator.choice(["", end, end * 2])).encode()
    for _ in range(generator.integers(4)):
        part = PARTS[generator.integers(len(PARTS))]
        place = generator.integers(len(content) + 1)
        behind = place + generator.choice([0, 0, 1, 3])
        content = content[:place] + part + content[behind:]
    only = None
    if generator.random() < 0.3:
        only = ",".join(map(str, generator.permutation(width)[: generator.integers(1, width + 1)]))
    return content, Dialect(str(delimiter)), Selection(only=only)


@pytest.mark.parametrize("hundred", range(5))
def test_both_readers_give_the_same_bits_or_the_same_refusal(hundred, monkeypatch):
    for seed in range(100 * hundred, 100 * hundred + 100):
        content, dialect, selection = mangled(seed)
        expected = outcome(content, False, monkeypatch, dialect, selection)
        for size in (16, 200, 1 << 20):
            assert outcome(content, True, monkeypatch, dialect, selection, size) == expected, seed


@pytest.mark.parametrize("polars", [False, True], ids=["loadtxt", "polars"])
def test_what_both_readers_take_is_what_csv_and_float_make_of_it(polars, monkeypatch):
    taken = 0
    for seed in range(500):
        content, dialect, _ = mangled(seed)
        rows = outcome(content, polars, monkeypatch, Dialect(dialect.delimiter, header=False))
        if isinstance(rows, str):
            continue
        taken += 1
        lines = re.split("\r\n|\r|\n", content.decode("utf-8-sig").strip("\r\n"))
        if dialect.delimiter == " ":
            cells = [line.replace('"', "").split() for line in lines]
        else:
            cells = list(csv.reader(lines, delimiter=dialect.delimiter, skipinitialspace=True))
        assert rows == [bits([float(cell) for cell in row]) for row in cells], seed
    assert taken > 100


def test_a_plain_file_never_reaches_loadtxt_and_a_small_one_never_polars(monkeypatch):
    values = np.random.default_rng(0).standard_normal((500, 3))
    content = "".join(f"{a!r},{b!r},{c!r}\n" for a, b, c in values.tolist()).encode()

    def refuse(*_, **__):
        raise AssertionError("the other reader was to read this")

    with monkeypatch.context() as patch:
        patch.setattr(np, "loadtxt", refuse)
        assert outcome(content, True, monkeypatch, size=1000) == [bits(row) for row in values]
    monkeypatch.setattr(polars_csv, "parse", refuse)
    assert outcome(content, False, monkeypatch) == [bits(row) for row in values]


def test_polars_is_not_tried_again_behind_what_is_not_plain(monkeypatch):
    chunks = []

    def parse(chunk, *arguments, **options):
        chunks.append(chunk)
        return original(chunk, *arguments, **options)

    original = polars_csv.parse
    monkeypatch.setattr(polars_csv, "parse", parse)
    content = b"1,2\n" * 10 + b'"3",4\n' + b"5,6\n" * 10
    rows = outcome(content, True, monkeypatch, size=4)
    assert rows == [bits([1, 2])] * 10 + [bits([3, 4])] + [bits([5, 6])] * 10
    assert b"".join(chunks).startswith(b"1,2\n" * 10 + b'"3"')
    assert len(b"".join(chunks)) < len(content) - 20


def test_without_polars_the_file_is_read_all_the_same(monkeypatch):
    monkeypatch.setitem(sys.modules, "polars", None)
    monkeypatch.delitem(sys.modules, polars_csv.__name__)
    assert outcome(b"1,2\n", True, monkeypatch) == [bits([1, 2])]


def test_a_polars_that_is_broken_says_so_itself(monkeypatch, tmp_path):
    (tmp_path / "polars.py").write_text("import polars_of_another_platform")
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.delitem(sys.modules, "polars")
    monkeypatch.delitem(sys.modules, polars_csv.__name__)
    with pytest.raises(ModuleNotFoundError, match="polars_of_another_platform"):
        outcome(b"1,2\n", True, monkeypatch)


def test_a_small_file_is_read_before_polars_could_be_imported():
    Path("x.csv").write_bytes(b"1,2\n3,4\n")
    code = "import sys; from softmax_cli.cli import app; app(['softmax', 'x.csv'], standalone_mode=False)"
    code += "; sys.exit('polars' in sys.modules)"
    subprocess.run([sys.executable, "-c", code], check=True, stdout=subprocess.DEVNULL)
