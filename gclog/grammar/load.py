"""Grammar files: where they are, what their banners say, and Lark's own parser for them.

A grammar file begins with banner comments that this module reads:

    // line: RULE -> RECORD      a rule that reads one whole line (or part of one), and the record that it fills
    // parser: lalr|earley       how Lark itself reads these lines (lalr, where nothing is said)
    // sample: TEXT              a line that must be read
    // reject: TEXT              a line that must not be

Blanks at the end of a sample or a reject do not count.
"""

from __future__ import annotations

import functools
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import lark
from lark.load_grammar import load_grammar

import gclog
from gclog.errors import GrammarError

__all__ = ["GrammarFile", "grammar_folder", "line_parser", "load_file", "parse_line", "syntax_of"]

_BANNER = re.compile(r"^// (line|parser|sample|reject): (.*?)[ \t]*$", re.MULTILINE)
_IGNORE = re.compile(r"^%ignore ", re.MULTILINE)
_LINE_RULE = re.compile(r"^(\w+) -> (\w+)$")


@dataclass(frozen=True, slots=True, eq=False)
class GrammarFile:
    """One `grammars/NAME.lark`.

    line_rules  (rule, name of its record), in the order in which they are tried
    ignores     a blank may stand between any two tokens
    """

    name: str
    path: Path
    text: str
    line_rules: tuple[tuple[str, str], ...]
    parser: str
    samples: tuple[str, ...]
    rejects: tuple[str, ...]
    ignores: bool

    def __repr__(self) -> str:
        return f"GrammarFile({self.name!r})"


def grammar_folder() -> Path:
    """Where the grammars are: inside the installed package, or beside it in a checkout. Raises GrammarError if nowhere."""
    package = Path(gclog.__file__).parent
    for folder in (package / "grammars", package.parent / "grammars"):
        if folder.is_dir():
            return folder
    raise GrammarError(
        "the grammars are missing", where=str(package), remedy="Install gclog again: pip install --force-reinstall gclog"
    )


@dataclass(frozen=True, slots=True, eq=False)
class Syntax:
    """What Lark makes of a grammar.

    rules       name -> Lark's syntax tree of the rule, before EBNF is expanded
    terminals   name -> regular expression
    """

    rules: dict[str, lark.Tree[Any]]
    terminals: dict[str, str]


@functools.cache
def load_file(name: str, folder: Path | None = None) -> GrammarFile:
    """The grammar NAME.lark with its banners read. Raises GrammarError where a banner is wrong."""
    path = (folder or grammar_folder()) / f"{name}.lark"
    text = path.read_text(encoding="utf-8")
    banners: dict[str, list[str]] = {"line": [], "parser": [], "sample": [], "reject": []}
    for key, value in _BANNER.findall(text):
        banners[key].append(value)
    line_rules = []
    for value in banners["line"]:
        bound = _LINE_RULE.match(value)
        if bound is None:
            raise GrammarError(
                f"cannot read the banner `line: {value}`", where=str(path), remedy="Write: // line: RULE -> RECORD"
            )
        line_rules.append((bound[1], bound[2]))
    return GrammarFile(
        name=name,
        path=path,
        text=text,
        line_rules=tuple(line_rules),
        parser=(banners["parser"] or ["lalr"])[0],
        samples=tuple(banners["sample"]),
        rejects=tuple(banners["reject"]),
        ignores=_IGNORE.search(text) is not None,
    )


@functools.cache
def syntax_of(file: GrammarFile) -> Syntax:
    """The rules and terminals of a grammar. Raises GrammarError where Lark refuses it or a banner names what is not in it."""
    path = file.path
    try:
        grammar, _ = load_grammar(file.text, str(path), [str(path.parent)], False)  # type: ignore[no-untyped-call]  # Lark leaves it untyped
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
def line_parser(file: GrammarFile, rule: str) -> lark.Lark:
    """Lark's own parser for a line rule; its trees know their positions and keep all tokens."""
    options: dict[str, Any] = {"parser": "lalr"} if file.parser == "lalr" else {"parser": "earley", "lexer": "dynamic"}
    return lark.Lark(
        file.text,
        start=rule,
        source_path=str(file.path),
        import_paths=[str(file.path.parent)],
        propagate_positions=True,
        keep_all_tokens=True,
        **options,
    )


def parse_line(file: GrammarFile, rule: str, line: str) -> lark.Tree[Any]:
    """Lark's own reading of a line, the reference for the compiled patterns. Raises lark's UnexpectedInput."""
    return line_parser(file, rule).parse(line)
