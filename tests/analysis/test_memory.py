"""Where a process's memory grew, by the figures that it printed."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
import pytest

from gclog.analysis.measure.memory import MIN_READINGS, measure_memory
from gclog.model.not_known import NotKnown

NONE = pd.DataFrame({"line": [], "at_ms": []})


def make_usage(**columns: list[float]) -> pd.DataFrame:
    """Readings on lines 10, 20, ...; figures that are not given are not said."""
    count = len(next(iter(columns.values())))
    frame = {"line": np.arange(1, count + 1) * 10, "wall_ms": np.full(count, math.nan)}
    for name in ("rss", "heap_total", "heap_used", "external", "array_buffers", "heap_limit", "malloced"):
        frame[f"{name}_mb"] = np.array(columns.get(name, [math.nan] * count), dtype=np.float64)
    if "wall_ms" in columns:
        frame["wall_ms"] = np.array(columns["wall_ms"])
    return pd.DataFrame(frame)


UP = [float(mb) for mb in range(50, 150, 10)]
FLAT = [20.0] * 10


@pytest.mark.parametrize(
    ("columns", "growth", "source"),
    [
        pytest.param({"rss": UP, "heap_total": FLAT, "heap_used": FLAT, "external": UP, "array_buffers": UP}, "off-heap", "array-buffers", id="Buffers"),
        pytest.param({"rss": UP, "heap_total": FLAT, "external": UP, "array_buffers": [1.0] * 10}, "off-heap", "external", id="native objects"),
        pytest.param({"rss": UP, "heap_total": FLAT, "external": FLAT}, "off-heap", "unknown-to-v8", id="what V8 is not told of"),
        pytest.param({"rss": UP, "heap_used": FLAT}, "off-heap", "not-said", id="RSS and heap alone"),
        pytest.param({"rss": UP, "heap_total": [mb - 30 for mb in UP], "heap_used": [mb - 35 for mb in UP]}, "heap", None, id="the heap"),
        pytest.param({"rss": UP, "heap_total": [mb - 30 for mb in UP], "heap_used": [20.0, 60.0] * 5}, "none", None, id="a heap that is only filled more"),
        pytest.param({"rss": UP, "heap_total": [mb / 2 for mb in UP], "external": FLAT}, "both", None, id="both"),
        pytest.param({"rss": FLAT, "heap_total": FLAT}, "none", None, id="nothing"),
        pytest.param({"rss": [50.0, 140.0, *[100.0] * 8], "heap_total": FLAT}, "none", None, id="a peak at the start"),
        pytest.param({"rss": [100.0, *[101.0] * 8, 112.0], "heap_total": FLAT}, "none", None, id="less than a semi-space"),
        pytest.param({"rss": UP}, "too-few", None, id="no heap beside it"),
        pytest.param({"external": UP, "heap_used": FLAT}, "off-heap", "external", id="external without RSS"),
        pytest.param({"rss": UP[: MIN_READINGS - 1], "heap_total": FLAT[: MIN_READINGS - 1]}, "too-few", None, id="too few readings"),
    ],
)  # fmt: skip
def test_growth_is_placed_where_it_is(columns: dict[str, list[float]], growth: str, source: str | None) -> None:
    memory = measure_memory(make_usage(**columns), NONE)
    assert memory is not None
    assert memory.growth == growth
    assert source is None or memory.outside_source == source


def test_a_part_has_its_ends_and_its_largest_reading_with_its_line() -> None:
    memory = measure_memory(make_usage(rss=[10.0, 20.0, 30.0, 90.0, 40.0], heap_total=[5.0] * 5), NONE)
    assert memory is not None
    rss = memory.parts["rss"]
    assert (rss.first_mb, rss.last_mb, rss.least_mb, rss.most_mb, rss.most_line, rss.rise_mb) == (10, 40, 10, 90, 40, 30)
    assert memory.parts["outside"].last_mb == 35
    assert memory.outside_share == 35 / 40


def test_the_trend_needs_a_clock_and_takes_that_of_the_collections_first() -> None:
    usage = make_usage(rss=UP, heap_total=FLAT)
    without = measure_memory(usage, NONE)
    assert without is not None and without.clock == "none" and isinstance(without.rss_mb_per_h, NotKnown)
    dated = make_usage(rss=UP, heap_total=FLAT, wall_ms=[3_600_000.0 * hour for hour in range(10)])
    by_date = measure_memory(dated, NONE)
    assert by_date is not None and (by_date.clock, by_date.rss_mb_per_h) == ("wall", pytest.approx(10.0))
    collections = pd.DataFrame({"line": [10, 100], "at_ms": [0.0, 9 * 1_800_000.0]})
    by_v8 = measure_memory(dated, collections)
    assert by_v8 is not None and (by_v8.clock, by_v8.rss_mb_per_h) == ("v8", pytest.approx(20.0))


def test_a_plot_keeps_the_largest_of_many_readings() -> None:
    rss = [50.0] * 3000
    rss[1234] = 400.0
    memory = measure_memory(make_usage(rss=rss, heap_total=[20.0] * 3000), NONE)
    assert memory is not None
    assert max(memory.series.rss_mb) == 400.0
    assert len(memory.series.line) <= 401


def test_a_process_that_printed_nothing_has_no_figures() -> None:
    assert measure_memory(make_usage(rss=[]), NONE) is None
