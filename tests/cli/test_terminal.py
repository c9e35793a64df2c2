"""What a class's name can do to a terminal or a spreadsheet: nothing."""

import csv
import io
import json
import os
import pty
import re
import subprocess
import sys
import unicodedata

import pytest

FORMATS = ("table", "tsv", "csv", "json", "jsonl", "markdown", "html")
HOSTILE = (
    "\x1b[31mred",
    "\x1b]0;title\x07",
    "\x9b2J",
    "del\x7f",
    "\u202egnp.exe",
    "\u2066a\u2069",
    "\u200eb\u200f",
    "zero\u200bwidth",
    "\ufeffmark",
    "soft\xadhyphen",
    "a\u2028b",
    "tag\U000e0041",
    "joined\u200dnames",
)
X = "=\x1b[31mred\u202e.csv"
COMMANDS = {
    "loss": ["loss", X, "y.csv"],
    "loss, each row": ["loss", X, "y.csv", "--per-row"],
    "steps": ["loss", X, "y.csv", "--steps"],
    "grad": ["loss", X, "y.csv", "--grad"],
    "softmax": ["softmax", X],
    "report": ["report", X, "y.csv"],
    "check": ["check", X, "y.csv"],
    "compare": ["compare", X, X, "y.csv"],
}
# The colours that rich gives a table; nothing else of the kind is the program's own.
COLOURS = re.compile(r"\x1b\[[0-9;]*m")


@pytest.fixture
def hostile(tmp_path, monkeypatch):
    """Logits of classes whose names are hostile, in a folder of their own."""
    monkeypatch.chdir(tmp_path)
    width = len(HOSTILE)
    with (tmp_path / X).open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(HOSTILE)
        writer.writerows(
            [[(7 * row + 3 * place) % 11 / 4 + (row == place) for place in range(width)] for row in range(width)]
        )
    (tmp_path / "y.csv").write_text("".join(f"{row}\n" for row in range(width)))
    return tmp_path


def at_a_terminal(*arguments):
    """The status, and what a terminal is sent by both streams."""
    master, slave = pty.openpty()
    environment = {**os.environ, "COLUMNS": "300"}
    process = subprocess.Popen(
        [sys.executable, "-m", "softmax_cli", *arguments], stdout=slave, stderr=slave, env=environment
    )
    os.close(slave)
    sent = b""
    try:
        while piece := os.read(master, 1 << 16):
            sent += piece
    except OSError:  # Linux's way to say that the other end is closed
        pass
    finally:
        os.close(master)
    return process.wait(), sent.decode().replace("\r\n", "\n")


def unseen(text):
    """The characters that Unicode calls control, format or separators of lines; of formats the joiners have a use."""
    return {each for each in text if each not in "\n\t" and unicodedata.category(each) in {"Cc", "Cf", "Zl", "Zp"}}


@pytest.mark.usefixtures("hostile")
@pytest.mark.parametrize("output_format", FORMATS)
@pytest.mark.parametrize("command", COMMANDS.values(), ids=COMMANDS)
def test_a_terminal_is_sent_no_control_character(command, output_format):
    _, sent = at_a_terminal(*command, "--format", output_format)
    assert "red" in sent or command[0] in {"check", "compare"}  # these two name no class here
    sent = COLOURS.sub("", sent) if output_format == "table" else sent
    assert not unseen(sent)
    if output_format == "json":
        told = [line for line in sent.splitlines() if line.startswith("{")]
        json.loads(told[0])


def test_an_error_is_sent_to_a_terminal_without_them(hostile):
    (hostile / "\x1b[31m\u202e.csv").write_text("a,b\n1,\x1b]0;x\x07\n")
    status, sent = at_a_terminal("loss", "-q", "\x1b[31m\u202e.csv", "y.csv")
    assert status == 3
    assert not unseen(sent)
    status, sent = at_a_terminal("sample", "-o", "\x1b[31m")
    assert status == 0
    assert not unseen(sent)


@pytest.mark.parametrize("delimiter", [",", "\t"])
def test_a_pipe_is_given_each_name_as_it_is(run, hostile, delimiter):
    output_format = {",": "csv", "\t": "tsv"}[delimiter]
    outcome = run("softmax", X, "--format", output_format)
    assert tuple(next(csv.reader(io.StringIO(outcome.out, newline=""), delimiter=delimiter))) == HOSTILE
    run("softmax", X, "-o", f"p.{output_format}")
    assert (hostile / f"p.{output_format}").read_bytes() == outcome.out.encode()


@pytest.mark.usefixtures("hostile")
def test_json_is_the_same_data_everywhere(run):
    outcome = run("softmax", X, "--format", "json")
    assert not unseen(outcome.out)
    assert tuple(json.loads(outcome.out)["class_names"]) == HOSTILE


FORMULAS = ("=1+1", "+cmd|' /C calc'!A0", "-2+3", "@SUM(A1)", "\uff1d1", "a;=1+1", "=a,b", '="x"')
NUMBERS = ("-1.5", "+2", "-.5e-3")
PLAIN = ("cat", "a-b", "1-2", "é")


@pytest.fixture
def formulas(tmp_path, monkeypatch):
    """Logits of classes whose names a spreadsheet would run, in a folder of their own."""
    monkeypatch.chdir(tmp_path)
    names = [*FORMULAS, *NUMBERS, *PLAIN]
    with (tmp_path / X).open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(names)
        writer.writerows([[-1.5 - row - place * place for place in range(len(names))] for row in range(len(names))])
    (tmp_path / "y.csv").write_text("label\n" + "".join(f"{row}\n" for row in range(len(names))))
    return names


def as_cells(text, output_format):
    """The cells as Python's own reader has them."""
    delimiter = {"csv": ",", "tsv": "\t"}[output_format]
    quoting = {"csv": csv.QUOTE_MINIMAL, "tsv": csv.QUOTE_NONE}[output_format]
    return [cell for row in csv.reader(io.StringIO(text), delimiter=delimiter, quoting=quoting) for cell in row]


def is_formula(cell):
    """Whether a spreadsheet would run the cell (OWASP's list), in a locale of commas or of semicolons."""
    try:
        float(cell)
    except ValueError:
        return any(part.startswith(tuple("=+-@\t\r\n\uff1d\uff0b\uff0d\uff20")) for part in cell.split(";"))
    return False


@pytest.mark.usefixtures("formulas")
@pytest.mark.parametrize("output_format", ["csv", "tsv"])
@pytest.mark.parametrize("command", COMMANDS.values(), ids=COMMANDS)
def test_a_spreadsheet_finds_no_formula(run, command, output_format):
    asked = [*command, "--header", "--format", output_format]
    plain, safe = run(*asked), run(*asked, "--safe-csv")
    cells = as_cells(safe.out, output_format)
    assert cells
    assert not [cell for cell in cells if is_formula(cell)]
    # Nothing but an apostrophe is added.
    assert safe.out.replace("'", "") == plain.out.replace("'", "")
    assert safe.status == plain.status


@pytest.mark.parametrize("suffix", ["csv", "tsv"])
def test_a_file_for_a_spreadsheet(run, formulas, suffix):
    expected = [f"'{name}" for name in FORMULAS]
    expected[5] = "a;'=1+1"
    outcome = run("softmax", X, "--header", "--safe-csv", "-o", f"p.{suffix}")
    assert outcome.status == 0
    with open(f"p.{suffix}", encoding="utf-8", newline="") as file:  # noqa: PTH123
        text = file.read()
    assert as_cells(text, suffix)[: len(formulas)] == [*expected, *NUMBERS, *PLAIN]
    for command in (
        ["loss", X, "y.csv", "--grad-output", f"g.{suffix}"],
        ["report", X, "y.csv", "-o", f"r.{suffix}"],
    ):
        assert run(*command, "--header", "--safe-csv").status == 0
        with open(command[-1], encoding="utf-8", newline="") as file:  # noqa: PTH123
            written = as_cells(file.read(), suffix)
        assert "'=1+1" in written
        assert not [cell for cell in written if is_formula(cell)]


def test_lists_for_a_spreadsheet(run):
    for command in ("checks", "losses"):
        outcome = run(command, "--format", "csv", "--safe-csv")
        assert outcome.status == 0
        assert not [cell for cell in as_cells(outcome.out, "csv") if is_formula(cell)]
