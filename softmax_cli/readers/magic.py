"""The first bytes of the files that are read."""

HEAD = 1 << 12  # bytes that tell what a file is

NPY = b"\x93NUMPY"
ZIP = b"PK\x03\x04"
OLD_TORCH = b"\x80\x02\x8a\nl\xfc\x9cF\xf9 j\xa8P\x19"  # torch.save before torch 1.6: a pickle of this number
_IN_OBJECT = (b'"', b"}", b"")  # nothing: blanks as far as can be seen
_IN_LIST = (b"", *(bytes([byte]) for byte in b'[]{"-0123456789'))
HDF5 = b"\x89HDF\r\n\x1a\n"
MATLAB = b"MATLAB 7.3"  # HDF5 behind a header of 512 bytes
PARQUET = b"PAR1\x15"  # the last byte is the first of a Thrift struct; without it a column named PAR1 would do
ARROW = b"ARROW1\0\0"
ARROW_STREAM = b"\xff\xff\xff\xff"
_CONTAINERS = (ZIP, HDF5, MATLAB, PARQUET, ARROW, ARROW_STREAM)
FIRST = 16  # bytes that tell whether a file may hold several arrays


def may_hold_arrays(head: bytes) -> bool:
    """Whether a file that begins so may hold several arrays, each by its name: see readers/containers."""
    known = head.startswith(_CONTAINERS) or is_safetensors(head) or is_llama(head)
    return known or is_pickle(head) or begins_json(head)


def begins_json(head: bytes) -> bool:
    """Whether a text begins as JSON does: with an object, or a list of numbers, of lists, of texts or of objects."""
    text = head.removeprefix(b"\xef\xbb\xbf").lstrip()
    if not text.startswith((b"{", b"[")):
        return False
    after = text[1:].lstrip()
    if text.startswith(b"{"):
        return after[:1] in _IN_OBJECT
    return after[:1] in _IN_LIST or after.startswith((b"NaN", b"Inf", b"null"))


def is_columnar(head: bytes) -> bool:
    """Whether a file begins as Parquet, or as Arrow's file or stream."""
    return head.startswith((PARQUET, ARROW, ARROW_STREAM))


def is_llama(head: bytes) -> bool:
    """Whether a file begins as llama.cpp's logits do: a size in four bytes follows, and no text has a zero in it."""
    return head.startswith(b"_logits_") and head[11:12] == b"\0"


def is_safetensors(head: bytes) -> bool:
    """Whether a file begins with the length of a header in 8 bytes, and then the header, which is JSON.

    https://huggingface.co/docs/safetensors
    """
    return head[8:9] == b"{" and 2 <= int.from_bytes(head[:8], "little") <= 100_000_000


def is_pickle(head: bytes) -> bool:
    """Whether a file begins as pickles do: protocols 0 and 1 are text, and only the ways of arrays, lists and dicts."""
    return (head[:1] == b"\x80" and b"\2" <= head[1:2] <= b"\5") or head.startswith(_OLD_PICKLES)


_OLD_PICKLES = tuple(
    [b"cnumpy.", b"(cnumpy.", b"((cnumpy.", b"ccopy_reg\n", b"ccollections\n"]
    + [begin + end for begin in (b"(lp", b"(dp") for end in (b"0\n", b"1\n")]
    + [begin + end for begin in (b"]q", b"}q") for end in (b"\0", b"\1")]
)

COMPRESSED = {
    b"\x1f\x8b": "gzip",
    b"\xfd7zXZ\x00": "xz",
    b"\x28\xb5\x2f\xfd": "zstd",
    # Without the level, a column named BZhang would do.
    **{b"BZh%d" % level: "bz2" for level in range(1, 10)},
}
