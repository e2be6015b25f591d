"""A log that is still being written: its lines as they come.

A file is polled. After a rotation (the file was renamed, and a new one made in its place) the old file is read to its end first;
after a truncation (logrotate's `copytruncate`, a restart with `>`) reading begins again. Line numbers go on through all of
that: they count the lines read. A pipe, a FIFO or stdin is read as it fills, and ends when its last writer closes it.
"""

from __future__ import annotations

import codecs
import os
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from gclog.errors import Fault, GclogError, InputError
from gclog.source.blocks import JSON_LINE_BYTES, LINE_BYTES, Block, cut_blocks
from gclog.source.encoding import UTF8, choose_encoding
from gclog.source.expand import STDIN, open_file, open_stdin
from gclog.source.feed import Note
from gclog.source.magic import MAGIC_BYTES, compression_of
from gclog.source.waiting import Skipped, WaitingBytes

__all__ = ["LineCutter", "Lines", "Skipped", "follow", "follow_file", "follow_stream"]

POLL_S = 0.25
"""How often a quiet log is polled: a change is seen well within a second, and a poll costs two system calls."""

CHUNK_BYTES = 1 << 16
"""Bytes per read: what a pipe holds; some 450 lines, which are judged before the next ones are read."""

FINGERPRINT_BYTES = 256
"""A file whose beginning has changed was truncated and has grown again: V8's first line has pid, isolate and clock."""

MARK_BYTES = 4
"""The longest byte order mark; with fewer bytes the encoding is not known yet."""


@dataclass(frozen=True, slots=True)
class Lines:
    """Complete lines: as a block for the reader, and as they were written (`raw`: in UTF-8, without NULs)."""

    block: Block
    raw: bytes


class LineCutter:
    """From bytes in chunks of any size to lines. An incomplete line waits for its rest. `line`: the number of the next one."""

    def __init__(self, name: str, encoding: str | None, note: Note) -> None:
        self.line = 1
        self._name = name
        self._encoding = encoding
        self._note = note
        self._head: bytes | None = b""
        self._decoder: codecs.IncrementalDecoder | None = None
        self._rest = bytearray()

    def feed(self, data: bytes) -> Lines | None:
        """The lines that these bytes complete, if any."""
        if self._head is not None:
            self._head += data
            if len(self._head) < MARK_BYTES and b"\n" not in self._head:
                return None
            data, self._head = self._begin(self._head), None
        text = self._decoder.decode(data).encode(UTF8, "replace") if self._decoder is not None else data
        text = text.translate(None, b"\x00") if b"\x00" in text else text
        end = text.rfind(b"\n") + 1
        if not end:
            self._wait(text)
            return None
        raw = bytes(self._rest) + text[:end]
        self._rest.clear()
        self._wait(text[end:])
        return self._lines(raw)

    def flush(self) -> Lines | None:
        """The incomplete line, if there is one: nothing will come to complete it."""
        if self._head:
            data, self._head = self._begin(self._head), None
            self._wait(data if self._decoder is None else self._decoder.decode(data).encode(UTF8, "replace"))
        raw = bytes(self._rest)
        self._rest.clear()
        return self._lines(raw) if raw else None

    def skip(self, skipped: Skipped) -> Skipped:
        """Lines that nobody has read; the end of an incomplete line is among them."""
        self._rest.clear()
        line, self.line = self.line, self.line + skipped.count
        return Skipped(skipped.count, line)

    @property
    def may_skip(self) -> bool:
        """Whether a line ends wherever a byte says so: in other encodings one byte too few garbles all that follows."""
        return self._head is None and self._decoder is None

    def restart(self) -> None:
        """What comes next is the beginning of a file, which may have another encoding."""
        self._head, self._decoder = b"", None

    def _begin(self, head: bytes) -> bytes:
        _refuse_packed(head, self._name, self._encoding)
        encoding, mark_bytes = choose_encoding(head, self._encoding)
        self._decoder = None if encoding == UTF8 else codecs.getincrementaldecoder(encoding)(errors="replace")
        return head[mark_bytes:]

    def _wait(self, text: bytes) -> None:
        """Keep an incomplete line. The middle of an endless one is dropped; what is left is still long enough to be cut, and noted."""
        self._rest += text
        if len(self._rest) > 2 * JSON_LINE_BYTES:
            del self._rest[LINE_BYTES : len(self._rest) - JSON_LINE_BYTES]

    def _lines(self, raw: bytes) -> Lines:
        first_line = self.line
        data = b"".join(cut.block.data for cut in cut_blocks([raw], offset=0, first_line=first_line, size=1, note=self._note))
        self.line += data.count(b"\n") + (not data.endswith(b"\n"))
        return Lines(Block(data, first_line), raw)


# ---------------------------------------------------------------- any log


def follow(
    log: str,
    note: Note,
    encoding: str | None = None,
    sleep: Callable[[float], None] = time.sleep,
    may_skip: Callable[[], bool] = bool,
) -> Iterator[Lines | Skipped | None]:
    """The lines of a log as they come, `-` for stdin; None whenever there is nothing new. Raises InputError, UsageError.

    A file never ends; a stream ends when it is closed. `note` takes sentences about rotation, cut lines and the like. `may_skip` is
    asked when the writer of a stream would have to wait: whether to skip lines instead.
    """
    if log == STDIN:
        return follow_stream(open_stdin, note, encoding, may_skip=may_skip)
    path = Path(log)
    if path.is_fifo() or path.is_char_device() or path.is_socket():
        return follow_stream(lambda: open_file(path), note, encoding, name=log, may_skip=may_skip)
    return follow_file(path, note, encoding, sleep)


# ---------------------------------------------------------------- files


class _GrowingFile:
    """An open file that another program writes to."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._begin = b""
        self._handle = open_file(path)

    def read(self) -> bytes:
        """What is new, at most CHUNK_BYTES."""
        at = self._handle.tell()
        try:
            data = self._handle.read(CHUNK_BYTES)
        except OSError as error:
            what = f"reading failed: {error.strerror or error}"
            raise InputError(what, where=str(self.path), remedy="Start gclog again.") from error
        if at < FINGERPRINT_BYTES:
            self._begin += data[: FINGERPRINT_BYTES - at]
        return data

    def was_truncated(self) -> bool:
        """Whether the file was truncated since the last read, even if it has grown again; then reading starts over."""
        at = self._handle.tell()
        cut = os.fstat(self._handle.fileno()).st_size < at
        if not cut and self._begin:
            self._handle.seek(0)
            cut = self._handle.read(len(self._begin)) != self._begin
            self._handle.seek(at)
        if cut:
            self._handle.seek(0)
            self._begin = b""
        return cut

    def was_replaced(self) -> bool:
        """Whether another file, which is not empty, has taken its place: until then the old one may still be written to."""
        try:
            there = self.path.stat()
        except OSError:
            return False
        mine = os.fstat(self._handle.fileno())
        return (there.st_dev, there.st_ino) != (mine.st_dev, mine.st_ino) and there.st_size > 0

    def close(self) -> None:
        self._handle.close()


def follow_file(
    path: Path, note: Note, encoding: str | None = None, sleep: Callable[[float], None] = time.sleep
) -> Iterator[Lines | None]:
    """The lines of a growing file from its beginning, without end; None, then a pause, whenever there is nothing new."""
    file = _GrowingFile(path)
    refused: set[str] = set()
    cutter = LineCutter(str(path), encoding, note)
    try:
        while True:
            if file.was_truncated():
                yield from _restart(cutter, f"{path} was truncated", note)
            replaced = file.was_replaced()  # checked before the last read: anything written later is in the new file
            while data := file.read():
                if (lines := cutter.feed(data)) is not None:
                    yield lines
            new = _replacement(path, encoding, refused, note) if replaced else None
            if new is not None:
                file.close()
                file = new
                yield from _restart(cutter, f"{path} was rotated", note)
            else:
                yield None
                sleep(POLL_S)
    finally:
        file.close()


def _replacement(path: Path, encoding: str | None, refused: set[str], note: Note) -> _GrowingFile | None:
    """The new file in a log's place; None if it cannot be read now, which is said once for each reason, and tried again."""
    try:
        with open_file(path) as handle:
            _refuse_packed(handle.read(MAGIC_BYTES), str(path), encoding)
        return _GrowingFile(path)
    except (InputError, OSError) as error:
        what = error.what if isinstance(error, InputError) else error.strerror or str(error)
        if what not in refused:
            note(f"{path} was rotated, but the new file {what}; it is tried again, and the old one followed")
            refused.add(what)
        return None


def _refuse_packed(head: bytes, name: str, encoding: str | None) -> None:
    """Raises InputError for a packed file, unless it is said to be text."""
    if encoding is None and (kind := compression_of(head)) is not None:
        remedy = "A log that is complete: gclog watch --replay 0 LOG. A stream: unpack it first."
        raise InputError(f"is packed ({kind})", where=name, remedy=remedy)


def _restart(cutter: LineCutter, what: str, note: Note) -> Iterator[Lines]:
    if (lines := cutter.flush()) is not None:
        yield lines
    cutter.restart()
    note(f"{what}; its first line is line {cutter.line:,} here")


# ---------------------------------------------------------------- streams


def follow_stream(
    open_stream: Callable[[], IO[bytes]],
    note: Note,
    encoding: str | None = None,
    *,
    name: str = "stdin",
    poll_s: float = POLL_S,
    may_skip: Callable[[], bool] = bool,
) -> Iterator[Lines | Skipped | None]:
    """The lines of a pipe, FIFO or stdin until it is closed; None whenever nothing has come for a while.

    A thread opens and reads it, so that neither a FIFO without a writer nor a silent program blocks the watch.
    """
    cutter = LineCutter(name, encoding, note)
    waiting = WaitingBytes(lambda: cutter.may_skip and may_skip(), poll_s=poll_s)
    threading.Thread(target=_pump, args=(open_stream, name, waiting), name="gclog-stream", daemon=True).start()
    while (came := waiting.get()) != b"":
        match came:
            case None:
                yield None
            case GclogError():
                raise came
            case Skipped():
                yield cutter.skip(came)
            case _:
                if (lines := cutter.feed(came)) is not None:
                    yield lines
    if (lines := cutter.flush()) is not None:
        yield lines


def _pump(open_stream: Callable[[], IO[bytes]], name: str, waiting: WaitingBytes) -> None:
    """Read to the end, which is an empty chunk. Reads are raw: they return what is there without waiting for more."""
    try:
        stream = open_stream()
        read = getattr(stream, "raw", stream).read
        while data := read(CHUNK_BYTES):
            waiting.put(data)
        waiting.put(b"")
    except OSError as error:
        what = f"reading failed: {error.strerror or error}"
        waiting.fail(InputError(what, where=name, remedy="Check what writes to it."))
    except GclogError as error:
        waiting.fail(error)
    except Exception as error:  # raised by the thread that judges, which waits for this one
        waiting.fail(Fault(error, where=name))
