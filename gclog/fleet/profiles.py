"""Sampled heap profiles among the logs of a fleet, by their names: with which logs they are looked at."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import PurePath

__all__ = ["beside_logs", "is_profile"]

_NAME = re.compile(r"(?:\.heapprofile(?:\.(?:gz|bz2|xz|zst|zip))?|\.pb\.gz|\.pprof)\Z")

MOST_LOGS = 64
"""Beside more logs than this, none is looked at: whose a profile is shows only when they have been read."""


def is_profile(name: str) -> bool:
    """Whether a file is named like a sampled heap profile."""
    return _NAME.search(name) is not None


def beside_logs(logs: Sequence[str], profiles: Sequence[str]) -> dict[str, tuple[tuple[str, ...], bool]]:
    """By log the profiles beside it, and whether it is the only log there: those of its folder, or of the next one above that has logs.

    `logs` by their names, a rotated one by its pattern. Logs without any are left out.
    """
    below: dict[tuple[str, ...], list[str]] = {}
    for log in logs:
        parts = PurePath(log).parts[:-1]
        for depth in range(len(parts) + 1):
            below.setdefault(parts[:depth], []).append(log)
    found: dict[str, list[str]] = {}
    alone: dict[str, bool] = {}
    for profile in profiles:
        near = _nearest(PurePath(profile).parts[:-1], below)
        for log in near if len(near) <= MOST_LOGS else ():
            found.setdefault(log, []).append(profile)
            alone[log] = len(near) == 1
    return {log: (tuple(own), alone[log]) for log, own in found.items()}


def _nearest(folder: tuple[str, ...], below: Mapping[tuple[str, ...], Sequence[str]]) -> Sequence[str]:
    return next((below[folder[:depth]] for depth in range(len(folder), -1, -1) if folder[:depth] in below), ())
