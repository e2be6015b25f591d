"""An object that a program printed over several lines: its lines, put together for the grammar that reads it on one."""

from __future__ import annotations

import functools
import re
from dataclasses import dataclass, field

from gclog.grammar.compile import LineRule, compile_grammar
from gclog.recognise.usage import figure_names

__all__ = ["OpenObject", "open_object"]

MOST_LINES = 40
"""v8.getHeapStatistics() has 15 members, memwatch's `stats` 9; a garbage collection of perf_hooks 8 lines."""


@functools.cache
def _rule(grammar: str, name: str) -> LineRule:
    return next(rule for rule in compile_grammar(grammar).rules if rule.name == name)


@dataclass(slots=True)
class OpenObject:
    """An object whose end has not come yet.

    braced   the line that began it has its opening brace; `names`: figures that came so far, where the lines are nothing
             but figures, one each, without any brace or comma around them
    """

    line: int
    wall_ms: float | None
    text: str
    braced: bool
    names: set[str] | None
    depth: int
    lines: int = 1
    closed: bool = field(default=False)

    def take(self, text: str) -> bool:
        """Take the next line, if it belongs to the object."""
        text = text.strip()
        if self.closed or self.lines >= MOST_LINES:
            return False
        if self.names is not None:
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


def open_object(number: int, wall_ms: float | None, text: str, *, is_usage: bool) -> OpenObject | None:
    """The object that a line begins, None where it begins none. `is_usage`: the line has figures of memory.

    It begins one with an opening brace that it does not close, as the member of an object whose brace stands on a line before, or
    as a single figure, which others may follow.
    """
    text = text.strip()
    depth = _braces(text)
    if not is_usage:
        begins = _rule("perf_hooks", "entry_head").pattern.fullmatch(text) is not None
        return OpenObject(number, wall_ms, text, False, None, 0) if begins else None
    if depth > 0:
        return OpenObject(number, wall_ms, text, True, None, depth)
    if depth == 0 and text.endswith(",") and _is_member(text):
        return OpenObject(number, wall_ms, text, False, None, 0)
    names = figure_names(text)
    return OpenObject(number, wall_ms, text, False, names, 0) if len(names) == 1 else None


def _is_member(text: str) -> bool:
    return _rule("objects", "member").pattern.fullmatch(text) is not None


def _braces(text: str) -> int:
    """Opening braces less closing ones, those in quotes left out."""
    bare = re.sub(r"'[^']*'|\"[^\"]*\"", "", text)
    return bare.count("{") - bare.count("}")
