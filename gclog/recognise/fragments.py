"""One line of payload, cut into pieces at the heads of records, and each piece read by the grammars."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from gclog.grammar.compile import CUT_GROUP, LineRule
from gclog.recognise.formats import Forms

__all__ = ["Piece", "PieceReader", "Reading"]

CUT_AFTER = "used_after_mb"
"""The field up to which a record must be there for anything to be read from it."""


@dataclass(frozen=True, slots=True)
class Piece:
    """A part of a line. `head`: gc, crash, isolate, frame, or None for text before the first head; `torn`: another head follows."""

    text: str
    head: str | None
    torn: bool


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


class PieceReader:
    """Reads pieces.

    `eras` are the rules of the GC line, the one that read the last line first, since a log is mostly of one version of V8;
    `any_form` is the rule that takes what people retype.
    """

    def __init__(self, forms: Forms) -> None:
        self.forms = forms
        *self.eras, self.any_form = forms.gc.rules

    def split(self, text: str) -> Iterator[Piece]:
        """The pieces of a line, in order."""
        heads = [(found.start(), str(found.lastgroup)) for found in self.forms.heads.finditer(text)]
        if any(kind == "crash" and text.startswith("FATAL", at) for at, kind in heads):
            heads += [
                (found.start(), "frame") for found in self.forms.frame_head.finditer(text) if found.start() > heads[-1][0]
            ]
        before = text[: heads[0][0]] if heads else text
        if heads and self.forms.broken_prefix.search(before) is not None:
            yield Piece(text, "isolate", False)
            return
        if before:
            yield Piece(before, None, bool(heads))
        for (at, kind), after in zip(heads, [*(start for start, _ in heads[1:]), None], strict=False):
            yield Piece(text[at:after], kind, after is not None)

    def read_gc(self, text: str) -> Reading | None:
        """A GC record at the start of the text: whole, whole with something after it, or cut."""
        for position, rule in enumerate(self.eras):
            if (found := rule.pattern.fullmatch(text)) is not None:
                if position:
                    self.eras.insert(0, self.eras.pop(position))
                return Reading(rule, rule.fields_of(found, text), "", True)
        return self._read_longest(text)

    def _read_longest(self, text: str) -> Reading | None:
        """The reading that takes most of the text: an era's record with something after it, then one cut, then any form."""
        best: Reading | None = None
        most = -1
        for rule in self.eras:
            found = rule.pattern.match(text)
            if found is not None and (read := len(found[0].rstrip())) > most:
                most, best = read, Reading(rule, rule.fields_of(found, text), text[read:].strip(), True)
        for rule in self.eras:
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
        """A line of any other grammar; the frames of a stack only in the block of a crash."""
        line = text.encode()
        for gate, grammar in self.forms.others:
            if gate.opens(line) and (read := grammar.read(text)) is not None:
                return Reading(read[0], read[1], "", True)
        if in_crash and (read := self.forms.frames.read(text)) is not None:
            return Reading(read[0], read[1], "", True)
        return None
