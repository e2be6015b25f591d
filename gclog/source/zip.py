"""Zip archives: what is in them, and the bytes of a member.

The directory is read once, entry by entry: `zipfile` refuses the whole archive if a single entry is odd, and reads the directory again
with every archive that it opens. Here what is odd about a member is a matter of that member.
"""

from __future__ import annotations

import bz2
import dataclasses
import io
import itertools
import lzma
import os
import struct
import weakref
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import IO, Any

from gclog.errors import InputError
from gclog.source.decompress import (
    GZIP_STEP,
    SMALL_STEP,
    XZ_MEMORY_BYTES,
    DamagedError,
    Output,
    gzip_output,
    stepwise_output,
    zstd_decoder,
    zstd_output,
)
from gclog.source.feed import CHUNK_BYTES, Note

__all__ = ["NoDirectoryError", "ZipArchive", "ZipMember", "ZipMemberFeed"]

_END = struct.Struct("<4s4H2LH")
_END_64 = struct.Struct("<4sQ2H2L4Q")
_LOCATOR_64 = struct.Struct("<4sLQL")
_ENTRY = struct.Struct("<4s6H3L5H2L")
_LOCAL_HEADER = struct.Struct("<4s5H3L2H")

_AFTER_ENTRIES = (b"PK\x05\x06", b"PK\x06\x06", b"PK\x05\x05")
"""What comes after the last entry: the end, that of zip64, a signature."""

LONGEST_COMMENT = 0xFFFF
NOT_HERE = 0xFFFFFFFF
"""A size or an offset that is in the extra field of zip64 instead."""

EXTRA_64 = 1
ENCRYPTED = 1
UTF8_NAME = 0x800

KNOWN_VERSION = 63
"""6.3, of 2006, is the last one that changes how a member is packed."""

STORED = 0

_PACKINGS = {1: "Shrink", 6: "Implode", 9: "Deflate64", 10: "the old IBM TERSE", 96: "JPEG", 97: "WavPack", 98: "PPMd"}
"""Those with a name that gclog does not unpack; old or rare."""


class NoDirectoryError(Exception):
    """The archive's directory, at its end, is missing or cannot be read."""


@dataclass(frozen=True, slots=True)
class ZipMember:
    """A member as the directory describes it. `refused`: why it cannot be read."""

    archive: ZipArchive = dataclasses.field(repr=False, compare=False)
    name: str
    offset: int
    packed_bytes: int
    bytes: int
    checksum: int
    method: int
    encrypted: bool
    refused: str | None = None

    def carried(self) -> ZipMember:
        """The member with its bytes in memory, to be sent to another process: a handle stays where it is."""
        handle = self.archive.handle
        handle.seek(self.offset)
        header = handle.read(_LOCAL_HEADER.size)
        names_bytes = sum(_LOCAL_HEADER.unpack(header)[-2:]) if len(header) == _LOCAL_HEADER.size else 0
        own = io.BytesIO(header + handle.read(names_bytes + self.packed_bytes))
        return dataclasses.replace(self, archive=ZipArchive(own), offset=0)


class ZipArchive:
    """An archive, open until nothing refers to it any more."""

    def __init__(self, handle: io.FileIO | io.BytesIO) -> None:
        self.handle = handle
        self._closing = weakref.finalize(self, handle.close)

    def __reduce__(self) -> tuple[type[ZipArchive], tuple[io.FileIO | io.BytesIO]]:
        """Only what is held in memory can be sent."""
        return ZipArchive, (self.handle,)

    def members(self, most: int, notes: list[str]) -> list[ZipMember]:
        """Its first members, at most `most`, without folders. Raises NoDirectoryError, also if no entry can be read."""
        start, prefix = _find_directory(self.handle)
        self.handle.seek(start)
        directory = io.BufferedReader(self.handle, 1 << 16)
        found: list[ZipMember] = []
        try:
            while (head := directory.read(_ENTRY.size)).startswith(b"PK\x01\x02"):
                member = self._member(head, directory, prefix)
                if member is None:
                    break
                if len(found) == most:
                    notes.append(f"the archive has more than {most:,} members; the rest is left out")
                    return _without_overlaps(found)
                if not member.name.endswith("/"):
                    found.append(member)
        finally:
            directory.detach()
        if not head.startswith(_AFTER_ENTRIES):
            if not found:
                raise NoDirectoryError
            notes.append("the archive's directory is damaged or cut off: what comes after that is missing")
        return _without_overlaps(found)

    def _member(self, head: bytes, rest: IO[bytes], prefix: int) -> ZipMember | None:
        if len(head) < _ENTRY.size:
            return None
        entry = _ENTRY.unpack(head)
        version, flags, method, checksum, packed, size = entry[2], entry[3], entry[4], entry[7], entry[8], entry[9]
        name_bytes, extra_bytes, comment_bytes, offset = entry[10], entry[11], entry[12], entry[16]
        tail = rest.read(name_bytes + extra_bytes + comment_bytes)
        if len(tail) < name_bytes + extra_bytes + comment_bytes:
            return None
        size, packed, offset = _long_values(tail[name_bytes : name_bytes + extra_bytes], (size, packed, offset))
        return ZipMember(
            self,
            _decode_name(tail[:name_bytes], flags),
            offset + prefix,
            packed,
            size,
            checksum,
            method,
            bool(flags & ENCRYPTED),
            _why_refused(version & 0xFF, flags, method),
        )


def _find_directory(handle: io.FileIO | io.BytesIO) -> tuple[int, int]:
    """Where the directory begins, and how many bytes come before the archive: a program that unpacks itself, for one."""
    size = handle.seek(0, os.SEEK_END)
    tail_at = max(0, size - _END.size - LONGEST_COMMENT)
    handle.seek(tail_at)
    tail = handle.read(size - tail_at)
    at = tail.rfind(b"PK\x05\x06")
    if at < 0 or len(tail) - at < _END.size:
        raise NoDirectoryError
    *_, bytes_of_it, offset, _ = _END.unpack_from(tail, at)
    end = tail_at + at
    if at >= _LOCATOR_64.size and tail.startswith(b"PK\x06\x07", at - _LOCATOR_64.size):
        end -= _LOCATOR_64.size + _END_64.size
        handle.seek(max(0, end))
        record = handle.read(_END_64.size)
        if len(record) == _END_64.size and record.startswith(b"PK\x06\x06"):
            *_, bytes_of_it, offset = _END_64.unpack(record)
    start = end - bytes_of_it
    if start < offset or start < 0:
        raise NoDirectoryError
    return start, start - offset


def _long_values(extra: bytes, values: tuple[int, int, int]) -> tuple[int, int, int]:
    """Size, packed size and offset, with those that the entry leaves to the extra field of zip64."""
    while len(extra) >= 4:
        kind, length = struct.unpack_from("<HH", extra)
        if kind == EXTRA_64:
            longs = iter(struct.unpack_from(f"<{min(length, len(extra) - 4) // 8}Q", extra, 4))
            size, packed, offset = (next(longs, value) if value == NOT_HERE else value for value in values)
            return size, packed, offset
        extra = extra[4 + length :]
    return values


def _decode_name(name: bytes, flags: int) -> str:
    """A name that is not in the encoding that it claims is shown with its bytes."""
    text = name.decode("utf-8", "backslashreplace") if flags & UTF8_NAME else name.decode("cp437")
    return text.partition("\0")[0]


def _why_refused(version: int, flags: int, method: int) -> str | None:
    if flags & ENCRYPTED:
        return "is encrypted"
    if version > KNOWN_VERSION:
        return f"needs version {version // 10}.{version % 10} of zip"
    if method != STORED and method not in _DECODERS:
        return f"is packed with {_PACKINGS.get(method, f'method {method}')}, which gclog does not unpack"
    return None


def _without_overlaps(members: list[ZipMember]) -> list[ZipMember]:
    """The same members; those that share their bytes with the next one are refused: an archive made to unpack to very much."""
    in_order = sorted(range(len(members)), key=lambda number: members[number].offset)
    for number, following in itertools.pairwise(in_order):
        member = members[number]
        if member.offset + _LOCAL_HEADER.size + member.packed_bytes > members[following].offset:
            members[number] = dataclasses.replace(member, refused="shares its bytes with another member")
    return members


# ---------------------------------------------------------------- one member


def _lzma_decoder(properties: bytes) -> Any:
    """A decoder for LZMA as zip has it: raw, after five bytes of properties."""
    if len(properties) != 5 or properties[0] >= 9 * 5 * 5:
        raise DamagedError("Invalid LZMA properties")
    rest, literal_context = divmod(properties[0], 9)
    position, literal_position = divmod(rest, 5)
    dictionary = int.from_bytes(properties[1:], "little")
    if dictionary > XZ_MEMORY_BYTES:
        raise DamagedError("Memory usage limit exceeded")
    one = {"id": lzma.FILTER_LZMA1, "dict_size": dictionary, "lc": literal_context, "lp": literal_position, "pb": position}
    try:
        return lzma.LZMADecompressor(lzma.FORMAT_RAW, filters=[one])
    except lzma.LZMAError as error:
        raise DamagedError(str(error)) from error


DEFLATED, BZIP2, LZMA, ZSTD, XZ = 8, 12, 14, 93, 95

_DECODERS: dict[int, tuple[Callable[[bytes], Any], Output, int]] = {
    DEFLATED: (lambda _: zlib.decompressobj(wbits=-15), gzip_output, GZIP_STEP),
    BZIP2: (lambda _: bz2.BZ2Decompressor(), stepwise_output, SMALL_STEP),
    LZMA: (_lzma_decoder, stepwise_output, SMALL_STEP),
    ZSTD: (lambda _: zstd_decoder(), zstd_output, SMALL_STEP),
    XZ: (lambda _: lzma.LZMADecompressor(lzma.FORMAT_XZ, memlimit=XZ_MEMORY_BYTES), stepwise_output, SMALL_STEP),
}


class ZipMemberFeed:
    """One member, unpacked while it is read, always from its beginning. Raises InputError if it is refused."""

    seekable = False

    def __init__(self, member: ZipMember, name: str) -> None:
        if member.refused is not None:
            raise InputError(member.refused, where=name, remedy="Unpack it first, and give the log.")
        self._member = member
        self.bytes_read = 0
        self.total_bytes: int | None = member.bytes

    def chunks(self, offset: int, note: Note) -> Iterator[bytes]:
        assert offset == 0
        member, position, checksum = self._member, 0, 0
        damage = "cut off"
        try:
            for whole in self._unpacked():
                part = whole[: member.bytes - position]
                position += len(part)
                checksum = zlib.crc32(part, checksum)
                self.bytes_read = max(self.bytes_read, position)
                yield part
                if position == member.bytes:
                    break
        except DamagedError as error:
            damage = str(error)
        if position == member.bytes:
            if checksum == member.checksum:
                return
            damage = "its checksum is wrong"
        note(f"the archive is damaged: {position:,} of {member.bytes:,} bytes could be read ({damage})")

    def _unpacked(self) -> Iterator[bytes]:
        chunks = self._packed()
        if self._member.method == STORED:
            yield from chunks
            return
        new, output, step = _DECODERS[self._member.method]
        held = next(chunks, b"")
        properties = b""
        if self._member.method == LZMA:
            length = 4 + int.from_bytes(held[2:4], "little")  # its first two bytes are a version
            properties, held = held[4:length], held[length:]
        decoder = new(properties)
        while held:
            for start in range(0, len(held), step):
                yield from filter(None, output(decoder, held[start : start + step]))
                if decoder.eof:
                    return
            held = next(chunks, b"")

    def _packed(self) -> Iterator[bytes]:
        """The bytes as they are in the archive."""
        member, handle = self._member, self._member.archive.handle
        handle.seek(member.offset)
        head = handle.read(_LOCAL_HEADER.size)
        if len(head) < _LOCAL_HEADER.size or not head.startswith(b"PK\x03\x04"):
            raise DamagedError("it is not where the directory says")
        *_, name_bytes, extra_bytes = _LOCAL_HEADER.unpack(head)
        position, left = member.offset + _LOCAL_HEADER.size + name_bytes + extra_bytes, member.packed_bytes
        while left:
            handle.seek(position)
            chunk = handle.read(min(CHUNK_BYTES, left))
            if not chunk:
                return
            position, left = position + len(chunk), left - len(chunk)
            yield chunk

    def close(self) -> None:
        """Nothing to close: the archive is closed with the last reference to it."""
