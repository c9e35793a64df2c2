"""One pass over blocks of rows: measured on several threads, added up in their order."""

from collections.abc import Callable, Iterable
from typing import Protocol, TypeVar

import numpy as np

from softmax_cli.parallel import in_order

Block_contra = TypeVar("Block_contra", contravariant=True)
Found = TypeVar("Found")

_LARGEST_KEPT = 1 << 23


class Foldable(Protocol[Block_contra, Found]):
    """Sums over blocks of rows, in two parts."""

    def measure(self, block: Block_contra) -> Found:
        """Compute what a block adds, and change nothing: several run at the same time."""

    def add(self, found: Found) -> None:
        """Add what was found; the blocks in their order."""


def run(
    fold: Foldable[Block_contra, Found],
    blocks: Iterable[Block_contra],
    threads: int,
    after_each: Callable[[], None] = lambda: None,
) -> None:
    """Measure every block and add what was found, in the blocks' order.

    NumPy says nothing of values that are not finite: they are what the reports count and explain.
    """
    keep_freed_memory()

    def measured(block: Block_contra) -> Found:
        with np.errstate(all="ignore"):  # each thread has a state of its own
            return fold.measure(block)

    for found in in_order(measured, blocks, threads):
        with np.errstate(all="ignore"):
            fold.add(found)
        after_each()


def keep_freed_memory() -> None:
    """Have the C library keep the memory of freed blocks at hand for the next ones.

    glibc gives back what is free beyond twice the largest mapped piece that was freed so far (mallopt(3), under
    M_MMAP_THRESHOLD). At first that is less than a block's temporaries, and then the kernel clears every page of
    every block anew: half of the time of a pass. One piece freed here, never touched, raises the mark.
    """
    np.empty(_LARGEST_KEPT, np.uint8)
