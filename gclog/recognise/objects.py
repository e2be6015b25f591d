"""An object that a program printed over several lines: its lines, put together for the grammar that reads it on one."""

from __future__ import annotations

import functools
import re
from dataclasses import dataclass, field
from typing import Literal

from gclog.grammar.compile import LineRule, compile_grammar
from gclog.recognise.usage import figure_names

__all__ = ["OpenObject", "open_object"]

MOST_LINES = 40
"""v8.getHeapStatistics() has 15 members, memwatch's `stats` 9; a garbage collection of perf_hooks 8 lines."""

MOST_PROFILE_LINES = 100_000
"""A GC profile has 6 lines a collection where console.log leaves out the sizes, some 200 with them; and 100 collections then."""

ObjectKind = Literal["members", "figures", "profile"]


@functools.cache
def _rule(grammar: str, name: str) -> LineRule:
    return next(rule for rule in compile_grammar(grammar).rules if rule.name == name)


@dataclass(slots=True)
class OpenObject:
    """An object whose end has not come yet.

    kind     members: `name: value,` lines; figures: lines that are nothing but figures, one each, without any brace or comma
             around them; profile: what v8.GCProfiler gave
    braced   the line that began it has its opening brace; `names`: figures that came so far
    """

    line: int
    wall_ms: float | None
    parts: list[str]
    kind: ObjectKind
    braced: bool = False
    depth: int = 0
    names: set[str] = field(default_factory=set)
    closed: bool = False

    @property
    def text(self) -> str:
        """Its lines so far, on one."""
        return " ".join(self.parts)

    @property
    def is_sure(self) -> bool:
        """Whether its lines so far can only be what they are taken for."""
        return self.kind != "profile" or len(self.parts) > 1

    @property
    def may_be_whole(self) -> bool:
        """Whether its end may have been reached without a sign of it: figures have none."""
        return self.kind == "figures"

    def take(self, text: str) -> bool:
        """Take the next line, if it belongs to the object."""
        text = text.strip()
        if self.closed or len(self.parts) >= (MOST_PROFILE_LINES if self.kind == "profile" else MOST_LINES):
            return False
        match self.kind:
            case "figures":
                news = figure_names(text)
                if len(news) != 1 or news & self.names:
                    return False
                self.names |= news
            case "members":
                if not _is_member(text):
                    return False
            case "profile":
                rule = _rule("gc_profiler", "profile_begin" if len(self.parts) == 1 else "profile_part")
                if rule.pattern.fullmatch(text) is None:
                    return False
        self.parts.append(text)
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
        if _rule("perf_hooks", "entry_head").pattern.fullmatch(text) is not None:
            return OpenObject(number, wall_ms, [text], "members")
        if _rule("gc_profiler", "profile_head").pattern.fullmatch(text) is not None:
            return OpenObject(number, wall_ms, [text], "profile")
        return None
    if depth > 0:
        return OpenObject(number, wall_ms, [text], "members", braced=True, depth=depth)
    if depth == 0 and text.endswith(",") and _is_member(text):
        return OpenObject(number, wall_ms, [text], "members")
    names = figure_names(text)
    return OpenObject(number, wall_ms, [text], "figures", names=names) if len(names) == 1 else None


def _is_member(text: str) -> bool:
    return _rule("objects", "member").pattern.fullmatch(text) is not None


def _braces(text: str) -> int:
    """Opening braces less closing ones, those in quotes left out."""
    bare = re.sub(r"'[^']*'|\"[^\"]*\"", "", text)
    return bare.count("{") - bare.count("}")
