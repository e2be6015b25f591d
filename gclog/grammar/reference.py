"""What Lark itself makes of a grammar and of a line: what patterns are compiled from, and the reference they are tested against."""

from __future__ import annotations

import functools
from dataclasses import dataclass
from typing import Any

import lark
from lark.load_grammar import Grammar, load_grammar

from gclog.errors import GrammarError
from gclog.grammar.load import GrammarFile

__all__ = ["line_parser", "parse_line", "syntax_of"]


@dataclass(frozen=True, slots=True, eq=False)
class Syntax:
    """What Lark makes of a grammar.

    rules       name -> Lark's syntax tree of the rule, before EBNF is expanded
    terminals   name -> regular expression
    """

    rules: dict[str, lark.Tree[Any]]
    terminals: dict[str, str]


@functools.cache
def syntax_of(file: GrammarFile) -> Syntax:
    """The rules and terminals of a grammar. Raises GrammarError if Lark rejects it or a banner names a rule that is not in it."""
    path = file.path
    try:
        grammar, _ = load_grammar(file.text, str(path), [str(path.parent)], False)
        starts = [rule for rule, _ in file.line_rules]
        terminals, _, _ = grammar.compile(starts, "*")
    except lark.exceptions.LarkError as error:
        raise GrammarError(f"Lark refuses the grammar: {error}", where=str(path)) from error
    rules = {}
    for rule_name, parameters, tree, _ in grammar.rule_defs:
        if parameters:
            raise GrammarError(f"rule `{rule_name}` is a template, which no line rule may be", where=str(path))
        rules[str(rule_name)] = tree
    for rule in starts:
        if rule not in rules:
            raise GrammarError(f"the banner names a rule `{rule}` that does not exist", where=str(path))
    return Syntax(rules, {terminal.name: terminal.pattern.to_regexp() for terminal in terminals})


@functools.cache
def _grammar_of(file: GrammarFile) -> Grammar:
    """The grammar, read once for the parsers of all its rules."""
    grammar: Grammar
    grammar, _ = load_grammar(file.text, str(file.path), [str(file.path.parent)], True)
    return grammar


@functools.cache
def line_parser(file: GrammarFile, rule: str) -> lark.Lark:
    """Lark's own parser for a line rule; its trees know their positions and keep all tokens."""
    options: dict[str, Any] = {"parser": "lalr"} if file.parser == "lalr" else {"parser": "earley", "lexer": "dynamic"}
    return lark.Lark(
        _grammar_of(file),
        start=rule,
        propagate_positions=True,
        keep_all_tokens=True,
        **options,
    )


def parse_line(file: GrammarFile, rule: str, line: str) -> lark.Tree[Any]:
    """Lark's own reading of a line, the reference for the compiled patterns. Raises lark's UnexpectedInput."""
    return line_parser(file, rule).parse(line)
