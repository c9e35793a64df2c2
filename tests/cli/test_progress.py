"""How far a command has come: who is told, and when."""

import io
import sys
from itertools import pairwise

import numpy as np
import pytest

from softmax_cli.cli import progress
from softmax_cli.cli.progress import Watch
from softmax_cli.errors import AbortedError
from softmax_cli.evaluation.loss import evaluate
from softmax_cli.inputs.progress import Progress


class Terminal(io.StringIO):
    def isatty(self):
        return True


def test_a_terminal_sees_rows_bytes_and_rate(monkeypatch):
    monkeypatch.setattr(sys, "stderr", stderr := Terminal())
    monkeypatch.setattr(progress, "_PATIENCE", 0)
    with Watch() as watch:
        watch(Progress(1234, 500_000_000, 2_000_000_000))
    assert "1,234 rows" in stderr.getvalue()
    assert "0.5/2.0 GB" in stderr.getvalue()


def test_what_is_quick_is_done_without_a_word(monkeypatch):
    monkeypatch.setattr(sys, "stderr", stderr := Terminal())
    monkeypatch.setattr(progress, "_PATIENCE", 3600)  # however slow the machine
    with Watch() as watch:
        watch(Progress(1234, 500_000_000, 2_000_000_000))
    assert stderr.getvalue() == ""


def test_a_pipe_sees_nothing(monkeypatch, capsys):
    monkeypatch.setattr(progress, "_PATIENCE", 0)
    with Watch() as watch:
        watch(Progress(1234, 500_000_000, 2_000_000_000))
    assert capsys.readouterr() == ("", "")


def ended_by(error):
    with Watch() as watch:
        watch(Progress(1234, 500, 2000))
        raise error


def test_an_interrupt_says_how_far_it_came():
    with pytest.raises(AbortedError, match=r"^interrupted after 1,234 rows, 25% of the logits$") as caught:
        ended_by(KeyboardInterrupt())
    assert caught.value.exit_status == 130


def test_an_interrupt_before_the_first_row_is_one_as_any_other():
    with pytest.raises(KeyboardInterrupt), Watch():
        raise KeyboardInterrupt


def test_other_errors_pass():
    with pytest.raises(ValueError, match="another"):
        ended_by(ValueError("another"))


@pytest.mark.parametrize("threads", [1, 3])
def test_a_pass_tells_its_watcher_of_all_rows_and_bytes(threads, tmp_path):
    logits = np.random.default_rng(0).random((5000, 100))
    np.save(tmp_path / "x.npy", logits)
    np.savetxt(tmp_path / "x.csv", logits, delimiter=",")
    labels = np.zeros(5000, int)
    for name, size in (("x.npy", logits.nbytes), ("x.csv", (tmp_path / "x.csv").stat().st_size)):
        seen = []
        evaluate(tmp_path / name, labels, watcher=seen.append, threads=threads)
        assert len(seen) > 1
        assert all(one.rows <= other.rows and one.position <= other.position for one, other in pairwise(seen))
        assert seen[-1] == Progress(5000, size, size)
