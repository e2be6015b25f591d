from __future__ import annotations

import dataclasses
import json
import math
from collections.abc import Callable
from typing import Any

import pytest
from made_fleet import UNKNOWN, made_row, made_rows
from rendered import render_as

from gclog.fleet.outliers import find_outliers, measure_groups
from gclog.fleet.rank import group_rows, rank
from gclog.fleet.table import COLUMNS, fleet_table
from gclog.model.fleet import FailedLog, FleetReport, FleetRow
from gclog.report.json.fleet import render_fleet_json
from gclog.report.render import text as text_renderer
from gclog.report.say.fleet import document_of
from gclog.report.tables.forms import TableForm, render_table

HOSTILE = "</script>\x1b[31m[red]\u202egc.log"
Render = Callable[[FleetReport], str]


def render_fleet_text(report: FleetReport, **style: Any) -> str:
    return text_renderer.render(document_of(report), **style)


def render_fleet_markdown(report: FleetReport) -> str:
    """Without the backticks of code, so that sentences can be looked for."""
    return render_as("fleet", "markdown", report).replace("`", "")


def render_fleet_html(report: FleetReport) -> str:
    return render_as("fleet", "html", report)


RENDERERS: list[Render] = [render_fleet_text, render_fleet_json, render_fleet_html, render_fleet_markdown]


def report_of(rows: list[FleetRow], failed: tuple[FailedLog, ...] = (), **changes: object) -> FleetReport:
    sticks = measure_groups(rows)
    outliers = find_outliers(rows, sticks)
    report = FleetReport(
        version="1.2.3",
        words=("logs/*",),
        logs=len(rows) + len(failed),
        files=len(rows) + len(failed),
        read=len(rows) + len(failed),
        workers_lost=0,
        rows=rank(rows, outliers),
        failed=failed,
        outliers=outliers,
        yardsticks=sticks,
        groups=group_rows(rows, failed, outliers),
    )
    return dataclasses.replace(report, **changes)


DEAD = made_row(
    source="web-2/gc.log",
    level="exhausted",
    crash="heap-limit",
    headline="Out of heap: dead at +1.5 s.",
    findings=("heap-exhausted",),
)
FLEET = report_of(
    [*made_rows("share", [0.02] * 8), DEAD, made_row(source="odd.log", share=0.1234)],
    (FailedLog("x.log", "web-3", "x.log: no such file"),),
)


@pytest.mark.parametrize("render", RENDERERS)
def test_an_empty_fleet_is_said_to_be_empty(render: Render) -> None:
    assert "1.2.3" in render(report_of([]))


@pytest.mark.parametrize("render", [render_fleet_text, render_fleet_html, render_fleet_markdown])
def test_the_answer_counts_those_in_danger_and_the_dead(render: Render) -> None:
    assert "1 of 10 processes out of heap or about to be; 1 died." in render(FLEET).replace("\u00a0", " ")


@pytest.mark.parametrize("render", RENDERERS)
@pytest.mark.parametrize("text", ["web-2/gc.log", "Out of heap", "x.log: no such file", "odd.log", "22-24", "web-1"])
def test_every_renderer_has(render: Render, text: str) -> None:
    assert text in render(FLEET)


def test_text_and_html_show_the_same_digits() -> None:
    for shown in ("12.3 %", "100.0 MB", "5.00 ms"):
        assert shown in render_fleet_text(FLEET)
        assert shown in render_fleet_html(FLEET).replace("\u00a0", " ")


def test_who_stands_out_is_said_with_what_is_usual() -> None:
    text = " ".join(render_fleet_text(FLEET).split())
    assert "odd.log (pid 7): GC share 12.3 %, where 2.0 % is usual among 10 of Node 22-24" in text


@pytest.mark.parametrize("render", RENDERERS)
def test_hostile_names_reach_no_reader_as_commands(render: Render) -> None:
    hostile = report_of([made_row(source=HOSTILE, host=HOSTILE, headline=HOSTILE)], (FailedLog(HOSTILE, HOSTILE, HOSTILE),))
    shown = render(hostile)
    assert "\x1b" not in shown and "\u202e" not in shown
    if render is render_fleet_html:
        assert shown.count("<script") == shown.count("</script>") == 2
    if render is render_fleet_text:
        assert "[red]" in shown


def test_lines_of_text_are_no_longer_than_the_width() -> None:
    for width in (72, 100):
        assert max(len(line) for line in render_fleet_text(FLEET, width=width).splitlines()) <= width


def test_a_stopped_run_and_lost_workers_are_told() -> None:
    stopped = report_of([made_row()], logs=2000, workers_lost=1)
    text = " ".join(render_fleet_text(stopped).split())
    assert "Stopped before the end: 1,999 logs of 2,000 not read" in text
    assert "1 worker was lost on the way; its logs were given to others" in text
    assert json.loads(render_fleet_json(stopped))["fleet"]["stopped"] is True


def test_what_was_odd_about_a_log_is_told_in_its_row() -> None:
    note = "left out, and missing in all figures: gc.log.1: no such file"
    report = report_of([made_row(notes=(note,))], files=3)
    for render in (render_fleet_text, render_fleet_html, render_fleet_markdown):
        assert note in " ".join(render(report).split())
        assert "3 files, of which those that are one rotated log are read as one" in " ".join(render(report).split())
    document = json.loads(render_fleet_json(report))["fleet"]
    assert (document["files"], document["processes"][0]["notes"]) == (3, [note])
    assert list(fleet_table(report)["notes"]) == [note]


def test_only_the_first_rows_are_shown_and_it_is_said() -> None:
    many = report_of([made_row(source=f"{number}.log") for number in range(2000)])
    assert "the first 20 of 2,000" in render_fleet_text(many)
    assert "The first 500 of 2,000" in render_fleet_html(many)
    assert "The first 20 of 2,000" in render_fleet_markdown(many)
    assert "\n| 20 | " in render_fleet_markdown(many) and "\n| 21 | " not in render_fleet_markdown(many)


def test_json_has_every_row_and_null_or_a_reason_where_there_is_no_figure() -> None:
    endless = made_row(left_ms=100.0, left_low_ms=50.0, left_high_ms=math.inf, limit_mb=UNKNOWN, live_share=UNKNOWN)
    (row,) = json.loads(render_fleet_json(report_of([endless])))["fleet"]["processes"]
    assert row["left_ms"] == {"low": 50.0, "expected": 100.0, "high": None}
    assert row["limit_mb"] == {"reason": "not in this log"}


def test_the_table_has_a_row_for_each_process_and_each_log_that_failed() -> None:
    table = fleet_table(FLEET)
    assert list(table.columns) == list(COLUMNS)
    assert list(table["rank"].dropna()) == list(range(1, 11))
    assert table["source"].iloc[0] == "web-2/gc.log"
    assert table["findings"].iloc[0] == "heap-exhausted"
    assert table["error"].iloc[-1] == "x.log: no such file"
    assert table.set_index("source").loc["odd.log", "outlier_in"] == "share"


def test_the_table_has_the_same_types_whatever_is_in_it() -> None:
    failed = report_of([], (FailedLog("x.log", None, "x.log: empty"),))
    assert {name: str(kind) for name, kind in fleet_table(failed).dtypes.items()} == dict(COLUMNS)
    assert dict(fleet_table(failed).dtypes) == dict(fleet_table(FLEET).dtypes) == dict(fleet_table(report_of([])).dtypes)


@pytest.mark.parametrize("form", list(TableForm))
def test_the_table_can_be_written_in_every_form(form: TableForm) -> None:
    if form is TableForm.PARQUET:
        pytest.importorskip("pyarrow", reason="pyarrow, an extra, is not installed: Parquet is not tried")
    assert b"web-2/gc.log" in render_table(fleet_table(FLEET), form)
    render_table(fleet_table(report_of([])), form)
