"""The first bytes of the files that are read."""

HEAD = 1 << 12  # bytes that tell what a file is

NPY = b"\x93NUMPY"
ZIP = b"PK\x03\x04"
OLD_TORCH = b"\x80\x02\x8a\nl\xfc\x9cF\xf9 j\xa8P\x19"  # torch.save before torch 1.6: a pickle of this number
_IN_OBJECT = (b'"', b"}", b"")  # nothing: blanks as far as can be seen
_IN_LIST = (b"", *(bytes([byte]) for byte in b'[]{"-0123456789'))
FIRST = 16  # bytes that tell whether a file may hold several arrays


def may_hold_arrays(head: bytes) -> bool:
    """Whether a file that begins so may hold several arrays, each by its name: see readers/containers."""
    return head.startswith(ZIP) or is_safetensors(head) or is_pickle(head) or begins_json(head)


def begins_json(head: bytes) -> bool:
    """Whether a text begins as JSON does: with an object, or a list of numbers, of lists, of texts or of objects."""
    text = head.removeprefix(b"\xef\xbb\xbf").lstrip()
    if not text.startswith((b"{", b"[")):
        return False
    after = text[1:].lstrip()
    if text.startswith(b"{"):
        return after[:1] in _IN_OBJECT
    return after[:1] in _IN_LIST or after.startswith((b"NaN", b"Inf", b"null"))


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
