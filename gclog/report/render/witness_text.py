"""The sections of other witnesses, for a terminal."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator

from rich.console import RenderableType
from rich.text import Text

from gclog.model.heap import HeapDiff
from gclog.model.report import HeapReport, ProcessReport
from gclog.model.witness import MemoryFigures
from gclog.report.render.text_parts import grid, heading, indented, log_text, spark
from gclog.report.say import heap as heap_wording
from gclog.report.say.figures import Figure
from gclog.report.say.witness import PART_NAMES, memory_figures, report_figures
from gclog.report.visible import make_visible

__all__ = ["grows_parts", "heap_parts", "witness_parts"]

SPARK_WIDTH = 60
LONGEST_NOTE = 400

GROWERS_SHOWN = 3
"""Constructors shown with their paths: `gclog heapdiff` and JSON have more."""


def witness_parts(process: ProcessReport) -> Iterator[RenderableType]:
    """Memory as the program printed it, and its diagnostic reports; nothing where there are none."""
    rows = memory_figures(process)
    if rows:
        yield heading("Memory of the process")
        if process.memory is not None:
            yield from (indented(line) for line in _curves(process.memory))
        yield indented(_table(rows))
    for report in process.reported:
        yield heading(make_visible(f"Diagnostic report {report.path}"))
        yield indented(_table(report_figures(report)))


def grows_parts(diff: HeapDiff | None) -> Iterator[RenderableType]:
    """What grows, by heap snapshots: the first constructors, with a path each."""
    if diff is not None:
        yield heading(heap_wording.HEADINGS[diff.method])
        yield from (indented(part) for part in _grows(diff))


def heap_parts(heaps: Iterable[HeapReport]) -> Iterator[RenderableType]:
    """Heap snapshots that are of none of the processes."""
    for heap in heaps:
        yield heading(heap_wording.lone_title(heap.pid, heap.thread_id))
        yield indented(log_text(heap.why, "dim"))
        yield from (indented(part) for part in _grows(heap.diff))


def _grows(diff: HeapDiff) -> Iterator[RenderableType]:
    if not diff.growers:
        yield log_text(heap_wording.answer(diff), "bold")
    for grower in diff.growers[:GROWERS_SHOWN]:
        yield log_text(heap_wording.say_grower(diff, grower), "bold")
        yield from (indented(log_text(line)) for line in heap_wording.details(grower))
        yield from (indented(log_text(line), 4) for line in heap_wording.path_lines(grower.path))
    yield from (log_text(line, "dim") for line in heap_wording.snapshot_lines(diff))
    yield log_text(f"compared: {heap_wording.METHODS[diff.method]}", "dim")
    yield from (log_text(f"note: {note}") for note in diff.notes)


def _table(rows: Iterable[Figure]) -> RenderableType:
    return grid(
        (log_text(row.label), log_text(row.value, "bold", LONGEST_NOTE), log_text(row.note, "dim", LONGEST_NOTE))
        for row in rows
    )


def _curves(memory: MemoryFigures) -> Iterator[Text]:
    """RSS and the heap side by side, a character for each of some sixty slices, on one scale."""
    series = memory.series
    top = max((mb for values in (series.rss_mb, series.heap_total_mb) for mb in values if math.isfinite(mb)), default=0.0)
    if top <= 0 or len(series.line) < SPARK_WIDTH // 10:
        return
    for name, values in (("rss", series.rss_mb), ("heap_total", series.heap_total_mb), ("external", series.external_mb)):
        if any(math.isfinite(mb) for mb in values):
            yield Text(f"{PART_NAMES[name]:<18}{_spark(values, top)}", no_wrap=True, overflow="crop")


def _spark(values: tuple[float, ...], top: float) -> str:
    slices = min(SPARK_WIDTH, len(values))
    drawn = ""
    for i in range(slices):
        part = [mb for mb in values[i * len(values) // slices : (i + 1) * len(values) // slices] if math.isfinite(mb)]
        drawn += spark(min(max(part) / top, 1.0)) if part else " "
    return drawn
