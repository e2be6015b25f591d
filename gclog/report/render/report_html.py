"""The report as one HTML file: for a browser, a phone, a printer, an attachment. It loads nothing.

What runs and what styles is named by hash in a Content-Security-Policy, so that nothing that stood in the log can do
either. Text is escaped by jinja2, and made visible before (`gclog.report.visible`); what the script draws is JSON without
`<`. Without scripts the verdict, the tables and static drawings remain. The same report gives the same bytes.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from markupsafe import Markup, escape

from gclog.model.process import Cycle
from gclog.model.report import EvidenceLine, ProcessReport, Report
from gclog.model.verdict import TimelineEvent
from gclog.report.document import Facts
from gclog.report.draw.heap import Picture, draw_gc_share, draw_heap, draw_pauses
from gclog.report.draw.memory import draw_memory
from gclog.report.draw.plotly import draw_plotly
from gclog.report.draw.svg import draw_svg
from gclog.report.draw.thinning import thin, thin_cycles
from gclog.report.json.v1 import render_json
from gclog.report.render.html import render_blocks
from gclog.report.render.markdown import render_card
from gclog.report.render.page import embed_document, environment, make_policy, read_asset, read_saving
from gclog.report.render.profile_html import make_profile_sections
from gclog.report.say.figures import FIGURE_TITLES, Figure, figure_rows, heap_figures, pause_figures
from gclog.report.say.process_sections import card_of, collectors, findings
from gclog.report.say.witness import grows_section, heap_section, witness_sections

__all__ = ["render_html"]

EMPTY_STYLE = ""
"""Plotly's: it makes an empty style element and fills it by the object model."""

PICTURED_PROCESSES = 3
"""Processes with pictures, the most severe first: beyond that tables do."""

ALL_POINTS = 1340
"""Collections drawn in all pictures of a page together, shared out among the processes: keeps the page below 1.6 MB."""

STATIC_POINTS = 400
"""Collections in a static drawing: two for each millimetre of a printed page."""

DETAILED_PROCESSES = 16
"""Processes with a section of their own; the others stand in the table, with their number."""

ROWS, FEWER_ROWS = 24, 8
"""Rows of the tables that stand for a picture: of the first process, and of the others."""


TIMELINE_ROWS = 40
"""Changes of the verdict in the table, beside the first of each level: a log that hovers at a threshold has thousands."""


@dataclass(frozen=True, slots=True)
class Drawing:
    """A picture in both of its forms, `key` naming it within the page."""

    key: str
    picture: Picture
    static: Markup


@dataclass(frozen=True, slots=True)
class Section:
    """A process, its drawings, and the rows of the tables that say the same."""

    key: str
    process: ProcessReport
    heap: Drawing | None
    pauses: Drawing | None
    gc_share: Drawing | None
    cycles: list[Cycle]
    gc_share_rows: list[tuple[float, float]]
    timeline: list[TimelineEvent]
    ring: list[EvidenceLine]
    markdown: Markup
    memory: Drawing | None
    findings: Markup
    grows: Markup
    heap_figures: Markup
    pause_figures: Markup
    witnesses: list[tuple[str, str, Markup]]


def render_html(report: Report) -> str:
    """The report as one HTML document."""
    sections, figures = _sections(report)
    profiles, flames = make_profile_sections(report.profiles)
    style = read_asset("templates", "report.css") + (read_asset("templates", "profile.css") if profiles else "")
    scripts = {
        "plotly": read_asset("static", "plotly-basic.min.js") if figures else "",
        "script": read_asset("templates", "report.js") if figures else "",
        "flame_script": read_asset("templates", "flame.js") if flames else "",
        "save_script": read_saving() if sections or profiles else "",
    }
    return (
        environment()
        .get_template("report.html.j2")
        .render(
            report=report,
            heaps=[
                (section.title, render_blocks(section.blocks, "Retaining path")) for section in map(heap_section, report.heaps)
            ],
            sections=sections,
            figures=figures,
            profiles=profiles,
            flames=flames,
            whole=embed_document(render_json(report)) if sections or profiles else None,
            policy=make_policy(scripts=[text for text in scripts.values() if text], styles=[style, EMPTY_STYLE]),
            style=Markup(style),
            **{name: Markup(text) for name, text in scripts.items()},
        )
    )


def _sections(report: Report) -> tuple[list[Section], dict[str, Any]]:
    """The processes' sections, and the plotly figures of all of them by key."""
    pictured = min(len(report.processes), PICTURED_PROCESSES)
    points = ALL_POINTS // max(pictured, 1)
    sections: list[Section] = []
    figures: dict[str, Any] = {}
    for number, process in enumerate(report.processes[:DETAILED_PROCESSES]):
        key = f"p{number + 1}"
        drawings: dict[str, Drawing | None] = dict.fromkeys(("heap", "pauses", "gc-share"))
        if number < pictured:
            for name, full, static in _pictures(process, points):
                drawings[name] = Drawing(f"{key}-{name}", full, draw_svg(static, f"{key}-{name}"))
                figures[f"{key}-{name}"] = draw_plotly(full)
        sections.append(_section(key, process, drawings, ROWS if number == 0 else FEWER_ROWS))
    return sections, figures


def _pictures(process: ProcessReport, points: int) -> list[tuple[str, Picture, Picture]]:
    """Name, picture, and the same with the fewer points of a static drawing."""
    few = min(points, STATIC_POINTS)
    drawn = (
        ("heap", draw_heap(process, points), draw_heap(process, few)),
        ("pauses", draw_pauses(process, points), draw_pauses(process, few)),
        ("gc-share", draw_gc_share(process), draw_gc_share(process)),
    )
    return [(name, full, static) for name, full, static in drawn if full is not None and static is not None]


def _draw_memory(process: ProcessReport, key: str) -> Drawing | None:
    picture = draw_memory(process)
    return None if picture is None else Drawing(key, picture, draw_svg(picture, key))


def _section(key: str, process: ProcessReport, drawings: dict[str, Drawing | None], rows: int) -> Section:
    series = process.series
    slices = list(zip(series.gc_share_at_ms, series.gc_share, strict=True))
    ring = set(() if process.crash is None else process.crash.last_gcs)
    return Section(
        key=key,
        process=process,
        heap=drawings["heap"],
        pauses=drawings["pauses"],
        gc_share=drawings["gc-share"],
        cycles=thin_cycles(process.cycles, rows),
        gc_share_rows=[slices[i] for i in thin(series.gc_share, rows)],
        timeline=_latest(process.timeline),
        ring=[line for line in process.crash_evidence if line.line in ring],
        markdown=escape(render_card(*card_of(process))),
        memory=_draw_memory(process, f"{key}-memory"),
        findings=render_blocks(findings(process), "Findings"),
        grows=Markup()
        if process.heap_diff is None
        else render_blocks(grows_section(process.heap_diff).blocks, "Retaining path"),
        heap_figures=render_blocks((_facts(heap_figures(process)),), "Heap figures"),
        pause_figures=render_blocks((_facts(pause_figures(process)),), "Pause figures")
        + render_blocks((collectors(process),), "Pauses by collector"),
        witnesses=[(one.key, one.title, render_blocks(one.blocks, one.title)) for one in witness_sections(process)],
    )


def _facts(figures: Iterable[Figure]) -> Facts:
    return Facts(figure_rows(figures), FIGURE_TITLES)


def _latest(timeline: Sequence[TimelineEvent]) -> list[TimelineEvent]:
    """The first event of each level, and the last ones."""
    first = {event.level: at for at, event in reversed(list(enumerate(timeline)))}
    return [event for at, event in enumerate(timeline) if at >= len(timeline) - TIMELINE_ROWS or first[event.level] == at]
