"""What Node sets if nobody sets a limit, as it was measured with real Nodes; and what the judge makes of it."""

from __future__ import annotations

import pytest
from made_seen import full

from gclog.analysis.verdict.default_limit import default_limit
from gclog.analysis.verdict.judge import Judge
from gclog.model.verdict import Forecast, NoForecast, NoLimit
from gclog.recognise.documents.heap_size_limit import ANY_MAJOR


@pytest.mark.parametrize(
    ("majors", "memory_mb", "low_mb", "high_mb", "why"),
    [
        ((22, 22), 4096, 2048, 2048, "by the default of Node 22 in a container of 4.00 GB"),
        ((22, 22), 1024, 512, 512, "by the default of Node 22 in a container of 1.00 GB"),
        ((26, 99), 256, 256, 256, "by the default of Node 26 and newer in a container of 256.0 MB"),
        ((20, 21), 24_105, 4096, 4096, "by the default of Node 20 to 21 in a container of 23.54 GB"),
        ((20, 20), 15.5 * 1024, 2048, 4096, "by the default of Node 20 in a container of 15.50 GB"),
        ((13, 13), 24_105, 2048, 2048, "by the default of Node 13 in a container of 23.54 GB"),
        ((12, 12), 1024, 512, 2048, "by the default of Node 12 in a container of 1.00 GB"),
        (
            (22, 24),
            None,
            2048,
            4096,
            "by the default of Node 22 to 24 if the machine or container has 4 GB or more",
        ),
        ((8, 8), 512, 1400, 1400, "by the default of Node 8 whatever memory there is"),
        (
            (10, 14),
            None,
            1400,
            4096,
            "by the default of Node 10 to 14 if the machine or container has 4 GB or more",
        ),
    ],
)
def test_the_default_is_a_range_by_version_and_memory(majors, memory_mb, low_mb, high_mb, why) -> None:
    default = default_limit(majors, memory_mb)
    assert default is not None
    assert (default.low_mb, default.high_mb, default.why) == (low_mb, high_mb, why)


def test_of_an_unknown_version_there_is_no_default() -> None:
    assert default_limit(ANY_MAJOR, 4096) is None


def grown(*sizes: float, memory_mb: float | None = None) -> Judge:
    """A heap under Node 19 to 21 that nobody has set a limit for."""
    judge = Judge()
    if memory_mb is not None:
        judge.memory(memory_mb)
    for i, mb in enumerate(sizes, 1):
        judge.see(full(i * 1000, mb, freed_mb=mb, type="Mark-Compact")._replace(form="v8_11_0"))
    return judge


def test_the_forecast_spans_the_range_and_says_by_what() -> None:
    judge = grown(*range(100, 1000, 50))
    assert isinstance(judge.limit, NoLimit) and judge.limit.default is not None
    forecast = judge.forecast()
    assert isinstance(forecast, Forecast)
    assert forecast.at_expected_ms == pytest.approx(18_000 + (2048 - 950) * 20, rel=0.01)
    assert forecast.at_high_ms >= 18_000 + (4096 - 950) * 20
    assert forecast.basis.endswith("by the default of Node 20 to 21 if the machine or container has 4 GB or more")


def test_a_smaller_container_brings_the_date_nearer() -> None:
    wide, near = grown(*range(100, 700, 50)).forecast(), grown(*range(100, 700, 50), memory_mb=2048).forecast()
    assert isinstance(wide, Forecast) and isinstance(near, Forecast)
    assert near.at_expected_ms < wide.at_expected_ms and near.at_high_ms < wide.at_high_ms


def test_a_default_far_away_gives_no_date() -> None:
    assert grown(*range(10, 40, 2)).forecast() == NoForecast("no heap limit known")


def test_growth_towards_the_upper_end_raises_the_trend_alarm_and_never_more() -> None:
    below = grown(*range(100, 2000, 50))
    assert {event.level for event in below.timeline} <= {"not-assessable", "ok", "rising"}
    above = grown(*range(100, 4090, 50))
    assert above.level == "impending"
    assert "the limit will be reached if it is 4.00 GB, by the default of Node 20 to 21" in above.because
    assert "critical" not in {event.level for event in above.timeline}


def test_a_limit_that_is_named_goes_before_the_default() -> None:
    judge = grown(*range(100, 700, 50), memory_mb=2048)
    judge.option(9, 800)
    assert not isinstance(judge.limit, NoLimit) and judge.limit.mb == 800
