"""The judge's input: a collection reduced to what it looks at, and the other lines that bear on the verdict."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from typing import NamedTuple

from gclog import units
from gclog.model.not_known import or_nan
from gclog.model.records import Collection, Message, Record
from gclog.model.verdict import Limit
from gclog.processes.runs import CollectionRow

__all__ = [
    "NO_ROOM",
    "CollectionSeen",
    "FatalSeen",
    "LimitReported",
    "MemorySeen",
    "OptionSeen",
    "Signal",
    "collection_seen",
    "is_old_style",
    "printed_near_limit",
]


@dataclass(frozen=True, slots=True)
class OptionSeen:
    """A heap limit named on `line`; `option` as in records.HeapOption."""

    line: int
    mb: float
    option: str = "max_old_space_size"


@dataclass(frozen=True, slots=True)
class FatalSeen:
    """V8's fatal out-of-memory error on `line`. `at_ms` is on V8's clock; None means that of the last collection."""

    line: int
    because: str
    at_ms: float | None = None


@dataclass(frozen=True, slots=True)
class LimitReported:
    """A limit known from outside the log, effective from `line` on; 0 if it held from the process's start."""

    line: int
    limit: Limit


@dataclass(frozen=True, slots=True)
class MemorySeen:
    """The limit of all memory, a container's, known from `line` on; 0 if it was given."""

    line: int
    mb: float


Signal = OptionSeen | FatalSeen | LimitReported | MemorySeen


def printed_near_limit(records: Iterable[Record]) -> tuple[Limit, ...]:
    """The limit of the old generation that Node's callback near it printed, by its first line; none if there is none."""
    for record in records:
        if isinstance(record, Message) and record.kind == "near_heap_limit_callback" and record.detail is not None:
            mb = int(record.detail) / units.BYTES_PER_MB
            return (Limit(mb, mb, mb, "log", f"Node's callback near the limit printed it, line {record.line}", record.line),)
    return ()


class CollectionSeen(NamedTuple):
    """The fields of a collection that the judge looks at; NaN if the log does not have them.

    gc_ms      time taken from the program: the atomic pause and the incremental marking
    mu         V8's average mutator utilisation as printed
    isolated   the line names its isolate, as V8 does from 4.4 on (Node 3)
    numbered   it has the isolate's number
    work_mb    allocated up to it; NaN if nobody asks
    form       the grammar rule that read it; like `isolated` and `numbered`, evidence of V8's version
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
    work_mb: float = math.nan


NO_ROOM = "scavenge might not succeed"
"""V8's reason for a full collection when the young generation, should all of it survive, would no longer fit into the old one
(Heap::SelectGarbageCollector, CanPromoteYoungAndExpandOldGeneration). The memory in use then is about the limit."""

OLD_REASONS = (
    "GC interrupt",
    "last resort gc",
    "Runtime::",
    "StackGuard",
    "idle notification",
    "gc extension",
    "failed to reserve",
)
"""Reasons printed only by V8 5.4 and older."""


def is_old_style(reason: str) -> bool:
    """Whether V8 5.4 or older printed this reason."""
    return reason.startswith(OLD_REASONS)


def collection_seen(row: Collection | CollectionRow, work_mb: float = math.nan) -> CollectionSeen:
    """The fields of a record that the judge looks at."""
    return CollectionSeen(
        line=row.line,
        at_ms=or_nan(row.at_ms),
        full=row.collector == "mark_compact",
        before_mb=or_nan(row.used_before_mb),
        after_mb=or_nan(row.used_after_mb),
        committed_before_mb=or_nan(row.committed_before_mb),
        committed_after_mb=or_nan(row.committed_after_mb),
        gc_ms=(row.pause_ms or 0.0) + (row.incremental_ms or 0.0),
        mu=or_nan(row.average_mu),
        type=row.type,
        reason=row.reason or "",
        collector_reason=row.collector_reason or "",
        reduce=bool(row.reduce),
        isolated=row.isolate is not None,
        form=row.form,
        numbered=row.isolate_id is not None,
        work_mb=work_mb,
    )
