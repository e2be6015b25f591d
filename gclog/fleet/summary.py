"""One log of a fleet analysed, with its processes as rows. This is what a worker runs."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from operator import attrgetter
from typing import Any, get_type_hints

from gclog import units
from gclog.analysis.measure.node_version import node_range
from gclog.diagnose.facts import why_not_dated
from gclog.diagnose.sampled import leading_site, name_site
from gclog.errors import Fault, GclogError, NothingToAnalyse
from gclog.fleet.logs import LocalLog, local_files
from gclog.heap.file_names import read_name
from gclog.incident.pipeline import analyze
from gclog.incident.settings import Settings
from gclog.model.fleet import FailedLog, FleetRow, From
from gclog.model.not_known import NotKnown
from gclog.model.process import Trend
from gclog.model.report import ProcessReport, Report
from gclog.model.verdict import Forecast, Limit
from gclog.processes.process import ProcessTable

__all__ = ["LogAnswer", "LogTask", "summarize"]

LogAnswer = tuple[FleetRow, ...] | FailedLog
"""A log's rows, or why it failed."""

TICKS_ONLY = "not a GC log: it contains only ticks\n`gclog profile` reads it."

NVP_FORMS = frozenset({"named_values", "bare_named_values"})
"""--trace-gc-nvp lines hardly changed in ten years of V8; other lines are better evidence of the version."""


FROM_REPORT: Mapping[str, Callable[[ProcessReport], Any]] = {
    name: attrgetter(mark.path)
    for name, hint in get_type_hints(FleetRow, include_extras=True).items()
    for mark in getattr(hint, "__metadata__", ())
    if isinstance(mark, From)
}
"""How the fields of a row are read from a process's report."""


@dataclass(frozen=True, slots=True)
class LogTask:
    """A log to analyse.

    members   the files of a rotated log, oldest first; empty if the log is the file `source`
    beside    sampled heap profiles that may be of its processes; `alone`: no other log is there that they may be of
    """

    source: str
    host: str | None
    settings: Settings
    members: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    beside: tuple[str, ...] = ()
    alone: bool = False


def summarize(task: LogTask) -> LogAnswer:
    """The rows of a log's processes, in the order of their first lines; or why there are none."""
    if not task.beside:
        return _rows(task)
    beside = task.beside
    if not task.alone:
        answer = _rows(task)
        pids = {row.pid for row in answer} if isinstance(answer, tuple) else set()
        beside = tuple(name for name in beside if read_name(name).pid in pids - {None})
        if not beside:
            return answer
    answer = _rows(task, beside)
    return _rows(task) if isinstance(answer, FailedLog) else answer


def _rows(task: LogTask, beside: Sequence[str] = ()) -> LogAnswer:
    """The rows, with what profiles beside the log say."""
    families: dict[int, str] = {}

    def keep(process: ProcessReport, table: ProcessTable) -> None:
        families[id(process)] = _family(process, table)

    settings = dataclasses.replace(task.settings, snapshots=bool(beside))
    try:
        with local_files(task.members or (task.source,), beside) as log:
            try:
                report = analyze(tuple(log.names), settings, keep=keep)
            except Exception as error:
                error = error if isinstance(error, GclogError) else Fault(error, where=task.source)
                return FailedLog(task.source, task.host, _named(str(error), log), isinstance(error, NothingToAnalyse))
    except GclogError as error:
        return FailedLog(task.source, task.host, str(error))
    if not report.processes:
        return FailedLog(task.source, task.host, f"{task.source}: {TICKS_ONLY}", was_read=True)
    in_order = sorted(report.processes, key=lambda process: (process.span.first_line, process.run, process.isolate or ""))
    return tuple(_row(task, report, process, families[id(process)], log) for process in in_order)


def _named(text: str, log: LocalLog) -> str:
    """The text with local paths replaced by the names that the user gave."""
    for path in sorted(log.names, key=len, reverse=True):
        text = text.replace(path, log.names[path])
    return text


def _row(task: LogTask, report: Report, process: ProcessReport, family: str, log: LocalLog) -> FleetRow:
    (source,) = (source for source in report.sources if source.path == process.source)
    limit = process.limit.mb if isinstance(process.limit, Limit) else NotKnown(process.limit.reason)
    left_low, left, left_high = _left(process)
    slope, slope_low, slope_high = _trend(process)
    site = leading_site(process.sampled)
    return FleetRow(
        **{name: get(process) for name, get in FROM_REPORT.items()},
        source=task.source if task.members else _named(process.source, log),
        host=task.host,
        family=family,
        left_ms=left,
        left_low_ms=left_low,
        left_high_ms=left_high,
        limit_mb=limit,
        live_share=_share_of(process.heap.live_mb, limit),
        trend_mb_per_h=slope,
        trend_low_mb_per_h=slope_low,
        trend_high_mb_per_h=slope_high,
        crash=None if process.crash is None else process.crash.kind,
        findings=tuple(finding.id for finding in process.findings),
        unread_lines=source.lines.unread,
        site=None if site is None else name_site(site),
        site_mb=None if site is None else site.alive_bytes[-1] / units.BYTES_PER_MB,
        site_grows=None if site is None else site.growth is not None and site.growth.grows,
        notes=tuple(dict.fromkeys(_named(note, log) for note in (*task.notes, *log.notes, *source.notes))),
    )


def _family(process: ProcessReport, table: ProcessTable) -> str:
    """The Node versions that print collections as most lines of this process are; its own version if no line says."""
    printed = table.rows.where(~table.rows.flags("ring"))
    forms = [form.rpartition(".")[2] for form in printed.texts("form").tolist() if form is not None]
    distinct = [form for form in forms if form not in NVP_FORMS] or forms
    ranges = [found[0] for form in distinct if (found := node_range(form)) is not None]
    return max(sorted(set(ranges)), key=ranges.count) if ranges else process.node.range


Three = tuple[float | NotKnown, float | NotKnown, float | NotKnown]


def _left(process: ProcessReport) -> Three:
    """Time left: low, expected and high, from the last line; until all memory is used up, if the level comes from that."""
    if process.by_memory and process.total:
        no_interval = NotKnown("of all its memory only the expected time is known")
        left_ms = process.memory_left_ms
        return no_interval, NotKnown(why_not_dated(process)) if left_ms is None else left_ms, no_interval
    match process.forecast:
        case Forecast() as forecast:
            now = forecast.now_ms
            return forecast.at_low_ms - now, forecast.at_expected_ms - now, forecast.at_high_ms - now
        case none:
            unknown = NotKnown(none.reason)
            return unknown, unknown, unknown


def _trend(process: ProcessReport) -> Three:
    """Trend: slope, low and high."""
    match process.heap.old_space_trend:
        case Trend() as trend:
            return trend.mb_per_h, trend.low_mb_per_h, trend.high_mb_per_h
        case none:
            unknown = NotKnown(none.reason)
            return unknown, unknown, unknown


def _share_of(live_mb: float | NotKnown, limit_mb: float | NotKnown) -> float | NotKnown:
    for figure in (live_mb, limit_mb):
        if isinstance(figure, NotKnown):
            return figure
    assert isinstance(live_mb, float | int) and isinstance(limit_mb, float | int)
    return live_mb / limit_mb
