"""The text report: the answers in their order, literal log text, no codes where none are wanted."""

from __future__ import annotations

import dataclasses
import json
import unicodedata

import pytest
from made_reports import (
    END_MS,
    make_bare,
    make_empty,
    make_fleet,
    make_healthy,
    make_hostile,
    make_process,
    make_report,
    make_rising,
    make_source,
)
from rendered import render_terminal

from gclog import units
from gclog.model.report import Report
from gclog.model.verdict import Forecast, Level, TimelineEvent
from gclog.report.json.v1 import render_json
from gclog.report.say.process import foreseeable

EVERY_REPORT = {
    "death": make_report(),
    "forecast": make_report(processes=(make_rising(),)),
    "healthy": make_report(processes=(make_healthy(),)),
    "bare": make_report(processes=(make_bare(),)),
    "fleet": make_fleet(),
    "hostile": make_hostile(),
    "empty": make_empty(),
}


@pytest.fixture(params=EVERY_REPORT.values(), ids=EVERY_REPORT.keys())
def any_report(request: pytest.FixtureRequest) -> Report:
    report: Report = request.param
    return report


def test_the_first_lines_answer_what_when_and_what_now() -> None:
    lines = render_terminal(make_report()).splitlines()
    assert lines[0] == " EXHAUSTED  The heap reached its limit of 96.0 MB after 14 min 20 s"
    assert lines[2] == "  What to do   find what is kept: raising the limit buys 1 h 34 min for 512.0 MB, no more"
    assert lines[3] == "  Foreseeable  7 min before the end, from line 287 on"
    assert lines[4] == "  Time left    none: it died at +14 min 20 s, line 566"


def test_the_sections_come_in_the_order_of_the_questions() -> None:
    text = render_terminal(make_report())
    headings = ["Findings", "Heap", "Figures", "What could be known when", "Crash", "What was read"]
    places = [text.index(f"\n{heading}\n") for heading in headings]
    assert places == sorted(places)


def test_findings_are_sorted_by_severity_with_their_first_evidence_line() -> None:
    text = render_terminal(make_report())
    assert text.index("ERROR   V8 gave up") < text.index("WARNING The live set grows") < text.index("INFO    Promotion")
    assert "line 562   [29125:0x19b50d50]   860000 ms: Mark-sweep 97.5" in text
    assert "and lines  566" in text


@pytest.mark.parametrize(
    ("figure", "row"),
    [
        ("GC pause share", "0.2 % 1.8 s of 14 min; 0.4 % with incremental steps"),
        ("Worst minute", "12.6 % in GC, from +13 min 20 s, line 521"),
        ("Pause p50, p90, p99", "1.24 ms, 1.46 ms, 47.8 ms"),
        ("Longest pause", "52.2 ms line 559"),
        ("Live set", "90.0 MB 14.8 MB to 90.0 MB after full collections;"),
        ("Live-set trend", "+328.4 MB/h 90 %: +301.2 MB/h to +351.9 MB/h; 31 points"),
        ("Heap limit", "96.0 MB log: --max-old-space-size=96 in NODE_OPTIONS,"),
        ("Allocation rate", "2.3 MB/s"),
        ("Survival", "cannot say not in this log: --trace-gc-nvp has it"),
    ],
    ids=lambda value: value if len(value) < 20 else "",
)
def test_a_key_figure_stands_on_its_line(figure: str, row: str) -> None:
    assert f"{figure} {row}" in [" ".join(line.split()) for line in render_terminal(make_report()).splitlines()]


def test_a_forecast_is_given_with_its_interval() -> None:
    assert "Time left    about 6 min 12 s (four in five: 4 min to 10 min 10 s)" in render_terminal(
        make_report(processes=(make_rising(),))
    )


@pytest.mark.parametrize(
    ("forecast", "sentence"),
    [
        (
            Forecast(END_MS + 1000, END_MS + 2000, float("inf"), END_MS, ""),
            "about 2.0 s, 1.0 s at the least; growth may also stop",
        ),
        (Forecast(END_MS + 1000, float("inf"), float("inf"), END_MS, ""), "1.0 s at the least; growth may also stop"),
        (
            Forecast(END_MS - 1000, END_MS + 2000, END_MS + 4000, END_MS, ""),
            "about 2.0 s (four in five: any moment now to 4.0 s)",
        ),
        (
            Forecast(END_MS - 2000, END_MS - 1000, END_MS + 1, END_MS, ""),
            "none by the trend: the live set has reached the limit",
        ),
    ],
    ids=["no latest moment", "no expected moment", "may be now", "over"],
)
def test_the_time_left_is_worded_by_its_interval(forecast: Forecast, sentence: str) -> None:
    assert f"  Time left    {sentence}\n" in render_terminal(make_report(processes=(make_rising(forecast=forecast),)))


def test_what_cannot_be_said_is_said_with_its_reason() -> None:
    text = render_terminal(make_report(processes=(make_healthy(),)))
    assert "  Time left    no end in sight: the live set is flat" in text
    assert "Heap limit cannot say no flag in the log, and nothing to infer it from" in " ".join(text.split())


def test_several_processes_begin_with_a_table_and_only_the_worst_has_details() -> None:
    text = render_terminal(make_fleet(12))
    assert "12 processes, the most severe first" in text
    assert text.count("\nFigures\n") == 1
    assert text.count("Time left") == 12


def test_unread_lines_and_notes_are_shown() -> None:
    text = render_terminal(make_report())
    assert "593 lines = 566 recognised + 12 foreign + 11 continuation + 4 unread" in text
    assert "unread 4 × from line 301: [29125:0x19b50d50] 41 ms: Frobnicate 7 (no rule for it)" in text
    assert "note: the last line is cut" in text


PIECES = tuple((f"logs/gc.log.{number}", 100 * (14 - number) + 1) for number in range(14, 0, -1))


def test_of_a_rotated_log_is_said_which_line_is_in_which_file() -> None:
    text = " ".join(render_terminal(make_report(sources=(make_source(pieces=PIECES[-2:]),))).split())
    assert (
        "a rotated log, put together from 2 files, the oldest first: gc.log.2 from line 1,201, gc.log.1 from line 1,301" in text
    )
    text = " ".join(render_terminal(make_report(sources=(make_source(pieces=PIECES),))).split())
    assert "from 14 files" in text and "gc.log.3 from line 1,101, and 2 more note: the last line is cut" in text


def test_without_colour_there_is_no_escape_code_and_no_trailing_blank(any_report: Report) -> None:
    text = render_terminal(any_report)
    assert "\x1b" not in text
    assert not [line for line in text.splitlines() if line != line.rstrip()]


def test_no_character_of_the_log_can_act(any_report: Report) -> None:
    acting = {character for character in render_terminal(any_report) if unicodedata.category(character) in {"Cc", "Cf", "Cs"}}
    assert acting <= {"\n"}


def test_with_colour_the_only_codes_are_colours(any_report: Report) -> None:
    codes = render_terminal(any_report, colour=True).split("\x1b")[1:]
    assert all(code.startswith("[") and code[1:].split("m")[0].replace(";", "").isdigit() for code in codes)


@pytest.mark.parametrize("width", [60, 80, 100, 200])
def test_no_line_is_wider_than_the_page(any_report: Report, width: int) -> None:
    assert max(len(line) for line in render_terminal(any_report, width=width).splitlines()) <= width


def test_an_ascii_terminal_gets_ascii_of_the_same_width(any_report: Report) -> None:
    text = render_terminal(any_report, unicode=False)
    assert text.isascii()
    assert max(len(line) for line in text.splitlines()) <= 100


def test_markup_in_the_log_is_shown_and_not_obeyed() -> None:
    text = render_terminal(make_hostile("[red]hot[/red] [/nope]"), colour=True)
    assert "[red]hot[/red] [/nope]" in text


def test_an_empty_report_says_so() -> None:
    assert render_terminal(make_empty()).startswith("No process: nothing in the input is a garbage collection of V8.\n")


@pytest.mark.parametrize("colour", [False, True], ids=["plain", "colour"])
def test_the_environment_changes_nothing(monkeypatch: pytest.MonkeyPatch, colour: bool) -> None:
    before = render_terminal(make_report(), colour=colour)
    for name, value in {"COLUMNS": "40", "FORCE_COLOR": "1", "NO_COLOR": "1", "TERM": "dumb", "JUPYTER_COLUMNS": "33"}.items():
        monkeypatch.setenv(name, value)
    assert render_terminal(make_report(), colour=colour) == before


def test_the_digits_are_those_of_the_json() -> None:
    process = json.loads(render_json(make_report()))["processes"][0]
    text = render_terminal(make_report())
    for shown in (
        units.percent(process["pauses"]["share"]),
        units.percent(process["pauses"]["worst_60s_share"]),
        units.duration(process["pauses"]["p99_ms"]),
        units.mb(process["heap"]["live_mb"]),
        units.rate_mb_per_h(process["heap"]["old_space_trend"]["mb_per_h"]),
        units.mb(process["limit"]["mb"]),
        units.duration(process["crash"]["foreseeable_ms"]),
    ):
        assert shown in text


def test_a_report_without_a_finding_asks_for_nothing() -> None:
    text = render_terminal(make_report(processes=(make_healthy(),)))
    assert "What to do   nothing: there is no finding" in text
    assert "\nFindings\n  none\n" in text


def test_a_worker_and_a_later_run_are_named_as_such() -> None:
    text = render_terminal(make_report(processes=(make_process(main=False, run=3),)))
    assert "process 29125, isolate 0x19b50d50 (worker), run 3" in text


@pytest.mark.parametrize(
    ("level", "events", "said"),
    [
        ("critical", ((10, "impending"), (30, "critical")), "for 40.0 s now, since +10.0 s, line 10; critical since line 30"),
        (
            "critical",
            ((10, "impending"), (25, "rising"), (26, "impending"), (30, "critical")),
            "since +10.0 s, line 10; critical",
        ),
        ("impending", ((10, "impending"), (30, "critical"), (40, "impending")), "for 40.0 s now, since +10.0 s, line 10"),
        ("critical", ((5, "impending"), (8, "ok"), (30, "critical")), "for 20.0 s now, since +30.0 s, line 30"),
        ("rising", ((5, "impending"), (8, "ok"), (30, "rising")), "for 20.0 s now, since +30.0 s, line 30"),
    ],
    ids=["worse now", "taken back for a moment", "better now", "another danger", "no danger"],
)
def test_foreseeable_counts_from_where_the_danger_began(level: Level, events: tuple[tuple[int, Level], ...], said: str) -> None:
    timeline = tuple(TimelineEvent(s * 1000.0, s, at, "because") for s, at in events)
    process = make_process(timeline=timeline)
    held = next(event for event in reversed(timeline) if event.level == level)
    process = dataclasses.replace(
        process,
        crash=None,
        span=dataclasses.replace(process.span, last_ms=50_000.0),
        verdict=dataclasses.replace(process.verdict, level=level, since_ms=held.at_ms, since_line=held.line),
    )
    assert said in foreseeable(process)
