"""The tables that a report can be taken apart into: for each, its rows, and the columns with how each is had from a row."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from gclog.model.not_known import NotKnown
from gclog.model.process import Cycle, LineCounts, PauseFigures, ReasonFigures
from gclog.model.profile import CategoryTicks, FlatRow, Profile
from gclog.model.report import FindingReport, ProcessReport, ProfileReport, Report, SourceReport
from gclog.model.verdict import Strike, TimelineEvent

__all__ = ["OWNER", "REPORT_TABLES", "ReportTable"]

Column = Callable[[Any], Any]


@dataclass(frozen=True, slots=True)
class ReportTable:
    """A table of a report: its rows, and by name its columns, each a function of a row."""

    rows: Callable[[Report], Iterable[Any]]
    columns: Mapping[str, Column]


OWNER = ("source", "pid", "isolate", "main", "run")
"""The columns that say whose a row is."""


def _known(value: float | NotKnown | None) -> float | None:
    """A figure, None where it cannot be given."""
    return None if isinstance(value, NotKnown) else value


def _field(name: str) -> Column:
    return lambda row: _known(getattr(row, name))


def _fields_of(result: type[Any], but: tuple[str, ...] = ()) -> dict[str, Column]:
    """A column for each field of a frozen result."""
    return {field.name: _field(field.name) for field in dataclasses.fields(result) if field.name not in but}


def _of(columns: Mapping[str, Column], choose: Callable[[Any], Any]) -> dict[str, Column]:
    """Columns of a part of the row."""

    def one(column: Column) -> Column:
        return lambda row: column(choose(row))

    return {name: one(column) for name, column in columns.items()}


# ---------------------------------------------------------------- of processes

_OWNER: dict[str, Column] = {name: _field(name) for name in OWNER}


def _each(columns: Mapping[str, Column], choose: Callable[[ProcessReport], Iterable[Any]]) -> ReportTable:
    """A row for each of what a process has several of."""
    return ReportTable(
        lambda report: ((process, item) for process in report.processes for item in choose(process)),
        _of(_OWNER, lambda row: row[0]) | _of(columns, lambda row: row[1]),
    )


_PROCESS: dict[str, Column] = _OWNER | {
    "node": lambda process: process.node.range,
    "level": lambda process: process.verdict.level,
    "headline": lambda process: process.verdict.headline,
    "first_line": lambda process: process.span.first_line,
    "last_line": lambda process: process.span.last_line,
    "first_ms": lambda process: process.span.first_ms,
    "last_ms": lambda process: process.span.last_ms,
    "collections": lambda process: process.total,
    "scavenges": lambda process: process.counts.get("scavenge", 0),
    "mark_compacts": lambda process: process.counts.get("mark_compact", 0),
    "minor_mark_sweeps": lambda process: process.counts.get("minor_mark_sweep", 0),
    "pause_share": lambda process: _known(process.pauses.share),
    "worst_window_share": lambda process: _known(process.pauses.worst_window_share),
    "worst_window_ms": lambda process: process.pauses.worst_window_ms,
    "pause_total_ms": lambda process: process.pauses.all.total_ms,
    "pause_max_ms": lambda process: process.pauses.all.max_ms,
    "live_mb": lambda process: _known(process.heap.live_mb),
    "live_min_mb": lambda process: _known(process.heap.live_min_mb),
    "live_max_mb": lambda process: _known(process.heap.live_max_mb),
    "committed_max_mb": lambda process: _known(process.heap.committed_max_mb),
    "alloc_mb_per_s": lambda process: _known(process.heap.alloc_mb_per_s),
    "trend_mb_per_h": lambda process: getattr(process.heap.old_space_trend, "mb_per_h", None),
    "growth": lambda process: process.growth,
    "limit_mb": lambda process: getattr(process.limit, "mb", None),
    "crash": lambda process: None if process.crash is None else process.crash.kind,
    "foreseeable_ms": lambda process: process.verdict.foreseeable_ms,
}

_PAUSES = _of({"collector": lambda row: row[0]}, lambda row: row) | _of(_fields_of(PauseFigures), lambda row: row[1])

_FINDING = _fields_of(FindingReport, but=("evidence",)) | {
    "evidence_lines": lambda finding: " ".join(str(line.line) for line in finding.evidence)
}

# ---------------------------------------------------------------- of profiles


@dataclass(frozen=True, slots=True)
class _InProfile:
    """Something of a profile, with the profile and the number of ticks that are in its views."""

    report: ProfileReport
    item: Any

    @property
    def profile(self) -> Profile:
        return self.report.profile

    def share(self, ticks: int) -> float | None:
        whole = self.profile.ticks - self.profile.excluded
        return ticks / whole if whole else None

    def frame(self, name: str) -> Any:
        """A field of the frame that the row is about."""
        return getattr(self.profile.frames[self.item.frame], name)


def _in_profiles(columns: Mapping[str, Column], choose: Callable[[Profile], Iterable[Any]]) -> ReportTable:
    owner: dict[str, Column] = {
        "source": lambda row: row.report.source,
        "pid": lambda row: row.profile.pid,
        "isolate": lambda row: row.profile.isolate,
    }
    return ReportTable(
        lambda report: (_InProfile(profile, item) for profile in report.profiles for item in choose(profile.profile)),
        {**owner, **columns},
    )


def _frame(name: str) -> Column:
    return lambda row: row.frame(name)


_SHARES: dict[str, Column] = {"self_share": lambda row: row.share(row.item.self_ticks)}

_FUNCTION: dict[str, Column] = (
    {name: _frame(name) for name in ("name", "kind", "category", "package", "script")}
    | {"script_line": _frame("line"), "script_column": _frame("column"), "library": _frame("library")}
    | _of(_fields_of(FlatRow, but=("frame",)), lambda row: row.item)
    | _SHARES
    | {
        "total_share": lambda row: row.share(row.item.total_ticks),
        "tier": lambda row: max(row.frame("tiers"), key=lambda tier: tier.self_ticks).tier if row.frame("tiers") else None,
        "deoptimisations": lambda row: len(row.frame("deoptimisations")),
    }
)

_CATEGORY = _of(_fields_of(CategoryTicks), lambda row: row.item) | _SHARES

# ---------------------------------------------------------------- of sources


def _lines(name: str) -> Column:
    return lambda source: getattr(source.lines, name)


_SOURCE: dict[str, Column] = {"source": lambda source: source.path} | {
    **_fields_of(SourceReport, but=("path", "envelopes", "lines", "recognised_by", "unread", "notes")),
    **{f"{field.name}_lines": _lines(field.name) for field in dataclasses.fields(LineCounts)},
}

REPORT_TABLES: Mapping[str, ReportTable] = {
    "processes": ReportTable(lambda report: report.processes, _PROCESS),
    "cycles": _each(_fields_of(Cycle), lambda process: process.cycles),
    "pauses": _each(_PAUSES, lambda process: sorted(process.pauses.by_collector.items())),
    "reasons": _each(_fields_of(ReasonFigures), lambda process: process.pauses.by_reason),
    "timeline": _each(_fields_of(TimelineEvent), lambda process: process.timeline),
    "strikes": _each(_fields_of(Strike), lambda process: process.strikes),
    "findings": _each(_FINDING, lambda process: process.findings),
    "functions": _in_profiles(_FUNCTION, lambda profile: profile.flat),
    "categories": _in_profiles(_CATEGORY, lambda profile: profile.categories),
    "sources": ReportTable(lambda report: report.sources, _SOURCE),
}
