"""Counters in the application's lines: which numbers count things, and how they are followed."""

from __future__ import annotations

import numpy as np
import pytest

from gclog.recognise.line_counters import MOST_COUNTERS, CounterSeries, counters_of
from gclog.recognise.line_shapes import LineShapes
from gclog.source.open import Block


def follow(text: str, *ends: int, block_lines: int = 1_000_000) -> list[CounterSeries]:
    """The counters of a log, read in blocks of some lines."""
    shapes = LineShapes(np.array(ends, dtype=np.int64))
    lines = text.splitlines(keepends=True)
    for begin in range(0, len(lines), block_lines):
        shapes.read(Block("".join(lines[begin : begin + block_lines]).encode(), begin + 1))
    return list(shapes.finish().counters)


@pytest.mark.parametrize(
    ("line", "counters"),
    [
        ("processed 1200 jobs, 3 retries", [("jobs", 1200), ("retries", 3)]),
        ("sessions=340", [("sessions", 340)]),
        ('{"level":30,"time":1764598800123,"pid":7,"requests":5120}', [("requests", 5120)]),
        ("worker: 1,200 jobs so far", [("jobs", 1200)]),
        ("queue: 7, itemCount: 12", [("queue", 7), ("itemCount", 12)]),
        ("job 17 done in 12ms, 700 rows", [("rows", 700)]),
        ("order 51234 placed", []),
        ('{"req":{"id":17},"res":{"statusCode":200},"responseTime":12}', []),
        ("took 5 seconds, 1200 bytes, memUsed: 40", []),
        ("latency: 12 ms jobs: 12% parts: 1.5 days: 2026-01-02", []),
        ("10.0.0.7:8080 users", []),
        ("GET /a 200 12.3 ms - 17", []),
    ],
)
def test_numbers_that_count_things_are_told_from_sizes_times_and_ids(line: str, counters: list[tuple[str, float]]) -> None:
    assert counters_of(line.encode()) == counters


@pytest.mark.parametrize("block_lines", [1, 2, 100])
def test_a_counter_is_followed_through_the_stretches(block_lines: int) -> None:
    log = "done 5 jobs\nx\ndone 8 jobs\ndone 3 jobs\nx\nx\ndone 4 jobs\n"
    (jobs,) = follow(log, 1, 4, 6, 7, block_lines=block_lines)
    assert (jobs.name, jobs.adds_up) == ("jobs", True)
    assert jobs.read.tolist() == [1, 2, 0, 1]
    assert jobs.sums.tolist() == [5, 11, 0, 4]
    assert jobs.last.tolist()[:2] == [5, 3]
    assert np.isnan(jobs.last[2])
    assert jobs.falls.tolist() == [0, 1, 0, 0]


@pytest.mark.parametrize(
    ("text", "adds_up"),
    [
        ("requests=5", True),
        ("jobsDone: 5", True),
        ("done 5 widgets", True),
        ("sessions=5", False),
        ("activeJobs=5", False),
        ("5 connections open", False),
        ("conns=5", False),
        ("widgets=5", False),
    ],
)
def test_what_has_come_is_told_from_what_is_there(text: str, adds_up: bool) -> None:
    (counter,) = follow(f"{text}\n" * 3, 3)
    assert counter.adds_up is adds_up


def test_no_more_counters_are_followed_than_can_be_compared() -> None:
    words = ["".join(chr(97 + number // 26**place % 26) for place in range(3)) for number in range(MOST_COUNTERS + 9)]
    assert len(follow("".join(f"{word} jobs=3\n" * 20 for word in words), 5000)) == MOST_COUNTERS


def test_lines_of_the_trace_and_figures_of_memory_count_nothing() -> None:
    assert follow("RSS: 120.3 MB, heap used: 30.1 MB, sessions: 3\n" * 9, 9) == []
