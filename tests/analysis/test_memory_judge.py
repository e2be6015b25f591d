"""All memory of a process judged reading by reading: what is kept, when the level changes, and which of two levels counts."""

from __future__ import annotations

import math
from collections.abc import Iterable
from pathlib import Path

import pytest

from gclog.analysis.verdict.memory_judge import MAX_READINGS, MemoryJudge, WorstOf
from gclog.incident.pipeline import analyze
from gclog.incident.settings import Settings
from gclog.model.verdict import Level, TimelineEvent
from gclog.model.witness import MemoryLimit, NoMemoryLimit

SAMPLES = Path(__file__).parent.parent.parent / "samples" / "witness"
LIMIT = MemoryLimit(200.0, "given by the user", None)
NONE = NoMemoryLimit("none")
HOUR_MS = 3_600_000.0


def judge_of(rss_mb: Iterable[float], limit: MemoryLimit | NoMemoryLimit = NONE, every_ms: float = math.nan) -> MemoryJudge:
    """Readings on lines 1, 2, ... beside a heap of 10 MB."""
    judge = MemoryJudge(limit)
    for line, mb in enumerate(rss_mb, 1):
        judge.reading(line, line * every_ms, math.nan, (mb, 10.0, 8.0, 1.0, 0.0))
    return judge


def levels_of(judge: MemoryJudge) -> list[tuple[int, Level]]:
    return [(event.line, event.level) for event in judge.timeline]


UP = [float(mb) for mb in range(50, 190, 10)]


def test_nothing_is_said_of_fewer_than_five_readings() -> None:
    assert levels_of(judge_of(UP[:4], LIMIT)) == []
    assert levels_of(judge_of(UP[:5], LIMIT)) == [(5, "rising")]


def test_near_the_limit_it_is_impending() -> None:
    """180 of 200 MB, the fourteenth reading, are nine tenths."""
    assert levels_of(judge_of(UP, LIMIT)) == [(5, "rising"), (14, "impending")]


@pytest.mark.parametrize(
    ("every_ms", "line"),
    [(HOUR_MS, 14), (HOUR_MS * 0.15, 10), (HOUR_MS / 12, 9)],
    ids=["an hour for ten MB: by its share", "nine minutes: less than an hour left", "five minutes: no further than was seen"],
)
def test_with_a_clock_the_time_left_counts(every_ms: float, line: int) -> None:
    """Nine minutes: 60 MB are left at 140, the tenth reading, 54 minutes; 63 at the ninth. Five: 70 MB are left at 130, the ninth,
    35 minutes, and 40 were seen; at the eighth 40, and 35 were seen.
    """
    assert levels_of(judge_of(UP, LIMIT, every_ms))[1] == (line, "impending")


def test_an_alarm_is_not_taken_back_for_a_rest_near_the_limit() -> None:
    near = judge_of([*UP, *[181.0] * 60], LIMIT)
    assert near.timeline[-1].level == "impending"
    assert near.judgement is not None and near.judgement.because == "RSS stays near the limit: 181.0 MB of 200.0 MB"
    assert judge_of([*UP, *[120.0] * 60], LIMIT).timeline[-1].level == "ok"


def test_of_many_readings_every_second_is_left_out_until_they_fit() -> None:
    judge = judge_of(50 + i / 100 for i in range(10_000))
    assert judge.readings == 10_000
    assert levels_of(judge)[-1][1] == "rising"
    rows = judge._kept.with_last(judge._last)
    assert MAX_READINGS / 2 <= len(rows) <= MAX_READINGS + 1
    steps = {int(b - a) for a, b in zip(rows[:-2, 0], rows[1:-1, 0], strict=True)}
    assert steps == {64}  # 10,000 / 64 = 157


def test_a_reading_over_the_limit_is_judged_though_it_is_not_kept() -> None:
    calm = [50.0 + i / 10 for i in range(1001)]
    judge = judge_of([*calm, 185.0, *[186.0] * 2], LIMIT)
    assert levels_of(judge)[-1] == (1002, "impending")


def test_a_limit_that_becomes_known_is_judged_at_once() -> None:
    judge = judge_of(UP)
    judge.set_limit(MemoryLimit(190.0, "the kernel's, on line 20", 20))
    assert levels_of(judge) == [(5, "rising"), (20, "impending")]


def test_figures_that_a_line_does_not_say_are_those_of_the_line_before() -> None:
    judge = judge_of(UP)
    judge.reading(99, math.nan, math.nan, (math.nan, 10.0, 8.0, math.nan, math.nan))
    assert (judge.rss_mb, judge.external_mb) == (180.0, 1.0)


@pytest.mark.parametrize(("share"), [0.2, 0.45, 0.7, 0.95])
@pytest.mark.parametrize("name", ["buffers_trace-node20.log", "buffers_json-node24.log", "heap_object-node8.log"])
def test_the_timeline_at_a_line_is_that_of_the_log_up_to_it(name: str, share: float, tmp_path: Path) -> None:
    settings = Settings(memory_limit_mb=185)
    lines = (SAMPLES / name).read_text().splitlines(keepends=True)
    cut = int(len(lines) * share)
    log = tmp_path / name
    log.write_text("".join(lines[:cut]))
    whole = analyze(SAMPLES / name, settings).processes[0].timeline
    part = analyze(log, settings).processes[0].timeline
    assert part == whole[: len(part)]
    assert all(event.line > cut - 8 for event in whole[len(part) :])  # an object has eight lines at most


# ---------------------------------------------------------------- the worse of two


def event(level: Level, line: int, because: str = "") -> TimelineEvent:
    return TimelineEvent(0.0, line, level, because)


def test_the_worse_of_two_levels_counts_and_the_heaps_wins_ties() -> None:
    worst = WorstOf()
    worst.heap(event("not-assessable", 1))
    worst.outside(event("rising", 2, "RSS"))
    worst.heap(event("rising", 3, "heap"))
    worst.outside(event("impending", 4, "RSS near"))
    worst.heap(event("impending", 5, "heap near"))
    worst.outside(event("ok", 6))
    worst.heap(event("ok", 7, "calm"))
    told = [(e.line, e.level, e.because) for e in worst.timeline]
    assert told == [(1, "not-assessable", ""), (2, "rising", "RSS"), (4, "impending", "RSS near"), (7, "ok", "calm")]


def test_a_level_that_is_taken_back_leaves_the_other() -> None:
    worst = WorstOf()
    worst.heap(event("rising", 1, "heap"))
    worst.outside(event("impending", 2, "RSS near"))
    assert worst.is_outside
    worst.outside(event("ok", 3))
    assert [(e.line, e.level, e.because) for e in worst.timeline][-1] == (3, "rising", "heap")
    assert not worst.is_outside
