"""A fleet, from its logs to its report: every log is analysed by a worker and has exactly one outcome, in any order."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from concurrent.futures import BrokenExecutor
from functools import partial
from pathlib import Path

import gclog
from gclog.errors import UsageError, install_command
from gclog.fleet.attempt import attempt, one_line
from gclog.fleet.hosts import name_hosts
from gclog.fleet.logs import is_remote, list_logs
from gclog.fleet.outliers import find_outliers, measure_groups
from gclog.fleet.profiles import beside_logs, is_profile
from gclog.fleet.rank import group_rows, rank
from gclog.fleet.summary import LogAnswer, LogTask, summarize
from gclog.incident.settings import Settings
from gclog.model.fleet import FailedLog, FleetReport, FleetRow
from gclog.recognise.bulk.cores import do_alone, on_every_core, usable_cores
from gclog.source.rotation import Family, find_families

__all__ = [
    "FleetProgress",
    "Outcome",
    "Outcomes",
    "analyze_fleet",
    "answer_of",
    "is_worthwhile",
    "run_here",
    "run_in_processes",
    "survey",
]

FleetProgress = Callable[[int, int], None]
"""Called with the number of logs done and the total."""

Outcome = LogAnswer | BaseException
"""A task's answer, or the exception it raised."""

Outcomes = Generator[tuple[int, Outcome, int], None, None]
"""Index of the task, its outcome, and the number of workers lost so far."""

MANY_LOGS = 32
MANY_BYTES = 16 << 20
"""Fewer and smaller logs are analysed before another process has started."""

LOST = "the process that analysed it was ended, such as for its memory use\nRead it alone: gclog analyze."

NEEDS_DASK = "a fleet with workers needs the library distributed, which is not installed"
INSTALL = f"Install it: {install_command('fleet')}. Or give --workers 0: on this machine, without it."


def analyze_fleet(
    words: Sequence[str],
    settings: Settings | None = None,
    *,
    workers: int | None = 0,
    processes: int | None = None,
    scheduler: str | None = None,
    host_from: str | None = None,
    progress: FleetProgress | None = None,
) -> FleetReport:
    """Analyse every log named by the words. A log that fails is part of the report; UsageError, InputError if nothing can start.

    workers     processes of a cluster started for this run; 0: no cluster, `processes` of this machine; None: none for local logs,
                one a core for those in a remote storage
    processes   how many analyse local logs if there are many; None: one a core; 1: this one only
    scheduler   address of an existing dask cluster to use instead
    host_from   see `hosts.name_hosts`
    An interrupt (Ctrl-C) stops reading: the report then covers the logs read so far and says so (`stopped`).
    """
    if workers is not None and workers < 0:
        raise UsageError(f"{workers} workers", remedy="Give --workers 0 or more.")
    names = list_logs(words)
    logs = find_families([name for name in names if not is_profile(name)])
    profiles = [name for name in names if is_profile(name)] if logs else []
    logs = logs or list[Family | str](names)
    beside = beside_logs([log if isinstance(log, str) else log.name for log in logs], profiles)
    hosts = name_hosts([log if isinstance(log, str) else log.name for log in logs], host_from)
    if workers is None:
        workers = usable_cores() if any(map(is_remote, words)) else 0
    tasks = [_task(log, hosts, beside, settings or Settings()) for log in logs]
    if scheduler is None and (workers == 0 or not tasks):
        return survey(words, tasks, _run_locally(tasks, processes or usable_cores()), progress)
    try:
        from gclog.fleet.cluster import connect, run_on
    except ImportError:
        raise UsageError(NEEDS_DASK, remedy=INSTALL) from None
    with connect(min(workers, len(tasks)), scheduler) as client:
        return survey(words, tasks, run_on(client, summarize, tasks), progress)


def _task(
    log: Family | str, hosts: Mapping[str, str | None], beside: Mapping[str, tuple[tuple[str, ...], bool]], settings: Settings
) -> LogTask:
    name = log if isinstance(log, str) else log.name
    members, notes = ((), ()) if isinstance(log, str) else (log.members, log.notes)
    return LogTask(name, hosts[name], settings, members, notes, *beside.get(name, ((), False)))


def _run_locally(tasks: Sequence[LogTask], processes: int) -> Outcomes:
    return run_in_processes(tasks, processes) if processes > 1 and is_worthwhile(tasks) else run_here(tasks)


def run_here(tasks: Sequence[LogTask]) -> Outcomes:
    """Every task in this process, in order."""
    for number, task in enumerate(tasks):
        yield number, attempt(partial(summarize, task)), 0


def is_worthwhile(tasks: Sequence[LogTask]) -> bool:
    """Whether other processes save time. What is in a remote storage is read here: its credentials may be known to this process only."""
    files = [name for task in tasks for name in task.members or (task.source,)]
    if len(tasks) < 2 or any(map(is_remote, files)):
        return False
    return len(tasks) >= MANY_LOGS or sum(map(_size, files)) >= MANY_BYTES


def _size(name: str) -> int:
    try:
        return Path(name).stat().st_size
    except OSError:
        return 0


def run_in_processes(tasks: Sequence[LogTask], processes: int) -> Outcomes:
    """Every task by another process, in order: a log that ends its process, for its memory use, costs a row and no other log."""
    lost = 0

    def redo(unfinished: list[LogTask]) -> Iterator[LogAnswer]:
        nonlocal lost
        lost += 1
        return map(_answer_alone, unfinished)

    one_each = (dataclasses.replace(task, settings=dataclasses.replace(task.settings, processes=1)) for task in tasks)
    for number, answer in enumerate(on_every_core(_answer, one_each, processes, redo=redo)):
        yield number, answer, lost


def _answer(task: LogTask) -> LogAnswer:
    """What another process does: an exception is made into its text there, for not all can be sent."""
    return answer_of(task, attempt(partial(summarize, task)))


def _answer_alone(task: LogTask) -> LogAnswer:
    """The answer for a log whose process was lost, perhaps because of another log: by a process of its own."""
    try:
        return do_alone(_answer, task)
    except BrokenExecutor:
        return FailedLog(task.source, task.host, f"{task.source}: {LOST}")


def survey(
    words: Sequence[str], tasks: Sequence[LogTask], outcomes: Outcomes, progress: FleetProgress | None = None
) -> FleetReport:
    """The report on the tasks' outcomes, independent of their order. An interrupt stops waiting for more."""
    answers: dict[int, LogAnswer] = {}
    lost = 0
    try:
        for number, outcome, losses in outcomes:
            lost = losses
            answers[number] = answer_of(tasks[number], outcome)
            if progress is not None:
                progress(len(answers), len(tasks))
    except KeyboardInterrupt:
        outcomes.close()
    return _report(words, tasks, answers, lost)


def answer_of(task: LogTask, outcome: Outcome) -> LogAnswer:
    """A task's answer, or a failed log if it raised what no analysis should raise."""
    if not isinstance(outcome, BaseException):
        return outcome
    what = one_line(outcome)
    return FailedLog(task.source, task.host, f"{task.source}: {what}\nThis is a bug in gclog: please report it, with the log.")


def _report(words: Sequence[str], tasks: Sequence[LogTask], answers: Mapping[int, LogAnswer], lost: int) -> FleetReport:
    rows: list[FleetRow] = []
    failed: list[FailedLog] = []
    for number in sorted(answers):
        match answers[number]:
            case FailedLog() as one:
                failed.append(one)
            case several:
                rows.extend(several)
    yardsticks = measure_groups(rows)
    outliers = find_outliers(rows, yardsticks)
    return FleetReport(
        version=gclog.__version__,
        words=tuple(words),
        logs=len(tasks),
        files=sum(len(task.members) or 1 for task in tasks),
        profiles=len({name for task in tasks for name in task.beside}),
        read=len(answers),
        workers_lost=lost,
        rows=rank(rows, outliers),
        failed=tuple(failed),
        outliers=outliers,
        yardsticks=yardsticks,
        groups=group_rows(rows, failed, outliers),
    )
