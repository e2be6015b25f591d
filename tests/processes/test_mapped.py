"""Long columns in mapped files, and what is computed by the block or at once: the same reports, to the last digit."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest

from gclog.analysis.measure import pauses
from gclog.incident.pipeline import analyze
from gclog.incident.settings import Settings
from gclog.processes import mapped, rows
from gclog.processes.grown_column import GrownColumn
from gclog.report.json.v1 import render_json

SAMPLES = Path(__file__).parents[2] / "samples"
LOGS = sorted((SAMPLES / "gc").glob("*.log*"))[::6] + sorted((SAMPLES / "labelled").glob("*.log*"))[::40]


def report(log: Path) -> str:
    return render_json(analyze(log, Settings(processes=1)))


@pytest.mark.parametrize("log", LOGS, ids=lambda log: log.name)
def test_columns_in_mapped_files_give_the_same_report(log: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    held = report(log)
    monkeypatch.setattr(mapped, "SPILL_BYTES", 0)
    monkeypatch.setattr(mapped, "BLOCK_ROWS", 7)
    monkeypatch.setattr("gclog.analysis.verdict.replay.BLOCK_ROWS", 7)
    monkeypatch.setattr("gclog.analysis.verdict.replay.FULLS_AT_A_TIME", 3)
    monkeypatch.setattr("gclog.processes.grown_column.RELEASE_BYTES", 16)
    assert report(log) == held


@pytest.mark.parametrize("log", LOGS, ids=lambda log: log.name)
def test_a_process_of_few_lines_is_measured_as_one_of_many(log: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    short = report(log)
    monkeypatch.setattr(rows, "FEW_ROWS", 0)
    monkeypatch.setattr(pauses, "FEW_CANDIDATES", 0)
    assert report(log) == short


def test_a_mapped_array_leaves_no_file_and_keeps_its_values_when_released(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    monkeypatch.setattr(mapped, "SPILL_BYTES", 8)
    array = mapped.allocate(10_000, np.int32)
    array[:] = np.arange(10_000)
    mapped.release(array)
    assert array.base is not None
    assert os.name == "nt" or not list(tmp_path.iterdir())
    assert np.array_equal(array, np.arange(10_000))


def test_without_room_in_the_temporary_folder_an_array_is_held_in_memory(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "missing"))
    monkeypatch.setattr(mapped, "SPILL_BYTES", 0)
    assert mapped.allocate(3, np.float64).base is None


def test_a_column_that_grows_wider_in_a_mapped_file_keeps_its_numbers(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mapped, "SPILL_BYTES", 0)
    monkeypatch.setattr(mapped, "BLOCK_ROWS", 2)
    column = GrownColumn(float)
    parts = [[1.0, 2.0, np.nan], [300.5, 7.0], [70_000.25, np.nan], [1 / 3, 5e12]]
    for part in parts:
        column.extend(np.array(part), len(part))
    assert np.array_equal(column.array(), np.concatenate([*map(np.array, parts)]), equal_nan=True)
