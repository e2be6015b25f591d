"""Some lines look like V8's and could not be read.

What it looks for
    Lines that look like V8's but that no grammar accepts, counted and grouped by their shape.

Why it matters
    They are missing from every figure. A torn line is harmless; an unknown shape may hide a whole kind of collection.

Evidence
    The first line of each of the most frequent shapes.

Known problems
    V8's threads print without a lock: a few torn lines in a long log are normal.

Remedy
    Check whether the log was reformatted or cut on its way. If a shape is a form that V8 prints, report it with its Node
    version.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from gclog import units
from gclog.diagnose import facts
from gclog.diagnose.thresholds import declare
from gclog.model.finding import Finding
from gclog.model.report import ProcessReport

__all__ = ["DEFAULTS", "ID", "Thresholds", "check"]

ID = "log-unread-lines"


@dataclass(frozen=True, slots=True)
class Thresholds:
    warning_lines: int = declare(2, "a text that was cut ends within a line")
    warning_share: float = declare(0.01, "torn lines make up far less than one in a hundred of V8's lines")


DEFAULTS = Thresholds()


def check(process: ProcessReport, thresholds: Thresholds = DEFAULTS) -> Iterable[Finding]:
    unread = process.coverage.lines.unread
    if not process.coverage.speaks_for_source or unread == 0:
        return
    share = unread / (unread + process.coverage.lines.recognised)
    shapes = sorted(process.coverage.unread, key=lambda shape: -shape.count)
    most = f"; most often: {shapes[0].why}" if shapes else ""
    lines = f"{units.several(unread, 'line')} {'looks' if unread == 1 else 'look'}"
    yield Finding(
        id=ID,
        severity="warning" if share >= thresholds.warning_share and unread >= thresholds.warning_lines else "info",
        confidence="high",
        title=f"{lines} like V8's and could not be read ({units.percent(share)} of V8's lines)",
        observed=f"{units.count(unread)} unread in {units.several(len(shapes), 'shape')}, "
        f"{units.count(process.coverage.lines.recognised)} read{most}",
        threshold=f"any info, {units.percent(thresholds.warning_share)} of V8's lines warning",
        evidence=facts.pick_lines([shape.first_line for shape in shapes]),
        remedy="Look at the evidence: a shipper that wraps, escapes or cuts long lines is the usual cause. Take the log "
        "at its source.",
    )
