#!/usr/bin/env python3
"""Print what a memory of earlier runs is worth: warnings and alarms with and without it, on programs of which several runs are known.

usage: python tests/scoreboard/history.py FOLDER [families.tsv]      (default: samples/history; each log's limit is given)

families.tsv has the healthy logs and the leaking ones of each program. A leaking log is judged beside the healthy ones, a healthy one
beside the other healthy ones. Life, lead and alarms are as in score.py.
"""

from __future__ import annotations

import csv
import re
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

from board import Board, ratio
from runs import Kind, alarms_of_timeline, judged

from gclog.incident.history import runs_in
from gclog.incident.history_file import add_runs
from gclog.incident.settings import Settings
from gclog.model.history import History

SAMPLES = Path(__file__).parents[2] / "samples" / "history"
LIMIT = re.compile(r"-(\d+)mb")


class Family(NamedTuple):
    """A program; `limit_mb` as its logs' names say if its row does not."""

    name: str
    limit_mb: float | None
    healthy: tuple[Path, ...]
    leaking: tuple[Path, ...]


def families(folder: Path, listed: Path) -> Iterator[Family]:
    with listed.open(newline="", encoding="utf-8") as lines:
        for row in csv.DictReader(lines, delimiter="\t"):
            healthy, leaking = (
                tuple(folder / name for name in row[kind].split(",") if name) for kind in ("healthy", "leaking")
            )
            yield Family(row["family"], float(row["limit_mb"]) if row.get("limit_mb") else None, healthy, leaking)


def settings_of(family: Family, log: Path) -> Settings:
    named = LIMIT.search(log.name)
    return Settings(heap_limit_mb=float(named[1]) if named and family.limit_mb is None else family.limit_mb)


def runs_beside(family: Family, log: Path) -> History:
    """The healthy runs of a program but this one."""
    found: History = {}
    for other in family.healthy:
        if other != log:
            found = add_runs(found, runs_in([str(other)], settings_of(family, other), name=family.name, well=True))
    return found


def score_log(board: Board, log: Path, kind: Kind, settings: Settings) -> tuple[bool, str]:
    """Judge a log: whether it was ever critical, and what came of it."""
    report, process = judged(log, settings)
    life_ms = float(process.rows.where(~process.rows.flags("ring")).numbers("at_ms")[-1])
    board.add(kind, alarms_of_timeline(report.timeline, life_ms), life_ms)
    said = f"{board.gradual[-1]:.0%} lead" if kind == "gradual" else f"{board.in_alarm[-1]:.1%} in alarm"
    beside = "" if report.beside is None else f"; {report.beside.because or report.beside.stands}"
    return any(event.level in ("critical", "exhausted") for event in report.timeline), f"{said}{beside}"


def main() -> int:
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else SAMPLES
    listed = Path(sys.argv[2]) if len(sys.argv) > 2 else folder / "families.tsv"
    boards = {"alone": Board(), "beside earlier runs": Board()}
    critical = dict.fromkeys(boards, 0)
    for family in families(folder, listed):
        for log in (*family.leaking, *family.healthy):
            kind: Kind = "gradual" if log in family.leaking else "survivor"
            settings = settings_of(family, log)
            told = []
            for name, history in (("alone", {}), ("beside earlier runs", runs_beside(family, log))):
                was_critical, said = score_log(boards[name], log, kind, replace(settings, history=history))
                critical[name] += kind == "survivor" and was_critical
                told.append(said)
            print(family.name, log.name, *told, sep="\t", file=sys.stderr)
    print("| | deaths warned in time | median lead | survivors ever alarmed | their time in alarm |")
    print("|---|---|---|---|---|")
    for name, board in boards.items():
        timely, ever = ratio(board.timely, len(board.gradual)), ratio(board.ever, len(board.in_alarm))
        print(f"| {name} | {timely} | {board.lead:.0%} of life | {ever} | {board.time_in_alarm:.1%} |")
    print(
        f"\nSurvivors ever called critical: {critical['alone']} alone, {critical['beside earlier runs']} beside earlier runs."
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())
