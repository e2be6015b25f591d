"""Whether a binary is the one that a log says was mapped, and at what offset from its linked addresses.

V8 logs, per system (GetSharedLibraryAddresses in src/base/platform):
Linux     each executable mapping in /proc/self/maps, in whole pages; from about V8 6.3 on, start minus the file offset
macOS     the section __text, exact to the byte, and the slide
Windows   the whole image
So a mapping must end where the binary's own headers put its end. A binary that does not fit is not used.
"""

from __future__ import annotations

from itertools import combinations_with_replacement
from typing import NamedTuple

from gclog.profile.code_map import Native
from gclog.profile.symbols.table import SymbolTable

__all__ = ["Placed", "place"]

PAGE_BYTES = (0x1000, 0x4000, 0x10000)
"""Page sizes on Linux: x64 and most others; some arm64; other arm64 and ppc64."""


class Placed(NamedTuple):
    """Process address minus linked address, and the range of linked addresses covered by the mapping."""

    offset: int
    first: int
    end: int


def place(table: SymbolTable, library: Native) -> Placed | None:
    """Where a binary is mapped; None if it cannot be that binary."""
    start, end = library.start, library.start + library.size
    match table.form:
        case "elf":
            return _place_elf(table, start, end)
        case "macho":
            (text,) = table.segments
            offset = start - text.address
            return Placed(offset, text.address, text.end) if library.size == text.size and offset == library.slide else None
        case "pe":
            (image,) = table.segments
            return Placed(start - image.address, image.address, image.end) if library.size == image.size else None


def _place_elf(table: SymbolTable, start: int, end: int) -> Placed | None:
    for page in PAGE_BYTES:
        for first, last in combinations_with_replacement(table.segments, 2):
            begin = first.address // page * page
            offset = end - -(-last.end // page) * page
            set_back = first.offset // page * page
            if start in (begin + offset, begin + offset - set_back) and not (table.fixed and offset):
                return Placed(offset, first.address, last.end)
    return None
