"""The program asked for one object that cannot be had, and an exception said so.

What it looks for
    Messages of exceptions that name a size: `Invalid string length`, `Array buffer allocation failed`, ERR_BUFFER_TOO_LARGE,
    `Invalid array length`, `Map maximum size exceeded`, `memory access out of bounds`, WebAssembly.Memory, std::bad_alloc.

Why it matters
    They are mistaken for the heap's exhaustion, and are not: the object was too large for its kind, whatever the limit of the heap
    is. `Array buffer allocation failed` is different: the system gave no memory, so memory outside the heap is short.

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

from gclog.diagnose import facts
from gclog.diagnose.finding import Case, Finding

__all__ = ["DEFAULTS", "ID", "Thresholds", "check"]

ID = "allocation-refused"

MEANINGS: dict[str, tuple[str, str]] = {
    "array_buffer_allocation_failed": (
        "the system gave no memory for an ArrayBuffer or Buffer: memory outside the heap is short",
        "Look at RSS against the container's limit, and at who keeps Buffers; the heap's limit does not matter here.",
    ),
    "err_buffer_too_large": (
        "a Buffer larger than buffer.kMaxLength was asked for",
        "Read or build it in pieces (streams); no flag raises this limit.",
    ),
    "invalid_string_length": (
        "a string longer than V8 can have (about 512 million characters, 268 million before V8 6.2 and on 32 bits) was to be made",
        "Do not build the whole text: write it in pieces, or use Buffers and streams; JSON.stringify of all data is the usual cause.",
    ),
    "invalid_array_length": (
        "an array longer than 2^32 - 1, or a length that is no whole number, was asked for",
        "Check the arithmetic that leads to the length; push in batches.",
    ),
    "map_maximum_size": (
        "a Map or Set has a little under 2^24 (16.7 million) entries at most",
        "Split it by key, or keep less: so many entries are often a cache without a bound.",
    ),
    "wasm_memory_out_of_bounds": (
        "WebAssembly code reached beyond its memory, or could get no memory: that is not V8's heap",
        "Give the module more memory (its maximum), or look for its bug; --max-old-space-size does not matter here.",
    ),
    "bad_alloc": (
        "native code (an addon, or Node itself) got no memory from the system",
        "Look at RSS against the container's limit, at `ulimit -v`, and at the addon.",
    ),
}


@dataclass(frozen=True, slots=True)
class Thresholds:
    """None: each message is a fact."""


DEFAULTS = Thresholds()


def check(case: Case, thresholds: Thresholds = DEFAULTS) -> Iterable[Finding]:
    told = [message for message in case.messages if message.kind in MEANINGS]
    if not told:
        return
    kind, count = Counter(message.kind for message in told).most_common(1)[0]
    meaning, remedy = MEANINGS[kind]
    others = len({message.kind for message in told}) - 1
    yield Finding(
        id=ID,
        severity="warning",
        confidence="medium",
        title=f"An allocation was refused {facts.times(count)}: {meaning}",
        observed=f"{facts.several(len(told), 'message')}{f', {others + 1} different ones' if others else ''}",
        threshold="one message",
        evidence=facts.pick_lines([message.line for message in told]),
        remedy=remedy,
    )
