"""What V8's heap_size_limit leaves for the old generation: it includes the largest young generation, which differs by version.

`v8.getHeapStatistics().heap_size_limit`, `memoryLimit` of a diagnostic report and `heapSizeLimit` of v8.GCProfiler are one
figure: Heap::MaxReserved (heap.cc), the old generation's limit and the semi-spaces. Measured with Node 4 to 26 on 64-bit Linux,
--max-old-space-size=512, nothing else set: 576 MB in Node 4; 544 in 6 and 8; 553.2 in 10.24; 560 in 12 to 22; 704 in 24 and 25; 608
in 26.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

__all__ = ["ANY_MAJOR", "OldGeneration", "old_generation_of"]

NEWEST = 99
"""No upper bound: the newest V8 known, and later ones."""

ANY_MAJOR = (0, NEWEST)

LEAST_DEFAULT_MB = 256.0
"""V8 gives itself no smaller old generation, however small the machine is (V8HeapTrait::kMinSize twice, 64 bits)."""

PAGES_WITH_HEADERS = 524_288 / 515_584
"""Node 10.9 to 11 (V8 6.8, 7.0) include the 8704 bytes of each page of 512 KB that hold no objects (Heap::MaxReserved)."""

QUARTERS = 4
"""Limits are whole pages of 256 KB: quarters of a MB."""

EXACT_MB = 1e-3
"""What a figure in MB loses when it is printed with three decimals."""


@dataclass(frozen=True, slots=True)
class _Young:
    """The room of the young generation, Node `first` to `last`: some semi-spaces of `semi_mb`. On a small machine a semi-space is
    1 / `of_old` of the old generation, and at least `least_mb`; `of_old` is None if it does not depend on the machine."""

    first: int
    last: int
    semi_spaces: int
    semi_mb: float
    of_old: float | None
    least_mb: float
    with_headers: bool = False

    def old_of(self, limit_mb: float, semi_mb: float | None = None) -> float:
        """What a heap_size_limit leaves for the old generation; `semi_mb`: the size of a semi-space, if it is not the largest."""
        whole = _of_pages(limit_mb / PAGES_WITH_HEADERS) if self.with_headers else limit_mb
        return whole - self.semi_spaces * (self.semi_mb if semi_mb is None else semi_mb)


YOUNG = (
    _Young(0, 5, 4, 16.0, None, 16.0),
    _Young(6, 9, 2, 16.0, None, 16.0),
    _Young(10, 11, 2, 16.0, None, 16.0, with_headers=True),
    _Young(12, 23, 3, 16.0, 128.0, 1.0),
    _Young(24, 25, 3, 64.0, 32.0, 8.0),
    _Young(26, NEWEST, 3, 32.0, 64.0, 4.0),
)
"""heap.cc: Heap::MaxReserved, from V8 7.4 on Heap::YoungGenerationSizeFromSemiSpaceSize (the third one is for large objects) and
Heap::YoungGenerationSizeFromOldGenerationSize. Sizes of semi-spaces: kMaxSemiSpaceSize, V8 13.4 four times, 14.6 twice that of before."""


@dataclass(frozen=True, slots=True)
class OldGeneration:
    """The old generation's limit in a heap_size_limit, MB: the likely ones, the best first, and the bounds of what it may be."""

    likely_mb: tuple[float, ...]
    low_mb: float
    high_mb: float

    def allows(self, mb: float) -> bool:
        """Whether the limit may be this, as an option names it."""
        return self.low_mb - 1 / QUARTERS <= mb <= self.high_mb + 1 / QUARTERS

    def beyond(self, used_mb: float) -> float:
        """The best of those that are not less than what has been in use."""
        return next((mb for mb in self.likely_mb if mb >= used_mb), min(max(used_mb, self.likely_mb[0]), self.high_mb))


def old_generation_of(
    heap_size_limit_mb: float, majors: tuple[int, int] = ANY_MAJOR, semi_space_mb: float | None = None
) -> OldGeneration | None:
    """The old generation's limit in a heap_size_limit; None if that has no room for one.

    `majors`: the first and the last version of Node that it may come from. `semi_space_mb`: --max-semi-space-size, if it is known.
    If several limits have this sum, the roundest number of MB is the best, and of equals the least: people and containers choose
    such numbers.
    """
    young = [era for era in YOUNG if era.first <= majors[1] and majors[0] <= era.last and _may_be(era, heap_size_limit_mb)]
    young = [era for era in young if era.with_headers and _is_whole(era.old_of(heap_size_limit_mb, semi_space_mb))] or young
    if semi_space_mb:
        semi_mb = 2.0 ** math.ceil(math.log2(semi_space_mb))  # rounded up to a power of two (heap.cc, ConfigureHeap)
        likely = most = [era.old_of(heap_size_limit_mb, semi_mb) for era in young]
    else:
        likely = [mb for era in young for mb in _likely(era, heap_size_limit_mb)]
        most = [era.old_of(heap_size_limit_mb, era.least_mb) for era in young]
    likely = sorted((mb for mb in likely if mb > 0), key=lambda mb: (*_oddness(mb), mb))
    return OldGeneration(tuple(likely), min(likely), max(*likely, *most)) if likely else None


def _may_be(era: _Young, limit_mb: float) -> bool:
    """If headers of pages are included, the sum is not a whole number of pages; otherwise it is."""
    in_pages = limit_mb * QUARTERS
    return not (era.with_headers and abs(in_pages - round(in_pages)) < EXACT_MB)


def _likely(era: _Young, limit_mb: float) -> list[float]:
    """With the largest young generation, as on any machine with a few GB; and as V8 divides the memory of a smaller one."""
    largest = era.old_of(limit_mb)
    if era.of_old is None:
        return [largest]
    default = limit_mb / (1 + era.semi_spaces / era.of_old)
    if default < LEAST_DEFAULT_MB:
        default = era.old_of(limit_mb, era.least_mb)
    small = LEAST_DEFAULT_MB <= default < era.of_old * era.semi_mb
    return [largest, default] if small else [largest]


def _of_pages(mb: float) -> float:
    """Without the rounding error of V8's multiplication."""
    pages = round(mb * QUARTERS) / QUARTERS
    return pages if abs(mb - pages) < EXACT_MB else mb


def _is_whole(mb: float) -> bool:
    return abs(mb - round(mb)) < EXACT_MB


def _oddness(mb: float) -> tuple[float, int]:
    """How far a number of MB is from what people choose: what is left without its factors 2 and 5 (1 of 512 and 1000, 23 of 368),
    then how many fives it has."""
    if not _is_whole(mb) or round(mb) == 0:
        return math.inf, 0
    left, fives = round(mb), 0
    while left % 2 == 0:
        left //= 2
    while left % 5 == 0:
        left, fives = left // 5, fives + 1
    return left, fives
