"""HDF5 as h5py writes it: types, layouts, links, and what would read another file or load a library."""

import re
import shutil
import subprocess
import sys
from pathlib import Path

import h5py
import numpy as np
import pytest
import torch

from softmax_cli.errors import InputError
from softmax_cli.readers import open_table
from softmax_cli.readers.containers import entries_of
from softmax_cli.readers.dialect import Dialect, Selection
from softmax_cli.readers.source import Source

VALUES = np.random.default_rng(0).normal(size=(200, 6)).astype(np.float32)


@pytest.fixture
def file():
    with h5py.File("x.h5", "w") as opened:
        yield opened


def table(address, *, text=False):
    return open_table(Source(address), Dialect(), Selection(text=text))


def values(address, rows=7, axis=1):
    return np.concatenate(list(table(address).blocks(rows, axis)))


def labels(address):
    return np.concatenate(list(table(address, text=True).blocks(3, None))).tolist()


def refusal(address):
    """What is said of a file that is refused; nothing for one that is read."""
    try:
        values(address, 50)
    except InputError as error:
        return str(error)
    return ""


def listed(name="x.h5"):
    return {entry.name: entry for entry in entries_of(Source(name))}


def bfloat16(file, name, rows, **more):
    """A dataset of h5py's own bits for bfloat16, from float32 with zeros behind: sign, 8 bits and 7."""
    kind = h5py.h5t.IEEE_F16LE.copy()
    kind.set_fields(15, 7, 8, 0, 7)
    kind.set_ebias(127)
    created = h5py.h5p.create(h5py.h5p.DATASET_CREATE)
    if more:
        created.set_chunk((4, 6))
        created.set_deflate(4)
    space = h5py.h5s.create_simple(rows.shape)
    dataset = h5py.h5d.create(file.id, name.encode(), kind, space, created)
    dataset.write(h5py.h5s.ALL, h5py.h5s.ALL, rows)


@pytest.mark.parametrize("dtype", ["<f2", ">f2", "<f4", ">f4", "<f8", ">f8", "<i2", ">i8", "<u1", "<u8"])
@pytest.mark.parametrize(
    "how",
    [{}, {"chunks": (30, 4)}, {"chunks": (30, 4), "compression": "gzip"}, {"chunks": (7, 6), "compression": "lzf"}],
)
@pytest.mark.parametrize("rows", [1, 13, 1000])
@pytest.mark.parametrize("axis", [0, 1])
def test_every_layout_and_byte_order_has_the_same_values(file, dtype, how, rows, axis):
    array = (VALUES * 20).astype(dtype)
    file.create_dataset("g/x", data=array, **how)
    file.close()
    found = values("x.h5:g/x", rows, axis)
    assert found.dtype == np.dtype(dtype).newbyteorder("=")
    assert (found == np.moveaxis(array, axis, -1)).all()


@pytest.mark.parametrize("filters", [{"shuffle": True}, {"fletcher32": True}, {"scaleoffset": 0}])
def test_the_filters_of_hdf5_itself_are_read(file, filters):
    array = np.arange(600).reshape(100, 6)
    file.create_dataset("x", data=array, chunks=(9, 6), **filters)
    file.close()
    assert (values("x.h5") == array).all()


@pytest.mark.parametrize("packed", [False, True])
def test_bfloat16_has_the_values_that_torch_gives_it(file, packed):
    rounded = torch.from_numpy(VALUES).to(torch.bfloat16).float().numpy()
    bfloat16(file, "x", rounded, **({"packed": True} if packed else {}))
    file.close()
    assert (values("x.h5") == rounded).all()


def test_rows_longer_than_the_blocks_are_read_from_three_axes(file):
    array = np.random.default_rng(0).normal(size=(5, 40, 3))
    file.create_dataset("x", data=array, chunks=(2, 7, 3), compression="gzip")
    file.close()
    for axis in range(3):
        assert (values("x.h5", 4, axis) == np.moveaxis(array, axis, -1).reshape(-1, array.shape[axis])).all()


def test_truth_values_enumerations_and_long_doubles(file):
    file["truth"] = np.array([True, False, True])
    file.create_dataset("named", data=np.array([0, 1, 1], "i4"), dtype=h5py.enum_dtype({"A": 0, "B": 1}, "i4"))
    file["wide"] = VALUES.astype(np.longdouble)
    file.close()
    assert labels("x.h5:truth") == [1, 0, 1]
    assert labels("x.h5:named") == [0, 1, 1]
    assert (values("x.h5:wide") == VALUES).all()


def test_text_holds_class_names(file, run):
    file["y"] = ["cat", "a longer name", "χ"]
    file["fixed"] = np.array([b"cat", b"dog", b"cat"])
    file["utf8"] = np.array(["é".encode(), b"e", b""])
    file.create_dataset("packed", data=["a", "b", "a"], chunks=(2,), compression="gzip")
    file.close()
    assert labels("x.h5:y") == ["cat", "a longer name", "χ"]
    assert labels("x.h5:fixed") == ["cat", "dog", "cat"]
    assert labels("x.h5:utf8") == ["é", "e", ""]
    assert labels("x.h5:packed") == ["a", "b", "a"]
    Path("x.csv").write_text("cat,dog\n1.5,2.5\n0.5,2\n3,1\n")
    named = run("loss", "-q", "x.csv", "x.h5:fixed")
    Path("y.csv").write_text("y\ncat\ndog\ncat\n")
    assert named.out == run("loss", "-q", "x.csv", "y.csv").out
    with pytest.raises(InputError, match=r"^x\.h5:y: the array holds text"):
        table("x.h5:y")


@pytest.mark.parametrize("how", [{}, {"chunks": (2, 2)}, {"chunks": (2, 2), "compression": "gzip", "shuffle": True}])
@pytest.mark.parametrize("userblock", [0, 512])
def test_texts_of_any_length_lie_in_heaps(how, userblock):
    names = [
        [f"name {row} {'x' * (row * 37 % 5000)}" * (row % 3), "χ" * column] for row in range(50) for column in (0, 1)
    ]
    with h5py.File("x.mat" if userblock else "x.h5", "w", userblock_size=userblock) as file:
        file.create_dataset(
            "y", data=np.array(names, object).T if userblock else names, **how, dtype=h5py.string_dtype()
        )
    if userblock:
        with Path("x.mat").open("r+b") as raw:
            raw.write(b"MATLAB 7.3 MAT-file, Platform: GLNXA64")
    found = labels("x.mat:y" if userblock else "x.h5:y")
    assert found == [name for row in names for name in row]


def test_texts_that_were_written_once_for_many_and_some_never(file):
    file.create_dataset("y", (30,), h5py.string_dtype(), chunks=(10,))[:12] = ["a"] * 12
    file.close()
    assert labels("x.h5:y") == ["a"] * 12 + [""] * 18


def test_names_that_are_no_text_are_refused(file):
    file["y"] = np.array([b"a", b"\xff\xfe"])
    file.close()
    with pytest.raises(InputError, match=r"^x\.h5:y: a text in it is not UTF-8 \('utf-8' codec"):
        labels("x.h5:y")


@pytest.mark.parametrize(
    ("write", "what"),
    [
        (lambda f: f.create_dataset("x", data=np.zeros(3, [("a", "f4"), ("b", "i4")])), "records"),
        (lambda f: f.create_dataset("x", (2,), h5py.vlen_dtype("f4")), "arrays of unequal lengths"),
        (lambda f: f.create_dataset("x", data=np.array([f.ref], h5py.ref_dtype)), "references"),
        (lambda f: f.create_dataset("x", data=np.zeros(3, "c8")), "complex values"),
        (lambda f: f.create_dataset("x", data=np.zeros(3, "V7")), "raw bytes"),
        (lambda f: f.create_dataset("x", data=h5py.Empty("f4")), "it holds no value"),
        (lambda f: f.create_dataset("x", (5, 3), "f4"), "none of its values was ever written"),
        (lambda f: f.create_dataset("x", (5, 3), "f4", chunks=(1, 3)), "none of its values was ever written"),
        (lambda f: f.create_dataset("x", (2**60, 2**60), "f4", chunks=(9, 9)), "none of its values was ever"),
    ],
)
def test_what_is_no_array_of_numbers_is_refused_by_its_name_and_listed(file, write, what, run):
    write(file)
    file["logits"] = VALUES
    file.close()
    with pytest.raises(InputError, match=f"^x\\.h5:x: {what}"):
        table("x.h5:x")
    assert what in run("inspect", "x.h5").out
    assert (values("x.h5:logits") == VALUES).all()


def test_chunks_that_were_never_written_are_counted(file):
    file.create_dataset("x", (100, 6), "f4", chunks=(10, 6), fillvalue=-1)[:30] = VALUES[:30]
    file.close()
    assert table("x.h5").notes == ("x.h5:x: 7 of 10 chunks were never written; their values are -1.0",)
    assert (values("x.h5")[30:] == -1).all()


class TestOtherFiles:
    """Nothing but the file itself is opened, whatever it asks for."""

    @pytest.fixture(autouse=True)
    def _other(self):
        with h5py.File("other.h5", "w") as other:
            other["x"] = VALUES
        VALUES.tofile("raw.bin")

    @pytest.mark.parametrize("kind", ["external", "virtual", "raw"])
    def test_datasets_and_links_that_lead_to_other_files_are_refused(self, file, kind, run):
        if kind == "external":
            file["x"] = h5py.ExternalLink("other.h5", "/x")
        elif kind == "raw":
            file.create_dataset("x", VALUES.shape, "f4", external=[("raw.bin", 0, VALUES.nbytes)])
        else:
            layout = h5py.VirtualLayout(VALUES.shape, "f4")
            layout[:] = h5py.VirtualSource("other.h5", "x", VALUES.shape)
            file.create_virtual_dataset("x", layout)
        file.close()
        outcome = run("softmax", "x.h5:x")
        assert (outcome.status, outcome.out, outcome.err.count("\n")) == (3, "", 1)
        assert "other file" in outcome.err or "another file" in outcome.err

    def test_a_soft_link_is_followed_within_the_file_alone(self, file):
        file["g/x"] = VALUES
        file["near"], file["g/relative"] = h5py.SoftLink("/g/x"), h5py.SoftLink("x")
        file["out"] = h5py.ExternalLink("other.h5", "/")
        file["far"], file["nowhere"] = h5py.SoftLink("/out/x"), h5py.SoftLink("/h")
        file.close()
        assert set(listed()) == {"g/x", "near", "g/relative", "out"}
        assert (values("x.h5:near") == VALUES).all()
        assert (values("x.h5:g/relative") == VALUES).all()

    @pytest.mark.skipif(shutil.which("cc") is None, reason="a plug-in is compiled for it")
    def test_no_plug_in_is_loaded(self, file):
        file.create_dataset("x", data=0 * VALUES, chunks=(10, 6), compression="lzf")
        file.close()
        content = Path("x.h5").read_bytes()
        Path("x.h5").write_bytes(content.replace((32000).to_bytes(2, "little"), (32015).to_bytes(2, "little")))
        Path("p.c").write_text(
            '#include <stdio.h>\n__attribute__((constructor)) static void f(void){fclose(fopen("loaded", "w"));}\n'
        )
        Path("plugins").mkdir()
        subprocess.run(["cc", "-shared", "-fPIC", "-o", "plugins/libp.so", "p.c"], check=True)
        environment = {"HDF5_PLUGIN_PATH": "plugins", "PYTHONPATH": ":".join(filter(None, sys.path))}
        read = "import h5py\ntry: h5py.File('x.h5')['x'][:]\nexcept OSError: pass"
        subprocess.run([sys.executable, "-c", read], env=environment, check=True)
        assert Path("loaded").exists()  # h5py itself does load it
        Path("loaded").unlink()
        for arguments in (["inspect", "x.h5"], ["softmax", "x.h5:x"]):
            ran = subprocess.run(
                [sys.executable, "-m", "softmax_cli", *arguments],
                env=environment, capture_output=True, text=True, check=False,
            )  # fmt: skip
            assert "packed by a plug-in, number 32015 (lzf)" in ran.stdout + ran.stderr
            assert not Path("loaded").exists()


def test_groups_that_hold_themselves_are_walked_once(file):
    file["a/b/x"] = VALUES
    file["a/b/a"] = file["a"]
    file.close()
    assert list(listed()) == ["a/b/x"]


def test_the_place_of_a_row_is_its_index(file):
    file.create_dataset("x", data=VALUES, chunks=(10, 6), compression="gzip")
    file.close()
    assert table("x.h5:x").where(12, 1) == "x.h5:x[12]"


def matlab(write):
    """A file as MATLAB's save -v7.3 makes it: its own header, then HDF5 with the axes reversed."""
    with h5py.File("x.mat", "w", userblock_size=512) as file:
        write(file)
    with Path("x.mat").open("r+b") as raw:
        raw.write(b"MATLAB 7.3 MAT-file, Platform: GLNXA64, Created on: Mon Jan 1 00:00:00 2024 HDF5 schema 1.00 .")


@pytest.mark.parametrize("how", [{}, {"chunks": (6, 50), "compression": "gzip"}])
@pytest.mark.parametrize("axis", [0, 1])
def test_matlab_has_its_axes_in_the_opposite_order(how, axis):
    def write(file):
        file.create_dataset("logits", data=VALUES.T, **how).attrs["MATLAB_class"] = np.bytes_("single")
        file.create_dataset("text", data=np.array([[104], [105]], "u2")).attrs["MATLAB_class"] = np.bytes_("char")
        file.create_dataset("none", data=np.array([0, 3], "u8")).attrs["MATLAB_empty"] = np.uint8(1)
        file["#refs#/a"] = VALUES

    matlab(write)
    found = listed("x.mat")
    assert {name: entry.shape for name, entry in found.items()}["logits"] == (200, 6)
    assert set(found) == {"logits", "text", "none"}
    assert (values("x.mat:logits", 7, axis) == np.moveaxis(VALUES, axis, -1)).all()
    with pytest.raises(InputError, match=r"^x\.mat:text: a text of MATLAB"):
        table("x.mat:text", text=True)
    with pytest.raises(InputError, match="an array without values"):
        table("x.mat:none")


def test_a_file_from_a_pipe(run, file):
    file["logits"], file["y"] = VALUES, np.arange(200) % 6
    file.close()
    assert run("loss", "-q", "-", stdin=Path("x.h5").read_bytes()).out == run("loss", "-q", "x.h5").out != ""


@pytest.mark.parametrize("how", [{}, {"chunks": (30, 6), "compression": "gzip"}])
def test_damage_is_one_line(file, how):
    file.create_dataset("x", data=VALUES, **how)
    file["y"] = ["a", "b"]
    file.close()
    content = Path("x.h5").read_bytes()
    generator = np.random.default_rng(0)
    for _ in range(150):
        damaged = bytearray(content)
        for place in generator.integers(8, len(content), 3):
            damaged[place] = generator.integers(256)
        Path("x.h5").write_bytes(damaged[: generator.choice([len(content), generator.integers(8, len(content))])])
        assert re.fullmatch(r"(?:x\.h5.{1,400})?", refusal("x.h5:x"))


def test_its_absence_is_one_line_that_says_what_to_install(file, run, monkeypatch):
    file["x"] = VALUES
    file.close()
    monkeypatch.setitem(sys.modules, "h5py", None)
    outcome = run("softmax", "x.h5")
    assert outcome.err == (
        "error: x.h5: reading HDF5 needs h5py, which is not installed; pip install 'softmax-loss[hdf5]'\n"
    )
    assert outcome.status == 2
