"""Heap snapshots as one HTML file. It loads nothing and runs nothing: a Content-Security-Policy forbids all scripts."""

from __future__ import annotations

from markupsafe import Markup

from gclog.heap_results import HeapDiff
from gclog.report import heap_wording
from gclog.report.page import make_environment, make_policy, read_asset

__all__ = ["render_heap_html"]


def render_heap_html(diff: HeapDiff, version: str) -> str:
    """The snapshots as one HTML document."""
    style = read_asset("templates", "report.css") + read_asset("templates", "heap.css")
    return (
        make_environment()
        .get_template("heap.html.j2")
        .render(
            diff=diff,
            version=version,
            rows=heap_wording.class_rows(diff),
            steadied=heap_wording.steadied(diff),
            policy=make_policy(scripts=[], styles=[style]),
            style=Markup(style),
        )
    )
