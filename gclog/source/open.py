"""From the words of the command line to streams of lines: files, folders, globs, stdin; unpacked, in UTF-8, in blocks.

with open_source(spec) as source:
    for block in source.blocks():
        ...
    evidence = source.fetch([12, 4711])
"""

from __future__ import annotations

from bisect import bisect_right
from collections import deque
from collections.abc import Callable, Collection, Iterator
from types import TracebackType
from typing import Self, TypeVar

from gclog.errors import InputError, faults_at
from gclog.source.blocks import BLOCK_BYTES, Block, cut_blocks
from gclog.source.decompress import decompress
from gclog.source.encoding import UTF8, choose_encoding, to_utf8, unify_newlines
from gclog.source.expand import SourceSpec, expand, join_rotated, open_file, open_stdin
from gclog.source.feed import Feed, FileFeed, Note, PipeFeed, ReadFeed, is_regular
from gclog.source.magic import MAGIC_BYTES, PADDING, Compression, compression_of, looks_like_text, seems_to_be
from gclog.source.rotated import RotatedFeed
from gclog.source.tar import TarMember, TarMemberFeed
from gclog.source.zip import ZipMember, ZipMemberFeed

__all__ = ["Block", "Source", "SourceSpec", "expand", "join_rotated", "open_source"]

HEAD_BYTES = 1 << 16
"""How much is looked at to find the encoding, the line ends, and whether it is text."""

LEADING_NUL_BYTES = 1 << 26
"""How far into a hole of NULs the log's beginning is looked for; beyond that the log is taken for UTF-8."""

MAX_PACKINGS = 3
"""`app.log.gz` in a `.zip` is common; anything packed more often is meant to exhaust its reader."""


def _ignore(_: str) -> None:
    """For a second reading: the first has noted what is odd."""


Opened = TypeVar("Opened")


class Source:
    """One log, open. Its text is UTF-8, its lines end with LF; see `blocks` for what a line is.

    name          as given: a path, `archive.zip/member`, `stdin`
    compression   names of the packings, outermost first, joined by "+"; None if it is not packed
    encoding      as found or as given; without its byte order mark
    bytes_read    raw (packed) bytes read so far; total_bytes: of how many, None if that cannot be known
    notes         what was odd: damage, NULs, cut lines; complete once `blocks` has run to its end
    pieces        the files of a rotated log, and the line at which each begins; empty for any other
    until_line    what comes after this line is not read; None: all is

    Once closed, it can be sent to another process, which has to say with `is_found_at` where the bytes are.
    """

    def __init__(self, spec: SourceSpec, feed: Feed, encoding: str | None) -> None:
        self.name = spec.name
        self.until_line: int | None = None
        self.notes: list[str] = list(spec.notes)
        self._feed = feed
        self._archive = _archive_of(spec)
        self._packings: list[Compression] = []
        self._index: list[tuple[int, int]] = []
        head = self._open_packings()
        seems = seems_to_be(head)
        if seems is not None and encoding is None:
            raise self._not_text(f"it seems to be {seems[0]}", seems[1])
        self.encoding, self._mark_bytes = choose_encoding(head, encoding)
        text = head[self._mark_bytes :]
        if self.encoding != UTF8:
            text = b"".join(to_utf8([text], self.encoding))
        if encoding is None and not looks_like_text(text):
            raise self._not_text("it seems to be binary data", "Give the log itself. --encoding says in which encoding it is.")
        self._cr_ends_lines = b"\r" in text[:-1] and b"\n" not in text
        if self._cr_ends_lines:
            self._note("the lines end with CR, as on the old Mac")

    @property
    def compression(self) -> str | None:
        return "+".join([*self._archive, *self._packings]) or None

    @property
    def pieces(self) -> dict[str, int]:
        return self._feed.first_lines if isinstance(self._feed, RotatedFeed | ReadFeed) else {}

    @property
    def bytes_read(self) -> int:
        return self._feed.bytes_read

    @property
    def total_bytes(self) -> int | None:
        return self._feed.total_bytes

    def blocks(self, size: int = BLOCK_BYTES) -> Iterator[Block]:
        """The lines in blocks of about `size` bytes, every block whole lines, up to `until_line`. May be called again.

        A line ends with LF or CRLF (lone CRs stay in it, unless the source's first part has no LF at all). Lines above
        1 MiB (16 MiB if they begin with `{`) are cut, NULs dropped; both are noted.
        """
        index: list[tuple[int, int]] = []
        try:
            for cut in cut_blocks(self._text(0, self._note), offset=self._mark_bytes, first_line=1, size=size, note=self._note):
                if self.until_line is not None and cut.block.first_line > self.until_line:
                    break
                index.append((cut.block.first_line, cut.offset))
                yield cut.block if self.until_line is None else _up_to(cut.block, self.until_line)
        finally:
            self._index = index if self._is_plain else index[:1]

    def chunks(self) -> Iterator[bytes]:
        """The text in chunks that end anywhere, for a source that is no log of lines. May be called again."""
        return self._text(0, self._note)

    def fetch(self, lines: Collection[int]) -> dict[int, str]:
        """The text of some lines, by their numbers; numbers beyond the end are left out.

        In a plain file only the blocks that hold the lines are read, any other is read from its beginning. Bad UTF-8 becomes U+FFFD.
        """
        found: dict[int, str] = {}
        wanted = deque(sorted(set(lines)))
        while wanted:
            position = bisect_right(self._index, wanted[0], key=lambda entry: entry[0]) - 1
            first_line, offset = self._index[position] if position > 0 else (1, 0)
            next_known = self._index[position + 1][0] if 0 <= position < len(self._index) - 1 else None
            self._fetch_from(first_line, offset, wanted, next_known, found)
        return found

    def _fetch_from(
        self, first_line: int, offset: int, wanted: deque[int], next_known: int | None, found: dict[int, str]
    ) -> None:
        """Read from a known line until the wanted ones are found, and no longer wanted, or are beyond the next known one."""
        chunks = self._text(offset, _ignore)  # in blocks as they come: no longer wait for a slow pipe than needed
        for cut in cut_blocks(chunks, offset=offset, first_line=first_line, size=1, note=_ignore):
            texts = cut.block.data.split(b"\n")
            count = len(texts) - (1 if cut.block.data.endswith(b"\n") else 0)
            end = cut.block.first_line + count
            while wanted and wanted[0] < end:
                line = wanted.popleft()
                if line >= cut.block.first_line:
                    found[line] = texts[line - cut.block.first_line].decode(UTF8, errors="replace")
            if not wanted or (next_known is not None and wanted[0] >= next_known):
                return
        wanted.clear()

    def close(self) -> None:
        """Close the file. `is_found_at` says where lines are to be fetched from after that."""
        self._feed.close()
        self._feed = ReadFeed(self._feed.seekable, self.bytes_read, self.total_bytes, self.pieces)

    def is_found_at(self, spec: SourceSpec, encoding: str | None) -> None:
        """The source is closed, was opened with these, and is a file: it is opened again if its bytes are needed once more."""
        self._feed = ReadFeed(
            self._feed.seekable, self.bytes_read, self.total_bytes, self.pieces, lambda: _open_feed(spec, encoding)
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.close()

    @property
    def _is_plain(self) -> bool:
        """Whether an offset in the text is an offset in the file."""
        return self._feed.seekable and not self._packings and self.encoding == UTF8 and not self._cr_ends_lines

    def _note(self, text: str) -> None:
        if text not in self.notes:
            self.notes.append(text)

    def _not_text(self, why: str, remedy: str) -> InputError:
        if "zip" in self._packings:  # without its directory, or it would have been opened member by member
            remedy = f"The archive has lost its directory, at its end: fetch it again. {remedy}"
            return InputError(
                f"is a cut zip archive, and what comes first in it is not text: {why}", where=self.name, remedy=remedy
            )
        packed = f"what is packed in it ({self.compression}) " if self._packings else ""
        return InputError(f"{packed}is not text: {why}", where=self.name, remedy=remedy)

    def _unpacked(self, offset: int, note: Note) -> Iterator[bytes]:
        chunks = self._feed.chunks(offset, note)
        for kind in self._packings:
            chunks = decompress(kind, chunks, note)
        return chunks

    def _text(self, offset: int, note: Note) -> Iterator[bytes]:
        chunks = self._unpacked(offset, note)
        if offset == 0 and self._mark_bytes:
            chunks = _skip(chunks, self._mark_bytes)
        if self.encoding != UTF8:
            chunks = to_utf8(chunks, self.encoding)
        return unify_newlines(chunks) if self._cr_ends_lines else chunks

    def _open_packings(self) -> bytes:
        """Find the packings, outermost first; the beginning of what is inside. Raises InputError if nothing comes out."""
        while True:
            notes: list[str] = []
            head = _head(self._unpacked(0, notes.append))
            if not head and notes:
                raise InputError(notes[-1], where=self.name, remedy="Fetch the file again, or give the log unpacked.")
            kind = compression_of(head[:MAGIC_BYTES])
            if kind is None:
                return head
            if kind == "zip" and isinstance(self._feed, PipeFeed):
                raise InputError("is a zip archive in a pipe", where=self.name, remedy="Save it to a file, and give that.")
            if len(self._packings) == MAX_PACKINGS:
                raise InputError(f"is packed more than {MAX_PACKINGS} times", where=self.name, remedy="Unpack it first.")
            self._packings.append(kind)


def _skip(chunks: Iterator[bytes], count: int) -> Iterator[bytes]:
    for chunk in chunks:
        yield chunk[count:]
        count = max(0, count - len(chunk))


def _head(chunks: Iterator[bytes]) -> bytes:
    """The first bytes that are not padding, without waiting for more than one line of a slow pipe."""
    head = b""
    skipped = 0
    for chunk in chunks:
        head += chunk
        padding = PADDING.match(head)
        if padding and skipped < LEADING_NUL_BYTES:
            skipped += padding.end()
            head = head[padding.end() :]
        if len(head) >= HEAD_BYTES or (len(head) >= MAGIC_BYTES and b"\n" in head):
            break
    return head[:HEAD_BYTES]


def open_source(spec: SourceSpec, encoding: str | None = None) -> Source:
    """Open a log: find out how it is packed and encoded. `encoding` overrules what was found, and takes any bytes for text.

    Raises InputError if it cannot be opened or is not text; UsageError if there is no encoding of that name.
    """
    feed = _refusing(spec, lambda: _open_feed(spec, encoding))
    if spec.pieces and encoding is not None:
        encoding = UTF8  # its pieces are decoded already
    try:
        return _refusing(spec, lambda: Source(spec, feed, encoding))
    except BaseException:
        feed.close()
        raise


def _refusing(spec: SourceSpec, action: Callable[[], Opened]) -> Opened:
    try:
        with faults_at(spec.name):
            return action()
    except OSError as error:
        what = f"cannot be read: {error.strerror or error}"
        raise InputError(what, where=spec.name, remedy="Check the file, and who may read it.") from error


def _archive_of(spec: SourceSpec) -> list[str]:
    """What the archive of a member is, and how that is packed, outermost first."""
    if isinstance(spec.place, TarMember):
        return [*spec.place.archive.packings, "tar"]
    return [] if spec.place is None else ["zip"]


def _open_feed(spec: SourceSpec, encoding: str | None) -> Feed:
    if spec.pieces:
        return RotatedFeed(spec.pieces, lambda piece: open_source(piece, encoding))
    if spec.path is None:
        stream = open_stdin()
        return PipeFeed(getattr(stream, "raw", stream), own=False)  # raw: what is there already, not 1 MiB of it
    if isinstance(spec.place, TarMember):
        return TarMemberFeed(spec.place)
    if isinstance(spec.place, ZipMember):
        return ZipMemberFeed(spec.place, spec.name)
    handle = open_file(spec.path)
    return FileFeed(handle) if is_regular(handle) else PipeFeed(handle)


def _up_to(block: Block, line: int) -> Block:
    """The lines of a block up to one of them, or all."""
    count = line - block.first_line + 1
    lines = block.data.split(b"\n", count)
    return block if len(lines) <= count else Block(b"".join(one + b"\n" for one in lines[:count]), block.first_line)
