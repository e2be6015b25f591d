"""What all exports share: names, collections, and how long a tick stands for."""

from __future__ import annotations

import dataclasses

import pytest
from ticks_to_export import made

from gclog.model.not_known import NotKnown
from gclog.model.profile import Frame
from gclog.report.export.stacks import counted_stacks, interval_us, moments_us, name_of, tick_lengths_us


@pytest.mark.parametrize(
    ("frame", "name"),
    [
        pytest.param(Frame("f", "function", "application", "JS", "/app/x.js", 1, 2), "f", id="function"),
        pytest.param(Frame("ArrayMap", "code", "builtin", "Builtin"), "Builtin: ArrayMap", id="builtin"),
        pytest.param(Frame("\\d+", "code", "regexp", "RegExp"), "RegExp: \\d+", id="regexp"),
        pytest.param(
            Frame("v8::internal::Heap", "native", "native", library="/usr/bin/node"), "v8::internal::Heap", id="native"
        ),
        pytest.param(Frame("(unknown)", "unknown", "unknown"), "(unknown)", id="unknown"),
        pytest.param(Frame("a\x1b[1m\nb", "function", "application"), "a^[[1m^Jb", id="control characters"),
    ],
)
def test_a_frame_is_called_as_v8_calls_it_in_one_line(frame: Frame, name: str) -> None:
    assert name_of(frame) == name


def test_a_stack_seen_within_and_without_a_collection_counts_twice() -> None:
    profile = made([(1000, "0", 0), (2000, "0", 1), (3000, "01", 0), (4000, "0", 1)])
    f, g = (next(i for i, frame in enumerate(profile.frames) if frame.name == name) for name in "fg")
    assert sorted(counted_stacks(profile)) == sorted([((f,), False, 1), ((f,), True, 2), ((f, g), False, 1)])


@pytest.mark.parametrize(
    ("moments", "lengths"),
    [
        pytest.param([1000, 2000, 3100], [(1000, 0), (1100, 0), (1050, 0)], id="one after the other"),
        pytest.param(
            [1000, 2000, 3000, 9000, 10000], [(1000, 0)] * 2 + [(1000, 5000)] + [(1000, 0)] * 2, id="idle for a while"
        ),
        pytest.param([1000, 2000, 3000, 6000, 7000], [(1000, 0)] * 2 + [(3000, 0)] + [(1000, 0)] * 2, id="late is no gap"),
        pytest.param([5000], [(1000, 0)], id="a single one"),
        pytest.param([2000, 1000, 3000], [(0, 0), (1000, 0), (2000, 0)], id="a clock that goes back stands still"),
    ],
)
def test_a_tick_lasts_until_the_next_one_unless_there_is_a_gap(moments: list[int], lengths: list[tuple[int, int]]) -> None:
    profile = made([(at_us, "0", 0) for at_us in moments])
    assert tick_lengths_us(profile, moments_us(profile)) == lengths


@pytest.mark.parametrize(
    ("moments", "asked", "interval"),
    [
        pytest.param([1000, 3000, 5000, 5900], 1000, 2000, id="longer than asked on a busy machine"),
        pytest.param([1000, 2000, 30_000, 60_000, 90_000], 1000, 1000, id="gaps are not counted"),
        pytest.param([0, 0, 0], 1000, 1000, id="ticks without times"),
    ],
)
def test_the_interval_is_the_usual_time_between_neighbours(moments: list[int], asked: int, interval: int) -> None:
    assert interval_us(made([(at_us, "0", 0) for at_us in moments], interval=asked)) == interval


def test_ticks_without_times_are_an_interval_apart_of_v8s_own_if_the_log_names_none() -> None:
    profile = dataclasses.replace(made([(0, "0", 0)] * 3), interval_us=NotKnown("no begin"))
    assert moments_us(profile) == [0, 1000, 2000]
