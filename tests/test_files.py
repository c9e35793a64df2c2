import errno
import os
import stat
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from softmax_cli.errors import UsageError
from softmax_cli.files import check_writable, is_stream, known_suffix, replacing


@pytest.mark.parametrize("there", [True, False])
def test_a_file_is_replaced_at_the_end(tmp_path, there):
    path = tmp_path / "p.txt"
    if there:
        path.write_text("as it was")
    with replacing(path) as temporary:
        assert temporary.parent == tmp_path
        temporary.write_text("new")
        assert path.exists() is there
    assert path.read_text() == "new"
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize("raised", [KeyboardInterrupt(), ValueError("a fault")])
def test_what_was_there_is_kept_where_something_fails(tmp_path, raised):
    path = tmp_path / "p.txt"
    path.write_text("as it was")

    def failing():
        with replacing(path) as temporary:
            temporary.write_text("half")
            raise raised

    with pytest.raises(type(raised)):
        failing()
    assert path.read_text() == "as it was"
    assert list(tmp_path.iterdir()) == [path]


def test_the_error_names_the_file_and_the_reason(tmp_path):
    path = tmp_path / "p.csv"
    with pytest.raises(UsageError) as caught, replacing(path):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
    assert str(caught.value) == f"{path}: cannot be written (no space left on device)"


def write(path, text="new"):
    with replacing(path) as temporary:
        temporary.write_text(text)


def mode_of(path):
    return stat.S_IMODE(path.stat().st_mode)


def test_a_name_that_was_foreseen_is_not_written_to(tmp_path):
    victim = tmp_path / "victim.txt"
    victim.write_text("precious")
    (tmp_path / f".p.csv.{os.getpid()}.part").symlink_to(victim)
    write(tmp_path / "p.csv")
    assert victim.read_text() == "precious"
    assert not (tmp_path / "p.csv").is_symlink()


def test_two_at_a_time_have_files_of_their_own(tmp_path):
    path = tmp_path / "p.csv"
    with replacing(path) as one, replacing(path) as other:
        assert one != other
        one.write_text("one")
        other.write_text("other")
    assert path.read_text() == "one"  # the last to end
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize("mode", [0o600, 0o640, 0o644, 0o666, 0o755])
def test_permissions_stay(tmp_path, mode):
    path = tmp_path / "p.csv"
    path.touch()
    path.chmod(mode)
    with replacing(path) as temporary:
        assert mode_of(temporary) == 0o600  # never wider than the target on the way
        temporary.write_text("new")
    assert (mode_of(path), path.read_text()) == (mode, "new")


@pytest.mark.parametrize("umask", [0o022, 0o002, 0o077, 0o000])
def test_a_new_file_has_the_permissions_that_the_umask_gives(tmp_path, umask):
    before = os.umask(umask)
    try:
        write(tmp_path / "p.csv")
        (tmp_path / "plain").touch()
    finally:
        assert os.umask(before) == umask
    assert mode_of(tmp_path / "p.csv") == mode_of(tmp_path / "plain")


@pytest.mark.parametrize("there", [True, False])
def test_a_symbolic_link_stays(tmp_path, there):
    folder = tmp_path / "far"
    folder.mkdir()
    target = folder / "target.csv"
    if there:
        target.write_text("as it was")
    (tmp_path / "middle").symlink_to(Path("far") / "target.csv")
    link = tmp_path / "link.csv"
    link.symlink_to("middle")
    with replacing(link) as temporary:
        assert temporary.parent == folder.resolve()
        temporary.write_text("new")
    assert link.is_symlink()
    assert not target.is_symlink()
    assert target.read_text() == "new"
    assert list(folder.iterdir()) == [target]


def test_other_hard_links_keep_the_old_content(tmp_path):
    path, other = tmp_path / "p.csv", tmp_path / "other.csv"
    path.write_text("as it was")
    other.hardlink_to(path)
    write(path)
    assert (path.read_text(), other.read_text()) == ("new", "as it was")


@pytest.mark.parametrize(
    "name", ["-o.csv", "n" * 251 + ".csv", "two\nlines.csv", os.fsdecode(b"\xff.csv"), " .csv", "*.csv", "[a].csv"]
)
def test_any_name_of_a_file_will_do(tmp_path, name):
    path = tmp_path / name
    write(path)
    assert path.read_text() == "new"
    assert list(tmp_path.iterdir()) == [path]


def test_what_cannot_be_written_is_said_before_the_work_and_after(tmp_path):
    (tmp_path / "folder").mkdir()
    (tmp_path / "file").touch()
    (tmp_path / "loop").symlink_to("loop")
    causes = {
        "folder": errno.EISDIR,
        "loop": errno.ELOOP,
        "no/p.csv": errno.ENOENT,
        "file/p.csv": errno.ENOTDIR,
        "n" * 256: errno.ENAMETOOLONG,
    }
    before = sorted(tmp_path.rglob("*"))
    for name, cause in causes.items():
        path = tmp_path / name
        for refused in (check_writable, write):
            with pytest.raises(UsageError) as caught:
                refused(path)
            assert str(caught.value) == f"{path}: cannot be written ({os.strerror(cause).lower()})"
    assert sorted(tmp_path.rglob("*")) == before


def test_a_read_only_file_is_replaced_by_whom_a_shell_lets_write_to_it(tmp_path):
    path = tmp_path / "p.csv"
    path.write_text("as it was")
    path.chmod(0o444)
    try:
        with path.open("a"):
            allowed = True  # root
    except PermissionError:
        allowed = False
    if allowed:
        write(path)
    else:
        with pytest.raises(UsageError, match=r"cannot be written \(permission denied\)$"):
            write(path)
    assert path.read_text() == ("new" if allowed else "as it was")
    assert mode_of(path) == 0o444


def test_a_pipe_gets_what_is_complete(tmp_path):
    path = tmp_path / "pipe.csv"
    os.mkfifo(path)
    got = []
    reader = threading.Thread(target=lambda: got.append(path.read_text()))
    reader.start()
    write(path)
    reader.join(20)
    assert got == ["new"]
    assert stat.S_ISFIFO(path.stat().st_mode)
    assert list(tmp_path.iterdir()) == [path]


def test_a_pipe_gets_nothing_where_something_fails(tmp_path):
    path = tmp_path / "pipe.csv"
    os.mkfifo(path)

    def failing():
        with replacing(path) as temporary:
            temporary.write_text("half")
            raise ValueError

    with pytest.raises(ValueError, match=r"^$"):  # it would wait for a reader here
        failing()
    assert stat.S_ISFIFO(path.stat().st_mode)


def test_devices():
    write(Path(os.devnull))
    assert stat.S_ISCHR(Path(os.devnull).stat().st_mode)
    assert known_suffix(Path(os.devnull), [".csv", ".tsv"]) == ".tsv"


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="Linux alone has it")
def test_a_full_device():
    with pytest.raises(UsageError, match=r"^/dev/full: cannot be written \(no space left on device\)$"):
        write(Path("/dev/full"))


def test_an_open_file_goes_on_where_it_is(tmp_path):
    path = tmp_path / "log.txt"
    path.write_text("first\n")
    code = "from pathlib import Path; from tests.test_files import write; write(Path('/dev/stdout'), 'new')"
    with path.open("a") as log:
        subprocess.run([sys.executable, "-c", code], stdout=log, check=True, cwd=Path(__file__).parent.parent)
        assert is_stream(Path(f"/dev/fd/{log.fileno()}"))
    assert path.read_text() == "first\nnew"


FULL = """
import resource, sys
from softmax_cli.cli import main
resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, 20_000))
sys.argv = ["softmax-cli", *sys.argv[1:]]
main()
"""


@pytest.mark.parametrize("name", ["p.npy", "p.csv", "p.tsv", "axis.npy"])
def test_a_full_disk_leaves_what_was_there(tmp_path, name):
    # A file may not grow past 20,000 bytes; the error differs from that of a full disk, the way to it does not.
    import numpy as np

    np.save(tmp_path / "x.npy", np.random.default_rng(0).normal(size=(400, 10, 2)))
    (tmp_path / name).write_text("as it was")
    axis = "1" if name == "axis.npy" else "2"
    command = ["softmax", tmp_path / "x.npy", "--class-axis", axis, "-o", tmp_path / name]
    done = subprocess.run([sys.executable, "-c", FULL, *map(str, command)], capture_output=True, text=True, check=False)
    said = f"error: {tmp_path / name}: cannot be written ({os.strerror(errno.EFBIG).lower()})\n"
    assert (done.returncode, done.stdout, done.stderr) == (2, "", said)
    assert (tmp_path / name).read_text() == "as it was"
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted([name, "x.npy"])


def test_a_suffix_is_known_in_capitals_too():
    assert known_suffix(Path("a.b.CSV"), [".csv", ".tsv"]) == ".csv"


@pytest.mark.parametrize("name", ["p", ".csv", "p.txt", "p.csv.gz"])
def test_an_unknown_suffix(name):
    with pytest.raises(UsageError, match=r"unknown suffix .* the suffixes are \.csv, \.tsv$"):
        known_suffix(Path(name), [".csv", ".tsv"])
