"""Work on several threads, its results in order. NumPy and torch let go of Python's lock while they compute."""

import os
from collections.abc import Callable, Iterable, Iterator
from itertools import chain, islice
from threading import Condition, Lock, Thread
from typing import Generic, TypeVar

Item = TypeVar("Item")
Result = TypeVar("Result")

_AHEAD = 2  # items a thread that may be taken and not yet handed out: none idles, and the memory stays bounded


def available_threads() -> int:
    """How many cores this process may run on."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def in_order(work: Callable[[Item], Result], items: Iterable[Item], threads: int) -> Iterator[Result]:
    """work(item) for each item, in the items' order, ``threads`` of them at a time, the caller's own among them.

    Each thread takes the next item by itself, so that reading one overlaps with the work on others; one at a time
    takes. A single item makes no thread. An error, in the work or of the items, is raised where its result would be;
    one of the first two items before any result.

    >>> list(in_order(lambda number: number * number, range(5), threads=2))
    [0, 1, 4, 9, 16]
    """
    items = iter(items)
    first = list(islice(items, 2))
    if threads == 1 or len(first) < 2:
        yield from map(work, chain(first, items))
        return
    bench = _Bench(work, chain(first, items), _AHEAD * threads)
    helpers: list[Thread] = []
    try:
        helpers += _started(bench.help, threads - 1)
        yield from bench.results()
    finally:
        bench.close()
        for helper in helpers:
            helper.join()


def _started(target: Callable[[], None], threads: int) -> Iterator[Thread]:
    """So many threads, or fewer where the system gives no more: the result is the same."""
    for _ in range(threads):
        thread = Thread(target=target, daemon=True)
        try:
            thread.start()
        except RuntimeError:
            return
        yield thread


class _Bench(Generic[Item, Result]):
    """Where threads take items, and leave what they made of them for one of the threads to hand out in order.

    (A pool with a queue of its own would wake a thread for each item and another for each result, which takes as long
    as the work on a block.)
    """

    def __init__(self, work: Callable[[Item], Result], items: Iterator[Item], most_ahead: int) -> None:
        self._work = work
        self._items = items
        self._most_ahead = most_ahead
        self._taking = Lock()
        self._changed = Condition()
        self._made: dict[int, tuple[Result] | Exception] = {}
        self._taken = 0
        self._handed_out = 0
        self._more = True

    def help(self) -> None:
        """Work until there is no more."""
        while self._more:
            with self._changed:
                self._changed.wait_for(lambda: self._room or not self._more)
            self._work_on_next()

    def results(self) -> Iterator[Result]:
        """The results in order; what is not made yet by another thread, the caller works on meanwhile."""
        while self._more or self._handed_out < self._taken:
            if self._handed_out in self._made:
                made = self._made.pop(self._handed_out)
                with self._changed:
                    self._handed_out += 1
                    self._changed.notify_all()
                if isinstance(made, Exception):
                    raise made
                yield made[0]
            elif self._more and self._room:
                self._work_on_next()
            else:
                with self._changed:
                    self._changed.wait_for(self._ready)

    def close(self) -> None:
        """Take no more."""
        with self._changed:
            self._more = False
            self._changed.notify_all()

    @property
    def _room(self) -> bool:
        return self._taken - self._handed_out < self._most_ahead

    def _ready(self) -> bool:
        """Whether the next result is made, or will never be."""
        return self._handed_out in self._made or (not self._more and self._handed_out == self._taken)

    def _work_on_next(self) -> None:
        with self._taking:
            if not self._more:
                return
            place = self._taken
            try:
                item = next(self._items)
            except StopIteration:
                self.close()
                return
            except Exception as error:
                self._taken += 1
                self._leave(place, error)
                self.close()
                return
            self._taken += 1
        try:
            self._leave(place, (self._work(item),))
        except Exception as error:
            self._leave(place, error)

    def _leave(self, place: int, made: "tuple[Result] | Exception") -> None:
        with self._changed:
            self._made[place] = made
            self._changed.notify_all()
