"""GC lines that differ in nothing but their numbers, read many at a time.

A log repeats itself: one version of V8, one or a few processes, a handful of reasons. What the grammar has read once is turned
into a *skeleton*, a pattern of literal text with the numbers left open, in digits and decimals as they stood there. A line
of the same skeleton is of the same rule with the same fields, since no rule looks at the value of a number: only whether it
is whole, or how many decimals it has. So its numbers can be taken without asking the grammar again. Every other line goes to
the grammar.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from gclog.grammar.compile import LineRule
from gclog.model.columns import Column, Columns, Texts, unsaid
from gclog.model.records import Collection, column_specs
from gclog.recognise.bulk.envelopes import AROUND, Wrapping
from gclog.recognise.bulk.scan import digits_in, one_of
from gclog.recognise.convert import converters

__all__ = ["Row", "Skeletons"]

MOST = 64
"""So many skeletons are kept: with more, a log is not one that repeats itself, and looking through them costs more than it saves."""

LINES_BEFORE = 50
"""So many lines are read by the grammar before the first skeleton is made: for fewer, making them costs more than it saves."""

KEPT_AS_TEXT = frozenset({"pid", "isolate_id"})
"""Numbers that name a process: part of the literal text, as the isolate's address is."""

BLANKS = re.compile(r"(?:\\ ){2,}")
"""A run of blanks, escaped: V8 pads its clock with them, so their number varies (no literal of the grammar has two)."""

NUMBER = re.compile(r"\d+(?:\.(\d+))?")
KINDS = {name: spec.metadata["kind"] for name, spec in column_specs(Collection).items()}

DIGITS = 15
"""A number of no more digits is exact as a whole number and as a float: it is read without its point, and divided by a power of ten.
That is the float nearest to what is printed, for division is rounded correctly (IEEE 754)."""

Row = tuple[int, float | None, int, bytes]
"""A line read by a skeleton: its number, the moment its envelope gives it, which skeleton, and its text."""


class Field(NamedTuple):
    """A field with a number: it is the `place`th of all runs of digits in the line, and `scale` times too large without its point."""

    name: str
    place: int
    scale: int


@dataclass(frozen=True, slots=True)
class Skeleton:
    """One of them. `runs`: how many runs of digits a line has, points left out, those of its literal text among them."""

    rule: LineRule
    wrapping: Wrapping | None
    source: str
    runs: int
    fields: tuple[Field, ...]
    constants: dict[str, Any]


def _skeleton_of(rule: LineRule, text: str, wrapping: Wrapping | None) -> Skeleton | None:
    """The skeleton of a line; None where it has something that may not be left open."""
    found = rule.pattern.fullmatch(text)
    assert found is not None
    kinds = {name: spec.metadata["kind"] for name, spec in column_specs(rule.record).items()}
    groups = [name for name in found.re.groupindex if found[name] is not None and name in kinds]
    numeric = sorted((name for name in groups if kinds[name] in (int, float) and name not in KEPT_AS_TEXT), key=found.start)
    pattern, done = "", 0
    fields: list[Field] = []
    escape = wrapping.escape if wrapping else str
    runs_before = wrapping.runs_before if wrapping else 0
    for name in numeric:
        start, end = found.span(name)
        number = NUMBER.fullmatch(text, start, end)
        if number is None or not AROUND.isdisjoint(text[max(0, start - 1) : start] + text[end : end + 1]):
            return None
        decimals = len(number[1] or "")
        if decimals >= DIGITS:
            return None
        point = rf"\.\d{{{decimals}}}" if decimals else ""
        pattern += BLANKS.sub(" ++", re.escape(escape(text[done:start]))) + rf"\d{{1,{DIGITS - decimals}}}+{point}"
        fields.append(Field(name, runs_before + len(digits_in(escape(text[:start]).encode())), 10**decimals))
        done = end
    pattern += BLANKS.sub(" ++", re.escape(escape(text[done:])))
    convert = converters(rule.record)
    constants = {name: convert[name](value) for name, value in rule.fields_of(found, text).items() if name not in numeric}
    before, behind = (wrapping.before, wrapping.behind) if wrapping else ("", "")
    source = rf"{before}[ \t]*+{pattern}[ \t]*+{behind}()"
    runs = runs_before + len(digits_in(escape(text).encode())) + (wrapping.runs_behind if wrapping else 0)
    return Skeleton(rule, wrapping, source, runs, tuple(fields), constants | {"form": rule.name})


class Read(NamedTuple):
    """Lines that were read: as columns, how many of them each rule read, and how many were in each envelope."""

    columns: Columns
    rules: Counter[str]
    envelopes: Counter[str]


class Skeletons:
    """The skeletons of a source, learned line by line."""

    def __init__(self) -> None:
        self._known: list[Skeleton] = []
        self._lines = 0
        self.sources: tuple[str, ...] = ()

    def learn(self, rule: LineRule, text: str, wrapping: Wrapping | None = None) -> None:
        """Take the skeleton of a line that a rule has read, and that may have been in an envelope."""
        self._lines += 1
        if (
            self._lines <= LINES_BEFORE
            or len(self._known) >= MOST
            or (skeleton := _skeleton_of(rule, text, wrapping)) is None
            or skeleton.source in self.sources
        ):
            return
        self._known.append(skeleton)
        self.sources = (*self.sources, skeleton.source)

    def read(self, line: bytes) -> int | None:
        """Which skeleton a line has."""
        found = one_of(self.sources).fullmatch(line) if self.sources else None
        return None if found is None or found.lastindex is None else found.lastindex - 1

    def read_rows(self, rows: Sequence[Row]) -> Read:
        """What lines say that `read` knows, one or more."""
        lines, walls, which, texts = zip(*rows, strict=True)
        wall_ms = np.array([np.nan if wall is None else wall for wall in walls])
        numbers = digits_in(b"\n".join(texts))
        return self.read_numbers(np.array(lines, dtype=np.float64), np.array(which, dtype=np.int8), numbers, wall_ms)

    def read_numbers(
        self,
        lines: npt.NDArray[np.float64],
        which: npt.NDArray[np.int8],
        numbers: npt.NDArray[np.int64],
        wall_ms: npt.NDArray[np.float64] | None = None,
    ) -> Read:
        """What lines say: `which` skeleton each has; `numbers`: the runs of digits of them all."""
        runs = np.array([skeleton.runs for skeleton in self._known])[which]
        begins = np.cumsum(runs) - runs
        texts: dict[str, Texts] = {}
        values: dict[str, Column] = {"line": lines}
        if wall_ms is not None:
            values["wall_ms"] = wall_ms
        rules: Counter[str] = Counter()
        envelopes: Counter[str] = Counter()

        def column(name: str) -> Any:
            if name not in values:
                values[name] = unsaid(KINDS[name], len(lines))
            return values[name]

        def codes(name: str, text: str) -> tuple[npt.NDArray[np.int32], int]:
            held = texts.setdefault(name, Texts(np.zeros(len(lines), dtype=np.int32), [None]))
            held.values.append(text)
            return held.codes, len(held.values) - 1

        for number, skeleton in enumerate(self._known):
            mine = np.flatnonzero(which == number)
            if not len(mine):
                continue
            for name, value in skeleton.constants.items():
                held, kept = codes(name, value) if KINDS[name] is str else (column(name), value)
                held[mine] = kept
            for name, place, scale in skeleton.fields:
                column(name)[mine] = numbers[begins[mine] + place] / scale
            rules[f"{skeleton.rule.file.name}.{skeleton.rule.name}"] += len(mine)
            if skeleton.wrapping is not None:
                column("wall_ms")[mine] = skeleton.wrapping.wall_ms(numbers, begins[mine], skeleton.runs)
                envelopes[skeleton.wrapping.envelope] += len(mine)
        return Read(Columns(Collection, values | texts), rules, envelopes)
