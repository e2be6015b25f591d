"""What makes V8 collect, or takes the time of its collections, if that is not the heap: the lines give the reason."""

from __future__ import annotations

from gclog import units
from gclog.diagnose.remedies import advise_embedder
from gclog.model.report import JudgedProcess

__all__ = ["ADVICE_ON_MEMORY_OUTSIDE", "EMBEDDER_SHARE", "advise_on_gc_cause", "say_gc_cause"]

EMBEDDER_SHARE = 0.5
"""From half of the pauses on, callbacks of the embedder are what takes the time."""

OUTSIDE_SHARE = 0.5
"""From half of the collections on, memory outside the heap is what makes V8 collect."""

LEAST_COUNT = 3
"""One or two come with a burst of input."""

ADVICE_ON_MEMORY_OUTSIDE = (
    "Log process.memoryUsage() (external, arrayBuffers): memory outside the heap makes V8 collect, not the heap. Reuse Buffers "
    "instead of allocating new ones per message, read in smaller chunks, and free what handles of native addons hold."
)


def say_gc_cause(process: JudgedProcess) -> str:
    """`most of it because of memory outside the heap (external memory pressure)`; empty if no line gives another reason than the heap."""
    if _is_for_memory_outside(process):
        return "most of it because of memory outside the heap (external memory pressure)"
    if process.signs.embedder is not None and _is_for_callbacks(process):
        return f"{units.percent(process.signs.embedder.share)} of that in callbacks of native objects (weak handles), not in V8's own work"
    return ""


def advise_on_gc_cause(process: JudgedProcess) -> str:
    """What to do about that cause; empty if no line gives another than the heap."""
    if _is_for_memory_outside(process):
        return ADVICE_ON_MEMORY_OUTSIDE
    embedder = process.signs.embedder
    if embedder is not None and _is_for_callbacks(process):
        return advise_embedder(f"{units.duration(embedder.total_ms)}, {units.percent(embedder.share)} of all pauses,")
    return ""


def _is_for_memory_outside(process: JudgedProcess) -> bool:
    """Whether V8 gives memory outside the heap as the reason for most collections."""
    count = len(process.signs.external_pressure_lines)
    return count >= LEAST_COUNT and count >= OUTSIDE_SHARE * process.total


def _is_for_callbacks(process: JudgedProcess) -> bool:
    """Whether most of the time in pauses went into the embedder's callbacks."""
    embedder = process.signs.embedder
    return embedder is not None and process.total >= LEAST_COUNT and embedder.share >= EMBEDDER_SHARE
