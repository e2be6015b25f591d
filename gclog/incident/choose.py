"""Which processes of a source the user asks for, and which part of each."""

from __future__ import annotations

import math
from collections.abc import Sequence

from gclog.incident.settings import Settings
from gclog.processes.process import ProcessTable, part_of

__all__ = ["choose"]


def choose(processes: Sequence[ProcessTable], settings: Settings) -> list[ProcessTable]:
    """The processes that --isolate lets through, with what --since and --until leave of them."""
    chosen = [process for process in processes if settings.isolate in (None, process.isolate)]
    if settings.since is None and settings.until is None:
        return chosen
    return [part for process in chosen if len((part := _between(process, settings)).rows)]


def _between(process: ProcessTable, settings: Settings) -> ProcessTable:
    """A process from --since to --until, without what comes before its first line or from the first one too late on."""
    first, end = 0.0, math.inf
    lines = process.rows.lines
    for moment in (settings.since, settings.until):
        if moment is not None:
            clock = process.rows.numbers("wall_ms" if moment.on_wall_clock else "at_ms")
            if moment is settings.since:
                reached = lines[clock >= moment.ms]
                first = float(reached[0]) if len(reached) else math.inf
            else:
                late = lines[~(clock <= moment.ms)]
                end = float(late[0]) if len(late) else math.inf
    return part_of(process, first, end)
