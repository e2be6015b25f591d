"""How hard collections had to work: the young generation's size and survivors, and pauses out of proportion; frozen, unrounded."""

from __future__ import annotations

from dataclasses import dataclass

from gclog.model.not_known import NotKnown

__all__ = ["EmbedderTime", "SlowCollections", "Young"]


@dataclass(frozen=True, slots=True)
class Young:
    """The young generation as its scavenges show it.

    semi_space_mb   its present semi space, by what is allocated from one scavenge to the next
    kept_share      what scavenges left of what had been allocated since the collection before, 0..1
    """

    semi_space_mb: float | NotKnown
    kept_share: float | NotKnown


@dataclass(frozen=True, slots=True)
class EmbedderTime:
    """The part of pauses that V8 spends in its embedder's callbacks: of weak handles, and before and after a collection.

    total_ms, share             of all pauses
    longest_ms, longest_share   of the longest pause, which `longest_line` prints
    """

    total_ms: float
    share: float
    longest_ms: float
    longest_share: float
    longest_line: int


@dataclass(frozen=True, slots=True)
class SlowCollections:
    """Collections that took long for the little that they had to copy or mark.

    of                 collections whose pauses were long enough to say
    longest_moved_mb   upper bound on what the longest had to move
    lines              those of the longest, longest first
    """

    count: int
    of: int
    total_ms: float
    share_of_pauses: float
    longest_ms: float
    longest_moved_mb: float
    longest_is_full: bool
    lines: tuple[int, ...]
