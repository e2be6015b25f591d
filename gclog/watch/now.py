"""The assessment of a process under watch: what `gclog analyze` would say at the end of the lines so far."""

from __future__ import annotations

import math
from dataclasses import dataclass

from gclog.analysis.measure.limit_at_death import limit_with_crash
from gclog.analysis.measure.off_heap import ExternalSoFar, refine_growth
from gclog.analysis.verdict.judge import Judge
from gclog.analysis.verdict.memory_judge import MemoryJudge
from gclog.analysis.verdict.strikes import last_strike
from gclog.diagnose.signs import Sign, worst_sign
from gclog.model.standing import Standing
from gclog.model.verdict import LEVELS, Crash, GrowthKind, Level, Limit, NoLimit, TimelineEvent
from gclog.model.witness import OutsideKill
from gclog.watch.so_far import SoFar

__all__ = ["Beside", "Now", "assess"]


@dataclass(frozen=True, slots=True)
class Beside:
    """What is known of a process beside its figures: how it died, its first words of being at its limit, whether it is only a ring."""

    crash: Crash | None
    kill: OutsideKill | None
    at_limit_line: int | None
    is_only_ring: bool
    last_line: int


@dataclass(frozen=True, slots=True)
class Now:
    """A process at a moment.

    sign      what makes the level worse than the judges have it, if anything does
    because   the reason for the level, with the figures of now
    strikes   in a row up to now
    """

    level: Level
    because: str
    sign: Sign | None
    growth: GrowthKind
    limit: Limit | NoLimit
    strikes: int
    at_ms: float
    line: int

    def change(self, judged: TimelineEvent) -> TimelineEvent:
        """A change of the judges' verdict, with the level that a lasting sign calls for."""
        sign = self.sign
        if sign is None or self._wavers or LEVELS.index(sign.level) <= LEVELS.index(judged.level):
            return judged
        return TimelineEvent(judged.at_ms, judged.line, sign.level, sign.because)

    @property
    def _wavers(self) -> bool:
        """Whether the sign may come and go with each collection, as growth and a healthy start do: it raises no alarm, and counts at
        the end."""
        return self.sign is not None and self.sign.of in ("growth", "start")

    def change_since(self, said: Level, *, final: bool) -> TimelineEvent | None:
        """The change since a level was reported, if no change of the judges' verdict was one."""
        if self.level == said or (self._wavers and not final):
            return None
        return TimelineEvent(self.at_ms, self.line, self.level, self.because)


def assess(judge: Judge, memory: MemoryJudge, judged: Level, so_far: SoFar, external: ExternalSoFar, beside: Beside) -> Now:
    """The assessment now. `judged`: the level by the judges of the heap and of all memory."""
    (heap_growth, rise), strikes, fulls = judge.grown, judge.strikes, so_far.fulls
    live_mb = so_far.live_mb
    growth = refine_growth(heap_growth, external.growth, None if math.isnan(live_mb) else live_mb, memory.growth)
    limit = limit_with_crash(judge.limit, beside.crash)
    strike = last_strike(strikes, fulls[-1].line if fulls else None)
    standing = Standing(
        crash=beside.crash,
        kill=beside.kill,
        at_limit_line=beside.at_limit_line,
        growth=growth,
        rise=rise,
        live_mb=live_mb,
        limit=limit,
        share=so_far.share,
        forced_ms=so_far.forced_ms,
        busy_at_ms=so_far.last_ms,
        busy_line=beside.last_line,
        total=so_far.total,
        full=so_far.counts["mark_compact"],
        first_ms=so_far.first_ms,
        last_ms=so_far.last_ms,
        last_line=beside.last_line,
        used_max_mb=so_far.used_max_mb,
        begins_late=so_far.is_late or beside.is_only_ring,
        start=so_far.start,
        is_as_before=judge.is_as_before,
    )
    sign, outside = worst_sign(standing, judged), memory.judgement
    is_outside = outside is not None and outside.level == judged != judge.level
    because = outside.because if outside is not None and is_outside else judge.because
    return Now(
        level=judged if sign is None else sign.level,
        because=because if sign is None else sign.because,
        sign=sign,
        growth=growth,
        limit=limit,
        strikes=0 if strike is None else strike.count,
        at_ms=so_far.last_ms,
        line=beside.last_line,
    )
