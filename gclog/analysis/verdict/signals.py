"""What a log says besides its collections that bears on the verdict: a heap option, a fatal error; and one collection, slim."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import NamedTuple

from gclog.model.records import Collection
from gclog.model.verdict import Limit

__all__ = ["NO_ROOM", "FatalSeen", "LimitReported", "OptionSeen", "Seen", "Signal", "is_old_style", "see"]


@dataclass(frozen=True, slots=True)
class OptionSeen:
    """A limit of the heap named on `line`; `option` as in records.HeapOption."""

    line: int
    mb: float
    option: str = "max_old_space_size"


@dataclass(frozen=True, slots=True)
class FatalSeen:
    """V8's fatal error for want of memory on `line`. `at_ms` is V8's clock, or None: then it is that of the last collection."""

    line: int
    because: str
    at_ms: float | None = None


@dataclass(frozen=True, slots=True)
class LimitReported:
    """A limit that is known from outside of the log from `line` on, 0 for what was true from the process's start."""

    line: int
    limit: Limit


Signal = OptionSeen | FatalSeen | LimitReported


class Seen(NamedTuple):
    """What the judge looks at in one collection; NaN where the log does not say.

    `gc_ms` is the time it took from the program: the atomic pause and the incremental marking. `mu` is V8's average mutator
    utilisation as printed. `isolated` says that the line names its isolate, as V8 does from 4.4 on (Node 3); `numbered` that it has the
    isolate's number, `form` the grammar rule that read it: they tell versions apart.
    """

    line: int
    at_ms: float
    full: bool
    before_mb: float
    after_mb: float
    committed_before_mb: float
    committed_after_mb: float
    gc_ms: float
    mu: float
    type: str
    reason: str
    collector_reason: str
    reduce: bool
    isolated: bool
    form: str = ""
    numbered: bool = False


NO_ROOM = "scavenge might not succeed"
"""Why V8 collects everything where the young generation, surviving whole, would no longer fit into the old one
(Heap::SelectGarbageCollector, CanPromoteYoungAndExpandOldGeneration): what was in use then is about the limit."""

OLD_REASONS = (
    "GC interrupt",
    "last resort gc",
    "Runtime::",
    "StackGuard",
    "idle notification",
    "gc extension",
    "failed to reserve",
)
"""Reasons that only V8 5.4 and older print (FORMATS 1.7)."""


def is_old_style(reason: str) -> bool:
    """Whether V8 5.4 or older wrote this reason."""
    return reason.startswith(OLD_REASONS)


def see(row: Collection) -> Seen:
    """The slim form of a record."""
    return Seen(
        line=row.line,
        at_ms=_number(row.at_ms),
        full=row.collector == "mark_compact",
        before_mb=_number(row.used_before_mb),
        after_mb=_number(row.used_after_mb),
        committed_before_mb=_number(row.committed_before_mb),
        committed_after_mb=_number(row.committed_after_mb),
        gc_ms=(row.pause_ms or 0.0) + (row.incremental_ms or 0.0),
        mu=_number(row.average_mu),
        type=row.type,
        reason=row.reason or "",
        collector_reason=row.collector_reason or "",
        reduce=bool(row.reduce),
        isolated=row.isolate is not None,
        form=row.form,
        numbered=row.isolate_id is not None,
    )


def _number(value: float | None) -> float:
    return math.nan if value is None else value
