"""Native symbols: names for the C++ that a tick was in."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from gclog.files import cache_folder
from gclog.profile.symbols.cache import SymbolCache
from gclog.profile.symbols.files import BinarySymbols

__all__ = ["BinarySymbols", "open_symbols"]


def open_symbols(folders: Sequence[Path], target: Path | None, cache: bool = True) -> BinarySymbols:
    """Symbols from the binaries of a log: in `folders` (by their names), below `target` (by their paths), or where the log has them.

    `cache`: keep the tables in the user's cache folder. No binary is read before a log names it.
    """
    return BinarySymbols(folders, target, SymbolCache(cache_folder("symbols") if cache else None))
