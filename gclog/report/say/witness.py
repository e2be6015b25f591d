"""What other witnesses say of a process: rows for every renderer's tables, empty if no witness spoke, and sections of them."""

from __future__ import annotations

import math
from collections.abc import Iterable

from gclog import units
from gclog.model.heap import HeapDiff
from gclog.model.not_known import NotKnown
from gclog.model.report import HeapReport, ProcessReport
from gclog.model.witness import MemoryClock, MemoryFigures, MemoryGrowth, MemoryLimit, OutsideSource, ReportedProcess
from gclog.report.document import Block, Drawing, Facts, Lines, Section, Strip, Strips, Words
from gclog.report.say import heap as heap_wording
from gclog.report.say import heap_sentences
from gclog.report.say.figures import FIGURE_TITLES, Figure, figure_rows
from gclog.report.say.process import CANNOT_SAY
from gclog.report.visible import cut, make_visible

__all__ = [
    "GROWTH_WORDS",
    "PART_NAMES",
    "grows_section",
    "heap_section",
    "memory_figures",
    "report_figures",
    "witness_sections",
]

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
    if "rss" in memory.parts:
        rows.append(_trend_row("RSS trend", memory.rss_mb_per_h, memory.rss_low_mb_per_h, memory.rss_high_mb_per_h))
    if "heap_used" in memory.parts:
        rows.append(_trend_row("Heap trend", memory.heap_mb_per_h, memory.heap_low_mb_per_h, memory.heap_high_mb_per_h))
    for test in memory.tests:
        rows.append(Figure("Heap kept after", test.file, f"{units.mb(test.kept_mb)}, line {units.count(test.line)}"))
    if not isinstance(memory.heap_limit_mb, NotKnown):
        rows.append(Figure("heap_size_limit", units.mb(memory.heap_limit_mb), "as printed; the young generation counts in it"))
    return rows


def _trend_row(label: str, rate: float | NotKnown, low: float | NotKnown, high: float | NotKnown) -> Figure:
    if isinstance(rate, NotKnown) or isinstance(low, NotKnown) or isinstance(high, NotKnown):
        return Figure(label, CANNOT_SAY, next(value.reason for value in (rate, low, high) if isinstance(value, NotKnown)))
    said, least, most = units.rates(rate, low, high)
    return Figure(label, said, f"{least} to {most}, 90 % interval")


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


# ---------------------------------------------------------------- the sections

STRIP_SLICES, FEWEST_READINGS = 60, 6
"""Slices of the curves of memory at most; with fewer readings they say nothing."""

FEWEST_SIZES = 2
"""Collections with a size, for a picture of the heap: with fewer a page begins with that of memory."""

STRIP_PARTS = ("rss", "heap_total", "external")

LONGEST_NOTE = 400
"""Characters of a command line, and of what else a diagnostic report says."""

GROWERS_SHOWN = 3
"""Constructors shown with their paths: `gclog heapdiff` and JSON have more."""


def witness_sections(process: ProcessReport, key: str) -> Iterable[Section]:
    """Memory as the program printed it, and its diagnostic reports."""
    rows = memory_figures(process)
    if rows:
        curves = () if process.memory is None else (_curves(process, process.memory, f"{key}-memory"),)
        is_first = len(process.series.at_ms) < FEWEST_SIZES
        yield Section(f"{key}-memory", "Memory of the process", (*curves, _facts(rows)), leads=is_first)
    for number, report in enumerate(process.reported, 1):
        yield Section(f"{key}-report-{number}", f"Diagnostic report {report.path}", (_facts(report_figures(report)),))


def _facts(figures: Iterable[Figure]) -> Facts:
    """Texts that a witness chose may be long, too."""
    short = (Figure(one.label, _short(one.value), _short(one.note)) for one in figures)
    return Facts(figure_rows(short), FIGURE_TITLES)


def _short(text: str) -> str:
    return cut(make_visible(text), LONGEST_NOTE)


def _curves(process: ProcessReport, memory: MemoryFigures, key: str) -> Drawing:
    """RSS and the heap below one another, on one scale."""
    series = memory.series
    top = max((mb for values in (series.rss_mb, series.heap_total_mb) for mb in values if math.isfinite(mb)), default=0.0)
    if top <= 0 or len(series.line) < FEWEST_READINGS:
        return Drawing("memory", process, key=key)
    curves = zip(STRIP_PARTS, (series.rss_mb, series.heap_total_mb, series.external_mb), strict=True)
    known = [(name, values) for name, values in curves if any(map(math.isfinite, values))]
    rows = tuple(Strip(PART_NAMES[name], _thinned(values, top)) for name, values in known)
    return Drawing("memory", process, key=key, strips=Strips(rows, (1.0,) * len(rows[0].values)))


def _thinned(values: tuple[float, ...], top: float) -> tuple[float, ...]:
    """Shares of `top`, the most in each slice; nothing if it has no reading."""
    slices = min(STRIP_SLICES, len(values))
    parts = (values[at * len(values) // slices : (at + 1) * len(values) // slices] for at in range(slices))
    return tuple(min(max(filter(math.isfinite, part), default=0.0) / top, 1.0) for part in parts)


def grows_section(diff: HeapDiff, key: str) -> Section:
    """What grows, by heap snapshots: the first constructors, with a path each."""
    return Section(f"{key}-grows", heap_wording.HEADINGS[diff.method], tuple(_grows(diff)), leads=True)


def heap_section(heap: HeapReport, number: int) -> Section:
    """Heap snapshots that are of none of the processes."""
    blocks = (Lines((Words(heap.why, "faint"),)), *_grows(heap.diff))
    return Section(f"heap-{number}", heap_wording.lone_title(heap.pid, heap.thread_id), blocks)


def _grows(diff: HeapDiff) -> Iterable[Block]:
    if diff.lead in ("", "total"):
        yield Lines((Words(heap_sentences.answer(diff), "strong"),))
    growers = [
        (heap_sentences.say_grower(diff, one), heap_sentences.details(one), one.path) for one in diff.growers[:GROWERS_SHOWN]
    ]
    objects = [
        (heap_sentences.say_in_place(diff, one), heap_sentences.details_in_place(one), one.path)
        for one in diff.in_place[:GROWERS_SHOWN]
    ]
    for sentence, known, path in objects + growers if diff.lead == "object" else growers + objects:
        yield Lines((Words(sentence, "strong"),))
        yield Lines(tuple(known), deep=1)
        if path:
            yield Lines(tuple(heap_sentences.path_lines(path)), deep=2, fenced=True)
    how = (*heap_wording.snapshot_lines(diff), f"compared: {heap_sentences.compared(diff)}")
    yield Lines((*(Words(line, "faint") for line in how), *(f"note: {note}" for note in diff.notes)))
