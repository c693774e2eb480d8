"""Work in threads: in order, not far ahead of the reader, and dropped when nobody reads on."""

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing

import pytest

from app import parallel
from app.parallel import AHEAD_PER_THREAD, map_in_order, processors


def test_there_is_a_processor_at_least() -> None:
    assert processors() >= 1


@pytest.mark.parametrize("threads", [None, 1, 3])
@pytest.mark.parametrize("count", [0, 1, 200])
def test_results_come_in_the_order_of_the_items(count: int, threads: int | None) -> None:
    assert list(map_in_order(lambda item: item * item, range(count), threads)) == [item**2 for item in range(count)]


def test_a_slow_item_is_waited_for() -> None:
    last_done = threading.Event()

    def work(item: int) -> int:
        if item == 0:
            assert last_done.wait(60)
        else:
            last_done.set()
        return item

    assert list(map_in_order(work, range(2), 2)) == [0, 1]


def test_it_reads_only_so_far_ahead() -> None:
    taken: list[int] = []

    def items() -> Iterator[int]:
        for item in range(10_000):
            taken.append(item)
            yield item

    with closing(map_in_order(lambda item: item, items(), 2)) as results:
        assert next(results) == 0
        assert len(taken) == 2 * AHEAD_PER_THREAD
        assert next(results) == 1
        assert len(taken) == 2 * AHEAD_PER_THREAD + 1


def test_closing_drops_what_has_not_started(monkeypatch: pytest.MonkeyPatch) -> None:
    started: list[int] = []
    going, dropped = threading.Event(), threading.Event()

    class Pool(ThreadPoolExecutor):
        def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
            assert going.wait(60)
            super().shutdown(wait=False, cancel_futures=cancel_futures)
            dropped.set()  # only then may the item that is going come to its end
            super().shutdown(wait)

    def work(item: int) -> int:
        started.append(item)
        if item:
            going.set()
            assert dropped.wait(60)
        return item

    monkeypatch.setattr(parallel, "ThreadPoolExecutor", Pool)
    results = map_in_order(work, range(100), 1)
    assert next(results) == 0
    results.close()
    assert started == [0, 1]


def test_an_error_reaches_the_reader_in_its_turn() -> None:
    def work(item: int) -> int:
        if item == 2:
            raise ValueError("item two")
        return item

    results = map_in_order(work, range(5), 2)
    assert [next(results), next(results)] == [0, 1]
    with pytest.raises(ValueError, match="item two"):
        next(results)
    assert list(results) == []


def test_no_thread_is_left_behind() -> None:
    before = threading.active_count()
    results = map_in_order(lambda item: item, range(50), 4)
    next(results)
    results.close()
    assert threading.active_count() == before
