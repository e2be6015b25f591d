"""A watch hears the other witnesses: figures of memory, kills from outside, collections that programs tell of."""

from __future__ import annotations

import math
from pathlib import Path

import pytest
from made_logs import full, scavenge
from test_watcher import analysed, block_of, by_line, items_within, timelines_in, timelines_of, watch_blocks

from gclog.incident.pipeline import analyze
from gclog.incident.settings import Settings
from gclog.model.records import PerformanceEntry
from gclog.model.verdict import LEVELS
from gclog.processes.perf_hooks import EntryReader
from gclog.source.open import Block, expand, open_source
from gclog.watch.watcher import LONG_PAUSES, Change, Death, News, Watcher

SAMPLES = Path(__file__).parents[2] / "samples" / "witness"
LOGS = sorted(path.name for path in SAMPLES.glob("*.log"))
LIMIT_MB = 185.0
KILL = (
    "Memory cgroup out of memory: Killed process 4711 (node) total-vm:1203404kB, anon-rss:189440kB, file-rss:0kB, shmem-rss:0kB"
)


def reading(rss_mb: float, heap_mb: float = 10.0, external_mb: float = 1.0) -> str:
    return f"rss={rss_mb}MB heapTotal={heap_mb}MB heapUsed={heap_mb}MB external={external_mb}MB"


def readings(*rss_mb: float) -> list[str]:
    return [reading(mb) for mb in rss_mb]


LEAKING = readings(*range(50, 170, 10))


def changes_of(news: list[News]) -> list[tuple[str, str, int]]:
    return [(new.before, new.event.level, new.event.line) for new in news if isinstance(new, Change)]


# ---------------------------------------------------------------- the law


@pytest.mark.parametrize("name", LOGS)
@pytest.mark.parametrize("limit_mb", [None, LIMIT_MB], ids=["no limit", "a limit"])
def test_the_changes_are_those_of_the_finished_log_in_whatever_portions_it_comes(name: str, limit_mb: float | None) -> None:
    finished = analyze(SAMPLES / name, Settings(memory_limit_mb=limit_mb))
    wanted = timelines_in(finished)
    levels = [process.verdict.level for process in finished.processes]
    for cut in (lambda blocks: blocks, by_line):
        with open_source(expand([str(SAMPLES / name)])[0]) as source:
            watcher = Watcher(Settings(memory_limit_mb=limit_mb))
            assert timelines_of(watch_blocks(cut(source.blocks(1 << 14)), watcher)) == wanted
        assert watcher.worst == max(levels, key=LEVELS.index)
        assert watcher.reader.line_counts == finished.sources[0].lines


GROWS = [full(1000 * (i + 1), after_mb=20 + 10 * i) for i in range(8)]

CASES: dict[str, list[str]] = {
    "readings beside a flat heap": [
        line for i, mb in enumerate(range(50, 200, 10)) for line in (full(1000 * (i + 1), after_mb=20), reading(mb))
    ],
    "readings before the trace": [*LEAKING, *GROWS],
    "a heap that grows faster than the rest": [line for pair in zip(GROWS, LEAKING, strict=False) for line in pair],
    "a limit named before the first reading": [
        "node --max-old-space-size=128 app.js",
        *(reading(mb, heap_mb=mb - 40) for mb in range(50, 170, 10)),
    ],
    "a kill behind the last reading": [*LEAKING, KILL],
    "a bare signal behind it": [*LEAKING, "Killed"],
    "a kill that was another's": [*LEAKING, KILL, *readings(170, 180)],
    "a kill that was another's, long before": [*LEAKING, KILL, *["GET /"] * 250, *readings(170, 180)],
    "the kernel's limit before its kill": [*LEAKING, "kernel: memory: usage 174080kB, limit 174080kB, failcnt 27", KILL],
    "a kill of a process with a trace": [*GROWS, *LEAKING, KILL],
    "it comes down again": [*LEAKING, *readings(*[60] * 20)],
    "it stays near the limit": [*LEAKING, *readings(*range(170, 180, 2)), *readings(*[172] * 30)],
    "more readings than are kept": readings(*(50 + i / 10 for i in range(1300))),
    "figures one by one": [line for mb in range(50, 170, 10) for line in (f"rss {mb} MB", "heapTotal 10 MB", "heapUsed 8 MB")],
}


@pytest.mark.parametrize("lines", CASES.values(), ids=CASES)
def test_hand_made_logs_are_judged_as_when_finished(lines: list[str], tmp_path: Path) -> None:
    log = tmp_path / "app.log"
    log.write_text("\n".join([*lines, ""]), encoding="utf-8")
    for limit_mb in (None, LIMIT_MB):
        (wanted,) = [timeline for _, timeline in analysed(log, Settings(memory_limit_mb=limit_mb))]
        for blocks in ([block_of(*lines)], by_line([block_of(*lines)])):
            news = watch_blocks(blocks, Watcher(Settings(memory_limit_mb=limit_mb)))
            told = [event for _, timeline in timelines_of(news) for event in timeline]  # under two names, if it is traced late
            assert told == wanted


# ---------------------------------------------------------------- what is shown


def test_rss_and_external_stand_beside_the_heap_and_growth_is_called_off_heap() -> None:
    watcher = Watcher(Settings(heap_limit_mb=2048, memory_limit_mb=1024))
    for i, mb in enumerate(range(50, 150, 10)):
        watcher.read(block_of(full(1000 * (i + 1), after_mb=20), reading(mb, external_mb=mb - 40), first_line=2 * i + 1))
    (view,) = watcher.views()
    assert (view.rss_mb, view.external_mb, view.memory_limit_mb, view.live_mb) == (140.0, 100.0, 1024.0, 20.0)
    assert (view.growth, view.level, view.is_outside) == ("off-heap", "rising", True)


def test_the_level_changes_when_the_limit_is_neared() -> None:
    news = watch_blocks([block_of(*LEAKING, reading(168))], Watcher(Settings(memory_limit_mb=LIMIT_MB)))
    assert changes_of(news) == [("not-assessable", "rising", 5), ("rising", "impending", 13)]
    change = news[-1]
    assert isinstance(change, Change)
    assert "90.8 % of the 185.0 MB limit" in change.event.because


# ---------------------------------------------------------------- kills


def test_the_kernels_word_of_a_node_is_enough_for_a_process() -> None:
    watcher = Watcher()
    news = watch_blocks([block_of("boot", KILL)], watcher)
    assert changes_of(news) == [("not-assessable", "exhausted", 2)]
    assert (watcher.worst, watcher.has_crash) == ("exhausted", True)
    assert [view.pid for view in watcher.views()] == [4711]


def test_the_limit_that_the_kernel_names_before_it_names_the_process_is_its() -> None:
    watcher = Watcher()
    news = watch_blocks([block_of("kernel: memory: usage 174080kB, limit 174080kB, failcnt 27", KILL)], watcher)
    assert changes_of(news) == [("not-assessable", "exhausted", 2)]
    assert [(view.pid, view.memory_limit_mb) for view in watcher.views()] == [(4711, 170.0)]


def test_a_kill_is_told_as_soon_as_nothing_has_come_for_a_while() -> None:
    watcher = Watcher()
    watcher.read(block_of(*LEAKING, KILL))
    told = [watcher.pause() for _ in range(LONG_PAUSES)]
    assert [len(news) for news in told] == [0] * (LONG_PAUSES - 1) + [1]
    assert changes_of(told[-1]) == [("rising", "exhausted", 13)]
    assert watcher.has_crash
    assert watcher.finish() == []


def test_what_comes_behind_a_kill_that_was_told_is_another_run() -> None:
    watcher = Watcher()
    watcher.read(block_of(*LEAKING, KILL))
    for _ in range(LONG_PAUSES):
        watcher.pause()
    watcher.read(block_of(*readings(50, 51, 50, 51, 50, 51), first_line=14))
    assert [(view.run, view.level, view.rss_mb) for view in watcher.views()] == [(2, "ok", 51.0)]
    assert watcher.worst == "exhausted"


def test_a_bare_signal_far_from_any_limit_is_a_death_and_no_exhaustion() -> None:
    watcher = Watcher(Settings(memory_limit_mb=4096))
    news = watch_blocks([block_of(*LEAKING, "Killed")], watcher)
    assert isinstance(news[-1], Death)
    assert (watcher.worst, watcher.has_crash) == ("critical", True)


def test_a_kill_among_other_processes_lines_is_told_when_another_has_begun() -> None:
    watcher = Watcher()
    later = [scavenge(10 + i, 9, "0x90") for i in range(250)]
    news = watcher.read(block_of(*GROWS, KILL, *later))
    news += watcher.read(block_of(*[scavenge(1000 + i, 9, "0x90") for i in range(5)], first_line=260))
    assert "exhausted" in [level for _, level, _ in changes_of(news)]


# ---------------------------------------------------------------- a log that is half written

OBJECT = ["{", "  rss: 47185920,", "  heapTotal: 10485760,", "  heapUsed: 8388608,", "  external: 1048576", "}"]
ENTRY = [
    "PerformanceNodeEntry {",
    "  name: 'gc',",
    "  entryType: 'gc',",
    "  startTime: 90.547119,",
    "  duration: 2.5,",
    "  detail: { kind: 1, flags: 0 }",
    "}",
]
PROFILE = [
    "{",
    "  version: 1,",
    "  startTime: 1795274176429,",
    "  statistics: [",
    "    {",
    "      gcType: 'Scavenge',",
    "      beforeGC: [Object],",
    "      cost: 1266.56,",
    "      afterGC: [Object]",
    "    }",
    "  ],",
    "  endTime: 1795274176678",
    "}",
]
STATISTICS = ["{", "  total_heap_size: 10485760,", "  used_heap_size: 8388608,", "  external_memory: 1048576", "}"]


@pytest.mark.parametrize("lines", [OBJECT, ENTRY, PROFILE, STATISTICS], ids=["memoryUsage", "entry", "profile", "statistics"])
def test_the_half_of_an_object_waits_for_the_other_and_is_counted_once(lines: list[str]) -> None:
    whole = Watcher()
    whole.read(block_of(*lines, "GET /"))
    whole.finish()
    for cut in range(1, len(lines)):
        watcher = Watcher()
        watcher.read(block_of(*lines[:cut]))
        for _ in range(3 * LONG_PAUSES):
            assert watcher.pause() == []
        watcher.read(block_of(*lines[cut:], "GET /", first_line=cut + 1))
        watcher.finish()
        assert watcher.views() == whole.views() != []
        assert watcher.reader.line_counts == whole.reader.line_counts
        assert watcher.reader.line_counts.total == len(lines) + 1
        assert watcher.reader.line_counts.unread == 0


@pytest.mark.parametrize("lines", [OBJECT, ENTRY, PROFILE], ids=["memoryUsage", "entry", "profile"])
def test_the_half_of_an_object_at_the_very_end_of_a_log_is_counted_once(lines: list[str]) -> None:
    for cut in range(1, len(lines) + 1):
        watcher = Watcher()
        watcher.read(block_of(*lines[:cut]))
        watcher.pause()
        watcher.finish()
        watcher.finish()
        assert watcher.reader.line_counts.total == cut


def test_of_a_half_object_at_the_very_end_the_figures_that_are_there_count() -> None:
    watcher = Watcher()
    watcher.read(block_of(*OBJECT[:3]))
    assert watcher.views() == []
    watcher.finish()
    assert [view.rss_mb for view in watcher.views()] == [45.0]


def test_single_figures_that_no_brace_closes_wait_only_for_a_while() -> None:
    watcher = Watcher()
    watcher.read(block_of("rss 45 MB", "heapTotal 10 MB"))
    watcher.pause()
    assert watcher.views() == []
    watcher.read(block_of("external 3 MB", first_line=3))
    for _ in range(LONG_PAUSES):
        watcher.pause()
    assert [(view.rss_mb, view.external_mb) for view in watcher.views()] == [(45.0, 3.0)]
    assert watcher.reader.line_counts.total == 3


# ---------------------------------------------------------------- collections that programs tell of


def entry(kind: int, *, detailed: bool = True, line: int = 1) -> PerformanceEntry:
    return PerformanceEntry(line=line, wall_ms=None, start_ms=100.0, duration_ms=2.5, kind=kind, detailed=detailed)


@pytest.mark.parametrize(
    ("kinds", "detailed", "types"),
    [
        ([1, 4, 16, 2], True, ["Scavenge", "Mark-Compact", None, "Minor Mark-Sweep"]),
        ([1, 2, 4, 8], False, ["Scavenge", "Mark-sweep", None, None]),
        ([1, 2, 4], True, ["Scavenge", "Mark-sweep", None]),
    ],
    ids=["Node 18 on", "up to Node 14", "Node 16"],
)
def test_the_kinds_of_entries_are_told_apart_as_they_come(kinds: list[int], detailed: bool, types: list[str | None]) -> None:
    reader = EntryReader()
    found = [reader.collection(entry(kind, detailed=detailed)) for kind in kinds]
    assert [None if row is None else row.type for row in found] == types
    assert found[0] is not None and (found[0].at_ms, found[0].pause_ms) == (102.5, 2.5)


@pytest.mark.parametrize(
    "name", ["gc_entries-node12.log", "gc_entries-node26.log", "profile_object-node20.log", "profile_traced-node24.log"]
)
def test_collections_are_counted_as_in_the_finished_log(name: str) -> None:
    watcher = Watcher()
    with open_source(expand([str(SAMPLES / name)])[0]) as source:
        watch_blocks(source.blocks(), watcher)
    (view,) = watcher.views()
    (process,) = analyze(SAMPLES / name).processes
    assert view.collections == process.counts
    assert view.pause_ms == pytest.approx(process.pauses.all.total_ms)


# ---------------------------------------------------------------- bounded memory


def test_memory_does_not_grow_with_the_number_of_readings() -> None:
    watcher = Watcher(Settings(memory_limit_mb=LIMIT_MB))
    sizes = []
    for part in range(4):
        lines = [reading(50 + i % 7) for i in range(1500)]
        watcher.read(Block("".join(line + "\n" for line in lines).encode(), 1 + part * 1500))
        sizes.append(items_within(watcher))
    assert not math.isnan(watcher.views()[0].rss_mb)
    assert max(sizes) - min(sizes) < 100
