"""Heap snapshots as one HTML file. It loads nothing; a Content-Security-Policy forbids all scripts but the one that saves."""

from __future__ import annotations

from markupsafe import Markup

from gclog.model.heap import HeapDiff
from gclog.report.json.heap import render_heap_json
from gclog.report.render.page import embed_document, make_environment, make_policy, read_asset, read_saving
from gclog.report.say import heap as heap_wording

__all__ = ["render_heap_html"]


def render_heap_html(diff: HeapDiff, version: str) -> str:
    """The snapshots as one HTML document."""
    style = read_asset("templates", "report.css") + read_asset("templates", "heap.css")
    script = read_saving()
    return (
        make_environment()
        .get_template("heap.html.j2")
        .render(
            diff=diff,
            version=version,
            rows=heap_wording.class_rows(diff),
            steadied=heap_wording.steadied(diff),
            whole=embed_document(render_heap_json(diff, version)),
            policy=make_policy(scripts=[script], styles=[style]),
            style=Markup(style),
            save_script=Markup(script),
        )
    )
