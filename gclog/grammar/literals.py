"""What every line of a rule must contain: literals without which a line can be skipped, before any pattern is tried.

Derived from the compiled patterns, so that no list of keywords has to be maintained beside the grammars.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from re import _constants as op  # the standard library's parser of patterns has no public name from 3.11 on
from re import _parser
from typing import Any

__all__ = ["Literals", "literals_of"]

_ESCAPED_BY_ENVELOPES = re.compile(r"[<>&\"'\\]+")
"""What an envelope may have escaped (HTML entities, JSON): a literal is searched for without it."""

SHORTEST = 3
"""A shorter literal would be found in too many lines that are not V8's."""

Literals = frozenset[str]
NONE: Literals = frozenset()


def literals_of(source: str) -> Literals:
    """A set of texts of which every line that a pattern matches contains at least one; empty if there is none."""
    return _of_sequence(_parser.parse(source))


def _of_sequence(nodes: Iterable[tuple[Any, Any]]) -> Literals:
    """The best set of a sequence: that of one of its parts, or a run of its characters."""
    best, run = NONE, ""
    for kind, argument in nodes:
        if kind is op.LITERAL:
            run += chr(argument)
            continue
        best, run = _better(best, _of_run(run)), ""
        best = _better(best, _of_node(kind, argument))
    return _better(best, _of_run(run))


def _of_run(run: str) -> Literals:
    longest = max((text.strip() for text in _ESCAPED_BY_ENVELOPES.split(run)), key=len)
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
    """Long literals are found in fewer lines; few are cheaper to search for."""
    return (min(map(len, literals)), -len(literals)) if literals else (0, 0)
