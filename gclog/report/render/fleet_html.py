"""A fleet as one HTML file: how it is, the ranking, who stands out, the groups. It loads nothing."""

from __future__ import annotations

from markupsafe import Markup

from gclog.model.fleet import FleetReport
from gclog.report.json.fleet import render_fleet_json
from gclog.report.render.page import embed_document, make_environment, make_policy, read_asset, read_saving
from gclog.report.say import fleet as fleet_wording

__all__ = ["render_fleet_html"]

MOST_ROWS = 500
"""Of each list: more are a matter for the table. A page of 500 rows opens at once."""


def render_fleet_html(report: FleetReport) -> str:
    """The fleet as one HTML document."""
    style = read_asset("templates", "report.css") + read_asset("templates", "fleet.css")
    groups = [(title, [group for group in report.groups if group.by == by]) for by, title in fleet_wording.GROUP_TITLES.items()]
    script = read_saving()
    template = make_environment().get_template("fleet.html.j2")
    return template.render(
        report=report,
        fwording=fleet_wording,
        worst=report.rows[0].level if report.rows else "not-assessable",
        levels=fleet_wording.level_counts(report.rows),
        groups=[(title, some) for title, some in groups if some],
        figure_titles=[title[0].upper() + title[1:] if title != "p99" else title for title in fleet_wording.FIGURE_TITLES],
        most=MOST_ROWS,
        whole=embed_document(render_fleet_json(report)),
        policy=make_policy(scripts=[script], styles=[style]),
        style=Markup(style),
        save_script=Markup(script),
    )
