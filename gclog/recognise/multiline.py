"""An object or a table that a program printed over several lines, or the kernel's list of figures: joined into the one line that its
grammar reads."""

from __future__ import annotations

import functools
import re
from dataclasses import dataclass, field
from typing import Literal

from gclog.grammar.compile import LineRule, compile_grammar
from gclog.model.records import MemoryUsage
from gclog.recognise.formats import load_formats
from gclog.recognise.memory_figures import LoneFigure, column_names, lone_figure, row_cells
from gclog.recognise.rows import Origin

__all__ = ["OpenObject", "open_object"]

MOST_LINES = 40
"""v8.getHeapStatistics() has 15 members, memwatch's `stats` 8 or 19; a garbage collection of perf_hooks 8 lines."""

MOST_STATS = 100
"""The kernel lists 38 figures of a cgroup of version 1, and up to 70 of version 2 (memory.stat)."""

TEST = "test_usage"
"""The rule of a test runner's lines, which end with their one figure."""

STATS = "cgroup_stats"
"""The rule of the line after which the kernel lists the figures of a cgroup."""

FILE = "cgroup_head"
"""The rule of the line that names a file of a cgroup, whose contents are on the next line."""

MOST_PROFILE_LINES = 100_000
"""A GC profile has 6 lines per collection if console.log leaves out the sizes; with them some 200, and then 100 collections."""

ObjectKind = Literal["members", "figures", "table", "profile", "stats", "file"]

MOST: dict[ObjectKind, int] = {"profile": MOST_PROFILE_LINES, "stats": MOST_STATS}
"""The most lines of an object of a kind, if not MOST_LINES."""


RULER = re.compile(r"[├┌└][─┬┴┼]+[┤┐┘]")
"""A line that console.table() draws between its rows."""


@functools.cache
def _rule(grammar: str, name: str) -> LineRule:
    return next(rule for rule in compile_grammar(grammar).rules if rule.name == name)


@dataclass(slots=True)
class OpenObject:
    """An object whose end has not come yet.

    kind     members: lines `name: value,`; figures: lines with one figure each, with the same words around it, if any; table: the
             head of columns and a row of console.table(); profile: what v8.GCProfiler gave; stats: the kernel's list of a
             cgroup's figures; file: a file of a cgroup, whose number is on the next line
    braced   the line that began it has its opening brace
    figures  the figures so far
    columns  the names of the table's columns
    """

    origin: Origin
    parts: list[str]
    kind: ObjectKind
    braced: bool = False
    depth: int = 0
    figures: set[LoneFigure] = field(default_factory=set)
    columns: tuple[str, ...] = ()
    closed: bool = False

    @property
    def text(self) -> str:
        """Its lines so far, joined into one."""
        return " ".join(self.parts)

    @property
    def is_sure(self) -> bool:
        """Whether its lines so far can be nothing else than what they are taken for."""
        return self.kind not in ("profile", "table", "file") or len(self.parts) > 1

    @property
    def may_be_whole(self) -> bool:
        """Whether its end may have come already: nothing marks the end of figures."""
        return self.kind in ("figures", "stats")

    def take(self, text: str) -> bool:
        """Take the next line, if it belongs to the object."""
        text = text.strip()
        if self.closed or len(self.parts) >= MOST.get(self.kind, MOST_LINES):
            return False
        match self.kind:
            case "table":
                return self._take_row(text)
            case "figures":
                new = lone_figure(text)
                if new is None or not _belongs(new, self.figures):
                    return False
                self.figures.add(new)
            case "members":
                if not _is_member(text):
                    return False
            case "profile":
                if not _reads("gc_profiler", "profile_begin" if len(self.parts) == 1 else "profile_part", text):
                    return False
            case "file":
                if not text.isdecimal():
                    return False
                self.closed = True
            case "stats":
                if not _reads("kernel", "cgroup_stat", text):
                    return False
        self.parts.append(text)
        self.depth += _braces(text)
        self.closed = self.closed or self.depth < 0 or (self.braced and self.depth == 0)
        return True

    def _take_row(self, text: str) -> bool:
        """Take the line below the head of a table, or its first row, as `name: value` for each column."""
        if RULER.fullmatch(text) is not None:
            return True
        cells = row_cells(text)
        if len(cells) != len(self.columns):
            return False
        self.parts = [", ".join(f"{name}: {cell}" for name, cell in zip(self.columns, cells, strict=True))]
        self.closed = True
        return True


def open_object(origin: Origin, text: str, rule: LineRule | None) -> OpenObject | None:
    """The object that a line begins, if it begins one. `rule`: the one that reads the line, if any.

    A line with figures of memory begins one if it has an opening brace that it does not close, if it is the member of an object
    whose brace is on a line before, or if it has a single figure, which others may follow.
    """
    text = text.strip()
    depth = _braces(text)
    if rule is None:
        if (opened := load_formats().openings.read(text)) is not None:
            if opened[0].name == FILE:
                return OpenObject(origin, [text], "file")
            return OpenObject(origin, [text], "members", braced=depth > 0, depth=depth)
        if columns := column_names(text):
            return OpenObject(origin, [text], "table", columns=columns)
        return OpenObject(origin, [text], "profile") if _reads("gc_profiler", "profile_head", text) else None
    if rule.name == STATS:
        return OpenObject(origin, [text], "stats") if text.endswith(":") else None
    if rule.record is not MemoryUsage or rule.name == TEST:
        return None
    if depth > 0:
        return OpenObject(origin, [text], "members", braced=True, depth=depth)
    if depth == 0 and text.endswith(",") and _is_member(text):
        return OpenObject(origin, [text], "members")
    figure = lone_figure(text)
    return OpenObject(origin, [text], "figures", figures={figure}) if figure is not None else None


def _belongs(new: LoneFigure, known: set[LoneFigure]) -> bool:
    """Whether a figure goes on a reading: another one, with the same words around it."""
    return all(new.name != figure.name and new.around == figure.around for figure in known)


def _reads(grammar: str, name: str, text: str) -> bool:
    return _rule(grammar, name).pattern.fullmatch(text) is not None


def _is_member(text: str) -> bool:
    return _reads("objects", "member", text)


def _braces(text: str) -> int:
    """Opening braces minus closing ones, not counting those in quotes."""
    bare = re.sub(r"'[^']*'|\"[^\"]*\"", "", text)
    return bare.count("{") - bare.count("}")
