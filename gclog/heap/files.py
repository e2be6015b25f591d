"""Which of the files that were given are heap snapshots: by their first bytes, not by their names."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from gclog.errors import InputError
from gclog.heap.file_names import SnapshotName, read_name
from gclog.source.magic import MAGIC_BYTES, is_heap_snapshot
from gclog.source.open import SourceSpec, open_source

__all__ = ["ENCODING", "SnapshotFile", "find_snapshots"]

ENCODING = "utf-8"
"""V8 writes ASCII: everything else is escaped."""


@dataclass(frozen=True, slots=True)
class SnapshotFile:
    """A snapshot that was found, not read yet. `bytes`: as it lies there, packed or not; 0 where that cannot be known."""

    spec: SourceSpec
    name: SnapshotName
    compression: str | None
    bytes: int


def find_snapshots(specs: Iterable[SourceSpec]) -> list[SnapshotFile]:
    """The heap snapshots among the sources, by their first bytes, packed or not. What cannot be read is left to the reader of logs.

    A pipe is not looked into: what is read of it is gone.
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
