"""What Lark expected at the place where it rejected a line, in words."""

from __future__ import annotations

import lark

from gclog.grammar.load import GrammarFile
from gclog.grammar.reference import line_parser

__all__ = ["END", "expected_words", "stopped_at"]

END = "the end of the line"

WORDS = {
    "NUMBER": "a number",
    "WHOLE": "a whole number",
    "TENTH": "a number with one decimal",
    "HUNDREDTH": "a number with two decimals",
    "ADDRESS": "an address",
    "POINTER": "an address",
    "HEX": "an address",
    "BRACKETED": "a text in brackets",
    "KNOWN_REASON": "a reason",
    "OTHER_REASON": "a reason",
    "COLLECTOR_REASON": "a reason for the collector",
    "$END": END,
}
"""Words for terminals whose names do not say it; any other is shown by its name, a literal as it is in the line."""


def expected_words(file: GrammarFile, rule: str, error: lark.exceptions.UnexpectedInput) -> set[str]:
    """What could have followed at the place where the rule gave up: `"ms:"`, `a number`, `the end of the line`, ..."""
    literals = {
        terminal.name: terminal.pattern.value
        for terminal in line_parser(file, rule).terminals
        if isinstance(terminal.pattern, lark.lexer.PatternStr)
    }
    return {f'"{literals[name]}"' if name in literals else WORDS.get(name, _spoken(name)) for name in _names(error)}


def stopped_at(error: lark.exceptions.UnexpectedInput, line: str) -> int:
    """Where in the line the rule gave up, from 0; the length of a line that should have gone on."""
    at = error.pos_in_stream
    ended = isinstance(error, lark.exceptions.UnexpectedToken) and error.token.type == "$END"
    return len(line) if ended or at is None or at < 0 else int(at)


def _names(error: lark.exceptions.UnexpectedInput) -> set[str]:
    match error:
        case lark.exceptions.UnexpectedCharacters():
            return {str(name) for name in error.allowed or ()}
        case lark.exceptions.UnexpectedToken():
            return {str(name) for name in error.accepts or error.expected or ()}
        case _:
            return {str(name) for name in getattr(error, "expected", ())}


def _spoken(name: str) -> str:
    """A terminal's name in words; a pattern without a name is called a word."""
    return "a word" if name.startswith("__ANON") else name.strip("_").lower().replace("_", " ")
