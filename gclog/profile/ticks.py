"""From ticks to stacks: each tick's addresses are looked up in the code map as of that tick.

Most ticks have a stack that was seen before. So what a tick's text resolved to is cached until the code at one of its addresses
changes, and a tick usually costs one dictionary look-up.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

from gclog.profile.code_map import PAGE_BITS, Change, Code, CodeMap, Entry
from gclog.recognise.v8_log import TickRow

__all__ = ["Resolver", "Stack"]

MAX_RESOLVED = 40_000
"""Upper bound on cached ticks, and on cached stacks: at 500 bytes each that is 20 MB. A full cache is cleared."""

MAX_ADDRESSES = 400_000

Stack = tuple[Entry | None, ...]
"""What was on the stack, innermost first; None for an unknown address."""


class Resolver:
    """Resolves each tick to the number that `number_of` gives its stack. Equal ticks are asked about once, as a rule."""

    def __init__(self, code: CodeMap, number_of: Callable[[Stack], int]) -> None:
        self._code = code
        self._number_of = number_of
        self._ticks: dict[tuple[bytes, bytes, bytes, bytes], int] = {}
        self._stacks: dict[bytes, Stack] = {}
        self._addresses: dict[bytes, Stack] = {}
        self._returns: dict[bytes, Stack] = {}
        self._pages: dict[int, list[bytes]] = {}

    def resolve(self, rows: Iterable[TickRow]) -> list[int]:
        """The number that each tick resolved to."""
        known, numbers = self._ticks, []
        for pc, _, external, top, _, _, stack in rows:
            key = (pc, external, top, stack)
            number = known.get(key)
            if number is None:
                if len(known) >= MAX_RESOLVED:
                    known.clear()
                number = known[key] = self._number(pc, external, top, stack)
            numbers.append(number)
        return numbers

    def changed(self, change: Change) -> None:
        """Drop what depends on the code at these addresses."""
        first, end = change
        if first == end:
            return
        if end - first > 1 << 30:
            self._forget_all()
            return
        dropped = False
        for page in range(first >> PAGE_BITS, ((end - 1) >> PAGE_BITS) + 1):
            for text in self._pages.pop(page, ()):
                dropped = any(kept.pop(text, None) is not None for kept in (self._addresses, self._returns)) or dropped
        if dropped:
            self._ticks.clear()
            self._stacks.clear()

    def _forget_all(self) -> None:
        for kept in (self._ticks, self._stacks, self._addresses, self._returns, self._pages):
            kept.clear()

    def _number(self, pc: bytes, external: bytes, top: bytes, stack: bytes) -> int:
        above: Stack = ()
        if external:
            # the program counter may point into the callback, which would then call itself
            pc = top
        elif top not in (b"0", b"0x0"):
            entries = self._find(top, self._returns)
            if isinstance(entries[-1], Code) and entries[-1].function is not None:
                above = entries
        return self._number_of((*self._find(pc, self._addresses), *above, *self._stack(pc, stack)))

    def _stack(self, pc: bytes, stack: bytes) -> Stack:
        if b"+" in stack or b"-" in stack:
            return tuple(entry for address in _absolute(pc, stack) for entry in self._code.stack_at(address, True))
        entries = self._stacks.get(stack)
        if entries is None:
            if len(self._stacks) >= MAX_RESOLVED:
                self._stacks.clear()
            entries = self._stacks[stack] = tuple(
                entry for text in stack.split(b",")[1:] for entry in self._find(text, self._returns)
            )
        return entries

    def _find(self, text: bytes, kept: dict[bytes, Stack]) -> Stack:
        """What is at an address, innermost first. `kept` is the cache to use: `_returns` for return addresses."""
        try:
            return kept[text]
        except KeyError:
            if len(kept) >= MAX_ADDRESSES:
                self._forget_all()
            address = int(text, 16)
            entries = kept[text] = self._code.stack_at(address, kept is self._returns)
            self._pages.setdefault(address >> PAGE_BITS, []).append(text)
            return entries


def _absolute(pc: bytes, stack: bytes) -> list[int]:
    """The addresses of a stack of differences, as written by V8 up to 2.x."""
    addresses, last = [], int(pc, 16)
    for text in stack.split(b",")[1:]:
        if text[:1] in (b"+", b"-"):
            last += int(text, 16)
            addresses.append(last)
        else:
            addresses.append(int(text, 16))
    return addresses
