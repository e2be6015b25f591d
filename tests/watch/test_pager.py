"""The alarms of a watch: once a danger, and resolved when it is over."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence

import pytest
from made_views import VIEW

from gclog.model.verdict import LEVELS, Level, TimelineEvent
from gclog.watch.pager import Pager
from gclog.watch.watcher import Change


class Told:
    """Keeps what an alarm is told, as words: `+impending`, `-ok after critical`."""

    def __init__(self) -> None:
        self.words: list[str] = []

    def raise_for(self, change: Change, source: str) -> None:
        self.words.append(f"+{change.event.level}")

    def resolve(self, change: Change, source: str) -> None:
        self.words.append(f"-{change.event.level} after {change.before} at {change.process.at_ms / 1000:.0f}")

    def close(self) -> None:
        return


class Stream:
    """Feeds a pager with the changes of process 7."""

    def __init__(self, at: Level = "impending", *, muted: bool = False) -> None:
        self.told = Told()
        self.pager = Pager([self.told], "gc.log", at, muted=muted)
        self.before: Level = LEVELS[0]
        self.view = VIEW

    def change(self, at_s: float, level: Level) -> Stream:
        self.view = dataclasses.replace(VIEW, at_ms=at_s * 1000, level=level)
        event = TimelineEvent(at_s * 1000, int(at_s), level, "")
        self.pager.take(Change(self.view, event, self.before, event))
        self.before = level
        return self

    def look(self, at_s: float, *, ended: bool = False) -> Stream:
        self.view = dataclasses.replace(self.view, at_ms=at_s * 1000)
        self.pager.look(lambda: [self.view], ended=ended)
        return self


def fed(*changes: tuple[float, Level]) -> Stream:
    stream = Stream()
    for at_s, level in changes:
        stream.change(at_s, level)
    return stream


LEAK: Sequence[tuple[float, Level]] = ((1, "ok"), (10, "impending"), (20, "critical"), (30, "impending"))


def test_a_level_that_wavers_or_drops_for_a_moment_is_one_alarm() -> None:
    stream = fed(*LEAK, (60, "ok"), (62, "impending"), (70, "rising"), (71, "critical"), (72, "exhausted"))
    assert stream.look(500).told.words == ["+impending"]


def test_it_is_resolved_once_the_level_has_stayed_below_for_a_tenth_of_the_danger() -> None:
    stream = fed(*LEAK, (60, "ok"))
    assert stream.look(64).told.words == ["+impending"]
    assert stream.look(65).look(66).told.words == ["+impending", "-ok after critical at 65"]


def test_the_next_danger_is_another_alarm_however_late_the_first_one_is_looked_at() -> None:
    stream = fed(*LEAK, (60, "rising"), (61, "ok"), (80, "critical"))
    assert stream.told.words == ["+impending", "-ok after critical at 61", "+critical"]


@pytest.mark.parametrize(
    ("last", "told"),
    [
        pytest.param("ok", ["+impending", "-ok after critical at 61"], id="it ended calm"),
        pytest.param("critical", ["+impending"], id="how it ended is not known"),
        pytest.param("exhausted", ["+impending"], id="it died"),
    ],
)
def test_at_the_end_of_the_log_what_is_quiet_is_over(last: Level, told: list[str]) -> None:
    assert fed(*LEAK, (60, last)).look(61, ended=True).told.words == told


def test_history_is_silent_and_what_still_holds_after_it_is_raised_once() -> None:
    stream = Stream(muted=True)
    stream.change(1, "impending").change(50, "ok").change(90, "critical").look(91)
    assert stream.told.words == []
    stream.pager.speak()
    stream.change(95, "impending")
    assert stream.told.words == ["+critical"]
    assert stream.change(96, "ok").look(99).told.words == ["+critical", "-ok after critical at 99"]


def test_history_that_is_over_is_never_told() -> None:
    stream = Stream(muted=True).change(1, "impending").change(50, "ok")
    stream.pager.speak()
    assert stream.look(500).told.words == []


def test_processes_have_their_own_dangers() -> None:
    stream = fed((10, "impending"))
    stream.view = dataclasses.replace(VIEW, run=2)
    event = TimelineEvent(11_000.0, 11, "impending", "")
    stream.pager.take(Change(stream.view, event, "ok", event))
    assert stream.told.words == ["+impending", "+impending"]


def test_the_log_s_clock_counts_where_a_process_has_no_collection() -> None:
    told = Told()
    pager = Pager([told], "app.log", "impending")
    for second, level in ((0, "impending"), (100, "ok"), (105, "impending")):
        view = dataclasses.replace(VIEW, at_ms=float("nan"), wall_ms=second * 1000.0)
        event = TimelineEvent(float("nan"), second, level, "")
        pager.take(Change(view, event, "ok", event))
    assert told.words == ["+impending"]
