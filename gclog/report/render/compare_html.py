"""A comparison as one HTML file: the answer, the changes, the heaps of both sides on one scale. It loads nothing.

The pictures are static drawings; a Content-Security-Policy forbids all scripts but the one that copies and saves.
"""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass

from markupsafe import Markup

from gclog.model.comparison import CompareReport, SideReport
from gclog.report.draw.heap import Picture, draw_heap
from gclog.report.draw.svg import draw_svg
from gclog.report.json.comparison import render_compare_json
from gclog.report.render.page import embed_document, make_environment, make_policy, read_asset, read_saving
from gclog.report.say import comparison as compare_wording

__all__ = ["put_on_one_scale", "render_compare_html"]

POINTS = 400
"""Collections in a static drawing: two for each millimetre of a printed page."""


@dataclass(frozen=True, slots=True)
class Drawing:
    """The heap of a side's most severe process."""

    title: str
    picture: Picture
    static: Markup


def render_compare_html(report: CompareReport) -> str:
    """The comparison as one HTML document."""
    style = read_asset("templates", "report.css") + read_asset("templates", "compare.css")
    script = read_saving()
    template = make_environment().get_template("compare.html.j2")
    return template.render(
        report=report,
        comparison=report.comparison,
        cwording=compare_wording,
        rows=compare_wording.change_rows(report.comparison),
        drawings=_drawings(report),
        whole=embed_document(render_compare_json(report)),
        policy=make_policy(scripts=[script], styles=[style]),
        style=Markup(style),
        save_script=Markup(script),
    )


def _drawings(report: CompareReport) -> list[Drawing]:
    """Both heaps on one scale; where one side has no picture, the other's alone."""
    drawn = [(title, _heap(side)) for title, side in (("Before", report.before), ("After", report.after))]
    pictures = [picture for _, picture in drawn if picture is not None]
    scaled = iter(put_on_one_scale(pictures[0], pictures[1]) if len(pictures) == 2 else pictures)
    return [
        Drawing(title, picture, draw_svg(picture, title.lower()))
        for title, old in drawn
        if old is not None
        for picture in [next(scaled)]
    ]


def _heap(side: SideReport) -> Picture | None:
    return draw_heap(side.processes[0], POINTS) if side.processes else None


def put_on_one_scale(first: Picture, second: Picture) -> tuple[Picture, Picture]:
    """Both with the higher y axis; and with the time from the earlier beginning to the later end, if they count the same unit."""
    y_ticks = max(first.y_ticks, second.y_ticks, key=lambda ticks: ticks[-1])
    if first.x_title != second.x_title:
        return dataclasses.replace(first, y_ticks=y_ticks), dataclasses.replace(second, y_ticks=y_ticks)
    x_range = min(first.x_range[0], second.x_range[0]), max(first.x_range[1], second.x_range[1])
    x_ticks = tuple(sorted({*first.x_ticks, *second.x_ticks})) if _same_step(first, second) else _wider(first, second).x_ticks
    return (
        dataclasses.replace(first, y_ticks=y_ticks, x_range=x_range, x_ticks=x_ticks),
        dataclasses.replace(second, y_ticks=y_ticks, x_range=x_range, x_ticks=x_ticks),
    )


def _wider(first: Picture, second: Picture) -> Picture:
    return max(first, second, key=lambda picture: picture.x_range[1] - picture.x_range[0])


def _same_step(first: Picture, second: Picture) -> bool:
    steps = [picture.x_ticks[1] - picture.x_ticks[0] for picture in (first, second) if len(picture.x_ticks) > 1]
    return len(steps) == 2 and abs(steps[0] - steps[1]) < 1e-9
