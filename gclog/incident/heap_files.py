"""Files of the heap among the logs, snapshots or sampled profiles: whose they are, by pid and thread."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from gclog.heap.files import ENCODING, SnapshotFile
from gclog.heap.groups import Group, group_files, in_order
from gclog.incident.context import SourceContext
from gclog.incident.threads import worker_of
from gclog.model.process import LineCounts
from gclog.model.report import SourceReport
from gclog.processes.process import ProcessTable
from gclog.source.open import SourceSpec

__all__ = ["HeapFiles"]


@dataclass(slots=True)
class HeapFiles:
    """Files of one kind. Those that are of a process go to it; `alone` is what is left in the end.

    least_mb   what the heap of an isolate has held at least, by these files of it; 0 if they do not say
    notes      what became of each
    """

    files: Sequence[SnapshotFile]
    least_mb: Callable[[Sequence[SnapshotFile]], float] = lambda _: 0.0
    notes: dict[str, list[str]] = field(default_factory=dict)
    _left: list[Group] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._left = group_files(self.files)

    @property
    def names(self) -> frozenset[str]:
        return frozenset(file.spec.name for file in self.files)

    def tie(
        self,
        contexts: Sequence[SourceContext],
        all_read: bool,
        with_files: Callable[[ProcessTable, Sequence[SnapshotFile], str], ProcessTable],
    ) -> list[SourceContext]:
        """The sources, with what the files of each process say, which `with_files` adds to it.

        all_read   these are all the processes there are: what has no pid is of the only one, if there is one
        """
        processes = [process for context in contexts for process in context.processes]
        tied: dict[int, list[Group]] = {}
        for group in self._left:
            owner = self._owner(group, processes, all_read)
            if owner is not None:
                tied.setdefault(id(owner), []).append(group)
        found = []
        for context in contexts:
            name = context.source.name
            changed = (
                with_files(process, in_order(tied[id(process)]), name) if id(process) in tied else process
                for process in context.processes
            )
            found.append(dataclasses.replace(context, processes=tuple(changed)))
        self._left = [group for group in self._left if all(group not in groups for groups in tied.values())]
        return found

    def _owner(self, group: Group, processes: Sequence[ProcessTable], all_read: bool) -> ProcessTable | None:
        """Whose files a group is, if that is known."""
        mains = [process for process in processes if process.main]
        if group.pid is None:
            return mains[0] if all_read and len(mains) == 1 else None
        own = [process for process in processes if group.pid in _pids(process)]
        if (
            not own
            and all_read
            and len(mains) == 1
            and not _pids(mains[0])
            and {one.pid for one in self._left} <= {None, group.pid}
        ):
            own = mains
        of_pid = [one for one in self._left if one.pid == group.pid]
        if group.thread_id:
            threads = {one.thread_id: in_order(_of_thread(of_pid, one.thread_id)) for one in of_pid if one.thread_id}
            workers = [process for process in own if not process.main]
            return worker_of(group.thread_id, list(threads), workers, lambda thread: self.least_mb(threads[thread]))
        same = _of_thread(of_pid, group.thread_id)
        return _run(same.index(group), len(same), [process for process in own if process.main])

    def alone(self, processes: Iterable[tuple[int | None, bool]]) -> Iterator[tuple[Group, str]]:
        """The groups that are of none of the processes, given by pid and whether it is the main isolate; and why each is not."""
        known, left, self._left = list(processes), self._left, []
        for group in left:
            yield group, _why_alone(group, known)

    def note(self, spec: SourceSpec, text: str) -> None:
        notes = self.notes.setdefault(spec.name, list(spec.notes))
        if text not in notes:
            notes.append(text)

    def sources(self) -> dict[str, SourceReport]:
        """The files, as sources of the report."""
        return {file.spec.name: _report_file(file, self.notes.get(file.spec.name, ())) for file in self.files}


# ---------------------------------------------------------------- whose they are


def _of_thread(groups: Iterable[Group], thread_id: int | None) -> list[Group]:
    return [one for one in groups if one.thread_id == thread_id]


def _pids(process: ProcessTable) -> set[int]:
    pids = {process.pid, *(report.pid for report in process.reported)}
    return {pid for pid in pids if pid is not None}


def _run(number: int, count: int, runs: Sequence[ProcessTable]) -> ProcessTable | None:
    """Of several runs with one pid, as in containers, the one in the same place; of those that died the only one, for the last group."""
    if len(runs) == count:
        return runs[number]
    died = [run for run in runs if run.died]
    return died[0] if len(died) == 1 and number == count - 1 else None


def _why_alone(group: Group, processes: Sequence[tuple[int | None, bool]]) -> str:
    mains = sum(main for _, main in processes)
    if not processes:
        return "no log of its process is here"
    if group.pid is None:
        return f"its name has no pid, and there are {mains} processes" if mains > 1 else "its name has no pid"
    if group.pid not in {pid for pid, _ in processes}:
        return f"process {group.pid} has no log here"
    if group.thread_id:
        return f"it is not known which isolate is thread {group.thread_id} of process {group.pid}"
    return f"several runs have the pid {group.pid}, and it is not known whose it is"


# ---------------------------------------------------------------- as a source


def _report_file(file: SnapshotFile, notes: Sequence[str]) -> SourceReport:
    return SourceReport(
        path=file.spec.name,
        kind="heap",
        envelopes={},
        encoding=ENCODING,
        compression=file.compression,
        bytes=file.bytes,
        lines=LineCounts(0, 0, 0, 0, 0),
        recognised_by={},
        unread=(),
        notes=tuple(notes),
        is_sampled=file.kind == "profile",
    )
