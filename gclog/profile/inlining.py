"""Which functions the compiler inlined into another's code, by position in that code (`code-source-info`).

V8 logs it for optimised code (TurboFan, and Maglev), by default from V8 8.8 or so (Node 16) on, before that with
--log-source-code (V8 6.2 on). Positions are `C<offset in the code>O<offset in the script>[I<inlining>]`, each valid up to the next;
inlinings `F<function>O<offset of the call>[I<the inlining it is in>]`; functions `S<address of the SharedFunctionInfo>`
(CodeLinePosition and LogSourceCodeInformation in src/logging/log.cc).
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Callable, Sequence
from typing import Generic, TypeVar

__all__ = ["InlineTable", "read_inlining"]

_POSITION = re.compile(r"C(\d+)O-?\d+(?:I(\d+))?")
_INLINING = re.compile(r"F(-?\d+)O-?\d+(?:I(\d+))?")
_FUNCTION = re.compile(r"S((?:0x)?[0-9a-fA-F]+)")

Function = TypeVar("Function")


class InlineTable(Generic[Function]):
    """The inlined functions of one code object, by byte offset from its start."""

    __slots__ = ("_chains", "_offsets")

    def __init__(self, places: Sequence[tuple[int, tuple[Function, ...]]]) -> None:
        self._offsets = [offset for offset, _ in places]
        self._chains = [chain for _, chain in places]

    def at(self, offset: int, returns: bool) -> tuple[Function, ...]:
        """The functions inlined at an offset, innermost first; empty if the code is the function's own.

        `returns`: it is a return address, which represents the call before it (Code::SourcePosition in src/objects/code.cc).
        """
        place = bisect_right(self._offsets, offset - returns) - 1
        return self._chains[place] if place >= 0 else ()


def read_inlining(
    positions: str, inlining: str, functions: str, function_at: Callable[[int], Function | None]
) -> InlineTable[Function] | None:
    """The table of a `code-source-info` record; None if nothing is inlined. Unknown functions are omitted.

    `function_at` finds the function at an address as of this line.
    """
    known = [function_at(int(address, 16)) for address in _FUNCTION.findall(functions)]
    calls = [(int(function), int(outer) if outer else None) for function, outer in _INLINING.findall(inlining)]
    if not calls:
        return None
    chains: dict[str, tuple[Function, ...]] = {"": ()}
    places: list[tuple[int, tuple[Function, ...]]] = []
    for offset, number in _POSITION.findall(positions):
        if number not in chains:
            chains[number] = _chain(int(number), calls, known)
        if not places or places[-1][1] is not chains[number]:
            places.append((int(offset), chains[number]))
    return InlineTable(places)


def _chain(
    number: int | None, calls: Sequence[tuple[int, int | None]], known: Sequence[Function | None]
) -> tuple[Function, ...]:
    """An inlining and those that enclose it, innermost first; a cycle stops after as many as there are."""
    chain: list[Function] = []
    for _ in calls:
        if number is None or number >= len(calls):
            break
        place, number = calls[number]
        function = known[place] if 0 <= place < len(known) else None
        if function is not None:
            chain.append(function)
    return tuple(chain)
