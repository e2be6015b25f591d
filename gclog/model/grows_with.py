"""What a heap grows with: which lines of the application keep memory, and how much each; frozen, unrounded."""

from __future__ import annotations

from dataclasses import dataclass

from gclog.model.not_known import NotKnown

__all__ = ["NOT_LOOKED_FOR", "TOO_FEW_LINES", "GrowsWith", "KeepingLines"]

NOT_LOOKED_FOR = NotKnown("the live set does not grow")
TOO_FEW_LINES = NotKnown("the application printed too few lines of one kind in between")


@dataclass(frozen=True, slots=True)
class KeepingLines:
    """Lines of one shape, after each of which some memory stays.

    shape           what the lines have in common, `…` in place of each value
    label           its part that tells it from the others, to name it by
    count           how many there are, the first on `first_line`
    kb_per_line     memory that stays for each, if it is this shape that the growth comes from; low, high: 90 % interval
    probability     that it is this shape, and no other one, nor time alone
    counter         a number in the lines, by its name, if it is for each that this counts (`processed 1200 jobs`) that memory stays, not
                    for each line; `count` is then how much it counted
    """

    shape: str
    label: str
    count: int
    first_line: int
    kb_per_line: float
    low_kb: float
    high_kb: float
    probability: float
    counter: str = ""
    file: str = ""


@dataclass(frozen=True, slots=True)
class GrowsWith:
    """The lines that the live set grows with.

    lines          one shape; several, the most probable first, if the log does not tell them apart
    compared       how many shapes and counters were compared, of which `counters` are counters, and `of_lines` lines of the shapes
    full_collections, from_line, to_line   the full collections by which this was judged
    grew_mb        the live set's growth between the first and the last of them
    lines_so_far, live_mb, at_ms   at each of those (thinned): lines of the first shape up to there, the live set, and when that was
    """

    lines: tuple[KeepingLines, ...]
    compared: int
    of_lines: int
    full_collections: int
    from_line: int
    to_line: int
    grew_mb: float
    lines_so_far: tuple[int, ...]
    live_mb: tuple[float, ...]
    at_ms: tuple[float, ...]
    counters: int = 0
