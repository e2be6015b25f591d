"""From the lines of a v8.log to profiles, one for each run in it. Unlike node's tool, it drops nothing silently.

profiles = build_profiles("isolate-0x55d0-812-v8.log", source.blocks(), ProfileOptions())
"""

from __future__ import annotations

import dataclasses
from array import array
from collections import Counter
from collections.abc import Iterable, Sequence

import numpy as np

from gclog import units
from gclog.model.not_known import NotKnown
from gclog.model.process import LineCounts, UnreadShape
from gclog.model.profile import (
    GC_STATE,
    STATES,
    Deoptimisation,
    Profile,
    ProfileForm,
    Samples,
)
from gclog.profile.code_map import Change, Code, CodeMap, Symbols
from gclog.profile.frames import FrameTable, unknown_tiers
from gclog.profile.growing import DEEPEST
from gclog.profile.inlining import read_inlining
from gclog.profile.names import FILE_NAME
from gclog.profile.notes import NoteBook
from gclog.profile.options import ProfileOptions
from gclog.profile.shares import share_out
from gclog.profile.tick_stacks import TickStacks
from gclog.profile.ticks import Resolver, Stack
from gclog.profile.timeline import HeapSeries, slice_states
from gclog.profile.tree import bottom_up, flat_rows, top_down
from gclog.profile.versions import (
    DEFAULT_V8,
    OLD_WITH_TIMES,
    OLD_WITHOUT_TIMES,
    earlier_states,
    node_of,
    rules_of,
    state_indices,
    version_text,
)
from gclog.recognise.v8_log import LogLine, LogReader, TickRow, TickRun
from gclog.source.open import Block

__all__ = ["Run", "build_profiles", "finish"]

UNKNOWN_STATE = STATES.index("unknown")
IDLE_STATES = frozenset({STATES.index("idle"), STATES.index("idle_external")})
"""Ticks that are no work: they are in no view but that over the time."""

NO_LINES = NotKnown("the log has no `v8-version` line"), NotKnown("the log has no `profiler,begin` line")
NO_FIGURES = (
    NotKnown("a preprocessed log does not say which V8 wrote it"),
    NotKnown("a preprocessed log does not say how often V8 was to look"),
)
"""Why version and interval are not known: of a tick log, and of what node's tool made of one."""

NO_COUNTER = b"0x0"
"""Printed if V8's sampler could not read the thread's registers: up to 6 % of the ticks in Node 6 and 8."""


class Run:
    """One run of one isolate, as read so far."""

    def __init__(self, version: dict[str, str] | None, options: ProfileOptions, symbols: Symbols | None) -> None:
        self.version = version
        self.v8 = (int(version["major"]), int(version["minor"])) if version else None
        rules = rules_of(self.v8)
        self.options = options
        self.symbols = symbols
        if symbols is not None:
            symbols.begin(version_text(version))
        self.code = CodeMap(None, symbols)
        self.table = FrameTable(self.v8, rules.quoted)
        hidden = [rules.hides[group] for group in options.hidden(max(rules.major, 8)) if group in rules.hides]
        self.stacks = TickStacks(self.table, hidden)
        self.resolver = Resolver(self.code, self.stacks.number_of)
        self._states = state_indices(self.v8 or DEFAULT_V8)
        self._wanted = STATES.index(options.state) if options.state else None
        self.at_us, self.state = array("q"), array("b")
        self.idle_us, self.idle_state = array("q"), array("b")
        self.ticks = self.gc_ticks = self.idle = self.lost = 0
        self.nowhere: Counter[str] = Counter()
        self._interval: float | None = None
        self._is_old = False
        self.ended = False
        self.heap = HeapSeries()
        self.last_us = 0

    # ------------------------------------------------------------ lines

    def take_ticks(self, rows: list[TickRow]) -> None:
        """Resolve ticks. Those outside --range are not counted; those in another state are only counted."""
        self.last_us = int(rows[-1][1] or 0)
        if self.v8 is None:
            self._note_age(has_times=bool(rows[-1][1]))
        rows = [row for row in rows if self._is_in_range(int(row[1] or 0))]
        states = [self._states.get(row[4], UNKNOWN_STATE) for row in rows]
        kept = self._count([int(row[1] or 0) for row in rows], states)
        rows, states = [rows[i] for i in kept], [states[i] for i in kept]
        self.stacks.take(self.resolver.resolve(rows))
        self.state.extend(states)
        self.at_us.extend([int(row[1] or 0) for row in rows])
        self.lost += sum(1 for row in rows if row[5])
        self.nowhere.update(
            STATES[state] for row, state in zip(rows, states, strict=True) if row[0] == NO_COUNTER and not row[2]
        )

    def take_stacks(self, at_us: Iterable[int], states: Iterable[bytes], stacks: Iterable[Stack]) -> None:
        """Count ticks whose stacks are known: when, in which state, as the log numbers it, and what was on the stack."""
        rows = [row for row in zip(at_us, states, stacks, strict=True) if self._is_in_range(row[0])]
        numbers = [self._states.get(state, UNKNOWN_STATE) for _, state, _ in rows]
        kept = self._count([row[0] for row in rows], numbers)
        self.stacks.take([self.stacks.number_of(rows[i][2]) for i in kept])
        self.state.extend([numbers[i] for i in kept])
        self.at_us.extend([rows[i][0] for i in kept])

    def _note_age(self, *, has_times: bool) -> None:
        """Of a log without a version, once it is known that its records are those of V8 before 3.28: take that V8's states."""
        if self._is_old or not has_times:
            self._is_old = True
            self._states = state_indices(OLD_WITH_TIMES if has_times else OLD_WITHOUT_TIMES)

    def settle_age(self) -> None:
        """Without times it is V8 3.14 or before; only the former has a sixth state, so a log in which no tick is in it is older."""
        sixth = STATES.index("external")
        if self._is_old and not any(self.at_us) and sixth not in self.state:
            earlier = earlier_states()
            self.state = array("b", (earlier.get(state, state) for state in self.state))

    @property
    def is_old(self) -> bool:
        """Whether it has no version because V8 wrote none then: before 3.28."""
        return self._is_old

    @property
    def interval_us(self) -> float | None:
        """What the profiler was asked for: in ms up to V8 5.7."""
        in_ms = self._is_old or (self.v8 is not None and self.v8 < (5, 8))
        return None if self._interval is None else self._interval * (units.US_PER_MS if in_ms else 1.0)

    def note_compiled(self, code: Iterable[Code]) -> None:
        """Count how often each function was compiled."""
        for one in code:
            if one.function is not None:
                self.table.compiled[(self.table.frame(one), one.marker)] += 1

    def _is_in_range(self, at_us: int) -> bool:
        first, last = self.options.from_ms, self.options.to_ms
        return (first is None or at_us >= first * units.US_PER_MS) and (last is None or at_us <= last * units.US_PER_MS)

    def _count(self, at_us: Sequence[int], states: Sequence[int]) -> Sequence[int]:
        """Count ticks in range, and say which of them are in the views: those in the state that is asked for, or all but idle ones."""
        self.ticks += len(states)
        self.gc_ticks += states.count(GC_STATE)
        idle = [i for i, state in enumerate(states) if state in IDLE_STATES]
        self.idle += len(idle)
        if self._wanted is not None:
            return [i for i, state in enumerate(states) if state == self._wanted]
        if not idle:
            return range(len(states))
        self.idle_us.extend([at_us[i] for i in idle])
        self.idle_state.extend([states[i] for i in idle])
        return [i for i, state in enumerate(states) if state not in IDLE_STATES]

    def take_line(self, item: LogLine, notes: NoteBook) -> None:
        """Apply a line other than a tick."""
        fields = item.fields
        assert item.rule is not None
        match item.rule.record.__name__:
            case "CodeCreation":
                self._code_creation(fields)
            case "CodeMove" | "FunctionMove":
                for change in self.code.move(int(fields["before"], 16), int(fields["after"], 16)) or ():
                    self._changed(change)
            case "CodeDelete":
                self._changed(self.code.delete(int(fields["address"], 16)))
            case "SharedLibrary":
                start, end = int(fields["start"], 16), int(fields["end"], 16)
                self.code.add_library(fields.get("name", ""), start, end, int(fields.get("slide", "0")))
                self._changed((0, 1 << 64))
            case "CodeSourceInfo" if fields.get("inlining"):
                self._source_info(fields)
            case "CodeDeopt" if "address" in fields:
                deopt = Deoptimisation(
                    item.number,
                    int(fields["at_us"]),
                    fields.get("kind", "").removeprefix("deopt-"),
                    fields.get("reason", ""),
                    fields.get("position", ""),
                )
                self.table.deoptimised(self.code.find(int(fields["address"], 16)), deopt)
            case "MemoryChunk":
                self.heap.take(item.number, self.last_us, fields)
                if fields["type"] == "CodeRange" and fields["event"] == "new":
                    self._changed(self.code.add_code_range(int(fields["address"], 16)))
            case "ProfilerEvent":
                self.ended = self.ended or fields["event"] == "done"
                if fields["event"] == "begin" and "interval" in fields:
                    self._interval = float(fields["interval"])
        if item.repaired:
            notes.add("repaired-names", item.number)

    def _code_creation(self, fields: dict[str, str]) -> None:
        tag, name = fields["tag"], fields.get("name", "")
        self._is_old = self._is_old or (self.v8 is None and "at_us" not in fields)
        start, size = int(fields["address"], 16), int(fields["bytes"])
        function = fields.get("function")
        if function is None or tag == "RegExp":
            self._changed(self.code.add_code(tag, name, start, size))
            return
        marker = fields.get("marker", "")
        self._changed(self.code.add_function_code(tag, name, start, size, int(function, 16), marker))
        created = self.code.find(start)
        if isinstance(created, Code):
            self.note_compiled([created])

    def _source_info(self, fields: dict[str, str]) -> None:
        """Record what is inlined in a function's code."""
        start = int(fields["address"], 16)
        code = self.code.find(start)
        if isinstance(code, Code) and code.function is not None:
            table = read_inlining(
                fields.get("positions", ""), fields["inlining"], fields.get("functions", ""), self.code.function_at
            )
            code.inlining = table
            self._changed((start, start + max(code.size, 1)))

    def _changed(self, change: Change) -> None:
        """Forget what was found out about the code at these addresses."""
        self.resolver.changed(change)
        self.stacks.changed(change)


def build_profiles(
    name: str,
    blocks: Iterable[Block],
    options: ProfileOptions,
    symbols: Symbols | None = None,
    source_notes: Sequence[str] = (),
) -> list[Profile]:
    """The profiles of all runs in a log, in order. `source_notes`: oddities of the file itself."""
    reader = LogReader()
    run = Run(None, options, symbols)
    notes = NoteBook()
    profiles: list[Profile] = []
    counted = LineCounts(0, 0, 0, 0, 0)
    begun = False

    def close(ahead: int) -> None:
        """End a run. `ahead` is the number of lines already counted that belong to the next run."""
        nonlocal counted
        now = reader.line_counts
        now = dataclasses.replace(now, total=now.total - ahead, recognised=now.recognised - ahead)
        lines = LineCounts(*(getattr(now, key) - getattr(counted, key) for key in _COUNTS))
        counted = now
        profiles.append(finish(name, run, notes, lines, reader.unread_shapes))

    for item in _items(reader, blocks):
        match item:
            case TickRun(rows=rows):
                run.take_ticks(rows)
                begun = True
            case LogLine(rule=None, number=number):
                notes.add("blank-lines", number)
            case LogLine() if item.rule is not None and item.rule.name == "version":
                if begun:
                    close(ahead=1)
                    notes = NoteBook()
                    notes.add("several-logs", item.number)
                run = Run(item.fields, options, symbols)
                begun = True
            case LogLine():
                run.take_line(item, notes)
    if reader.cut_line is not None:
        notes.add("truncated-last-line", reader.cut_line)
    for text in source_notes:
        notes.say("source", text)
    close(ahead=0)
    return profiles


_COUNTS = ("total", "recognised", "foreign", "continuation", "unread")


def _items(reader: LogReader, blocks: Iterable[Block]) -> Iterable[TickRun | LogLine]:
    for block in blocks:
        yield from reader.read(block)
    yield from reader.finish()


def finish(
    name: str,
    run: Run,
    notes: NoteBook,
    lines: LineCounts,
    unread_shapes: tuple[UnreadShape, ...],
    form: ProfileForm = "tick-log",
) -> Profile:
    """The profile of a run that was read to its end."""
    run.settle_age()
    found = run.stacks.finished(np.array(run.state, dtype=np.int8) == GC_STATE)
    frames, paths = found.frames, found.paths
    shares = share_out(frames, paths)
    at_us, state = run.at_us + run.idle_us, run.state + run.idle_state
    timed = (min(at_us), max(at_us)) if any(at_us) else None
    no_times = NotKnown("the ticks have no times, which V8 writes from 3.28 on" if at_us else "the log has no ticks")
    summary = shares.summary(excluded=run.ticks - len(run.at_us), gc=run.gc_ticks)
    notes.conclude(
        None if run.version is not None else "old" if run.is_old else "unknown",
        run.ticks,
        run.lost,
        run.nowhere,
        run.ended,
        unknown_tiers(marker for _, marker, _ in run.table.labels),
        folded=found.folded,
        cut=run.stacks.tree.cut,
        deepest=DEEPEST,
    )
    if lines.unread:
        notes.say(
            "unread-lines",
            f"{lines.unread:,} {'line looks' if lines.unread == 1 else 'lines look'} like V8's and could not be read",
        )
    for note in run.symbols.notes() if run.symbols is not None else ():
        notes.say(note.id, note.text)
    named = FILE_NAME.search(name)
    no_version, no_interval = NO_FIGURES if form == "preprocessed" else NO_LINES
    return Profile(
        source=name,
        v8_version=version_text(run.version) or no_version,
        node=node_of(run.v8) if run.v8 else no_version,
        pid=int(named[2]) if named and named[2] else None,
        isolate=named[1] if named else None,
        ticks=run.ticks,
        excluded=summary.excluded,
        unaccounted=summary.unaccounted,
        gc_ticks=run.gc_ticks,
        lost=run.lost,
        interval_us=run.interval_us if run.interval_us is not None else no_interval,
        first_us=timed[0] if timed else no_times,
        duration_ms=(timed[-1] - timed[0]) / units.US_PER_MS if timed else no_times,
        summary=summary,
        categories=shares.categories(),
        frames=frames,
        flat=flat_rows(dict(enumerate(shares.own)), found.total),
        top_down=top_down(paths),
        bottom_up=bottom_up(paths),
        paths=paths,
        samples=Samples(run.at_us, found.path_of, run.state),
        states=slice_states(at_us, state),
        committed=run.heap.points(),
        notes=notes.all(),
        lines=lines,
        unread_shapes=unread_shapes,
        form=form,
        idle=run.idle,
        sample_count=run.ticks,
    )
