"""Which lines are worth reading: one pass over a buffer for all the words by which a line may be one of a set of rules."""

from __future__ import annotations

import functools
import re
from collections.abc import Iterable

import ahocorasick_rs

from gclog.errors import GrammarError
from gclog.grammar.compile import LineRule

__all__ = ["Gate", "gate_of", "words_of"]


def words_of(rules: Iterable[LineRule]) -> tuple[bytes, ...]:
    """Words of which every line that one of the rules reads has at least one. Raises GrammarError for a rule without a literal."""
    literals: set[str] = set()
    for rule in rules:
        if not rule.literals:
            raise GrammarError(f"rule `{rule.name}` needs a literal that all its lines contain", where=str(rule.file.path))
        literals |= rule.literals
    wanted: set[str] = set()
    for literal in sorted(literals, key=lambda text: (len(text), text)):
        if not any(other in literal for other in wanted):
            wanted.add(literal)
    return tuple(literal.encode() for literal in sorted(wanted))


class Gate:
    """Finds the lines that have one of some words, or in which one of some patterns is found."""

    def __init__(self, words: tuple[bytes, ...], heads: tuple[bytes, ...] = ()) -> None:
        """`heads`: patterns of beginnings without a word, which are searched for separately."""
        self.words, self.heads = words, heads
        self._words = ahocorasick_rs.BytesAhoCorasick(words, implementation=ahocorasick_rs.Implementation.DFA)
        self._heads = [re.compile(head) for head in heads]

    def opens(self, line: bytes) -> bool:
        """Whether some rule might read a line."""
        return bool(self._words.find_matches_as_indexes(line)) or any(head.search(line) for head in self._heads)

    def places(self, data: bytes) -> list[int]:
        """Offsets in a buffer, ascending, at least one in every line that might be read. No match goes beyond the end of its line."""
        places = [start for _, start, _ in self._words.find_matches_as_indexes(data)]
        for head in self._heads:
            places += [found.start() for found in head.finditer(data)]
        return sorted(places) if self._heads else places


gate_of = functools.cache(Gate)
"""The gate of some words and heads, made once per process."""
