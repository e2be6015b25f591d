"""Logs of memory figures alone: the headline is what the figures say, and a watch hears the same."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from gclog.incident.pipeline import analyze
from gclog.incident.settings import Settings
from gclog.model.report import ProcessReport
from gclog.model.verdict import Forecast
from gclog.report.redact.report import redact
from gclog.source.open import Block
from gclog.watch.watcher import Watcher

MB = 1 << 20
START_MS = 1_764_552_751_646
MINUTE_MS = 60_000


def bare_json(count: int, **per_reading: tuple[float, float]) -> list[str]:
    """A reading a minute: for each figure its first value and what is added each time, MB."""
    return [
        json.dumps(
            {"timestamp": START_MS + at * MINUTE_MS}
            | {name: int((first + at * step) * MB) for name, (first, step) in per_reading.items()}
        )
        for at in range(count)
    ]


def jest(*heap_mb: int) -> list[str]:
    return [f"PASS test/stock{at}.test.js ({mb} MB heap size)" for at, mb in enumerate(heap_mb, 1)]


def judged(folder: Path, lines: list[str], settings: Settings | None = None) -> ProcessReport:
    path = folder / "app.log"
    path.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
    (process,) = analyze(path, settings).processes
    return process


NEAR = bare_json(11, rss=(1900, 12), heapTotal=(1700, 12), heapUsed=(1580, 12))
FILLING = bare_json(11, rss=(1680, 12), heapTotal=(220, 0), heapUsed=(180, 0), external=(1400, 12))


@pytest.mark.parametrize(
    ("lines", "settings", "level", "said"),
    [
        pytest.param(
            bare_json(1, rss=(1600, 0), heapTotal=(130, 0), heapUsed=(110, 0), external=(40, 0)),
            Settings(),
            "not-assessable",
            "One reading of memory, no trend: RSS 1.56 GB beside a heap of 130.0 MB: most memory is outside the heap, and V8 knows of "
            "40.0 MB of it.",
            id="one reading, outside the heap",
        ),
        pytest.param(
            bare_json(1, rss=(60, 0), heapTotal=(9, 0)),
            Settings(),
            "not-assessable",
            "One reading of memory, no trend: RSS 60.0 MB beside a heap of 9.0 MB.",
            id="one reading of a small program",
        ),
        pytest.param(
            bare_json(1, heapUsed=(1800, 0), heap_size_limit=(2096, 0)),
            Settings(heap_limit_mb=2048),
            "not-assessable",
            "One reading of memory, no trend: heap in use 1.76 GB, 87.9 % of the 2.00 GB heap limit in use.",
            id="one reading, a limit",
        ),
        pytest.param(
            bare_json(3, rss=(100, 20), heapUsed=(30, 1)),
            Settings(),
            "not-assessable",
            "3 readings of memory, too few for a trend: RSS from 100.0 MB to 140.0 MB in 2 min beside a heap of 32.0 MB.",
            id="three readings",
        ),
        pytest.param(
            ["INFO  Memory configuration: OS (8192 MB), Node.js (2096 MB)."],
            Settings(),
            "not-assessable",
            "One reading of memory, no trend: the heap may grow to 2.05 GB; nothing says how large it is.",
            id="a limit alone",
        ),
        pytest.param(
            NEAR,
            Settings(heap_limit_mb=2048),
            "rising",
            "Rising: RSS went from 1.86 GB to 1.97 GB, nearly all of it V8's heap, 83.0 % of the 2.00 GB heap limit in use; RSS +720.0 MB/h "
            "(+720.0 MB/h to +720.0 MB/h), the heap +720.0 MB/h (+720.0 MB/h to +720.0 MB/h); on this trend the limit is reached in "
            "29 min (between 23 min 12 s and 36 min 15 s).",
            id="towards the heap's limit",
        ),
        pytest.param(
            bare_json(20, rss=(1900, 0), heapUsed=(2000, 0)),
            Settings(heap_limit_mb=2048),
            "impending",
            "Heap exhaustion impending: the heap in use stays near the limit: at least 1.95 GB of 2.00 GB.",
            id="full",
        ),
        pytest.param(
            jest(80, 90, 250, 260, 255, 275),
            Settings(),
            "rising",
            "Rising: the heap went from 80.0 MB to 275.0 MB; no line has RSS; it kept most after test/stock3.test.js (+160.0 MB), "
            "test/stock6.test.js (+20.0 MB), test/stock2.test.js (+10.0 MB).",
            id="test files",
        ),
    ],
)  # fmt: skip
def test_the_headline_is_what_the_figures_say(
    tmp_path: Path, lines: list[str], settings: Settings, level: str, said: str
) -> None:
    verdict = judged(tmp_path, lines, settings).verdict
    assert (verdict.level, verdict.headline) == (level, said)


def test_rss_on_its_way_to_its_limit_has_a_date(tmp_path: Path) -> None:
    """1680 to 1800 MB of 2048: 248 MB are left at 12 a minute, 20 min 40 s."""
    process = judged(tmp_path, FILLING, Settings(memory_limit_mb=2048))
    assert process.verdict.level == "rising"
    assert isinstance(process.forecast, Forecast)
    assert process.forecast.at_expected_ms - process.forecast.now_ms == pytest.approx(248 / 12 * MINUTE_MS)
    assert "on this trend the limit is reached in 20 min 40 s" in process.verdict.headline


@pytest.mark.parametrize(
    "lines", [bare_json(20, rss=(120, 0), heapUsed=(60, 0)), jest(90, 95, 88, 91, 93, 90)], ids=["JSON", "jest"]
)
def test_level_figures_are_no_growth(tmp_path: Path, lines: list[str]) -> None:
    verdict = judged(tmp_path, lines, Settings(heap_limit_mb=2048, memory_limit_mb=2048)).verdict
    assert verdict.level == "ok"
    assert verdict.headline.startswith("OK by the program's own figures")


@pytest.mark.parametrize(
    ("lines", "settings"),
    [
        (NEAR, Settings(heap_limit_mb=2048)),
        (NEAR, Settings()),
        (FILLING, Settings(memory_limit_mb=2048)),
        (FILLING, Settings(heap_limit_mb=300)),
        (bare_json(12, rss=(900, 100), heapUsed=(700, 100), heap_size_limit=(2096, 0)), Settings()),
        (bare_json(20, heapUsed=(2000, 0), heap_size_limit=(2096, 0)), Settings()),
        (jest(80, 90, 250, 260, 255, 275), Settings(heap_limit_mb=300)),
    ],
    ids=["heap", "no limit", "RSS", "not the heap", "a printed limit", "full", "jest"],
)  # fmt: skip
@pytest.mark.parametrize("step", [1, 100])
def test_a_watch_hears_the_same(tmp_path: Path, lines: list[str], settings: Settings, step: int) -> None:
    process = judged(tmp_path, lines, settings)
    watcher, news = Watcher(settings), []
    for at in range(0, len(lines), step):
        part = lines[at : at + step]
        news += watcher.read(Block("".join(f"{line}\n" for line in part).encode(), at + 1))
    news += watcher.finish()
    assert [(one.event.line, one.event.level, one.event.because) for one in news] == [
        (event.line, event.level, event.because) for event in process.timeline
    ]
    (view,) = watcher.views()
    assert view.level == process.verdict.level
    assert view.forecast == process.forecast


def test_a_report_without_names_has_no_test_file(tmp_path: Path) -> None:
    path = tmp_path / "app.log"
    path.write_text("".join(f"{line}\n" for line in jest(80, 90, 250, 260, 255, 275)), encoding="utf-8")
    hidden = redact(analyze(path))
    assert "stock" not in repr(hidden)
    assert "script-1" in hidden.processes[0].verdict.headline
