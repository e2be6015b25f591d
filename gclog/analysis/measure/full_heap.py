"""A heap in which V8 found no room: full, one allocation too large, or memory that the system refused."""

from __future__ import annotations

from gclog import units
from gclog.analysis.measure.locations import MOVING, RETRIED, Location
from gclog.model.verdict import CrashKind
from gclog.processes.rows import Rows

__all__ = ["FAR_BELOW", "FAR_MB", "TINY_MB", "judge_full_heap", "live_after_full", "say_left", "was_at_ease"]

ROOMY_SHARE = 0.7
"""If less than this share of the limit is in use after last-resort collections, the heap was not full but one allocation huge.
16 full heaps of test programs (Node 0.12 to 8) ended at 0.98 or more; an array that cannot grow by half fails from 0.4 on."""

TINY_MB = 16.0
"""A program of Node has 4 MB alive when it starts: a heap below this is not what ran out."""

FAR_MB = 200.0
"""Every default of a 64-bit Node is 256 MB or more (ResourceConstraints::ConfigureDefaults), so a heap below this died of something else,
or somebody set a small limit."""

FAR_BELOW = "the heap was far below any default limit: one huge allocation, code space, a small limit that was set, or the machine's memory"

NO_ROOM_TO_MOVE = "a collection had no room to move surviving objects to"

EASY_MU = 0.8
"""At its limit V8 collects all the time: the program is left less than this, or V8 has not noticed yet."""

AT_EASE = (
    "V8 was not yet collecting as it does at its limit: the heap may have been full, or the system may have refused the memory"
)


def was_at_ease(collections: Rows) -> bool:
    """Whether V8 was not short of room before: the program had its time, by V8's own average, up to the end."""
    mu = collections.last("average_mu") if len(collections) else None
    return mu is not None and mu >= EASY_MU


def judge_full_heap(
    location: Location, live_mb: float | None, limit_mb: float | None, while_doing: str, *, is_inferred: bool, at_ease: bool
) -> tuple[CrashKind, str]:
    """The kind of a death in which V8 found no room, and a sentence. `at_ease`: V8 was not short of room before.

    Failed retries end full heaps (nearly always, up to Node 8) or single huge allocations; the room left decides.
    """
    left, why = say_left(live_mb, limit_mb, is_inferred), location.why
    if location.begin.startswith(MOVING) and limit_mb is None:
        if live_mb is None:
            unsaid = "no collection shows the heap's size, so the system may have refused memory as well"
            return "unknown", f"{NO_ROOM_TO_MOVE}{while_doing}; {unsaid}"
        if live_mb < TINY_MB:
            refused = "the system gave no memory (too many processes or threads, address space, the container's limit)"
            return "native-memory", f"{NO_ROOM_TO_MOVE}{while_doing}, in a heap far below any limit{left}: {refused}"
        if at_ease:
            return "unknown", f"{NO_ROOM_TO_MOVE}{while_doing}{left}; {AT_EASE}"
    if location.begin not in RETRIED:
        return "heap-limit", f"{why}{while_doing}{left}"
    if limit_mb is None and live_mb is not None and live_mb < TINY_MB:
        unsaid = "nobody sets a limit that small: one object was too large, or the machine, container or address space gave no memory"
        return "unknown", f"{why}{while_doing}{left}; {unsaid}"
    if live_mb is None or limit_mb is None:
        unsaid = "without the heap's size and limit, a full heap cannot be distinguished from one huge allocation"
        return "heap-limit", f"{why}{while_doing}{left}; {unsaid}"
    if live_mb < ROOMY_SHARE * limit_mb:
        missing = units.mb(limit_mb - live_mb)
        return "one-large-allocation", f"one allocation of at least about {missing} did not fit{while_doing}{left}"
    return "heap-limit", f"the heap was full: {why}{while_doing}{left}"


def live_after_full(collections: Rows) -> float | None:
    """MB after the last full collection; None without one."""
    return collections.fulls.last("used_after_mb") if len(collections) else None


def say_left(live_mb: float | None, limit_mb: float | None, is_inferred: bool = False) -> str:
    """What was in use at the end, in brackets; empty if that is not known. The size of an inferred limit is left to the headline, which
    has its range."""
    if live_mb is None:
        return ""
    of_limit = "" if limit_mb is None or is_inferred else f", with a limit of {units.mb(limit_mb)}"
    return f" ({units.mb(live_mb)} were in use after the last full collection{of_limit})"
