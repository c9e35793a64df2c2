"""Work on several threads, its results in order. NumPy and torch let go of Python's lock while they compute."""

import os
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from itertools import islice
from typing import TypeVar

Item = TypeVar("Item")
Result = TypeVar("Result")

_WAITING = 2  # items a thread in hand or waiting: enough that none idles, and the memory stays bounded


def available_threads() -> int:
    """How many cores this process may run on."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def in_order(work: Callable[[Item], Result], items: Iterable[Item], threads: int) -> Iterator[Result]:
    """work(item) for each item, in the items' order, ``threads`` of them at a time.

    The items are taken one by one on the caller's own thread, so that reading the next overlaps with the work on
    those before it. A single item makes no thread. An error in the work is raised where its result would be.

    >>> list(in_order(lambda number: number * number, range(5), threads=2))
    [0, 1, 4, 9, 16]
    """
    items = iter(items)
    first = list(islice(items, 2))
    if threads == 1 or len(first) < 2:
        yield from map(work, first)
        yield from map(work, items)
        return
    from concurrent.futures import Future, ThreadPoolExecutor

    waiting: deque[Future[Result]] = deque()
    with ThreadPoolExecutor(threads) as pool:
        try:
            waiting.extend(pool.submit(work, item) for item in first)
            for item in items:
                waiting.append(pool.submit(work, item))
                if len(waiting) >= _WAITING * threads:
                    yield waiting.popleft().result()
            while waiting:
                yield waiting.popleft().result()
        finally:
            for future in waiting:
                future.cancel()
