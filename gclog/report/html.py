"""The report as one HTML file: for a browser, a phone, a printer, an attachment. It loads nothing.

What runs and what styles is named by hash in a Content-Security-Policy, so that nothing that stood in the log can do
either. Text is escaped by jinja2, and made visible before (`gclog.report.visible`); what the script draws is JSON without
`<`. Without scripts the verdict, the tables and static drawings remain. The same report gives the same bytes.
"""

from __future__ import annotations

import base64
import hashlib
import re
from dataclasses import dataclass
from importlib import resources
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup, escape

from gclog import units
from gclog.report import profile_wording, wording
from gclog.report.figures import draw_plotly
from gclog.report.model import ProcessReport, Report
from gclog.report.pictures import Picture, draw_gc_share, draw_heap, draw_pauses
from gclog.report.profile_html import make_profile_sections
from gclog.report.svg import draw_svg
from gclog.report.thinning import thin, thin_cycles
from gclog.report.visible import cut, make_visible
from gclog.results import Cycle

__all__ = ["render_html"]

LONGEST_TEXT = 4000
"""Characters of a text shown before it is cut: the longest line of V8 has some 2,000."""

LONGEST_NAME = 200
"""Characters of a path or of a process's name where it is not the subject."""

PICTURED_PROCESSES = 3
"""Processes with pictures, the most severe first: beyond that tables do."""

ALL_POINTS = 1500
"""Collections drawn in all pictures of a page together, shared out among the processes: keeps the page below 1.6 MB."""

STATIC_POINTS = 400
"""Collections in a static drawing: two for each millimetre of a printed page."""

DETAILED_PROCESSES = 16
"""Processes with a section of their own; the others stand in the table, with their number."""

ROWS, FEWER_ROWS = 24, 8
"""Rows of the tables that stand for a picture: of the first process, and of the others."""


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
    ring: list[Any]


def render_html(report: Report) -> str:
    """The report as one HTML document."""
    sections, figures = _sections(report)
    profiles, flames = make_profile_sections(report.profiles)
    style = _asset("templates", "report.css") + (_asset("templates", "profile.css") if profiles else "")
    script = _asset("templates", "report.js")
    plotly = _asset("static", "plotly-basic.min.js") if figures else ""
    flame_script = _asset("templates", "flame.js")
    scripts = [*([plotly, script] if figures else []), *([flame_script] if flames else [])]
    template = _environment().get_template("report.html.j2")
    return template.render(
        report=report,
        sections=sections,
        figures=figures,
        profiles=profiles,
        flames=flames,
        policy=_policy(scripts=scripts, styles=[style, ""]),
        style=Markup(style),
        script=Markup(script),
        plotly=Markup(plotly),
        flame_script=Markup(flame_script),
    )


def _environment() -> Environment:
    environment = Environment(
        loader=PackageLoader("gclog", "report/templates"),
        autoescape=True,
        finalize=_finalize,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.globals.update(units=units, wording=wording, pwording=profile_wording)
    environment.filters.update(prose=_prose, short=_short)
    environment.policies["json.dumps_kwargs"] = {"sort_keys": True, "separators": (",", ":")}
    return environment


def _finalize(value: Any) -> Any:
    """Every text on its way into the page, before it is escaped; what is markup already is ours."""
    if isinstance(value, str) and not isinstance(value, Markup):
        return cut(make_visible(value), LONGEST_TEXT)
    return value


FLAG = re.compile(r"(?<![\w-])--[a-z0-9][\w=.-]*")
"""An option of Node or of ours in a sentence: browsers break lines at its hyphens unless told otherwise."""

FIGURE = re.compile(r"(?<=\d) (?=(?:ms|s|min|h|d|MB|GB|%)(?![\w]))")
"""The space between a number and its unit."""


NAMED = re.compile(r"`([^`]+)`")
"""A name within a sentence, as wording writes it for a terminal."""


def _prose(text: str) -> Markup:
    """A sentence with its names and options set as code and its figures kept together."""
    escaped = NAMED.sub(r'<code dir="ltr">\1</code>', str(escape(_finalize(text))))
    return Markup(FIGURE.sub("\u00a0", FLAG.sub(r'<code class="flag">\g<0></code>', escaped)))


def _short(text: str) -> str:
    return cut(make_visible(text), LONGEST_NAME)


def _asset(folder: str, name: str) -> str:
    return resources.files("gclog.report").joinpath(folder, name).read_text(encoding="utf-8")


def _policy(scripts: list[str], styles: list[str]) -> str:
    """The Content-Security-Policy: these very scripts and styles, and nothing else from anywhere.

    The empty style is plotly's: it makes an empty style element and fills it by the object model.
    """
    script = " ".join(_hash(text) for text in scripts) or "'none'"
    style = " ".join(_hash(text) for text in styles)
    return f"default-src 'none'; script-src {script}; style-src {style}; base-uri 'none'; form-action 'none'"


def _hash(text: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode('utf-8')).digest()).decode('ascii')}'"


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
        ring=[line for line in process.crash_evidence if line.line in ring],
    )
