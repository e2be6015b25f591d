"""What every line of a rule must contain: the literals by which a line can be passed over without trying its patterns.

Derived from the compiled patterns, so that no list of keywords has to be kept beside the grammars.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Iterable
from re import _constants as op  # the standard library's parser of patterns has no public name from 3.11 on
from re import _parser
from typing import Any

import ahocorasick_rs

from gclog.errors import GrammarError
from gclog.grammar.compile import LineRule

__all__ = ["Gate", "required_literals"]

_ESCAPED_BY_ENVELOPES = re.compile(r"[<>&\"'\\]+")
"""What an envelope may have escaped (HTML entities, JSON): a literal is looked for without it."""

SHORTEST = 3
"""A literal of fewer characters would stop at too many lines that are not V8's."""

Literals = frozenset[str]
NONE: Literals = frozenset()


@functools.cache
def required_literals(rule: LineRule) -> Literals:
    """A set of texts of which every line of the rule contains at least one. Raises GrammarError if the rule has no such set."""
    found = _of_sequence(_parser.parse(rule.source))
    if not found:
        raise GrammarError(f"rule `{rule.name}` needs a literal that all its lines contain", where=str(rule.file.path))
    return found


def _of_sequence(nodes: Iterable[tuple[Any, Any]]) -> Literals:
    """The best set that a sequence has: that of one of its parts, or a run of its characters."""
    best, run = NONE, ""
    for kind, argument in nodes:
        if kind is op.LITERAL:
            run += chr(argument)
            continue
        best, run = _better(best, _of_run(run)), ""
        best = _better(best, _of_node(kind, argument))
    return _better(best, _of_run(run))


def _of_run(run: str) -> Literals:
    longest = max((piece.strip() for piece in _ESCAPED_BY_ENVELOPES.split(run)), key=len)
    return frozenset({longest}) if len(longest) >= SHORTEST else NONE


def _of_node(kind: Any, argument: Any) -> Literals:
    if kind is op.SUBPATTERN:
        _, flags, _, nodes = argument
        return NONE if flags & re.IGNORECASE else _of_sequence(nodes)
    if kind in (op.MAX_REPEAT, op.MIN_REPEAT, op.POSSESSIVE_REPEAT):
        least, _, nodes = argument
        return _of_sequence(nodes) if least else NONE
    if kind is op.ATOMIC_GROUP:
        return _of_sequence(argument)
    if kind is op.BRANCH:
        sets = [_of_sequence(nodes) for nodes in argument[1]]
        return NONE.union(*sets) if all(sets) else NONE
    return NONE


def _better(one: Literals, other: Literals) -> Literals:
    return max(one, other, key=_worth)


def _worth(literals: Literals) -> tuple[int, int]:
    """Long literals stop at fewer lines; few are cheaper to look for."""
    return (min(map(len, literals)), -len(literals)) if literals else (0, 0)


class Gate:
    """Finds the lines that one of the rules could read, and few others."""

    def __init__(self, rules: Iterable[LineRule], heads: Iterable[str] = ()) -> None:
        """`heads`: patterns that have no literal, and are looked for beside."""
        wanted: set[str] = set()
        for literal in sorted(NONE.union(*(required_literals(rule) for rule in rules)), key=lambda text: (len(text), text)):
            if not any(other in literal for other in wanted):
                wanted.add(literal)
        literals = [literal.encode() for literal in sorted(wanted)]
        self._literals = ahocorasick_rs.BytesAhoCorasick(literals, implementation=ahocorasick_rs.Implementation.DFA)
        self._heads = [re.compile(head.encode()) for head in heads]

    def opens(self, line: bytes) -> bool:
        """Whether a line could be read."""
        return bool(self._literals.find_matches_as_indexes(line)) or any(head.search(line) for head in self._heads)

    def places(self, data: bytes) -> list[int]:
        """Offsets in a buffer, ascending, with at least one in every line that could be read. No match reaches beyond a line's end."""
        places = [start for _, start, _ in self._literals.find_matches_as_indexes(data)]
        for head in self._heads:
            places += [found.start() for found in head.finditer(data)]
        return sorted(places) if self._heads else places
