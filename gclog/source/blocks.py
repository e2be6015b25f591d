"""Chunks of text cut into blocks of whole lines, in bounded memory no matter how long a line is.

What is a line: it ends with LF or CRLF. A lone CR is a byte of the line (a spinner or progress bar draws over itself with
it; `unwrap` splits such a line), unless the first part of the source has no LF at all: then it is a text of the old
Mac, or a terminal's recording, and each CR ends a line (`open` decides that). NULs are not content and are dropped.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from gclog.source.feed import Note

__all__ = ["BLOCK_BYTES", "JSON_LINE_BYTES", "LINE_BYTES", "Block", "Cut", "cut_blocks"]

BLOCK_BYTES = 4 << 20
"""Large enough that what is done once per block costs nothing, small enough to hold a few in memory."""

LINE_BYTES = 1 << 20
"""A longer line is cut: V8's longest are below 10 KiB; those of bundlers and base64 dumps have no limit."""

JSON_LINE_BYTES = 16 << 20
"""A line that begins with `{` may be longer: cut JSON cannot be read at all, and a crash tail may be in it."""

HEAD_BYTES = LINE_BYTES // 2
TAIL_BYTES = LINE_BYTES // 4
"""What is kept of a cut line: its beginning, where a record would begin, and its end, where a glued one may be."""

CUT_MARK = b" [... cut by gclog ...] "


@dataclass(frozen=True, slots=True)
class Block:
    """Whole lines in UTF-8, each ending with LF, except perhaps the last of a source. `first_line` counts from 1."""

    data: bytes
    first_line: int


@dataclass(frozen=True, slots=True)
class Cut:
    """A block, and where in the stream of chunks it began."""

    block: Block
    offset: int


def _limit(line: bytes | bytearray) -> int:
    return JSON_LINE_BYTES if line[:1] == b"{" else LINE_BYTES


class _Unfinished:
    """A line whose end has not been read. Once it is too long, only its beginning and its end are kept."""

    def __init__(self) -> None:
        self._kept = bytearray()
        self._dropped = 0

    def append(self, data: bytes | memoryview) -> None:
        self._kept += data
        if self._dropped or len(self._kept) > _limit(self._kept):
            surplus = len(self._kept) - HEAD_BYTES - TAIL_BYTES
            if surplus > 0:
                del self._kept[HEAD_BYTES : HEAD_BYTES + surplus]
                self._dropped += surplus

    def take(self) -> tuple[bytes, int]:
        """The line, and how many bytes of it were dropped."""
        kept, dropped = bytes(self._kept), self._dropped
        self._kept, self._dropped = bytearray(), 0
        return (kept[:HEAD_BYTES] + CUT_MARK + kept[HEAD_BYTES:] if dropped else kept), dropped


def _cut_long_lines(data: bytes, dropped: list[int]) -> bytes:
    """The same lines, those too long cut. Only the lines at a few positions are looked at: every long line covers one of them."""
    parts: list[bytes] = []
    done = 0
    for probe in range(LINE_BYTES // 2, len(data), LINE_BYTES // 2):
        if probe < done:
            continue
        start = max(data.rfind(b"\n", done, probe) + 1, done)
        end = data.find(b"\n", probe)
        end = len(data) if end < 0 else end
        if end - start <= LINE_BYTES or end - start <= _limit(data[start : start + 1]):
            continue
        line = _Unfinished()
        line.append(data[start:end])
        kept, lost = line.take()
        dropped.append(lost)
        parts += [data[done:start], kept]
        done = end
    return b"".join([*parts, data[done:]]) if parts else data


def _gather(chunks: Iterable[bytes], size: int) -> Iterator[bytes]:
    """Chunks joined until they have `size` bytes."""
    held: list[bytes] = []
    length = 0
    for chunk in chunks:
        held.append(chunk)
        length += len(chunk)
        if length >= size:
            yield b"".join(held)
            held, length = [], 0
    if length:
        yield b"".join(held)


def _newlines(data: bytes) -> bytes:
    """LF instead of CRLF, and instead of the CRCRLF that a text-mode copy on Windows makes of it."""
    while b"\r" in data and b"\r\n" in data:
        data = data.replace(b"\r\n", b"\n")
    return data


def cut_blocks(chunks: Iterable[bytes], *, offset: int, first_line: int, size: int, note: Note) -> Iterator[Cut]:
    """Blocks of about `size` bytes. `offset` and `first_line` say where the first chunk begins: at the start of a line."""
    unfinished = _Unfinished()
    line, at, block_at, nuls = first_line, offset, offset, 0
    dropped: list[int] = []
    for chunk in _gather(chunks, size):
        end = chunk.rfind(b"\n") + 1
        rest = chunk[end:]
        done = memoryview(chunk)[:end]
        first = chunk.find(b"\n")
        if b"\x00" in chunk:
            nuls += chunk.count(0)
            cleaned = chunk[:end].translate(None, b"\x00")  # `replace` is 70 times slower in a hole
            rest, done, first = rest.translate(None, b"\x00"), memoryview(cleaned), cleaned.find(b"\n")
        if end:
            unfinished.append(done[:first])
            begun, lost = unfinished.take()
            dropped += [lost] if lost else []
            data = _newlines(_cut_long_lines(b"".join((begun, done[first:])), dropped))
            yield Cut(Block(data, line), block_at)
            line += data.count(b"\n")
            block_at = at + end
        unfinished.append(rest)
        at += len(chunk)
    last, lost = unfinished.take()
    dropped += [lost] if lost else []
    if last:
        yield Cut(Block(last.removesuffix(b"\r"), line), block_at)
    if nuls:
        note(f"NUL bytes dropped: {nuls:,} (a log truncated while it was written, or whose end was lost in a crash)")
    if dropped:
        note(f"lines above {LINE_BYTES >> 20} MiB cut: {len(dropped)}; bytes not read in their middle: {sum(dropped):,}")
