"""An object that a program printed over several lines, or the kernel's list of figures: put together for the grammar that reads
it on one line."""

from __future__ import annotations

import functools
import re
from dataclasses import dataclass, field

from gclog.grammar.compile import LineRule, compile_grammar
from gclog.recognise.forms import load_forms
from gclog.recognise.usage import figure_names
from gclog.records import MemoryUsage

__all__ = ["OpenObject", "open_object"]

MOST_LINES = 40
"""v8.getHeapStatistics() has 15 members, memwatch's `stats` 8 or 19; a garbage collection of perf_hooks 8 lines."""

MOST_STATS = 100
"""The kernel lists 38 figures of a cgroup of version 1, and up to 70 of version 2 (memory.stat)."""

STATS = "cgroup_stats"
"""The rule of the line that the kernel's figures of a cgroup follow."""


@functools.cache
def _rule(grammar: str, name: str) -> LineRule:
    return next(rule for rule in compile_grammar(grammar).rules if rule.name == name)


@dataclass(slots=True)
class OpenObject:
    """An object whose end has not come yet.

    braced   the line that began it has its opening brace; `names`: figures that came so far, where the lines are nothing
             but figures, one each, without any brace or comma around them
    listed   no object but a list of the kernel's
    """

    line: int
    wall_ms: float | None
    text: str
    braced: bool
    names: set[str] | None
    depth: int
    lines: int = 1
    closed: bool = field(default=False)
    listed: bool = False

    def take(self, text: str) -> bool:
        """Take the next line, if it belongs to the object."""
        text = text.strip()
        if self.closed or self.lines >= (MOST_STATS if self.listed else MOST_LINES):
            return False
        if self.listed:
            if not _reads("messages", "cgroup_stat", text):
                return False
        elif self.names is not None:
            news = figure_names(text)
            if len(news) != 1 or news & self.names:
                return False
            self.names |= news
        elif not _is_member(text):
            return False
        self.text = f"{self.text} {text}"
        self.lines += 1
        self.depth += _braces(text)
        self.closed = self.depth < 0 or (self.braced and self.depth == 0)
        return True


def open_object(number: int, wall_ms: float | None, text: str, rule: LineRule | None) -> OpenObject | None:
    """The object that a line begins, None where it begins none. `rule`: the one that reads the line, if any.

    A line with figures of memory begins one with an opening brace that it does not close, as the member of an object whose brace
    stands on a line before, or as a single figure, which others may follow.
    """
    text = text.strip()
    depth = _braces(text)
    if rule is None:
        begins = load_forms().openings.read(text) is not None
        return OpenObject(number, wall_ms, text, depth > 0, None, depth) if begins else None
    if rule.name == STATS:
        return OpenObject(number, wall_ms, text, False, None, 0, listed=True) if text.endswith(":") else None
    if rule.record is not MemoryUsage:
        return None
    if depth > 0:
        return OpenObject(number, wall_ms, text, True, None, depth)
    if depth == 0 and text.endswith(",") and _is_member(text):
        return OpenObject(number, wall_ms, text, False, None, 0)
    names = figure_names(text)
    return OpenObject(number, wall_ms, text, False, names, 0) if len(names) == 1 else None


def _reads(grammar: str, name: str, text: str) -> bool:
    return _rule(grammar, name).pattern.fullmatch(text) is not None


def _is_member(text: str) -> bool:
    return _reads("objects", "member", text)


def _braces(text: str) -> int:
    """Opening braces less closing ones, those in quotes left out."""
    bare = re.sub(r"'[^']*'|\"[^\"]*\"", "", text)
    return bare.count("{") - bare.count("}")
