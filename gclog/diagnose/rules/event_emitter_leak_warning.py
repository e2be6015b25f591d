"""Node warned that listeners pile up on an event emitter.

What it looks for
    Node's `MaxListenersExceededWarning`, or `possible EventEmitter memory leak detected` in old versions.

Why it matters
    A listener added for each request and never removed is the most common leak in Node programs: it keeps everything it
    closes over alive.

Evidence
    The warnings.

Known problems
    Node warns once per emitter and event, so one line may represent any number of listeners. More than ten may be intended.

Remedy
    --trace-warnings prints the stack that adds the listener. Use `once`, or remove it when the request ends.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from gclog import units
from gclog.diagnose import facts
from gclog.diagnose.thresholds import declare
from gclog.model.finding import Finding
from gclog.model.report import ProcessReport

__all__ = ["DEFAULTS", "ID", "Thresholds", "check"]

ID = "event-emitter-leak-warning"

ADDED = re.compile(r"(?P<count>\d+) (?:(?P<event>\S{1,60}) )?listeners added(?: to \[(?P<emitter>[^\]]{1,60})\])?")

TRACE_WARNINGS = 6
"""`--trace-warnings` and the name MaxListenersExceededWarning exist from Node 6; before, Node prints the stack by itself."""


@dataclass(frozen=True, slots=True)
class Thresholds:
    warning_count: float = declare(1, "Node itself speaks only from eleven listeners on")


DEFAULTS = Thresholds()


def check(process: ProcessReport, thresholds: Thresholds = DEFAULTS) -> Iterable[Finding]:
    warnings = [message for message in process.signs.messages if message.kind == "max_listeners_exceeded"]
    if not process.coverage.speaks_for_source or not warnings or len(warnings) < thresholds.warning_count:
        return
    added = ADDED.search(warnings[0].text)
    what = f": {added['count']} {added['event'] or ''} listeners".replace("  ", " ") if added else ""
    where = f" on one {added['emitter']}" if added and added["emitter"] else ""
    trace = (
        "Start it with --trace-warnings: the stack shows who adds the listener. "
        if process.node.last_major >= TRACE_WARNINGS
        else ""
    )
    grows = facts.is_growing(process.growth)
    yield Finding(
        id=ID,
        severity="warning",
        confidence="high" if grows else "medium",
        title=f"Node warned {facts.times(len(warnings))} of an EventEmitter leak{what}{where}",
        observed=f"{units.several(len(warnings), 'warning')}{', and the live set grows' if grows else ''}",
        threshold="10 listeners for one event (Node's own default)",
        evidence=facts.pick_lines([message.line for message in warnings]),
        remedy=f"{trace}Add it once outside the request, or remove it when the request ends; setMaxListeners() only "
        "silences the warning.",
    )
