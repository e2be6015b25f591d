"""A comparison in its four forms: the answer first, the same figures in all, and names of files that stay text."""

from __future__ import annotations

import dataclasses
import html.parser
import json
import re
from typing import Any

import pytest
from made_reports import ALL_HOSTILE, make_healthy, make_process, make_source
from rendered import render_as

from gclog.model.comparison import (
    Change,
    ComparedProcess,
    ComparedSide,
    CompareReport,
    Comparison,
    LevelChange,
    Overall,
    SideReport,
)
from gclog.model.not_known import NotKnown
from gclog.report.draw.heap import Picture, draw_heap
from gclog.report.draw.one_scale import put_on_one_scale
from gclog.report.json.comparison import render_compare_json
from gclog.report.render import text
from gclog.report.say import comparison as wording

NONE = NotKnown("no interval")
SHARE = Change(
    "gc_share", None, "share", 0.04, 0.09, "ratio", 2.25, 1.9, 2.66, 0.05, 0.038, 0.061, "worse", "certain", True
)  # fmt: skip
LIVE = Change("live_mb", None, "mb", 100.0, 80.0, "ratio", 0.8, 0.75, 0.85, -20.0, -25.0, -15.0, "better", "certain", True)
TREND = Change(
    "live_trend", None, "mb_per_h", 1.0, 13.5, "difference", NONE, NONE, NONE, 12.5, 2.0, 23.0, "worse", "certain", True
)
PAUSE = Change(
    "pause_p90", "scavenge", "ms", NONE, 3.2, "ratio", NONE, NONE, NONE, NONE, NONE, NONE, "cannot-say", "before: 9", True
)
UNKNOWN = dataclasses.replace(PAUSE, measure="pause_p99", after=NONE)
MINUTE = Change(
    "pauses_per_min", None, "per_min", 12.0, 12.6, "ratio", 1.05, 0.9, 1.2, 0.6, -1.2, 2.4, "same", "near", False
)  # fmt: skip


def side(source: str = "before.log", **overrides: Any) -> ComparedSide:
    process = ComparedProcess(source, 12, "0x10", 1, "20", "ok", 20_000.0, 100_000.0, 80, 18)
    return ComparedSide((source,), (process,), 0, "20", **overrides)


def comparison(overall: Overall = "worse", *changes: Change, **overrides: Any) -> Comparison:
    fields: dict[str, Any] = {
        "before": side(),
        "after": side("after.log"),
        "overall": overall,
        "level": LevelChange("ok", "ok", "same", "the same verdict"),
        "changes": changes or (SHARE, PAUSE, UNKNOWN, TREND, MINUTE),
        "warm_up_ms": 20_000.0,
        "span_ms": 80_000.0,
        "same_age": True,
        "judged": 3,
        "notes": ("logs are not equal",),
    }
    return Comparison(**(fields | overrides))


def report(found: Comparison | None = None) -> CompareReport:
    sides = [SideReport((make_source(),), (process,)) for process in (make_healthy(), make_process())]
    return CompareReport("9.9", found or comparison(), sides[0], sides[1])


def shown_as_text(report: CompareReport, **style: Any) -> str:
    return text.render(wording.document_of(report), **style)


def html_of(report: CompareReport) -> str:
    return render_as("compare", "html", report)


FORMS = ("text", "markdown", "json", "html")


# ---------------------------------------------------------------- the answer


@pytest.mark.parametrize(
    ("found", "answer"),
    [
        (
            comparison("worse", SHARE, MINUTE),
            "After is worse: GC takes 9.0 % of the time instead of 4.0 % (+3.8 to +6.1 points)",
        ),
        (comparison("better", LIVE, MINUTE), "After is better: live set 80.0 MB instead of 100.0 MB (0.75 to 0.85 times)"),
        (
            comparison("mixed", LIVE, SHARE),
            "After is better in part, worse in part: GC takes 9.0 % of the time instead of 4.0 % (+3.8 to +6.1 points);"
            " live set 80.0 MB instead of 100.0 MB (0.75 to 0.85 times)",
        ),
        (
            comparison("worse", dataclasses.replace(SHARE, verdict="cannot-say"), TREND),
            "After is worse: live-set trend +13.5 MB/h instead of +1.0 MB/h (+2.0 MB/h to +23.0 MB/h)",
        ),
        (
            comparison("same", dataclasses.replace(SHARE, before=0.04, after=0.041, low=0.9, high=1.1, ratio=1.0, verdict="same")),
            "After is the same as before, as far as these logs can tell: GC takes 4.1 % of the time, 4.0 % before"
            " (0.90 to 1.10 times)",
        ),
        (
            comparison("cannot-say", dataclasses.replace(SHARE, verdict="cannot-say"), MINUTE),
            "Cannot say whether after is better or worse: GC's share of the time may be 1.90 to 2.66 times what it was;"
            " the same is pauses a minute",
        ),
        (
            comparison("cannot-say", dataclasses.replace(SHARE, low=NONE, high=NONE, verdict="cannot-say", why="after: too few")),
            "Cannot say whether after is better or worse: after: too few",
        ),
        (
            comparison("worse", MINUTE, level=LevelChange("ok", "exhausted", "worse", "a verdict of another kind")),
            "After is worse: the verdict is exhausted instead of ok",
        ),
    ],
    ids=["worse", "better", "mixed", "by the trend", "same", "cannot say", "too few", "by the level"],
)  # fmt: skip
def test_the_answer_names_what_it_rests_on(found: Comparison, answer: str) -> None:
    assert wording.answer(found) == answer


@pytest.mark.parametrize(("overall", "title"), wording.OVERALL_TITLES.items())
def test_the_text_begins_with_the_answer(overall: Overall, title: str) -> None:
    found = comparison(overall, SHARE, dataclasses.replace(LIVE, verdict="better"))
    text = shown_as_text(report(found))
    assert " ".join(text.split("\n\n")[0].split()) == f"{title} {wording.answer(found)}"


# ---------------------------------------------------------------- the figures


def test_the_rows_are_those_of_the_answer_first_without_those_that_no_side_has() -> None:
    rows = wording.change_rows(comparison("worse", MINUTE, SHARE, UNKNOWN, PAUSE))
    assert [row.name for row in rows] == ["GC share of time", "Scavenge pause p90", "pauses a minute"]
    assert (rows[1].before, rows[1].after, rows[1].change) == ("–", "3.20 ms", "–")


@pytest.mark.parametrize(
    ("change", "shown"),
    [
        (SHARE, ("4.0 %", "9.0 %", "× 2.25", "1.90 to 2.66")),
        (TREND, ("+1.0 MB/h", "+13.5 MB/h", "+12.5 MB/h", "+2.0 MB/h to +23.0 MB/h")),
        (MINUTE, ("12.0", "12.6", "× 1.05", "0.90 to 1.20")),
        (dataclasses.replace(MINUTE, ratio=601.0, low=0.001, high=9e9), ("12.0", "12.6", "× >100", "<0.01 to >100")),
        (
            dataclasses.replace(SHARE, scale="difference", difference=-0.05, difference_low=-0.1, difference_high=0.02),
            ("4.0 %", "9.0 %", "-5.0 points", "-10.0 to +2.0 points"),
        ),
    ],
    ids=["ratio", "difference", "count", "far apart", "points"],
)
def test_a_change_is_shown_by_its_ratio_or_its_difference(change: Change, shown: tuple[str, ...]) -> None:
    row = wording.change_rows(comparison("worse", change))[0]
    assert (row.before, row.after, row.change, row.interval) == shown


@pytest.mark.parametrize("form", ["text", "markdown", "html"])
def test_every_form_shows_the_same_figures_and_notes(form: str) -> None:
    text = render_as("compare", form, report())
    flat = " ".join(re.sub(r"<[^>]+>", " ", text).replace("\u00a0", " ").replace("`", "").split())
    for row in wording.change_rows(comparison()):
        for cell in (row.before, row.after, row.change):
            assert cell in flat, cell
    assert "logs are not equal" in flat
    assert "3 measures were compared" in flat


@pytest.mark.parametrize("width", [72, 100])
@pytest.mark.parametrize("unicode", [True, False], ids=["unicode", "ascii"])
def test_no_line_is_wider_than_the_terminal(width: int, unicode: bool) -> None:
    text = shown_as_text(report(), width=width, unicode=unicode)
    assert max(map(len, text.splitlines())) <= width
    assert unicode or text.isascii()
    assert "\x1b" not in text


def test_colour_is_there_when_asked_for() -> None:
    assert "\x1b[" in shown_as_text(report(), colour=True)


def test_what_cannot_be_said_has_its_reason_in_the_text() -> None:
    assert "Scavenge pause p90: before: 9" in shown_as_text(report())


# ---------------------------------------------------------------- JSON


def test_the_json_has_its_format_and_every_change() -> None:
    document = json.loads(render_compare_json(report()))
    assert (document["format"], document["gclog"]) == (1, "9.9")
    found = document["comparison"]
    assert found["overall"] == "worse"
    assert [change["measure"] for change in found["changes"]] == [
        "gc_share",
        "pause_p90",
        "pause_p99",
        "live_trend",
        "pauses_per_min",
    ]
    assert found["changes"][0] == {
        "measure": "gc_share", "collector": None, "unit": "share", "before": 0.04, "after": 0.09, "scale": "ratio",
        "ratio": 2.25, "low": 1.9, "high": 2.66, "difference": 0.05, "difference_low": 0.038, "difference_high": 0.061,
        "verdict": "worse", "why": "certain", "primary": True,
    }  # fmt: skip
    assert found["changes"][1]["before"] == {"reason": "no interval"}
    assert found["stretch"] == {"warm_up_ms": 20_000.0, "span_ms": 80_000.0, "same_age": True}
    assert found["before"]["processes"][0]["pid"] == 12


def test_an_infinite_time_to_exhaustion_is_null() -> None:
    endless = dataclasses.replace(PAUSE, measure="time_to_exhaustion", collector=None, before=float("inf"), after=60_000.0)
    document = json.loads(render_compare_json(report(comparison("worse", SHARE, endless))))
    assert document["comparison"]["changes"][1]["before"] is None


# ---------------------------------------------------------------- HTML


class Page(html.parser.HTMLParser):
    """Tags and attributes of a page."""

    def __init__(self, source: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.feed(source)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))


def test_both_heaps_are_drawn_on_one_scale() -> None:
    page = html_of(report())
    assert page.count('class="picture"') == 2
    assert "The most severe process of each side; both on the same scale." in page
    pictures = [draw_heap(process, 400) for process in (make_healthy(), make_process())]
    first, second = pictures
    assert isinstance(first, Picture) and isinstance(second, Picture)
    one, other = put_on_one_scale(first, second), put_on_one_scale(second, first)
    assert one.x_ticks == other.x_ticks or first.x_title != second.x_title
    assert one.y_ticks == other.y_ticks
    assert one.y_ticks[-1] == max(first.y_ticks[-1], second.y_ticks[-1])
    if first.x_title == second.x_title:
        assert one.x_range == other.x_range == (
            min(first.x_range[0], second.x_range[0]),
            max(first.x_range[1], second.x_range[1]),
        )  # fmt: skip


def test_a_side_without_sizes_leaves_the_other_picture() -> None:
    bare = dataclasses.replace(report(), before=SideReport((), ()))
    page = html_of(bare)
    assert page.count('class="picture"') == 1
    assert "Before: no picture: fewer than two collections with a size" in page
    assert "on the same scale" not in page


def test_the_same_comparison_gives_the_same_bytes() -> None:
    assert html_of(report()) == html_of(report())


# ---------------------------------------------------------------- hostile names


@pytest.mark.parametrize("form", FORMS)
def test_a_hostile_file_name_stays_text(form: str) -> None:
    found = comparison("worse", SHARE, before=side(ALL_HOSTILE), after=side(ALL_HOSTILE))
    text = render_as("compare", form, report(found))
    assert "\x1b" not in text and "\x07" not in text and "\u202e" not in text
    if form == "html":
        assert not {"img", "a-evil"} & {tag for tag, _ in Page(text).tags}
    if form == "json":
        json.loads(text)
