"""A block of rows, with what several parts of a survey need of them."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from softmax_cli.inputs.loose import LooseLabels
from softmax_cli.inputs.raw import RawBlock
from softmax_cli.losses.softmax import log_normalizer, shift
from softmax_cli.metrics.duplicates import row_hashes


class View:
    """Rows ``start`` on; every array has one entry a row, (n,), but for the logits (n, C).

    ``given`` are the logits as they stand in the file, ``logits`` the same in the dtype that is computed in. ``top`` is
    the class of the ``high``est logit, ``low`` the lowest, ``normalizer`` log(sum(exp(x - high))), in nats. Rows with
    a nan have it in all of these. ``sequences`` are the numbers of theirs, None where all rows are one.
    """

    def __init__(self, block: RawBlock, dtype: str) -> None:
        self.start = block.start
        self.given = block.logits
        self.labels: LooseLabels | None = block.labels
        self.sequences = block.sequences
        self.logits: NDArray[Any] = block.logits.astype(dtype, copy=False)
        shifted, top = shift(self.logits, np)
        self.normalizer: NDArray[Any] = log_normalizer(shifted, top, np)[:, 0]
        self.top: NDArray[np.int64] = top[:, 0]
        self.high: NDArray[Any] = np.take_along_axis(self.logits, top, axis=1)[:, 0]
        self.low: NDArray[Any] = self.logits.min(axis=1)
        self.hashes = row_hashes(block.logits)

    def __len__(self) -> int:
        return len(self.given)

    @property
    def rows(self) -> NDArray[np.int64]:
        """Their numbers."""
        return np.arange(self.start, self.start + len(self))

    @property
    def sound(self) -> NDArray[np.bool_]:
        """Which rows have a softmax: no nan, no inf, and not -inf throughout."""
        sound: NDArray[np.bool_] = np.isfinite(self.high)
        return sound

    @property
    def constant(self) -> NDArray[np.bool_]:
        """Which rows have one and the same finite value."""
        constant: NDArray[np.bool_] = (self.high == self.low) & self.sound
        return constant
