"""What the HTML report's template needs of a profile: its drawings, its rows, its call trees as nested lists."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from markupsafe import Markup, escape

from gclog.model.not_known import NotKnown
from gclog.model.profile import STATES, CallNode, Category, Frame, Profile
from gclog.model.report import ProfileReport
from gclog.report.draw.flame import bottom_up_flame, cut_sentence, flame_data, shown_categories, top_down_flame
from gclog.report.draw.flame_svg import draw_flame_svg
from gclog.report.draw.heap import Picture
from gclog.report.draw.profile import STATE_GROUPS, draw_committed, draw_joined_pauses, draw_states
from gclog.report.draw.svg import draw_svg
from gclog.report.render.markdown import render_card
from gclog.report.say.profile import (
    FunctionRow,
    ShareRow,
    allocation_rows,
    category_rows,
    counted_ticks,
    function_rows,
    state_rows,
    summary_rows,
)
from gclog.report.say.profile_sections import card_of

__all__ = ["Branch", "ProfileSection", "StaticDrawing", "TreeLine", "make_profile_sections"]

DETAILED_PROFILES = 16
"""Profiles with a section of their own; the others are counted."""

FLAMES = 6
"""Profiles with a flame graph, the first ones: a process and its workers."""

BOXES = 24_000
"""Boxes of all flame graphs of a page, both directions together: some 15 bytes each."""

STATIC_BOXES = 320
"""Boxes of a static flame graph: narrower ones are a line on paper."""

FUNCTIONS = 25
"""Rows of the table of functions."""

LEAST_SHARE = 0.01
"""Of all ticks: the lists of the call trees end there."""

DEEPEST = 40
"""Levels of nested lists, chains of only children counted once: a page indents no further."""

OPEN_SHARE = 0.1
"""Of all ticks: a branch of so many is open from the start, for paper and for where nothing can be clicked."""


@dataclass(frozen=True, slots=True)
class StaticDrawing:
    """A picture without a script's part."""

    key: str
    picture: Picture
    static: Markup


@dataclass(frozen=True, slots=True)
class TreeLine:
    """A node of a call tree."""

    frame: Frame
    self_ticks: int
    total_ticks: int


@dataclass(frozen=True, slots=True)
class Branch:
    """A node with the only children below it, each of the same ticks, and what then branches; `rest_ticks` are not listed."""

    lines: tuple[TreeLine, ...]
    children: tuple[Branch, ...]
    rest_ticks: int
    is_open: bool


@dataclass(frozen=True, slots=True)
class ProfileSection:
    """A profile and what the page shows of it. `flame` (static; `cut` says how it was cut) is empty where
    there are no ticks, or too many profiles before it."""

    key: str
    report: ProfileReport
    flame: Markup
    cut: str
    categories: list[Category]
    pictures: list[StaticDrawing]
    functions: tuple[FunctionRow, ...]
    heavy: tuple[Branch, ...]
    calls: tuple[Branch, ...]
    markdown: Markup

    @property
    def profile(self) -> Profile:
        return self.report.profile

    @property
    def whole(self) -> int:
        """The ticks that shares are of."""
        return counted_ticks(self.report.profile)

    @property
    def category_rows(self) -> list[tuple[str, ShareRow]]:
        """Rows by category, with the class of their colour."""
        rows = zip(self.profile.categories, category_rows(self.profile), strict=True)
        return [(f"cat-{own.category}", row) for own, row in rows]

    @property
    def summary_rows(self) -> list[tuple[str, ShareRow]]:
        """Rows by kind of code, in no colour of their own."""
        return [("share", row) for row in summary_rows(self.profile)]

    @property
    def state_rows(self) -> list[tuple[str, ShareRow]]:
        """Rows by VM state, in the colour of their group."""
        group_of = {state: role for role, _, states in STATE_GROUPS for state in states}
        return [(group_of[STATES[state]], row) for state, row in state_rows(self.profile)]

    @property
    def windows(self) -> tuple[tuple[str, str, str, str], ...]:
        """Rows of the stretches of most allocation."""
        return () if isinstance(self.report.gc, NotKnown) else allocation_rows(self.report.gc, self.profile)


def make_profile_sections(reports: Sequence[ProfileReport]) -> tuple[list[ProfileSection], dict[str, Any]]:
    """The sections, and the data of their flame graphs by key."""
    drawn = min(len(reports), FLAMES)
    flames: dict[str, Any] = {}
    sections = []
    for number, report in enumerate(reports[:DETAILED_PROFILES]):
        key = f"t{number + 1}"
        flame, cut, categories = Markup(""), "", list[Category]()
        if number < drawn and counted_ticks(report.profile):
            down = top_down_flame(report.profile, BOXES // 2 // drawn)
            up = bottom_up_flame(report.profile, BOXES // 2 // drawn)
            flames[key] = flame_data(report.profile, down, up)
            static = top_down_flame(report.profile, STATIC_BOXES)
            flame = draw_flame_svg(report.profile, static, f"{key}-flames")
            cut, categories = cut_sentence(static), shown_categories(report.profile, down)
        sections.append(_section(key, report, flame, cut, categories))
    return sections, flames


def _section(key: str, report: ProfileReport, flame: Markup, cut: str, categories: list[Category]) -> ProfileSection:
    profile = report.profile
    least = LEAST_SHARE * counted_ticks(profile)
    drawn = (("states", draw_states(report)), ("heap", draw_committed(report)), ("pauses", draw_joined_pauses(report)))
    return ProfileSection(
        key=key,
        report=report,
        flame=flame,
        cut=cut,
        categories=categories,
        pictures=[
            StaticDrawing(f"{key}-{name}", picture, draw_svg(picture, f"{key}-{name}"))
            for name, picture in drawn
            if picture is not None
        ],
        functions=tuple(row for row in function_rows(profile, FUNCTIONS) if row.self_ticks),
        heavy=_branches(profile, profile.bottom_up, least, DEEPEST)[0],
        calls=_branches(profile, profile.top_down, least, DEEPEST)[0],
        markdown=escape(render_card(*card_of(report))),
    )


def _branches(profile: Profile, node: CallNode, least: float, levels: int) -> tuple[tuple[Branch, ...], int]:
    """The children worth a line, and the ticks of the others."""
    if not levels:
        return (), sum(child.total_ticks for child in node.children)
    listed = [child for child in node.children if child.total_ticks >= least]
    rest = sum(child.total_ticks for child in node.children) - sum(child.total_ticks for child in listed)
    return tuple(_branch(profile, child, least, levels) for child in listed), rest


def _branch(profile: Profile, node: CallNode, least: float, levels: int) -> Branch:
    lines = [_line(profile, node)]
    while len(node.children) == 1 and node.children[0].total_ticks == node.total_ticks:
        node = node.children[0]
        lines.append(_line(profile, node))
    children, rest = _branches(profile, node, least, levels - 1)
    return Branch(tuple(lines), children, rest, node.total_ticks >= OPEN_SHARE * counted_ticks(profile))


def _line(profile: Profile, node: CallNode) -> TreeLine:
    return TreeLine(profile.frames[node.frame], node.self_ticks, node.total_ticks)
