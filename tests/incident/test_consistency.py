"""No report contradicts itself: over all samples, whatever form it has."""

from __future__ import annotations

from pathlib import Path

import pytest
from contradictions import contradictions

from gclog.errors import GclogError
from gclog.incident.pipeline import analyze

SAMPLES = Path(__file__).parent.parent.parent / "samples"
LOGS = sorted(
    str(path.relative_to(SAMPLES))
    for path in SAMPLES.rglob("*")
    if path.is_file()
    and path.name.removesuffix(".gz").endswith((".log", ".txt", ".json", ".ndjson"))
    and path.relative_to(SAMPLES).parts[0] not in ("ticks", "heaps", "programs", "deploy")
)


def test_there_are_samples() -> None:
    assert len(LOGS) > 300


@pytest.mark.parametrize("name", LOGS)
def test_no_report_of_a_sample_contradicts_itself(name: str) -> None:
    try:
        report = analyze(str(SAMPLES / name))
    except GclogError:
        return  # not a log: its message is tested elsewhere
    assert list(contradictions(report)) == []
