"""The pictures along a profile's time: stacked states, committed heap in steps, the GC log's pauses, all on one axis."""

from __future__ import annotations

import dataclasses

from hundred_ticks import make_no_ticks, make_profile_report, make_slice

from gclog.model.not_known import NotKnown
from gclog.model.profile import STATES, GcJoin, HeapPoint
from gclog.report.draw.heap import Picture
from gclog.report.draw.profile import STATE_GROUPS, draw_committed, draw_joined_pauses, draw_states

LAST = 1.099


def drawn(picture: Picture | None) -> Picture:
    assert picture is not None
    return picture


def test_every_state_is_in_one_group() -> None:
    assert sorted(state for _, _, states in STATE_GROUPS for state in states) == sorted(STATES)


def test_the_states_stand_on_top_of_each_other_as_steps() -> None:
    picture = drawn(draw_states(make_profile_report()))
    areas = {curve.role: curve for curve in picture.curves}
    assert list(areas) == ["state-js", "state-gc", "state-compile", "state-external", "state-idle"]
    there = (1.0, 1.025, 1.025, 1.05, 1.05, 1.075, 1.075, LAST)
    assert areas["state-js"].x == (*there, *reversed(there))
    assert areas["state-js"].y == (20, 20, 15, 15, 5, 5, 15, 15) + (0,) * 8
    # GC on top of JavaScript; going back along what is below it
    assert areas["state-gc"].y == (20, 20, 25, 25, 25, 25, 19, 19, 15, 15, 5, 5, 15, 15, 20, 20)
    assert areas["state-idle"].y[:8] == (25,) * 8
    assert picture.description == "Ticks in slices of 25.0 ms, by the state V8 was in."


def test_the_heap_stays_until_its_next_event() -> None:
    curve = next(curve for curve in drawn(draw_committed(make_profile_report())).curves if curve.drawn == "line")
    # the first event is before the first tick: at the edge
    assert curve.x == (1.0, 1.03, 1.03, 1.06, 1.06, LAST)
    assert curve.y == (4.0, 4.0, 20.0, 20.0, 12.0, 12.0)


def test_the_pauses_stand_by_their_collector_with_their_lines() -> None:
    picture = drawn(draw_joined_pauses(make_profile_report()))
    assert [(curve.role, curve.x, curve.y, curve.lines) for curve in picture.curves] == [
        ("scavenge", (1.03, 1.09), (8.0, 0.5), (10, 12)),
        ("mark_compact", (1.06,), (25.5,), (11,)),
    ]
    assert picture.logarithmic and picture.y_ticks == (0.1, 1.0, 10.0, 100.0)


def test_all_three_have_the_same_axis_and_the_same_stretches_of_allocation() -> None:
    report = make_profile_report()
    pictures = [drawn(draw(report)) for draw in (draw_states, draw_committed, draw_joined_pauses)]
    assert {picture.x_range for picture in pictures} == {(1.0, LAST)}
    assert {picture.x_title for picture in pictures} == {"seconds on the profiler's clock"}
    for picture in pictures:
        assert [(band.low, band.high) for band in picture.bands] == [(1.01, 1.055)]


def test_a_stretch_that_began_before_the_profile_is_cut_at_its_edge() -> None:
    report = make_profile_report()
    assert isinstance(report.gc, GcJoin)
    window = dataclasses.replace(report.gc.windows[0], from_us=100, to_us=1_020_000)
    outside = dataclasses.replace(window, to_us=200)
    gc = dataclasses.replace(report.gc, windows=(outside, window))
    bands = drawn(draw_states(dataclasses.replace(report, gc=gc))).bands
    assert [(band.low, band.high) for band in bands] == [(1.0, 1.02)]


def test_where_there_is_nothing_to_draw_there_is_no_picture() -> None:
    for draw in (draw_states, draw_committed, draw_joined_pauses):
        assert draw(make_no_ticks()) is None
    assert draw_states(make_profile_report(states=(make_slice(0, js=100),))) is None
    assert draw_states(make_profile_report(duration_ms=0.0)) is None
    assert draw_committed(make_profile_report(committed=(HeapPoint(4, 0, 4.0),))) is None
    assert draw_joined_pauses(dataclasses.replace(make_profile_report(), gc=NotKnown("no GC log"))) is None
