"""A fleet's tasks on dask.distributed: on a local cluster started for the run, or on an existing one.

A worker may be lost at any time: killed for its memory use, by a person, or along with its machine. The scheduler reassigns its
tasks up to `distributed.scheduler.allowed-failures` times. A task it gives up on is resubmitted, because every task waiting on a
lost worker is blamed alike. A task that survives on no worker ends as an error.
"""

from __future__ import annotations

import logging
import tempfile
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager

import dask
from distributed import Client, Future, KilledWorker, LocalCluster, as_completed

import gclog
from gclog.errors import DISTRIBUTION, InputError, UsageError, install_command
from gclog.fleet.run import Outcome, Outcomes
from gclog.fleet.summary import LogAnswer, LogTask
from gclog.model.fleet import FailedLog

__all__ = ["connect", "run_on"]

RESUBMISSIONS = 1
"""How often a task given up by the scheduler is resubmitted."""

TASK_RETRIES = 1
"""How often a task that failed on a worker is retried: the cause may be that worker's machine."""

CONNECT_S = 30.0

LOST = "every worker that took it up was lost\nThe log may need more memory than a worker has: give fewer --workers, or --workers 0."
CANCELLED = "not analysed: the cluster took the task back, or is gone\nSee its scheduler's log."

BATCH = 500
"""Tasks sent to the scheduler at a time."""

CHECK_INTERVAL_S = 1.0
"""How often the number of workers is restored."""

DASK_SETTINGS = {
    "distributed.admin.tick.limit": "1h",
    "distributed.deploy.lost-worker-timeout": "10s",
    "distributed.comm.timeouts.connect": "30s",
    "distributed.worker.profile.enabled": False,
}
"""A large log keeps a worker busy for long, which deserves no warning. A worker that has not come back within the timeouts is
replaced; one that is merely slow to start should not be."""


@contextmanager
def connect(workers: int, scheduler: str | None = None) -> Iterator[Client]:
    """A client of a new local cluster with `workers` processes, shut down at the end, or of the cluster at `scheduler`.

    Raises InputError if nothing answers at that address, UsageError if its workers lack gclog or have another version.
    """
    with ExitStack() as stack:
        stack.enter_context(dask.config.set(DASK_SETTINGS))
        if scheduler is not None:
            client = stack.enter_context(_client_of(scheduler))
            _check_workers(client, scheduler)
        else:
            folder = stack.enter_context(tempfile.TemporaryDirectory(prefix="gclog-fleet-", ignore_cleanup_errors=True))
            cluster = stack.enter_context(
                LocalCluster(
                    n_workers=workers,
                    threads_per_worker=1,
                    processes=True,
                    dashboard_address=":0",
                    scheduler_kwargs={"dashboard": False},
                    worker_dashboard_address=None,
                    silence_logs=logging.CRITICAL,
                    local_directory=folder,
                    preload=["gclog.fleet.worker"],
                )
            )
            client = stack.enter_context(Client(cluster, set_as_default=False))
            stack.enter_context(_keep_workers(cluster, workers))
        yield client


@contextmanager
def _keep_workers(cluster: LocalCluster, workers: int) -> Iterator[None]:
    """Keeps the number of workers constant: dask (2026.8) does not restart one that is killed while starting, and without any
    a run would hang forever."""
    ended = threading.Event()

    def keep_up() -> None:
        while not ended.wait(CHECK_INTERVAL_S):
            cluster.scale(workers)

    thread = threading.Thread(target=keep_up, name="gclog-fleet-workers", daemon=True)
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join()


def _client_of(scheduler: str) -> Client:
    try:
        return Client(scheduler, timeout=CONNECT_S, set_as_default=False)
    except (OSError, ValueError) as error:
        raise InputError(
            f"no scheduler answers there: {error}",
            where=scheduler,
            remedy="Is it running? dask scheduler; dask worker tcp://HOST:8786",
        ) from error


def _check_workers(client: Client, scheduler: str) -> None:
    """Raise UsageError unless all workers have this version: rows from different versions are not comparable."""
    versions = client.get_versions(packages=[DISTRIBUTION])
    found = {str(worker["packages"].get(DISTRIBUTION)) for worker in versions["workers"].values()}
    others = sorted(found - {gclog.__version__})
    if others:
        listed = ", ".join("none" if version == "None" else version for version in others)
        raise UsageError(
            f"gclog here is {gclog.__version__}, on workers: {listed}",
            where=scheduler,
            remedy=f"Install the same there: {install_command('fleet', gclog.__version__)}, or from the same checkout.",
        )


def run_on(client: Client, work: Callable[[LogTask], LogAnswer], tasks: Sequence[LogTask]) -> Outcomes:
    """Every task's outcome as it arrives. Closing the iterator cancels what is still waiting."""
    losses: list[object] = []
    client.subscribe_topic("all", lambda event: losses.append(event) if _is_lost_worker(event[1]) else None)
    futures = client.map(work, tasks, pure=False, retries=TASK_RETRIES, batch_size=BATCH)
    numbers = {future.key: number for number, future in enumerate(futures)}
    tries = [0] * len(tasks)
    waiting = as_completed(futures, loop=client.loop)
    del futures  # so that results are released as soon as they are done
    try:
        for future in waiting:
            number = numbers.pop(future.key)
            outcome = _outcome(future, tasks[number])
            if isinstance(outcome, KilledWorker) and tries[number] < RESUBMISSIONS:
                tries[number] += 1
                again = client.submit(work, tasks[number], pure=False, retries=TASK_RETRIES)
                numbers[again.key] = number
                waiting.add(again)
            else:
                lost = isinstance(outcome, KilledWorker)
                yield number, _failed(tasks[number], LOST) if lost else outcome, len(losses)
    finally:
        client.unsubscribe_topic("all")
        client.cancel(list(waiting.futures))


def _is_lost_worker(message: object) -> bool:
    """Whether the message reports a worker that left unexpectedly."""
    return isinstance(message, dict) and message.get("action") == "remove-worker" and not message.get("expected")


def _outcome(future: Future[LogAnswer], task: LogTask) -> Outcome:
    if future.status == "cancelled":
        return _failed(task, CANCELLED)
    error: BaseException | None = future.exception()
    answer: Outcome = future.result() if error is None else error
    return answer


def _failed(task: LogTask, why: str) -> FailedLog:
    return FailedLog(task.source, task.host, f"{task.source}: {why}")
