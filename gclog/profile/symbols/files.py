"""Native symbols from a log's binaries, if they are available and are the ones that ran."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from gclog.model.profile import ProfileNote
from gclog.profile.code_map import Native
from gclog.profile.symbols.binaries import candidates, debug_files, is_binary_name
from gclog.profile.symbols.cache import SymbolCache
from gclog.profile.symbols.fit import Placed, place
from gclog.profile.symbols.table import SymbolTable, read_tables

__all__ = ["BinarySymbols"]

MAX_NAMED = 4
"""Upper bound on the binaries named in a note; a process has some ten."""


@dataclass(slots=True)
class _Binary:
    """The outcome for one binary of the log: a file that fits, or why the available file does not."""

    used: Path | None = None
    other: str = ""


class BinarySymbols:
    """Symbols for one log after another; `begin` must be called before each.

    Files in `folders` and below `target` were named by the user. Those at the log's own paths are used only if the log's first
    binary, the program, is at its path too and fits: a system library can be compared only by its number of pages, which another
    build of it may share.
    """

    def __init__(self, folders: Sequence[Path], target: Path | None, cache: SymbolCache) -> None:
        self._folders = tuple(folders)
        self._target = target
        self._cache = cache
        self._tables: dict[Path, list[SymbolTable]] = {}
        self.begin(None)

    def begin(self, v8: str | None) -> None:
        """Start a log of this version of V8 (`11.3.244.8-node.38`; None if it does not say)."""
        self._v8 = v8
        self._binaries: dict[str, _Binary] = {}
        self._program: str | None = None

    def of(self, library: Native) -> Sequence[tuple[str, int, int]]:
        """(name, start, end) of the functions in a mapping, end exclusive; empty if no binary fits it."""
        if not is_binary_name(library.name):
            return ()
        if self._program is None:
            self._program = library.name
        binary = self._binaries.setdefault(library.name, _Binary())
        program = self._binaries[self._program]
        here = library.name == self._program or (program.used is not None and program.used == Path(self._program))
        for path in candidates(library.name, self._folders, self._target, here):
            for table in self._read(path):
                if why := self._other_version(table):
                    binary.other = f"{path} {why}"
                elif (placed := place(table, library)) is None:
                    binary.other = f"{path} does not have the layout in the log"
                else:
                    binary.used = path
                    return _mapped(self._with_debug(path, table), placed)
        return ()

    def notes(self) -> tuple[ProfileNote, ...]:
        """Which binaries supplied names, and which did not and why."""
        used = {name: str(found.used) for name, found in self._binaries.items() if found.used is not None}
        other = [found.other for found in self._binaries.values() if found.used is None and found.other]
        absent = [name for name, found in self._binaries.items() if found.used is None and not found.other]
        notes = []
        if used:
            notes.append(
                ProfileNote("symbols", f"names of C++ functions are from these binaries: {_some(list(used.values()))}")
            )
        if other:
            notes.append(
                ProfileNote(
                    "other-binary", f"not the binary that wrote the log, so not used to name C++ functions: {_some(other)}"
                )
            )
        if absent and self._program not in used:
            notes.append(
                ProfileNote("no-symbols", f"binary not available, so its C++ functions have no names: {_some(absent)}")
            )
        return tuple(notes)

    # ------------------------------------------------------------ reading

    def _read(self, path: Path) -> list[SymbolTable]:
        tables = self._tables.get(path)
        if tables is None:
            tables = self._cache.load(path)
            if tables is None:
                try:
                    tables = read_tables(path)
                except OSError:
                    return self._tables.setdefault(path, [])
                self._cache.save(path, tables)
            self._tables[path] = tables
        return tables

    def _with_debug(self, path: Path, table: SymbolTable) -> SymbolTable:
        """The table with the most functions: the binary's own, or that of a file with its stripped symbols."""
        if not table.build_id:
            return table
        tables = [table]
        for other in debug_files(path, table.build_id, self._folders):
            tables += [found for found in self._read(other) if found.build_id == table.build_id]
        return max(tables, key=lambda found: len(found.names))

    def _other_version(self, table: SymbolTable) -> str:
        """Why the V8 in a binary cannot be the log's; empty if it can, or the binary has none."""
        if self._v8 is None or not table.versions:
            return ""
        numbers = {version.partition("-")[0] for version in table.versions}
        same = self._v8 in table.versions or ("-" not in self._v8 and self._v8 in numbers)
        if same or (self._v8.partition("-")[0] in numbers and all("-" not in version for version in table.versions)):
            return ""
        return f"has V8 {table.versions[0]}, the log has {self._v8}"


def _mapped(table: SymbolTable, placed: Placed) -> list[tuple[str, int, int]]:
    first, last = bisect_left(table.starts, placed.first), bisect_left(table.starts, placed.end)
    offset = placed.offset
    return [
        (name, start + offset, end + offset)
        for name, start, end in zip(table.names[first:last], table.starts[first:last], table.ends[first:last], strict=True)
    ]


def _some(names: list[str]) -> str:
    shown = ", ".join(names[:MAX_NAMED])
    more = len(names) - MAX_NAMED
    return f"{shown} and {more} more" if more > 0 else shown
