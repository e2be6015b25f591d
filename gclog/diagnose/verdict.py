"""The verdict: the level, one sentence with its numbers, since when, and how long before a death it could be foreseen."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Sequence

from gclog import units
from gclog.analysis.measure.full_heap import FAR_MB
from gclog.analysis.measure.locations import RETRIED
from gclog.analysis.verdict.danger import DangerTracker
from gclog.diagnose.facts import (
    died_of_heap,
    known,
    last_resort_fall,
    rank,
    say_growth,
    say_interval,
    say_rise,
    written_at_limit,
)
from gclog.diagnose.figures import say_figures
from gclog.diagnose.gc_causes import say_gc_cause
from gclog.diagnose.limit_words import is_exact, of_limit, say_default, say_limit
from gclog.diagnose.neighbours import say_messages
from gclog.diagnose.remedies import is_refused_size
from gclog.diagnose.reported import say_report
from gclog.diagnose.sampled import say_held
from gclog.diagnose.signs import LEAST_SPAN_MS, Sign, say_rise_so_far
from gclog.model.process import HeapFigures, Span
from gclog.model.report import JudgedProcess
from gclog.model.verdict import Crash, CrashKind, Forecast, Level, Limit, NoForecast, NoLimit, TimelineEvent, Verdict
from gclog.processes.others_killed import others_killed
from gclog.processes.workers import WORKER_STOPPED

__all__ = ["conclude", "danger_at", "foresee", "say_rising"]

NOT_OF_THE_HEAP = "it was killed from outside, of which V8 gives no warning"

ONLY_TAIL = "the log has only the tail of the crash, not what led to it"

NO_WARNING: tuple[CrashKind, ...] = ("native-memory", "killed", "not-memory")
"""Deaths that V8's heap gives no warning of."""

NEAR_LIMIT = re.compile(r"\b(old_gen_size|current_limit)=([0-9]{1,15})\b")
"""What Node's callback near the limit prints of it, and of what is in use there (NODE_DEBUG_NATIVE=diagnostics)."""

FELT_MS = 400.0
"""A stop from which on people call a program slow (long-pauses warns from there on)."""


def conclude(process: JudgedProcess, level: Level, outside: str = "", sign: Sign | None = None) -> Verdict:
    """The verdict at the end of the log, on the process with the level's own timeline.

    outside   what the process's memory as a whole says, if the level comes from that or a kill is to be explained
    sign      what makes the level, if it is neither the heap nor that
    """
    timeline, span, crash, only_tail = process.timeline, process.span, process.crash, process.coverage.only_tail
    run = _last_run(timeline, rank(level))
    foreseen = None if only_tail else foresee(timeline, span, crash)
    foreseeable_ms = None if foreseen is None else _died_at_ms(crash, span) - foreseen.at_ms
    since_ms, since_line = (run[0].at_ms, run[0].line) if run else _since(process, sign)
    not_foreseeable = None
    if crash is not None:
        not_foreseeable = NOT_OF_THE_HEAP if crash.kind == "killed" else _say_tail(process, crash) if only_tail else None
    headline = _headline(process, level, outside, not_foreseeable or _say_foreseeable(process, foreseeable_ms), sign)
    return Verdict(
        level=level,
        headline=_with_sampled(process, level, _beside_earlier(process, outside, _beside_others(process, headline))),
        since_ms=since_ms,
        since_line=since_line,
        foreseeable_ms=foreseeable_ms,
        foreseeable_line=None if foreseen is None else foreseen.line,
        not_foreseeable=not_foreseeable,
        because=sign.because if sign is not None else outside or process.because,
    )


def _since(process: JudgedProcess, sign: Sign | None) -> tuple[float, int]:
    """A moment and its line from which a level without an event of its own holds. Of a sign that has only one of them, the other
    is that of the full collection there."""
    span = process.span
    if sign is None:
        return span.first_ms, span.first_line
    if sign.line is None:
        at = next((cycle for cycle in process.cycles if cycle.at_ms >= sign.at_ms), None)
        return (span.last_ms, span.last_line) if at is None else (at.at_ms, at.line)
    if math.isnan(sign.at_ms):
        return max((cycle.at_ms for cycle in process.cycles if cycle.line <= sign.line), default=span.first_ms), sign.line
    return sign.at_ms, sign.line


def _beside_earlier(process: JudgedProcess, outside: str, headline: str) -> str:
    """The headline of a living process, with where it stands beside earlier runs."""
    because = "" if process.beside is None or process.crash is not None or outside else process.beside.because
    return headline if not because or because in headline else f"{headline.removesuffix('.')}; {because}."


def _with_sampled(process: JudgedProcess, level: Level, headline: str) -> str:
    """The headline of a process whose heap is the matter, with what its sampled heap profile says fills it."""
    crash = process.crash
    is_of_heap = (
        rank(level) >= rank("rising") if crash is None else died_of_heap(crash) or crash.kind in ("killed", "worker-limit")
    )
    held = say_held(process.sampled) if is_of_heap and process.growth != "off-heap" else ""
    return f"{headline.removesuffix('.')}; {held}." if held else headline


def _beside_others(process: JudgedProcess, headline: str) -> str:
    """The headline of a living process, with the kills of others that its log reports, and a worker that was stopped."""
    if process.crash is not None or not process.signs.messages or not process.coverage.speaks_for_source:
        return headline
    stopped = next((message for message in process.signs.messages if message.kind == WORKER_STOPPED), None)
    if stopped is not None:
        headline = (
            f"{headline.removesuffix('.')}; a worker of it was stopped at its own heap limit, line {units.count(stopped.line)}."
        )
    others = others_killed(process.signs.messages, process.pid, process.span.last_line)
    if not others:
        return headline
    last = others[-1]
    name = last.name if last.pid is None else f"{last.name} (pid {last.pid})"
    return f"{headline.removesuffix('.')}; another process was killed, {name}, and not this one."


def _say_tail(process: JudgedProcess, crash: Crash) -> str:
    """Why it cannot be said how long before the crash it could be foreseen; with what the program's own figures show of that time."""
    memory = process.memory
    used = None if memory is None or memory.readings < 2 or memory.first_line > crash.line else memory.parts.get("heap_used")
    if used is None or used.last_mb <= used.first_mb:
        return ONLY_TAIL
    rose = (
        f"the program's own figures show the heap in use rise from {units.mb(used.first_mb)} to {units.mb(used.last_mb)} before"
    )
    return f"{rose}, and of V8's lines the log has only the last"


def foresee(timeline: Iterable[TimelineEvent], span: Span, crash: Crash | None) -> TimelineEvent | None:
    """Where the danger in which the fatal error came began: the first alarm that nobody would have closed before.

    None: no crash, no such danger, one that began in the millisecond of the death, or a death that is not the JS heap's.

    The fatal error's own event (`exhausted`) is no warning. The order is that of V8's clock, not of lines: if stdout and
    stderr were merged afterwards, the fatal line may precede the collections that led to it.
    """
    if crash is None or crash.kind in NO_WARNING:
        return None
    died_at_ms = _died_at_ms(crash, span)
    begin = danger_at(timeline, died_at_ms)
    return begin if begin is not None and begin.at_ms < died_at_ms else None


def danger_at(timeline: Iterable[TimelineEvent], at_ms: float) -> TimelineEvent | None:
    """Where the danger began that a process is in at a moment, by the events up to it; None if it is in none."""
    danger = DangerTracker()
    for event in timeline:
        if event.level != "exhausted" and event.at_ms <= at_ms:
            danger.settle(event.at_ms)
            danger.see(event, event.at_ms)
    danger.settle(at_ms)
    return danger.begin


def say_rising(process: JudgedProcess) -> str:
    """That the live set rose up to the death, if that was all that could be seen; empty if it did not."""
    if process.crash is None or process.crash.kind in NO_WARNING:
        return ""
    died_at_ms = _died_at_ms(process.crash, process.span)
    before = [event for event in process.timeline if event.level != "exhausted" and event.at_ms < died_at_ms]
    run = _last_run(before, rank("rising"))
    return f"rising for {units.duration(died_at_ms - run[0].at_ms)} before, which alone is no alarm" if run else ""


def _died_at_ms(crash: Crash | None, span: Span) -> float:
    return span.last_ms if crash is None or crash.at_ms is None else crash.at_ms


def _last_run(timeline: Sequence[TimelineEvent], least: int) -> list[TimelineEvent]:
    """The events at the end that are all of this rank or above."""
    run: list[TimelineEvent] = []
    for event in reversed(timeline):
        if rank(event.level) < least:
            break
        run.insert(0, event)
    return run


def _headline(process: JudgedProcess, level: Level, outside: str, foreseeable: str, sign: Sign | None) -> str:
    if process.crash is not None:
        return _say_death(process, process.crash, outside, foreseeable)
    live, growth = _say_live(process), say_growth(process)
    if sign is not None:
        return _say_sign(sign, live, growth, say_gc_cause(process))
    if figures := say_figures(process, level, outside):
        return figures
    if outside:
        return _say_outside(level, outside)
    left, because = _say_left(process.forecast, process.limit), process.because
    named = _say_left(process.forecast, process.limit, named=known(process.heap.live_mb) is not None)
    match level:
        case "not-assessable" if not process.timeline and (beside := _say_beside(process)):
            return beside
        case "not-assessable":
            reason = because or "too few collections"
            stop = _say_stop(process)
            if rise := say_rise_so_far(process):
                return f"Not assessable: {reason}, but {rise}{_gc_cost(process)}{stop}."
            return f"Not assessable: {reason}; {units.duration(process.span.duration_ms)} of log{_gc_cost(process)}{stop}."
        case "ok" if (fall := last_resort_fall(process)) is not None:
            full = f"V8 was at its last resort at {units.clock(fall.at_ms)}, with the heap full or one object too large"
            return f"OK now, but {full}: {live}, down from {units.mb(fall.before_mb)}."
        case "ok":
            return f"OK: {live}, {growth}{_gc_cost(process)}."
        case "rising":
            return f"Rising: {live}, {growth}{f'; {named}' if named else ''}."
        case "impending":
            is_sized = "limit" in because or "live set" in because or known(process.heap.live_mb) is None
            sized = "" if is_sized or not isinstance(process.limit, Limit) else live
            return f"Heap exhaustion impending: {left or '; '.join(filter(None, (because, sized))) or live}."
        case "critical":
            return f"Heap exhaustion at hand: V8 is failing to free memory: {'; '.join(filter(None, (because, live, named)))}."
        case "exhausted":
            return f"Out of heap: {because or live}."


def _say_sign(sign: Sign, live: str, growth: str, gc_cause: str) -> str:
    caused = f", {gc_cause}" if gc_cause else ""
    match sign.of:
        case "start" if sign.level == "rising":
            return f"Rising: {sign.because}."
        case "start":
            return f"Healthy so far: {sign.because}."
        case "gc" if sign.level == "not-assessable":
            return f"Not assessable: the log is too short to say, and {sign.because}{caused}; {live}."
        case "gc":
            return f"Busy collecting: {sign.because}{caused}, which is what raises the level; {live}, {growth}."
        case "growth" if sign.level == "impending":
            return f"Heap exhaustion impending: {sign.because}; {live}."
        case "growth":
            return f"Rising: {live}, {growth}."
        case _:
            return f"Heap exhaustion at hand: {sign.because}; {live}."


def _say_beside(process: JudgedProcess) -> str:
    """What its diagnostic report or messages say of a process of which nothing else is known; empty if they say nothing."""
    if not process.total and (reported := say_report(process.reported)):
        return reported
    said = say_messages(process.signs.messages)
    return f"Not assessable: no line describes the heap; but {said}." if said else ""


def _say_death(process: JudgedProcess, crash: Crash, outside: str, foreseeable: str) -> str:
    heap, limit = process.heap, process.limit
    when = "" if crash.at_ms is None else f" at {units.clock(crash.at_ms)}"
    reason = crash.reason.removeprefix("not the JavaScript heap: ")
    where = f" ({_say_location(crash)})" if crash.location else ""
    sizes = _say_live(process) if known(heap.live_mb) is not None else _say_near_limit(process)
    beside = f"; {sizes}" if sizes else ""
    match crash.kind:
        case "killed":
            killed = f"it {process.kill.because}" if process.kill is not None else reason
            return f"Killed from outside, not by V8: {killed}{f'; {outside}' if outside else ''}{beside}."
        case "native-memory":
            return f"Out of native memory, not the JS heap: the process died{when}{where}{beside}; {reason}."
        case "not-memory":
            refused = say_messages(process.signs.messages)
            why = f"{crash.message.strip().rstrip('.')}{f'; {refused}' if refused else ''}"
            return f"Fatal error, not the JS heap: the process died{when}: {why}{beside}."
        case "worker-limit":
            return f"Out of heap in a worker: stopped at its own limit{when}, not the process's{beside}; {foreseeable}."
        case "unknown" if crash.exhausted and crash.message:
            cannot = "whether the heap was full, one object too large or the machine out of memory cannot be told"
            return f"Out of memory: the process died{when}{beside}; {cannot}."
        case "unknown" if process.kill is not None:
            return f"Killed from outside, with the tail of a crash: it {process.kill.because}{beside}; {foreseeable}."
        case "unknown" if not crash.exhausted and not crash.message:
            return f"The process was aborted{when}, and nothing shows that memory was the cause{beside}: {reason}."
        case "unknown":
            return f"The process died{when}, and its fatal message is not in this log{beside}; {foreseeable}."
        case "one-large-allocation" if is_refused_size(crash):
            return f"Out of heap: {reason.partition(';')[0]}{when and f', and the process died{when}'}; no heap limit helps."
        case "one-large-allocation" if process.growth in ("not-known", "none", "levelled-off", "high-plateau"):
            led = "" if process.growth == "not-known" else "; no trend led to it"
            return f"Out of heap: one allocation failed{when}{_say_room(heap, limit)}{led}."
        case _:
            killed = f"; it {process.kill.because}" if process.kill is not None else ""
            if known(heap.live_mb) is None and (used := _say_used(process)):
                return f"Out of heap: the process died{when} with {used}{killed}; {foreseeable}."
            return f"Out of heap: the process died{when}{say_rise(process)}{_say_far(process, crash)}{killed}; {foreseeable}."


def _say_used(process: JudgedProcess) -> str:
    """The heap in use by figures that were printed, if no collection says what was alive; empty if there are none."""
    used = None if process.memory is None else process.memory.parts.get("heap_used")
    if used is None:
        return _say_near_limit(process)
    return (
        f"{of_limit(used.last_mb, process.limit)} in use"
        if isinstance(process.limit, Limit)
        else f"{units.mb(used.last_mb)} in use"
    )


def _say_near_limit(process: JudgedProcess) -> str:
    """The old generation as Node's callback last found it at the limit; empty if nothing of that was printed."""
    found = [(name, int(figure)) for message in process.signs.messages for name, figure in NEAR_LIMIT.findall(message.text)]
    last_mb = {name: figure / units.BYTES_PER_MB for name, figure in found}
    if len(last_mb) < 2 or not isinstance(process.limit, Limit):
        return ""
    raised = f", raised from {units.mb(process.limit.mb)}" if last_mb["current_limit"] > process.limit.mb else ""
    return f"{units.mb(last_mb['old_gen_size'])} in its old generation, at the limit of {units.mb(last_mb['current_limit'])}{raised}"


def _say_location(crash: Crash) -> str:
    """Where V8 gave up; with the size of the block that an allocator printed."""
    mb = crash.refused_mb
    return (crash.location or "").strip() if mb is None else f"Out of memory, size {units.mb(mb)}"


def _say_far(process: JudgedProcess, crash: Crash) -> str:
    """That the heap was far below any default limit, if no limit is known and it was."""
    live_mb = known(process.heap.live_mb)
    is_retried = (crash.location or "").startswith(tuple(RETRIED))
    is_far = is_retried and not isinstance(process.limit, Limit) and live_mb is not None and live_mb < FAR_MB
    return (
        ", far below any default limit: a small limit, one large allocation or the machine's memory may be behind it"
        if is_far
        else ""
    )


def _say_outside(level: Level, outside: str) -> str:
    """The headline if the level comes from all memory of the process, not from the heap alone."""
    match level:
        case "ok":
            return f"OK by the program's own figures; no collection adds to them: {outside}."
        case "impending" | "critical" | "exhausted":
            return f"Memory limit impending, not V8's: {outside}."
        case _:
            return f"Rising: {outside}."


def _say_room(heap: HeapFigures, limit: Limit | NoLimit) -> str:
    live_mb = known(heap.live_mb)
    if live_mb is None:
        return ""
    if not isinstance(limit, Limit):
        return f" at a live set of {units.mb(live_mb)}"
    if limit.mb <= live_mb:
        return f" at a live set of {of_limit(live_mb, limit)}"
    if limit.source == "crash" or not is_exact(limit):
        return f" at a live set of {of_limit(live_mb, limit)}"
    return f" that did not fit into the {units.mb(limit.mb - live_mb)} left: live set {of_limit(live_mb, limit)}"


def _say_foreseeable(process: JudgedProcess, foreseeable_ms: float | None) -> str:
    if not foreseeable_ms:
        return say_rising(process) or "no warning came before it"
    return f"foreseeable {units.duration(foreseeable_ms)} before"


def _say_left(forecast: Forecast | NoForecast, limit: Limit | NoLimit, *, named: bool = False) -> str:
    """`named`: the sentence has said the limit already, of which a range is not said twice."""
    if isinstance(forecast, NoForecast) or not math.isfinite(forecast.at_expected_ms):
        return ""
    expected_ms, low_ms, high_ms = (
        max(at_ms - forecast.now_ms, 0.0) for at_ms in (forecast.at_expected_ms, forecast.at_low_ms, forecast.at_high_ms)
    )
    is_inferred = isinstance(limit, Limit) and limit.source in ("crash", "inferred")
    inferred, verb = ("inferred ", "may be") if is_inferred else ("", "is")
    reached = (
        f"on current trend {f'the {inferred}{units.mb(limit.mb)} limit' if is_exact(limit) else 'that limit' if named else say_limit(limit)}"
        if isinstance(limit, Limit)
        else "on current trend the limit"
        if limit.default is None
        else f"on current trend the limit, {say_default(limit.default)},"
    )
    if expected_ms == 0:
        return f"{reached} {verb} reached now"
    return f"{reached} {verb} reached in {units.duration(expected_ms)} ({say_interval(low_ms, high_ms)})"


def _say_live(process: JudgedProcess) -> str:
    heap, limit, raised = process.heap, process.limit, bool(written_at_limit(process))
    live_mb = known(heap.live_mb)
    if live_mb is None:
        return "live set not known"
    garbage = " (after scavenges, garbage included)" if heap.live_basis == "scavenge" else ""
    if not isinstance(limit, Limit):
        return f"live set {units.mb(live_mb)}{garbage}, limit not known"
    share = f" ({units.percent(live_mb / limit.mb)})" if is_exact(limit) and live_mb <= limit.mb else ""
    return f"live set {of_limit(live_mb, limit, raised=raised)}{share}{garbage}"


def _say_stop(process: JudgedProcess) -> str:
    """The longest pause, if anybody feels it: it needs no trend to be assessed."""
    longest_ms = process.pauses.all.max_ms
    return f"; one collection stopped the program for {units.duration(longest_ms)}" if longest_ms >= FELT_MS else ""


def _gc_cost(process: JudgedProcess) -> str:
    share = known(process.pauses.share)
    return "" if share is None or process.span.duration_ms < LEAST_SPAN_MS else f"; GC takes {units.percent(share)} of the time"
