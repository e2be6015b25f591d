"""An allocation was refused with an exception.

What it looks for
    Messages of exceptions about a size or an allocation: `Invalid string length`, `Array buffer allocation failed`,
    ERR_BUFFER_TOO_LARGE, `Invalid array length`, `Map maximum size exceeded`, `memory access out of bounds`,
    WebAssembly.Memory, std::bad_alloc.

Why it matters
    They are often mistaken for an exhausted heap. They are not: the object was too large for its kind, whatever the heap
    limit. `Array buffer allocation failed` is different: the system refused the memory, so memory outside the heap is
    short.

Evidence
    The lines of the messages.

Known problems
    A program may have caught the exception and gone on; a library's log may quote it.

Remedy
    Make the object smaller: stream, page, split. For array buffers, look at all memory of the process.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

from gclog import units
from gclog.diagnose import facts
from gclog.diagnose.neighbours import REFUSALS
from gclog.model.finding import Finding
from gclog.model.report import ProcessReport

__all__ = ["DEFAULTS", "ID", "Thresholds", "check"]

ID = "allocation-refused"


@dataclass(frozen=True, slots=True)
class Thresholds:
    """None: each message is a fact."""


DEFAULTS = Thresholds()


def check(process: ProcessReport, thresholds: Thresholds = DEFAULTS) -> Iterable[Finding]:
    refused = [message for message in process.signs.messages if message.kind in REFUSALS]
    if not refused:
        return
    (kind, count), *others = Counter(message.kind for message in refused).most_common()
    meaning, remedy = REFUSALS[kind]
    also = "; ".join(REFUSALS[other][0] for other, _ in others)
    yield Finding(
        id=ID,
        severity="warning",
        confidence="medium",
        title=f"An allocation was refused {facts.times(count)}: {meaning}",
        observed=f"{units.several(len(refused), 'message')}{f', {len(others) + 1} different ones; also: {also}' if others else ''}",
        threshold="one message",
        evidence=facts.pick_lines([message.line for message in refused]),
        remedy=remedy,
    )
