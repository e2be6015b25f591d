"""A diagnostic report in one sentence, for a process of which nothing else is known: what wrote it, the heap, RSS, the exception."""

from __future__ import annotations

import re
from collections.abc import Iterable

from gclog import units
from gclog.model.not_known import NotKnown
from gclog.model.witness import ReportedProcess

__all__ = ["EXCEPTION", "application_frame", "say_event", "say_exception", "say_heap", "say_report"]

EXCEPTION = "Exception"
"""The trigger of --report-uncaught-exception."""

NODES_OWN = re.compile(
    r"\((?:node:|internal/|<anonymous>|native\))|at (?:node:|internal/)|^(?:async )?at (?:new )?\S+ \(?(?:\w+\.js):\d+"
)
"""Frames of Node's own JavaScript; up to Node 14 some of its files have no folder: `(events.js:315:20)`."""

OF_MEMORY = re.compile(
    r"out of memory|OUT_OF_MEMORY|allocation failed|ENOMEM|Cannot allocate|Invalid (?:string|array) length", re.IGNORECASE
)
"""Exceptions that are thrown because something did not fit."""

FULL_SHARE = 0.8
"""Of heap_size_limit, garbage included: from there on V8 collects hard."""

CERTAIN_FROM = {16: 20, 18: 20}
"""Major -> the minor from which on Node writes no report for an exception that a handler caught (measured: 16.20.2, 18.20.8; in
14.21.3 and 18.0.0 it still does). Later majors never do."""


def say_report(reported: Iterable[ReportedProcess]) -> str:
    """The headline of a process known only by its report; empty without a report, or if it ran out of memory."""
    report = next(iter(reported), None)
    if report is None or report.fatal:
        return ""
    if report.trigger == EXCEPTION:
        return f"{say_exception(report)}; {_say_cause(report)}: {say_heap(report)}."
    return f"Snapshot of a moment, {say_event(report)}: {say_heap(report)}."


def say_event(report: ReportedProcess) -> str:
    """What triggered the report, and the thread that it is of: `written on SIGUSR2`."""
    of = f" of worker thread {report.thread_id}" if report.thread_id else ""
    match report.trigger:
        case "Signal":
            return f"written on {report.event or 'a signal'}{of}"
        case "API" | "GetReport":
            with_error = f", with {_first_line(report.message)}" if report.message else ""
            return f"written by the program itself ({report.event or report.trigger}){of}{with_error}"
        case _:
            return (
                f"written at {report.event or 'an event without a name'}{f' ({report.trigger})' if report.trigger else ''}{of}"
            )


def say_exception(report: ReportedProcess) -> str:
    """That an uncaught exception ended the process, or the worker, and where it was thrown."""
    thrown = _first_line(report.message) or "a value that is not an Error"
    frame = application_frame(report)
    where = f" {frame}" if frame else ""
    if report.thread_id:
        return f"Worker thread {report.thread_id} ended by an uncaught exception, {thrown}{where}"
    caveat = "" if _is_certain(report) else " (unless a handler caught it: this version writes its report before it asks)"
    return f"The process died of an uncaught exception, {thrown}{where}{caveat}"


def _say_cause(report: ReportedProcess) -> str:
    """Whether memory had to do with the exception: by its message, and by how full the heap was."""
    if OF_MEMORY.search(report.message):
        return "its message is about memory"
    used_mb, limit_mb = report.used_mb, report.heap_limit_mb
    if not isinstance(used_mb, NotKnown) and not isinstance(limit_mb, NotKnown) and used_mb > FULL_SHARE * limit_mb:
        return "its heap was nearly full as well"
    return "memory was not the cause"


def say_heap(report: ReportedProcess) -> str:
    """The heap in use of its limit, and RSS of the container's limit if there is one."""
    said = []
    if not isinstance(report.used_mb, NotKnown):
        used = f"heap {units.mb(report.used_mb)}"
        if not isinstance(report.heap_limit_mb, NotKnown) and report.heap_limit_mb > 0:
            share = units.percent(report.used_mb / report.heap_limit_mb)
            used += f" of {units.mb(report.heap_limit_mb)} limit used ({share})"
        said.append(used)
    if not isinstance(report.rss_mb, NotKnown):
        of = "" if isinstance(report.constrained_mb, NotKnown) else f" of the container's {units.mb(report.constrained_mb)}"
        said.append(f"RSS {units.mb(report.rss_mb)}{of}")
    elif not isinstance(report.max_rss_mb, NotKnown):
        said.append(f"RSS at most {units.mb(report.max_rss_mb)}")
    return ", ".join(said) or "it has no memory figures"


def application_frame(report: ReportedProcess) -> str:
    """The first frame of the program's own, else of a package; empty if there are only Node's."""
    frames = [frame for frame in report.js_stack if NODES_OWN.search(frame) is None]
    return next((frame for frame in frames if "node_modules" not in frame), frames[0] if frames else "")


def _first_line(text: str) -> str:
    return text.strip().split("\n")[0]


def _is_certain(report: ReportedProcess) -> bool:
    version = re.match(r"(\d+)\.(\d+)", report.node)
    if version is None:
        return False
    major, minor = int(version[1]), int(version[2])
    return major > max(CERTAIN_FROM) or minor >= CERTAIN_FROM.get(major, minor + 1)
