"""A source in words: its lines, each counted once, how it was read, and what a reader has to know of it."""

from __future__ import annotations

from gclog import units
from gclog.model.report import SourceReport

__all__ = ["line_account", "source_details", "source_notes"]


def line_account(source: SourceReport) -> str:
    """Every line counted once."""
    if source.kind == "heap":
        what = "sampled heap profile" if source.is_sampled else "heap snapshot"
        return f"a {what} of {units.count(source.bytes)} bytes{f', {source.compression}' if source.compression else ''}"
    lines = source.lines
    return (
        f"{units.count(lines.total)} lines = {units.count(lines.recognised)} recognised + {units.count(lines.foreign)} foreign"
        f" + {units.count(lines.continuation)} continuation + {units.count(lines.unread)} unread"
    )


def source_details(source: SourceReport) -> str:
    """How a source was read: its bytes, encoding and compression, what carried its lines, and what read them."""
    return "; ".join(
        (
            ", ".join(filter(None, (f"{units.count(source.bytes)} bytes", source.encoding, source.compression))),
            *(f"{name}: {units.count(lines)} lines" for name, lines in sorted(source.envelopes.items())),
            *(f"read by {name}: {units.count(lines)}" for name, lines in sorted(source.recognised_by.items())),
        )
    )


MOST_FILES = 12
"""Files of a rotated log named in a report, the oldest ones; JSON has all."""


def source_notes(source: SourceReport) -> tuple[str, ...]:
    """What a reader has to know of a source: of a rotated log, which line is in which file; and what was odd."""
    if not source.pieces:
        return source.notes
    begins = [f"{_file_name(path)} from line {units.count(line)}" for path, line in source.pieces[:MOST_FILES]]
    more = [f"and {units.count(len(source.pieces) - MOST_FILES)} more"] if len(source.pieces) > MOST_FILES else []
    files = f"{units.count(len(source.pieces))} {'file' if len(source.pieces) == 1 else 'files'}"
    return f"a rotated log, put together from {files}, the oldest first: {', '.join(begins + more)}", *source.notes


def _file_name(path: str) -> str:
    return path.replace("\\", "/").rpartition("/")[2]
