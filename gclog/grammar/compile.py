"""Line rules of a Lark grammar, compiled to regular expressions.

Lark's own parser pays for every token: it reads some ten thousand GC lines a second. A rule for one line has no recursion,
so it is regular: its syntax tree flattens into one pattern, with a named group for each leaf rule that is named like a field
of the record. `compile_grammar` does that; `LineRule.read_with_lark` is the same reading by Lark itself, and the tests check that
both agree. Lark is loaded only to compile a grammar or to explain a line: loading it takes longer than reading most logs.

How a field is filled: a rule named like the field, or FIELD__VARIANT, gives its text; a field of kind bool says whether its
rule matched; if the rule is a choice between other rules (`kind: start | stop`), the field is the name of the one that
matched. `text` is the whole line.

From the same tree comes the pattern for a line that was cut: every token of the line's sequence may be the last.
"""

from __future__ import annotations

import functools
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from gclog.errors import GrammarError
from gclog.grammar.kept import kept_path, load_kept, save_kept
from gclog.grammar.literals import literals_of
from gclog.grammar.load import GAP, GrammarFile, field_of, load_file
from gclog.model import crash_records, records
from gclog.model.records import Record, column_specs

__all__ = ["CUT_GROUP", "GAP", "LineGrammar", "LineRule", "compile_grammar"]

CUT_GROUP = "cut"

LONG_LINE = 4_000
"""From here on looking for a rule's literals costs less than trying its pattern in vain, which may have to pass the whole line."""

WORDS_SHOWN = 6
"""How many of the things that could have followed an explanation names."""


@dataclass(frozen=True, slots=True, eq=False)
class LineRule:
    """A line rule and its patterns; `source` is that of `pattern`. `literals`: every line has one of them; empty if none is known."""

    name: str
    record: type[Record]
    file: GrammarFile
    source: str
    fields: tuple[str, ...]
    choices: dict[str, dict[str, str]]
    literals: frozenset[str]

    @property
    def pattern(self) -> re.Pattern[str]:
        """For `fullmatch`; blanks around the line are ignored. Compiled on first use: a log needs few of the rules."""
        return _compile_text(self.source)

    @property
    def part_pattern(self) -> re.Pattern[str]:
        """For `finditer`: the parts of a line that the rule reads. Without blanks before each, which would be passed from each of them."""
        return _compile_text(self.source.removeprefix(GAP))

    def cut_pattern(self, required: str) -> re.Pattern[str]:
        """For `match`: the line up to any token beyond the field `required`; the group `cut` has the rest of the line."""
        return _compile_cut(self, required)

    def trim(self, value: str) -> str:
        """A field without the blanks around it, if the grammar ignores blanks."""
        return value.strip() if self.file.ignores else value

    def may_read(self, text: str) -> bool:
        """Whether a text has what every line of the rule has: cheaper than to compile the pattern, which a log may never need."""
        return not self.literals or any(literal in text for literal in self.literals)

    def read(self, line: str) -> dict[str, str] | None:
        """The fields of a line as text (those that it has), or None if the rule does not match it."""
        if len(line) > LONG_LINE and not self.may_read(line):
            return None
        found = self.pattern.fullmatch(line)
        return None if found is None else self.fields_of(found, line)

    def fields_of(self, found: re.Match[str], line: str) -> dict[str, str]:
        """The fields of a match, as text; `text` is the whole line."""
        groups = found.groupdict()
        values = {name: self.trim(value) for name in self.fields if (value := groups.get(name)) is not None}
        for name, options in self.choices.items():
            for group, option in options.items():
                if groups[group] is not None:
                    values[name] = option
                    break
        if "text" in column_specs(self.record):
            values["text"] = line.strip()
        return values

    def read_with_lark(self, line: str) -> dict[str, str]:
        """The same reading by Lark's own parser. Raises lark's UnexpectedInput if Lark rejects the line."""
        import lark

        from gclog.grammar.reference import parse_line

        tree = parse_line(self.file, self.name, line)
        specs = column_specs(self.record)
        values: dict[str, str] = {}
        for node in tree.iter_subtrees_topdown():
            filled = field_of(str(node.data))
            if filled in specs:
                if filled not in self.choices:
                    values[filled] = self.trim(line[node.meta.start_pos : node.meta.end_pos])
                else:
                    values[filled] = next(str(child.data) for child in node.children if isinstance(child, lark.Tree))
        if "text" in specs:
            values["text"] = line.strip()
        return values


@functools.cache
def _compile_cut(rule: LineRule, required: str) -> re.Pattern[str]:
    if required not in rule.fields:
        raise GrammarError(f"rule `{rule.name}` has no field `{required}` to be cut after", where=str(rule.file.path))
    return re.compile(f"{_cut_sources(rule.file, required)[rule.name]}(?P<{CUT_GROUP}>.*)")


@functools.cache
def _cut_sources(file: GrammarFile, required: str) -> dict[str, str]:
    """For each rule with the field `required`, the source of the pattern for its lines that were cut after it."""
    path = kept_path(file, f"cut after {required}")
    wanted = [rule for rule in compile_grammar(file.name, file.path.parent).rules if required in rule.fields]
    match load_kept(path):
        case dict(kept) if kept.keys() == {rule.name for rule in wanted} and all(
            isinstance(text, str) for text in kept.values()
        ):
            return kept
    from gclog.grammar.flatten import flatten_cut

    sources = {rule.name: flatten_cut(file, rule.name, rule.record, required) for rule in wanted}
    save_kept(path, sources)
    return sources


@functools.cache
def _compile_text(source: str) -> re.Pattern[str]:
    return re.compile(source)


@dataclass(frozen=True, slots=True, eq=False)
class LineGrammar:
    """The compiled line rules of one grammar file, in the order in which they are tried; `terminals`: name -> regular expression."""

    file: GrammarFile
    rules: tuple[LineRule, ...]
    terminals: dict[str, str]

    def read(self, line: str) -> tuple[LineRule, dict[str, str]] | None:
        """The first rule that reads the line, and its fields."""
        for rule in self.rules:
            if rule.may_read(line) and (values := rule.read(line)) is not None:
                return rule, values
        return None

    def explain(self, line: str) -> str:
        """Why no rule reads the line: where the rule that got furthest gave up, by Lark's own parser."""
        from lark.exceptions import UnexpectedInput

        from gclog.grammar.expected import END, expected_words, stopped_at

        furthest = -1
        wanted: set[str] = set()
        for rule in self.rules:
            try:
                rule.read_with_lark(line)
            except UnexpectedInput as error:
                at = stopped_at(error, line)
                if at > furthest:
                    furthest, wanted = at, set()
                if at == furthest:
                    wanted |= expected_words(self.file, rule.name, error)
        names = " or ".join(sorted(wanted)[:WORDS_SHOWN]) or END
        return f"column {furthest + 1}: expected {names}"


def _record_of(file: GrammarFile, name: str) -> type[Record]:
    record = getattr(records, name, None) or getattr(crash_records, name, None) or _tick_record(name)
    if not (isinstance(record, type) and issubclass(record, Record)):
        raise GrammarError(f"the banner names a record `{name}` that does not exist", where=str(file.path))
    return record


def _tick_record(name: str) -> Any:
    from gclog.model import tick_records  # most logs have no ticks

    return getattr(tick_records, name, None)


def _compile_rule(file: GrammarFile, name: str, record: type[Record]) -> LineRule:
    from gclog.grammar.flatten import flatten

    source, fields, choices = flatten(file, name, record)
    return LineRule(name, record, file, source, fields, choices, literals_of(source))


@functools.cache
def compile_grammar(name: str, folder: Path | None = None) -> LineGrammar:
    """The grammar `NAME.lark`, compiled; from `grammars/`, or another folder.

    Raises GrammarError if a rule is not regular or a field is not unique.
    """
    file = load_file(name, folder)
    path = kept_path(file)
    grammar = _restored(file, load_kept(path))
    if grammar is None:
        from gclog.grammar.reference import syntax_of

        rules = tuple(_compile_rule(file, rule, _record_of(file, record)) for rule, record in file.line_rules)
        grammar = LineGrammar(file, rules, syntax_of(file).terminals)
        save_kept(path, {"terminals": grammar.terminals, "rules": [_kept_form(rule) for rule in rules]})
    return grammar


def _kept_form(rule: LineRule) -> dict[str, Any]:
    kept = {"name": rule.name, "source": rule.source, "fields": rule.fields, "choices": rule.choices}
    return kept | {"literals": sorted(rule.literals)}


def _restored(file: GrammarFile, kept: Any) -> LineGrammar | None:
    """A grammar from its kept form; None if that is not what was written."""
    try:
        records = {rule: _record_of(file, record) for rule, record in file.line_rules}
        rules = tuple(
            LineRule(
                name=rule["name"],
                record=records[rule["name"]],
                file=file,
                source=rule["source"],
                fields=tuple(rule["fields"]),
                choices=rule["choices"],
                literals=frozenset(rule["literals"]),
            )
            for rule in kept["rules"]
        )
        return LineGrammar(file, rules, kept["terminals"]) if len(rules) == len(records) else None
    except (KeyError, TypeError):
        return None
