"""A small heap plot in characters: the heap after each collection, the live set, the limit, the death.

Braille patterns have two by four dots per character; plain ASCII is used if the output cannot show them.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field

from gclog import units
from gclog.model.report import ProcessReport
from gclog.model.verdict import Limit
from gclog.report.draw.scale import LIMIT_IN_VIEW, round_ticks
from gclog.report.say.process import death_name

__all__ = ["PlotLine", "plot_heap"]

BRAILLE = 0x2800
DOTS = ((0x01, 0x08), (0x02, 0x10), (0x04, 0x20), (0x40, 0x80))
"""Unicode's bit for the dot in a row (of four) and column (of two) of a braille pattern."""

PLOT_HEIGHT = 10
MARGIN = 10
"""Columns left of the axis: room for `1023.9 MB `."""

HEADROOM, MAX_STEPS = 1.02, 6
"""The scale ends at the first round number above HEADROOM times the largest value, in at most MAX_STEPS steps."""

Styled = tuple[str, str]
PlotLine = tuple[Styled, ...]
"""Segments of one line: text and its role (axis, after, live, limit, death)."""

PRIORITY = {"": 0, "after": 1, "limit": 2, "live": 3, "death": 4}
ASCII_OF_ROLE = {"after": ".", "limit": "-", "live": "o", "death": "X"}
LEGEND_UNICODE = {
    "after": "⠒ heap after GC",
    "live": "⠶ live set (after full GC)",
    "limit": "┄ limit",
    "death": "╳ {death}",
}
LEGEND_ASCII = {"after": ". heap after GC", "live": "o live set (after full GC)", "limit": "- limit", "death": "X {death}"}


@dataclass(slots=True)
class _Canvas:
    columns: int
    rows: int
    bits: list[list[int]] = field(default_factory=list)
    roles: list[list[str]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.bits = [[0] * self.columns for _ in range(self.rows)]
        self.roles = [[""] * self.columns for _ in range(self.rows)]

    def dot(self, x_share: float, y_share: float, role: str) -> None:
        """Set the dot at 0..1 from the left and 0..1 from the bottom."""
        x = min(int(x_share * self.columns * 2), self.columns * 2 - 1)
        y = min(int((1 - y_share) * self.rows * 4), self.rows * 4 - 1)
        row, column = y // 4, x // 2
        self.bits[row][column] |= DOTS[y % 4][x % 2]
        if PRIORITY[role] > PRIORITY[self.roles[row][column]]:
            self.roles[row][column] = role

    def character(self, row: int, column: int, braille: bool) -> str:
        role = self.roles[row][column]
        if not role:
            return " "
        if not braille:
            return ASCII_OF_ROLE[role]
        if role == "limit":
            return "┄"
        return "╳" if role == "death" else chr(BRAILLE | self.bits[row][column])


def plot_heap(process: ProcessReport, *, width: int, braille: bool = True) -> list[PlotLine]:
    """The plot's lines, none wider than `width`; empty if there are fewer than two points to draw."""
    series = process.series
    points = [
        (at, mb) for at, mb in zip(series.at_ms, series.used_after_mb, strict=True) if not math.isnan(mb) and not math.isnan(at)
    ]
    if len(points) < 2:
        return []
    largest = max([mb for _, mb in points] + [mb for mb in series.full_after_mb if not math.isnan(mb)])
    limit = process.limit.mb if isinstance(process.limit, Limit) and math.isfinite(process.limit.mb) else None
    drawn_limit = limit if limit is not None and limit <= LIMIT_IN_VIEW * largest else None
    top = round_ticks(max(largest, drawn_limit or 0.0) * HEADROOM, MAX_STEPS)[-1]
    death = None if process.crash is None else process.crash.at_ms
    first = points[0][0]
    last = max(points[-1][0], death if death is not None else points[-1][0])
    canvas = _Canvas(columns=max(width - MARGIN - 1, 10), rows=PLOT_HEIGHT)
    extent = (last - first) or 1.0

    def across(at_ms: float) -> float:
        return min(max((at_ms - first) / extent, 0.0), 1.0)

    if drawn_limit is not None:
        for column in range(canvas.columns):
            canvas.dot((column + 0.25) / canvas.columns, drawn_limit / top, "limit")
    for at, mb in points:
        canvas.dot(across(at), mb / top, "after")
    for at, mb in zip(series.full_at_ms, series.full_after_mb, strict=True):
        if not math.isnan(mb):
            canvas.dot(across(at), mb / top, "live")
    if death is not None:
        canvas.dot(across(death), largest / top, "death")
    shown = (
        ["after"] + ["live"] * bool(series.full_at_ms) + ["limit"] * (drawn_limit is not None) + ["death"] * (death is not None)
    )
    return [
        *_body(canvas, top, drawn_limit, braille),
        *_axis(canvas.columns, first, last, braille),
        *_legend(shown, death_name(process), limit if drawn_limit is None else None, braille),
    ]


def _body(canvas: _Canvas, top: float, limit: float | None, braille: bool) -> list[PlotLine]:
    bar = "│" if braille else "|"
    labels = {0: units.mb(top), canvas.rows // 2: units.mb(top / 2)}
    if limit is not None:
        row = min(int((1 - limit / top) * canvas.rows), canvas.rows - 1)
        labels = {at: text for at, text in labels.items() if abs(at - row) > 1} | {row: units.mb(limit)}
    lines: list[PlotLine] = []
    for row in range(canvas.rows):
        segments: list[Styled] = [(f"{labels.get(row, ''):>{MARGIN - 1}} {bar}", "axis")]
        for column in range(canvas.columns):
            segments.append((canvas.character(row, column, braille), canvas.roles[row][column] or "axis"))
        lines.append(_joined(segments))
    return lines


def _joined(segments: list[Styled]) -> PlotLine:
    """The segments, with neighbours of the same role merged."""
    joined: list[Styled] = []
    for text, role in segments:
        if joined and joined[-1][1] == role:
            joined[-1] = (joined[-1][0] + text, role)
        else:
            joined.append((text, role))
    return tuple(joined)


def _axis(columns: int, first: float, last: float, braille: bool) -> list[PlotLine]:
    corner, dash = ("└", "─") if braille else ("+", "-")
    left, right = units.clock(first), units.clock(last)
    middle = units.clock((first + last) / 2)
    label = left + middle.center(columns - len(left) - len(right)) + right
    if len(left) + len(middle) + len(right) + 4 > columns:
        label = left + " " * max(columns - len(left) - len(right), 1) + right
    return [((f"{0:>{MARGIN - 4}} MB {corner}{dash * columns}", "axis"),), ((" " * (MARGIN + 1) + label, "axis"),)]


def _legend(shown: list[str], death: str, limit_out_of_view: float | None, braille: bool) -> list[PlotLine]:
    names = LEGEND_UNICODE if braille else LEGEND_ASCII
    segments: list[Styled] = [(" " * (MARGIN + 1), "axis")]
    for role in shown:
        segments += [(names[role].format(death=death), role), ("   ", "axis")]
    if limit_out_of_view is not None:
        segments.append((f"the limit, {units.mb(limit_out_of_view)}, is far above this picture", "axis"))
    return [tuple(segments)]
