"""A report to a file: the suffix says the format, and the file is written whole or not at all."""

import errno
import importlib.util
import json
import os
from pathlib import Path

import pytest

from softmax_cli import evaluate
from softmax_cli.cli.output import check_file, deliver_to_file
from softmax_cli.errors import UsageError
from softmax_cli.reports.charts import Bars
from softmax_cli.writers import PICTURES, SUFFIXES, WITH_WARNINGS, WRITERS


@pytest.fixture
def report(monkeypatch):
    """Two rows, of which one has no finite loss, with a note and a chart; names that are more than ASCII."""
    report = evaluate([[0.0, -float("inf")], [1.0, 2.0]], [1, 1])
    object.__setattr__(report, "class_names", ("고양이", "\udce9"))
    object.__setattr__(report, "notes", ("this is worth knowing",))
    monkeypatch.setattr(type(report), "charts", lambda _: iter([Bars("recall", "recall", ["고양이"], [0.5])]))
    return report


def test_every_suffix_has_a_writer():
    assert set(SUFFIXES.values()) <= {*WRITERS, *PICTURES}
    assert {*WRITERS, *PICTURES} - set(SUFFIXES.values()) == {"table"}
    assert set(WITH_WARNINGS) <= set(WRITERS)


@pytest.mark.parametrize(
    ("suffix", "starts"),
    [
        (".html", "<!DOCTYPE html>\n"),
        (".HTML", "<!DOCTYPE html>\n"),
        (".md", "**softmax, 2 rows of 2 classes**\n"),
        (".json", '{"signature": '),
        (".jsonl", '{"variant": "log_of_softmax"'),
        (".csv", "variant,backend,device"),
        (".tsv", "variant\tbackend\tdevice"),
        (".svg", "<?xml version="),
        (".png", "\x89PNG\r\n"),
    ],
)
def test_the_suffix_says_the_format(tmp_path, report, capsys, suffix, starts):
    path = tmp_path / f"report{suffix}"
    deliver_to_file(report, path)
    assert path.read_bytes().startswith(starts.encode("latin-1"))
    assert list(tmp_path.iterdir()) == [path]
    said = capsys.readouterr()
    assert said.out == ""
    assert said.err.startswith("note: this is worth knowing\n")
    # What the file does not say is said beside it.
    shows_warnings = suffix.lower() in {".html", ".md"}
    assert ("not finite" in said.err) is not shows_warnings


def test_text_is_utf_8_whatever_the_locale(tmp_path, report, monkeypatch):
    monkeypatch.setenv("PYTHONIOENCODING", "ascii")
    deliver_to_file(report, tmp_path / "report.json")
    assert json.loads((tmp_path / "report.json").read_text("utf-8"))["class_names"][0] == "고양이"


@pytest.mark.parametrize("name", ["report", "report.txt", "report.html.gz", "report.pdf"])
def test_an_unknown_suffix(tmp_path, report, name):
    for refused in (check_file, lambda path: deliver_to_file(report, path)):
        with pytest.raises(UsageError) as caught:
            refused(tmp_path / name)
        assert str(caught.value) == (
            f"{tmp_path / name}: unknown suffix {Path(name).suffix!r} for the output; "
            "the suffixes are .html, .md, .svg, .png, .json, .jsonl, .csv, .tsv"
        )
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("suffix", [".svg", ".png"])
def test_without_matplotlib(tmp_path, report, monkeypatch, suffix):
    find = importlib.util.find_spec
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None if name == "matplotlib" else find(name))
    path = tmp_path / f"report{suffix}"
    for refused in (check_file, lambda path: deliver_to_file(report, path)):
        with pytest.raises(UsageError) as caught:
            refused(path)
        assert str(caught.value) == (
            f"{path}: {suffix} needs matplotlib, which is not installed; pip install 'softmax-loss[plot]', or use .html"
        )
    check_file(tmp_path / "report.html")
    assert list(tmp_path.iterdir()) == []


def test_a_report_without_a_chart_is_no_picture(tmp_path):
    path = tmp_path / "report.svg"
    with pytest.raises(UsageError) as caught:
        deliver_to_file(evaluate([[1.0, 2.0]], [1]), path)
    assert str(caught.value) == f"{path}: there is nothing to draw; .html and .md take the tables"
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_is_not_there(tmp_path):
    path = tmp_path / "no" / "report.html"
    with pytest.raises(UsageError) as caught:
        check_file(path)
    assert str(caught.value) == f"{path}: cannot be written (no such file or directory)"


@pytest.mark.parametrize("name", ["report.html", "report.png"])
def test_whole_or_not_at_all(tmp_path, report, monkeypatch, name):
    path = tmp_path / name
    path.write_text("as it was")

    def full(*_):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(type(report), "signature_line", full)
    with pytest.raises(UsageError, match=r"cannot be written \(no space left on device\)"):
        deliver_to_file(report, path)
    assert list(tmp_path.iterdir()) == [path]
    assert path.read_text() == "as it was"


def test_a_page_is_a_format_of_every_command(run, samples):
    files = samples / "digits_logits.csv", samples / "digits_labels.csv"
    for command in (["loss", *files], ["softmax", files[0]], ["losses"], ["loss", *files, "--steps"]):
        outcome = run(*command, "--format", "html")
        assert outcome.status == 0
        assert outcome.out.startswith("<!DOCTYPE html>\n")
        assert outcome.out.endswith("</html>\n")


def test_a_page_shows_its_warnings_itself(run, samples):
    outcome = run("loss", samples / "hostile.csv", "--label-column", "label", "--dtype", "float32", "-f", "html")
    assert "rows not finite" in outcome.out
    assert "rows not finite" not in outcome.err
