"""Reports as a terminal and a ticket show them, for tests that look at what is said."""

from __future__ import annotations

from typing import Any

from gclog.cli.output import Kind, render
from gclog.model.report import ProcessReport, Report
from gclog.report.render import markdown, text
from gclog.report.say.process_sections import card_of
from gclog.report.say.profile_sections import ProfileView
from gclog.report.say.report import document_of

__all__ = ["render_as", "render_html", "render_markdown", "render_terminal", "verdict_markdown"]


def render_as(kind: Kind, form: str, result: Any, **known: Any) -> str:
    """As `--format` writes it to a file. `known`: beside the result, such as the `version` of heap snapshots."""
    return str(render(kind, form, result, to_stdout=False, **known))


def render_terminal(report: Report, view: ProfileView | None = None, **style: Any) -> str:
    """As `gclog analyze` and `gclog profile` print it."""
    return text.render(document_of(report, view), **style)


def render_html(report: Report) -> str:
    """As `--format html` writes it."""
    return render_as("report", "html", report)


def render_markdown(report: Report) -> str:
    """As `--format markdown` writes it."""
    return markdown.render(document_of(report))


def verdict_markdown(process: ProcessReport) -> str:
    """As a page offers it for a ticket."""
    return markdown.render_card(*card_of(process))
