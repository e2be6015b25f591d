"""A worker thread ran out of heap.

What it looks for
    `ERR_WORKER_OUT_OF_MEMORY` in the log, or a worker that V8 stopped at its own limit.

Why it matters
    The worker is gone with its work, while the process lives on: without a handler for its `error` event nobody notices.

Evidence
    The lines of the error, and how much of its time the worker's GC took: its pauses stop that thread alone.

Known problems
    Node prints no fatal error and no last collections for a worker. A worker's limit is its own (resourceLimits), and by
    default that of the process. --max-old-space-size, if given, applies to every worker, whatever its resourceLimits say
    (Node 12 to 26, which show the value of resourceLimits all the same).

Remedy
    Look at what its isolate's live set does in this log; then set the worker's resourceLimits.maxOldGenerationSizeMb, without
    --max-old-space-size.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from gclog import units
from gclog.diagnose import facts, limit_words, remedies
from gclog.model.finding import Finding
from gclog.model.report import ProcessReport
from gclog.model.verdict import Limit
from gclog.processes.workers import STOPPED_WORDS, WORKER_STOPPED

__all__ = ["DEFAULTS", "ID", "Thresholds", "check"]

ID = "worker-out-of-memory"


@dataclass(frozen=True, slots=True)
class Thresholds:
    """None: Node's error is a fact."""


DEFAULTS = Thresholds()


def check(process: ProcessReport, thresholds: Thresholds = DEFAULTS) -> Iterable[Finding]:
    stopped = process.crash is not None and process.crash.kind == "worker-limit"
    messages = (
        [message for message in process.signs.messages if message.kind == WORKER_STOPPED]
        if process.coverage.speaks_for_source
        else []
    )
    if not stopped and not messages:
        return
    stops = sum(STOPPED_WORDS in message.text for message in messages) or len(messages)
    times = "a worker" if stops <= 1 else f"workers {facts.times(stops)}"
    yield Finding(
        id=ID,
        severity="error",
        confidence="high",
        title=_say_stopped(process) if stopped else f"Node stopped {times} at the heap limit; the process lived on",
        observed=f"stopped at its own limit{_gc_share(process)}"
        if stopped
        else f"{units.several(len(messages), 'line')} of ERR_WORKER_OUT_OF_MEMORY",
        threshold="the worker's own limit: resourceLimits.maxOldGenerationSizeMb, else the process's; --max-old-space-size overrides it",
        evidence=facts.pick_lines(
            process.crash.line if process.crash is not None and stopped else None, [m.line for m in messages]
        ),
        remedy=f"{_what_first(process, stopped=stopped)} {_where_the_limit_is(process)}",
    )


def _say_stopped(process: ProcessReport) -> str:
    if facts.known(process.heap.live_mb) is None:
        return "A worker was stopped at its heap limit; the process itself could go on"
    return f"This worker was stopped at its heap limit, live set {_live(process)}"


def _live(process: ProcessReport) -> str:
    live_mb = facts.known(process.heap.live_mb)
    if live_mb is not None and isinstance(process.limit, Limit):
        return limit_words.of_limit(live_mb, process.limit)
    return units.mb(live_mb)


def _gc_share(process: ProcessReport) -> str:
    share = facts.known(process.pauses.share)
    return "" if share is None else f"; GC took {units.percent(share)} of its time, which stops no other thread"


def _what_first(process: ProcessReport, *, stopped: bool) -> str:
    """What to do now: to look at its isolate, if the log has that."""
    if stopped and (fills := remedies.say_what_fills(process)):
        return f"Listen for its `error` event. {fills}"
    if stopped and process.total:
        return (
            "Listen for its `error` event, and look at its isolate's growth in this log: if it grows without bound, a higher "
            "limit only delays the end."
        )
    return (
        "Listen for the worker's `error` event and give its work to a new one, with more room if the work is that large "
        "(`new Worker(file, { resourceLimits: { maxOldGenerationSizeMb: 4096 } })`); the lines of its isolate, with `node --trace-gc`, "
        "show whether it grows without bound."
    )


def _where_the_limit_is(process: ProcessReport) -> str:
    """Where the limit was set: an option of the process overrides the worker's own."""
    given = next((option for option in process.signs.options if option.option == "max_old_space_size"), None)
    if given is not None:
        return (
            f"--max-old-space-size={given.mb:.0f} overrides any resourceLimits.maxOldGenerationSizeMb: leave it out to give each "
            "worker a limit of its own."
        )
    return (
        "Its limit is resourceLimits.maxOldGenerationSizeMb in the options of `new Worker`; --max-old-space-size, if given, "
        "overrides it."
    )
