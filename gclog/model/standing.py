"""What bears on how bad a process is, beside the judges' levels: of a finished log, or of what has been printed so far."""

from __future__ import annotations

from dataclasses import dataclass

from gclog.model.verdict import Crash, GrowthKind, Limit, NoLimit, Rise
from gclog.model.witness import OutsideKill

__all__ = ["Standing", "Start"]


@dataclass(frozen=True, slots=True)
class Start:
    """How the heap moved from its lowest size on: MB after collections, ms on V8's clock, and the last line.

    count     of the collections with a clock and sizes; `made_mb` what was allocated between them from the lowest size on
    steps     collections after the lowest size; `steps_up` those of them that left more than the one before
    """

    count: int
    from_mb: float
    from_ms: float
    to_mb: float
    to_ms: float
    line: int
    made_mb: float
    steps: int
    steps_up: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """A process as `gclog.diagnose.signs` looks at it. Sizes are MB, times ms on V8's clock; NaN if not known.

    at_limit_line   the first line with words that Node prints only if V8 is at its limit; None if there is none
    share           of the span in pauses; `forced_ms` of them in full collections that the program asked for
    busy_at_ms, busy_line   where GC took most of the time
    total, full     collections, and the full ones of them
    used_max_mb     the most in use, garbage included
    is_as_before    its growth is what earlier runs of the program did, too, and came to no harm
    begins_late     the log does not show how the process began
    start           None if the log has too many collections to hold them all for that, or not all have a clock
    """

    crash: Crash | None
    kill: OutsideKill | None
    at_limit_line: int | None
    growth: GrowthKind
    rise: Rise | None
    live_mb: float
    limit: Limit | NoLimit
    share: float
    forced_ms: float
    busy_at_ms: float
    busy_line: int
    total: int
    full: int
    first_ms: float
    last_ms: float
    last_line: int
    used_max_mb: float
    begins_late: bool
    start: Start | None
    is_as_before: bool = False
