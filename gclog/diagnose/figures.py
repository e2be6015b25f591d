"""The headline of a process of which only the program's own figures of memory are known: what they say, and where it leads."""

from __future__ import annotations

from gclog import units
from gclog.diagnose.facts import known, say_interval
from gclog.diagnose.limit_words import is_exact, say_limit, say_share
from gclog.model.not_known import NotKnown
from gclog.model.report import JudgedProcess
from gclog.model.verdict import Forecast, Level, Limit
from gclog.model.witness import MemoryFigures, MemoryLimit

__all__ = ["say_figures"]

USUAL_MB = 128.0
"""Node's own code, stacks and buffers: RSS is above the heap by less than this in any program."""

MOST_SHARE = 0.5

MOST_TESTS = 3
"""Test files that the headline names."""


def say_figures(process: JudgedProcess, level: Level, outside: str) -> str:
    """The headline; empty without figures. `outside`: what all memory says, if the level comes from that."""
    memory = process.memory
    if memory is None or process.total or (level == "not-assessable" and process.reported):
        return ""
    match level:
        case "not-assessable" if now := _say_now(process, memory):
            return f"{_few(memory)}: {now}."
        case "ok":
            said = outside or memory.because
            return f"OK by the program's own figures; no collection adds to them: {said}{_share(process, memory)}."
        case "rising":
            said = f"{outside}{_rates(memory)}" if outside else _say_heap(process, memory)
            return f"Rising: {said}{_left(process)}."
        case "impending" if not outside and isinstance(process.forecast, Forecast):
            return f"Heap exhaustion impending: {_say_heap(process, memory)}{_left(process)}."
        case _:
            return ""


def _few(memory: MemoryFigures) -> str:
    if memory.readings == 1:
        return "One reading of memory, no trend"
    return f"{units.count(memory.readings)} readings of memory, too few for a trend"


def _say_now(process: JudgedProcess, memory: MemoryFigures) -> str:
    """The figures themselves: how they moved, if there are several, and where the memory is."""
    parts = memory.parts
    said = [
        f"{label} {_moved(memory, name)}" for name, label in (("rss", "RSS"), ("heap_used", "heap in use")) if name in parts
    ]
    if not said:
        others = (("heap_total", "heap"), ("external", "external memory"), ("array_buffers", "ArrayBuffers"))
        said = [f"{label} {_moved(memory, name)}" for name, label in others if name in parts]
    if not said:
        return (
            ""
            if isinstance(memory.heap_limit_mb, NotKnown)
            else f"the heap may grow to {units.mb(memory.heap_limit_mb)}; nothing says how large it is"
        )
    if "rss" in parts and (heap := parts.get("heap_total") or parts.get("heap_used")) is not None:
        rss_mb = parts["rss"].last_mb
        said = [f"RSS {_moved(memory, 'rss')} beside a heap of {units.mb(heap.last_mb)}{_where(memory, rss_mb, heap.last_mb)}"]
    return f"{', '.join(said)}{_share(process, memory)}"


def _moved(memory: MemoryFigures, name: str) -> str:
    part = memory.parts[name]
    if memory.readings == 1 or part.first_mb == part.last_mb:
        return units.mb(part.last_mb)
    took = "" if isinstance(memory.span_ms, NotKnown) else f" in {units.duration(memory.span_ms)}"
    return f"from {units.mb(part.first_mb)} to {units.mb(part.last_mb)}{took}"


def _where(memory: MemoryFigures, rss_mb: float, heap_mb: float) -> str:
    """Whether most memory is V8's heap or not; empty for a process so small that Node's own memory decides."""
    outside_mb = rss_mb - heap_mb
    if outside_mb <= USUAL_MB:
        return ""
    if outside_mb <= MOST_SHARE * rss_mb:
        return f"; {units.mb(outside_mb)} are outside the heap"
    external = memory.parts.get("external")
    if external is None:
        return ": most memory is outside the heap"
    if external.last_mb >= MOST_SHARE * outside_mb:
        return (
            f": most memory is outside the heap, {units.mb(external.last_mb)} of it Buffers and other memory that V8 knows of"
        )
    return f": most memory is outside the heap, and V8 knows of {units.mb(external.last_mb)} of it"


def _say_heap(process: JudgedProcess, memory: MemoryFigures) -> str:
    """How the heap moved."""
    if memory.growth in ("heap", "both") or "heap_used" not in memory.parts:
        moved = memory.because
    else:
        part = memory.parts["heap_used"]
        moved = f"the heap in use went from {units.mb(part.first_mb)} to {units.mb(part.last_mb)}"
    return f"{moved}{_share(process, memory)}{_rates(memory, with_heap=True)}{_say_tests(memory)}"


def _say_tests(memory: MemoryFigures) -> str:
    """The test files after which the heap grew most."""
    named = [f"{test.file} (+{units.mb(test.kept_mb)})" for test in memory.tests[:MOST_TESTS]]
    return f"; it kept most after {', '.join(named)}" if named else ""


def _share(process: JudgedProcess, memory: MemoryFigures) -> str:
    """How much of the limits is used."""
    used, rss = memory.parts.get("heap_used"), memory.parts.get("rss")
    said = ""
    if used is not None and isinstance(process.limit, Limit):
        inferred, share = "inferred " if process.limit.source == "inferred" else "", say_share(used.last_mb, process.limit)
        limit = (
            f"the {inferred}{units.mb(process.limit.mb)} heap limit" if is_exact(process.limit) else say_limit(process.limit)
        )
        said += f", {share} of {limit} in use"
    if rss is not None and isinstance(process.memory_limit, MemoryLimit):
        limit_mb = process.memory_limit.mb
        said += f", RSS {units.percent(rss.last_mb / limit_mb)} of the {units.mb(limit_mb)} limit on all memory"
    return said


def _rates(memory: MemoryFigures, *, with_heap: bool = False) -> str:
    """The trend of what grows, with its interval; empty without a clock."""
    trends = {"RSS": (memory.rss_low_mb_per_h, memory.rss_mb_per_h, memory.rss_high_mb_per_h)}
    if with_heap or memory.growth in ("heap", "both"):
        trends["the heap"] = (memory.heap_low_mb_per_h, memory.heap_mb_per_h, memory.heap_high_mb_per_h)
    said = []
    for name, ends in trends.items():
        low, rate, high = map(known, ends)
        if low is not None and rate is not None and high is not None and low > 0:
            now, least, most = units.rates(rate, low, high)
            said.append(f"{name} {now} ({least} to {most})")
    return f"; {', '.join(said)}" if said else ""


def _left(process: JudgedProcess) -> str:
    forecast = process.forecast
    if not isinstance(forecast, Forecast):
        return ""
    low_ms, expected_ms, high_ms = (
        max(at_ms - forecast.now_ms, 0.0) for at_ms in (forecast.at_low_ms, forecast.at_expected_ms, forecast.at_high_ms)
    )
    return f"; on this trend the limit is reached in {units.duration(expected_ms)} ({say_interval(low_ms, high_ms)})"
