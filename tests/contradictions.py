"""Statements of one report that exclude each other: what no reader may find side by side."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Iterator

from rendered import render_markdown, render_terminal

from gclog.analysis.verdict.strikes import FATAL_STRIKES
from gclog.diagnose.signs import GC_BOUND_SHARE
from gclog.model.process import Trend
from gclog.model.report import ProcessReport, Report
from gclog.model.verdict import GROWING, LEVELS, Limit

__all__ = ["contradictions"]

GREW = r"live set grew from|took its live set from"

EXCLUDING: tuple[tuple[str, str], ...] = (
    (GREW, r"live set did not grow"),
    (GREW, r"\bno trend led to it\b"),
    (GREW, r"Growth +\|? *(flat(?! but)|cannot say)"),
    (r"^\W*OK\b", r"V8 may give up at any time|was at its limit|more and V8 gives up"),
    (r"nothing to foresee", r"(?<!no longer )V8 may give up|Heap exhaustion (impending|at hand)|is impending"),
    (r"no heap limit known", r"limit is reached in|limit of [\d.]+ .B is reached"),
    (r"no end in sight", r"on current trend the (?:inferred )?[\d.]+ .B limit is reached|\bCRITICAL\b|\bEXHAUSTED\b"),
    (
        r"none: it (died|was killed)",
        r"While it lives|[Rr]estart it|about [\d.]+ (s|min|h|d) \(four in five|\bnothing to foresee\b|is reached in",
    ),
    (r"External memory, most +\|? *cannot say", r"External memory went from|external [\d.]+ .B to [\d.]+"),
    (r"too few collections", r"GC takes [1-9]\d(\.\d)? % of the time"),
    (r"no warning came before it", r"before the end, from line|foreseeable [\d.]+ (ms|s|min|h|d) before"),
    (r"\b0\.00 ms of log", r"on current trend"),
    (r"Healthy so far", r"collections free little"),
    (r"is not known yet", r"levelled off for|flat before and after"),
    (r"was at its last resort", r"live set is flat\b|Growth +\|? *flat\b"),
)
"""Pairs of patterns that may not both be found in the report of one process."""

SIZE = re.compile(r"[\d.,]+ (?:kB|MB|GB)\b(?!/)")


def contradictions(report: Report) -> Iterator[str]:
    """What contradicts itself in the report of each process, in terminal and in Markdown, each with the words found."""
    for process in report.processes:
        alone = dataclasses.replace(report, processes=(process,), profiles=(), heaps=(), sources=())
        name = f"{process.source}, {process.pid}, {process.verdict.headline!r}"
        for said in _in_types(process):
            yield f"{name}: {said}"
        for text in (re.sub(r"\s+", " ", render_terminal(alone, width=10_000)), re.sub(r"\s+", " ", render_markdown(alone))):
            for one, other in EXCLUDING:
                first, second = re.search(one, text), re.search(other, text)
                if first and second:
                    yield f"{name}: {first[0]!r} beside {second[0]!r}"
            figures = set(SIZE.findall(text.replace(process.verdict.headline, "")))
            for size in SIZE.findall(process.verdict.headline):
                if size not in figures:
                    yield f"{name}: {size} of the headline is nowhere else"


def _in_types(process: ProcessReport) -> Iterator[str]:
    """What the types allow, and a reader would not."""
    level, trend, crash = process.verdict.level, process.heap.old_space_trend, process.crash
    if isinstance(trend, Trend):
        if trend.low_mb_per_h > 0 and process.growth not in GROWING:
            yield f"growth {process.growth} beside a trend above zero"
        if trend.low_mb_per_h <= 0 and process.growth in GROWING:
            yield f"growth {process.growth} beside a trend that may be zero"
        if trend.points < 4:
            yield f"a trend of {trend.points} points"
    if process.growth in GROWING and process.heap.full_collections < 4:
        yield f"growth {process.growth} by {process.heap.full_collections} full collections"
    found = {finding.id for finding in process.findings}
    if process.growth in GROWING and level in ("rising", "impending", "critical") and "old-space-growth" not in found:
        yield f"growth {process.growth} without the finding old-space-growth"
    if crash is not None and LEVELS.index(level) < LEVELS.index("critical"):
        yield f"{level} of a process that died ({crash.kind})"
    if (
        level == "rising"
        and process.growth == "none"
        and not process.by_memory
        and "raises the level" not in process.verdict.headline
    ):
        yield "rising beside a flat live set, and the headline does not say why"
    if level == "ok":
        share = process.pauses.share
        if isinstance(share, float) and share >= GC_BOUND_SHARE and process.total >= 3 and process.span.duration_ms >= 2100:
            yield f"ok with {share:.0%} of the time in GC"
        live, limit = process.heap.live_mb, process.limit
        if isinstance(live, float) and isinstance(limit, Limit) and limit.source != "inferred" and live >= 0.95 * limit.mb:
            yield f"ok with {live} of {limit.mb} MB alive"
        if any(finding.severity == "error" and finding.id.startswith("heap-exh") for finding in process.findings):
            yield "ok beside the finding of an exhausted heap"
    for finding in process.findings:
        strikes = [int(number) for number in re.findall(rf"strike (\d+) of {FATAL_STRIKES}", finding.title)]
        if any(number > FATAL_STRIKES for number in strikes):
            yield finding.title
