"""`check` at the command line: what it prints, how it ends, and that what it says to do can be pasted and is right."""

import csv
import io
import json
import os
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from scipy.special import expit, softmax

from softmax_cli.checks import CHECKS
from softmax_cli.evaluation.checking.check import check
from softmax_cli.writers.table import renderable

ROOT = Path(__file__).parent.parent.parent
LOSS = 0.23168668815806095
"""Of the digits sample, as the README has it."""


@pytest.fixture
def digits(samples):
    """The logits and the labels of the sample."""
    logits = np.loadtxt(samples / "digits_logits.csv", delimiter=",", skiprows=1)
    return logits, np.loadtxt(samples / "digits_labels.csv", skiprows=1, dtype=int)


@pytest.fixture
def write(tmp_path, monkeypatch):
    """Write files into the working folder: arrays by numpy, texts as they are."""
    monkeypatch.chdir(tmp_path)

    def _write(**contents):
        names = []
        for name, content in contents.items():
            names.append(name.replace("_", "."))
            if isinstance(content, str):
                Path(names[-1]).write_text(content, "utf-8")
            elif names[-1].endswith(".npy"):
                np.save(names[-1], content)
            else:
                np.savetxt(names[-1], content, delimiter=",", fmt="%.17g")
        return names

    return _write


def pasted(command):
    """What a shell prints of a command; the tool and Python are those of the tests."""
    path = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
    done = subprocess.run(
        ["bash", "-c", command],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "PATH": path, "PYTHONPATH": str(ROOT)},
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_a_healthy_file_says_so_in_one_line(run, samples):
    outcome = run("check", samples / "digits_logits.csv", samples / "digits_labels.csv", "--format", "table")
    assert (outcome.status, outcome.err) == (0, "")
    first, *signature = outcome.out.splitlines()
    assert first == f"Nothing found in 500 rows of 10 classes, by {len(CHECKS)} checks."
    assert signature[0].startswith("softmax-cli:")
    outcome = run("check", samples / "digits_logits.csv", "-f", "tsv")
    assert (outcome.status, len(outcome.lines), outcome.err) == (0, 1, "")


@pytest.mark.parametrize("name", ["logits.csv labels.csv", "sequence_logits.npy sequence_labels.npy"])
def test_the_samples_are_healthy(run, samples, name):
    outcome = run("check", *(samples / part for part in name.split()), "-f", "json")
    assert (outcome.status, json.loads(outcome.out)["findings"]) == (0, [])


def test_a_finding_has_all_that_there_is_to_say(run, write, digits):
    logits, labels = digits
    outcome = run("check", *write(p_csv=softmax(logits, 1), y_csv=labels), "--format", "table")
    assert (outcome.status, outcome.err) == (1, "")
    assert outcome.out.splitlines()[:-2] == [
        "error[X101] the logits are probabilities: softmax would be applied twice",
        "  ──> p.csv",
        "  │ every value lies in [0, 1], and every row sums to 1 (within 4e-16)",
        "  │",
        "  │                                            loss   accuracy",
        "  │ as given                               1.609775     0.9560",
        "  │ with --values probabilities            0.231687     0.9560",
        "  │ least possible, -ln(e / (e + C - 1))   1.461150",
        "  │",
        "  = say that they are probabilities: the softmax of log p is p again",
        "    softmax-cli loss p.csv y.csv --values probabilities",
        "",
        f"Found 1 error in 500 rows of 10 classes, by {len(CHECKS)} checks.",
    ]


def test_programs_get_every_digit(run, write, digits):
    names = write(x_csv=digits[0], y_csv=digits[1] + 1)
    outcome = run("check", *names)
    header, row = outcome.lines
    record = dict(zip(header, row, strict=True))
    assert (record["code"], record["severity"], record["where"], record["rows"]) == ("Y202", "error", "y.csv:8", "51")
    assert record["effect"].endswith(f"with --label-base 1: loss {LOSS}, accuracy 0.956")
    assert record["signature"].endswith("|label_base:0|class_axis:1|select:all|ignore:none")
    assert outcome.err == f"note: Found 1 error in 500 rows of 10 classes, by {len(CHECKS)} checks.\n"
    (finding,) = json.loads(run("check", *names, "-f", "json").out)["findings"]
    assert finding["effects"][1] == {"name": "with --label-base 1", "loss": LOSS, "accuracy": 0.956, "number": None}
    assert finding["rows"] == [7, 27, 29, 34, 50]
    assert json.loads(run("check", *names, "-f", "jsonl").out) == {**record, "rows": 51, "first_row": 7}
    assert list(csv.reader(io.StringIO(run("check", *names, "-f", "csv").out)))[1] == row


def test_documents_have_it_too(run, write, digits):
    logits = digits[0].copy()
    logits[[17, 60], 3] = np.nan
    names = write(x_npy=logits, y_npy=digits[1])
    text = run("check", *names, "-f", "markdown").out
    assert "**error X111: 2 rows without a softmax: nan or infinite**" in text
    assert "| as given | nan |" in text
    assert "- nan in rows 17 and 60\n" in text
    assert "```sh\nsoftmax-cli loss x.npy y.npy --skip-rows 17,60\n```" in text
    page = run("check", *names, "-f", "html").out
    assert '<h2 id="finding-1">error X111: 2 rows without a softmax: nan or infinite</h2>' in page
    assert "<code>softmax-cli loss x.npy y.npy --skip-rows 17,60</code>" in page


def test_errors_and_warnings_fail_and_notes_do_not(run, write, digits):
    logits, labels = digits
    assert run("check", *write(x_npy=logits.round(1), y_npy=labels)).status == 0
    assert run("check", *write(x_npy=np.clip(logits, -4, 4), y_npy=labels)).status == 1
    assert run("check", *write(x_npy=-logits, y_npy=labels)).status == 1
    assert run("check", *write(x_npy=-logits, y_npy=labels), "--ignore", "X106").status == 0
    assert run("check", *write(x_npy=-logits, y_npy=labels), "--select", "X10,Y", "--ignore", "X106").status == 0


@pytest.mark.parametrize(
    ("logits", "labels", "options", "message"),
    [
        ("1,2\n3,x\n", "0\n1\n", (), "x.csv:2, column 2: 'x' is not a number"),
        ("1,2\n3\n", "0\n1\n", (), "x.csv:2"),
        ("1,2\n3,4\n", "", (), "y.csv: the file is empty"),
        ("1,2\n3,4\n", "0\n1\n", ("--select", "Z"), "--select 'Z': no check's code begins so"),
        ("1,2\n3,4\n", "0\n1\n", ("--class-axis", "7"), "--class-axis 7: the logits have 2 axes"),
    ],
)
def test_what_is_no_such_file_is_an_error_of_its_own(run, write, logits, labels, options, message):
    outcome = run("check", *write(x_csv=logits, y_csv=labels), *options)
    assert outcome.status == (2 if options else 3)
    assert outcome.out == ""
    assert outcome.err.startswith(f"error: {message}")


MENDED = {
    "probabilities, CSV": ({"x_csv": lambda x: softmax(x, 1)}, {"y_csv": lambda y: y}, ""),
    "probabilities, NPY": ({"x_npy": lambda x: softmax(x, 1)}, {"y_npy": lambda y: y}, ""),
    "percentages": ({"x_npy": lambda x: 100 * softmax(x, 1)}, {"y_csv": lambda y: y}, ""),
    "sigmoids": ({"x_npy": expit}, {"y_csv": lambda y: y}, ""),
    "the sign": ({"x_csv": np.negative}, {"y_csv": lambda y: y}, ""),
    "an index in front": ({"x_csv": lambda x: np.c_[np.arange(500), x]}, {"y_csv": lambda y: y}, ""),
    "an index behind": ({"x_csv": lambda x: np.c_[x, np.arange(500)]}, {"y_csv": lambda y: y}, ""),
    "labels from 1": ({"x_csv": lambda x: x}, {"y_csv": lambda y: y + 1}, ""),
    "labels from 0": ({"x_csv": lambda x: x}, {"y_csv": lambda y: y}, "--label-base 1"),
    "transposed": ({"x_csv": lambda x: x.T}, {"y_csv": lambda y: y}, ""),
    "transposed, NPY": ({"x_npy": lambda x: x.T}, {"y_npy": lambda y: y}, ""),
    "two headers, where they were denied": (
        {"x_csv": lambda x: np.r_[[np.arange(10)], x]},
        {"y_csv": lambda y: np.r_[0, y]},
        "--no-header",
    ),
    "a header of the labels, NPY": ({"x_npy": lambda x: x}, {"y_csv": lambda y: np.r_[0, y]}, ""),
    "an odd name": ({"it's $5_csv": lambda x: softmax(x, 1)}, {"y_csv": lambda y: y}, ""),
    "semicolons": ({"x_csv": lambda x: x}, {"y_csv": lambda y: y + 1}, "--delimiter ,"),
}


@pytest.mark.parametrize("name", MENDED)
def test_the_command_can_be_pasted_and_mends_it(run, write, digits, name):
    logits, labels, options = MENDED[name]
    contents = {file: make(digits[place]) for place, part in enumerate((logits, labels)) for file, make in part.items()}
    (finding,) = json.loads(run("check", *write(**contents), *options.split(), "-f", "json").out)["findings"]
    assert finding["command"].startswith("softmax-cli loss")
    # The last word of a command line may be an option; -q goes anywhere.
    assert float(pasted(f"{finding['command']} -q")) == pytest.approx(LOSS, rel=1e-9)


def test_padding_and_names_are_mended_too(run, write, digits):
    labels = digits[1].copy()
    labels[[3, 8]] = -100
    (finding,) = json.loads(run("check", *write(x_npy=digits[0], y_csv=labels), "-f", "json").out)["findings"]
    assert finding["command"] == "softmax-cli loss x.npy y.csv --ignore-index -100"
    assert [effect["name"] for effect in finding["effects"]] == ["of the other rows", "with --ignore-index -100"]
    assert len({effect["loss"] for effect in finding["effects"]}) == 1
    assert float(pasted(f"{finding['command']} -q")) == pytest.approx(finding["effects"][1]["loss"], rel=1e-12)


def test_two_mistakes_are_mended_by_one_command(run, write, digits):
    labels = digits[1] + 1
    labels[[3, 8]] = -100
    found = json.loads(run("check", *write(x_npy=digits[0], y_csv=labels), "-f", "json").out)["findings"]
    commands = {finding["code"]: finding["command"] for finding in found}
    assert commands == dict.fromkeys(
        ("Y202", "Y203"), "softmax-cli loss x.npy y.csv --label-base 1 --ignore-index -100"
    )
    assert float(pasted(f"{commands['Y202']} -q")) == pytest.approx(found[0]["effects"][1]["loss"], rel=1e-12)


def test_headers_of_which_one_was_read_as_data(run, write, digits):
    header = "0.5,1.5,2.5,3.5,4.5,5.5,6.5,7.5,8.5,9.5\n"
    table = header + "".join(",".join(map(repr, row)) + "\n" for row in digits[0].tolist())
    text = "label\n" + "".join(f"{label}\n" for label in digits[1])
    (finding,) = json.loads(run("check", *write(x_csv=table, y_csv=text), "-f", "json").out)["findings"]
    assert finding["code"] == "S303"
    assert float(pasted(f"{finding['command']} -q")) == pytest.approx(LOSS, rel=1e-9)


@pytest.mark.parametrize("names", [range(10), range(10, 101, 10)])
def test_a_header_of_whole_numbers_above_decimals_is_one(run, write, digits, names):
    rows = "".join(",".join(map(repr, row)) + "\n" for row in digits[0].tolist())
    table = ",".join(map(str, names)) + "\n" + rows
    text = "label\n" + "".join(f"{names[label]}\n" for label in digits[1])
    assert json.loads(run("check", *write(x_csv=table, y_csv=text), "-f", "json").out)["findings"] == []
    assert float(run("loss", "-q", "x.csv", "y.csv").out) == pytest.approx(LOSS, rel=1e-9)


def test_of_one_file_the_labels_stay_a_column(run, write, digits):
    table = np.c_[softmax(digits[0], 1), digits[1]]
    text = ",".join([*"abcdefghij", "y"]) + "\n" + "".join(",".join(map(repr, row.tolist())) + "\n" for row in table)
    outcome = run("check", *write(all_csv=text), "--label-column", "y", "-f", "json")
    (finding,) = json.loads(outcome.out)["findings"]
    assert finding["code"] == "X101"
    assert finding["command"] == "softmax-cli loss all.csv --label-column y --values probabilities"
    assert float(pasted(f"{finding['command']} -q")) == pytest.approx(LOSS, rel=1e-9)


def test_the_position_of_a_column_is_not_that_of_a_class(run, write, digits):
    table = np.c_[digits[1], np.arange(500), digits[0]]
    text = (
        ",".join(["y", "serial", *"abcdefghij"])
        + "\n"
        + "".join(",".join(map(repr, row.tolist())) + "\n" for row in table)
    )
    outcome = run("check", *write(all_csv=text), "--label-column", "y", "-f", "json")
    (finding,) = json.loads(outcome.out)["findings"]
    assert finding["code"] == "X133"
    assert finding["command"] == "softmax-cli loss all.csv --label-column y --logit-columns 2:12"
    assert float(pasted(f"{finding['command']} -q")) == pytest.approx(LOSS, rel=1e-9)


def test_without_labels_no_command_asks_for_their_loss(run, write, digits):
    (finding,) = json.loads(run("check", *write(x_npy=softmax(digits[0], 1)), "-f", "json").out)["findings"]
    assert finding["command"] == "softmax-cli check x.npy --values probabilities"
    assert pasted(finding["command"]).splitlines()[1:] == []
    (finding,) = json.loads(run("check", *write(x_npy=digits[0] * 1000), "-f", "json").out)["findings"]
    assert (finding["code"], finding["command"]) == ("X119", "")


def test_a_file_with_names_has_no_second_header(run, write):
    rows = "".join(f"{row},{1.5 - row / 7},{row % 3}\n" for row in range(30))
    assert "X124" not in run("check", *write(x_csv=f"고양이,개,새\n1,2,3\n{rows}"), "-f", "tsv").out


def test_standard_input(run, write, digits):
    write(x_csv=digits[0])
    outcome = run("check", "x.csv", "-", "-f", "json", stdin="".join(f"{y + 1}\n" for y in digits[1]).encode())
    (finding,) = json.loads(outcome.out)["findings"]
    assert (finding["where"], finding["command"]) == ("stdin:8", "softmax-cli loss x.csv - --label-base 1")


def spoilt(digits):
    """A file with as many findings as will go together, long names among them."""
    logits, labels = np.clip(digits[0], -4, 4), digits[1] + 1
    logits[[17, 60]] = np.nan
    logits[[5, 6]] = 0.25
    labels[5:9] = -100
    labels[20] = 31
    return np.r_[logits, logits[100:164]], np.r_[labels, labels[100:164]]


def test_tables_fit_eighty_columns_but_for_commands(run, write, digits):
    logits, labels = spoilt(digits)
    names = ["고양이" * 9, "سيارة", "[/x]", "a name that goes on and on, and then some more", *"defghi"]
    rows = "\n".join(",".join(map(str, row)) for row in logits.tolist())
    outcome = run(
        "check", *write(x_csv=",".join(f'"{name}"' for name in names) + "\n" + rows, y_csv=labels), "-f", "table"
    )
    assert outcome.status == 1
    from rich.cells import cell_len

    lines = outcome.out.splitlines()
    assert [line for line in lines if cell_len(line) > 80 and not line.startswith("    ")] == []
    assert [line.split("]")[0] for line in lines if line.startswith(("error", "warning", "note"))] == [
        "error[X111",
        "error[Y201",
        "error[Y202",
        "error[Y203",
        "warning[X113",
        "warning[X121",
        "warning[X123",
    ]


def test_colours_are_those_of_a_compiler(digits):
    from rich.console import Console

    console = Console(file=io.StringIO(), width=80, force_terminal=True, color_system="standard", highlight=False)
    console.print(renderable(check(*spoilt(digits))))
    text = console.file.getvalue()
    assert "\x1b[1;31merror[X111]\x1b[0m" in text
    assert "\x1b[1;33mwarning[X113]\x1b[0m" in text
    assert re.search(r"\x1b\[31m +nan\x1b\[0m", text)


def test_without_unicode_it_draws_with_ascii(digits):
    from rich.console import Console

    stream = io.TextIOWrapper(io.BytesIO(), "ascii", errors="strict")
    Console(file=stream, width=80, color_system=None, highlight=False).print(renderable(check(*spoilt(digits))))
    stream.flush()
    text = stream.buffer.getvalue().decode("ascii")
    assert "\n  --> logits[17]\n  | nan in rows 17 and 60\n  |\n" in text


def test_checks_lists_every_check(run):
    header, *rows = run("checks").lines
    assert header == ["code", "name", "severity", "summary"]
    assert rows == [[check.code, check.name, check.severity, check.summary] for check in CHECKS.values()]
    text = run("checks", "-f", "table").out
    assert all(f"\n{code}  " in text for code in CHECKS)
    assert max(map(len, text.splitlines())) <= 80
    assert len(json.loads(run("checks", "-f", "json").out)["checks"]) == len(CHECKS)


@pytest.mark.parametrize("value", ["inf", "-inf", "1e400", "-1e400"])
@pytest.mark.parametrize("options", [[], ["--ignore-index", "1"], ["--label-base", "-1"], ["--ignore-index", "-100"]])
@pytest.mark.parametrize("labels", ["y.csv", "y.npy", "half.npy", "all.csv"])
def test_an_infinite_label_is_not_a_whole_number(run, write, labels, options, value):
    numbers = [0, float(value), 1]
    write(x_csv="1.5,2\n0.5,3\n1,0\n", y_csv=f"0\n{value}\n1\n", y_npy=np.array(numbers))
    write(half_npy=np.array(numbers, np.float16), all_csv=f"a,b,y\n1.5,2,0\n0.5,3,{value}\n1,0,1\n")
    files = ["all.csv", "--label-column", "y"] if labels == "all.csv" else ["x.csv", labels]
    outcome = run("check", *files, *options, "--select", "Y204", "-f", "json")
    (finding,) = json.loads(outcome.out)["findings"]
    assert outcome.status == 1
    place = {"y.csv": "y.csv:2", "all.csv": "all.csv:3"}.get(labels, f"{labels}[1]")
    assert (finding["code"], finding["where"], finding["rows"]) == ("Y204", place, [1])


@pytest.mark.parametrize(("labels", "options"), [("-100", ["--ignore-index", "-100"]), ("1", ["--ignore-index", "1"])])
def test_labels_that_are_all_ignored_are_an_error(run, write, labels, options):
    write(x_csv="1.5,2\n0.5,3\n1,0\n", y_csv=f"{labels}\n" * 3)
    outcome = run("check", "x.csv", "y.csv", *options, "-f", "json")
    (finding,) = json.loads(outcome.out)["findings"]
    assert (outcome.status, finding["code"], finding["severity"]) == (1, "Y210", "error")
    assert (finding["message"], finding["where"]) == ("no row counts: all 3 labels are ignored", "y.csv")
    assert run("loss", "x.csv", "y.csv", *options).err == f"error: y.csv: {finding['message']}\n"


def test_padding_throughout_is_not_mended_by_ignoring_it(run, write):
    write(x_csv="1.5,2\n0.5,3\n1,0\n", y_csv="-100\n" * 3)
    (finding,) = json.loads(run("check", "x.csv", "y.csv", "-f", "json").out)["findings"]
    assert (finding["code"], finding["command"]) == ("Y203", "")
    assert finding["message"] == "every label is -100: padding, and no row would count"


def test_a_single_label_per_row_is_checked_as_one_of_several(run, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    np.save("x.npy", np.array([0.5, -1.0, 2.0, 0.25]))
    np.save("y.npy", np.array([1, 0, 1, 1]))
    outcome = run("check", "x.npy", "y.npy", "--multilabel", "-f", "table")
    assert (outcome.status, outcome.out.splitlines()[0][:24]) == (0, "Nothing found in 4 rows ")
