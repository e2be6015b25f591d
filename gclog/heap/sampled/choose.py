"""Which of the words of a command line are sampled heap profiles, and which of those are compared with each other."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from pathlib import PurePath

from gclog.errors import UsageError
from gclog.heap.files import SnapshotFile, find_heap_files
from gclog.heap.groups import Group, group_files
from gclog.heap.sampled.series import read_sampled
from gclog.model.sampled import SampledHeap, SampledProcess, SampledProcesses
from gclog.source.expand import expand
from gclog.source.open import Source, SourceSpec

__all__ = ["sampled_among"]

SUFFIXES = (".heapprofile", ".pb.gz", ".pprof")


def sampled_among(
    words: Sequence[str], progress: Callable[[Source], None] = lambda _: None
) -> SampledHeap | SampledProcesses | None:
    """What the profiles say that are given; None if none is a profile.

    Those of an isolate are compared with each other, in the order of time; if there is one of each and all were asked for by their
    names, or none has a pid, all are, in the order in which they were given. Raises InputError; UsageError for a snapshot and a profile
    in one call.
    """
    given = expand(words)
    files = {file.spec.name: file for file in find_heap_files(given)}
    profiles = [spec for spec in given if _is_profile(spec, files.get(spec.name))]
    if not profiles:
        return None
    snapshots = [name for name, file in files.items() if file.kind == "snapshot"]
    if snapshots:
        raise UsageError(
            "heap snapshots and sampled heap profiles cannot be compared with each other: one has objects, the other call sites",
            where=f"{snapshots[0]}, {profiles[0].name}",
            remedy="Give the .heapsnapshot files in one call, the .heapprofile files in another.",
        )
    groups = group_files([files[spec.name] for spec in profiles if spec.name in files])
    if all(spec.asked for spec in profiles) and (len(groups) < 2 or all(len(group.files) == 1 for group in groups)):
        return read_sampled(profiles, progress)
    if broken := [spec for spec in profiles if spec.name not in files]:
        return read_sampled(broken, progress)
    processes = [process for group in groups for process in _read_group(group, progress)]
    return processes[0].sampled if len(processes) == 1 else _by_growth(processes)


def _is_profile(spec: SourceSpec, file: SnapshotFile | None) -> bool:
    """Also a file that has the name of a profile and does not begin as one: its reader says what is wrong."""
    if file is not None:
        return file.kind == "profile"
    return spec.asked and any(suffix in spec.name for suffix in SUFFIXES) and spec.path is not None and spec.path.is_file()


def _read_group(group: Group, progress: Callable[[Source], None]) -> Iterator[SampledProcess]:
    """The profiles of an isolate. In containers every process has the same pid: what is in several folders is one process only if it
    is one sampling."""
    sampled = read_sampled([file.spec for file in group.files], progress)
    folders: dict[str, list[SourceSpec]] = {}
    for file in group.files:
        folders.setdefault(PurePath(file.spec.name).parent.as_posix(), []).append(file.spec)
    if sampled.method != "by-site" or len(folders) == 1 or group.pid is None:
        yield SampledProcess(group.pid, group.thread_id, sampled)
        return
    for own in folders.values():
        yield SampledProcess(group.pid, group.thread_id, read_sampled(own, progress))


def _by_growth(processes: Sequence[SampledProcess]) -> SampledProcesses:
    return SampledProcesses(
        tuple(sorted(processes, key=lambda one: (-_grown(one.sampled), -one.sampled.profiles[-1].alive_bytes)))
    )


def _grown(sampled: SampledHeap) -> int:
    """Bytes that its site that grows most has grown by; 0 if none grows."""
    return max((site.alive_bytes[-1] - site.alive_bytes[0] for site in sampled.growers), default=0)
