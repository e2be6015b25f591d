"""The tables of a report: for each its rows, and its columns as functions of a row. Columns follow the fields of the result types."""

from __future__ import annotations

import dataclasses
import typing
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from gclog.model.not_known import NotKnown
from gclog.model.process import Cycle, LineCounts, PauseFigures, ReasonFigures
from gclog.model.profile import CategoryTicks, FlatRow, Profile
from gclog.model.records import Collector
from gclog.model.report import FindingReport, ProcessReport, ProfileReport, Report, SourceReport
from gclog.model.verdict import Strike, TimelineEvent

__all__ = ["OWNER", "REPORT_TABLES", "ReportTable"]

Column = Callable[[Any], Any]


@dataclass(frozen=True, slots=True)
class ReportTable:
    """A table of a report: its description, its rows, and its columns by name, each a function of a row."""

    about: str
    rows: Callable[[Report], Iterable[Any]]
    columns: Mapping[str, Column]


OWNER = ("source", "pid", "isolate", "main", "run")
"""The columns that identify the process of a row: fields of a process."""


def _known(value: float | NotKnown | None) -> float | None:
    """A figure; None if it cannot be given."""
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


def _at(path: str) -> Column:
    """A figure of a process by its path, None if this process lacks it. Raises AttributeError for a path that no process can have."""
    steps = path.split(".")
    classes: tuple[Any, ...] = (ProcessReport,)
    for step in steps:
        owners = [cls for cls in classes if hasattr(cls, step)]
        if not owners:
            raise AttributeError(f"no process has {path}")
        classes = tuple(cls for owner in owners for cls in _classes(typing.get_type_hints(owner).get(step)))

    def column(row: Any) -> Any:
        for step in steps:
            row = getattr(row, step, None)
        return _known(row)

    return column


def _classes(hint: Any) -> tuple[Any, ...]:
    """The classes of a type or of a union."""
    return typing.get_args(hint) or (hint,)


def _parts(part: str, *names: str) -> dict[str, Column]:
    """Columns for figures of one part of a process, under their own names."""
    return {name: _at(f"{part}.{name}") for name in names}


def _count(collector: str) -> Column:
    return lambda process: process.counts.get(collector, 0)


# ---------------------------------------------------------------- of processes

_OWNER: dict[str, Column] = {name: _field(name) for name in OWNER}


def _each(about: str, columns: Mapping[str, Column], choose: Callable[[ProcessReport], Iterable[Any]]) -> ReportTable:
    """A table with a row for each item of each process."""
    return ReportTable(
        about,
        lambda report: ((process, item) for process in report.processes for item in choose(process)),
        _of(_OWNER, lambda row: row[0]) | _of(columns, lambda row: row[1]),
    )


_PROCESS: dict[str, Column] = (
    _OWNER
    | {"node": _at("node.range")}
    | _parts("verdict", "level", "headline")
    | _parts("span", "first_line", "last_line", "first_ms", "last_ms")
    | {"collections": _at("total")}
    | {f"{name}s": _count(name) for name in typing.get_args(Collector)}
    | {"pause_share": _at("pauses.share")}
    | _parts("pauses", "worst_window_share", "worst_window_ms")
    | {"pause_total_ms": _at("pauses.all.total_ms"), "pause_max_ms": _at("pauses.all.max_ms")}
    | _parts("heap", "live_mb", "live_min_mb", "live_max_mb", "committed_max_mb", "alloc_mb_per_s")
    | {
        "trend_mb_per_h": _at("heap.old_space_trend.mb_per_h"),
        "growth": _at("growth"),
        "limit_mb": _at("limit.mb"),
        "crash": _at("crash.kind"),
        "foreseeable_ms": _at("verdict.foreseeable_ms"),
    }
)

_PAUSES = _of({"collector": lambda row: row[0]}, lambda row: row) | _of(_fields_of(PauseFigures), lambda row: row[1])

_FINDING = _fields_of(FindingReport, but=("evidence",)) | {
    "evidence_lines": lambda finding: " ".join(str(line.line) for line in finding.evidence)
}

# ---------------------------------------------------------------- of profiles


@dataclass(frozen=True, slots=True)
class _InProfile:
    """An item of a profile, with the profile it belongs to."""

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


def _in_profiles(about: str, columns: Mapping[str, Column], choose: Callable[[Profile], Iterable[Any]]) -> ReportTable:
    owner: dict[str, Column] = {
        "source": lambda row: row.report.source,
        "pid": lambda row: row.profile.pid,
        "isolate": lambda row: row.profile.isolate,
    }
    return ReportTable(
        about,
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
    "processes": ReportTable("one row a process: verdict and main figures", lambda report: report.processes, _PROCESS),
    "cycles": _each("every full collection: what it found and what it left", _fields_of(Cycle), lambda process: process.cycles),
    "pauses": _each(
        "pauses by collector: number, sum, longest, percentiles",
        _PAUSES,
        lambda process: sorted(process.pauses.by_collector.items()),
    ),
    "reasons": _each("collections by V8's reason", _fields_of(ReasonFigures), lambda process: process.pauses.by_reason),
    "timeline": _each("the changes of the verdict's level", _fields_of(TimelineEvent), lambda process: process.timeline),
    "strikes": _each("V8's count of ineffective full collections", _fields_of(Strike), lambda process: process.strikes),
    "findings": _each("one row a finding, with the numbers of its lines", _FINDING, lambda process: process.findings),
    "functions": _in_profiles("every function of the profiles, with its ticks", _FUNCTION, lambda profile: profile.flat),
    "categories": _in_profiles("whose code the ticks of the profiles are in", _CATEGORY, lambda profile: profile.categories),
    "sources": ReportTable("what was read, and how many of its lines", lambda report: report.sources, _SOURCE),
}
