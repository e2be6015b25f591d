"""Which of the given files are heap snapshots, and which are sampled heap profiles, by their first bytes rather than their names."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

from gclog.errors import Fault, InputError
from gclog.heap.file_names import SnapshotName, read_name
from gclog.recognise.documents.pprof import names_memory
from gclog.source.magic import MAGIC_BYTES, is_heap_profile, is_heap_snapshot, is_pprof
from gclog.source.open import Source, SourceSpec, open_source

__all__ = ["ENCODING", "HeapFileKind", "SnapshotFile", "find_heap_files", "find_snapshots", "in_time"]

ENCODING = "utf-8"
"""V8 writes ASCII and escapes everything else."""

HeapFileKind = Literal["snapshot", "profile"]


@dataclass(frozen=True, slots=True)
class SnapshotFile:
    """A snapshot or a profile that was found but not read yet. `bytes` is its size on disk, compressed or not; 0 if unknown."""

    spec: SourceSpec
    name: SnapshotName
    compression: str | None
    bytes: int
    kind: HeapFileKind


def find_heap_files(specs: Iterable[SourceSpec]) -> list[SnapshotFile]:
    """The heap snapshots and heap profiles among the sources, compressed or not. Errors are left to the log reader to report.

    Pipes are not inspected, as that would consume them.
    """
    return [file for spec in specs if _is_file(spec) and (file := _look(spec)) is not None]


def find_snapshots(specs: Iterable[SourceSpec]) -> list[SnapshotFile]:
    """The heap snapshots among the sources."""
    return [file for file in find_heap_files(specs) if file.kind == "snapshot"]


def in_time(specs: Sequence[SourceSpec]) -> list[SourceSpec]:
    """Files in the order in which they were taken, as far as their names say; in that given, if each was named by itself."""
    return list(specs) if all(spec.asked for spec in specs) else sorted(specs, key=lambda spec: read_name(spec.name).moment)


def _is_file(spec: SourceSpec) -> bool:
    return spec.path is not None and spec.path.is_file()


def _look(spec: SourceSpec) -> SnapshotFile | None:
    try:
        with open_source(spec, ENCODING) as source:
            head = next(source.chunks(), b"")[:MAGIC_BYTES]
            if (kind := _kind_of(source, head)) is None:
                return None
            return SnapshotFile(spec, read_name(spec.name), source.compression, source.total_bytes or 0, kind)
    except (InputError, Fault):
        return None  # reported when it is read as a log


def _kind_of(source: Source, head: bytes) -> HeapFileKind | None:
    if is_heap_snapshot(head):
        return "snapshot"
    return "profile" if is_heap_profile(head) or (is_pprof(head) and names_memory(source.chunks())) else None
