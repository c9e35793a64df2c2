"""Files, compressed files, standard input and pipes as one kind of thing."""

import bz2
import gzip
import io
import lzma
import os
import subprocess
import sys
import threading
from pathlib import Path

import numpy as np
import pytest

from softmax_cli.errors import InputError
from softmax_cli.readers.source import Source

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd


def zst(content):
    """As the command zstd does it: with a checksum."""
    return zstd.compress(content, options={zstd.CompressionParameter.checksum_flag: 1})


COMPRESS = {"gz": gzip.compress, "bz2": bz2.compress, "xz": lzma.compress, "zst": zst}
ROWS = b"1.5,2.5\n" * 3000


def whole(source):
    with source.reading(), source.open() as file:
        return file.read()


@pytest.mark.parametrize(
    ("name", "suffix"),
    [
        ("a.csv", ".csv"),
        ("a.CSV", ".csv"),
        ("a.csv.gz", ".csv"),
        ("a.csv.zst", ".csv"),
        ("a.gz", ""),
        ("a", ""),
        ("a.b/c", ""),
    ],
)
def test_the_suffix_is_that_of_the_content(name, suffix):
    Path(name).parent.mkdir(exist_ok=True)
    Path(name).write_bytes(b"1")
    assert Source(name).suffix == suffix


@pytest.mark.parametrize("kind", COMPRESS)
@pytest.mark.parametrize("name", ["a.csv", "a.csv.gz"])
def test_compression_is_known_by_the_first_bytes_and_can_be_read_twice(kind, name):
    Path(name).write_bytes(COMPRESS[kind](ROWS))
    source = Source(name)
    assert source.head(8) == ROWS[:8]
    assert whole(source) == ROWS
    assert whole(source) == ROWS
    assert Path(source.local_path()).read_bytes() == ROWS


def test_a_gz_suffix_on_plain_text_is_read_as_text():
    Path("a.csv.gz").write_bytes(ROWS)
    assert whole(Source("a.csv.gz")) == ROWS


@pytest.mark.parametrize("kind", COMPRESS)
@pytest.mark.parametrize("command", ["softmax", "loss"])
def test_compressed_data_cut_short_is_refused(run, kind, command):
    compressed = COMPRESS[kind](ROWS)
    name = f"a.csv.{kind}"
    Path(name).write_bytes(compressed[: len(compressed) // 2])
    labels = ["--label-column", "0"] if command == "loss" else []
    outcome = run(command, name, *labels)
    assert (outcome.status, outcome.out, outcome.err.count("\n")) == (3, "", 1)
    assert outcome.err.startswith(f"error: {name}: the compressed data is damaged or cut short (")


@pytest.mark.parametrize("kind", COMPRESS)
def test_a_damaged_byte_is_an_input_error_wherever_it_lies(kind):
    compressed = COMPRESS[kind](ROWS)
    refused = 0
    for place in range(len(compressed)):
        Path("a").write_bytes(compressed[:place] + bytes([compressed[place] ^ 0xFF]) + compressed[place + 1 :])
        try:
            whole(Source("a"))
        except InputError:
            refused += 1
    # The rest lies in fields that no checksum covers (a time stamp), or in the magic itself.
    assert refused > len(compressed) / 2


def test_zstd_without_its_module_says_what_to_install(run, monkeypatch):
    monkeypatch.setitem(sys.modules, zstd.__name__, None)
    Path("a.csv.zst").write_bytes(zst(ROWS))
    outcome = run("softmax", "a.csv.zst")
    assert (outcome.status, outcome.out) == (2, "")
    assert outcome.err == (
        f"error: a.csv.zst: reading zstd needs {zstd.__name__}, which is not installed; "
        "pip install 'softmax-loss[tables]'\n"
    )


def test_a_directory_a_missing_and_an_unreadable_file_are_named(run, monkeypatch):
    Path("folder").mkdir()
    assert run("softmax", "folder").err == "error: folder: is a directory\n"
    assert run("softmax", "gone.csv").err == "error: gone.csv: no such file or directory\n"
    Path("secret.csv").write_bytes(ROWS)

    def refuse(path, *_):  # the tests may run as root, whom no file's mode stops
        raise PermissionError(13, "Permission denied", path)

    monkeypatch.setattr("builtins.open", refuse)
    outcome = run("softmax", "secret.csv")
    assert (outcome.status, outcome.out, outcome.err) == (3, "", "error: secret.csv: permission denied\n")


def test_an_error_of_the_disk_in_the_middle_of_a_file_is_an_input_error():
    Path("a").write_bytes(ROWS)
    with pytest.raises(InputError, match=r"^a: input/output error$"), Source("a").reading():
        raise OSError(5, "Input/output error")


def test_a_named_pipe_is_read_once_and_kept():
    os.mkfifo("pipe")
    writer = threading.Thread(target=Path("pipe").write_bytes, args=(ROWS,))
    writer.start()
    source = Source("pipe")
    writer.join()
    assert whole(source) == ROWS
    assert whole(source) == ROWS


def test_the_copy_of_a_pipe_has_no_name_and_is_closed_with_its_source(monkeypatch, tmp_path):
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(ROWS)))
    before = len(list(Path("/proc/self/fd").iterdir()))
    source = Source("-")
    assert list(tmp_path.iterdir()) == []
    assert len(list(Path("/proc/self/fd").iterdir())) == before + 1
    del source
    assert len(list(Path("/proc/self/fd").iterdir())) == before


def test_where_open_files_have_no_paths_the_copy_has_a_name_and_goes_with_its_source(monkeypatch, tmp_path):
    monkeypatch.setattr("softmax_cli.readers.spool._OPEN_FILES", "/nowhere")
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(ROWS)))
    source = Source("-")
    assert whole(source) == whole(source) == ROWS
    assert len(list(tmp_path.iterdir())) == 1
    del source
    assert list(tmp_path.iterdir()) == []


def test_standard_input_is_called_stdin(run):
    assert run("softmax", "-").err == "error: stdin: the file is empty\n"
    assert run("softmax", "-", stdin=b"1,2\n3,x\n").err == "error: stdin:2, column 2: 'x' is not a number\n"


@pytest.mark.parametrize("kind", ["csv", "npy", "csv.gz", "npy.xz", "csv.zst", "npy.zst"])
def test_a_real_pipe_is_read_by_content(kind):
    saved = io.BytesIO()
    np.save(saved, np.array([[0.0, 0.0], [0.0, 0.0]]))
    content = {"csv": b"0,0\n0,0\n", "npy": saved.getvalue()}[kind[:3]]
    content = COMPRESS.get(kind[4:], bytes)(content)
    done = subprocess.run(
        [sys.executable, "-m", "softmax_cli", "softmax", "-"], input=content, capture_output=True, check=False
    )
    assert (done.returncode, done.stderr) == (0, b"")
    assert done.stdout.splitlines()[1:] == [b"0.5\t0.5", b"0.5\t0.5"]


def test_a_terminal_is_read_until_the_first_ctrl_d():
    ours, theirs = os.openpty()
    command = [sys.executable, "-m", "softmax_cli", "softmax", "-"]
    with subprocess.Popen(command, stdin=theirs, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as process:
        os.write(ours, b"0,0\n0,0\n\x04")
        out, _ = process.communicate(timeout=60)
    os.close(ours)
    os.close(theirs)
    assert process.returncode == 0
    assert out.splitlines()[1:] == [b"0.5\t0.5", b"0.5\t0.5"]


class Endless:
    """A pipe that gives the same bytes for ever, and says how many it gave."""

    def __init__(self, part):
        self.part = part
        self.given = 0

    def read1(self, size):
        part = (self.part * (size // len(self.part) + 1))[:size]
        self.given += len(part)
        return part


@pytest.mark.parametrize(
    ("part", "message", "most"),
    [
        (b"\0", "stdin: this is not text (byte 1 is a control character)", 1 << 20),
        (b"\x7fELF\1\2\3\4\5", "stdin: this is a program (ELF)", 1 << 20),
        (b"7", "stdin: a line of more than 32 MiB, longer than any row of logits", 34 << 20),
        (b"0.5,", "stdin: a line of more than 32 MiB, longer than any row of logits", 34 << 20),
    ],
)
def test_a_pipe_that_need_not_end_is_refused_by_its_beginning(monkeypatch, part, message, most):
    pipe = Endless(part)
    monkeypatch.setattr(sys, "stdin", type("Stdin", (), {"buffer": pipe}))
    with pytest.raises(InputError) as caught:
        Source("-")
    assert str(caught.value).startswith(message)
    assert pipe.given <= most


@pytest.mark.parametrize("kind", COMPRESS)
def test_a_compressed_pipe_of_no_text_is_refused_by_its_beginning(monkeypatch, kind):
    content = COMPRESS[kind](np.random.default_rng(0).bytes(1 << 20))
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(content)))
    with pytest.raises(InputError, match=r"^stdin: this is not text \(byte "):
        Source("-")


def test_an_array_in_a_pipe_has_no_lines_to_be_too_long(monkeypatch):
    saved = io.BytesIO()
    np.save(saved, np.full((5, 1 << 20), np.frombuffer(b"\1" * 8, np.float64)))
    assert saved.getbuffer().nbytes > 33 << 20
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(saved))
    saved.seek(0)
    assert whole(Source("-")) == saved.getvalue()
