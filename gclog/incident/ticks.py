"""Tick logs and GC logs of the same isolate, brought together."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Sequence

from gclog.incident.context import SourceContext
from gclog.model.not_known import NotKnown
from gclog.model.profile import GcJoin, Profile
from gclog.model.report import ProfileReport
from gclog.model.witness import Witness
from gclog.processes.process import ProcessTable

OWN_CLOCK = NotKnown("a CPU profile has a clock of its own: the GC log's pauses cannot be laid on it")

__all__ = ["beside_gc_log", "hear_ticks"]


def beside_gc_log(report: ProfileReport, contexts: Sequence[SourceContext]) -> ProfileReport:
    """The profile with the GC log of the same isolate, if one of these sources has it; the last run of several."""
    from gclog.profile.gc_join import join_gc

    profile = report.profile
    if isinstance(report.gc, GcJoin):
        return report
    if profile.form == "cpu-profile":
        return dataclasses.replace(report, gc=OWN_CLOCK)
    for context in contexts:
        for process in reversed(context.processes):
            if _same_isolate(profile, process) or (process.main and _only_profile(context) is profile):
                return dataclasses.replace(report, gc=join_gc(profile, process, context.source.name))
    return report


def hear_ticks(contexts: Iterable[SourceContext], profiles: Sequence[ProfileReport]) -> list[SourceContext]:
    """The sources with the tick logs of each process among its witnesses."""
    return [
        dataclasses.replace(context, processes=tuple(_with_ticks(process, context, profiles) for process in context.processes))
        for context in contexts
    ]


def _with_ticks(process: ProcessTable, context: SourceContext, profiles: Sequence[ProfileReport]) -> ProcessTable:
    ticks = tuple(
        Witness(one.source, ("CPU profile" if one.profile.form == "cpu-profile" else "ticks",))
        for one in profiles
        if _is_of(one.profile, process, context)
    )
    return dataclasses.replace(process, heard=process.heard + ticks) if ticks else process


def _is_of(profile: Profile, process: ProcessTable, context: SourceContext) -> bool:
    if profile.form == "cpu-profile":
        return _same_thread(profile, process)
    same_pid = process.isolate is None and process.main and profile.pid is not None and profile.pid == process.pid
    return same_pid or _same_isolate(profile, process) or _only_profile(context) is profile


def _only_profile(context: SourceContext) -> Profile | None:
    """The profile of a log that has the lines of both, which is then that of its process."""
    return context.profiles[0] if context.kind == "mixed" and len(context.profiles) == 1 else None


def _same_thread(profile: Profile, process: ProcessTable) -> bool:
    """By pid: a CPU profile does not name its isolate; of a worker's thread it is not known which that is."""
    return process.main and profile.pid is not None and profile.pid == process.pid and not profile.thread_id


def _same_isolate(profile: Profile, process: ProcessTable) -> bool:
    """By pid and address; by the address alone if one of them has no pid."""
    if profile.isolate is None or process.isolate is None or not len(process.rows):
        return False
    same_pid = profile.pid == process.pid or None in (profile.pid, process.pid)
    return same_pid and int(profile.isolate, 16) == int(process.isolate, 16)
