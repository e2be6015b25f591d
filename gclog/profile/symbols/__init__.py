"""Native symbols: names for C++ code hit by ticks."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from gclog.files import cache_folder
from gclog.profile.symbols.cache import SymbolCache
from gclog.profile.symbols.files import BinarySymbols

__all__ = ["BinarySymbols", "open_symbols"]


def open_symbols(folders: Sequence[Path], target: Path | None, cache: bool = True) -> BinarySymbols:
    """Symbols from a log's binaries: in `folders` (by name), below `target` (by path), or at the log's own paths.

    `cache`: keep the tables in the user's cache folder. A binary is read only once a log names it.
    """
    return BinarySymbols(folders, target, SymbolCache(cache_folder("symbols") if cache else None))
