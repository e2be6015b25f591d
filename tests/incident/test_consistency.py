"""No report contradicts itself, nor what `watch` and `fleet` say of the same lines: over all samples, whatever form it has."""

from __future__ import annotations

from pathlib import Path

import pytest
from agreement import fleet_disagrees, watch_disagrees
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


@pytest.mark.parametrize("name", LOGS)
def test_watch_and_fleet_say_what_the_report_says(name: str) -> None:
    path = SAMPLES / name
    try:
        report = analyze(str(path))
    except GclogError:
        return
    if report.processes and report.sources[0].kind in ("gc", "mixed") and not name.endswith((".json", ".ndjson")):
        assert [*watch_disagrees(path, report), *fleet_disagrees(path, report)] == []
