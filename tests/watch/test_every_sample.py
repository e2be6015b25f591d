"""A watch of any log of the samples says what the analysis of the finished log says."""

from __future__ import annotations

from pathlib import Path

import pytest
from test_watcher import timelines_in, timelines_of, watch_blocks

from gclog.errors import NothingToAnalyse
from gclog.incident.pipeline import analyze
from gclog.model.verdict import LEVELS
from gclog.source.open import expand, open_source
from gclog.watch.watcher import Watcher

SAMPLES = Path(__file__).parents[2] / "samples"
LOGS = sorted(
    name
    for path in SAMPLES.rglob("*.log*")
    if not (name := path.relative_to(SAMPLES).as_posix()).startswith("ticks/") and "-v8.log" not in name
)
"""All but tick logs, which do not say how a heap is."""


@pytest.mark.parametrize("name", LOGS)
def test_a_watch_says_what_the_analysis_says(name: str) -> None:
    watcher = Watcher()
    with open_source(expand([str(SAMPLES / name)])[0]) as source:
        timelines = timelines_of(watch_blocks(source.blocks(1 << 16), watcher))
    try:
        finished = analyze(SAMPLES / name)
    except NothingToAnalyse:
        assert (timelines, watcher.worst) == ([], None)
        return
    assert timelines == timelines_in(finished)
    levels = [process.verdict.level for process in finished.processes]
    assert watcher.worst == max(levels, key=LEVELS.index, default=None)
    assert watcher.reader.line_counts == finished.sources[0].lines
