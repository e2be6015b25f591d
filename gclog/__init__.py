"""The black-box reader for Node.js: GC logs, crash tails and tick logs.

    for record in gclog.read("gc.log"):
        print(record)

    report = gclog.analyze("gc.log")
    print(report.processes[0].verdict.headline)

`read_tables` gives the same as pandas frames. Heavy libraries are loaded when the first of these is called.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from gclog.incident.settings import Settings
    from gclog.model.records import Record
    from gclog.model.report import Report
    from gclog.processes.tables import Tables

__all__ = ["__version__", "analyze", "read", "read_tables"]

__version__ = "0.1.0"


def read(*paths: str | Path, encoding: str | None = None) -> Iterator[Record]:
    """The records of logs (`gclog.model.records`, `crash_records`, `tick_records`), in the order of their lines; `-` is stdin. Raises GclogError."""
    from gclog.incident.read_source import read as run

    return run(*paths, encoding=encoding)


def read_tables(path: str | Path, encoding: str | None = None) -> Tables:
    """What one log says, as pandas frames (`gclog.processes.tables`). Raises GclogError."""
    from gclog.incident.read_source import read_tables as run

    return run(path, encoding)


def analyze(paths: str | Path | Sequence[str | Path], settings: Settings | None = None) -> Report:
    """Read logs, judge every process in them, and report (`gclog.model.report`). Raises GclogError."""
    from gclog.incident.pipeline import analyze as run

    return run(paths, settings)
