"""The picture of the heap in characters."""

from __future__ import annotations

import dataclasses

from made_reports import EMPTY_SERIES, LIMIT_MB, make_healthy, make_process

from gclog.model.report import ProcessReport
from gclog.model.verdict import Limit
from gclog.report.draw.braille import PLOT_HEIGHT, plot_heap


def drawn(process: ProcessReport, *, braille: bool = False, width: int = 60) -> list[str]:
    return ["".join(text for text, _ in line) for line in plot_heap(process, width=width, braille=braille)]


def test_a_climb_goes_from_the_lower_left_to_the_upper_right() -> None:
    rows = drawn(make_process())[:PLOT_HEIGHT]
    lowest_of = {column: max(row for row in range(PLOT_HEIGHT) if rows[row][column] in ".o") for column in (12, 57)}
    assert lowest_of[12] == 8
    assert lowest_of[57] == 1


def test_the_limit_is_a_line_with_its_size_and_the_death_stands_at_the_right_end() -> None:
    top = drawn(make_process())[0]
    assert top.startswith("  96.0 MB |---")
    assert top.endswith("-X")


def test_a_limit_far_above_is_named_and_not_drawn() -> None:
    lines = drawn(make_healthy(limit=Limit(4096.0, 4096.0, 4096.0, "option", "given", None)))
    assert "the limit, 4.00 GB, is far above this picture" in lines[-1]
    assert not any("--" in line for line in lines[:PLOT_HEIGHT])


def test_the_axis_tells_the_clock_at_both_ends() -> None:
    lines = drawn(make_process())
    assert lines[PLOT_HEIGHT].startswith("     0 MB +---")
    assert lines[PLOT_HEIGHT + 1].split() == ["+1.5", "s", "+7", "min", "11", "s", "+14", "min", "20", "s"]


def test_braille_and_ascii_have_the_same_shape() -> None:
    plain, dotted = drawn(make_process()), drawn(make_process(), braille=True)
    assert [[character != " " for character in row] for row in plain[:PLOT_HEIGHT]] == [
        [character != " " for character in row] for row in dotted[:PLOT_HEIGHT]
    ]


def test_fewer_than_two_points_give_no_picture() -> None:
    assert plot_heap(make_process(series=EMPTY_SERIES), width=60) == []


def test_points_without_a_size_are_left_out() -> None:
    series = make_process().series
    holes = dataclasses.replace(series, used_after_mb=tuple(float("nan") for _ in series.used_after_mb))
    assert plot_heap(make_process(series=holes), width=60) == []


def test_a_flat_empty_heap_is_drawn_on_the_floor() -> None:
    series = dataclasses.replace(EMPTY_SERIES, at_ms=(1.0, 2.0), used_after_mb=(0.0, 0.0))
    rows = drawn(make_process(series=series, limit=Limit(LIMIT_MB, 90, 99, "log", "", 1), crash=None))
    assert "." in rows[PLOT_HEIGHT - 1]
