"""Logs that are still being written. The other program's work is done where the follower would sleep."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from gclog.errors import Fault, InputError
from gclog.source import follow as following
from gclog.source.follow import LineCutter, Lines, Skipped, follow, follow_file, follow_stream


class Over(Exception):
    """The scenario is at its end."""


def silent(_: str) -> None:
    """For notes that are of no interest."""


def watch_file(path: Path, *steps: Callable[[], object]) -> tuple[list[tuple[int, bytes]], list[str]]:
    """The lines (first number, text) that come while the steps are taken, one in each pause, and the notes."""
    waiting = iter(steps)
    notes: list[str] = []
    seen: list[tuple[int, bytes]] = []

    def sleep(_: float) -> None:
        step = next(waiting, None)
        if step is None:
            raise Over
        step()

    with pytest.raises(Over):
        for lines in follow_file(path, notes.append, sleep=sleep):
            if lines is not None:
                seen.append((lines.block.first_line, lines.block.data))
    return seen, notes


def append(path: Path, data: bytes) -> None:
    with path.open("ab") as stream:
        stream.write(data)


@pytest.fixture
def log(tmp_path: Path) -> Path:
    path = tmp_path / "gc.log"
    path.write_bytes(b"one\ntwo\n")
    return path


# ---------------------------------------------------------------- lines


def cut(*chunks: bytes, encoding: str | None = None) -> list[Lines]:
    cutter = LineCutter("gc.log", encoding, silent)
    return [lines for lines in [*map(cutter.feed, chunks), cutter.flush()] if lines is not None]


def test_a_half_line_waits_for_its_rest() -> None:
    cutter = LineCutter("gc.log", None, silent)
    assert cutter.feed(b"one\ntw") == Lines(following.Block(b"one\n", 1), b"one\n")
    assert cutter.feed(b"o and") is None
    assert cutter.feed(b" more\n") == Lines(following.Block(b"two and more\n", 2), b"two and more\n")
    assert cutter.flush() is None


def test_the_last_half_line_comes_at_the_end() -> None:
    assert [lines.block for lines in cut(b"one\n", b"two")] == [following.Block(b"one\n", 1), following.Block(b"two", 2)]


def test_a_line_end_of_windows_is_unified_for_the_reader_and_kept_in_the_raw_line() -> None:
    (lines,) = cut(b"one\r\ntwo\r\n")
    assert (lines.block.data, lines.raw) == (b"one\ntwo\n", b"one\r\ntwo\r\n")


def test_a_hole_of_nuls_is_dropped() -> None:
    assert [lines.block.data for lines in cut(b"one\n" + b"\x00" * 5000, b"\x00two\n")] == [b"one\n", b"two\n"]


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16"])
@pytest.mark.parametrize("step", [1, 2, 3, 7])
def test_a_byte_order_mark_tells_the_encoding_in_whatever_portions_it_comes(encoding: str, step: int) -> None:
    data = "größe\nzwei\n".encode(encoding)
    chunks = [data[at : at + step] for at in range(0, len(data), step)]
    assert b"".join(lines.block.data for lines in cut(*chunks)) == "größe\nzwei\n".encode()


def test_an_encoding_that_was_told_is_taken() -> None:
    assert cut("größe\n".encode("latin-1"), encoding="latin-1")[0].block.data == "größe\n".encode()


def test_an_endless_line_is_cut_in_bounded_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(following, "JSON_LINE_BYTES", 1 << 21)
    notes: list[str] = []
    cutter = LineCutter("gc.log", None, notes.append)
    most = 0
    for _ in range(80):
        assert cutter.feed(b"x" * (1 << 16)) is None
        most = max(most, len(cutter._rest))
    lines = cutter.feed(b"\nnext\n")
    assert most <= (2 << 21) + (1 << 16)
    assert lines is not None
    assert b"cut by gclog" in lines.block.data
    assert lines.block.data.endswith(b"\nnext\n")
    assert any("cut" in note for note in notes)


def test_a_packed_stream_is_refused() -> None:
    with pytest.raises(InputError, match=r"gc\.log: is packed \(gzip\)"):
        cut(b"\x1f\x8b\x08\x00\x00\x00\x00\x00")


# ---------------------------------------------------------------- files


def test_lines_come_as_they_are_appended(log: Path) -> None:
    seen, notes = watch_file(log, lambda: append(log, b"three\nfo"), lambda: append(log, b"ur\n"))
    assert seen == [(1, b"one\ntwo\n"), (3, b"three\n"), (4, b"four\n")]
    assert notes == []


def test_a_rotated_file_is_read_to_its_end_before_the_new_one(log: Path) -> None:
    old = log.with_suffix(".1")

    def rotate() -> None:
        append(log, b"three\nhalf")
        log.rename(old)
        log.write_bytes(b"four\n")

    seen, notes = watch_file(log, rotate, lambda: append(log, b"five\n"))
    assert seen == [(1, b"one\ntwo\n"), (3, b"three\n"), (4, b"half"), (5, b"four\n"), (6, b"five\n")]
    assert notes == [f"{log} was rotated; its first line is line 5 here"]


@pytest.mark.parametrize("trouble", ["a folder", "packed", "not permitted"])
def test_a_new_file_that_cannot_be_read_for_a_while_is_tried_again(
    log: Path, trouble: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened = following.open_file

    def refusing(path: Path) -> object:
        if trouble == "not permitted" and path == log and path.stat().st_size == 2:
            raise InputError("no permission to read it", where=str(path))
        return opened(path)

    def rotate() -> None:
        log.rename(log.with_suffix(".1"))
        if trouble == "a folder":
            log.mkdir()
            (log / "something").write_bytes(b"x")
        else:
            log.write_bytes(b"\x1f\x8b\x08\0" if trouble == "packed" else b"x\n")

    def mend() -> None:
        if log.is_dir():
            (log / "something").unlink()
            log.rmdir()
        else:
            log.unlink()
        log.write_bytes(b"three\n")

    def nothing() -> None:
        pass

    monkeypatch.setattr(following, "open_file", refusing)
    seen, notes = watch_file(log, rotate, nothing, lambda: append(log.with_suffix(".1"), b"late\n"), nothing, mend, nothing)
    assert seen == [(1, b"one\ntwo\n"), (3, b"late\n"), (4, b"three\n")]
    first, second = notes
    assert first.startswith(f"{log} was rotated, but the new file ")
    assert second == f"{log} was rotated; its first line is line 4 here"


def test_an_error_in_the_thread_that_reads_ends_the_watch() -> None:
    def open_stream() -> object:
        raise RuntimeError("nobody foresaw this")

    with pytest.raises(Fault, match=r"^stdin: made gclog fail \(RuntimeError: nobody foresaw this, test_follow\.py"):
        list(follow_stream(open_stream, silent))


def test_a_renamed_file_is_followed_until_the_new_one_has_something_in_it(log: Path) -> None:
    old = log.with_suffix(".1")

    def rotate() -> None:
        log.rename(old)
        log.touch()

    seen, _ = watch_file(
        log, lambda: log.rename(old), lambda: append(old, b"a\n"), lambda: log.touch(), lambda: append(old, b"b\n")
    )
    assert seen == [(1, b"one\ntwo\n"), (3, b"a\n"), (4, b"b\n")]


def test_a_truncated_file_is_read_from_its_beginning(log: Path) -> None:
    seen, notes = watch_file(log, lambda: log.write_bytes(b""), lambda: append(log, b"new\n"))
    assert seen == [(1, b"one\ntwo\n"), (3, b"new\n")]
    assert notes == [f"{log} was truncated; its first line is line 3 here"]


def test_a_file_cut_and_grown_past_the_old_place_in_between_is_noticed(log: Path) -> None:
    seen, _ = watch_file(log, lambda: os.truncate(log, 0) or append(log, b"another run, longer\n"))
    assert seen == [(1, b"one\ntwo\n"), (3, b"another run, longer\n")]


def test_a_writer_that_goes_on_at_its_old_place_leaves_a_hole_that_is_passed_over(log: Path) -> None:
    def cut_under_the_writer() -> None:
        with log.open("r+b") as writer:
            writer.seek(0, os.SEEK_END)
            os.truncate(log, 0)
            writer.write(b"on\n")

    seen, _ = watch_file(log, cut_under_the_writer)
    assert seen == [(1, b"one\ntwo\n"), (3, b"on\n")]


def test_a_new_file_may_have_another_encoding(log: Path) -> None:
    seen, _ = watch_file(log, lambda: log.write_bytes(b""), lambda: log.write_bytes("neu\n".encode("utf-16")))
    assert seen == [(1, b"one\ntwo\n"), (3, b"neu\n")]


def test_a_missing_file_is_an_error_at_once(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no such file"):
        next(follow(str(tmp_path / "none.log"), silent))


def test_a_pause_comes_whenever_nothing_is_new(log: Path) -> None:
    lines = follow_file(log, silent, sleep=lambda _: None)
    assert [next(lines) is None for _ in range(4)] == [False, True, True, True]


# ---------------------------------------------------------------- streams


def collect(lines: Iterator[Lines | None]) -> bytes:
    return b"".join(some.raw for some in lines if some is not None)


def test_a_pipe_ends_when_it_is_closed() -> None:
    reading, writing = os.pipe()
    os.write(writing, b"one\ntwo")
    os.close(writing)
    assert collect(follow_stream(lambda: os.fdopen(reading, "rb", buffering=0), silent)) == b"one\ntwo"


def test_a_line_comes_before_the_pipe_has_more() -> None:
    reading, writing = os.pipe()
    lines = follow_stream(lambda: os.fdopen(reading, "rb"), silent, poll_s=0.01)
    os.write(writing, b"one\ntwo")
    assert next(some for some in lines if some is not None).raw == b"one\n"
    assert next(lines) is None
    os.close(writing)
    assert collect(lines) == b"two"


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no FIFOs here")
def test_a_fifo_is_waited_for_and_ends_with_its_writer(tmp_path: Path) -> None:
    fifo = tmp_path / "fifo"
    os.mkfifo(fifo)
    lines = follow(str(fifo), silent)
    assert next(lines) is None
    writer = threading.Thread(target=lambda: fifo.write_bytes(b"one\n"))
    writer.start()
    assert collect(lines) == b"one\n"
    writer.join()


def test_an_error_of_the_stream_is_an_error_of_the_watch() -> None:
    def broken() -> None:
        raise OSError(5, "Input/output error")

    with pytest.raises(InputError, match="stdin: reading failed: Input/output error"):
        list(follow_stream(broken, silent))


def test_after_lines_that_were_skipped_the_numbers_go_on() -> None:
    cutter = LineCutter("log", None, silent)
    cutter.feed(b"one\ntwo and")
    assert cutter.may_skip
    assert cutter.skip(Skipped(5)) == Skipped(5, 2)
    assert cutter.feed(b"seven\n") == Lines(following.Block(b"seven\n", 7), b"seven\n")


def test_of_other_encodings_nothing_is_skipped() -> None:
    cutter = LineCutter("log", "utf-16", silent)
    cutter.feed("one\n".encode("utf-16"))
    assert not cutter.may_skip
