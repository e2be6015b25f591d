"""GC lines that differ in nothing but their numbers, read many at a time.

A log repeats itself: one version of V8, a handful of reasons. Each line that the grammar has read becomes a *template*, a pattern
of literal text with the numbers and the identity of the process left open; only the count of decimals is fixed. A line that
matches a template is read by the same rule into the same fields, since no rule looks at the value of a number: only whether it
is whole, or how many decimals it has. So its numbers can be taken without asking the grammar again. Every other line goes to
the grammar.
"""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass
from itertools import chain
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from gclog.grammar.compile import LineRule
from gclog.model.columns import Column, Columns, Texts, unsaid
from gclog.model.records import Collection, column_specs
from gclog.recognise.bulk.envelopes import NOT_BESIDE_A_NUMBER, EnvelopeTemplate, runs_in
from gclog.recognise.bulk.identities import (
    IDENTITY,
    IDENTITY_FIELDS,
    IN_PATTERN,
    MARK,
    IdentityCodes,
    coded,
    values_of,
    without_identities,
)
from gclog.recognise.bulk.scan import digits_in, template_in
from gclog.recognise.convert import converters

__all__ = ["Read", "Row", "Templates"]

MOST_TEMPLATES = 64
"""Upper bound on templates. A log with more is not repetitive, and matching would cost more than it saves."""

LINES_BEFORE = 50
"""Lines that the grammar reads before the first template is made: in a shorter log, making templates costs more than it saves."""

PUBLISHED_AFTER = 2
"""Lines per template that the grammar reads again before the pattern of all is compiled with the new ones: that costs as much."""

BLANKS = re.compile(r"(?:\\ ){2,}")
"""A run of escaped blanks: V8 pads its clock with blanks, so their number varies (no literal of the grammar has two)."""

DIGIT = "[0-9]"
"""In a pattern: matched faster than `\\d`, and repeated faster if it is written again than if it is counted."""

NUMBER = re.compile(r"\d+(?:\.(\d+))?")
KINDS = {name: spec.metadata["kind"] for name, spec in column_specs(Collection).items()}

EXACT_DIGITS = 15
"""A number of up to this many digits is exact as an integer and as a float: it is read without its point and divided by a power of
ten. That gives the float nearest to what is printed, since division is rounded correctly (IEEE 754)."""

Row = tuple[int, float | None, int, bytes, list[bytes]]
"""A line that matches a template: its number, the moment that its envelope gives it, which template, its text with a mark in place
of the identity, and the identity, if it has one."""


class Match(NamedTuple):
    """A line that has a known template: which, its text with a mark in place of the identity, and the identity, if it has one."""

    which: int
    marked: bytes
    identities: list[bytes]


class Field(NamedTuple):
    """A field with a number: which of the line's runs of digits it is, from 0, and how many times too large without its point."""

    name: str
    place: int
    scale: int


@dataclass(frozen=True, slots=True)
class Template:
    """What lines that are alike have in common.

    source     the pattern, with a mark in place of the identity; one empty group at its end
    runs       how many runs of digits a line has, those of its literal text included, decimal points and the identity left out
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
    identity = _identity_in(found)
    if MARK.decode() in text or len(IDENTITY.findall(text.encode())) != (identity is not None):
        return None
    fields = rule.fields_of(found, text)
    numeric = [name for name in _numeric_fields(rule, found) if name not in IDENTITY_FIELDS or "isolate" not in fields]
    numbers = _Numbers(text, envelope)
    if identity is not None:
        numbers.add_identity(*identity)
    if not all(numbers.add(name, *found.span(name)) for name in numeric):
        return None
    convert = converters(rule.record)
    taken = {*numeric, *(IDENTITY_FIELDS if identity is not None else ())}
    constants = {name: convert[name](value) for name, value in fields.items() if name not in taken} | {"form": rule.name}
    source, runs = numbers.finish()
    return Template(rule, envelope, source, runs, tuple(numbers.fields), constants)


def _identity_in(found: re.Match[str]) -> tuple[int, int] | None:
    """Where the identity of a line is, brackets included; None if it has none with an isolate's address of the usual form."""
    spans = [found.span(name) for name in IDENTITY_FIELDS if name in found.re.groupindex and found[name] is not None]
    if not spans:
        return None
    start, end = spans[0][0] - 1, spans[-1][1] + 1
    return (start, end) if IDENTITY.fullmatch(found.string[start:end].encode()) is not None else None


def _numeric_fields(rule: LineRule, found: re.Match[str]) -> list[str]:
    """The fields of a match that are numbers, in the order of the text."""
    kinds = {name: spec.metadata["kind"] for name, spec in column_specs(rule.record).items()}
    names = [name for name in found.re.groupindex if found[name] is not None and kinds.get(name) in (int, float)]
    return sorted(names, key=found.start)


class _Numbers:
    """A line in which one number after the other is left open, from left to right."""

    def __init__(self, text: str, envelope: EnvelopeTemplate | None) -> None:
        self.fields: list[Field] = []
        self._text = text
        self._envelope = envelope
        self._escape = envelope.escape if envelope else str
        self._pattern = ""
        self._done = 0
        self._runs = envelope.runs_before if envelope else 0

    def add_identity(self, start: int, end: int) -> None:
        """Leave open the identity of the process, which is before all fields."""
        self._add_literal(start)
        self._pattern += IN_PATTERN
        self._done = end

    def add(self, name: str, start: int, end: int) -> bool:
        """Leave open the number of a field; False if it is no plain number, or has too many decimals to be exact."""
        number = NUMBER.fullmatch(self._text, start, end)
        beside = self._text[max(0, start - 1) : start] + self._text[end : end + 1]
        decimals = len(number[1] or "") if number is not None else 0
        if number is None or not NOT_BESIDE_A_NUMBER.isdisjoint(beside) or decimals >= EXACT_DIGITS:
            return False
        self._add_literal(start)
        point = r"\." + DIGIT * decimals if decimals else ""
        self._pattern += rf"{DIGIT}{{1,{EXACT_DIGITS - decimals}}}+{point}"
        self.fields.append(Field(name, self._runs, 10**decimals))
        self._runs += 1
        self._done = end
        return True

    def finish(self) -> tuple[str, int]:
        """The pattern of the whole line, and how many runs of digits it has."""
        self._add_literal(None)
        if self._envelope is None:
            return rf"[ 	]*+{self._pattern}[ 	]*+()", self._runs
        around = rf"{self._envelope.before}[ 	]*+{self._pattern}[ 	]*+{self._envelope.after}()"
        return around, self._runs + self._envelope.runs_after

    def _add_literal(self, end: int | None) -> None:
        literal = self._escape(self._text[self._done : end])
        self._pattern += BLANKS.sub(" ++", re.escape(literal))
        self._runs += len(runs_in(literal))


class Read(NamedTuple):
    """Lines that were read: their columns, how many of them each rule read, and how many were in each envelope."""

    columns: Columns
    rules: Counter[str]
    envelopes: Counter[str]


class Templates:
    """The templates of a source, learned line by line. `sources`: the patterns of those that are in use."""

    def __init__(self) -> None:
        self.sources: tuple[str, ...] = ()
        self._known: dict[str, Template] = {}
        self._lines = 0
        self._repeats = 0
        self._taken: list[Row] = []

    def wants(self, line: bytes) -> bool:
        """Whether a template is to be made of a line that the grammar has read: not of the first lines, nor of one that has a template."""
        self._lines += 1
        return self._lines > LINES_BEFORE and len(self.sources) < MOST_TEMPLATES and self.match(line) is None

    def learn(self, rule: LineRule, text: str, envelope: EnvelopeTemplate | None = None) -> None:
        """Make a template of a line that a rule has read, and of the envelope around it.

        It is in use after `publish`, or after as many lines of new templates as compiling them all costs.
        """
        template = _template_of(rule, text, envelope)
        if template is None:
            return
        if template.source in self._known:
            self._repeats += 1
        elif len(self._known) < MOST_TEMPLATES:
            self._known[template.source] = template
        if self._repeats >= PUBLISHED_AFTER * len(self._known):
            self.publish()

    def publish(self) -> None:
        """Put all templates in use."""
        if len(self._known) > len(self.sources):
            self.sources = tuple(self._known)
            self._repeats = 0

    def match(self, line: bytes) -> Match | None:
        """The template of a line; None if it has none in use."""
        if not self.sources:
            return None
        marked, identities = without_identities(line)
        which = template_in(self.sources, marked)
        if which is None or len(identities) != (IN_PATTERN in self.sources[which]):
            return None
        return Match(which, marked, identities)

    def take(self, number: int, wall_ms: float | None, line: bytes) -> bool:
        """Keep a line for `read_taken`, if it has a template in use."""
        found = self.match(line)
        if found is None:
            return False
        self._taken.append((number, wall_ms, *found))
        return True

    def read_taken(self) -> Read | None:
        """The lines taken since the last call; None if there are none."""
        if not self._taken:
            return None
        lines, walls, which, texts, identities = zip(*self._taken, strict=True)
        self._taken = []
        wall_ms = np.array([np.nan if wall is None else wall for wall in walls])
        numbers = digits_in(b"\n".join(texts))
        found = coded(list(chain.from_iterable(identities)))
        return self.read_numbers(np.array(lines, dtype=np.float64), np.array(which, dtype=np.int8), numbers, found, wall_ms)

    def read_numbers(
        self,
        lines: npt.NDArray[np.float64],
        which: npt.NDArray[np.int8],
        numbers: npt.NDArray[np.int64],
        identities: IdentityCodes,
        wall_ms: npt.NDArray[np.float64] | None = None,
        keep: npt.NDArray[np.bool_] | None = None,
    ) -> Read:
        """Lines by their numbers.

        which       the template of each
        numbers     the runs of digits of them all
        identities  those of the lines whose templates leave one open
        keep        which lines are wanted; None for all of them
        """
        known = [self._known[source] for source in self.sources]
        runs = np.array([template.runs for template in known])[which]
        begins = np.cumsum(runs) - runs
        identified = np.array([IN_PATTERN in source for source in self.sources])[which]
        if keep is not None:
            identities = IdentityCodes(identities.codes[keep[identified]], identities.texts)
            lines, which, begins, identified = lines[keep], which[keep], begins[keep], identified[keep]
        columns = _ColumnsByName(lines, wall_ms)
        columns.fill_identities(np.flatnonzero(identified), identities)
        rules: Counter[str] = Counter()
        envelopes: Counter[str] = Counter()
        for number, template in enumerate(known):
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
        column = self._texts_of(name)
        column.values.append(value)
        column.codes[rows] = len(column.values) - 1

    def fill_identities(self, rows: npt.NDArray[np.intp], identities: IdentityCodes) -> None:
        """Put an identity into each of some rows."""
        if not len(rows):
            return
        pids, isolates, numbers = zip(*map(values_of, identities.texts), strict=True)
        column = self._texts_of("isolate")
        column.codes[rows] = identities.codes + len(column.values)
        column.values.extend(isolates)
        self["pid"][rows] = np.array(pids, dtype=np.float64)[identities.codes]
        if any(number is not None for number in numbers):
            self["isolate_id"][rows] = np.array(numbers, dtype=np.float64)[identities.codes]

    def _texts_of(self, name: str) -> Texts:
        return self._texts.setdefault(name, Texts(np.zeros(self._length, dtype=np.int32), [None]))

    def finish(self) -> Columns:
        values: dict[str, Column] = self._values | self._texts
        return Columns(Collection, values)
