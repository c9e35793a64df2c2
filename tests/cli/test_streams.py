"""Standard streams that are closed, full, abandoned or a terminal: in real processes, as a shell has them."""

import json
import os
import pty
import re
import select
import signal
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest

TOOL = (sys.executable, "-m", "softmax_cli")
NO_SPACE = "error: output: no space left on device\n"


@pytest.fixture(autouse=True)
def buffered(monkeypatch):
    """Python's own buffering, under which a fault shows only when it flushes, and once more at its end."""
    monkeypatch.delenv("PYTHONUNBUFFERED", raising=False)


@pytest.fixture(scope="module")
def big(tmp_path_factory):
    """Logits whose probabilities fill a pipe many times over."""
    path = tmp_path_factory.mktemp("big") / "logits.csv"
    path.write_text("a,b,c\n" + "1.25,-2.5,0.125\n" * 10_000)
    return path


@pytest.fixture
def pair(samples):
    return (str(samples / "logits.csv"), str(samples / "labels.csv"))


def finished(*arguments, **options):
    """The status, and what went to the streams that are pipes."""
    options = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, **options}
    done = subprocess.run([*TOOL, *map(str, arguments)], **options, text=True, encoding="utf-8", check=False)
    return done.returncode, done.stdout, done.stderr


def at_a_terminal(*arguments, **environment):
    """What a terminal of 80 columns shows."""
    master, slave = pty.openpty()
    with os.fdopen(slave, "wb") as terminal:
        status, _, _ = finished(*arguments, stdout=terminal, env={**os.environ, **environment})
    shown = b""
    try:
        while piece := os.read(master, 1 << 16):
            shown += piece
    except OSError:  # Linux's way to say that the other end is closed
        pass
    finally:
        os.close(master)
    return status, shown.decode().replace("\r\n", "\n")


@pytest.mark.parametrize("output_format", ["tsv", "json"])
def test_head_ends_it_quietly(big, output_format):
    command = [*TOOL, "softmax", str(big), "--format", output_format]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert process.stdout.read(5)
        process.stdout.close()
        assert process.wait() == 0
        assert process.stderr.read() == b""


@pytest.mark.parametrize("arguments", [["--help"], ["--version"], ["loss", "-q"], ["loss", "-f", "table"]])
def test_a_reader_that_has_gone_already_is_no_fault(pair, arguments):
    read, write = os.pipe()
    os.close(read)
    with os.fdopen(write, "wb") as abandoned:
        more = pair if "loss" in arguments else ()
        assert finished(*arguments, *more, stdout=abandoned) == (0, None, "")


def test_cut_gets_whole_columns(pair):
    whole = finished("loss", *pair)[1]
    cut = subprocess.run(["cut", "-f5"], input=whole, capture_output=True, text=True, check=True)
    name, *losses = cut.stdout.splitlines()
    assert name == "loss"
    assert [float(loss) for loss in losses] == pytest.approx([1.4478376526408516] * 4, rel=1e-12)


@pytest.mark.parametrize("arguments", [["--version"], ["loss", "-q"], ["loss", "-f", "table"]])
def test_a_full_disk_is_said_in_one_line(pair, arguments):
    more = pair if "loss" in arguments else ()
    with Path("/dev/full").open("wb") as full:
        assert finished(*arguments, *more, stdout=full) == (2, None, NO_SPACE)


CLOSED = "error: output: standard output is closed\n"
PRINTING = {
    "loss": ["loss"],
    "-q": ["loss", "-q"],
    "table": ["loss", "-f", "table"],
    "json": ["loss", "-f", "json"],
    "check": ["check"],
    "report": ["report"],
    "--help": ["--help"],
    "loss --help": ["loss", "--help"],
    "--version": ["--version"],
    "checks": ["checks"],
    "losses": ["losses"],
}


def in_a_shell(redirection, *arguments):
    """The status, standard output and standard error of a command whose streams a shell redirects."""
    shell = ["sh", "-c", f'"$@" {redirection}', "sh", *TOOL, *map(str, arguments)]
    done = subprocess.run(shell, capture_output=True, text=True, check=False)
    return done.returncode, done.stdout, done.stderr


@pytest.mark.parametrize("arguments", PRINTING.values(), ids=PRINTING)
def test_a_closed_standard_output_is_an_error(pair, arguments):
    more = pair if arguments[0] in {"loss", "check", "report"} else ()
    status, _, err = in_a_shell(">&-", *arguments, *more)
    assert (status, err.splitlines(keepends=True)[-1]) == (2, CLOSED)


@pytest.mark.parametrize("arguments", [["--help"], ["losses"], ["report"]])
def test_a_full_disk_is_an_error_of_every_command(pair, arguments):
    more = pair if arguments[0] == "report" else ()
    status, _, err = in_a_shell(">/dev/full", *arguments, *more)
    assert (status, err.splitlines(keepends=True)[-1]) == (2, NO_SPACE)


def test_a_lost_result_is_told_beside_a_failed_gate(pair):
    for redirection, said in ((">&-", CLOSED), (">/dev/full", NO_SPACE)):
        status, _, err = in_a_shell(redirection, "loss", "-q", *pair, "--expect", "999")
        failed, lost = err.splitlines(keepends=True)
        assert (status, lost) == (2, said)
        assert "expected 999" in failed


def test_a_closed_standard_output_is_harmless_beside_an_output_file(pair, tmp_path):
    assert in_a_shell(">&-", "softmax", pair[0], "-o", tmp_path / "p.csv") == (0, "", "")
    assert (tmp_path / "p.csv").read_text() == finished("softmax", pair[0], "-f", "csv")[1]


@pytest.mark.parametrize("redirection", ["2>&-", "2>/dev/full"])
def test_standard_error_that_cannot_be_written_to_is_harmless(pair, redirection):
    assert in_a_shell(redirection, "loss", "--nonsense", *pair) == (2, "", "")


@pytest.mark.parametrize("redirection", [">", ">>", "1<>"])
@pytest.mark.parametrize("link", [False, True])
def test_standard_output_onto_an_input_is_refused(tmp_path, redirection, link):
    path, name = tmp_path / "x.csv", tmp_path / "x.csv"
    path.write_text("1,2,3\n4,5,6\n")
    if link:
        name = tmp_path / "link.csv"
        name.symlink_to(path)
    before = "" if redirection == ">" else path.read_text()
    status, _, err = in_a_shell(f"{redirection}'{path}'", "softmax", name)
    assert (status, err) == (2, f"error: {name}: standard output leads to this input; send it to another file\n")
    assert path.read_text() == before
    assert in_a_shell(f"<'{path}' {redirection}'{path}'", "softmax", "-")[0] == 2


def test_a_table_is_whole_or_absent(tmp_path):
    path = tmp_path / "late.csv"
    path.write_text("1,2,3\n" * 20_000 + "1,2,x\n")
    for output_format in ("table", "tsv", "json"):
        status, out, err = finished("softmax", path, "-f", output_format)
        assert (status, out) == (3, "")
        assert "late.csv:20001" in err


NO_WIDTH = ("0", "00", "abc", "-5", "", "1.5", "\u00b2", "\u0663")


@pytest.mark.parametrize("columns", NO_WIDTH)
def test_columns_that_are_no_width_are_as_if_unset(pair, columns):
    for arguments in (["loss", *pair, "-f", "table"], ["loss", "--help"]):
        unset = {name: value for name, value in os.environ.items() if name != "COLUMNS"}
        plain = finished(*arguments, env=unset)
        assert plain[1].strip()
        assert finished(*arguments, env={**unset, "COLUMNS": columns, "LINES": columns}) == plain


@pytest.mark.parametrize("columns", ["1", "100000", "9" * 30])
def test_any_width_prints_every_loss(pair, columns):
    status, out, err = finished("loss", *pair, "-f", "table", env={**os.environ, "COLUMNS": columns})
    assert (status, err) == (0, "")
    assert "1.447838" in out
    assert len(out) < 10_000


def test_a_terminal_that_reports_no_width(pair, monkeypatch):
    monkeypatch.delenv("COLUMNS")
    status, shown = at_a_terminal("loss", *pair)  # openpty gives a terminal of 0 columns
    assert status == 0
    assert "1.447838" in shown


def test_a_closed_standard_input_is_an_empty_one(pair):
    shell = ["sh", "-c", '"$@" <&-', "sh", *TOOL, "loss", "-", pair[1]]
    done = subprocess.run(shell, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (3, "", "error: stdin: the file is empty\n")


def test_an_interrupt_while_waiting_at_the_terminal(pair):
    master, slave = pty.openpty()
    with closing(os.fdopen(master, "wb")), os.fdopen(slave, "rb") as terminal:
        command = [*TOOL, "loss", "-", pair[1]]
        with subprocess.Popen(command, stdin=terminal, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
            ready, _, _ = select.select([process.stderr], [], [], 20)
            said = process.stderr.readline() if ready else b""
            process.send_signal(signal.SIGINT)
            assert process.wait() == 130
            assert said.startswith(b"note: reading from the terminal")
            assert (process.stdout.read(), process.stderr.read()) == (b"", b"error: interrupted\n")


def test_a_terminal_gets_a_coloured_table(pair):
    status, shown = at_a_terminal("loss", *pair, COLUMNS="80", TERM="xterm-256color")
    assert status == 0
    assert "───" in shown
    assert "\x1b[1;32m0.2695*" in shown


@pytest.mark.parametrize("environment", [{"NO_COLOR": "1", "TERM": "xterm-256color"}, {"TERM": "dumb"}])
def test_a_terminal_without_colour_gets_none(pair, environment):
    _, shown = at_a_terminal("loss", *pair, COLUMNS="80", **environment)
    assert "0.2695*" in shown
    assert not re.search(r"\x1b\[[\d;]*3\dm", shown)
    assert ("\x1b" in shown) is (environment["TERM"] != "dumb")


@pytest.mark.parametrize("output_format", ["table", "tsv", "json"])
def test_names_in_an_encoding_that_lacks_them(tmp_path, output_format):
    path = tmp_path / "logits.csv"
    path.write_text("고양이,🐈\n1,2\n", encoding="utf-8")
    environment = {**os.environ, "PYTHONIOENCODING": "ascii"}
    status, out, err = finished("softmax", path, "-f", output_format, env=environment)
    assert (status, err) == (0, "")
    assert out.isascii()
    if output_format == "json":
        assert json.loads(out)["class_names"] == ["고양이", "🐈"]
    else:
        assert r"\uace0\uc591\uc774" in out


def test_a_path_in_an_encoding_that_lacks_it(tmp_path):
    environment = {**os.environ, "PYTHONIOENCODING": "ascii"}
    status, out, err = finished("sample", "-o", tmp_path / "개", env=environment)
    assert (status, err) == (0, "")
    assert out.splitlines() == [rf"{tmp_path}/\uac1c/{name}.csv" for name in ("logits", "labels")]


def test_an_error_names_a_file_of_any_name_in_one_line():
    status, out, err = finished("softmax", "two\nlines \x1b[31m\udcff.csv")
    assert (status, out) == (3, "")
    assert err == "error: two lines \\x1b[31m\\udcff.csv: no such file or directory\n"
