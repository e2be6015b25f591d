"""`gclog watch` on a finished document: a diagnostic report does not grow, so it is read whole and reported once."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from gclog.incident.settings import Settings
from gclog.model.verdict import LEVELS, Level
from gclog.recognise.documents.detect import detect_document
from gclog.source.open import expand, open_source

__all__ = ["is_report", "show_report"]


def is_report(path: str) -> bool:
    """Whether the path is that of a file that begins as a diagnostic report."""
    if not Path(path).is_file():
        return False
    with open_source(expand([path])[0], None) as source:
        return detect_document(next(source.blocks(), None)) == "report"


def show_report(path: str, say: Callable[[str, bool], None], settings: Settings) -> Level:
    """Print what the report says, and that it is not a log to watch. Gives its level. Raises GclogError."""
    from gclog.incident.pipeline import analyze  # most watches are of logs, which need none of it

    report = analyze(path, settings)
    for process in report.processes:
        say(process.verdict.headline, True)
    say(f"{path} is a diagnostic report: one moment, nothing to watch; `gclog analyze` shows all of it", False)
    return max((process.verdict.level for process in report.processes), key=LEVELS.index)
