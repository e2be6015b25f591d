"""Beside earlier runs, too, a watch judges as the finished log is judged, and each moment by the lines up to it."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path

import pytest
from test_watcher import by_line, timelines_in, timelines_of, watch_blocks

from gclog.incident.history import runs_in
from gclog.incident.pipeline import analyze
from gclog.incident.settings import Settings
from gclog.source.open import Block, expand, open_source
from gclog.watch.watcher import Watcher

SAMPLES = Path(__file__).parents[2] / "samples"
HISTORY = SAMPLES / "history"
HEALTHY = [str(HISTORY / f"catalogue-{number}.log.gz") for number in (1, 2, 3)]
LIMITED = Settings(heap_limit_mb=64.0)
BESIDE = Settings(heap_limit_mb=64.0, history=runs_in(HEALTHY, LIMITED, name="catalogue"))
LEAKING = HISTORY / "catalogue-leak.log.gz"
LOGS = [*sorted(HISTORY.glob("*.log.gz")), SAMPLES / "crash.log", SAMPLES / "gc" / "workers-node22.log"]


@pytest.mark.parametrize("path", LOGS, ids=lambda path: path.name)
@pytest.mark.parametrize("portions", [list, by_line], ids=["blocks", "lines"])
def test_the_changes_are_those_of_the_finished_log(path: Path, portions: Callable[[Iterable[Block]], Iterable[Block]]) -> None:
    with open_source(expand([str(path)])[0]) as source:
        news = watch_blocks(portions(source.blocks(1 << 16)), Watcher(BESIDE))
    assert timelines_of(news) == timelines_in(analyze(path, BESIDE))


def test_the_first_lines_are_judged_alike_whatever_comes_after(tmp_path: Path) -> None:
    with open_source(expand([str(LEAKING)])[0]) as source:
        lines = b"".join(block.data for block in source.blocks(1 << 16)).splitlines(keepends=True)
    (whole,) = analyze(LEAKING, BESIDE).processes
    for count in range(20, len(lines), 37):
        cut = tmp_path / "cut.log"
        cut.write_bytes(b"".join(lines[:count]))
        (part,) = analyze(cut, BESIDE).processes
        last = part.span.last_line
        assert part.heap_timeline == tuple(event for event in whole.heap_timeline if event.line <= last)


def test_the_leak_is_warned_of_sooner_and_the_cache_not_at_all() -> None:
    (alone,), (beside,) = analyze(LEAKING, LIMITED).processes, analyze(LEAKING, BESIDE).processes
    assert beside.verdict.foreseeable_ms is not None
    assert beside.verdict.foreseeable_ms > (alone.verdict.foreseeable_ms or 0.0)
    for log in HEALTHY:
        (process,) = analyze(log, BESIDE).processes
        assert {event.level for event in process.timeline} <= {"not-assessable", "ok", "rising"}
        assert process.verdict.because.endswith(process.beside.because if process.beside is not None else "no earlier runs")
