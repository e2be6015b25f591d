"""`gclog watch` on a finished document: a diagnostic report does not grow, so it is read whole and told once."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from gclog.model.verdict import LEVELS, Level
from gclog.recognise.documents.detect import detect_document
from gclog.source.open import expand, open_source

__all__ = ["is_report", "tell_report"]


def is_report(path: str) -> bool:
    """Whether the path is that of a file that begins as a diagnostic report."""
    if not Path(path).is_file():
        return False
    with open_source(expand([path])[0], None) as source:
        return detect_document(next(source.blocks(), None)) == "report"


def tell_report(
    path: str, say: Callable[[str, bool], None], heap_limit_mb: float | None = None, memory_limit_mb: float | None = None
) -> Level:
    """Say what the report says, and that it is no log to watch; its level. Raises GclogError."""
    from gclog.incident.pipeline import analyze  # most watches are of logs, which need none of it
    from gclog.incident.settings import Settings

    report = analyze(path, Settings(heap_limit_mb=heap_limit_mb, memory_limit_mb=memory_limit_mb))
    for process in report.processes:
        say(process.verdict.headline, True)
    say(f"{path} is a diagnostic report: one moment, nothing to watch; `gclog analyze` shows all of it", False)
    return max((process.verdict.level for process in report.processes), key=LEVELS.index)
