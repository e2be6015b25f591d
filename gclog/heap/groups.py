"""Which files of the heap belong together: those of one isolate in one run, by the pid and the thread in their names."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from gclog.heap.file_names import SnapshotName
from gclog.heap.files import SnapshotFile

__all__ = ["Group", "group_files", "in_order"]


@dataclass(frozen=True, slots=True)
class Group:
    """Files of one isolate in one run, in the order of time. Without a pid: all that have none."""

    pid: int | None
    thread_id: int | None
    files: tuple[SnapshotFile, ...]


def in_order(groups: Iterable[Group]) -> list[SnapshotFile]:
    """The files of groups in the order of time."""
    return sorted((file for group in groups for file in group.files), key=lambda file: file.name.moment)


def group_files(files: Sequence[SnapshotFile]) -> list[Group]:
    """By pid and thread, in order; a number that does not count up begins another run with the same pid."""
    by_isolate: dict[tuple[int | None, int | None], list[SnapshotFile]] = {}
    for file in sorted(files, key=lambda file: file.name.moment):
        by_isolate.setdefault((file.name.pid, file.name.thread_id), []).append(file)
    groups = []
    for (pid, thread_id), own in by_isolate.items():
        starts = [i for i in range(1, len(own)) if pid is not None and _restarts(own[i - 1].name, own[i].name)]
        for begin, end in itertools.pairwise([0, *starts, len(own)]):
            groups.append(Group(pid, thread_id, tuple(own[begin:end])))
    return groups


def _restarts(before: SnapshotName, after: SnapshotName) -> bool:
    return before.sequence is not None and after.sequence is not None and after.sequence <= before.sequence
