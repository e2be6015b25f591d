"""A worker thread ran out of heap.

What it looks for
    `ERR_WORKER_OUT_OF_MEMORY` in the log, or a worker that V8 stopped at its own limit.

Why it matters
    The worker is gone with its work, while the process lives on: without a handler of its `error` event nobody hears of it.

Evidence
    The lines of the error.

Known problems
    Node prints no fatal error and no last collections for a worker. A worker's limit is its own (resourceLimits), and by
    default that of the process.

Remedy
    Set the worker's resourceLimits.maxOldGenerationSizeMb, and look at what its isolate's live set does in this log.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from gclog import units
from gclog.diagnose import facts
from gclog.diagnose.finding import Case, Finding

__all__ = ["DEFAULTS", "ID", "Thresholds", "check"]

ID = "worker-out-of-memory"


@dataclass(frozen=True, slots=True)
class Thresholds:
    """None: Node's error is a fact."""


DEFAULTS = Thresholds()


def check(case: Case, thresholds: Thresholds = DEFAULTS) -> Iterable[Finding]:
    stopped = case.crash is not None and case.crash.kind == "worker-limit"
    messages = (
        [message for message in case.messages if message.kind == "worker_out_of_memory"] if case.speaks_for_source else []
    )
    if not stopped and not messages:
        return
    live_mb = facts.known(case.heap.live_mb)
    times = "a worker" if len(messages) <= 1 else f"workers {facts.times(len(messages))}"
    yield Finding(
        id=ID,
        severity="error",
        confidence="high",
        title=f"This worker was stopped at its heap limit, live set {units.mb(live_mb)}"
        if stopped
        else f"Node stopped {times} at the heap limit; the process lived on",
        observed=f"{facts.several(len(messages), 'line')} of ERR_WORKER_OUT_OF_MEMORY"
        if messages
        else "stopped at its own limit",
        threshold="the worker's own limit (resourceLimits, else the process's)",
        evidence=facts.pick_lines(case.crash.line if case.crash is not None and stopped else None, [m.line for m in messages]),
        remedy="Give the worker its own resourceLimits.maxOldGenerationSizeMb, listen for its `error` event, and look at "
        "its isolate's growth in this log: if that is growth without an end, a higher limit only delays it.",
    )
