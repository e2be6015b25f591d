"""GC lines that differ in nothing but their numbers, read many at a time.

A log repeats itself: one version of V8, one or a few processes, a handful of reasons. Each line that the grammar has read becomes
a *template*, a pattern of literal text with the numbers left open; only the count of their decimals is fixed. A line that
matches a template is read by the same rule into the same fields, since no rule looks at the value of a number: only whether it
is whole, or how many decimals it has. So its numbers can be taken without asking the grammar again. Every other line goes to
the grammar.
"""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from gclog.grammar.compile import LineRule
from gclog.model.columns import Column, Columns, Texts, unsaid
from gclog.model.records import Collection, column_specs
from gclog.recognise.bulk.envelopes import NOT_BESIDE_A_NUMBER, EnvelopeTemplate
from gclog.recognise.bulk.scan import digits_in, one_of
from gclog.recognise.convert import converters

__all__ = ["Read", "Row", "Templates"]

MOST_TEMPLATES = 64
"""Upper bound on templates. A log with more is not repetitive, and matching would cost more than it saves."""

LINES_BEFORE = 50
"""Lines that the grammar reads before the first template is made: in a shorter log, making templates costs more than it saves."""

KEPT_AS_TEXT = frozenset({"pid", "isolate_id"})
"""Numbers that identify a process: part of the literal text, like the isolate's address."""

BLANKS = re.compile(r"(?:\\ ){2,}")
"""A run of escaped blanks: V8 pads its clock with blanks, so their number varies (no literal of the grammar has two)."""

NUMBER = re.compile(r"\d+(?:\.(\d+))?")
KINDS = {name: spec.metadata["kind"] for name, spec in column_specs(Collection).items()}

EXACT_DIGITS = 15
"""A number of up to this many digits is exact as an integer and as a float: it is read without its point and divided by a power of
ten. That gives the float nearest to what is printed, since division is rounded correctly (IEEE 754)."""

Row = tuple[int, float | None, int, bytes]
"""A line that matches a template: its number, the moment that its envelope gives it, which template, and its text."""


class Field(NamedTuple):
    """A field with a number: which of the line's runs of digits it is, from 0, and how many times too large without its point."""

    name: str
    place: int
    scale: int


@dataclass(frozen=True, slots=True)
class Template:
    """What lines that are alike have in common.

    source     the pattern; one empty group at its end
    runs       how many runs of digits a line has, those of its literal text included, decimal points left out
    constants  the fields that are literal text
    """

    rule: LineRule
    envelope: EnvelopeTemplate | None
    source: str
    runs: int
    fields: tuple[Field, ...]
    constants: dict[str, Any]


def _template_of(rule: LineRule, text: str, envelope: EnvelopeTemplate | None) -> Template | None:
    """The template of a line; None if a number in it cannot be left open."""
    found = rule.pattern.fullmatch(text)
    assert found is not None
    numeric = _numeric_fields(rule, found)
    numbers = _Numbers(text, envelope)
    if not all(numbers.add(name, *found.span(name)) for name in numeric):
        return None
    convert = converters(rule.record)
    constants = {name: convert[name](value) for name, value in rule.fields_of(found, text).items() if name not in numeric}
    return Template(rule, envelope, numbers.source(), numbers.runs(), tuple(numbers.fields), constants | {"form": rule.name})


def _numeric_fields(rule: LineRule, found: re.Match[str]) -> list[str]:
    """The fields of a match whose numbers may be others in the next line, in the order of the text."""
    kinds = {name: spec.metadata["kind"] for name, spec in column_specs(rule.record).items()}
    names = [name for name in found.re.groupindex if found[name] is not None and kinds.get(name) in (int, float)]
    return sorted((name for name in names if name not in KEPT_AS_TEXT), key=found.start)


class _Numbers:
    """A line in which one number after the other is left open, from left to right."""

    def __init__(self, text: str, envelope: EnvelopeTemplate | None) -> None:
        self.fields: list[Field] = []
        self._text = text
        self._envelope = envelope
        self._escape = envelope.escape if envelope else str
        self._pattern = ""
        self._done = 0

    def add(self, name: str, start: int, end: int) -> bool:
        """Leave open the number of a field; False if it is no plain number, or has too many decimals to be exact."""
        number = NUMBER.fullmatch(self._text, start, end)
        beside = self._text[max(0, start - 1) : start] + self._text[end : end + 1]
        decimals = len(number[1] or "") if number is not None else 0
        if number is None or not NOT_BESIDE_A_NUMBER.isdisjoint(beside) or decimals >= EXACT_DIGITS:
            return False
        point = rf"\.\d{{{decimals}}}" if decimals else ""
        self._pattern += self._literal(self._done, start) + rf"\d{{1,{EXACT_DIGITS - decimals}}}+{point}"
        self.fields.append(Field(name, self._runs_in(start), 10**decimals))
        self._done = end
        return True

    def source(self) -> str:
        """The pattern of the whole line."""
        before, after = (self._envelope.before, self._envelope.after) if self._envelope else ("", "")
        return rf"{before}[ \t]*+{self._pattern}{self._literal(self._done, None)}[ \t]*+{after}()"

    def runs(self) -> int:
        """How many runs of digits the whole line has."""
        return self._runs_in(None) + (self._envelope.runs_after if self._envelope else 0)

    def _literal(self, start: int, end: int | None) -> str:
        return BLANKS.sub(" ++", re.escape(self._escape(self._text[start:end])))

    def _runs_in(self, end: int | None) -> int:
        before = self._envelope.runs_before if self._envelope else 0
        return before + len(digits_in(self._escape(self._text[:end]).encode()))


class Read(NamedTuple):
    """Lines that were read: their columns, how many of them each rule read, and how many were in each envelope."""

    columns: Columns
    rules: Counter[str]
    envelopes: Counter[str]


class Templates:
    """The templates of a source, learned line by line. `sources`: their patterns."""

    def __init__(self) -> None:
        self.sources: tuple[str, ...] = ()
        self._known: list[Template] = []
        self._lines = 0
        self._taken: list[Row] = []

    def learn(self, rule: LineRule, text: str, envelope: EnvelopeTemplate | None = None) -> None:
        """Make a template of a line that a rule has read, and of the envelope around it."""
        self._lines += 1
        if self._lines <= LINES_BEFORE or len(self._known) >= MOST_TEMPLATES:
            return
        template = _template_of(rule, text, envelope)
        if template is not None and template.source not in self.sources:
            self._known.append(template)
            self.sources = (*self.sources, template.source)

    def match(self, line: bytes) -> int | None:
        """The template of a line, as a number from 0; None if it has none that is known."""
        found = one_of(self.sources).fullmatch(line) if self.sources else None
        return None if found is None or found.lastindex is None else found.lastindex - 1

    def take(self, number: int, wall_ms: float | None, line: bytes) -> bool:
        """Keep a line for `read_taken`, if it has a known template."""
        which = self.match(line)
        if which is None:
            return False
        self._taken.append((number, wall_ms, which, line))
        return True

    def read_taken(self) -> Read | None:
        """The lines taken since the last call; None if there are none."""
        if not self._taken:
            return None
        lines, walls, which, texts = zip(*self._taken, strict=True)
        self._taken = []
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
        """Lines by their numbers. `which`: the template of each; `numbers`: the runs of digits of them all."""
        runs = np.array([template.runs for template in self._known])[which]
        begins = np.cumsum(runs) - runs
        columns = _ColumnsByName(lines, wall_ms)
        rules: Counter[str] = Counter()
        envelopes: Counter[str] = Counter()
        for number, template in enumerate(self._known):
            mine = np.flatnonzero(which == number)
            if not len(mine):
                continue
            for name, value in template.constants.items():
                columns.fill(name, mine, value)
            for name, place, scale in template.fields:
                columns[name][mine] = numbers[begins[mine] + place] / scale
            rules[f"{template.rule.file.name}.{template.rule.name}"] += len(mine)
            if template.envelope is not None:
                columns["wall_ms"][mine] = template.envelope.wall_ms(numbers, begins[mine], template.runs)
                envelopes[template.envelope.name] += len(mine)
        return Read(columns.finish(), rules, envelopes)


class _ColumnsByName:
    """Columns of collections, each made when the first of its values is filled in."""

    def __init__(self, lines: npt.NDArray[np.float64], wall_ms: npt.NDArray[np.float64] | None) -> None:
        self._values: dict[str, Any] = {"line": lines} if wall_ms is None else {"line": lines, "wall_ms": wall_ms}
        self._texts: dict[str, Texts] = {}
        self._length = len(lines)

    def __getitem__(self, name: str) -> Any:
        if name not in self._values:
            self._values[name] = unsaid(KINDS[name], self._length)
        return self._values[name]

    def fill(self, name: str, rows: npt.NDArray[np.intp], value: Any) -> None:
        """Put the same value into some rows."""
        if KINDS[name] is not str:
            self[name][rows] = value
            return
        column = self._texts.setdefault(name, Texts(np.zeros(self._length, dtype=np.int32), [None]))
        column.values.append(value)
        column.codes[rows] = len(column.values) - 1

    def finish(self) -> Columns:
        values: dict[str, Column] = self._values | self._texts
        return Columns(Collection, values)
