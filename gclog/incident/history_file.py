"""The file of earlier runs: figures of each program, no text of any log. Which of them are a log's, and how many are kept."""

from __future__ import annotations

import json
import math
import re
from pathlib import Path
from typing import Any, get_args

from gclog.errors import InputError
from gclog.files import write_file
from gclog.model.history import EarlierRun, Ended, History, RunPoint
from gclog.model.verdict import CrashKind

__all__ = ["add_runs", "open_history", "program_of", "read_history", "runs_of", "write_history"]

ENDINGS: tuple[Ended, ...] = ("well", "in alarm", *get_args(CrashKind))

VERSION = 1
"""Of the file. Within it keys are added, never renamed."""

MOST_WELL, MOST_OTHERS = 16, 4
"""Runs kept of a program, the latest: of those that ended well, and of the others."""

LARGEST_BYTES = 16 << 20
"""Of a file: it has a few kB for each run."""

ANOTHER_FILE = "Name a file that does not exist yet, and `gclog history add` makes it."

COMMON_NAMES = frozenset(
    ("gc", "log", "logs", "out", "stdout", "stderr", "trace", "node", "output", "gclog", "console", "err", "")
)
"""Names of logs that say nothing of the program: the folder may."""

NO_NAME = re.compile(r"[0-9a-f]*\d[0-9a-f]*", re.IGNORECASE)
"""Dates, pids, hashes: a part of a name with a digit that could be hexadecimal."""


# ---------------------------------------------------------------- names


def program_of(source: str) -> str:
    """The program that a log's name speaks of: without suffixes, dates and numbers; that of its folder if nothing else is left."""
    parts = [part for part in re.split(r"[/\\!]", source) if part not in ("", ".", "..")]
    for part in reversed(parts):
        stem = part.partition(".")[0] if not part.startswith(".") else part
        words = [word for word in re.split(r"[-_ ]", stem) if word and not NO_NAME.fullmatch(word)]
        name = "-".join(words)
        if not all(word.lower() in COMMON_NAMES for word in words):
            return name
    return "program"


def runs_of(history: History, source: str) -> tuple[EarlierRun, ...]:
    """The earlier runs of the program that wrote a log: the only one, or that of its name."""
    if len(history) == 1:
        return next(iter(history.values()))
    return history.get(program_of(source), ())


def add_runs(history: History, more: History) -> History:
    """Both together: a run that is there already is replaced, and each program keeps the latest of its runs."""
    found = dict(history)
    for name, runs in more.items():
        new = {run.id for run in runs}
        every = [*(run for run in found.get(name, ()) if run.id not in new), *{run.id: run for run in runs}.values()]
        well, others = [run for run in every if run.ended == "well"], [run for run in every if run.ended != "well"]
        kept = {run.id for run in (*well[-MOST_WELL:], *others[-MOST_OTHERS:])}
        found[name] = tuple(run for run in every if run.id in kept)
    return found


# ---------------------------------------------------------------- the file


def write_history(path: Path, history: History) -> None:
    """Write it, or leave the old file as it is. Raises OutputError."""
    programs = {name: [_plain(run) for run in runs] for name, runs in sorted(history.items())}
    write_file(path, json.dumps({"gclog_history": VERSION, "programs": programs}, indent=1, allow_nan=False) + "\n")


def _plain(run: EarlierRun) -> dict[str, Any]:
    known = {name: getattr(run, name) for name in run.__dataclass_fields__}
    points = [[round(point.at_ms, 1), _or_none(point.work_mb), round(point.live_mb, 2)] for point in run.live]
    return known | {"work_mb": _or_none(run.work_mb), "live": points}


def _or_none(mb: float) -> float | None:
    return None if math.isnan(mb) else round(mb, 1)


def open_history(path: Path, *, must_exist: bool = False) -> History:
    """What is in a file of earlier runs. Raises InputError, also for a file that is none.

    must_exist   if false, runs are to be added: a file that does not exist, or is empty, has none yet
    """
    if not must_exist and (not path.exists() or (path.is_file() and not path.stat().st_size)):
        return {}
    found = read_history(path)
    if found is None:
        remedy = "`gclog history add FILE LOG` makes one." if must_exist else f"FILE comes first, then the logs. {ANOTHER_FILE}"
        raise InputError("is no file of earlier runs", where=str(path), remedy=remedy)
    return found


def read_history(path: Path) -> History | None:
    """What is in a file; None if it is none of ours. Raises InputError."""
    try:
        if path.stat().st_size > LARGEST_BYTES:
            return None
        text = path.read_bytes()
    except OSError as error:
        raise InputError(f"cannot be read: {error.strerror or error}", where=str(path)) from error
    if not text.lstrip().startswith(b"{") or b'"gclog_history"' not in text[:200]:
        return None
    try:
        whole = json.loads(text)
        if whole["gclog_history"] != VERSION:
            raise InputError(
                f"is a history of form {whole['gclog_history']!r}, and this gclog reads form {VERSION}",
                where=str(path),
                remedy=f"Use a newer gclog. {ANOTHER_FILE}",
            )
        return {str(name): tuple(map(_run, runs)) for name, runs in whole["programs"].items()}
    except (ValueError, KeyError, TypeError, AttributeError, OverflowError, RecursionError) as error:
        remedy = f"Delete it, or rename it. {ANOTHER_FILE}"
        raise InputError("is a damaged history", where=str(path), remedy=remedy) from error


def _run(plain: dict[str, Any]) -> EarlierRun:
    """Raises KeyError, TypeError, ValueError."""
    points = tuple(RunPoint(float(at), _or_nan(work), float(mb)) for at, work, mb in plain["live"])
    age_ms, grew_ms = float(plain["age_ms"]), float(plain["grew_ms"])
    figures = [age_ms, grew_ms, *(figure for point in points for figure in (point.at_ms, point.live_mb))]
    if not points or not all(math.isfinite(figure) for figure in figures) or age_ms <= 0:
        raise ValueError("a run without points, or with a figure that can be none")
    return EarlierRun(
        id=str(plain["id"]),
        node=str(plain["node"]),
        first_major=int(plain["first_major"]),
        last_major=int(plain["last_major"]),
        limit_mb=None if plain["limit_mb"] is None else float(plain["limit_mb"]),
        ended=next((word for word in ENDINGS if word == plain["ended"]), "unknown"),
        age_ms=age_ms,
        work_mb=_or_nan(plain["work_mb"]),
        live=points,
        plateau_mb=None if plain["plateau_mb"] is None else float(plain["plateau_mb"]),
        grew_ms=grew_ms,
        cycles=int(plain["cycles"]),
    )


def _or_nan(mb: float | None) -> float:
    return math.nan if mb is None else float(mb)
