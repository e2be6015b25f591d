"""The syntax tree of a line rule, as Lark makes it, flattened into the source of one pattern; and that of a line that was cut."""

from __future__ import annotations

import ast
import re
from typing import Any

import lark

from gclog.errors import GrammarError
from gclog.grammar.load import GAP, GrammarFile, field_of
from gclog.grammar.reference import syntax_of
from gclog.model.records import Record, column_specs

__all__ = ["flatten", "flatten_cut"]


def is_rule(node: object) -> bool:
    """Whether a node of Lark's syntax tree is the name of a rule (Lark's NonTerminal, which has no public home)."""
    return getattr(node, "is_term", None) is False


def _literal(token: str) -> str:
    """The pattern of a literal as written in the grammar: "text", "text"i, /pattern/, /pattern/flags."""
    if token.startswith('"'):
        body, flags = token[: token.rindex('"') + 1], token[token.rindex('"') + 1 :]
        pattern = re.escape(ast.literal_eval(body))
    else:
        body, flags = token[1 : token.rindex("/")], token[token.rindex("/") + 1 :]
        pattern = body.replace("\\/", "/")
        pattern = f"(?:{pattern})" if "|" in pattern else pattern
    return f"(?{flags}:{pattern})" if flags else pattern


class _Flattener:
    """Turns the syntax tree of one line rule into a pattern; rejects what is not regular or not unique."""

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
        """The rule as a sequence that may end after any token beyond the field `required`; a clause that is cut ends it."""
        parts: list[tuple[str, str]] = []
        first_optional = 0
        for part in self.sequence(self.syntax.rules[self.rule]):
            if required not in self.fields:
                parts.append((self.emit(part, True), ""))
                first_optional = len(parts) - 1
            else:
                parts.append(self.cut_clause(part))
        if required not in self.fields:
            raise self.refuse(f"it has no field `{required}`")
        pattern = ""
        for i, (part_pattern, guard) in reversed(list(enumerate(parts))):
            rest = f"(?:{guard}{pattern})?" if pattern and i >= first_optional else pattern
            pattern = part_pattern + rest
        return pattern

    def cut_clause(self, part: Any) -> tuple[str, str]:
        """A part that may be cut inside, and the guard that lets nothing follow it then."""
        match part:
            case lark.Tree(data="expr", children=[child, "?"]) | lark.Tree(data="maybe", children=[child]) if (
                len(inner := self.sequence(child)) > 1
            ):
                number = len(self.fields)
                opened, closed = f"_open{number}", f"_close{number}"
                pattern = beginning = ""
                for node, token in reversed([(node, self.emit(node, True)) for node in inner]):
                    pattern = f"{token}(?:{pattern}|(?={beginning}$))" if pattern else f"{token}(?P<{closed}>)"
                    beginning = _beginning_of(node)
                return f"(?:(?P<{opened}>){pattern})?", f"(?({opened})(?({closed})|(?!))|)"
            case _:
                return self.emit(part, True), ""


def _beginning_of(node: Any) -> str:
    """A pattern for any beginning of a literal, also the empty one; of any other token, for the empty one only."""
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


def flatten(file: GrammarFile, rule: str, record: type[Record]) -> tuple[str, tuple[str, ...], dict[str, dict[str, str]]]:
    """The pattern of a rule's lines, its fields, and for each that is a choice the group of each option. Raises GrammarError."""
    flattener = _Flattener(file, rule, record)
    source = flattener.gap + flattener.emit_rule(rule, True)
    return source, tuple(flattener.fields), flattener.choices


def flatten_cut(file: GrammarFile, rule: str, record: type[Record], required: str) -> str:
    """The pattern of a rule's lines that may end after any token beyond the field `required`. Raises GrammarError without such."""
    flattener = _Flattener(file, rule, record)
    return flattener.gap + flattener.emit_cut(required)
