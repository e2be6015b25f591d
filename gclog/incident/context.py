"""What is known of one source while its processes are judged."""

from __future__ import annotations

from dataclasses import dataclass, field

from gclog.model.process import LineCounts, UnreadShape
from gclog.model.profile import Profile
from gclog.model.records import CrashMarker, FatalError, KernelKill, Message, NativeFrame
from gclog.processes.split import ProcessTable
from gclog.recognise.detect import LogKind
from gclog.recognise.reader import Reader
from gclog.source.open import Source

__all__ = ["TELL_OF_KILL", "SourceContext", "tells"]


TELL_OF_KILL = frozenset({"killed", "exit_137", "oom_killed"})
"""Kinds of messages that tell of a process's end from outside."""


@dataclass(slots=True)
class SourceContext:
    """What is known of a source when its processes are judged.

    `borrowed`: lines of another source that speak of a process of this one, by the numbers that they have here; `loose`: messages of a
    source without a process, which may be about one elsewhere.
    """

    source: Source
    reader: Reader
    kind: LogKind
    processes: list[ProcessTable]
    profiles: list[Profile]
    trace_lines: dict[str, int]
    borrowed: dict[int, str] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)
    loose: list[Message] = field(default_factory=list)

    @property
    def counts(self) -> LineCounts:
        """Every line once. In a mixed log what one reader knows is foreign to the other."""
        read = [self.reader.line_counts, *(profile.lines for profile in self.profiles)]
        known = [sum(getattr(counts, name) for counts in read) for name in ("recognised", "continuation", "unread")]
        total = max(self.reader.line_counts.total, sum(profile.lines.total for profile in self.profiles))
        recognised, continuation, unread = known
        return LineCounts(total, recognised, total - sum(known), continuation, unread)

    @property
    def unread(self) -> tuple[UnreadShape, ...]:
        return (*self.reader.unread_shapes, *(self.profiles[-1].unread_shapes if self.profiles else ()))


def tells(context: SourceContext, process: ProcessTable) -> tuple[str, ...]:
    """What the source itself has of a process, apart from what another one lent it."""
    said = [record for record in process.rare if record.line not in context.borrowed]
    rows = process.collections
    own = len(rows) and bool((~rows["ring"] & ~rows["line"].isin(context.borrowed.keys())).any())
    usage = process.usage["line"] if len(process.usage) else ()
    kinds = {
        "collections": own,
        "figures of memory": any(line not in context.borrowed for line in usage),
        "crash": any(isinstance(record, FatalError | CrashMarker | NativeFrame) for record in said),
        "kill": any(isinstance(record, KernelKill) or getattr(record, "kind", "") in TELL_OF_KILL for record in said),
        "diagnostic report": any(report.path == context.source.name for report in process.reported),
    }
    return tuple(kind for kind, told in kinds.items() if told)
