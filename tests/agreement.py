"""Whether `gclog watch`, `gclog fleet` and `gclog analyze` say the same of the same lines."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from pathlib import Path

from gclog.diagnose.facts import GROWTH_IN_WORDS
from gclog.diagnose.limit_words import of_limit
from gclog.fleet.summary import LogTask, summarize
from gclog.incident.settings import Settings
from gclog.model.fleet import FleetRow
from gclog.model.not_known import NotKnown
from gclog.model.report import ProcessReport, Report
from gclog.model.verdict import Limit
from gclog.report.say.process import LEVEL_TITLES, time_left
from gclog.source.open import expand, open_source
from gclog.watch.metrics import render_metrics
from gclog.watch.status import WITH_TIME_LEFT, change_line, death_line, status_line
from gclog.watch.view import View
from gclog.watch.watcher import Change, News, Watcher

__all__ = ["fleet_disagrees", "watch_disagrees"]

Name = tuple[int | None, str | None, int]


def watch_disagrees(path: Path, report: Report) -> Iterator[str]:
    """What a watch of the lines shows at their end, of each process, in another way than the report."""
    watcher = Watcher()
    with open_source(expand([str(path)])[0]) as source:
        news = [new for block in source.blocks(1 << 16) for new in watcher.read(block)] + watcher.finish()
    named = {(process.pid, process.isolate, process.run): process for process in report.processes}
    lines = {_name(new.process): _line(new) for new in news if not isinstance(new, Change) or new.is_news}
    for view in watcher.views():
        process = named[_name(view)]
        for what, said, wanted in (*_shown(view, process), *_counted(view, process)):
            if said != wanted:
                yield f"{_name(view)}: {what} {said!r} of watch, {wanted!r} of the report"
        level, died = LEVEL_TITLES[process.verdict.level], process.crash is not None
        line = lines.get(_name(view), LEVEL_TITLES["not-assessable"])
        if level not in line and not (died and "DIED" in line):
            yield f"{_name(view)}: the last line of watch is not {level}: {line}"


def _name(view: View) -> Name:
    return view.pid, view.isolate, view.run


def _line(new: News) -> str:
    return change_line(new) if isinstance(new, Change) else death_line(new)


def _shown(view: View, process: ProcessReport) -> Iterator[tuple[str, str, str]]:
    """In the status line."""
    level, rest = status_line(view)
    yield "level", level, LEVEL_TITLES[process.verdict.level]
    if not math.isnan(view.live_mb):
        live_mb, limit = process.heap.live_mb, process.limit
        assert isinstance(live_mb, float)
        live = f"live {of_limit(live_mb, limit)}" if isinstance(limit, Limit) else "live "
        yield "live set, limit, growth", rest, rest if live in rest and GROWTH_IN_WORDS[process.growth] in rest else live
    left = re.search(r"left: (.*?)(?: · |$)", rest)
    if left is not None:
        yield "time left", left[1], time_left(process)
    elif process.verdict.level in WITH_TIME_LEFT and process.crash is None and not time_left(process).startswith("cannot say"):
        yield "time left", rest, time_left(process)


def _counted(view: View, process: ProcessReport) -> Iterator[tuple[str, float | None, float | None]]:
    """In the metrics."""
    text = render_metrics([view], process.coverage.lines)
    figures = {name: float(value) for name, value in re.findall(r"^(gclog_\w+)\{[^}]*\} (\S+)$", text, re.MULTILINE)}
    limit = round(process.limit.mb * 2**20) if isinstance(process.limit, Limit) else None
    shown = figures.get("gclog_heap_limit_bytes")
    yield "limit", None if shown is None else round(shown), limit
    left_ms, shown_s = _left_ms(process), figures.get("gclog_forecast_seconds")
    yield "seconds left", None if shown_s is None else round(shown_s, 6), None if left_ms is None else round(left_ms / 1000, 6)


def _left_ms(process: ProcessReport) -> float | None:
    if process.by_memory and process.total:
        return process.memory_left_ms
    forecast = process.forecast
    return max(forecast.at_expected_ms - forecast.now_ms, 0.0) if hasattr(forecast, "at_expected_ms") else None


def fleet_disagrees(path: Path, report: Report) -> Iterator[str]:
    """What the rows of a fleet say in another way than the report."""
    rows = summarize(LogTask(str(path), None, Settings()))
    assert isinstance(rows, tuple), rows
    named = {(process.pid, process.isolate, process.run): process for process in report.processes}
    for row in rows:
        process = named[row.pid, row.isolate, row.run]
        limit = process.limit.mb if isinstance(process.limit, Limit) else None
        wanted = (process.verdict.level, process.verdict.headline, process.growth, limit, _left_ms(process))
        said = (row.level, row.headline, row.growth, _figure(row.limit_mb), _left_of(row))
        if said != wanted:
            yield f"{row.pid}: {said} of fleet, {wanted} of the report"


def _figure(figure: float | NotKnown) -> float | None:
    return None if isinstance(figure, NotKnown) else figure


def _left_of(row: FleetRow) -> float | None:
    left_ms = _figure(row.left_ms)
    return None if left_ms is None else max(left_ms, 0.0)
