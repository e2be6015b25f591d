"""One line of payload, cut into fragments at the heads of records, and each fragment read by the grammars."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal, NamedTuple, get_args

from gclog.grammar.compile import CUT_GROUP, LineRule
from gclog.recognise.formats import Formats

__all__ = ["Fragment", "FragmentReader", "Head", "Reading"]

CUT_AFTER = "used_after_mb"
"""A record must be there up to this field for anything to be read from it."""


Head = Literal["gc", "crash", "isolate", "frame"]
"""What a record begins with."""

_HEADS: dict[str | None, Head] = {head: head for head in get_args(Head)}


class Fragment(NamedTuple):
    """A part of a line. `head`: None for text before the first head; `torn`: another head follows; `alone`: it is the whole line."""

    text: str
    head: Head | None
    torn: bool
    alone: bool


@dataclass(frozen=True, slots=True)
class Reading:
    """A rule and the fields that it found. `rest` is what follows the record; `whole`: the record was not cut."""

    rule: LineRule
    fields: dict[str, str]
    rest: str
    whole: bool

    def length_in(self, text: str) -> int:
        """How much of the text was read."""
        return len(text[: len(text) - len(self.rest)].rstrip())


class FragmentReader:
    """Reads fragments.

    eras      the rules of the GC line; the one that read the last line comes first, since a log is mostly of one version of V8
    any_form  the rule for lines that people have retyped
    """

    def __init__(self, formats: Formats) -> None:
        self.formats = formats
        *self.eras, self.any_form = formats.gc.rules

    def split(self, text: str) -> Iterator[Fragment]:
        """The fragments of a line, in order."""
        heads: list[tuple[int, Head]] = [
            (found.start(), _HEADS[found.lastgroup]) for found in self.formats.heads.finditer(text)
        ]
        if any(head == "crash" and text.startswith("FATAL", at) for at, head in heads):
            frames = [found.start() for found in self.formats.frame_head.finditer(text)]
            heads += [(at, "frame") for at in frames if at > heads[-1][0]]
        before = text[: heads[0][0]] if heads else text
        if heads and self.formats.broken_prefix.search(before) is not None:
            yield Fragment(text, "isolate", torn=False, alone=True)
            return
        alone = len(heads) + bool(before) == 1
        if before:
            yield Fragment(before, None, bool(heads), alone)
        for (at, head), after in zip(heads, [*(start for start, _ in heads[1:]), None], strict=False):
            yield Fragment(text[at:after], head, after is not None, alone)

    def read_gc(self, text: str) -> Reading | None:
        """A GC record at the start of the text: whole, whole with something after it, or cut."""
        for position, rule in enumerate(self.eras):
            if rule.may_read(text) and (found := rule.pattern.fullmatch(text)) is not None:
                if position:
                    self.eras.insert(0, self.eras.pop(position))
                return Reading(rule, rule.fields_of(found, text), "", True)
        return self._read_longest(text)

    def _read_longest(self, text: str) -> Reading | None:
        """The reading that takes most of the text. Of equals: an era's record with something after it, one cut, any form."""
        best: Reading | None = None
        most, whole = -1, len(text.rstrip())
        for rule in self.eras:
            found = rule.pattern.match(text) if rule.may_read(text) else None
            if found is not None and (read := len(found[0].rstrip())) > most:
                most, best = read, Reading(rule, rule.fields_of(found, text), text[read:].strip(), True)
        for rule in self.eras:
            if most == whole:
                return best  # mostly by the era that read the last line; the patterns of the others need not be compiled
            found = rule.cut_pattern(CUT_AFTER).match(text)
            if found is None or (read := len(text[: found.start(CUT_GROUP)].rstrip())) <= most:
                continue
            if (reading := self._cut(rule, found, text)) is not None:
                most, best = read, reading
        found = self.any_form.pattern.match(text)
        if found is not None and (read := len(found[0].rstrip())) > most:
            best = Reading(self.any_form, self.any_form.fields_of(found, text), text[read:].strip(), True)
        return best

    @staticmethod
    def _cut(rule: LineRule, found: re.Match[str], text: str) -> Reading | None:
        """The reading of a cut record, without a value at the very end of the text: it may have lost its last digits."""
        fields, rest = rule.fields_of(found, text), found[CUT_GROUP].strip()
        end = len(text.rstrip(" \t."))
        for name in [name for name in rule.fields if name not in rule.choices and found.end(name) == end]:
            rest = fields.pop(name)
        return Reading(rule, fields, rest, False) if CUT_AFTER in fields else None

    def read_other(self, text: str, in_crash: bool) -> Reading | None:
        """A line of any other grammar; frames of a stack only in the block of a crash."""
        line = text.encode()
        for gate, grammar in self.formats.others:
            if gate.opens(line) and (read := grammar.read(text)) is not None:
                return Reading(read[0], read[1], "", True)
        if in_crash and (read := self.formats.frames.read(text)) is not None:
            return Reading(read[0], read[1], "", True)
        return None
