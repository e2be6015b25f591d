"""When a danger begins and when it is over."""

from __future__ import annotations

import math

import pytest

from gclog.analysis.verdict.danger import DangerTracker
from gclog.model.verdict import Level, TimelineEvent


def spells(*changes: tuple[float, Level], until_s: float) -> list[tuple[float, float]]:
    """Dangers from a timeline in seconds, each from .. to, where a look every 0.1 s found it over; inf: not yet."""
    tracker, found, begun = DangerTracker(), list[tuple[float, float]](), math.nan
    waiting = list(changes)
    for tenth in range(round(until_s * 10) + 1):
        now_s = tenth / 10
        if tracker.settle(now_s * 1000):
            found.append((begun, now_s))
        while waiting and waiting[0][0] <= now_s:
            at_s, level = waiting.pop(0)
            if tracker.see(TimelineEvent(at_s * 1000, round(at_s), level, ""), at_s * 1000):
                begun = at_s
    return found if tracker.begin is None else [*found, (begun, math.inf)]


@pytest.mark.parametrize(
    ("changes", "found"),
    [
        pytest.param(((0, "ok"), (10, "rising")), [], id="no alarm"),
        pytest.param(((10, "impending"), (20, "critical"), (30, "impending")), [(10, math.inf)], id="it wavers"),
        pytest.param(((10, "impending"), (60, "ok"), (64, "impending")), [(10, math.inf)], id="off for less than a tenth"),
        pytest.param(((10, "impending"), (60, "ok")), [(10, 65)], id="off for a tenth"),
        pytest.param(((10, "impending"), (60, "ok"), (70, "critical")), [(10, 65), (70, math.inf)], id="another one"),
        pytest.param(((50, "impending"), (50.1, "ok")), [(50, 51.2)], id="at least a fiftieth of the age"),
        pytest.param(((10, "impending"), (60, "ok"), (61, "impending"), (62, "ok")), [(10, 67.2)], id="off, on, off"),
        pytest.param(((10, "impending"), (60, "exhausted")), [(10, math.inf)], id="a death ends none"),
    ],
)
def test_a_danger_is_over_once_its_alarm_stays_away(changes, found) -> None:
    assert spells(*changes, until_s=90) == found


def test_without_a_clock_a_danger_is_over_as_soon_as_the_level_falls() -> None:
    tracker = DangerTracker("rising")
    assert tracker.see(TimelineEvent(math.nan, 3, "rising", ""), math.nan)
    assert not tracker.settle(math.nan)
    tracker.see(TimelineEvent(math.nan, 4, "ok", ""), math.nan)
    assert tracker.settle(math.nan) and tracker.begin is None
