"""What goes out to a rule of somebody else's, and what comes back: the runs as CSV, its alarms as CSV."""

from __future__ import annotations

import csv
import math
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path

import pandas as pd
from runs import Alarm, Run

__all__ = ["BadEntry", "read_alarms", "series_of", "write_series"]

ALARM_COLUMNS = ("run", "begin", "end")
RUN_COLUMNS = ("run", "kind", "life_s", "limit_mb")


class BadEntry(Exception):
    """A file of alarms that cannot be scored; the message says the line and why."""


def series_of(run: Run) -> pd.DataFrame:
    """A run as a table, a row per collection: time_s, full (1 for a full collection), live_mb (what the last full collection left; empty
    before the first), used_mb and committed_mb (after this collection), limit_mb.
    """
    rows, full = run.rows, run.rows.full
    live = pd.Series(rows.numbers("used_after_mb")).where(full).ffill()
    columns = {
        "time_s": rows.numbers("at_ms") / 1000,
        "full": full.astype(int),
        "live_mb": live,
        "used_mb": rows.numbers("used_after_mb"),
        "committed_mb": rows.numbers("committed_after_mb"),
        "limit_mb": run.truth.limit_mb,
    }
    return pd.DataFrame(columns)


def write_series(runs: Sequence[Run], folder: Path) -> None:
    """RUN.csv for each run, and runs.csv: what became of each, to be looked at afterwards."""
    folder.mkdir(parents=True, exist_ok=True)
    for run in runs:
        series_of(run).to_csv(folder / f"{run.truth.name}.csv", index=False, lineterminator="\n")
    with (folder / "runs.csv").open("w", newline="", encoding="utf-8") as index:
        writer = csv.writer(index, lineterminator="\n")
        writer.writerow(RUN_COLUMNS)
        writer.writerows((run.truth.name, run.truth.kind, run.life_ms / 1000, run.truth.limit_mb) for run in runs)


def read_alarms(path: Path, runs: Collection[str]) -> dict[str, list[Alarm]]:
    """The alarms of each run by its name, in order and in ms; of a run that the file does not name there are none.

    Columns run, begin, end; times in s; without an end, an alarm lasts until the log's. Raises BadEntry.
    """
    found: dict[str, list[Alarm]] = {name: [] for name in runs}
    with path.open(newline="", encoding="utf-8-sig") as text:
        reader = csv.DictReader(text)
        if not set(ALARM_COLUMNS) <= set(reader.fieldnames or ()):
            raise BadEntry(f"{path}: the first line names the columns: {','.join(ALARM_COLUMNS)}")
        for row in reader:
            name, alarm = row["run"], _alarm(row, f"{path}, line {reader.line_num}")
            if name not in found:
                raise BadEntry(f"{path}, line {reader.line_num}: no run is called {name!r}")
            found[name].append(alarm)
    return {name: _merged(sorted(alarms)) for name, alarms in found.items()}


def _alarm(row: Mapping[str, str | None], where: str) -> Alarm:
    try:
        begin, end = float(row["begin"] or "nan"), float(row["end"] or "inf")
    except ValueError as error:
        raise BadEntry(f"{where}: {error}") from None
    if not 0 <= begin <= end:
        raise BadEntry(f"{where}: an alarm begins at 0 s or later, and does not end before")
    return begin * 1000, end * 1000 if end < math.inf else math.inf


def _merged(alarms: Sequence[Alarm]) -> list[Alarm]:
    """Alarms that overlap or touch are one."""
    merged: list[Alarm] = []
    for begin, end in alarms:
        if merged and begin <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(end, merged[-1][1]))
        else:
            merged.append((begin, end))
    return merged
