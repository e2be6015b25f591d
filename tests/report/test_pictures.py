"""What the pictures show, and that the static drawing and the plotly figure show the same."""

from __future__ import annotations

import dataclasses
import json
import math
import re

import pytest
from made_reports import EMPTY_SERIES, make_healthy, make_process, make_rising

from gclog.model.grows_with import GrowsWith, KeepingLines
from gclog.model.verdict import Forecast, Limit
from gclog.report.draw.grows_with import draw_grows_with
from gclog.report.draw.heap import HEIGHT, Picture, draw_gc_share, draw_heap, draw_pauses
from gclog.report.draw.plotly import draw_plotly
from gclog.report.draw.svg import BOTTOM, LEFT, RIGHT, TOP, WIDTH, draw_svg


def heap(**overrides: object) -> Picture:
    picture = draw_heap(make_process(**overrides), 1000)
    assert picture is not None
    return picture


def test_the_heap_picture_has_its_curves_its_limit_its_levels_and_the_death() -> None:
    picture = heap()
    assert [curve.role for curve in picture.curves] == ["committed", "before", "after", "live", "interval", "trend"]
    assert [(mark.role, mark.at) for mark in picture.marks] == [("limit", 96.0), ("death", pytest.approx(860 / 60))]
    assert [band.name for band in picture.bands] == ["not assessable", "ok", "rising", "impending", "critical"]
    assert picture.x_title == "minutes since the process started"
    assert picture.y_ticks == (0, 25, 50, 75, 100, 125)


def test_the_live_set_is_the_full_collections_with_their_lines() -> None:
    live = next(curve for curve in heap().curves if curve.role == "live")
    assert len(live.x) == 43
    assert live.lines[:2] == (13, 26)
    assert live.y[-1] == pytest.approx(90.0)


def test_the_trends_interval_crosses_in_its_middle() -> None:
    wedge = next(curve for curve in heap().curves if curve.role == "interval")
    assert wedge.y[1] == wedge.y[4] == pytest.approx((33.1 + 89.7) / 2)
    half_h = 310_000 / 3_600_000
    assert wedge.y[2] - wedge.y[1] == pytest.approx(351.9 * half_h)
    assert wedge.y[3] - wedge.y[1] == pytest.approx(301.2 * half_h)


def test_what_it_grows_with_stands_on_what_was_there_before() -> None:
    cart = KeepingLines("POST /cart … ms", "POST /cart", 500, 4, 102.4, 100.0, 105.0, 0.99)
    grows = GrowsWith((cart,), 4, 2600, 3, 10, 90, 50.0, (0, 200, 500), (20.0, 41.0, 69.0), (60e3, 180e3, 300e3))
    picture = draw_grows_with(make_process(grows_with=grows))
    assert picture is not None
    kept, fitted, live = picture.curves
    assert (picture.x_title, fitted.x) == ("minutes since the process started", (1.0, 3.0, 5.0))
    assert fitted.y == pytest.approx((20.0, 40.0, 70.0))
    assert kept.y == pytest.approx((20.0, 40.0, 70.0, 20.0, 20.0, 20.0))
    assert live.y == (20.0, 41.0, 69.0)
    assert "from 20.0 MB to 70.0 MB" in picture.description
    assert "POST" not in repr(picture)
    assert draw_svg(picture, "grows").count("<path") >= 3
    assert draw_grows_with(make_process()) is None


def test_a_forecast_near_enough_is_followed_to_the_limit() -> None:
    picture = draw_heap(make_rising(), 1000)
    assert picture is not None
    ahead, reached = picture.curves[-2:]
    assert (ahead.name, ahead.x[1], ahead.y[1]) == ("if it continues", pytest.approx(1232 / 60), 128.0)
    assert reached.x == (pytest.approx(1100 / 60), pytest.approx((860 + 0.6 * 840) / 60))
    assert picture.x_range[1] == pytest.approx((860 + 0.6 * 840) / 60)
    assert [(band.low, band.high) for band in picture.bands if not band.upright] == [(120.0, 136.0)]


def test_a_forecast_far_away_does_not_squeeze_what_was_measured() -> None:
    far = Forecast(1e7, 2e7, math.inf, 860_000.0, "trend")
    picture = draw_heap(make_rising(forecast=far), 1000)
    assert picture is not None
    assert picture.x_range[1] == pytest.approx(860 / 60)
    assert "if it continues" not in [curve.name for curve in picture.curves]


def test_a_limit_far_above_is_named_and_not_drawn() -> None:
    picture = heap(limit=Limit(4096.0, 4096.0, 4096.0, "option", "given", None))
    assert "limit" not in [mark.role for mark in picture.marks]
    assert picture.note == "The limit, 4.00 GB, is far above this picture."


def test_a_limit_without_an_upper_bound_is_drawn_as_a_line_alone() -> None:
    picture = heap(limit=Limit(96.0, 90.0, math.inf, "inferred", "last resort", None))
    assert "limit" in [mark.role for mark in picture.marks]
    assert all(band.upright for band in picture.bands)


def test_a_thinned_picture_says_so_and_keeps_the_largest() -> None:
    picture = draw_heap(make_process(), 100)
    assert picture is not None
    after = next(curve for curve in picture.curves if curve.role == "after")
    assert len(after.x) <= 100
    assert max(after.y) == max(make_process().series.used_after_mb)
    assert re.search(r"\d+ of 559 collections are drawn, including every extreme\.", picture.note)


def test_pauses_are_drawn_by_collector_on_powers_of_ten() -> None:
    picture = draw_pauses(make_process(), 1000)
    assert picture is not None
    assert picture.logarithmic and picture.y_ticks == pytest.approx((0.1, 1, 10, 100))
    assert {curve.role: len(curve.x) for curve in picture.curves} == {"scavenge": 516, "mark_compact": 43}


def test_the_gc_share_is_drawn_in_percent_as_steps() -> None:
    picture = draw_gc_share(make_process())
    assert picture is not None
    (curve,) = picture.curves
    assert len(curve.x) == 402
    assert max(curve.y) == pytest.approx(100 * max(make_process().series.gc_share))


@pytest.mark.parametrize(
    "draw", [lambda p: draw_heap(p, 99), lambda p: draw_pauses(p, 99), draw_gc_share], ids=["heap", "pauses", "share"]
)
def test_without_points_there_is_no_picture(draw: object) -> None:
    assert callable(draw)
    assert draw(make_process(series=EMPTY_SERIES)) is None


def test_gaps_stay_gaps_in_both_drawings() -> None:
    series = make_process().series
    holes = tuple(math.nan if i == 5 else mb for i, mb in enumerate(series.used_after_mb))
    picture = heap(series=dataclasses.replace(series, used_after_mb=holes))
    after = draw_plotly(picture)["data"][2]
    assert after["y"][5] is None
    path = re.search(r'class="curve after" d="([^"]*)"', draw_svg(picture, "k"))
    assert path is not None and path.group(1).count("M") == 2
    assert "nan" not in draw_svg(picture, "k").lower()


@pytest.mark.parametrize("process", [make_process(), make_rising(), make_healthy()], ids=["death", "forecast", "healthy"])
def test_every_curve_is_in_both_drawings(process: object) -> None:
    picture = draw_heap(process, 500)
    assert picture is not None
    figure, drawing = draw_plotly(picture), draw_svg(picture, "k")
    assert [trace["name"] for trace in figure["data"]] == [curve.name for curve in picture.curves]
    for curve in picture.curves:
        assert re.search(rf'class="(curve|curve dashed|area) {curve.role}"', drawing)
    assert len([shape for shape in figure["layout"]["shapes"] if shape["type"] == "line"]) == len(picture.marks)
    json.dumps(figure, allow_nan=False)


def test_the_static_drawing_stays_within_its_frame() -> None:
    drawing = draw_svg(heap(), "k")
    for path in re.findall(r' d="([^"]*)"', drawing):
        for x, y in re.findall(r"[ML](-?[\d.]+) (-?[\d.]+)", path):
            assert LEFT <= float(x) <= WIDTH - RIGHT
            assert TOP <= float(y) <= HEIGHT - BOTTOM


def test_a_figure_names_roles_and_no_colours() -> None:
    text = json.dumps(draw_plotly(heap()))
    assert '"role": "live"' in text
    assert not re.search(r"#[0-9a-fA-F]{6}|rgba?\(", text)
