"""What is at an address at the current point of the log: binaries, their symbols, and code that V8 created, moved and deleted.

One class, two modes. Given `rules`, the map makes node's choices, bugs included (by version, in `versions.NodeRules`). Without,
it makes ours: a binary has the largest of its listed mappings, builtins inside a binary keep their names, and code replaces
whatever was at its address.

Node looks an address up by its 4 KiB page: if a binary is there, it does not look for code. It also drops upper bits of page numbers.
"""

from __future__ import annotations

from bisect import bisect_right, insort
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from gclog.model.profile import ProfileNote
from gclog.profile.inlining import InlineTable
from gclog.profile.versions import NodeRules

__all__ = ["Code", "CodeMap", "Entry", "Function", "Native", "Symbols"]

PAGE_BITS = 12


class Symbols(Protocol):
    """A source of native symbols, used for one log after another."""

    def begin(self, v8: str | None) -> None:
        """Start a log of this version of V8 (`11.3.244.8-node.38`; None if it does not say)."""
        ...

    def notes(self) -> Sequence[ProfileNote]:
        """Notes on the symbols used for the log that ended."""
        ...

    def of(self, library: Native) -> Sequence[tuple[str, int, int]]:
        """(name, start, end) of a binary's symbols at their mapped addresses, end exclusive, in any order."""
        ...


@dataclass(slots=True, eq=False)
class Function:
    """A SharedFunctionInfo: what all code of a function has in common. Occupies no bytes in the map."""

    name: str
    size: int = 0


@dataclass(slots=True, eq=False)
class Code:
    """Code that V8 created.

    function   None for builtins, stubs and handlers
    named      node has numbered its name
    inlined    not separate code but a part of another function's, inlined by the compiler
    inlining   where functions are inlined in this code
    """

    tag: str
    name: str
    size: int
    function: Function | None
    marker: str
    named: bool = False
    inlined: bool = False
    inlining: InlineTable[Function] | None = None


@dataclass(slots=True, eq=False)
class Native:
    """A binary (`symbol` False) or a symbol in one."""

    name: str
    start: int
    size: int
    symbol: bool
    slide: int = 0
    library: str = ""


Entry = Function | Code | Native


class _Ordered:
    """Entries by start address; the last one at or before an address is found by bisection."""

    __slots__ = ("at", "keys")

    def __init__(self) -> None:
        self.keys: list[int] = []
        self.at: dict[int, Entry] = {}

    def insert(self, start: int, entry: Entry) -> None:
        if start not in self.at:
            insort(self.keys, start)
        self.at[start] = entry

    def remove(self, start: int) -> Entry | None:
        entry = self.at.pop(start, None)
        if entry is not None:
            del self.keys[bisect_right(self.keys, start) - 1]
        return entry

    def find(self, address: int) -> tuple[int, Entry] | None:
        position = bisect_right(self.keys, address) - 1
        if position < 0:
            return None
        start = self.keys[position]
        entry = self.at[start]
        return (start, entry) if address < start + entry.size else None

    def clear_range(self, start: int, end: int) -> None:
        """Remove what overlaps start..end, from the end backwards, as node does."""
        address = end - 1
        while address >= start:
            position = bisect_right(self.keys, address) - 1
            if position < 0:
                return
            first = self.keys[position]
            if start < first + self.at[first].size:
                self.remove(first)
            address = first - 1


class _Statics:
    """Symbols of binaries, made into entries on demand: of a hundred thousand, ticks hit a few hundred."""

    __slots__ = ("_keys", "_made", "_symbols")

    def __init__(self) -> None:
        self._symbols: dict[int, tuple[str, int, str]] = {}
        self._keys: list[int] = []
        self._made: dict[int, Native] = {}

    def add(self, library: Native, symbols: Sequence[tuple[str, int, int]]) -> list[str]:
        """Add symbols inside the binary and return their names; of two at one address, the first stays."""
        first, last = library.start, library.start + library.size
        inside = [symbol for symbol in symbols if first <= symbol[1] and symbol[2] <= last]
        for name, start, end in inside:
            self._symbols.setdefault(start, (name, end, library.name))
        self._keys = []
        return [name for name, _, _ in inside]

    def find(self, address: int) -> tuple[int, Entry] | None:
        if not self._keys:
            self._keys = sorted(self._symbols)
        position = bisect_right(self._keys, address) - 1
        if position < 0:
            return None
        start = self._keys[position]
        name, end, library = self._symbols[start]
        if address >= end:
            return None
        if start not in self._made:
            self._made[start] = Native(name, start, end - start, True, 0, library)
        return start, self._made[start]


CODE_RANGE_BYTES = 1 << 29
"""Size of V8's code range on platforms with short calls (x64, src/common/globals.h, kMaximalCodeRangeSize)."""

REGION_BYTES = 1 << 18
"""The code range is allocated in regions of this size."""


class _Copies:
    """V8 can copy its builtins to the end of the code range, to shorten calls to them, and still log their original addresses.

    Seen in V8 11.3 (Node 20): without this a seventh of all ticks is unknown. V8 13.6 (Node 24) logs the copies' addresses,
    which agree with this rule (CodeRange::RemapEmbeddedBuiltins in src/heap/code-range.cc).
    """

    __slots__ = ("code_range", "first", "last")

    def __init__(self) -> None:
        self.code_range: int | None = None
        self.first: int | None = None
        self.last = 0

    def embedded(self, start: int, end: int) -> None:
        """Record a builtin that is inside the binary."""
        self.first = start if self.first is None else min(self.first, start)
        self.last = max(self.last, end)

    def find(self, address: int, code: _Ordered) -> Entry | None:
        """The builtin whose copy contains an address at which nothing else is known."""
        if self.code_range is None or self.first is None or address < self.code_range:
            return None
        begin = self.first >> PAGE_BITS << PAGE_BITS
        regions = -(-(self.last - begin) // REGION_BYTES)
        offset = address - (self.code_range + CODE_RANGE_BYTES - regions * REGION_BYTES)
        found = code.find(begin + offset) if 0 <= offset < self.last - begin else None
        return found[1] if found else None


Change = tuple[int, int]
"""The addresses whose meaning a record changed; (0, 0) for none."""
NOTHING: Change = (0, 0)
EVERYTHING: Change = (0, 1 << 64)


class CodeMap:
    """Fed the records of the log in order; `find` looks an address up. Every change returns the addresses it affected."""

    def __init__(self, rules: NodeRules | None = None, symbols: Symbols | None = None) -> None:
        self._rules = rules
        self._symbols = symbols
        self._statics = _Statics()
        self._unread: list[Native] = []
        self._libraries = _Ordered()
        self._dynamics = _Ordered()
        self._pages: set[int] = set()
        self._names: dict[str, int] = {}
        self._copies = _Copies()

    # ------------------------------------------------------------ look-up

    def find(self, address: int) -> Entry | None:
        """What is at an address."""
        if self._rules is None:
            found = self._dynamics.find(address) or self._static(address) or self._libraries.find(address)
            return found[1] if found else self._copies.find(address, self._dynamics)
        if self._page(address) in self._pages:
            found = self._statics.find(address) or self._libraries.find(address)
            if found is None:
                return None
            if self._rules.major != 10 or not _is_embedded_blob(found[1]):
                return found[1]
        found = self._dynamics.find(address)
        if found is None:
            return None
        entry = found[1]
        if isinstance(entry, Code) and not entry.named:
            entry.named = True
            self._number(entry)
        return entry

    def stack_at(self, address: int, returns: bool) -> tuple[Entry | None, ...]:
        """What is at an address, preceded by what is inlined there, innermost first. `returns`: it is a return address."""
        entry = self.find(address)
        if not isinstance(entry, Code) or entry.inlining is None or entry.function is None:
            return (entry,)
        found = self._dynamics.find(address)
        if found is None:
            return (entry,)
        functions = entry.inlining.at(address - found[0], returns)
        return *(Code(entry.tag, function.name, 0, function, entry.marker, inlined=True) for function in functions), entry

    def function_at(self, address: int) -> Function | None:
        """The function whose SharedFunctionInfo is at an address."""
        entry = self._dynamics.at.get(address)
        return entry if isinstance(entry, Function) else None

    def _page(self, address: int) -> int:
        assert self._rules is not None
        return (address >> PAGE_BITS) & ((1 << self._rules.page_bits) - 1)

    def _number(self, code: Code) -> None:
        """Number code of the same name, in the order in which ticks hit it, as node does to distinguish it."""
        name = "" if code.function is not None else code.name
        if name not in self._names:
            self._names[name] = 0
            return
        self._names[name] += 1
        if code.function is None:
            code.name = f"{name} {{{self._names[name]}}}"

    # ------------------------------------------------------------ binaries

    def add_library(self, name: str, start: int, end: int, slide: int) -> tuple[Native, list[str]]:
        """Add a binary; returns it and, as node's tool needs them, the names of its symbols in this mapping."""
        library = Native(name, start, end - start, False, slide, name)
        known = self._libraries.at.get(start)
        if self._rules is not None:
            self._pages |= {self._page(start + (i << PAGE_BITS)) for i in range(((end - start) >> PAGE_BITS) + 1)}
            if known is None:
                self._libraries.insert(start, library)
        elif known is None or known.size < library.size:
            self._libraries.insert(start, library)
        if self._symbols is None:
            return library, []
        if self._rules is None:
            self._unread.append(library)
            return library, []
        return library, self._statics.add(library, self._symbols.of(library))

    def _static(self, address: int) -> tuple[int, Entry] | None:
        """The symbol at an address. Binaries are read when something is first looked up there: it takes seconds."""
        if self._symbols is not None:
            for library in self._unread:
                self._statics.add(library, self._symbols.of(library))
            self._unread.clear()
        return self._statics.find(address)

    # ------------------------------------------------------------ code

    def add_code(self, tag: str, name: str, start: int, size: int) -> Change:
        """Add code without a function, discarding what it overlaps."""
        self._dynamics.clear_range(start, start + size)
        if self._rules is None or start not in self._dynamics.at:
            self._dynamics.insert(start, Code(tag, name, size, None, ""))
        if self._rules is None and self._libraries.find(start):
            self._copies.embedded(start, start + size)
        return start, start + max(size, 1)

    def add_function_code(self, tag: str, name: str, start: int, size: int, function_at: int, marker: str) -> Change:
        """Add a function's code. Raises KeyError if node does not know the marker."""
        rules = self._rules
        if rules is not None:
            marker = rules.markers[marker]
        function = self._dynamics.at.get(function_at)
        renamed = False
        if function is None or (not isinstance(function, Function) and (rules is None or rules.fresh_function)):
            function = Function(name)
            self._put(function_at, function)
        elif function.name != name:
            function.name = name
            renamed = True
        if not isinstance(function, Function):
            return EVERYTHING  # node's tool gives up on this record midway, after it has renamed the other code
        known = self._dynamics.at.get(start)
        if rules is None and isinstance(known, Code) and known.function is None and known.tag == "Builtin":
            return EVERYTHING if renamed else NOTHING  # compiled on first call; until then all functions share one builtin
        if isinstance(known, Code) and known.size == size and known.function is function:
            known.marker, known.inlining = marker, None
        elif known is None or rules is None or rules.replaces:
            self._dynamics.remove(start)
            self._put(start, Code(tag, name, size, function, marker))
        return EVERYTHING if renamed else (start, start + max(size, 1))

    def _put(self, start: int, entry: Entry) -> None:
        self._dynamics.clear_range(start, start + entry.size)
        if self._rules is None or start not in self._dynamics.at:
            self._dynamics.insert(start, entry)

    def add_code_range(self, start: int) -> Change:
        """V8 reserved a range of addresses for its code."""
        self._copies.code_range = start
        return EVERYTHING

    def move(self, before: int, after: int) -> list[Change] | None:
        """Code or a function has moved; None if nothing is known at `before`."""
        entry = self._dynamics.remove(before)
        if entry is None:
            return None
        self._put(after, entry)
        size = max(entry.size, 1)
        return [(before, before + size), (after, after + size)]

    def delete(self, start: int) -> Change:
        """Code was deleted."""
        entry = self._dynamics.remove(start)
        return NOTHING if entry is None else (start, start + max(entry.size, 1))


def _is_embedded_blob(entry: Entry) -> bool:
    """Whether a symbol marks builtins embedded in the binary, for which Node 10 also searches V8's own code."""
    return isinstance(entry, Native) and entry.symbol and entry.name.startswith("v8_") and "embedded_blob_" in entry.name
