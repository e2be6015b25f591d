"""Heap snapshots that lie among the logs: tied to their processes by pid and thread, and compared.

A snapshot is hundreds of MB: none is kept open, and they are read one after the other, when their process is known.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterable, Sequence

from gclog.errors import Fault, InputError, faults_at
from gclog.heap.files import SnapshotFile
from gclog.incident.context import SourceContext
from gclog.incident.heap_files import HeapFiles
from gclog.model.heap import HeapDiff
from gclog.model.report import HeapReport
from gclog.model.witness import Witness
from gclog.processes.process import ProcessTable
from gclog.source.open import Source, SourceSpec

__all__ = ["SnapshotPool"]

Progress = Callable[[Source], None]

COMPARED = 3
"""Snapshots of a process that are read: each takes its time, and three tell a leak from a cache."""

LACKS_THE_GRAPH = ("nodes", "edges")
"""What a snapshot lacks that was cut off too early to say what holds anything."""


class SnapshotPool:
    """The snapshots among what was given. `refused`: why the first one that could not be read was refused."""

    def __init__(self, files: Sequence[SnapshotFile], progress: Progress) -> None:
        self.files = HeapFiles(files)
        self._progress = progress
        self.refused: InputError | Fault | None = None

    def tie(self, contexts: Sequence[SourceContext], all_read: bool) -> list[SourceContext]:
        """The sources, with what grows in each process by its snapshots."""
        return self.files.tie(contexts, all_read, self._with_heap)

    def _with_heap(self, process: ProcessTable, files: Sequence[SnapshotFile], source: str) -> ProcessTable:
        """A process of a source with what its snapshots say."""
        diff, read = self._compare(files, f"a heap snapshot of a process in {source}, shown there")
        witnesses = tuple(Witness(spec.name, ("heap snapshot",)) for spec in read)
        return dataclasses.replace(process, heap_diff=diff, heard=process.heard + witnesses)

    def alone(self, processes: Iterable[tuple[int | None, bool]]) -> tuple[HeapReport, ...]:
        """What the snapshots say that are of none of the processes, which are given by pid and whether it is the main isolate."""
        reports = []
        for group, why in self.files.alone(processes):
            diff, _ = self._compare(group.files, f"a heap snapshot: {why}; shown on its own")
            if diff is not None:
                reports.append(HeapReport(group.pid, group.thread_id, diff, why))
        return tuple(reports)

    def _compare(self, files: Sequence[SnapshotFile], note: str) -> tuple[HeapDiff | None, list[SourceSpec]]:
        """The first, the middle and the last one that can be read, compared, and which those are; None if none can.

        Notes on the files say what became of each.
        """
        from gclog.heap.diff import diff_sources  # most logs lie beside no snapshot

        good = [file.spec for file in files]
        while good:
            chosen = _spread(good, COMPARED)
            try:
                with faults_at(chosen[0].name):
                    diff = diff_sources(chosen, progress=self._progress)
            except (InputError, Fault) as error:
                bad = next((spec for spec in chosen if spec.name == error.where), chosen[0])
                self.files.note(bad, f"left out: {error.what}")
                self.refused = self.refused or error
                good.remove(bad)
                continue
            cut = [spec for spec, figures in zip(chosen, diff.snapshots, strict=True) if figures.missing in LACKS_THE_GRAPH]
            if 0 < len(cut) < len(chosen):
                for spec in cut:
                    self.files.note(spec, "left out: the heap snapshot is cut off before its references and names")
                    good.remove(spec)
                continue
            for spec in good:
                between = "" if spec in chosen else f"; {len(good)} are too many to compare, this one is left out"
                self.files.note(spec, note + between)
            return diff, chosen
        return None, []


def _spread(specs: Sequence[SourceSpec], most: int) -> list[SourceSpec]:
    """All of `most`; of more the first, the middle and the last one."""
    if len(specs) <= most:
        return list(specs)
    return [specs[0], specs[len(specs) // 2], specs[-1]]
