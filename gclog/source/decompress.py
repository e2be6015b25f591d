"""Compressed bytes unpacked while they are read, in bounded memory. What comes before damage is delivered; damage is noted."""

from __future__ import annotations

import bz2
import lzma
import struct
import zlib
from collections.abc import Callable, Iterable, Iterator
from typing import Any

from gclog.source.feed import Note
from gclog.source.magic import Compression

__all__ = [
    "GZIP_STEP",
    "SMALL_STEP",
    "XZ_MEMORY_BYTES",
    "DamagedError",
    "Output",
    "decompress",
    "gzip_output",
    "stepwise_output",
    "zstd_decoder",
    "zstd_output",
]

OUTPUT_BYTES = 1 << 20
"""Upper bound on what comes out of one step: a few KiB of gzip can unpack to a gigabyte."""

GZIP_STEP = 1 << 16

SMALL_STEP = 256
"""Bytes fed at a time to decoders that lose their output when they fail (bzip2, xz), or whose output cannot be limited
(zstd: at most 128 KiB for 4 bytes)."""

XZ_MEMORY_BYTES = 512 << 20
"""Larger dictionaries are refused; `xz -9` needs 65 MiB."""

_ZIP_LOCAL_HEADER = struct.Struct("<4sHHHHHIIIHH")
_DEFLATED = 8


class DamagedError(Exception):
    """Packed bytes are not what they should be."""


def gzip_output(decoder: Any, data: bytes) -> Iterator[bytes]:
    """What a decoder of zlib makes of more bytes, up to the damage. Raises DamagedError."""
    while True:
        before = decoder.copy()
        try:
            part = decoder.decompress(data, OUTPUT_BYTES)
        except zlib.error as error:
            yield from _up_to_the_damage(before, data)
            raise DamagedError(str(error)) from error
        yield part
        data = decoder.unconsumed_tail
        if decoder.eof or (not data and len(part) < OUTPUT_BYTES):  # a full one: more may be held back, without input
            return


def _up_to_the_damage(decoder: Any, data: bytes) -> Iterator[bytes]:
    """What the bytes give before the decoder refuses them: they are fed again, one by one."""
    for value in data:
        try:
            part = decoder.decompress(bytes([value]))
        except zlib.error:
            return
        yield part


def stepwise_output(decoder: Any, data: bytes) -> Iterator[bytes]:
    """What a decoder of bzip2 or LZMA makes of more bytes. Raises DamagedError."""
    try:
        part = decoder.decompress(data, OUTPUT_BYTES)
        while True:
            yield part
            if decoder.eof or decoder.needs_input:
                return
            part = decoder.decompress(b"", OUTPUT_BYTES)
    except (OSError, EOFError, lzma.LZMAError) as error:
        raise DamagedError(str(error)) from error


def zstd_decoder() -> Any:
    import zstandard  # few logs are packed, and fewer by zstd

    return zstandard.ZstdDecompressor().decompressobj()


def zstd_output(decoder: Any, data: bytes) -> Iterator[bytes]:
    """What a decoder of zstd makes of more bytes. Raises DamagedError."""
    import zstandard

    try:
        yield decoder.decompress(data)
    except zstandard.ZstdError as error:
        raise DamagedError(str(error)) from error


Output = Callable[[Any, bytes], Iterator[bytes]]
"""What a decoder makes of more bytes."""

_DECODERS: dict[Compression, tuple[Callable[[], Any], Output, int]] = {
    "gzip": (lambda: zlib.decompressobj(wbits=31), gzip_output, GZIP_STEP),
    "bzip2": (bz2.BZ2Decompressor, stepwise_output, SMALL_STEP),
    "xz": (lambda: lzma.LZMADecompressor(lzma.FORMAT_XZ, memlimit=XZ_MEMORY_BYTES), stepwise_output, SMALL_STEP),
    "zstd": (zstd_decoder, zstd_output, SMALL_STEP),
}


def _steps(chunks: Iterable[bytes], step: int) -> Iterator[bytes]:
    for chunk in chunks:
        for start in range(0, len(chunk), step):
            yield chunk[start : start + step]


def decompress(kind: Compression, chunks: Iterable[bytes], note: Note) -> Iterator[bytes]:
    """Unpacked chunks, of all members or frames in a row. Damage, a cut end and foreign bytes after the end are noted."""
    if kind == "zip":
        yield from _salvage_zip(chunks, note)
        return
    new, output, step = _DECODERS[kind]
    decoder, members, begun = new(), 0, False
    for data in _steps(chunks, step):
        rest = data
        while True:
            rest = rest if begun or not members else rest.lstrip(b"\x00")  # padding between members
            if not rest:
                break
            begun = True
            try:
                yield from filter(None, output(decoder, rest))
            except DamagedError as damage:
                where = f"after {members} complete members" if members else "somewhere"
                note(f"the {kind} data is damaged {where} ({damage}); what comes after the damage is missing")
                return
            if not decoder.eof:
                break
            rest, decoder, members, begun = decoder.unused_data, new(), members + 1, False
    if begun:
        note(f"the {kind} data is cut off: its end is missing")


def _salvage_zip(chunks: Iterable[bytes], note: Note) -> Iterator[bytes]:
    """The deflated members of a zip archive whose directory (its end) is missing, in order."""
    note("the zip archive is cut off or damaged: its directory is missing; members are read in a row as far as they go")
    source = iter(chunks)
    held = b""

    def fill(wanted: int) -> bool:
        nonlocal held
        while len(held) < wanted:
            more = next(source, b"")
            if not more:
                return False
            held += more
        return True

    while fill(_ZIP_LOCAL_HEADER.size):
        signature, _, _, method, _, _, _, _, _, name_bytes, extra_bytes = _ZIP_LOCAL_HEADER.unpack_from(held)
        skip = _ZIP_LOCAL_HEADER.size + name_bytes + extra_bytes
        if signature != b"PK\x03\x04" or method != _DEFLATED or not fill(skip):
            return
        held = held[skip:]
        decoder = zlib.decompressobj(wbits=-15)
        while not decoder.eof and fill(1):
            try:
                yield from filter(None, gzip_output(decoder, held))
            except DamagedError:
                return
            held = decoder.unused_data
        if not fill(4):
            return
        start = held.find(b"PK\x03\x04")  # over the data descriptor of a streamed member
        if start < 0:
            return
        held = held[start:]
