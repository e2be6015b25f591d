"""Who is adopted by whom: diagnostic reports, figures of memory and kills that are in other files than their process."""

from __future__ import annotations

from collections.abc import Sequence

from gclog import units
from gclog.incident.context import REPORTS_A_KILL, SourceContext
from gclog.model.records import KernelKill, MemoryUsage, Message
from gclog.model.witness import ReportedProcess
from gclog.processes.crash_blocks import CrashRecord
from gclog.processes.process import ProcessTable, empty_process

__all__ = ["Placed", "owner_of_report", "owner_of_speaker", "reports_alone", "speakers_alone"]

Placed = tuple[int, ProcessTable]
"""A process, and the place of its source among all of them."""

SAME_MOMENT_MS = 10 * units.MS_PER_MINUTE
"""A report that is written at a death is of the moment when the log's last dated line was, give or take a clock's error."""


# ---------------------------------------------------------------- diagnostic reports


def reports_alone(contexts: Sequence[SourceContext]) -> list[Placed]:
    """Processes that only a diagnostic report describes."""
    return [
        (place, process)
        for place, context in enumerate(contexts)
        for process in context.processes
        if process.reported and not len(process.rows)
    ]


def owner_of_report(contexts: Sequence[SourceContext], place: int, report: ReportedProcess) -> Placed | None:
    """The process that a report in the source at `place` is of: of several runs with one pid the one that died, then the last."""
    found = [
        (other, process)
        for other, context in enumerate(contexts)
        if other != place
        for process in context.processes
        if process.main and not process.reported and _may_be(process, report)
    ]
    return max(found, key=lambda entry: (report.fatal and entry[1].died, entry[1].run), default=None)


def _may_be(process: ProcessTable, report: ReportedProcess) -> bool:
    """Whether a process may be the one: the same pid, or none in its lines, and not of another moment. A worker's heap is its own."""
    if report.thread_id:
        return False
    if process.pid is not None and process.pid != report.pid:
        return False
    dated = process.rows.known("wall_ms").numbers("wall_ms")
    if not len(dated) or report.wall_ms is None:
        return process.pid is not None
    return bool(dated[0] - SAME_MOMENT_MS <= report.wall_ms <= dated[-1] + SAME_MOMENT_MS)


# ---------------------------------------------------------------- what others print about a process


def speakers_alone(contexts: Sequence[SourceContext]) -> list[Placed]:
    """Processes of which only figures of memory and messages are known, then messages without any process: `Killed`, `OOMKilled`."""
    known = [(place, one) for place, context in enumerate(contexts) for one in context.processes if _only_speaks(one)]
    loose = [
        (place, empty_process(rare=context.loose))
        for place, context in enumerate(contexts)
        if any(message.kind in REPORTS_A_KILL for message in context.loose)
    ]
    return known + loose


def owner_of_speaker(
    contexts: Sequence[SourceContext], place: int, speaker: ProcessTable, speakers: Sequence[Placed]
) -> Placed | None:
    """The process that a speaker is about: by pid, if it has one; else the only process there is.

    In a container the kernel's pid is another than V8's: there its only kill is of the only process that SIGKILL is reported of.
    """
    found = [
        (other, process)
        for other, context in enumerate(contexts)
        for process in context.processes
        if process.main and (len(process.rows) or process.reported) and other != place
    ]
    if speaker.pid is not None:
        same = [entry for entry in found if entry[1].pid == speaker.pid and not entry[1].died]
        only_kill = _is_kill(speaker) and sum(_is_kill(other) for _, other in speakers) == 1
        found = same[-1:] or [entry for entry in found if only_kill and _got_sigkill(entry[1])]
    elif MemoryUsage in speaker.frames and (
        _nameless(speakers) > 1 or any(MemoryUsage in process.frames for _, process in found)
    ):
        return None
    return found[0] if len(found) == 1 else None


def _only_speaks(process: ProcessTable) -> bool:
    """Nothing but figures of memory and messages."""
    silent = not len(process.rows) and not process.reported and not process.ring_lines
    return silent and not any(isinstance(record, CrashRecord) for record in process.rare)


def _is_kill(process: ProcessTable) -> bool:
    """Whether the kernel reports which process it killed, and nothing but that is known of it."""
    return MemoryUsage not in process.frames and any(
        isinstance(one, KernelKill) and one.pid is not None for one in process.rare
    )


def _got_sigkill(process: ProcessTable) -> bool:
    """Whether its own log reports SIGKILL after its last collection."""
    last = process.rows.line(-1) if len(process.rows) else 0
    return any(isinstance(one, Message) and one.kind in REPORTS_A_KILL and one.line > last for one in process.rare)


def _nameless(speakers: Sequence[Placed]) -> int:
    """How many print figures of memory without a pid."""
    return sum(speaker.pid is None and MemoryUsage in speaker.frames for _, speaker in speakers)
