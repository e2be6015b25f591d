"""Logs that somebody has pasted: tables of runs side by side, prefixes that were damaged."""

from __future__ import annotations

from pathlib import Path

import pytest

from gclog.incident.pipeline import analyze


def scavenge(at_ms: int, mb: float) -> str:
    return f"{at_ms} ms: Scavenge {mb + 1:.1f} (8.2) -> {mb:.1f} (8.2) MB, 0.3 / 0.0 ms  allocation failure"


@pytest.mark.parametrize("columns", [2, 3, 6])
def test_a_table_of_runs_side_by_side_has_a_process_for_each_column(tmp_path: Path, columns: int) -> None:
    rows = [[scavenge(30 + 10 * row + 7 * column, 3.4) for column in range(columns)] for row in range(12, 40)]
    lines = ["| " + " | ".join(reversed(row)) + " |" for row in rows]
    log = tmp_path / "issue.md"
    log.write_text("| map | set | loop |\n|----|----|----|\n" + "\n".join(lines) + "\n")
    processes = analyze(str(log)).processes
    assert sorted(process.total for process in processes) == [28] * columns


def test_a_pid_that_no_system_has_is_no_process(tmp_path: Path) -> None:
    good = [
        f"[31280:0x102004600] {8 + at} ms: Scavenge 2.1 (37.0) -> 2.1 (37.0) MB, 0.7 / 0 ms [allocation failure]."
        for at in range(4)
    ]
    for place, at_ms in ((0, 8), (2, 9), (4, 11)):
        damaged = good[at_ms - 8].replace("[31280:0x102004600]", "[31280102004600]")
        log = tmp_path / f"gc{place}.log"
        log.write_text("\n".join([*good[:place], damaged, *good[place:]]) + "\n")
        (process,) = analyze(str(log)).processes
        assert (process.pid, process.total) == (31280, 5)


@pytest.mark.parametrize(
    ("again", "runs"),
    [(slice(-3, None), 1), (slice(None), 1), (slice(2, 8), 1), (slice(-2, None), 2)],
    ids=["its end", "all of it", "a part", "too few to tell"],
)
def test_a_stretch_that_was_pasted_twice_is_no_other_run(tmp_path: Path, again: slice, runs: int) -> None:
    lines = [f"[7:0x102004600] {scavenge(3000 + 137 * at, 3.0 + at)}" for at in range(12)]
    log = tmp_path / "issue.md"
    log.write_text("\n".join([*lines, "and its end again:", *lines[again]]) + "\n")
    assert [process.run for process in analyze(str(log)).processes] == list(range(1, runs + 1))


def test_a_run_that_differs_in_one_size_is_another(tmp_path: Path) -> None:
    lines = [f"[7:0x102004600] {scavenge(3000 + 137 * at, 3.0 + at)}" for at in range(12)]
    changed = [*lines[:5], f"[7:0x102004600] {scavenge(3000 + 137 * 5, 8.1)}", *lines[6:]]
    log = tmp_path / "issue.md"
    log.write_text("\n".join([*lines, *changed]) + "\n")
    assert len(analyze(str(log)).processes) == 2
