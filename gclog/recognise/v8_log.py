"""Lines of a v8.log: ticks in bulk, every other line one by one, each by the compiled grammar and each counted once.

Functions' names are written raw from V8 8.9 on (and up to 6.3, in quotes): a newline in one splits the record. Its fragments are
joined again, with the escape that V8 should have written; `as_node` leaves them apart, as node's own processor does.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Iterator
from dataclasses import dataclass

from gclog.grammar.compile import LineRule, compile_grammar
from gclog.model.process import LineCounts, UnreadShape
from gclog.recognise.tally import SAMPLE_LENGTH, LineStatus, LineTally
from gclog.source.open import Block

__all__ = ["TICK_FIELDS", "LogLine", "LogReader", "TickRow", "TickRun", "rules_by_word"]

TICK_FIELDS = ("pc", "at_us", "external", "top", "state", "overflow", "stack")

TickRow = tuple[bytes, bytes, bytes, bytes, bytes, bytes, bytes]
"""pc, at_us, external, top, state, overflow, stack as printed; empty if the line has none."""

JOIN_LINES = 20
"""A name with more newlines than this is not taken for a name."""

_WORD = re.compile(r"((?:\\?[\w-])+),")
_HEX_NUMBER = re.compile(r"[0-9a-f]*[0-9][0-9a-f]*")
_RUN = re.compile(rb"(?:tick,[^\n]*+\n)++")
_NEXT_TICK = re.compile(rb"^tick,", re.MULTILINE)
RUN_BYTES = 1 << 20


@dataclass(frozen=True, slots=True)
class TickRun:
    """Ticks on consecutive lines; `first_line` is the number of the first."""

    first_line: int
    rows: list[TickRow]


@dataclass(frozen=True, slots=True)
class LogLine:
    """A line that a rule read; a blank line has no rule. `repaired`: how many more lines its record was split over."""

    number: int
    rule: LineRule | None
    fields: dict[str, str]
    repaired: int = 0


@functools.cache
def _rules_by_word() -> tuple[dict[str, tuple[LineRule, ...]], tuple[LineRule, ...]]:
    """The rules by the word that their lines begin with, and all others."""
    words: dict[str, list[LineRule]] = {}
    rest = []
    for rule in compile_grammar("v8_log").rules:
        found = _WORD.match(rule.source)
        if found:
            words.setdefault(found[1].replace("\\", ""), []).append(rule)
        else:
            rest.append(rule)
    return {word: tuple(rules) for word, rules in words.items()}, tuple(rest)


def rules_by_word() -> dict[str, tuple[LineRule, ...]]:
    """The rules by the word that their lines begin with, except for those without a literal there (`LoadIC`)."""
    return _rules_by_word()[0]


def _bulk(rule: LineRule) -> re.Pattern[bytes]:
    return re.compile(b"(?m)^" + rule.source.encode() + b"$")


class LogReader:
    """Reads the blocks of one v8.log in order; `finish` must be called after the last."""

    def __init__(self, *, as_node: bool = False) -> None:
        self._as_node = as_node
        self._words, self._rest = _rules_by_word()
        self._ticks = [(_bulk(rule), rule.name != "tick") for rule in self._words["tick"][:2]]
        self._held: tuple[int, str, LogLine | None] | None = None
        self._held_more = 0
        self._tally = LineTally(_shape_of)
        self.blank_lines: list[int] = []
        self.cut_line: int | None = None

    def read(self, block: Block) -> Iterator[TickRun | LogLine]:
        """What the lines of a block say, in order."""
        data, position, number = block.data, 0, block.first_line
        while position < len(data):
            if data.startswith(b"tick,", position) and (run := _RUN.match(data, position, position + RUN_BYTES)):
                yield from self._flush()
                yield from self._read_ticks(number, run[0])
                number += run[0].count(b"\n")
                position = run.end()
                continue
            following = _NEXT_TICK.search(data, position + 1)
            end = following.start() if following else len(data)
            for raw in _lines(data[position:end]):
                yield from self._read_line(number, raw.decode("utf-8", "replace"))
                number += 1
            position = end
        if not data.endswith(b"\n"):
            self.cut_line = number - 1

    def finish(self) -> Iterator[TickRun | LogLine]:
        """What was still waiting for another line."""
        yield from self._flush()

    @property
    def line_counts(self) -> LineCounts:
        """Every line so far, counted once."""
        return self._tally.line_counts

    @property
    def unread_shapes(self) -> tuple[UnreadShape, ...]:
        """Unread lines by shape, the most frequent first."""
        return self._tally.unread_shapes(compile_grammar("v8_log").explain)

    # ------------------------------------------------------------ ticks

    def _read_ticks(self, number: int, data: bytes) -> Iterator[TickRun | LogLine]:
        count = data.count(b"\n")
        for pattern, has_sp in self._ticks:
            rows = pattern.findall(data)
            if len(rows) == count:
                self._tally.counts[LineStatus.RECOGNISED] += count
                yield TickRun(number, [(pc, b"", *rest) for pc, _, *rest in rows] if has_sp else rows)
                return
            if rows:
                break
        for offset, raw in enumerate(data.split(b"\n")[:-1]):
            yield from self._read_line(number + offset, raw.decode("utf-8", "replace"))

    # ------------------------------------------------------------ one by one

    def _read_line(self, number: int, text: str) -> Iterator[TickRun | LogLine]:
        if not text:
            yield from self._flush()
            self.blank_lines.append(number)
            self._tally.counts[LineStatus.FOREIGN] += 1
            yield LogLine(number, None, {})
            return
        word = text.partition(",")[0]
        read = self._match(word, text)
        if read is None and self._held is not None and word not in self._words:
            yield from self._join(text)
            return
        yield from self._flush()
        if word == "code-creation" and not self._as_node and (read is None or "function" not in read[1]):
            self._held = (number, text, LogLine(number, *read) if read else None)
            return
        if read is None:
            self._count_unread(number, text, word)
            return
        self._tally.counts[LineStatus.RECOGNISED] += 1
        yield self._tick(number, read[1]) if word == "tick" else LogLine(number, *read)

    def _match(self, word: str, text: str) -> tuple[LineRule, dict[str, str]] | None:
        for rule in self._words.get(word, self._rest):
            found = rule.pattern.fullmatch(text)
            if found is not None:
                return rule, rule.fields_of(found, text)
        return next(((rule, fields) for rule in self._rest if word in self._words and (fields := rule.read(text))), None)

    @staticmethod
    def _tick(number: int, fields: dict[str, str]) -> TickRun:
        pc, at_us, external, top, state, overflow, stack = (fields.get(name, "").encode() for name in TICK_FIELDS)
        return TickRun(number, [(pc, at_us, external, top, state, overflow, stack)])

    def _join(self, text: str) -> Iterator[LogLine]:
        """Add a line to the one that waits; yields both once they are a function's record."""
        assert self._held is not None
        number, held, alone = self._held
        self._held_more += 1
        joined = f"{held}\\n{text}"
        read = self._match("code-creation", joined)
        if read is not None and "function" in read[1]:
            self._tally.counts[LineStatus.RECOGNISED] += 1
            self._tally.counts[LineStatus.CONTINUATION] += self._held_more
            more, self._held, self._held_more = self._held_more, None, 0
            yield LogLine(number, *read, more)
        elif self._held_more > JOIN_LINES:
            yield from self._flush()
        else:
            self._held = (number, joined, alone)

    def _flush(self) -> Iterator[LogLine]:
        if self._held is None:
            return
        (number, text, alone), more = self._held, self._held_more
        self._held, self._held_more = None, 0
        self._tally.counts[LineStatus.FOREIGN] += more
        if alone is None:
            self._count_unread(number, text, "code-creation")
        else:
            self._tally.counts[LineStatus.RECOGNISED] += 1
            yield alone

    def _count_unread(self, number: int, text: str, word: str) -> None:
        self._tally.add(LineStatus.UNREAD if word in self._words else LineStatus.FOREIGN, number, text)


def _shape_of(text: str) -> str:
    return _HEX_NUMBER.sub("0", text[:SAMPLE_LENGTH])


def _lines(data: bytes) -> list[bytes]:
    lines = data.split(b"\n")
    return lines[:-1] if data.endswith(b"\n") else lines
