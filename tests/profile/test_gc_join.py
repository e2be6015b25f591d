"""A tick log beside the GC log of its isolate: one clock, ticks in pauses, and who was there while much was allocated."""

from __future__ import annotations

import dataclasses
import re
from pathlib import Path

import pytest
from made_logs import tables_of

from gclog.incident.read_source import read_tables
from gclog.model.not_known import NotKnown
from gclog.model.profile import GcJoin, Profile
from gclog.processes.process import ProcessTable
from gclog.processes.split import split_processes
from gclog.profile.build import build_profiles
from gclog.profile.gc_join import join_gc
from gclog.profile.options import ProfileOptions
from gclog.source.blocks import Block
from gclog.source.open import SourceSpec, open_source

SAMPLES = Path(__file__).parents[2] / "samples" / "joined"
JS, GC = 0, 1

Tick = tuple[float, str, int]


def profile_of(ticks: list[Tick], pid: int | None = 7, isolate: str | None = "0x10") -> Profile:
    """Ticks are (ms, stack, VM state); a stack names functions a to z, the outermost first; - is no code at all."""
    lines = ["v8-version,11,3,244,8,-node.38,0", "profiler,begin,1000"]
    lines += [
        f"code-creation,JS,10,5,0x{0x2000 + 256 * i:x},256,{chr(97 + i)} /app/x.js:{i + 1}:1,0x{0x9000 + i:x},~"
        for i in range(26)
    ]
    for at_ms, stack, state in ticks:
        places = [0x500000 if letter == "-" else 0x2010 + 256 * (ord(letter) - 97) for letter in reversed(stack)]
        rest = "".join(f",0x{place:x}" for place in places[1:])
        lines.append(f"tick,0x{places[0]:x},{round(at_ms * 1000)},0,0x0,{state}{rest}")
    (profile,) = build_profiles("v8.log", [Block(("\n".join(lines) + "\n").encode(), 1)], ProfileOptions())
    return dataclasses.replace(profile, pid=pid, isolate=isolate)


def collection(at_ms: float, pause_ms: float, before_mb: float = 20, after_mb: float = 10) -> str:
    """A scavenge as Node 20 prints it."""
    sizes = f"Scavenge {before_mb:.1f} (64.0) -> {after_mb:.1f} (64.0) MB"
    return f"[7:0x10] {at_ms:8.0f} ms: {sizes}, {pause_ms:.2f} / 0.00 ms  (average mu = 1.000, current mu = 1.000) task; "


def process_of(*lines: str) -> ProcessTable:
    (process,) = split_processes(tables_of(*lines))
    return process


def joined(ticks: list[Tick], *lines: str) -> GcJoin:
    found = join_gc(profile_of(ticks), process_of(*lines), "gc.log")
    assert isinstance(found, GcJoin), found
    return found


UNEVEN_MS = [100 + 37 * i + 11 * (i % 3) for i in range(20)]
"""Moments that no offset but the right one brings together."""


# ---------------------------------------------------------------- real logs of one run


def real_joins() -> list[tuple[str, Profile, GcJoin]]:
    found = []
    for log in sorted(SAMPLES.glob("gc-*.log")):
        (process,) = split_processes(read_tables(log))
        (ticks,) = SAMPLES.glob(f"isolate-{process.isolate}-{process.pid}-v8.log.gz")
        with open_source(SourceSpec(ticks.name, ticks)) as source:
            (profile,) = build_profiles(ticks.name, source.blocks(), ProfileOptions())
        join = join_gc(profile, process, log.name)
        assert isinstance(join, GcJoin)
        found.append((log.name, profile, join))
    return found


@pytest.fixture(scope="module")
def real() -> list[tuple[str, Profile, GcJoin]]:
    found = real_joins()
    assert [name for name, _, _ in found] == [f"gc-node{major}.log" for major in (12, 18, 20, 24, 26)]
    return found


def test_ticks_in_gc_fall_into_the_pauses_of_a_real_gc_log(real: list[tuple[str, Profile, GcJoin]]) -> None:
    for name, profile, join in real:
        assert join.gc_ticks_in_pauses + join.gc_ticks_elsewhere == profile.gc_ticks
        assert join.gc_ticks_in_pauses >= 0.9 * profile.gc_ticks > 50, name
        assert sum(pause.gc_ticks for pause in join.pauses) == join.gc_ticks_in_pauses


def test_the_function_that_allocates_is_named_first_in_the_heaviest_stretch(real: list[tuple[str, Profile, GcJoin]]) -> None:
    for name, profile, join in real:
        heaviest = max(join.windows, key=lambda window: window.allocated_mb)
        first = heaviest.functions[0]
        assert profile.frames[first.frame].name == "rememberSessions", name
        assert first.total_ticks >= 0.9 * heaviest.ticks
        assert 390_000 < heaviest.from_us < heaviest.to_us < 900_000, "it allocates from 0.4 s to 0.8 s after the start"


def test_the_clocks_of_a_real_run_are_close(real: list[tuple[str, Profile, GcJoin]]) -> None:
    for name, _, join in real:
        assert abs(join.offset_us) <= 2500, name


# ---------------------------------------------------------------- the clocks


@pytest.mark.parametrize("ahead_ms", [0, 5, -7.5, 12])
def test_the_offset_is_where_ticks_in_gc_fall_into_pauses(ahead_ms: float) -> None:
    ticks = [(at + ahead_ms - back, "a", GC) for at in UNEVEN_MS for back in (3.5, 2.5, 1.5, 0.5)]
    join = joined([(50, "a", JS), *ticks, (900, "a", JS)], *(collection(at, 4) for at in UNEVEN_MS))
    assert join.offset_us == ahead_ms * 1000
    assert (join.gc_ticks_in_pauses, join.gc_ticks_elsewhere) == (80, 0)
    assert join.offset_why.startswith("80 of 80 ticks in GC near pauses fall into one,")
    assert [pause.at_us for pause in join.pauses] == [(at + ahead_ms) * 1000 for at in UNEVEN_MS]
    assert {pause.gc_ticks for pause in join.pauses} == {4}


def test_a_moment_is_rounded_to_ms_and_half_a_ms_is_no_reason_for_an_offset() -> None:
    ticks = [(at + 0.4 - back, "a", GC) for at in UNEVEN_MS for back in (2, 1, 0)]
    join = joined([(50, "a", JS), *ticks, (900, "a", JS)], *(collection(at, 3) for at in UNEVEN_MS))
    assert (join.offset_us, join.gc_ticks_elsewhere) == (0, 0)


def test_few_ticks_in_gc_leave_the_clocks_as_they_are() -> None:
    join = joined(
        [(50, "a", JS), *((at + 4, "a", GC) for at in UNEVEN_MS[:19]), (900, "a", JS)], *(collection(at, 3) for at in UNEVEN_MS)
    )
    assert join.offset_us == 0
    assert join.offset_why == "19 ticks in GC near pauses, too few to compare the clocks (it takes 20): assumed to be equal"
    assert join.gc_ticks_elsewhere == 19


SPREAD = [(at + shift + 0.25, "a", GC) for at in range(100, 1100, 100) for shift in range(-18, 19, 3)]
"""Ticks in GC all around each 100th ms: no offset brings half of them together."""

EVERY_100 = [collection(at, 1) for at in range(100, 1100, 100)]


def test_ticks_that_disagree_with_the_pauses_are_reported_if_the_isolate_is_the_same() -> None:
    join = joined([(50, "a", JS), *SPREAD, (1200, "a", JS)], *EVERY_100)
    assert join.offset_us == 0
    assert join.offset_why.startswith("at no offset within 20 ms do half of the 130 ticks in GC near pauses fall into one")


def test_ticks_that_disagree_with_the_pauses_are_another_run_if_no_isolate_is_named() -> None:
    profile = profile_of([(50, "a", JS), *SPREAD, (1200, "a", JS)], pid=None, isolate=None)
    found = join_gc(profile, process_of(*EVERY_100), "gc.log")
    assert isinstance(found, NotKnown)
    assert found.reason.startswith("apparently another run: at no offset")


def test_ticks_in_gc_far_from_any_pause_say_nothing_of_the_clocks() -> None:
    marking = [(600 + i, "a", GC) for i in range(200)]
    ticks = [(at - back, "a", GC) for at in UNEVEN_MS[:10] for back in (2, 1)]
    join = joined([(50, "a", JS), *ticks, *marking, (900, "a", JS)], *(collection(at, 3) for at in UNEVEN_MS[:10]))
    assert (join.offset_us, join.gc_ticks_in_pauses, join.gc_ticks_elsewhere) == (0, 20, 200)
    assert join.offset_why.startswith("20 of 20 ticks")


# ---------------------------------------------------------------- no join


@pytest.mark.parametrize(
    ("profile", "reason"),
    [
        pytest.param(profile_of([(150, "a", JS)] * 2, pid=8), "another process: 7 in the GC log, 8 in the tick log", id="pid"),
        pytest.param(
            profile_of([(150, "a", JS)] * 2, isolate="0x20"),
            "another isolate: 0x10 in the GC log, 0x20 in the tick log",
            id="isolate",
        ),
        pytest.param(profile_of([]), "the tick log has no ticks", id="no ticks"),
        pytest.param(profile_of([(0, "a", JS)] * 3), "the ticks have no times, which V8 writes from 3.28 on", id="no times"),
        pytest.param(
            profile_of([(5000, "a", JS), (6000, "a", JS)]),
            "no time in common: the GC log's collections are at 100 to 200 ms, the ticks at 5,000 to 6,000 ms since the isolate's start",
            id="no overlap",
        ),
    ],
)
def test_what_does_not_belong_together_is_not_joined(profile: Profile, reason: str) -> None:
    assert join_gc(profile, process_of(collection(100, 1), collection(200, 1)), "gc.log") == NotKnown(reason)


def test_without_a_collection_there_is_nothing_to_join() -> None:
    process = process_of(collection(100, 1))
    process = dataclasses.replace(process, rows=process.rows.part(0, 0))
    found = join_gc(profile_of([(150, "a", JS)]), process, "gc.log")
    assert found == NotKnown("the GC log has no collections with a time")


@pytest.mark.parametrize("isolate", ["0000000000000010", "10", "0X10", None])
def test_an_isolate_is_the_same_however_its_address_is_written(isolate: str | None) -> None:
    found = join_gc(profile_of([(50, "a", JS), (150, "a", JS)], isolate=isolate), process_of(collection(100, 1)), "gc.log")
    assert isinstance(found, GcJoin)


# ---------------------------------------------------------------- pauses


def test_pauses_outside_the_profiles_time_are_left_out_and_the_share_is_of_that_time() -> None:
    lines = [collection(100, 10), collection(205, 10), collection(300, 20), collection(900, 10)]
    join = joined([(200, "a", JS), (400, "a", JS)], *lines)
    assert [(pause.line, pause.at_us, pause.pause_ms, pause.collector) for pause in join.pauses] == [
        (2, 205_000, 10.0, "scavenge"),
        (3, 300_000, 20.0, "scavenge"),
    ]
    assert join.pause_share == pytest.approx((5 + 20) / 200)


def test_a_tick_between_two_pauses_that_both_may_reach_it_is_the_nearer_ones() -> None:
    join = joined([(50, "a", JS), (100.2, "a", GC), (100.4, "a", GC), (150, "a", JS)], collection(100, 2), collection(103, 2.5))
    assert [pause.gc_ticks for pause in join.pauses] == [1, 1]


# ---------------------------------------------------------------- stretches of much allocation


def steady(from_ms: int, to_ms: int, stack: str) -> list[Tick]:
    return [(at, stack, JS) for at in range(from_ms, to_ms)]


EVEN = [collection(at, 2, before_mb=20, after_mb=10) for at in range(100, 1001, 100)]
"""10 MB in each 100 ms."""


def test_if_allocation_is_even_the_whole_time_is_one_stretch() -> None:
    join = joined(steady(50, 1050, "ab"), *EVEN)
    (window,) = join.windows
    assert (window.from_us, window.to_us, window.ticks) == (100_000, 1_000_000, 900)
    assert window.allocated_mb == pytest.approx(90)
    assert window.mb_per_s == pytest.approx(100)
    assert join.windows_why.startswith("even: ")


BURST = [*EVEN[:5], *(collection(at, 2, before_mb=40, after_mb=10) for at in range(520, 601, 20)), *EVEN[6:]]
"""As even, but 30 MB in each 20 ms from 500 to 600 ms."""


def test_a_burst_is_a_stretch_with_the_functions_that_are_peculiar_to_it_first() -> None:
    ticks = [*steady(50, 500, "mc"), *steady(500, 600, "mb"), *steady(600, 1050, "mc")]
    profile = profile_of(ticks)
    join = join_gc(profile, process_of(*BURST), "gc.log")
    assert isinstance(join, GcJoin)
    (window,) = join.windows
    assert (window.from_us, window.to_us, window.ticks) == (500_000, 600_000, 100)
    assert window.allocated_mb == pytest.approx(150)
    assert window.mb_per_s == pytest.approx(1500)
    assert [(profile.frames[row.frame].name, row.self_ticks, row.total_ticks) for row in window.functions] == [
        ("b", 100, 100),
        ("m", 0, 100),
    ]
    assert join.windows_why == "mostly over 2 times the median rate over the program's own time, pauses excluded"


def test_ticks_in_gc_are_nobodys_and_what_is_no_javascript_is_no_function() -> None:
    burst = [(at, "g" if at % 2 else "mb-", GC if at % 2 else JS) for at in range(500, 600)]
    profile = profile_of([*steady(50, 500, "mc"), *burst, *steady(600, 1050, "mc")])
    join = join_gc(profile, process_of(*BURST), "gc.log")
    assert isinstance(join, GcJoin)
    (window,) = join.windows
    assert window.ticks == 50
    assert [(profile.frames[row.frame].name, row.self_ticks) for row in window.functions] == [("b", 0), ("m", 0)]


def test_a_ubiquitous_server_loop_ranks_after_functions_found_only_here() -> None:
    ticks = [*steady(50, 500, "mc"), *steady(500, 540, "m"), *steady(540, 600, "mb"), *steady(600, 1050, "mc")]
    profile = profile_of(ticks)
    join = join_gc(profile, process_of(*BURST), "gc.log")
    assert isinstance(join, GcJoin)
    names = [(profile.frames[row.frame].name, row.total_ticks) for row in join.windows[0].functions]
    assert names == [("b", 60), ("m", 100)]


def test_one_collection_says_nothing_of_allocation() -> None:
    join = joined(steady(50, 200, "a"), collection(100, 2))
    assert (join.windows, join.windows_why) == ((), "it takes two collections with heap sizes, some ms apart")


def test_memory_given_back_between_collections_is_no_allocation() -> None:
    lines = [collection(100, 2, 20, 10), collection(200, 2, 5, 5), collection(300, 2, 15, 5)]
    join = joined(steady(50, 350, "a"), *lines)
    assert sum(window.allocated_mb for window in join.windows) == pytest.approx(10)


def test_at_most_five_stretches_are_named_in_order_of_time() -> None:
    lines, at = [collection(100, 1, 20, 10)], 100
    for i in range(8):
        lines += [collection(at + 100 * n, 1, 11, 10) for n in (1, 2)]
        lines.append(collection(at + 230, 1, 60 + 10 * i, 10))
        at += 230
    windows = joined(steady(50, at + 50, "a"), *lines).windows
    assert [round(window.allocated_mb) for window in windows] == [80, 90, 100, 110, 120]
    assert [window.from_us for window in windows] == sorted(window.from_us for window in windows)


def test_the_samples_hold_no_path_of_the_machine_that_made_them() -> None:
    for log in SAMPLES.glob("*.log.gz"):
        with open_source(SourceSpec(log.name, log)) as source:
            text = b"".join(block.data for block in source.blocks())
        assert not re.search(rb"/(?:tmp|work|home|root)/", text), log.name
