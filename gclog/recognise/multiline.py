"""An object that a program printed over several lines, or the kernel's list of figures: put together for the grammar that reads
it on one line."""

from __future__ import annotations

import functools
import re
from dataclasses import dataclass, field
from typing import Literal

from gclog.grammar.compile import LineRule, compile_grammar
from gclog.model.records import MemoryUsage
from gclog.recognise.formats import load_forms
from gclog.recognise.memory_figures import figure_names

__all__ = ["OpenObject", "open_object"]

MOST_LINES = 40
"""v8.getHeapStatistics() has 15 members, memwatch's `stats` 8 or 19; a garbage collection of perf_hooks 8 lines."""

MOST_STATS = 100
"""The kernel lists 38 figures of a cgroup of version 1, and up to 70 of version 2 (memory.stat)."""

STATS = "cgroup_stats"
"""The rule of the line that the kernel's figures of a cgroup follow."""

MOST_PROFILE_LINES = 100_000
"""A GC profile has 6 lines a collection where console.log leaves out the sizes, some 200 with them; and 100 collections then."""

ObjectKind = Literal["members", "figures", "profile", "stats"]

MOST: dict[ObjectKind, int] = {"profile": MOST_PROFILE_LINES, "stats": MOST_STATS}
"""Lines of an object, at most, where not MOST_LINES."""


@functools.cache
def _rule(grammar: str, name: str) -> LineRule:
    return next(rule for rule in compile_grammar(grammar).rules if rule.name == name)


@dataclass(slots=True)
class OpenObject:
    """An object whose end has not come yet.

    kind     members: `name: value,` lines; figures: lines that are nothing but figures, one each, without any brace or comma
             around them; profile: what v8.GCProfiler gave; stats: the kernel's list of a cgroup's figures
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
        return self.kind in ("figures", "stats")

    def take(self, text: str) -> bool:
        """Take the next line, if it belongs to the object."""
        text = text.strip()
        if self.closed or len(self.parts) >= MOST.get(self.kind, MOST_LINES):
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
                if not _reads("gc_profiler", "profile_begin" if len(self.parts) == 1 else "profile_part", text):
                    return False
            case "stats":
                if not _reads("messages", "cgroup_stat", text):
                    return False
        self.parts.append(text)
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
        if load_forms().openings.read(text) is not None:
            return OpenObject(number, wall_ms, [text], "members", braced=depth > 0, depth=depth)
        return OpenObject(number, wall_ms, [text], "profile") if _reads("gc_profiler", "profile_head", text) else None
    if rule.name == STATS:
        return OpenObject(number, wall_ms, [text], "stats") if text.endswith(":") else None
    if rule.record is not MemoryUsage:
        return None
    if depth > 0:
        return OpenObject(number, wall_ms, [text], "members", braced=True, depth=depth)
    if depth == 0 and text.endswith(",") and _is_member(text):
        return OpenObject(number, wall_ms, [text], "members")
    names = figure_names(text)
    return OpenObject(number, wall_ms, [text], "figures", names=names) if len(names) == 1 else None


def _reads(grammar: str, name: str, text: str) -> bool:
    return _rule(grammar, name).pattern.fullmatch(text) is not None


def _is_member(text: str) -> bool:
    return _reads("objects", "member", text)


def _braces(text: str) -> int:
    """Opening braces less closing ones, those in quotes left out."""
    bare = re.sub(r"'[^']*'|\"[^\"]*\"", "", text)
    return bare.count("{") - bare.count("}")
