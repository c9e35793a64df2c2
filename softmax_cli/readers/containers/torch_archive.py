"""The members of torch.save's zip archive: where each of them lies in the file."""

import zipfile
from typing import BinaryIO, Literal

from softmax_cli.readers.containers.standins import Refused, legible
from softmax_cli.readers.containers.zipped import place_of

_PICKLE = "/data.pkl"
_ORDERS: dict[bytes, Literal["<", ">"]] = {b"little": "<", b"big": ">"}
_PROGRAM = ("/constants.pkl", "/code/")


class Archive:
    """Finds members by their names. Their values are stored as they are, and no two of them share bytes."""

    def __init__(self, file: BinaryIO, opened: zipfile.ZipFile) -> None:
        self._file = file
        self._opened = opened
        self._members: dict[str, zipfile.ZipInfo] = {}
        for member in opened.infolist():
            if member.filename in self._members:
                raise zipfile.BadZipFile(f"two members are called {legible(member.filename)}")
            self._members[member.filename] = member
        self._folder = self._find_folder()
        begins = sorted(member.header_offset for member in self._members.values())
        self._ends = dict(zip(begins, [*begins[1:], opened.start_dir], strict=True))
        if len(self._ends) != len(begins):
            raise zipfile.BadZipFile("two members share their bytes")
        self._places: dict[str, tuple[int, int]] = {}

    def pickle(self) -> tuple[int, int]:
        """Where the pickle lies, and its length."""
        return self._place(_PICKLE)

    def storage(self, key: str) -> tuple[int, int]:
        """Where the bytes of a storage lie, and how many they are."""
        return self._place(f"/data/{key}")

    def byte_order(self) -> Literal["<", ">"]:
        """< or >; files of before torch 2.1 do not say, and were written with the lowest byte first."""
        if f"{self._folder}/byteorder" not in self._members:
            return "<"
        start, length = self._place("/byteorder")
        self._file.seek(start)
        order = _ORDERS.get(self._file.read(min(length, 16)))
        if order is None:
            raise Refused("damaged (its byteorder is neither little nor big)", "copy or save it again")
        return order

    def _find_folder(self) -> str:
        folders = [name.removesuffix(_PICKLE) for name in self._members if name.endswith(_PICKLE)]
        if len(folders) != 1:
            raise Refused("a zip archive without the one data.pkl of torch.save", "save it with torch.save")
        if any(name.startswith(f"{folders[0]}{part}") for name in self._members for part in _PROGRAM):
            raise Refused(
                "a TorchScript program (torch.jit.save), and no file of tensors", "save its tensors with torch.save"
            )
        return folders[0]

    def _place(self, name: str) -> tuple[int, int]:
        if name not in self._places:
            member = self._members.get(self._folder + name)
            if member is None:
                raise Refused(f"damaged (it has no {legible(name[1:])})", "copy or save it again")
            if member.flag_bits & 1 or member.compress_type != zipfile.ZIP_STORED:
                raise Refused(f"its {legible(name[1:])} is encrypted or compressed, which torch.save does not do")
            start = place_of(self._file, self._opened, member)
            if start + member.file_size > self._ends[member.header_offset]:
                raise zipfile.BadZipFile(f"{legible(member.filename)} is longer than its place")
            self._places[name] = start, member.file_size
        return self._places[name]
