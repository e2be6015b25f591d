"""A fleet, from its logs to its report: every log is analysed by a worker, and answered for once, in whatever order they come."""

from __future__ import annotations

from collections.abc import Callable, Generator, Mapping, Sequence
from functools import partial

import gclog
from gclog.errors import UsageError, install_command
from gclog.fleet.attempt import attempt
from gclog.fleet.hosts import name_hosts
from gclog.fleet.logs import list_logs
from gclog.fleet.outliers import find_outliers, measure_groups
from gclog.fleet.rank import group_rows, rank
from gclog.fleet.summary import LogAnswer, LogTask, summarize
from gclog.incident.settings import Settings
from gclog.model.fleet import FailedLog, FleetReport, FleetRow
from gclog.source.rotation import Family, find_families

__all__ = ["FleetProgress", "Outcome", "Outcomes", "analyze_fleet", "answer_of", "run_here", "survey"]

FleetProgress = Callable[[int, int], None]
"""Told how many logs are done, and of how many."""

Outcome = LogAnswer | BaseException
"""What becomes of a task: its answer, or what it raised."""

Outcomes = Generator[tuple[int, Outcome, int], None, None]
"""Number of the task, its outcome, and how many workers have been lost so far."""

NEEDS_DASK = "a fleet with workers needs the library distributed, which is not installed"
INSTALL = f"Install it: {install_command('fleet')}. Or give --workers 0: one log after the other, in this process."


def analyze_fleet(
    words: Sequence[str],
    settings: Settings | None = None,
    *,
    workers: int = 0,
    scheduler: str | None = None,
    host_from: str | None = None,
    progress: FleetProgress | None = None,
) -> FleetReport:
    """Analyse every log that the words name. Raises UsageError, InputError where nothing can be begun; a log that fails is in the report.

    workers     processes of a cluster made for this run; 0: none, one log after the other in this process
    scheduler   the address of a dask cluster that is there already, used instead
    host_from   see `hosts.name_hosts`
    An interrupt (Ctrl-C) ends the reading: the report is then of the logs read so far, and says so (`stopped`).
    """
    if workers < 0:
        raise UsageError(f"{workers} workers", remedy="Give --workers 0 or more.")
    logs = find_families(list_logs(words))
    hosts = name_hosts([log if isinstance(log, str) else log.name for log in logs], host_from)
    tasks = [_task(log, hosts[log if isinstance(log, str) else log.name], settings or Settings()) for log in logs]
    if scheduler is None and (workers == 0 or not tasks):
        return survey(words, tasks, run_here(tasks), progress)
    try:
        from gclog.fleet.cluster import connect, run_on
    except ImportError:
        raise UsageError(NEEDS_DASK, remedy=INSTALL) from None
    with connect(min(workers, len(tasks)), scheduler) as client:
        return survey(words, tasks, run_on(client, summarize, tasks), progress)


def _task(log: Family | str, host: str | None, settings: Settings) -> LogTask:
    if isinstance(log, str):
        return LogTask(log, host, settings)
    return LogTask(log.name, host, settings, log.members, log.notes)


def run_here(tasks: Sequence[LogTask]) -> Outcomes:
    """Every task in this process, in order."""
    for number, task in enumerate(tasks):
        yield number, attempt(partial(summarize, task)), 0


def survey(
    words: Sequence[str], tasks: Sequence[LogTask], outcomes: Outcomes, progress: FleetProgress | None = None
) -> FleetReport:
    """The report of what becomes of the tasks; the same in whatever order that is told. An interrupt ends the listening."""
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
    """What a task gave; or a row that says why not, where it failed in a way that no analysis should."""
    if not isinstance(outcome, BaseException):
        return outcome
    said = " ".join(str(outcome).split())
    what = f"{type(outcome).__name__}: {said}" if said else type(outcome).__name__
    return FailedLog(
        task.source, task.host, f"{task.source}: {what}\nThat is a fault of gclog: please report it, with the log."
    )


def _report(words: Sequence[str], tasks: Sequence[LogTask], answers: Mapping[int, LogAnswer], lost: int) -> FleetReport:
    rows: list[FleetRow] = []
    failed: list[FailedLog] = []
    for number in sorted(answers):
        match answers[number]:
            case FailedLog() as one:
                failed.append(one)
            case several:
                rows.extend(several)
    sticks = measure_groups(rows)
    outliers = find_outliers(rows, sticks)
    return FleetReport(
        version=gclog.__version__,
        words=tuple(words),
        logs=len(tasks),
        files=sum(len(task.pieces) or 1 for task in tasks),
        read=len(answers),
        workers_lost=lost,
        rows=rank(rows, outliers),
        failed=tuple(failed),
        outliers=outliers,
        yardsticks=sticks,
        groups=group_rows(rows, failed, outliers),
    )
