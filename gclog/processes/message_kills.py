"""What messages say of processes without collections in the log: when they were killed, and that they existed at all."""

from __future__ import annotations

import bisect
import math
from collections.abc import Sequence

from gclog.model.records import KernelKill, Message
from gclog.processes.kernel_kills import is_of_node

__all__ = ["find_ends", "speaks_for_itself"]

BY_NAME = ("kernel_killed", "kernel_constraint")
"""Messages that name the process that was killed."""

WORDS_OF_A_KILL = ("oom_killed", "exit_137", "killed")
"""Messages that report a kill but not of which process: the program's own, or a child's that it survives."""

TELLING = frozenset(
    {
        "max_listeners_exceeded",
        "memwatch_leak",
        "array_buffer_allocation_failed",
        "err_buffer_too_large",
        "invalid_string_length",
        "invalid_array_length",
        "map_maximum_size",
        "wasm_memory_out_of_bounds",
        "bad_alloc",
    }
)
"""Messages that a program of Node prints by itself, and that mean something without any other line of it."""

BACK_QUOTE = "`"
"""What prose quotes a message in. Node has none in these."""

ANEW_SHARE = 0.75
"""A process that starts anew has less than three quarters of the memory that the killed one had; the next reading of one that
lives on has about as much as its last."""


def speaks_for_itself(message: Message) -> bool:
    """Whether a message is enough to speak of a process that nothing else is known of."""
    return message.kind in TELLING and BACK_QUOTE not in message.text


def find_ends(messages: Sequence[Message], lines: Sequence[int], sizes_mb: Sequence[float]) -> list[int]:
    """The lines at which a process was killed that printed figures of memory, in order; after each another one begins.

    `lines`: those with figures, in order; `sizes_mb`: what each says of all memory, or of the heap, NaN if of neither.
    What the kernel, the shell and the container say of one kill is one end: the last line of it before the next figures.
    """
    ends: dict[int, int] = {}  # figures before the kill -> its last line
    for message in messages:
        before = bisect.bisect_left(lines, message.line)
        if 0 < before < len(lines) and _ends(message, sizes_mb[before - 1], sizes_mb[before]):
            ends[before] = max(message.line, ends.get(before, 0))
    return [ends[before] for before in sorted(ends)]


def _ends(message: Message, last_mb: float, next_mb: float) -> bool:
    if message.kind in BY_NAME and isinstance(message, KernelKill):
        return is_of_node([message])
    starts_anew = math.isnan(last_mb) or math.isnan(next_mb) or next_mb < ANEW_SHARE * last_mb
    return message.kind in WORDS_OF_A_KILL and starts_anew
