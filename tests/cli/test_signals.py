"""A process that is ended by a signal: nothing half-written, no temporary file left, the status that shells expect."""

import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import numpy as np
import pytest

STATUS = {signal.SIGTERM: 143, signal.SIGHUP: 129, signal.SIGINT: 130}
SAID = {signal.SIGTERM: "terminated", signal.SIGHUP: "hung up", signal.SIGINT: "interrupted"}
ENOUGH = 120  # seconds, for whatever happens on a busy machine

signals = pytest.mark.parametrize("number", STATUS, ids=lambda number: number.name)


@pytest.fixture(autouse=True)
def _here(here, monkeypatch):
    (here / "tmp").mkdir()
    monkeypatch.setenv("TMPDIR", str(here / "tmp"))
    np.save("y.npy", np.array([0, 1]))
    os.mkfifo("pipe")


def started(*arguments, **more):
    command = [sys.executable, "-m", "softmax_cli", *arguments]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, **more)


def end(process):
    out, err = process.communicate(timeout=ENOUGH)
    return process.returncode, out, err


def left(folder="tmp"):
    return sorted(each.name for each in Path(folder).iterdir())


@signals
def test_while_a_pipe_is_read_that_does_not_end(number):
    process = started("loss", "-q", "pipe", "y.npy")
    with Path("pipe").open("wb", buffering=0) as pipe:  # opens once the process reads
        pipe.write(b"1.5,2\n")
        process.send_signal(number)
        assert end(process) == (STATUS[number], "", f"error: {SAID[number]}\n")
    assert left() == []


def test_a_copy_of_a_pipe_is_gone_even_after_sigkill():
    process = started("loss", "-q", "pipe", "y.npy")
    with Path("pipe").open("wb", buffering=0) as pipe:
        pipe.write(b"1.5,2\n" * 10_000)
        process.kill()
        end(process)
    assert left() == []


@signals
def test_while_an_output_waits_for_its_reader(number):
    """The content is complete and lies in a temporary file, and nobody opens the pipe that it is to go to."""
    np.save("x.npy", np.ones((2, 3)))
    process = started("softmax", "x.npy", "-o", "pipe")
    while left() == [] and process.poll() is None:
        time.sleep(0.01)
    process.send_signal(number)
    assert end(process) == (STATUS[number], "", f"error: {SAID[number]}\n")
    assert left() == []


@signals
def test_while_an_output_is_written(number):
    """A CSV of so many numbers takes seconds to write; the signal comes as soon as its temporary file is there."""
    np.save("x.npy", np.zeros((40_000, 100)))
    Path("out.csv").write_text("old", encoding="utf-8")
    before = left(".")
    process = started("softmax", "x.npy", "-o", "out.csv")
    while left(".") == before and process.poll() is None:
        time.sleep(0.01)
    process.send_signal(number)
    assert end(process) == (STATUS[number], "", f"error: {SAID[number]}\n")
    assert left(".") == before
    assert Path("out.csv").read_text("utf-8") == "old"


@signals
def test_while_a_full_pipe_is_written_to(number):
    """Nobody reads standard output: the process must end all the same."""
    np.save("x.npy", np.zeros((5_000, 100)))
    process = started("softmax", "x.npy", "-f", "csv")
    assert process.stdout.read(1) == "c"
    process.send_signal(number)
    try:
        process.wait(timeout=ENOUGH)
    finally:
        process.kill()
    assert process.returncode == STATUS[number]
    process.communicate()


def test_a_second_signal_does_not_cut_the_clean_up_short():
    """Shells and supervisors may send two at once: one to the process, one to its group."""
    np.save("x.npy", np.zeros((40_000, 100)))
    before = left(".")
    process = started("softmax", "x.npy", "-o", "out.csv")
    while left(".") == before and process.poll() is None:
        time.sleep(0.01)
    for number in (signal.SIGTERM, signal.SIGTERM, signal.SIGHUP):
        process.send_signal(number)
    status, out, err = end(process)
    assert (status, out, err) in {
        (143, "", "error: terminated\n"),
        (129, "", "error: hung up\n"),  # signals that arrive together are handled by their numbers
    }
    assert left(".") == before


def test_an_interrupt_while_the_command_line_is_loaded_is_quiet():
    code = (
        "import sys\n"
        "class Interrupting:\n"
        "    def find_spec(self, name, *_):\n"
        "        if name == 'typer':\n"
        "            raise KeyboardInterrupt\n"
        "sys.meta_path.insert(0, Interrupting())\n"
        "from softmax_cli.__main__ import main\n"
        "main()\n"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert (run.returncode, run.stdout, run.stderr) == (130, "", "")


def test_what_is_ignored_on_entry_stays_ignored():
    def ignore():
        signal.signal(signal.SIGHUP, signal.SIG_IGN)

    process = started("loss", "-q", "pipe", "y.npy", preexec_fn=ignore)
    with Path("pipe").open("wb", buffering=0) as pipe:
        pipe.write(b"1,2\n")
        process.send_signal(signal.SIGHUP)
        pipe.write(b"3,4\n")
    status, out, err = end(process)
    assert (status, err) == (0, "")
    assert float(out) == pytest.approx((np.log1p(np.e) + np.log1p(1 / np.e)) / 2)


def test_as_a_library_nothing_is_installed():
    code = "import signal, softmax_cli; softmax_cli.evaluate([[1.0, 2]], [0]); print(signal.getsignal(signal.SIGTERM))"
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout.strip() == str(signal.SIG_DFL)


def test_no_room_for_a_copy_is_named_with_its_folder():
    """A limit on the size of files stands in for a full disk."""
    import resource

    def limit():
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (1 << 16, 1 << 16))

    process = started("loss", "-q", "-", "y.npy", stdin=subprocess.PIPE, preexec_fn=limit)
    feeding = threading.Thread(target=feed, args=(process.stdin,))
    feeding.start()
    process.stdin = None
    status, out, err = end(process)
    feeding.join()
    assert (status, out, err.count("\n")) == (2, "", 1)
    assert err.startswith(f"error: {os.environ['TMPDIR']}: stdin cannot be copied there to be read (")
    assert left() == []


def feed(stream):
    try:
        with stream:
            stream.write("1.5,2.5\n" * 100_000)
    except BrokenPipeError:
        pass
