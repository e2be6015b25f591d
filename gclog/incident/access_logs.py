"""Access logs beside a GC log: whose requests they have."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from typing import NamedTuple

from gclog.incident.context import SourceContext
from gclog.incident.wall_clock import start_of
from gclog.model.witness import Witness
from gclog.processes.process import ProcessTable
from gclog.recognise.access_log import is_access_log

__all__ = ["adopt_access_logs"]

TELLS = "requests"


class _Running(NamedTuple):
    """A process while it ran, by the wall clock; `start_ms` is where V8's clock began."""

    place: int
    process: ProcessTable
    start_ms: float
    first_ms: float
    last_ms: float


def adopt_access_logs(contexts: Sequence[SourceContext], started_ms: float | None) -> list[SourceContext]:
    """Access logs to the process that ran alone, if its log says when, or the user does; notes say so, or why not."""
    logs = [place for place, context in enumerate(contexts) if _is_access_log(context)]
    if not logs:
        return list(contexts)
    running = [
        _Running(place, process, start_ms, *_ends(process, start_ms))
        for place, context in enumerate(contexts)
        for process in context.processes
        if process.main
        and len(process.rows.known("at_ms")) > 1
        and (start_ms := started_ms if started_ms is not None else start_of(context, process.rows)) is not None
    ]
    alone = [one for one in running if not any(_overlap(one, other) for other in running if other is not one)]
    changed = list(contexts)
    for place in logs:
        changed[place] = _noted(contexts[place], running, alone)
    requests = tuple(contexts[place].source for place in logs)
    for one in alone:
        heard = (*one.process.heard, *(Witness(source.name, (TELLS,)) for source in requests))
        process = dataclasses.replace(one.process, heard=heard, requests=requests, start_ms=one.start_ms)
        processes = tuple(process if own is one.process else own for own in changed[one.place].processes)
        changed[one.place] = dataclasses.replace(changed[one.place], processes=processes)
    return changed


def _ends(process: ProcessTable, start_ms: float) -> tuple[float, float]:
    at_ms = process.rows.known("at_ms").numbers("at_ms")
    return start_ms + float(at_ms[0]), start_ms + float(at_ms[-1])


def _is_access_log(context: SourceContext) -> bool:
    return not context.processes and not context.profiles and is_access_log(next(context.source.blocks(), None))


def _overlap(one: _Running, other: _Running) -> bool:
    return one.first_ms < other.last_ms and other.first_ms < one.last_ms


def _noted(context: SourceContext, running: Sequence[_Running], alone: Sequence[_Running]) -> SourceContext:
    if alone:
        note = "an access log: if a heap grows, its requests are compared with that"
    elif running:
        note = "an access log, but of several processes at the same time: whose requests it has is not known"
    else:
        note = "an access log, but no GC log beside it says when its process ran: give it --started DATE"
    return dataclasses.replace(context, notes=(*context.notes, note))
