"""A file in memory that counts the bytes which are read."""

import io


class Counted(io.BytesIO):
    """``taken``: how many bytes have been read."""

    taken = 0

    def read(self, size=-1):
        """Read, and count."""
        got = super().read(size)
        self.taken += len(got)
        return got
