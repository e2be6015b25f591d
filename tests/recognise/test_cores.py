"""What is done on every core comes out as if one process had done it, whatever becomes of the others."""

from __future__ import annotations

import multiprocessing
import os
import signal
from collections.abc import Iterable, Iterator

import pytest

from gclog.recognise.bulk import cores
from gclog.recognise.bulk.cores import do_alone, on_every_core

HOME = os.getpid()


@pytest.fixture
def soon(monkeypatch: pytest.MonkeyPatch) -> None:
    """Others are asked from the first item on."""
    monkeypatch.setattr(cores, "ALONE_S", 0.0)


def square(number: int) -> int:
    return number * number


def where(home: int) -> bool:
    return os.getpid() != home


def interrupt_elsewhere(item: tuple[int, int]) -> int:
    home, number = item
    if os.getpid() != home:
        os.kill(os.getpid(), signal.SIGINT)
    return number


def die_elsewhere(item: tuple[int, int]) -> int:
    home, number = item
    if os.getpid() != home and number == 5:
        os.kill(os.getpid(), signal.SIGKILL)
    return number


def fail_at_five(number: int) -> int:
    if number >= 5:
        raise ValueError(f"item {number}")
    return number


@pytest.mark.usefixtures("soon")
@pytest.mark.parametrize("processes", [1, 2, 3])
def test_results_come_in_the_order_of_the_items(processes: int) -> None:
    assert list(on_every_core(square, range(100), processes)) == [number * number for number in range(100)]


@pytest.mark.usefixtures("soon")
def test_this_process_works_beside_the_others() -> None:
    assert set(on_every_core(where, [HOME] * 200, 2)) == {True, False}


def test_little_to_do_is_done_here() -> None:
    assert not any(on_every_core(where, [HOME] * 200, 4))


@pytest.mark.usefixtures("soon")
def test_a_bounded_number_of_items_is_taken_ahead() -> None:
    taken: list[int] = []

    def items() -> Iterator[int]:
        for number in range(1000):
            taken.append(number)
            yield number

    for done, _ in enumerate(on_every_core(square, items(), 2), 1):
        assert len(taken) - done <= cores.WAITING


@pytest.mark.usefixtures("soon")
def test_what_a_lost_process_was_to_do_is_done_here() -> None:
    assert list(on_every_core(die_elsewhere, [(HOME, number) for number in range(40)], 2)) == list(range(40))


def redo(items: list[tuple[int, int]]) -> Iterable[int]:
    return [-1 if number == 5 else number for _, number in items]


def test_an_item_that_may_end_a_process_is_not_worked_on_here() -> None:
    items = [(0, number) for number in range(40)]
    wanted = [-1 if number == 5 else number for number in range(40)]
    assert list(on_every_core(die_elsewhere, items, 2, redo=redo)) == wanted


def test_an_item_alone_ends_only_its_own_process() -> None:
    assert do_alone(die_elsewhere, (0, 4)) == 4
    with pytest.raises(cores.BrokenExecutor):
        do_alone(die_elsewhere, (0, 5))


@pytest.mark.usefixtures("soon")
@pytest.mark.parametrize("processes", [1, 3])
def test_the_first_error_is_raised_in_its_turn(processes: int) -> None:
    found = on_every_core(fail_at_five, range(40), processes)
    assert [next(found) for _ in range(5)] == [0, 1, 2, 3, 4]
    with pytest.raises(ValueError, match="item 5"):
        next(found)


@pytest.mark.usefixtures("soon")
def test_a_system_without_other_processes_works_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise OSError("no semaphores")

    monkeypatch.setattr("loky.ProcessPoolExecutor", refuse)
    assert list(on_every_core(where, [HOME] * 40, 4)) == [False] * 40


@pytest.mark.usefixtures("soon")
def test_a_system_that_starts_no_more_processes_works_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    class Full:
        def submit(self, *_: object) -> None:
            raise BlockingIOError("resource temporarily unavailable")

        def shutdown(self, *, kill_workers: bool) -> None:
            assert kill_workers

    monkeypatch.setattr("loky.ProcessPoolExecutor", lambda *_, **__: Full())
    assert list(on_every_core(square, range(40), 4)) == [number * number for number in range(40)]


@pytest.mark.usefixtures("soon")
@pytest.mark.parametrize("taken", [0, 1, 30])
def test_no_process_is_left_behind(taken: int) -> None:
    found = on_every_core(square, range(100), 3)
    for _ in range(taken):
        next(found)
    found.close()
    assert not multiprocessing.active_children()


def test_an_interrupt_that_comes_while_others_are_started_is_not_lost() -> None:
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        with pytest.raises(KeyboardInterrupt), cores._interrupts_held():
            os.kill(os.getpid(), signal.SIGINT)
    finally:
        signal.signal(signal.SIGINT, before)


def test_others_never_see_an_interrupt(soon: None) -> None:
    items = [(HOME, number) for number in range(40)]
    assert list(on_every_core(interrupt_elsewhere, items, 2)) == list(range(40))
