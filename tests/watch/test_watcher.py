"""The judgement on a growing log: that of a finished one, line by line, in bounded memory."""

from __future__ import annotations

import gc
import math
import random
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path

import pytest
from made_logs import FATAL, INEFFECTIVE, NATIVE, RING, STACK, full, scavenge

from gclog.errors import NothingToAnalyse
from gclog.incident.pipeline import analyze
from gclog.incident.settings import Settings
from gclog.model.report import Report
from gclog.model.verdict import Limit
from gclog.processes.workers import Siblings
from gclog.source.open import Block, expand, open_source
from gclog.watch.view import LastMinute
from gclog.watch.watcher import KEPT_PROCESSES, Change, Death, News, Watcher

SAMPLES = Path(__file__).parents[2] / "samples"

Timeline = list[tuple[int, float, str, str]]

LOGS = [
    "crash.log",
    "gc/leak-node0.10.log.gz",
    "gc/crash_tail-node8.log",
    "gc/crash-node12.stderr.log",
    "gc/restarts-node12.log",
    "gc/restarts-node20.log",
    "gc/workers-node22.log",
    "gc/workers-node24.log",
    "gc/workers_limits-node12.log",
    "gc/nvp_leak-node26.log.gz",
    "gc/last_resort-node16.log",
    "gc/many_flags-node6.log.gz",
    "gc/healthy-node18.log",
    "witness/limit-node8.log",
    "witness/limit-node24.log",
    "labelled/burst_array-node22-96mb-s667.log.gz",
    "labelled/leak_accelerating-node10-96mb-s658.log.gz",
]


def block_of(*lines: str, first_line: int = 1) -> Block:
    return Block("".join(line + "\n" for line in lines).encode(), first_line)


def by_line(blocks: Iterable[Block]) -> Iterator[Block]:
    for block in blocks:
        for number, line in enumerate(block.data.splitlines(keepends=True), block.first_line):
            yield Block(line, number)


def watch_blocks(blocks: Iterable[Block], watcher: Watcher | None = None) -> list[News]:
    watcher = watcher or Watcher()
    news = [new for block in blocks for new in watcher.read(block)]
    return news + watcher.finish()


def timelines_of(news: Iterable[News]) -> list[tuple[str, Timeline]]:
    """The timelines of all processes, in the order of their first events."""
    found: dict[tuple[str, int], Timeline] = {}
    for new in news:
        if isinstance(new, Change) and (judged := new.judged) is not None:
            key = (f"{new.process.pid} {new.process.isolate}", new.process.run)
            found.setdefault(key, []).append((judged.line, judged.at_ms, judged.level, judged.because))
    return sorted(((name, timeline) for (name, _), timeline in found.items()), key=lambda entry: (entry[1][0][0], entry[0]))


def analysed(path: Path, settings: Settings | None = None) -> list[tuple[str, Timeline]]:
    """The same from a finished log."""
    try:
        return timelines_in(analyze(path, settings))
    except NothingToAnalyse:
        return []


def timelines_in(report: Report) -> list[tuple[str, Timeline]]:
    found = [
        (f"{p.pid} {p.isolate}", [(event.line, event.at_ms, event.level, event.because) for event in p.timeline])
        for p in report.processes
        if p.timeline
    ]
    return sorted(found, key=lambda entry: (entry[1][0][0], entry[0]))


# ---------------------------------------------------------------- the law


@pytest.mark.parametrize("name", [name for name in LOGS if "0.10" not in name])
def test_it_does_not_matter_in_which_portions_the_lines_come(name: str) -> None:
    with open_source(expand([str(SAMPLES / name)])[0]) as source:
        news = watch_blocks(by_line(source.blocks()))
    assert timelines_of(news) == analysed(SAMPLES / name)


def growing(pid: int = 7, isolate: str = "0x10", count: int = 8, step_mb: float = 10.0) -> list[str]:
    return [full(1000 * (i + 1), pid, isolate, 20 + step_mb * i) for i in range(count)]


def mixed(*logs: list[str]) -> list[str]:
    return [line for lines in zip(*logs, strict=True) for line in lines]


CASES: dict[str, list[str]] = {
    "one process": growing(),
    "two processes at a time": mixed(growing(7), growing(8, step_mb=0)),
    "a restart with the same pid and isolate": [*growing(), *growing(count=4, step_mb=0)],
    "a restart with another isolate": [*growing(), *growing(isolate="0x20", count=4)],
    "a limit named before": ["node --max-old-space-size=128 app.js", *growing()],
    "a limit named between": [*growing(count=4), "node --max-old-space-size=128 app.js", *growing(count=8)[4:]],
    "a limit of nothing after one": ["node --max-old-space-size=128 app.js", "node --max-old-space-size=0 app.js", *growing()],
    "a limit printed before": ["heap_size_limit: 184549376", *growing()],
    "a limit printed between": [*growing(count=4), '{"heap_size_limit":184549376,"used_heap_size":1}', *growing(count=8)[4:]],
    "a limit printed once for two runs": ["heap_size_limit: 184549376", *growing(), *growing(count=6, step_mb=9)],
    "a limit printed by each of two runs": [
        *(
            "heap_size_limit: 184549376",
            *growing(),
            "heap_size_limit: 100663296",
            *growing(step_mb=9),
            "heap_size_limit: 184549376",
            *growing(step_mb=8),
        )
    ],
    "a limit printed beside a worker": [
        *mixed(growing(7, "0x10"), [full(300 * i, 7, "0x20", 20 + 10 * i) for i in range(8)]),
        *("heap_size_limit: 184549376", *growing(count=12)[8:]),
    ],
    "a limit that is raised": ["heap_size_limit: 184549376", *growing(), "heap_size_limit: 385875968", *growing(count=12)[8:]],
    "a ring that repeats the trace": [*growing(), RING, *growing()[-2:], STACK, FATAL, NATIVE],
    "a ring with news": [*growing(), RING, full(9000, after_mb=99), full(9100, after_mb=99), STACK, FATAL],
    "only a ring": [RING, *growing()[-3:], STACK, FATAL, NATIVE],
    "the same ring twice": [RING, *growing()[-3:], STACK, FATAL, RING, *growing()[-3:], STACK, FATAL],
    "only a fatal error": [FATAL, NATIVE],
    "two fatal errors alone": [FATAL, NATIVE, "restarting", INEFFECTIVE],
    "a crash and a restart behind it": [*growing(), RING, growing()[-1], FATAL, NATIVE, *growing(9, "0x20"), FATAL],
    "a crash before the trace": [FATAL, NATIVE, *growing()],
    "a banner without a ring": [RING, *growing()],
    "the crash of the one that spoke last": [*mixed(growing(7), growing(8)), FATAL, full(9000, 7)],
    "not the JavaScript heap": [*growing(), "FATAL ERROR: Zone Allocation failed - process out of memory", *growing()[-1:]],
    "last words": [*growing(), "<--- 3 lines --->", "JavaScript heap out of memory"],
    "last words that were not the last": [*growing(count=4), "JavaScript heap out of memory", *growing()[4:]],
    "last words before figures of memory": [*growing(), "JavaScript heap out of memory", "rss: 52428800, heapUsed: 8388608"],
    "figures of memory before last words": [*growing(), "rss: 52428800, heapUsed: 8388608", "JavaScript heap out of memory"],
    "a worker that was stopped": [
        *mixed(growing(7, "0x10", step_mb=0), [full(300 * i, 7, "0x20", 20 + 10 * i) for i in range(8)]),
        full(9000),
        "Error [ERR_WORKER_OUT_OF_MEMORY]: Worker terminated due to reaching memory limit: JS heap out of memory",
        *[full(10_000 + 1000 * i) for i in range(4)],
    ],
    "sizes that have fallen below zero": [*growing(count=3), full(4000, after_mb=2.0**44), *growing()[4:]],
    "a banner that nothing follows": [RING, *["a sentence"] * 6],
    "a banner at the end": ["Compiling", RING, "", "[7:..."],
    "a banner in a sentence": [f"V8 prints `{RING}` by itself", "and then it dies"],
    "two banners that nothing else follows": [RING, "...", STACK, *["a sentence"] * 9],
    "a banner behind a process": [*growing(), RING, *["a sentence"] * 9],
    "a banner in a sentence behind a process": [*growing(), f"`{RING}` is what V8 prints, and dies", *growing(count=9)[8:]],
    "a banner and last words": [RING, *["a line"] * 9, "Aborted (core dumped)", *["a line"] * 9],
    "nothing of V8's": ["hello", "world"],
}


@pytest.mark.parametrize("lines", CASES.values(), ids=CASES)
def test_hand_made_logs_are_judged_as_when_finished(lines: list[str], tmp_path: Path) -> None:
    log = tmp_path / "gc.log"
    log.write_text("\n".join([*lines, ""]), encoding="utf-8")
    for blocks in ([block_of(*lines)], by_line([block_of(*lines)])):
        assert timelines_of(watch_blocks(blocks)) == analysed(log)


def test_of_two_workers_stopped_at_once_each_is_told_of_once() -> None:
    with open_source(expand([str(SAMPLES / "gc/workers_limits-node20.log")])[0]) as source:
        news = watch_blocks(by_line(source.blocks()))
    stopped = [new.process.isolate for new in news if isinstance(new, Change) and new.event.level == "exhausted"]
    assert sorted(map(str, stopped)) == ["0x7fdf24000f00", "0x7fdf70000f00"]


def test_an_option_named_after_a_process_is_none_of_its_own() -> None:
    lines = [*growing(7), "node --max-old-space-size=128 app.js", *growing(8)]
    for blocks in ([block_of(*lines)], by_line([block_of(*lines)])):
        watcher = Watcher()
        watch_blocks(blocks, watcher)
        sources = {view.pid: view.limit.source for view in watcher.views() if isinstance(view.limit, Limit)}
        assert sources == {7: "inferred", 8: "log"}


def test_what_closely_follows_the_last_process_is_said_of_it() -> None:
    watcher = Watcher()
    watch_blocks([block_of(*growing(7), "npm ERR! node --max-old-space-size=128 app.js")], watcher)
    (view,) = watcher.views()
    assert isinstance(view.limit, Limit) and view.limit.mb == 128


def test_a_limit_given_by_the_user_counts(tmp_path: Path) -> None:
    log = tmp_path / "gc.log"
    log.write_text("\n".join([*growing(), ""]), encoding="utf-8")
    news = watch_blocks([block_of(*growing())], Watcher(Settings(heap_limit_mb=100)))
    assert timelines_of(news) == analysed(log, Settings(heap_limit_mb=100))
    assert [new.event.level for new in news if isinstance(new, Change)][-1] == "impending"


# ---------------------------------------------------------------- changes


def test_a_change_tells_the_process_and_the_level_before() -> None:
    news = watch_blocks([block_of(*growing())], Watcher(Settings(heap_limit_mb=100)))
    changes = [new for new in news if isinstance(new, Change)]
    assert [(change.before, change.event.level) for change in changes] == [
        ("not-assessable", "not-assessable"),
        ("not-assessable", "ok"),
        ("ok", "rising"),
        ("rising", "impending"),
    ]
    assert (changes[0].process.live_mb, changes[0].process.pid, changes[0].process.isolate) == (20.0, 7, "0x10")


def test_a_fatal_error_is_taken_in_as_soon_as_nothing_follows() -> None:
    watcher = Watcher()
    before = watcher.read(block_of(*growing(), FATAL))
    assert "exhausted" not in [new.event.level for new in before if isinstance(new, Change)]
    (change,) = watcher.pause()
    assert isinstance(change, Change)
    assert (change.event.level, change.event.line) == ("exhausted", 9)
    assert watcher.has_crash
    assert watcher.finish() == []


def test_a_crash_of_a_busy_log_is_settled_after_200_lines() -> None:
    watcher = Watcher()
    news = watcher.read(block_of(*growing(), FATAL, *["GET /"] * 250))
    assert [new.event.level for new in news if isinstance(new, Change)][-1] == "exhausted"


def test_a_death_that_is_not_of_memory_leaves_the_verdict_as_it_is() -> None:
    watcher = Watcher()
    news = watch_blocks([block_of(*growing(step_mb=0), "FATAL ERROR: v8::ToLocalChecked Empty MaybeLocal.")], watcher)
    assert isinstance(news[-1], Death)
    assert news[-1].crash.kind == "not-memory"
    assert (watcher.worst, watcher.has_crash) == ("critical", True)


def test_a_death_of_native_memory_is_exhausted() -> None:
    watcher = Watcher()
    news = watch_blocks([block_of(*growing(step_mb=0), "FATAL ERROR: Zone Allocation failed - process out of memory")], watcher)
    assert isinstance(news[-1], Change) and news[-1].event.level == "exhausted"
    assert (watcher.worst, watcher.has_crash) == ("exhausted", True)


def test_only_the_isolate_asked_for_is_spoken_of() -> None:
    watcher = Watcher(Settings(isolate="0x20"))
    news = watch_blocks([block_of(*mixed(growing(7, "0x10"), growing(7, "0x20", step_mb=0)))], watcher)
    assert {new.process.isolate for new in news} == {"0x20"}
    assert (watcher.worst, [view.isolate for view in watcher.views()]) == ("ok", ["0x20"])


def test_the_level_of_an_earlier_run_is_remembered() -> None:
    watcher = Watcher()
    watch_blocks([block_of(*growing(), FATAL, *["GET /"] * 250, *growing(step_mb=0))], watcher)
    assert [view.run for view in watcher.views()] == [2]
    assert watcher.views()[0].level == "ok"
    assert watcher.worst == "exhausted"


def test_elapsed_time_goes_by_the_clocks_of_all_processes() -> None:
    watcher = Watcher()
    watcher.read(block_of(scavenge(1000), scavenge(3000)))
    assert watcher.elapsed_ms == 2000
    watcher.read(block_of(scavenge(50, 8), scavenge(550, 8), first_line=3))
    assert watcher.elapsed_ms == 2500
    watcher.read(block_of(scavenge(3200), first_line=5))
    assert watcher.elapsed_ms == 2500


# ---------------------------------------------------------------- bounded memory


def items_within(watcher: Watcher) -> int:
    """Entries of all containers that the watcher holds, directly or not; modules, classes and code left out."""
    seen: set[int] = set()
    waiting: list[object] = [watcher]
    entries = 0
    while waiting:
        thing = waiting.pop()
        if id(thing) in seen or isinstance(thing, type | type(sys)) or callable(thing):
            continue
        seen.add(id(thing))
        if isinstance(thing, list | dict | set | tuple) or type(thing).__name__ == "deque":
            entries += len(thing)
        waiting += gc.get_referents(thing)
    return entries


def test_memory_does_not_grow_with_the_number_of_scavenges() -> None:
    watcher = Watcher()
    watcher.read(block_of(*growing()))
    sizes, line, at_ms = [], 9, 10_000
    for _ in range(20):
        lines = [scavenge(at_ms + 10 * i) for i in range(2_500)]
        watcher.read(block_of(*lines, first_line=line))
        line, at_ms = line + len(lines), at_ms + 10 * len(lines)
        sizes.append(items_within(watcher))
    assert watcher.views()[0].collections["scavenge"] == 50_000
    assert max(sizes) - sizes[0] < 25


def test_memory_does_not_grow_with_the_number_of_full_collections() -> None:
    watcher = Watcher(Settings(heap_limit_mb=100))
    dice = random.Random(5)
    sizes, line = [], 1
    for part in range(6):
        lines = [full(1000 * (part * 2000 + i), after_mb=40 + dice.random() * 55) for i in range(2000)]
        watcher.read(block_of(*lines, first_line=line))
        line += len(lines)
        sizes.append(items_within(watcher))
    assert sizes[-1] < 1.5 * sizes[1] + 6000


def test_of_idle_processes_the_last_thousand_are_remembered() -> None:
    watcher = Watcher()
    for pid in range(1, KEPT_PROCESSES + 51):
        watcher.read(block_of(scavenge(10, pid), first_line=2 * pid))
        watcher.read(block_of(scavenge(20, 1), first_line=2 * pid + 1))
    pids = [view.pid for view in watcher.views()]
    assert len(pids) == KEPT_PROCESSES
    assert pids[-1] == 1
    assert 2 not in pids
    assert KEPT_PROCESSES in pids


# ---------------------------------------------------------------- the last minute, siblings


@pytest.mark.parametrize(
    ("pauses", "share"),
    [
        ([], math.nan),
        ([(1000, 100)], 1.0),
        ([(1000, 100), (1900, 100)], 0.2),
        ([(1000, 500), (31_000, 500), (60_500, 500)], 1500 / 60_000),
        ([(1000, 500), (62_000, 600)], 600 / 60_000),
        ([(1000, 500), (500_000, 300)], 300 / 60_000),
    ],
    ids=["none", "one, all there was", "two", "a whole minute", "the first is out", "after a long rest"],
)
def test_the_share_of_the_last_minute_is_kept_by_the_second(pauses: list[tuple[float, float]], share: float) -> None:
    minute = LastMinute()
    for at_ms, pause_ms in pauses:
        minute.add(at_ms, pause_ms)
    assert minute.share == pytest.approx(share, nan_ok=True)


class Isolate:
    def __init__(self) -> None:
        self.clock_ms, self.worker, self.over = math.nan, False, False


@pytest.mark.parametrize(
    ("lines", "workers"),
    [
        ([("a", 1000), ("b", 20), ("a", 1100), ("b", 110)], ["b"]),
        ([("b", 20), ("a", 1050), ("b", 110), ("a", 1200)], ["b"]),
        ([("a", 1000), ("b", 20), ("b", 2000)], []),
        ([("a", 500), *((name, 10) for name in "bcdefghijklm"), ("a", 600)], [*"bcdefghijklm"]),
    ],
    ids=["the younger one", "though it spoke first", "an earlier run is no sibling", "a pool of twelve"],
)
def test_the_isolate_with_the_younger_clock_is_the_worker(lines: list[tuple[str, float]], workers: list[str]) -> None:
    isolates = {name: Isolate() for name, _ in lines}
    siblings = Siblings()
    for name, at_ms in lines:
        siblings.speak(isolates[name], at_ms)
        isolates[name].clock_ms = at_ms
    assert [name for name, isolate in isolates.items() if isolate.worker] == workers
