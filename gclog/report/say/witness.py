"""The words for what other witnesses say of a process: rows for every renderer's tables, empty where no witness spoke."""

from __future__ import annotations

from gclog import units
from gclog.model.not_known import NotKnown
from gclog.model.report import ProcessReport
from gclog.model.witness import MemoryClock, MemoryFigures, MemoryGrowth, MemoryLimit, OutsideSource, ReportedProcess
from gclog.report.say.figures import Figure

__all__ = ["CANNOT_SAY", "GROWTH_WORDS", "PART_NAMES", "memory_figures", "report_figures"]

CANNOT_SAY = "cannot say"

PART_NAMES = {
    "rss": "RSS",
    "outside": "RSS less the heap",
    "heap_total": "Heap, committed",
    "heap_used": "Heap, in use",
    "external": "External",
    "array_buffers": "Array buffers",
}

GROWTH_WORDS: dict[MemoryGrowth, str] = {
    "too-few": "too few readings",
    "none": "level",
    "heap": "in V8's heap",
    "off-heap": "outside V8's heap",
    "both": "inside and outside V8's heap",
}

SOURCE_WORDS: dict[OutsideSource, str] = {
    "array-buffers": "Buffers and ArrayBuffers",
    "external": "native objects that V8 knows of",
    "unknown-to-v8": "memory that V8 is not told of",
    "not-said": "not told by the lines",
}

CLOCK_WORDS: dict[MemoryClock, str] = {
    "v8": "moments from the collections around the lines",
    "wall": "moments from the lines' dates",
    "none": "the lines have no clock",
}

FRAMES_SHOWN = 8
"""Frames of the exception's stack shown; JSON has all."""

TYPES_SHOWN = 8


def memory_figures(process: ProcessReport) -> tuple[Figure, ...]:
    """What the program printed of its memory, the container's limit, and the kill."""
    rows: list[Figure] = []
    memory, kill, limit = process.memory, process.kill, process.memory_limit
    if kill is not None:
        rows.append(Figure("Killed", f"line {units.count(kill.line)}", kill.because.removeprefix("was ")))
    if isinstance(limit, MemoryLimit):
        rows.append(Figure("Memory limit", units.mb(limit.mb), limit.why))
    if memory is not None:
        rows += _memory_rows(memory)
    return tuple(rows)


def _memory_rows(memory: MemoryFigures) -> list[Figure]:
    lines = f"lines {units.count(memory.first_line)} to {units.count(memory.last_line)}"
    rows = [
        Figure("Readings", units.count(memory.readings), f"{lines}; {CLOCK_WORDS[memory.clock]}"),
        Figure("Memory grew", GROWTH_WORDS[memory.growth], memory.because),
    ]
    for name, label in PART_NAMES.items():
        if (part := memory.parts.get(name)) is not None:
            between = f"{units.mb(part.first_mb)} to {units.mb(part.last_mb)}"
            rows.append(Figure(label, between, f"at most {units.mb(part.most_mb)}, line {units.count(part.most_line)}"))
    if memory.growth in ("off-heap", "both"):
        rows.append(Figure("What it is", SOURCE_WORDS[memory.outside_source], _share(memory)))
    if isinstance(memory.rss_mb_per_h, NotKnown):
        rows.append(Figure("RSS trend", CANNOT_SAY, memory.rss_mb_per_h.reason))
    else:
        low, high = (units.rate_mb_per_h(rate) for rate in (memory.rss_low_mb_per_h, memory.rss_high_mb_per_h))
        rows.append(Figure("RSS trend", units.rate_mb_per_h(memory.rss_mb_per_h), f"{low} to {high}, 90 % interval"))
    if not isinstance(memory.heap_limit_mb, NotKnown):
        rows.append(Figure("heap_size_limit", units.mb(memory.heap_limit_mb), "as printed; the young generation counts in it"))
    return rows


def _share(memory: MemoryFigures) -> str:
    return (
        "" if isinstance(memory.outside_share, NotKnown) else f"{units.percent(memory.outside_share)} of RSS is not V8's heap"
    )


def report_figures(report: ReportedProcess) -> tuple[Figure, ...]:
    """What a diagnostic report says. Its texts may be hostile: renderers treat them as they do the log's."""
    rows = [
        Figure("Event", report.trigger, report.event),
        *_exception(report),
        Figure("Node", report.node, report.platform),
        Figure("Command line", " ".join(report.command_line)),
        Figure("Old-space limit", *_mb(report.old_limit_mb, report.old_limit_why)),
        Figure("heap_size_limit", *_mb(report.heap_limit_mb, "the young generation counts in it")),
        Figure("Heap in use", *_mb(report.used_mb, _committed(report))),
        Figure("RSS", *_mb(report.rss_mb if not isinstance(report.rss_mb, NotKnown) else report.max_rss_mb, _most(report))),
        Figure("Container limit", *_mb(report.constrained_mb, "")),
    ]
    for space in sorted(report.spaces, key=lambda space: -space.used_mb):
        if space.committed_mb > 0:
            rows.append(Figure(space.name, units.mb(space.used_mb), f"of {units.mb(space.committed_mb)} committed"))
    if report.handles:
        rows.append(Figure("Handles", units.count(sum(handles.count for handles in report.handles)), _handles(report)))
    if report.workers:
        rows.append(Figure("Worker threads", units.count(report.workers), "each has a report of its own in the file"))
    if report.detached_contexts is not None:
        of = "" if report.native_contexts is None else f"of {units.count(report.native_contexts)} contexts"
        rows.append(Figure("Detached contexts", units.count(report.detached_contexts), of))
    return tuple(rows)


def _exception(report: ReportedProcess) -> list[Figure]:
    """The exception or the call that the report is of, with its stack."""
    rows = [Figure("Exception", report.message.split("\n")[0])] if report.message else []
    if report.thread_id:
        rows.append(Figure("Thread", f"worker {report.thread_id}", "the heap is this worker's, RSS the whole process's"))
    if not report.fatal:
        rows += [Figure("" if at else "Stack", "", frame) for at, frame in enumerate(report.js_stack[:FRAMES_SHOWN])]
    return rows


def _handles(report: ReportedProcess) -> str:
    """libuv's own names and counts: `3 tcp, 2 async (none active), 1 timer`."""
    said = []
    for handles in report.handles[:TYPES_SHOWN]:
        idle = handles.count - handles.active
        some = f" ({'none' if idle == handles.count else units.count(handles.active)} active)" if idle else ""
        said.append(f"{units.count(handles.count)} {handles.type}{some}")
    more = len(report.handles) - TYPES_SHOWN
    return ", ".join(said) + (f" and {more} more types" if more > 0 else "")


def _mb(mb: float | NotKnown, note: str) -> tuple[str, str]:
    return (CANNOT_SAY, mb.reason) if isinstance(mb, NotKnown) else (units.mb(mb), note)


def _committed(report: ReportedProcess) -> str:
    return "" if isinstance(report.committed_mb, NotKnown) else f"of {units.mb(report.committed_mb)} committed"


def _most(report: ReportedProcess) -> str:
    return "" if isinstance(report.max_rss_mb, NotKnown) else f"at most {units.mb(report.max_rss_mb)}"
