"""Memory outside the heap: how it moved, and when its growth is the growth."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest

import gclog
from gclog.analysis.measure.off_heap import measure_external, refine_growth
from gclog.model.witness import ExternalGrowth

SAMPLES = Path(__file__).parents[2] / "samples" / "gc"
HEAP = gclog.analyze(SAMPLES / "healthy-node20.log").processes[0].heap
GREW = ExternalGrowth(from_mb=1.0, to_mb=101.0, from_line=1, to_line=90, late_share=0.95)


def totals(*kb: float, quantity: str = "external_reported") -> pd.DataFrame:
    return pd.DataFrame({"quantity": quantity, "amount_kb": kb, "line": range(10, 10 + len(kb))})


def test_the_first_and_the_largest_figure_with_their_lines() -> None:
    assert measure_external(totals(1024, 2048, 4096, 3072)) == ExternalGrowth(1.0, 4.0, 10, 12, 2 / 3)


@pytest.mark.parametrize("kb", [(), (-21.0,), (1.8e16,)], ids=["no line", "below zero", "underflow"])
def test_without_a_figure_nothing_is_said(kb: tuple[float, ...]) -> None:
    assert measure_external(totals(*kb)) is None


def test_other_totals_do_not_count() -> None:
    assert measure_external(totals(1024, 2048, quantity="pool")) is None


@pytest.mark.parametrize(
    ("external", "live_mb", "growth", "expected"),
    [
        pytest.param(GREW, 30.0, "none", "off-heap", id="more than the live set, to the end"),
        pytest.param(GREW, 100.0, "none", "off-heap", id="just as much"),
        pytest.param(GREW, 100.1, "none", "none", id="less than the live set"),
        pytest.param(replace(GREW, late_share=0.79), 30.0, "none", "none", id="a spike in the middle"),
        pytest.param(replace(GREW, to_mb=16.9), 3.0, "none", "none", id="a few Buffers"),
        pytest.param(GREW, 30.0, "steady", "steady", id="the heap grows too"),
        pytest.param(None, 30.0, "none", "none", id="not in the log"),
    ],
)
def test_growth_is_off_heap_only_if_the_heap_is_flat(external, live_mb, growth, expected) -> None:
    assert refine_growth(growth, external, live_mb) == expected


@pytest.mark.parametrize("major", [4, 8, 12, 20, 26])
def test_buffers_that_leak_are_called_off_heap_on_real_logs(major: int) -> None:
    (process,) = gclog.analyze(SAMPLES / f"external_buffers-node{major}.log").processes
    assert process.growth == "off-heap"
    assert [finding.id for finding in process.findings if finding.severity != "info"] == ["off-heap-growth"]


@pytest.mark.parametrize("sample", ["verbose-node10.log", "verbose-node20.log"])
def test_a_leak_of_the_heap_is_not(sample: str) -> None:
    (process,) = gclog.analyze(SAMPLES / sample).processes
    assert process.growth != "off-heap"
