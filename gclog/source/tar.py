"""Tar archives, packed or not: what is in them, and the bytes of a member, in any order.

A packed archive is unpacked once, to a temporary file without a name: its members are read several times, and a heap snapshot in it
may have gigabytes. Nothing is written under a name that the archive chooses; links, devices and folders are skipped.
"""

from __future__ import annotations

import io
import shutil
import tarfile
import tempfile
import weakref
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO, cast

from gclog.errors import InputError
from gclog.files import temporary_file
from gclog.source.decompress import decompress
from gclog.source.feed import CHUNK_BYTES, FileFeed, Note
from gclog.source.magic import MAGIC_BYTES, Compression, compression_of, is_tar

__all__ = ["TarArchive", "TarMember", "TarMemberFeed", "find_tar"]

MOST_MEMBERS = 10_000
"""An incident has a dozen files, a fleet's day some thousands; each becomes a source in the report."""

FREE_BYTES = 1 << 30
"""This much may come out of any archive, however small it is."""

MOST_RATIO = 200
"""Upper bound beyond that, as a multiple of the packed size: logs and snapshots reach 10 to 50; more is meant to fill the disk."""

SPARE_BYTES = 1 << 28
"""Kept free on the disk of temporary files."""

CHECKED_EVERY_BYTES = 1 << 26
"""How often the free space of the disk is checked."""

LONGEST_HEADER = 1 << 20
"""Upper bound on a header, which is read into memory whole: a longer one is no name."""

HEADER_PARTS = (
    tarfile.GNUTYPE_LONGNAME,
    tarfile.GNUTYPE_LONGLINK,
    tarfile.XHDTYPE,
    tarfile.XGLTYPE,
    tarfile.SOLARIS_XHDTYPE,
)
"""What comes before the header of a member, and says more of it."""

HEAD_PACKINGS = 2


@dataclass(frozen=True, slots=True)
class TarMember:
    """A member's place in its archive."""

    archive: TarArchive
    offset: int
    bytes: int

    def carried(self) -> TarMember:
        """The member with its bytes in memory, to be sent to another process: a handle stays where it is."""
        self.archive.handle.seek(self.offset)
        own = io.BytesIO(self.archive.handle.read(self.bytes))
        return TarMember(TarArchive(own, self.archive.packings), 0, self.bytes)


class TarArchive:
    """An archive, open until nothing refers to it any more. `packings`: how it was packed, outermost first."""

    def __init__(self, handle: IO[bytes], packings: tuple[Compression, ...]) -> None:
        self.handle = handle
        self.packings = packings
        self._closing = weakref.finalize(self, handle.close)

    def __reduce__(self) -> tuple[type[TarArchive], tuple[IO[bytes], tuple[Compression, ...]]]:
        """Only what is held in memory can be sent."""
        return TarArchive, (self.handle, self.packings)

    def members(self, notes: list[str]) -> Iterator[tuple[str, TarMember]]:
        """The names and places of its regular files, in order. What is skipped is noted."""
        passed = 0
        for number, info in enumerate(_infos(self.handle, notes)):
            if number >= MOST_MEMBERS:
                notes.append(f"the archive has more than {MOST_MEMBERS:,} members; the rest is left out")
                break
            if info.isreg() and not info.issparse():
                yield info.name, TarMember(self, info.offset_data, info.size)
            elif not info.isdir():
                passed += 1
        if passed:
            notes.append(f"links and devices in the archive passed over: {passed}")


def _infos(handle: IO[bytes], notes: list[str]) -> Iterator[tarfile.TarInfo]:
    """The members, as `tarfile` reads them. One that it cannot read is noted, and reading goes on after it."""
    at: int | None = 0
    try:
        while at is not None:
            handle.seek(at)
            at = None
            with tarfile.open(
                fileobj=cast("IO[bytes]", _Headers(handle)), mode="r:"
            ) as archive:  # it only reads, seeks and tells
                try:
                    for info in archive:
                        if info.size < 0:  # the next header would be before this one
                            notes.append(f"a member of the archive passed over: {info.name} has {info.size:,} bytes")
                            at = info.offset_data
                            break
                        yield info
                except RecursionError:  # a long name that is the name of a long name, and so on
                    notes.append("a member of the archive passed over: its header has too many parts")
                    at = _after_member(handle, archive.offset)
    except (tarfile.TarError, OSError, ValueError) as error:
        notes.append(f"the archive is damaged or cut off: what comes after that is missing ({error})")


def _after_member(handle: IO[bytes], at: int) -> int:
    """Where the member ends whose first header is at an offset. Raises TarError if one of its headers is damaged."""
    while True:
        handle.seek(at)
        info = tarfile.TarInfo.frombuf(handle.read(tarfile.BLOCKSIZE), "utf-8", "surrogateescape")
        at += tarfile.BLOCKSIZE + -(-max(0, info.size) // tarfile.BLOCKSIZE) * tarfile.BLOCKSIZE
        if info.type not in HEADER_PARTS:
            return at


class _Headers:
    """The archive for `tarfile`, which reads only headers: one that claims to be huge is refused."""

    def __init__(self, handle: IO[bytes]) -> None:
        self._handle = handle

    def read(self, size: int) -> bytes:
        if size > LONGEST_HEADER:
            raise tarfile.ReadError(f"a header of {size:,} bytes")
        return self._handle.read(size)

    def seek(self, offset: int) -> int:
        return self._handle.seek(offset)

    def tell(self) -> int:
        return self._handle.tell()


class TarMemberFeed:
    """The bytes of one member."""

    seekable = True

    def __init__(self, member: TarMember) -> None:
        self._member = member
        self.bytes_read = 0
        self.total_bytes: int | None = member.bytes

    def chunks(self, offset: int, note: Note) -> Iterator[bytes]:
        position, handle = offset, self._member.archive.handle
        while position < self._member.bytes:
            handle.seek(self._member.offset + position)
            chunk = handle.read(min(CHUNK_BYTES, self._member.bytes - position))
            if not chunk:
                note(f"the archive is cut off: {position:,} of {self._member.bytes:,} bytes are there")
                return
            position += len(chunk)
            self.bytes_read = max(self.bytes_read, position)
            yield chunk

    def close(self) -> None:
        """Nothing to close: the archive is closed with the last reference to it."""


def find_tar(handle: IO[bytes], path: Path, notes: list[str]) -> TarArchive | None:
    """The tar archive in an open plain file, which it takes over; None if it is no tar. Raises InputError for one that is a trap."""
    packings: list[Compression] = []
    head = _head(handle, packings)
    while not is_tar(head):
        kind = compression_of(head[:MAGIC_BYTES])
        if kind in (None, "zip") or len(packings) == HEAD_PACKINGS:
            return None
        packings.append(kind)
        head = _head(handle, packings)
    whole = _unpack(handle, packings, path, notes) if packings else handle
    whole.seek(0)
    return TarArchive(whole, tuple(packings))


def _head(handle: IO[bytes], packings: list[Compression]) -> bytes:
    if not packings:
        handle.seek(0)
        return handle.read(MAGIC_BYTES)
    head = b""
    for chunk in _chunks(handle, packings, []):
        head += chunk
        if len(head) >= MAGIC_BYTES:
            break
    return head


def _chunks(handle: IO[bytes], packings: list[Compression], notes: list[str]) -> Iterator[bytes]:
    chunks: Iterator[bytes] = FileFeed(handle).chunks(0, notes.append)
    for kind in packings:
        chunks = decompress(kind, chunks, notes.append)
    yield from chunks


def _unpack(handle: IO[bytes], packings: list[Compression], path: Path, notes: list[str]) -> IO[bytes]:
    """The archive, unpacked to a temporary file. The packed file is closed."""
    most = max(FREE_BYTES, MOST_RATIO * path.stat().st_size)
    spool: IO[bytes] = temporary_file()
    written = 0
    try:
        for chunk in _chunks(handle, packings, notes):
            written += len(chunk)
            if written > most:
                what = f"unpacks to more than {MOST_RATIO} times its size: it is made to fill the disk"
                raise InputError(what, where=str(path), remedy="Unpack it yourself, and give the folder.")
            if written % CHECKED_EVERY_BYTES <= len(chunk) and shutil.disk_usage(tempfile.gettempdir()).free < SPARE_BYTES:
                remedy = "Set TMPDIR to a folder on a larger disk, or unpack the archive there and give the folder."
                raise InputError("does not fit unpacked into the folder of temporary files", where=str(path), remedy=remedy)
            spool.write(chunk)
        spool.flush()
    except BaseException:
        spool.close()
        raise
    finally:
        handle.close()
    return spool
