"""Bytes that wait between the thread that reads a stream and the one that judges it."""

from __future__ import annotations

import threading

from gclog.source.waiting import TOGETHER_BYTES, Skipped, WaitingBytes

LINE = b"0123456789\n"


def taken(waiting: WaitingBytes) -> list[bytes | Skipped]:
    """Everything up to the end."""
    items: list[bytes | Skipped] = []
    while (item := waiting.get()) != b"":
        assert isinstance(item, bytes | Skipped)
        items.append(item)
    return items


def test_what_waits_is_taken_together() -> None:
    waiting = WaitingBytes(bool)
    for _ in range(3):
        waiting.put(LINE)
    waiting.put(b"")
    assert taken(waiting) == [3 * LINE]


def test_at_most_a_megabyte_is_taken_together() -> None:
    waiting = WaitingBytes(bool, most=4 * TOGETHER_BYTES)
    chunk = b"x" * (TOGETHER_BYTES // 2)
    for _ in range(3):
        waiting.put(chunk)
    waiting.put(b"")
    assert [len(item) for item in taken(waiting) if isinstance(item, bytes)] == [TOGETHER_BYTES, TOGETHER_BYTES // 2]


def test_nothing_for_a_while_is_none() -> None:
    assert WaitingBytes(bool, poll_s=0.001).get() is None


def test_without_room_the_writer_waits() -> None:
    waiting = WaitingBytes(bool, most=len(LINE), poll_s=0.001)
    waiting.put(LINE)
    writer = threading.Thread(target=waiting.put, args=(LINE,))
    writer.start()
    writer.join(0.05)
    assert writer.is_alive()
    assert waiting.get() == LINE
    writer.join()
    assert waiting.get() == LINE


def test_without_room_lines_are_skipped_until_half_of_it_is_free_again() -> None:
    waiting = WaitingBytes(lambda: True, most=2 * len(LINE))
    for _ in range(5):
        waiting.put(LINE)
    assert waiting.get() == 2 * LINE
    waiting.put(LINE)
    waiting.put(b"")
    assert taken(waiting) == [Skipped(3), LINE]


def test_after_a_gap_comes_a_whole_line_and_the_cut_ones_are_counted() -> None:
    waiting = WaitingBytes(lambda: True, most=15)
    waiting.put(b"one\ntwo\nthree and")
    waiting.put(b" a half\nfour\nfi")
    assert waiting.get() == b"one\ntwo\nthree and"
    waiting.put(b"ve\nsix\n")
    waiting.put(b"")
    assert taken(waiting) == [Skipped(3), b"six\n"]


def test_what_is_skipped_at_the_very_end_is_counted() -> None:
    waiting = WaitingBytes(lambda: True, most=4)
    waiting.put(b"one\n")
    waiting.put(b"two\nthr")
    waiting.put(b"")
    assert taken(waiting) == [b"one\n", Skipped(2)]
