"""Runs of a program as they are kept, made from its logs."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from gclog.analysis.measure.work import work_of
from gclog.analysis.verdict.envelope import levelled_off
from gclog.analysis.verdict.floor import Floor
from gclog.analysis.verdict.judge import MIN_ASSESSABLE
from gclog.analysis.verdict.replay import assessable
from gclog.errors import NothingToAnalyse, UsageError
from gclog.incident.history_file import add_runs, program_of, read_history
from gclog.incident.pipeline import analyze
from gclog.incident.settings import Settings
from gclog.model.history import EarlierRun, Ended, History, RunPoint
from gclog.model.report import ProcessReport
from gclog.model.verdict import LEVELS, Limit
from gclog.processes.process import ProcessTable
from gclog.source.open import expand

__all__ = ["load_history", "runs_in"]

MOST_POINTS = 64
"""Of a run."""


def runs_in(words: Sequence[str], settings: Settings, *, name: str | None = None, well: bool = False) -> History:
    """The runs in some logs, main isolates with enough full collections. Raises GclogError.

    name   of the program, of all of them; None: each by its log's name
    well   they ended well, whatever their last lines look like
    """
    found: History = {}

    def keep(process: ProcessReport, table: ProcessTable) -> None:
        run = _run_of(process, table, well=well) if process.main else None
        if run is not None:
            program = name or program_of(process.source)
            found[program] = (*found.get(program, ()), run)

    analyze(words, replace(settings, snapshots=False, history={}), keep=keep)
    return found


def load_history(paths: Sequence[Path], settings: Settings, judged: Sequence[str] = ()) -> History:
    """The earlier runs in history files, and in logs and folders of them; without those logs that are to be judged.

    Raises GclogError, also if one of the paths has no run that can be kept.
    """
    found: History = {}
    for path in paths:
        known = read_history(path) if path.is_file() else None
        if known is None:
            known = _runs_in_logs(path, judged, settings)
        if not any(known.values()):
            raise _no_run(path)
        found = add_runs(found, known)
    return found


def _runs_in_logs(path: Path, judged: Sequence[str], settings: Settings) -> History:
    """The runs as a whole: what is chosen of the judged logs is not in others.

    Raises UsageError also for a file that is no log, and InputError for one that cannot be read.
    """
    try:
        return runs_in(_others(path, judged), replace(settings, isolate=None, since=None, until=None))
    except NothingToAnalyse as error:
        raise _no_run(path) from error


def _no_run(path: Path) -> UsageError:
    remedy = "Name a file of `gclog history add`, or logs of runs that have ended, with three full collections or more."
    return UsageError("has no earlier run", where=str(path), remedy=remedy)


def _others(path: Path, judged: Sequence[str]) -> list[str]:
    """The logs of a path but those that are to be judged, of which it may be the folder. Raises UsageError, InputError."""
    own = {spec.path.resolve() for spec in expand(judged) if spec.path is not None}
    logs = [spec for spec in expand([str(path)]) if spec.path is not None]
    others = [str(spec.path) for spec in logs if spec.path is not None and spec.path.resolve() not in own]
    if not others:
        raise _no_run(path)
    return list(dict.fromkeys(others)) if len(others) < len(logs) else [str(path)]


def _run_of(process: ProcessReport, table: ProcessTable, *, well: bool) -> EarlierRun | None:
    rows = assessable(table.rows)
    if rows.full.sum() < MIN_ASSESSABLE:
        return None
    at_ms, live_mb, full = rows.numbers("at_ms").tolist(), rows.numbers("used_after_mb").tolist(), rows.full.tolist()
    work = work_of(rows)
    points = [RunPoint(at_ms[i], work[i], live_mb[i]) for i in range(len(full)) if full[i]]
    ages = [point.at_ms for point in points]
    live = [point.live_mb for point in points]
    age_ms, (plateau_mb, grew_ms) = max(at_ms), levelled_off(ages, live, max(at_ms))
    floor = Floor()
    cycles = sum(floor.add(at, mb) is not None for at, mb in zip(ages, live, strict=True))
    kept = _thinned(points)
    limit = process.limit
    return EarlierRun(
        id=hashlib.sha256(repr(kept).encode()).hexdigest()[:12],
        node=process.node.range,
        first_major=process.node.first_major,
        last_major=process.node.last_major,
        limit_mb=limit.mb if isinstance(limit, Limit) and limit.source not in ("crash", "inferred") else None,
        ended=_ended(process, well=well),
        age_ms=age_ms,
        work_mb=work[-1],
        live=kept,
        plateau_mb=plateau_mb,
        grew_ms=grew_ms,
        cycles=cycles,
    )


def _ended(process: ProcessReport, *, well: bool) -> Ended:
    if process.crash is not None:
        return process.crash.kind
    if process.kill is not None:
        return "killed"
    in_alarm = LEVELS.index(process.verdict.level) >= LEVELS.index("impending")
    return "in alarm" if in_alarm and not well else "well"


def _thinned(points: Sequence[RunPoint]) -> tuple[RunPoint, ...]:
    """At most MOST_POINTS of them: the first, the last, and the lowest and highest of equal parts."""
    if len(points) <= MOST_POINTS:
        return tuple(points)
    parts = MOST_POINTS // 2 - 1
    kept = {0, len(points) - 1}
    for part in range(parts):
        of_part = range(part * len(points) // parts, (part + 1) * len(points) // parts)
        kept |= {min(of_part, key=lambda i: points[i].live_mb), max(of_part, key=lambda i: points[i].live_mb)}
    return tuple(points[i] for i in sorted(kept))
