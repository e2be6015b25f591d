"""Profiles in the format of pprof, mostly packed with gzip: `@datadog/pprof` and `pprof` (npm), Go, Pyroscope, gclog itself.

One protocol buffer, `perftools.profiles.Profile` (https://github.com/google/pprof/blob/main/proto/profile.proto, which has the numbers
of the fields): values of stacks, what the values are, and texts by their index.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import NamedTuple

from gclog.source.json_stream import CutError, MalformedError

__all__ = ["MOST_PPROF_BYTES", "PprofFunction", "PprofLine", "PprofProfile", "names_memory", "read_pprof"]

MOST_PPROF_BYTES = 64 << 20
"""Unpacked: those of a process of days have 1 MB. More is a bomb, and costs more memory than a machine has to spare."""

_MEMORY = re.compile(rb"2(?:\x0binuse_space|\x05space)")
"""A text of the table that names a value of the heap: field 6, its length, the text."""

LONGEST_MARK = 16

VARINT, FIXED_64, BLOCK, FIXED_32 = 0, 1, 2, 5
"""Wire types of protocol buffers: https://protobuf.dev/programming-guides/encoding"""

VARINT_BITS = 64


class PprofFunction(NamedTuple):
    name: str
    file: str


class PprofLine(NamedTuple):
    """A place in a function: line and column from 1, 0 if not known."""

    function: PprofFunction
    line: int
    column: int


@dataclass(slots=True)
class PprofProfile:
    """A profile as it was read.

    types       what the values of a sample are, each with its unit: `("inuse_space", "bytes")`
    samples     stacks, the innermost location first, with their values
    locations   by id: its lines, the innermost of inlined functions first
    time_ns     when it was taken, since 1970 UTC; 0 if it does not say
    period      how much of `period_type` there is between two samples; 0 if it does not say
    """

    types: list[tuple[str, str]] = field(default_factory=list)
    samples: list[tuple[list[int], list[int]]] = field(default_factory=list)
    locations: dict[int, list[PprofLine]] = field(default_factory=dict)
    time_ns: int = 0
    period: int = 0


def names_memory(chunks: Iterable[bytes]) -> bool:
    """Whether a profile has a value of the heap, by the texts in it: one that is cut off before those has none."""
    seen, before = 0, b""
    for chunk in chunks:
        if _MEMORY.search(before + chunk):
            return True
        seen, before = seen + len(chunk), chunk[-LONGEST_MARK:]
        if seen > MOST_PPROF_BYTES:
            break
    return False


def read_pprof(chunks: Iterable[bytes]) -> PprofProfile:
    """The profile. Raises CutError if it ends before it is complete, MalformedError."""
    data = bytearray()
    for chunk in chunks:
        data += chunk
        if len(data) > MOST_PPROF_BYTES:
            raise MalformedError(f"unpacked it has more than {MOST_PPROF_BYTES >> 20} MB")
    raw = _Raw()
    for number, value in _fields(bytes(data)):
        raw.take(number, value)
    return raw.resolved()


Value = int | bytes


@dataclass(slots=True)
class _Raw:
    """The fields as they come; texts and functions may follow what names them."""

    types: list[tuple[int, int]] = field(default_factory=list)
    samples: list[tuple[list[int], list[int]]] = field(default_factory=list)
    locations: dict[int, list[tuple[int, int, int]]] = field(default_factory=dict)
    functions: dict[int, tuple[int, int]] = field(default_factory=dict)
    texts: list[str] = field(default_factory=list)
    time_ns: int = 0
    period: int = 0

    def take(self, number: int, value: Value) -> None:
        match number, value:
            case 1, bytes():
                one = _singles(value)
                self.types.append((one.get(1, 0), one.get(2, 0)))
            case 2, bytes():
                self.samples.append(_sample(value))
            case 4, bytes():
                self._take_location(value)
            case 5, bytes():
                one = _singles(value)
                self.functions[one.get(1, 0)] = (one.get(2, 0), one.get(4, 0))
            case 6, bytes():
                self.texts.append(value.decode("utf-8", errors="replace"))
            case 9, int():
                self.time_ns = value
            case 12, int():
                self.period = value

    def _take_location(self, block: bytes) -> None:
        own, lines = 0, []
        for number, value in _fields(block):
            if number == 1 and isinstance(value, int):
                own = value
            elif number == 4 and isinstance(value, bytes):
                one = _singles(value)
                lines.append((one.get(1, 0), one.get(2, 0), one.get(3, 0)))
        self.locations[own] = lines

    def resolved(self) -> PprofProfile:
        if not self.texts:
            raise CutError
        functions = {own: PprofFunction(self._text(name), self._text(file)) for own, (name, file) in self.functions.items()}
        none = PprofFunction("", "")
        return PprofProfile(
            types=[(self._text(kind), self._text(unit)) for kind, unit in self.types],
            samples=self.samples,
            locations={
                own: [PprofLine(functions.get(function, none), line, column) for function, line, column in lines]
                for own, lines in self.locations.items()
            },
            time_ns=self.time_ns,
            period=self.period,
        )

    def _text(self, place: int) -> str:
        if place >= len(self.texts):
            raise MalformedError("a name in it is not among its texts")
        return self.texts[place]


def _sample(block: bytes) -> tuple[list[int], list[int]]:
    """Its locations and its values: lists that are packed, or a field for each."""
    found: tuple[list[int], list[int]] = ([], [])
    for number, value in _fields(block):
        if number in (1, 2):
            found[number - 1].extend([value] if isinstance(value, int) else _varints(value))
    return found


# ---------------------------------------------------------------- the wire format


def _singles(block: bytes) -> dict[int, int]:
    """The numbers of a block, by their fields."""
    return {number: value for number, value in _fields(block) if isinstance(value, int)}


def _fields(block: bytes) -> Iterator[tuple[int, Value]]:
    """The fields of a block with their numbers. Raises CutError if the last one does not end in it."""
    at = 0
    while at < len(block):
        tag, at = _varint(block, at)
        match tag & 7:
            case kind if kind == VARINT:
                value, at = _varint(block, at)
                yield tag >> 3, value
                continue
            case kind if kind == BLOCK:
                length, at = _varint(block, at)
            case kind if kind in (FIXED_64, FIXED_32):
                length = 8 if kind == FIXED_64 else 4
            case _:
                raise MalformedError("it is no protocol buffer")
        if length > len(block) - at:
            raise CutError
        yield tag >> 3, block[at : at + length]
        at += length


def _varints(block: bytes) -> Iterator[int]:
    at = 0
    while at < len(block):
        value, at = _varint(block, at)
        yield value


def _varint(block: bytes, at: int) -> tuple[int, int]:
    """A number, and where the next thing begins: seven bits a byte, the lowest first; the top bit says that more follow."""
    value = shift = 0
    while shift < VARINT_BITS:
        if at >= len(block):
            raise CutError
        byte = block[at]
        at += 1
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            return value, at
        shift += 7
    raise MalformedError("a number in it does not end")
