"""The first bytes of the files that are read."""

HEAD = 1 << 12  # bytes that tell what a file is

NPY = b"\x93NUMPY"
ZIP = b"PK\x03\x04"
COMPRESSED = {
    b"\x1f\x8b": "gzip",
    b"\xfd7zXZ\x00": "xz",
    b"\x28\xb5\x2f\xfd": "zstd",
    # Without the level, a column named BZhang would do.
    **{b"BZh%d" % level: "bz2" for level in range(1, 10)},
}
