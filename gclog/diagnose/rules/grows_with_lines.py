"""The live set grows with lines of one shape that the application prints.

What it looks for
    Lines between the collections that are equal but for numbers, ids and values (`GET /users/…`, `job … done`), whose count explains
    what full collections leave: better than any other shape does, than all lines together, and than time. So does a number in them that
    counts things (`processed 1200 jobs`, `sessions=340`). What it says has a
    probability of 95 % among all of these.

Why it matters
    It names the request or the job that keeps memory, and how much each one keeps, without any tool in the process.

Evidence
    The first line of the shape, and full collections from the first to the last that were compared.

Known problems
    It needs five full collections in which the load changes: under an even load requests are as good as a clock. The log must be of one
    process, in the order in which things happened. One cause is looked for: of two that leak alike neither may be named. A line that only
    comes with the request that leaks is named as readily.

Remedy
    Look at what the code that prints the line, or serves the request that it is about, adds to something that outlives it.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from gclog import units
from gclog.diagnose import facts
from gclog.diagnose.keeping_lines import advise_on_lines, name_lines, quote_line, say_kept
from gclog.diagnose.thresholds import declare
from gclog.model.finding import Confidence, Finding
from gclog.model.grows_with import GrowsWith, KeepingLines
from gclog.model.report import ProcessReport

__all__ = ["DEFAULTS", "ID", "Thresholds", "check"]

ID = "grows-with-lines"


@dataclass(frozen=True, slots=True)
class Thresholds:
    sure_collections: float = declare(10, "with fewer full collections a shape may fit by chance: the confidence is lower")


DEFAULTS = Thresholds()


def check(process: ProcessReport, thresholds: Thresholds = DEFAULTS) -> Iterable[Finding]:
    grows = process.grows_with
    if not isinstance(grows, GrowsWith):
        return
    first = grows.lines[0]
    fulls = [cycle.line for cycle in process.cycles if grows.from_line <= cycle.line <= grows.to_line]
    yield Finding(
        id=ID,
        severity="info" if process.heap_level in ("ok", "not-assessable") or process.is_as_before else "warning",
        confidence=_confidence(grows, thresholds),
        title=f"The live set grows with {name_lines(grows)}: {say_kept(grows)} stay for each",
        observed=(
            f"{_counted(first)} while it grew by {units.mb(grows.grew_mb)}; {_others(grows)}; "
            f"{units.count(grows.full_collections)} full collections"
        ),
        threshold="fits better than any other line and than time, with a probability of 95 %",
        evidence=facts.pick_lines(
            None if first.file else first.first_line, facts.spread_lines(fulls, facts.EVIDENCE_LINES - 1)
        ),
        remedy=advise_on_lines(process),
    )


def _confidence(grows: GrowsWith, thresholds: Thresholds) -> Confidence:
    return "high" if grows.full_collections >= thresholds.sure_collections and len(grows.lines) == 1 else "medium"


def _counted(line: KeepingLines) -> str:
    if line.file:
        return f"{units.count(line.count)} requests in {line.file}"
    return f"{units.count(line.count)} {quote_line(line.counter) if line.counter else 'lines'}"


def _others(grows: GrowsWith) -> str:
    if len(grows.lines) > 1:
        return "the log does not tell these apart"
    others = grows.compared - 1
    return (
        f"the other {units.count(others)} kinds of {'lines and counters' if grows.counters else 'lines'}: none"
        if others > 1
        else "the other kind: none"
        if others
        else "no other kind"
    )
