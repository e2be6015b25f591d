"""What the live set of a process grows with: the lines that its program printed between the collections."""

from __future__ import annotations

from gclog.analysis.measure.growing_stretch import while_it_grows
from gclog.analysis.measure.grows_with import MIN_FULLS, measure_grows_with
from gclog.incident.context import SourceContext
from gclog.model.grows_with import NOT_LOOKED_FOR, TOO_FEW_LINES, GrowsWith
from gclog.model.not_known import NotKnown
from gclog.model.report import JudgedProcess
from gclog.model.verdict import GROWING
from gclog.processes.process import ProcessTable
from gclog.recognise.line_shapes import LineShapes
from gclog.recognise.request_counts import count_requests

__all__ = ["find_grows_with"]

COMPANY = NotKnown("other processes print into this log at the same time")


def find_grows_with(context: SourceContext, process: ProcessTable, judged: JudgedProcess) -> GrowsWith | NotKnown:
    """Which lines the live set grows with. The source, and access logs, are read a second time, and only if the live set grows."""
    if judged.growth not in GROWING:
        return NOT_LOOKED_FOR
    speaks_alone = context.counted.lines.foreign > 0 and not _has_company(context, process)
    if not speaks_alone and not process.requests:
        return COMPANY if context.counted.lines.foreign else TOO_FEW_LINES
    rows = process.rows.where(~process.rows.flags("ring")).known("at_ms", "used_after_mb")
    rows = while_it_grows(rows, judged.rise)
    if len(rows.fulls) < MIN_FULLS:
        return NotKnown(f"needs {MIN_FULLS} full collections while it grows, the log has {len(rows.fulls)}")
    lines = LineShapes(rows.lines)
    if speaks_alone:
        for block in context.source.blocks():
            lines.read(block)
    counts = lines.finish()
    for log in process.requests:
        requests = count_requests(log, rows.numbers("at_ms"), process.start_ms)
        if requests is None:
            return NotKnown(f"no request in {log.name} comes while it grows: are the clocks of both of the same zone?")
        counts = counts.beside(requests, log.name)
    return measure_grows_with(rows, counts)


def _has_company(context: SourceContext, process: ProcessTable) -> bool:
    """Whether another process speaks between the first and the last collection of one: a line may be of either."""
    own = (process.pid, process.isolate, process.run)
    others = [other for other in context.processes if (other.pid, other.isolate, other.run) != own and len(other.rows)]
    return any(other.rows.line(0) < process.rows.line(-1) and other.rows.line(-1) > process.rows.line(0) for other in others)
