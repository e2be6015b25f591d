"""Repetitions in a path: the `next` of `next` of `next` of a list."""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Sequence

__all__ = ["fold_chains"]

LONGEST_SPAN = 6
"""Upper bound on the steps from a link of a chain to the next one: a promise, its reaction, the function that waits, its scope."""

FEWEST_TIMES = 3
"""Fewer repetitions are given step by step."""


def fold_chains(kinds: Sequence[Hashable]) -> Iterator[tuple[int, int, int]]:
    """The steps as (begin, length, times): of steps that are repeated, the last time, and how often; the others one by one."""
    at = 0
    while at < len(kinds):
        span, times = max(
            ((span, _times(kinds, at, span)) for span in range(1, LONGEST_SPAN + 1)),
            key=lambda one: (one[0] * (one[1] - 1), -one[0]),
        )
        if times < FEWEST_TIMES:
            span, times = 1, 1
        yield at + span * (times - 1), span, times
        at += span * times


def _times(kinds: Sequence[Hashable], at: int, span: int) -> int:
    """How often the steps from here on come in a row."""
    end = at + span
    while end < len(kinds) and kinds[end] == kinds[end - span]:
        end += 1
    return max((end - at) // span, 1)
