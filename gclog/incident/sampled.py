"""Sampled heap profiles that lie among the logs: tied to their processes by pid and thread, and compared."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterable, Sequence

from gclog.errors import Fault, InputError, faults_at
from gclog.heap.files import SnapshotFile
from gclog.incident.context import SourceContext
from gclog.incident.heap_files import HeapFiles
from gclog.model.report import SampledReport
from gclog.model.sampled import SampledHeap
from gclog.model.witness import Witness
from gclog.processes.process import ProcessTable
from gclog.source.open import Source

__all__ = ["SampledPool"]

KIND = "sampled heap profile"


class SampledPool:
    """The profiles among what was given. `refused`: why the first one that could not be read was refused."""

    def __init__(self, files: Sequence[SnapshotFile], progress: Callable[[Source], None]) -> None:
        self.files = HeapFiles(files)
        self._progress = progress
        self.refused: InputError | Fault | None = None

    def tie(self, contexts: Sequence[SourceContext], all_read: bool) -> list[SourceContext]:
        """The sources, with what is alive in each process by its profiles."""
        return self.files.tie(contexts, all_read, self._with_profiles)

    def _with_profiles(self, process: ProcessTable, files: Sequence[SnapshotFile], source: str) -> ProcessTable:
        sampled = self._read(files, f"a {KIND} of a process in {source}, shown there")
        if sampled is None:
            return process
        witnesses = tuple(Witness(one.name, (KIND,)) for one in sampled.profiles)
        return dataclasses.replace(process, sampled=sampled, heard=process.heard + witnesses)

    def alone(self, processes: Iterable[tuple[int | None, bool]]) -> tuple[SampledReport, ...]:
        """What the profiles say that are of none of the processes, which are given by pid and whether it is the main isolate."""
        reports = []
        for group, why in self.files.alone(processes):
            sampled = self._read(group.files, f"a {KIND}: {why}; shown on its own")
            if sampled is not None:
                reports.append(SampledReport(group.pid, group.thread_id, sampled, why))
        return tuple(reports)

    def _read(self, files: Sequence[SnapshotFile], note: str) -> SampledHeap | None:
        """Those that can be read, compared; None if none can. Notes on the files say what became of each."""
        from gclog.heap.sampled.series import read_sampled  # most logs lie beside no profile

        good = [file.spec for file in files]
        while good:
            try:
                with faults_at(good[0].name):
                    sampled = read_sampled(good, self._progress)
            except (InputError, Fault) as error:
                bad = next((spec for spec in good if spec.name == error.where), good[0])
                self.files.note(bad, f"left out: {error.what}")
                self.refused = self.refused or error
                good.remove(bad)
                continue
            for spec in good:
                self.files.note(spec, note)
            return sampled
        return None
