"""Sampled heap profiles that lie among the logs: tied to their processes by pid and thread, and compared."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Callable, Iterable, Sequence

from gclog import units
from gclog.errors import Fault, InputError, faults_at
from gclog.heap.files import SnapshotFile
from gclog.incident.context import SourceContext
from gclog.incident.heap_files import HeapFiles
from gclog.model.not_known import NotKnown
from gclog.model.report import SampledReport
from gclog.model.sampled import SampledFigures, SampledHeap
from gclog.model.witness import Witness
from gclog.processes.process import ProcessTable
from gclog.source.open import Source, SourceSpec

__all__ = ["SampledPool"]

KIND = "sampled heap profile"

DEVIATIONS = 3.0
"""Standard deviations of chance."""


class SampledPool:
    """The profiles among what was given. `refused`: why the first one that could not be read was refused."""

    def __init__(self, files: Sequence[SnapshotFile], progress: Callable[[Source], None]) -> None:
        self.files = HeapFiles(files, self._least_mb)
        self._progress = progress
        self._known: dict[tuple[str, ...], SampledHeap | None] = {}
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
        sampled = self._once(files)
        read = set() if sampled is None else {one.name for one in sampled.profiles}
        for file in files:
            if file.spec.name in read:
                self.files.note(file.spec, note)
        return sampled

    def _once(self, files: Sequence[SnapshotFile]) -> SampledHeap | None:
        names = tuple(file.spec.name for file in files)
        if names not in self._known:
            self._known[names] = self._read_good([file.spec for file in files])
        return self._known[names]

    def _read_good(self, good: list[SourceSpec]) -> SampledHeap | None:
        from gclog.heap.sampled.series import read_sampled  # most logs lie beside no profile

        while good:
            try:
                with faults_at(good[0].name):
                    return read_sampled(good, self._progress)
            except (InputError, Fault) as error:
                bad = next((spec for spec in good if spec.name == error.where), good[0])
                self.files.note(bad, f"left out: {error.what}")
                self.refused = self.refused or error
                good.remove(bad)
        return None

    def _least_mb(self, files: Sequence[SnapshotFile]) -> float:
        """What one isolate must once have had alive, by its profiles: the most that one has, less what chance may have added."""
        sampled = self._once(files)
        return 0.0 if sampled is None else max(map(_surely_mb, sampled.profiles))


def _surely_mb(figures: SampledFigures) -> float:
    """Of n samples a sum is right to about 1/√n. Of a file that does not list them, or has a handful, nothing is sure."""
    if isinstance(figures.samples, NotKnown) or not figures.samples:
        return 0.0
    return max(0.0, figures.alive_bytes * (1 - DEVIATIONS / math.sqrt(figures.samples)) / units.BYTES_PER_MB)
