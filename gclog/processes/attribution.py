"""Of which process a line speaks: one decision for a finished log and for one that grows.

`Attribution` is told what comes, in the order of lines: collections with which a process may begin, the rings of crashes, the other
records of a crash, messages, figures of memory. What it needs to know of the many collections in between it asks of `Log`, which also
hears the answers: at once, or once a crash, a kill or a stop is complete. Nothing is decided with what comes later, so that a growing
log and a finished one have the same answers.
"""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Iterable
from typing import Generic

from gclog.model.crash_records import CrashMarker, FatalError
from gclog.model.records import HeapOption, Message
from gclog.processes.crash_blocks import CRASH_BLOCK_LINES, RING_BANNER, CrashBlock, CrashRecord, is_crash, is_last_word
from gclog.processes.kernel_kills import KillBlock, is_of_node
from gclog.processes.log import Key, Log, P
from gclog.processes.message_kills import find_ends, speaks_for_itself
from gclog.processes.messages import Messages
from gclog.processes.ring_owners import CLOCK_STEP_BACK_MS, Ring, owner_of_ring

__all__ = ["KEPT_MESSAGES", "Attribution", "went_back"]

KEPT_MESSAGES = 1000
"""Upper bound on messages that wait for the process that they are about: a log may have nothing else."""


class Attribution(Generic[P]):
    """Takes what comes in the order of lines; before each, `settle_due` is called as long as something is due by its line."""

    def __init__(self, log: Log[P], most_crash_records: int | None = None) -> None:
        self._log = log
        self._most = most_crash_records
        self._messages = Messages[P](self)
        self._nobodys: deque[Message] = deque(maxlen=KEPT_MESSAGES)
        self._options: dict[str, HeapOption] = {}
        self._crash: CrashBlock | None = None
        self._speaker: P | None = None
        self._in_ring: P | None = None
        self._held: P | None = None
        self._has_last_word = False
        self._rings: dict[Key, tuple[P, float]] = {}
        self._untraced: P | None = None
        self._untraced_line = 0
        self._said: deque[Message] = deque(maxlen=KEPT_MESSAGES)
        self._crashed: P | None = None
        self._left: tuple[P, P | None] | None = None
        self._reading: tuple[int, float] | None = None

    # ------------------------------------------------------------ time

    @property
    def due(self) -> float:
        """The line at which something that waits has waited long enough, infinite if nothing waits."""
        crash = math.inf if self._crash is None else self._crash.last_line + CRASH_BLOCK_LINES
        return min(crash, self._messages.due)

    def settle_due(self) -> None:
        """Settle what is due."""
        line = self.due
        if self._crash is not None and self._crash.last_line + CRASH_BLOCK_LINES <= line:
            self._settle_crash(math.inf)
        self._tell(self._messages.settle_older(int(line)))

    def settle(self) -> None:
        """Settle all that waits: the log has ended, or nothing has come for a while."""
        if self._crash is not None:
            count = self._log.line_count
            self._settle_crash(None if count is None else count - self._crash.last_line)
        self._tell(self._messages.settle())

    # ------------------------------------------------------------ collections

    def begins(self, key: Key, line: int, at_ms: float | None, *, worker: bool) -> P:
        """The trace shows that a process begins, unless what was taken for a crash's ring was its beginning."""
        before = self._log.latest(key)
        is_near = before is not None and before.from_ring and line - before.last_line < CRASH_BLOCK_LINES
        if before is None or not is_near or went_back(before.clock_ms, at_ms):
            return self._begin(key, line, before, worker=worker)
        self._was_no_ring(before)
        return before

    def _begin(self, key: Key, line: int, before: P | None, *, worker: bool) -> P:
        if before is not None:
            if before in (self._speaker, self._in_ring):
                self._settle_crash(math.inf)
            self._tell(self._messages.settle())
        process = self._log.begin(key, line, worker=worker)
        self._log.named(process, self._options.values())
        self._adopt(process, line)
        self._may_have_crashed(process, line)
        return process

    def _may_have_crashed(self, process: P, line: int) -> None:
        """A crash of which nobody is known yet is that of the first to be heard soon after."""
        crash = self._crash
        if crash is not None and self._owner is None and line - crash.first_line < CRASH_BLOCK_LINES:
            self._speaker = process
            self._hold()

    def forget(self, process: P) -> None:
        """A process is no longer remembered."""
        if process in (self._speaker, self._in_ring):
            self._settle_crash(math.inf)
        self._tell(self._messages.settle())
        self._untraced = None if self._untraced is process else self._untraced
        self._rings = {key: ring for key, ring in self._rings.items() if ring[0] is not process}

    def ring(self, key: Key, line: int, ring: Ring, *, worker: bool) -> P:
        """Collections of a crash's ring, by clock and size: those of one isolate in a row that its clock does not go back in."""
        owner = self._of_same_ring(key, ring[0][0])
        if owner is None:
            owner = owner_of_ring(self._log.candidates(key, ring), ring, named=key[0] is not None)
        speaker = self._speaker
        if owner is None:
            before = self._log.latest(key)
            if self._in_ring is None:  # the banner before this ring is not that of an earlier run
                speaker = self._speaker = None if speaker is before else speaker
            owner = self._begin(key, line, before, worker=worker)
            owner.from_ring = True
        last_ms = ring[-1][0]
        self._rings[key] = owner, math.nan if last_ms is None else last_ms
        if self._crash is not None and self._in_ring is None:
            self._in_ring, self._speaker = owner, self._now(speaker)
            self._hold()
        return owner

    def _of_same_ring(self, key: Key, at_ms: float | None) -> P | None:
        known = self._rings.get(key)
        return None if known is None or went_back(known[1], at_ms) else known[0]

    def _was_no_ring(self, process: P) -> None:
        """The trace goes on after what was taken for a ring: it was a process that had just begun, after a banner without a ring."""
        process.from_ring = False
        if self._crash is None or self._in_ring is not process:
            return
        self._in_ring = None
        self._crash = self._crash.without_ring()
        self._hold()

    # ------------------------------------------------------------ crashes

    def crash(self, record: CrashRecord) -> None:
        """A record of a crash."""
        if self._crash is not None and self._crash.ends_before(record):
            self._settle_crash(math.inf)
        if self._crash is None:
            self._crash = CrashBlock(record, self._most)
            self._speaker = self._log.last() or self._with_figures
            self._hold()
        else:
            self._crash.add(record)
        if isinstance(record, CrashMarker) and record.kind == RING_BANNER:
            self._rings.clear()

    @property
    def _owner(self) -> P | None:
        """Of whom the crash is that is being printed: of the process of its ring, else of the one that spoke last before it."""
        return self._in_ring or self._speaker

    def _hold(self) -> None:
        owner = None if self._crash is None else self._owner
        if self._held is not owner:
            held, self._held = self._held, owner
            if held is not None:
                self._log.release(held)
            if owner is not None:
                self._log.hold(owner)

    def _settle_crash(self, lines_after: float | None) -> None:
        """The crash is complete: it is that of the process that died, or of one of which nothing else is known."""
        crash, owner, is_reported = self._crash, self._owner, self._has_last_word
        self._crash = self._speaker = self._in_ring = self._held = None
        self._has_last_word = False
        if crash is None:
            return
        is_one = is_crash(crash.records, lines_after, owned=owner is not None, is_reported=is_reported)
        records = crash.records if is_one else []
        if owner is None:
            if any(isinstance(record, FatalError | CrashMarker) for record in records):
                self._dissolve()
                self._crashed = self._log.crash(None, records)
                self._log.named(self._crashed, self._options.values())
            return
        self._log.crash(owner, records)
        if owner is self._untraced and records and self._untraced_line < crash.first_line:
            owner.over = True

    # ------------------------------------------------------------ options, messages

    def option(self, option: HeapOption) -> None:
        """A line names an option: that of the processes that speak on, and the last of each that of those that begin. 0 MB is none."""
        if option.mb > 0:
            self._keep(option)
            self._log.option(option)

    def printed(self, option: HeapOption) -> None:
        """Figures of memory name a limit: that of the process that prints them, and of those that begin. Programs print it as they start."""
        if option.mb > 0:
            self._keep(option)
        owner = self._log.last_main() or self._untraced
        if owner is not None:
            self._log.named(owner, [option])

    def _keep(self, option: HeapOption) -> None:
        self._options.pop(option.option, None)
        self._options[option.option] = option

    def message(self, message: Message) -> None:
        """A message in the log."""
        if self._crash is not None and is_last_word(message):
            self._has_last_word = True
        self._tell(self._messages.take(message))

    def last(self) -> P | None:
        """The process of the last collection; before the first, the one that is known without any."""
        return self._log.last() or self._untraced

    def workers(self) -> Iterable[P]:
        """The workers."""
        return self._log.workers()

    def killed(self, kill: KillBlock) -> P | None:
        """The process that the kernel says it has killed; None if its pid is that of none, as in a container."""
        pid = kill.pid
        main = None if pid is None else self._log.main_of(pid)
        if main is not None or self._log.last() is not None:
            return main
        if is_of_node(kill.lines):
            if self._log.is_empty or (self._untraced is not None and self._untraced.killed_pid not in (None, pid)):
                self._begin_untraced(kill.lines[0].line)
            if self._untraced is not None:
                self._untraced.killed_pid = pid
        return self._untraced

    def _tell(self, told: Iterable[tuple[P | None, Message]]) -> None:
        for speaker, message in told:
            owner = self._now(speaker)
            if owner is None and self._log.is_empty and speaks_for_itself(message):
                owner = self._begin_untraced(message.line)
            if owner is None:
                self._nobodys.append(message)
                continue
            if owner is self._untraced:
                self._said.append(message)
            self._log.message(owner, message)

    # ------------------------------------------------------------ processes without a collection

    def figures(self, lines: tuple[int, int], sizes_mb: tuple[float, float]) -> P:
        """Figures of memory, the first and the last of some in a row: those of the main isolate that printed last. Without any they are
        of a process of their own, until a message after them says that it was killed."""
        main = self._log.last_main()
        if main is not None:
            return main
        if self._crashed is not None and self._with_figures is None:
            self._untraced, self._untraced_line = self._crashed, lines[0]
            self._reading = self._crashed = None
        untraced = self._untraced
        if untraced is not None and self._reading is not None and self._said:
            line, mb = self._reading
            if not untraced.over and find_ends(self._said, [line, lines[0]], [mb, sizes_mb[0]]):
                self._log.ended(untraced)
                untraced.over = True
        if untraced is None or untraced.over:
            untraced = self._begin_untraced(lines[0])
        self._reading = lines[1], sizes_mb[1]
        self._said.clear()
        self._may_have_crashed(untraced, lines[0])
        return untraced

    @property
    def _with_figures(self) -> P | None:
        """The process of which figures of memory are known, and no collection, as long as it lives."""
        return None if self._untraced is None or self._untraced.over or self._reading is None else self._untraced

    def _begin_untraced(self, line: int) -> P:
        process = self._untraced = self._log.begin_untraced(line)
        self._log.named(process, self._options.values())
        self._untraced_line = line
        self._reading = None
        self._said.clear()
        self._give_nobodys(process, 0)
        return process

    def _adopt(self, process: P, line: int) -> None:
        """The first main isolate adopts the figures of memory from before its first collection, and what was said shortly before."""
        untraced = self._untraced
        if untraced is None or untraced.over:
            self._give_nobodys(process, line - CRASH_BLOCK_LINES)
            return
        if self._reading is None:
            recent = [message for message in self._said if line - message.line < CRASH_BLOCK_LINES]
            self._dissolve()
            for message in recent:
                self._log.message(process, message)
        elif not process.worker:
            if self._held is untraced:
                self._log.release(untraced)
            self._leave(untraced, process)
            self._log.adopt(process, untraced)
            self._hold()

    def _dissolve(self) -> None:
        """A message is enough for a process only if nothing else is known of any."""
        if self._untraced is not None and self._reading is None and not self._untraced.over:
            self._log.drop(self._untraced)
            self._leave(self._untraced, None)

    def _leave(self, untraced: P, process: P | None) -> None:
        """What was known without a collection is of a process now, or of none."""
        self._untraced, self._left = None, (untraced, process)
        self._held = self._now(self._held) if process is None else None
        self._speaker = self._now(self._speaker)

    def _now(self, process: P | None) -> P | None:
        """Who it is that was taken for another before."""
        return self._left[1] if self._left is not None and process is self._left[0] else process

    def _give_nobodys(self, process: P, after: int) -> None:
        waiting, self._nobodys = self._nobodys, deque(maxlen=KEPT_MESSAGES)
        for message in waiting:
            if message.line > after:
                if process is self._untraced:
                    self._said.append(message)
                self._log.message(process, message)


def went_back(before_ms: float | None, at_ms: float | None) -> bool:
    """Whether an isolate's clock has gone back between two of its lines: the later one is another run's."""
    return before_ms is not None and at_ms is not None and at_ms - before_ms < -CLOCK_STEP_BACK_MS
