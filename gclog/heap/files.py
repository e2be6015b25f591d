"""Which of the given files are heap snapshots, by their first bytes rather than their names."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from gclog.errors import InputError
from gclog.heap.file_names import SnapshotName, read_name
from gclog.source.magic import MAGIC_BYTES, is_heap_snapshot
from gclog.source.open import SourceSpec, open_source

__all__ = ["ENCODING", "SnapshotFile", "find_snapshots"]

ENCODING = "utf-8"
"""V8 writes ASCII and escapes everything else."""


@dataclass(frozen=True, slots=True)
class SnapshotFile:
    """A snapshot that was found but not read yet. `bytes` is its size on disk, compressed or not; 0 if unknown."""

    spec: SourceSpec
    name: SnapshotName
    compression: str | None
    bytes: int


def find_snapshots(specs: Iterable[SourceSpec]) -> list[SnapshotFile]:
    """The heap snapshots among the sources, compressed or not. Errors are left to the log reader to report.

    Pipes are not inspected, as that would consume them.
    """
    return [file for spec in specs if _is_file(spec) and (file := _look(spec)) is not None]


def _is_file(spec: SourceSpec) -> bool:
    return spec.path is not None and spec.path.is_file()


def _look(spec: SourceSpec) -> SnapshotFile | None:
    try:
        with open_source(spec, ENCODING) as source:
            head = next(source.chunks(), b"")
            found = SnapshotFile(spec, read_name(spec.name), source.compression, source.total_bytes or 0)
    except InputError:
        return None
    return found if is_heap_snapshot(head[:MAGIC_BYTES]) else None
