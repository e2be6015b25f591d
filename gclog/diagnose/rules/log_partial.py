"""The log does not show the whole life of the process.

What it looks for
    A first collection long after the process started, an end in the middle of a line, stretches without any collection line
    in which collections must have run, because the heap is another afterwards.

Why it matters
    What is not in the log is not in the figures: shares, trends and the time of the first warning cover only the part that
    is there.

Evidence
    The first line, the lines after the longest gaps, the last line.

Known problems
    A log without sizes cannot tell idleness from a gap. While Node writes a heap snapshot or profile the program stands still
    and nothing is missing: that is said, and that Node raises the heap's limit then. V8's output is buffered in blocks when it
    goes to a file or a pipe, and a crash loses the last block: a truncated end is then normal.

Remedy
    Record from the start, keep rotated files together, and give them to one analysis.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from gclog import units
from gclog.diagnose import facts
from gclog.diagnose.thresholds import declare
from gclog.model.finding import Finding
from gclog.model.records import Message
from gclog.model.report import ProcessReport

__all__ = ["DEFAULTS", "ID", "Thresholds", "check"]

ID = "log-partial"

Gap = tuple[float, float, int]


@dataclass(frozen=True, slots=True)
class Thresholds:
    warning_gap_share: float = declare(0.25, "with a quarter of the time missing, shares and rates mislead")


DEFAULTS = Thresholds()


def check(process: ProcessReport, thresholds: Thresholds = DEFAULTS) -> Iterable[Finding]:
    missing: list[str] = []
    written = {gap: message for gap in process.coverage.gaps if (message := _written_in(process, gap)) is not None}
    longest = sorted((gap for gap in process.coverage.gaps if gap not in written), key=lambda gap: gap[0] - gap[1])
    missing_ms = sum(to_ms - from_ms for from_ms, to_ms, _ in longest)
    share = min(missing_ms / process.span.duration_ms, 1.0) if process.span.duration_ms > 0 else 0.0
    if process.coverage.starts_late:
        missing.append(f"it starts at {units.clock(process.span.first_ms)}")
    if longest:
        gaps = f"{units.count(len(longest))} gaps, the longest of" if len(longest) > 1 else "a gap of"
        missing.append(f"it has {gaps} {units.duration(longest[0][1] - longest[0][0])}")
    if process.coverage.cut_short:
        missing.append("it ends in the middle of a line")
    if written:
        yield _of_writing(written)
    if not missing:
        return
    yield Finding(
        id=ID,
        severity="warning" if longest and share >= thresholds.warning_gap_share else "info",
        confidence="medium" if longest else "high",
        title=f"The log is partial: {', '.join(missing)}",
        observed=f"{units.percent(share)} of the span in gaps; {'; '.join(missing)}",
        threshold=f"gaps of {units.percent(thresholds.warning_gap_share)} of the span warning",
        evidence=facts.pick_lines(
            process.span.first_line if process.coverage.starts_late else None,
            [line for _, _, line in longest[:3]],
            process.span.last_line if process.coverage.cut_short else None,
        ),
        remedy="Record from the start of the process, give all parts of a rotated log to one analysis in order, and read "
        "stdout and stderr.",
    )


def _written_in(process: ProcessReport, gap: Gap) -> Message | None:
    """The message that a heap snapshot or profile was written in this gap, if there is one."""
    before = max((line for line in process.series.line if line < gap[2]), default=0)
    return next(
        (message for message in facts.written_at_limit(process) if before <= message.line <= gap[2] + 1),
        None,
    )


def _of_writing(written: Mapping[Gap, Message]) -> Finding:
    total_ms = sum(to_ms - from_ms for from_ms, to_ms, _ in written)
    first = next(iter(written.values()))
    what = "a heap snapshot" if first.kind == "heap_snapshot_written" else "a heap profile"
    return Finding(
        id=ID,
        severity="info",
        confidence="high",
        title=f"The log is silent for {units.duration(total_ms)} because Node wrote {what}",
        observed=f"{units.duration(total_ms)} without a collection around line {units.count(first.line)}",
        threshold="nothing is missing from the log",
        evidence=facts.pick_lines([message.line for message in written.values()], [line for _, _, line in written]),
        remedy=f"Read that file: it shows what filled the heap. From line {units.count(first.line)} on the heap's limit is another: Node raises "
        "it while it writes.",
    )
