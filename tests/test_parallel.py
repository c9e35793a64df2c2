"""Results in order from several threads."""

import threading
import time

import pytest

from softmax_cli.parallel import available_threads, in_order


@pytest.mark.parametrize("threads", [1, 2, 8])
@pytest.mark.parametrize("count", [0, 1, 2, 3, 50])
def test_results_come_in_the_order_of_the_items(threads, count):
    def work(number):
        time.sleep(0.001 * (number % 3))  # the later ones are done first
        return number * 10

    assert list(in_order(work, iter(range(count)), threads)) == [number * 10 for number in range(count)]


def test_one_item_is_worked_on_by_the_caller():
    assert list(in_order(lambda _: threading.get_ident(), [0], threads=8)) == [threading.get_ident()]


def test_several_items_are_worked_on_at_the_same_time():
    both = threading.Barrier(2, timeout=30)  # which breaks where one waits alone
    assert len(list(in_order(lambda _: both.wait(), [0, 1], threads=2))) == 2


def test_items_are_taken_only_a_few_ahead():
    taken = 0

    def items():
        nonlocal taken
        for number in range(100):
            taken += 1
            yield number

    results = in_order(lambda number: number, items(), threads=2)
    next(results)
    assert taken <= 6


def test_an_error_is_raised_in_its_place_and_the_rest_is_left():
    def work(number):
        if number == 3:
            raise ValueError("the third")
        return number

    results = in_order(work, iter(range(1000)), threads=2)
    assert [next(results) for _ in range(3)] == [0, 1, 2]
    with pytest.raises(ValueError, match="the third"):
        next(results)


def test_an_error_of_the_items_themselves_is_raised():
    def items():
        yield from range(5)
        raise OSError("cut short")

    with pytest.raises(OSError, match="cut short"):
        list(in_order(lambda number: number, items(), threads=2))


def test_an_interrupt_of_the_caller_ends_it_at_once():
    started, interrupted = threading.active_count(), threading.Event()

    def work(number):
        if threading.current_thread() is threading.main_thread():
            interrupted.set()
            raise KeyboardInterrupt
        interrupted.wait(timeout=30)  # so that the caller has to work
        return number

    with pytest.raises(KeyboardInterrupt):
        list(in_order(work, iter(range(100)), threads=2))
    assert threading.active_count() == started


def test_a_consumer_that_has_enough_leaves_no_thread_behind():
    started = threading.active_count()
    results = in_order(lambda number: number, iter(range(1000)), threads=4)
    assert next(results) == 0
    results.close()
    assert threading.active_count() == started


def test_there_is_a_thread_to_run_on():
    assert available_threads() >= 1


def test_where_the_system_gives_no_thread_the_callers_own_does_the_work(monkeypatch):
    def refuse(_):
        raise RuntimeError("can't start new thread")

    monkeypatch.setattr("softmax_cli.parallel.Thread.start", refuse)
    assert list(in_order(lambda number: number * number, range(50), threads=4)) == [each * each for each in range(50)]
