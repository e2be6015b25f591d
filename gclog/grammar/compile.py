"""Line rules of a Lark grammar, compiled to regular expressions.

Lark's own parser pays for every token: it reads some ten thousand GC lines a second. A rule for one line has no recursion,
so it is regular: its syntax tree flattens into one pattern, with a named group for each leaf rule that is named like a field
of the record. `compile_grammar` does that; `LineRule.read_with_lark` is the same reading by Lark itself, and the tests hold
both equal.

How a field is filled: a rule named like the field, or FIELD__VARIANT, gives its text; a field of kind bool says whether its
rule matched; where the rule is a choice between other rules (`kind: start | stop`), the field is the name of the one that
matched. `text` is the whole line.

From the same tree comes the pattern for a line that was cut: every token of the line's sequence may be the last.
"""

from __future__ import annotations

import ast
import functools
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import lark

from gclog import records, tick_records
from gclog.errors import GrammarError
from gclog.grammar.expected import END, expected_words, stopped_at
from gclog.grammar.kept import kept_path, load_kept, save_kept
from gclog.grammar.literals import literals_of
from gclog.grammar.load import GrammarFile, load_file, parse_line, syntax_of
from gclog.records import Record, column_specs

__all__ = ["CUT_GROUP", "GAP", "LineGrammar", "LineRule", "compile_grammar", "field_of"]

GAP = r"[ \t]*+"
"""What may stand between two tokens where the grammar ignores blanks; possessive, since no token begins with a blank."""

CUT_GROUP = "cut"

WORDS_SHOWN = 6
"""How much of what could have followed an explanation names."""


def is_rule(node: object) -> bool:
    """Whether a node of Lark's syntax tree is the name of a rule (Lark's NonTerminal, which has no public home)."""
    return getattr(node, "is_term", None) is False


def field_of(rule: str) -> str:
    """The field that a rule would fill, by its name: FIELD or FIELD__VARIANT."""
    return rule.partition("__")[0]


def _literal(token: str) -> str:
    """The pattern of a literal as it stands in the grammar: "text", "text"i, /pattern/, /pattern/flags."""
    if token.startswith('"'):
        body, flags = token[: token.rindex('"') + 1], token[token.rindex('"') + 1 :]
        pattern = re.escape(ast.literal_eval(body))
    else:
        body, flags = token[1 : token.rindex("/")], token[token.rindex("/") + 1 :]
        pattern = body.replace("\\/", "/")
        pattern = f"(?:{pattern})" if "|" in pattern else pattern
    return f"(?{flags}:{pattern})" if flags else pattern


class _Flattener:
    """Turns the syntax tree of one line rule into a pattern; refuses what is not regular or not unique."""

    def __init__(self, file: GrammarFile, rule: str, record: type[Record]) -> None:
        self.file = file
        self.syntax = syntax_of(file)
        self.rule = rule
        self.specs = column_specs(record)
        self.fields: list[str] = []
        self.choices: dict[str, dict[str, str]] = {}
        self.stack: list[str] = []
        self.gap = GAP if file.ignores else ""

    def refuse(self, why: str) -> GrammarError:
        return GrammarError(f"rule `{self.rule}` cannot be compiled: {why}", where=str(self.file.path))

    def emit(self, node: Any, trailing: bool) -> str:
        """The pattern of a node; `trailing`: blanks may follow each token, the last too."""
        match node:
            case lark.Tree(data="value", children=[child]):
                return self.emit(child, trailing)
            case lark.Tree(data="literal", children=[token]):
                return _literal(str(token)) + (self.gap if trailing else "")
            case lark.Tree(data="expansions", children=options):
                patterns = [self.emit(option, trailing) for option in options]
                return patterns[0] if len(patterns) == 1 else f"(?:{'|'.join(patterns)})"
            case lark.Tree(data="expansion", children=parts):
                last = len(parts) - 1
                return "".join(self.emit(part, trailing or i < last) for i, part in enumerate(parts))
            case lark.Tree(data="maybe", children=[child]):
                return f"(?:{self.emit(child, trailing)})?"
            case lark.Tree(data="expr", children=[child, op, *counts]):
                bounds = str(op) if not counts else "{" + ",".join(str(n) for n in counts) + "}"
                repeats = bounds != "?"
                return f"(?:{self.emit(child, trailing or repeats)}){bounds}"
            case lark.lexer.Token():
                raise self.refuse(f"a bare token {node!r}")
            case _ if getattr(node, "is_term", None) is True:
                return f"(?:{self.syntax.terminals[node.name]})" + (self.gap if trailing else "")
            case _ if is_rule(node):
                return self.emit_rule(node.name, trailing)
            case _:
                raise self.refuse(f"`{getattr(node, 'data', node)}` has no place in a line rule")

    def emit_rule(self, name: str, trailing: bool) -> str:
        if name in self.stack:
            raise self.refuse(f"`{name}` is recursive")
        self.stack.append(name)
        try:
            tree = self.syntax.rules[name]
            filled = field_of(name)
            if filled not in self.specs:
                return self.emit(tree, trailing)
            if filled in self.fields:
                raise self.refuse(f"the field `{filled}` can be matched in two places")
            self.fields.append(filled)
            options = self.choice(tree)
            body = self.emit_choice(filled, options) if options else f"(?P<{filled}>{self.emit(tree, False)})"
            return body + (self.gap if trailing else "")
        finally:
            self.stack.pop()

    def choice(self, tree: lark.Tree[Any]) -> list[str]:
        """The names of the rules between which a rule chooses, if that is all it does."""
        names = []
        for option in tree.children:
            match option:
                case lark.Tree(data="expansion", children=[lark.Tree(data="value", children=[symbol])]) if is_rule(symbol):
                    names.append(str(getattr(symbol, "name", "")))
                case _:
                    return []
        return names if len(names) > 1 else []

    def emit_choice(self, name: str, options: list[str]) -> str:
        groups = {f"{name}__{option}": option for option in options}
        self.choices[name] = groups
        return f"(?:{'|'.join(f'(?P<{group}>{self.emit_rule(option, False)})' for group, option in groups.items())})"

    def sequence(self, tree: Any) -> list[Any]:
        """The tree as one flat sequence: rules that are no fields and have one expansion are put in place of their names."""
        match tree:
            case lark.Tree(data="expansions", children=[only]) | lark.Tree(data="value", children=[only]):
                return self.sequence(only)
            case lark.Tree(data="expansion", children=parts):
                return [node for part in parts for node in self.sequence(part)]
            case lark.Tree():
                return [tree]
            case symbol if is_rule(symbol) and field_of(symbol.name) not in self.specs:
                body = self.syntax.rules[symbol.name]
                return self.sequence(body) if len(body.children) == 1 else [symbol]
            case _:
                return [tree]

    def emit_cut(self, required: str) -> str:
        """The rule as a sequence that may end after any token beyond the field `required`; a clause begun and cut is its end."""
        pieces: list[tuple[str, str]] = []
        first_optional = 0
        for part in self.sequence(self.syntax.rules[self.rule]):
            if required not in self.fields:
                pieces.append((self.emit(part, True), ""))
                first_optional = len(pieces) - 1
            else:
                pieces.append(self.cut_clause(part))
        if required not in self.fields:
            raise self.refuse(f"it has no field `{required}`")
        pattern = ""
        for i, (piece, guard) in reversed(list(enumerate(pieces))):
            rest = f"(?:{guard}{pattern})?" if pattern and i >= first_optional else pattern
            pattern = piece + rest
        return pattern

    def cut_clause(self, part: Any) -> tuple[str, str]:
        """A part that may be cut inside, and the guard that keeps anything from following it then."""
        match part:
            case lark.Tree(data="expr", children=[child, "?"]) | lark.Tree(data="maybe", children=[child]) if (
                len(inner := self.sequence(child)) > 1
            ):
                number = len(self.fields)
                opened, closed = f"_open{number}", f"_close{number}"
                pattern = beginning = ""
                for node, piece in reversed([(node, self.emit(node, True)) for node in inner]):
                    pattern = f"{piece}(?:{pattern}|(?={beginning}$))" if pattern else f"{piece}(?P<{closed}>)"
                    beginning = _beginning_of(node)
                return f"(?:(?P<{opened}>){pattern})?", f"(?({opened})(?({closed})|(?!))|)"
            case _:
                return self.emit(part, True), ""


def _beginning_of(node: Any) -> str:
    """A pattern for any beginning, the empty one too, of a literal; of any other token, the empty one."""
    match node:
        case lark.Tree(data="value", children=[lark.Tree(data="literal", children=[token])]) if str(token).endswith('"'):
            pattern = ""
            for character in reversed(ast.literal_eval(str(token))):
                pattern = f"(?:{re.escape(character)}{pattern})?"
            return pattern
        case lark.Tree(data="literal"):
            return _beginning_of(lark.Tree("value", [node]))
        case _:
            return ""


@dataclass(frozen=True, slots=True, eq=False)
class LineRule:
    """A line rule and its patterns; `source` is that of `pattern`. `literals`: every line has one of them; empty where none is known."""

    name: str
    record: type[Record]
    file: GrammarFile
    source: str
    fields: tuple[str, ...]
    choices: dict[str, dict[str, str]]
    literals: frozenset[str]

    @property
    def pattern(self) -> re.Pattern[str]:
        """For `fullmatch`; blanks around the line are ignored. Compiled when it is first asked for: a log needs few of the rules."""
        return _compile_text(self.source)

    def cut_pattern(self, required: str) -> re.Pattern[str]:
        """For `match`: the line up to any token beyond the field `required`; the group `cut` has the rest of the line."""
        return _compile_cut(self, required)

    @property
    def bytes_pattern(self) -> re.Pattern[bytes]:
        """The same pattern for bytes."""
        return _compile_bytes(self.source)

    def trim(self, value: str) -> str:
        """A field without the blanks around it, where the grammar ignores blanks."""
        return value.strip() if self.file.ignores else value

    def read(self, line: str) -> dict[str, str] | None:
        """The fields of a line as text (those that it has), or None where it is not of this form."""
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
        """The same reading by Lark's own parser. Raises lark's UnexpectedInput where Lark refuses the line."""
        tree = parse_line(self.file, self.name, line)
        specs = column_specs(self.record)
        values: dict[str, str] = {}
        for node in tree.iter_subtrees_topdown():  # type: ignore[no-untyped-call]  # Lark leaves it untyped
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
    flattener = _Flattener(rule.file, rule.name, rule.record)
    return re.compile(f"{flattener.gap}{flattener.emit_cut(required)}(?P<{CUT_GROUP}>.*)")


@functools.cache
def _compile_text(source: str) -> re.Pattern[str]:
    return re.compile(source)


@functools.cache
def _compile_bytes(source: str) -> re.Pattern[bytes]:
    return re.compile(source.encode())


@dataclass(frozen=True, slots=True, eq=False)
class LineGrammar:
    """The compiled line rules of one grammar file, in the order in which they are tried; `terminals`: name -> regular expression."""

    file: GrammarFile
    rules: tuple[LineRule, ...]
    terminals: dict[str, str]

    def read(self, line: str) -> tuple[LineRule, dict[str, str]] | None:
        """The first rule that reads the line, and its fields."""
        for rule in self.rules:
            if (values := rule.read(line)) is not None:
                return rule, values
        return None

    def explain(self, line: str) -> str:
        """Why no rule reads the line: where the rule that came furthest gave up, by Lark's own parser."""
        furthest = -1
        wanted: set[str] = set()
        for rule in self.rules:
            try:
                rule.read_with_lark(line)
            except lark.exceptions.UnexpectedInput as error:
                at = stopped_at(error, line)
                if at > furthest:
                    furthest, wanted = at, set()
                if at == furthest:
                    wanted |= expected_words(self.file, rule.name, error)
        names = " or ".join(sorted(wanted)[:WORDS_SHOWN]) or END
        return f"column {furthest + 1}: expected {names}"


def _record_of(file: GrammarFile, name: str) -> type[Record]:
    record = getattr(records, name, None) or getattr(tick_records, name, None)
    if not (isinstance(record, type) and issubclass(record, Record)):
        raise GrammarError(f"the banner names a record `{name}` that does not exist", where=str(file.path))
    return record


def _compile_rule(file: GrammarFile, name: str, record: type[Record]) -> LineRule:
    flattener = _Flattener(file, name, record)
    source = flattener.gap + flattener.emit_rule(name, True)
    return LineRule(name, record, file, source, tuple(flattener.fields), flattener.choices, literals_of(source))


@functools.cache
def compile_grammar(name: str, folder: Path | None = None) -> LineGrammar:
    """The grammar `NAME.lark`, compiled; from `grammars/`, or another folder.

    Raises GrammarError where a rule is not regular or a field is not unique.
    """
    file = load_file(name, folder)
    path = kept_path(file)
    grammar = _restored(file, load_kept(path))
    if grammar is None:
        rules = tuple(_compile_rule(file, rule, _record_of(file, record)) for rule, record in file.line_rules)
        grammar = LineGrammar(file, rules, syntax_of(file).terminals)
        save_kept(path, {"terminals": grammar.terminals, "rules": [_kept_form(rule) for rule in rules]})
    return grammar


def _kept_form(rule: LineRule) -> dict[str, Any]:
    kept = {"name": rule.name, "source": rule.source, "fields": rule.fields, "choices": rule.choices}
    return kept | {"literals": sorted(rule.literals)}


def _restored(file: GrammarFile, kept: Any) -> LineGrammar | None:
    """A grammar from its kept form; None where that is not what was written."""
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
