"""Which lines are worth a look: one pass over a buffer for all the words by which a line may be one of a set of rules."""

from __future__ import annotations

import re
from collections.abc import Iterable

import ahocorasick_rs

from gclog.errors import GrammarError
from gclog.grammar.compile import LineRule

__all__ = ["Gate"]


def _all_literals(rules: Iterable[LineRule]) -> set[str]:
    wanted: set[str] = set()
    for rule in rules:
        if not rule.literals:
            raise GrammarError(f"rule `{rule.name}` needs a literal that all its lines contain", where=str(rule.file.path))
        wanted |= rule.literals
    return wanted


class Gate:
    """Finds the lines that one of the rules could read, and few others. Raises GrammarError for a rule without a literal."""

    def __init__(self, rules: Iterable[LineRule], heads: Iterable[str] = ()) -> None:
        """`heads`: patterns that have no literal, and are looked for beside."""
        wanted: set[str] = set()
        for literal in sorted(_all_literals(rules), key=lambda text: (len(text), text)):
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
