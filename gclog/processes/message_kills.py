"""What messages say of the end of a process: whose it was, when, and that a process existed at all."""

from __future__ import annotations

import bisect
import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from gclog.model.records import KernelKill, Message, PlatformMessage, Record
from gclog.processes.kernel_kills import is_about, is_of_node, kill_blocks
from gclog.processes.program_names import is_other_name
from gclog.processes.workers import WORKER_STOPPED

__all__ = ["ABORTED", "KILLED", "Life", "find_ends", "is_others", "messages_of_end", "speaks_for_itself", "without_others"]

BY_NAME = ("kernel_killed", "kernel_constraint")
"""Messages that name the process that was killed."""

KILLED = ("oom_killed", "exit_137", "killed")
"""Kinds of messages that report a process's end from outside."""

ABORTED = ("exit_134", "aborted", "exit_fault")
"""Kinds of messages that report an end as it is after V8's fatal error."""

SPEAKING = frozenset({*KILLED, *ABORTED, "over_quota", WORKER_STOPPED})
"""Kinds of messages about a process that are enough to speak of it, whoever wrote them."""

OF_CHILDREN = frozenset({"child_exit"})
"""Forms of what a program writes of its children, which it survives."""

STATES = frozenset(
    {"state_exit", "state_oom", "state_json", "pod_row", "pod_failed", "docker_ps", "cgroup_events", "evicted", "kubelet_oom"}
)
"""Forms that describe a state, as `kubectl describe pod` does, and may be anywhere: people paste them above the log."""

HEAP_WORDS = "Fatal error: JavaScript heap out of memory"
"""What programs and runtimes print of V8's fatal error; `JavaScript heap out of memory` alone is also in every article about it."""

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


@dataclass(frozen=True, slots=True)
class Life:
    """What is known of when a process lived: its first and last line of its own, 0 without any; whether V8's lines are among them."""

    first_line: int = 0
    last_line: int = 0
    traced: bool = False
    pid: int | None = None

    @property
    def is_empty(self) -> bool:
        """Whether nothing is known of it but what others say."""
        return self.last_line == 0

    def may_end_at(self, message: Message) -> bool:
        """Whether it may have ended where a message says so: after its last line, or before the first, if the order of lines says nothing."""
        if message.line > self.last_line:
            return True
        is_state = isinstance(message, KernelKill) or (isinstance(message, PlatformMessage) and message.form in STATES)
        return message.line < self.first_line and (is_state or not self.traced)


def messages_of_end(messages: Iterable[Message], life: Life) -> list[Message]:
    """The messages that may be about the end of a process: not those of another one, nor from before it wrote its last line."""
    return [
        message
        for message in without_others(messages, life.pid)
        if isinstance(message, Message) and life.may_end_at(message) and not _is_about_heaps(message)
    ]


def without_others(records: Iterable[Record], pid: int | None) -> list[Record]:
    """Records without the messages that are about another process than the one with this pid."""
    given = list(records)
    messages = [record for record in given if isinstance(record, Message)]
    others = {id(message) for block in kill_blocks(messages) if not is_about(block, pid) for message in block}
    others |= {id(message) for message in messages if is_others(message)}
    return [record for record in given if id(record) not in others]


def _is_about_heaps(message: Message) -> bool:
    """Whether a sentence goes on after the words of a full heap: somebody is writing about it."""
    rest = message.text.rpartition(HEAP_WORDS.partition(": ")[2])[2]
    return message.kind == "heap_out_of_memory" and message.text != rest and any(character.isalpha() for character in rest)


def is_others(message: Message) -> bool:
    """Whether a message about the end of a process names another program, or a child of the program that wrote it."""
    if not isinstance(message, PlatformMessage):
        return False
    is_named = message.stranger or is_other_name(message.process)
    return message.form in OF_CHILDREN or is_named or is_other_name((message.command or "").strip(": "))


def speaks_for_itself(message: Message) -> bool:
    """Whether a message is enough to speak of a process that nothing else is known of."""
    if isinstance(message, PlatformMessage):
        return message.kind in SPEAKING and not is_others(message)
    if message.kind == "heap_out_of_memory":
        return message.text.strip().endswith(HEAP_WORDS)
    return message.kind in TELLING | {WORKER_STOPPED} and BACK_QUOTE not in message.text


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
    return message.kind in KILLED and not is_others(message) and starts_anew
