"""The symbol table of a binary (ELF, Mach-O, PE): which function is at which linked address. The only module that uses lief.

A symbol without a size ends where the next function starts. That is sound only if the table lists every function. PE exports and
stripped Mach-O files do not, so there the unwinder's list of functions (`.pdata`, LC_FUNCTION_STARTS) determines the ends. Gaps
between symbols keep the name of the library.
"""

from __future__ import annotations

import re
from array import array
from bisect import bisect_right
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, NamedTuple

from gclog.profile.symbols.names import readable

__all__ = ["BINARY_FORMS", "BinaryForm", "Segment", "SymbolTable", "read_tables"]

BinaryForm = Literal["elf", "macho", "pe"]

BINARY_FORMS: tuple[BinaryForm, ...] = ("elf", "macho", "pe")

ALIAS_PREFIX = "_"
MARKS = "$."
"""First characters of names that are assembler labels rather than functions (`$x`, `.L42`)."""

V8_VERSION = re.compile(rb"(?<=\0)(\d{1,2}\.\d{1,2}\.\d{1,4}\.\d{1,4}(?:-[a-z]+\.\d+)?)(?=\0)")
"""V8 contains its version as a separate string (src/utils/version.cc): `11.3.244.8-node.38`, `5.1.281.111`."""

NUMBERS_ALONE = 12
"""More strings of four numbers than this are not versions of V8 but a table of something else."""


class Segment(NamedTuple):
    """A range of code: its offset in the file, and its linked address."""

    offset: int
    address: int
    size: int

    @property
    def end(self) -> int:
        return self.address + self.size


@dataclass(frozen=True, slots=True)
class SymbolTable:
    """The functions of a binary, or of one architecture in it.

    fixed      it runs only at its linked address
    segments   ELF: the executable ones; Mach-O: the section __text; PE: the whole image
    versions   of V8, if it contains any
    build_id   hexadecimal, or empty
    names, starts, ends   of the functions, by address, without overlaps
    """

    form: BinaryForm
    fixed: bool
    segments: tuple[Segment, ...]
    versions: tuple[str, ...]
    build_id: str
    names: list[str]
    starts: array[int]
    ends: array[int]


class _Found(NamedTuple):
    start: int
    size: int
    weight: int
    name: str


def read_tables(path: Path) -> list[SymbolTable]:
    """The tables of a file: one, or one per architecture of a fat Mach-O file; empty if it is not a binary.

    Raises OSError.
    """
    with path.open("rb") as file:
        magic = file.read(4)
    import lief

    lief.logging.disable()
    if magic == b"\x7fELF":
        config = lief.ELF.ParserConfig()
        config.parse_relocations = config.parse_overlay = config.parse_symbol_versions = False
        elf = lief.ELF.parse(str(path), config)
        return [_of_elf(elf, _versions(path))] if elf is not None else []
    if magic[:2] == b"MZ":
        options = lief.PE.ParserConfig()
        options.parse_exceptions = True
        options.parse_rsrc = options.parse_reloc = options.parse_signature = options.parse_imports = False
        pe = lief.PE.parse(str(path), options)
        return [_of_pe(pe, _versions(path))] if isinstance(pe, lief.PE.Binary) else []
    if magic in _MACH_O:
        fat = lief.MachO.parse(str(path))
        return [table for binary in fat or () if (table := _of_macho(binary, _versions(path))) is not None]
    return []


_MACH_O = (b"\xcf\xfa\xed\xfe", b"\xce\xfa\xed\xfe", b"\xca\xfe\xba\xbe", b"\xca\xfe\xba\xbf")


def _versions(path: Path) -> tuple[str, ...]:
    """The versions of V8 in a file; only those with an embedder's suffix, if there are any."""
    import mmap

    with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
        found = sorted({match[1].decode() for match in V8_VERSION.finditer(data)})
    named = tuple(version for version in found if "-" in version)
    return named or (tuple(found) if len(found) <= NUMBERS_ALONE else ())


# ---------------------------------------------------------------- formats


def _of_elf(elf: Any, versions: tuple[str, ...]) -> SymbolTable:
    import lief

    segments = tuple(
        Segment(segment.file_offset, segment.virtual_address, segment.virtual_size)
        for segment in elf.segments
        if segment.type == lief.ELF.Segment.TYPE.LOAD and lief.ELF.Segment.FLAGS.X in segment
    )
    code = {i for i, section in enumerate(elf.sections) if lief.ELF.Section.FLAGS.EXECINSTR in section}
    types = lief.ELF.Symbol.TYPE
    weights = {types.FUNC: 0, types.GNU_IFUNC: 0, types.NOTYPE: 4}
    local = lief.ELF.Symbol.BINDING.LOCAL

    def found() -> Iterator[_Found]:
        for symbols in (elf.symtab_symbols, elf.dynamic_symbols):
            for symbol in symbols:
                weight = weights.get(symbol.type)
                if weight is None or not symbol.shndx or (code and symbol.shndx not in code):
                    continue
                if (name := symbol.name.partition("@")[0]) and name[0] not in MARKS:
                    bound = weight + 2 * (symbol.binding == local)
                    yield _Found(symbol.value, symbol.size, bound, readable(name, symbol.demangled_name))

    build_id = next((bytes(note.description).hex() for note in elf.notes if note.name.startswith("GNU") and _is_id(note)), "")
    fixed = elf.header.file_type == lief.ELF.Header.FILE_TYPE.EXEC
    return _table("elf", fixed, segments, versions, build_id, found())


def _is_id(note: Any) -> bool:
    import lief

    return bool(note.type == lief.ELF.Note.TYPE.GNU_BUILD_ID)


def _of_macho(binary: Any, versions: tuple[str, ...]) -> SymbolTable | None:
    import lief

    text = binary.get_section("__TEXT", "__text")
    if text is None:
        return None
    segment = Segment(text.offset, text.virtual_address, text.size)
    namer = lief.ELF.Symbol()

    def found() -> Iterator[_Found]:
        for symbol in binary.symbols:
            name = symbol.name
            if segment.address <= symbol.value < segment.end and name and symbol.raw_type & STAB == 0:
                namer.name = name = name.removeprefix("_")
                yield _Found(symbol.value, 0, 0, readable(name, namer.demangled_name))

    base = binary.imagebase
    begins = [base + offset for offset in binary.function_starts.functions] if binary.has_function_starts else []
    uuid = bytes(binary.uuid.uuid).hex() if binary.has_uuid else ""
    return _table("macho", False, (segment,), versions, uuid, found(), begins)


STAB = 0xE0
"""Bits of a Mach-O symbol's type that mark a debugger symbol (mach-o/nlist.h, N_STAB)."""


def _of_pe(pe: Any, versions: tuple[str, ...]) -> SymbolTable:
    base = pe.imagebase
    sizes = {entry.rva_start: entry.rva_end - entry.rva_start for entry in pe.exceptions}

    def found() -> Iterator[_Found]:
        for entry in pe.get_export().entries if pe.has_exports else ():
            if not entry.is_forwarded and entry.name and (size := sizes.get(entry.address, 0)):
                yield _Found(base + entry.address, size, 0, readable(entry.name, ""))

    image = Segment(0, base, pe.optional_header.sizeof_image)
    return _table("pe", False, (image,), versions, "", found())


# ---------------------------------------------------------------- one name for each address


def _table(
    form: BinaryForm,
    fixed: bool,
    segments: tuple[Segment, ...],
    versions: tuple[str, ...],
    build_id: str,
    found: Iterable[_Found],
    begins: Iterable[int] = (),
) -> SymbolTable:
    names, starts, ends = _flatten(found, segments, sorted(begins))
    return SymbolTable(form, fixed, segments, versions, build_id, names, starts, ends)


def _better(symbol: _Found) -> tuple[bool, int, bool, int, str]:
    """Preference among names of one address: with a size, a function, global, not an internal alias, shortest."""
    return symbol.size == 0, symbol.weight, symbol.name.startswith(ALIAS_PREFIX), len(symbol.name), symbol.name


def _flatten(
    found: Iterable[_Found], segments: tuple[Segment, ...], begins: list[int]
) -> tuple[list[str], array[int], array[int]]:
    """Symbols by address without overlaps: one inside another splits it in two; labels inside a function are omitted."""
    best: dict[int, _Found] = {}
    for symbol in found:
        known = best.get(symbol.start)
        if known is None or (known != symbol and _better(symbol) < _better(known)):
            best[symbol.start] = symbol
    names: list[str] = []
    starts, ends = array("Q"), array("Q")

    def put(name: str, start: int, end: int) -> None:
        if start < end:
            names.append(name)
            starts.append(start)
            ends.append(end)

    open_: list[tuple[str, int, int]] = []
    for symbol, end in _with_ends(sorted(best.values()), segments, begins):
        while open_ and open_[-1][2] <= symbol.start:
            put(*open_.pop())
            if open_:
                open_[-1] = (open_[-1][0], ends[-1], open_[-1][2])
        if open_:
            if not symbol.size:
                continue
            name, start, outer_end = open_[-1]
            put(name, start, symbol.start)
            open_[-1] = (name, symbol.start, outer_end)
            end = min(end, outer_end)
        open_.append((symbol.name, symbol.start, end))
    while open_:
        put(*open_.pop())
        if open_:
            open_[-1] = (open_[-1][0], ends[-1], open_[-1][2])
    return names, starts, ends


def _with_ends(symbols: list[_Found], segments: tuple[Segment, ...], begins: list[int]) -> Iterator[tuple[_Found, int]]:
    """The symbols inside a segment, each with its end (exclusive)."""
    ordered = sorted(segments, key=lambda segment: segment.address)
    boundaries = sorted({*begins, *(symbol.start for symbol in symbols)})
    place = 0
    for symbol in symbols:
        while place < len(ordered) and ordered[place].end <= symbol.start:
            place += 1
        if place == len(ordered):
            return
        if symbol.start < ordered[place].address:
            continue
        limit = ordered[place].end
        if symbol.size:
            limit = min(limit, symbol.start + symbol.size)
        elif (after := bisect_right(boundaries, symbol.start)) < len(boundaries):
            limit = min(limit, boundaries[after])
        yield symbol, limit
