"""What is known of one source while its processes are judged."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from gclog.model.crash_records import CrashMarker, FatalError, NativeFrame
from gclog.model.process import LineCounts, UnreadShape
from gclog.model.profile import Profile
from gclog.model.records import KernelKill, MemoryUsage, Message
from gclog.processes.message_kills import KILLED
from gclog.processes.process import ProcessTable
from gclog.recognise.detect import LogKind
from gclog.recognise.reader import Reader
from gclog.source.open import Source

__all__ = ["REPORTS_A_KILL", "Counted", "SourceContext", "counted", "own_kinds"]

REPORTS_A_KILL = frozenset(KILLED)
"""Kinds of messages that report a process's end from outside."""


@dataclass(frozen=True, slots=True)
class Counted:
    """What the reader of a source's GC lines has counted, to its end.

    recognised_by   lines by rule
    envelopes       lines of payload by envelope
    cut_short       the last line has no end
    """

    lines: LineCounts
    unread_shapes: tuple[UnreadShape, ...] = ()
    recognised_by: Mapping[str, int] = field(default_factory=dict)
    envelopes: Mapping[str, int] = field(default_factory=dict)
    cut_short: bool = False


def counted(reader: Reader) -> Counted:
    """What a reader that has finished has counted."""
    return Counted(
        reader.line_counts, reader.unread_shapes, dict(reader.recognised_by), dict(reader.envelopes), reader.cut_short
    )


@dataclass(frozen=True, slots=True)
class SourceContext:
    """What is known of a source when its processes are judged.

    `borrowed`: lines of another source about a process of this one, by the numbers that they have here; `loose`: messages of a
    source without a process, which may be about one elsewhere.
    """

    source: Source
    counted: Counted
    kind: LogKind
    processes: tuple[ProcessTable, ...]
    profiles: tuple[Profile, ...] = ()
    trace_lines: Mapping[str, int] = field(default_factory=dict)
    borrowed: Mapping[int, str] = field(default_factory=dict)
    notes: tuple[str, ...] = ()
    loose: tuple[Message, ...] = ()

    @property
    def counts(self) -> LineCounts:
        """Every line once. In a mixed log what one reader knows is foreign to the other."""
        read = [self.counted.lines, *(profile.lines for profile in self.profiles)]
        known = [sum(getattr(counts, name) for counts in read) for name in ("recognised", "continuation", "unread")]
        total = max(self.counted.lines.total, sum(profile.lines.total for profile in self.profiles))
        recognised, continuation, unread = known
        return LineCounts(total, recognised, total - sum(known), continuation, unread)

    @property
    def unread(self) -> tuple[UnreadShape, ...]:
        return (*self.counted.unread_shapes, *(self.profiles[-1].unread_shapes if self.profiles else ()))

    @property
    def last_number(self) -> int:
        """The largest line number in use here: its own lines, and those that are borrowed."""
        return max([self.counts.total, *self.borrowed])


def own_kinds(context: SourceContext, process: ProcessTable) -> tuple[str, ...]:
    """What the source itself has of a process, apart from what another one lent it."""
    said = [record for record in process.rare if record.line not in context.borrowed]
    printed = ~process.rows.flags("ring")
    if context.borrowed:
        printed &= ~process.rows.at_lines(context.borrowed)
    found = {
        "collections": bool(printed.any()),
        "figures of memory": MemoryUsage in process.frames
        and any(line not in context.borrowed for line in process.usage["line"]),
        "crash": any(isinstance(record, FatalError | CrashMarker | NativeFrame) for record in said),
        "allocation stacks": process.sampled is not None
        and any(one.name == context.source.name for one in process.sampled.profiles),
        "kill": any(isinstance(record, KernelKill) or getattr(record, "kind", "") in REPORTS_A_KILL for record in said),
        "limit of memory": any(getattr(record, "kind", "") == "memory_limit" for record in said),
        "diagnostic report": any(report.path == context.source.name for report in process.reported),
    }
    return tuple(kind for kind, is_there in found.items() if is_there)
