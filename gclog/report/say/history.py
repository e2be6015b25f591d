"""A file of earlier runs as a document: each program with its runs."""

from __future__ import annotations

import math

from gclog import units
from gclog.model.history import EarlierRun, HistoryReport
from gclog.report.document import Column, Document, Section, Table, Words

__all__ = ["document_of"]

COLUMNS = (
    Column("Ended", wraps=True),
    Column("Node", wraps=True),
    *(Column(title, figures=True) for title in ("Limit", "Age", "Allocated", "Highest", "Level at", "Rose for", "Returns")),
)
LEGEND = (
    "Highest: live set after a full collection. Level at: that level, if the run had stayed there for half as long again as it rose."
    " Runs that did not end well are kept, and no run is judged by them."
)


def document_of(report: HistoryReport, version: str) -> Document:
    """What the file has of each program."""
    every = [run for runs in report.programs.values() for run in runs]
    well = sum(run.ended == "well" for run in every)
    answer = f"{units.several(len(every), 'run')} of {units.several(len(report.programs), 'program')}, {units.count(well)} of which ended well."
    sections = (
        Section(f"h{number}", name, (Table(COLUMNS, tuple(map(_cells, runs)), LEGEND),))
        for number, (name, runs) in enumerate(sorted(report.programs.items()), 1)
    )
    return Document(
        answer=Words(answer, "strong"), head=(), sections=tuple(sections), version=version, name="history", subject=report.path
    )


def _cells(run: EarlierRun) -> tuple[str, ...]:
    return (
        run.ended,
        run.node or units.NO_FIGURE,
        units.mb(run.limit_mb),
        units.duration(run.age_ms),
        units.NO_FIGURE if math.isnan(run.work_mb) else units.mb(run.work_mb),
        units.mb(max(point.live_mb for point in run.live)),
        units.mb(run.plateau_mb),
        units.duration(run.grew_ms),
        units.count(run.cycles),
    )
