"""A fleet's tasks on dask.distributed: on a cluster of this machine made for the run, or on one that is there already.

A worker may be lost at any time: killed for its memory, with its machine, by a person. The scheduler gives its tasks to others, up
to `distributed.scheduler.allowed-failures` times; what is given up then is handed in again, for a task is suspected with all that
were waiting on the same worker. A task that outlives no worker in the end is answered for by an error.
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

SECOND_TRIES = 1
"""So often a task is handed in again by us."""

TASK_RETRIES = 1
"""So often one that failed on a worker is done again: what is wrong with a worker's machine may not be wrong with the next."""

CONNECT_S = 30.0

LOST = "every worker that took it up was lost\nThe log may need more memory than a worker has: give fewer --workers, or --workers 0."
CUT_OFF = "not analysed: the cluster took the task back, or is gone\nSee its scheduler's log."

BATCH = 500
"""Tasks sent to the scheduler at once."""

LOOK_EVERY_S = 1.0
"""So often it is seen to that all workers are there."""

QUIET = {
    "distributed.admin.tick.limit": "1h",
    "distributed.deploy.lost-worker-timeout": "10s",
    "distributed.comm.timeouts.connect": "30s",
    "distributed.worker.profile.enabled": False,
}
"""A large log holds a worker's attention for long; there is nothing to warn of.
A worker that has not come back by then is replaced; one that is merely slow to start should not be."""


@contextmanager
def connect(workers: int, scheduler: str | None = None) -> Iterator[Client]:
    """A client of a cluster: of a new one with so many processes, gone at the end, or of the one at an address.

    Raises InputError where nobody answers there, UsageError where its workers have no gclog, or another.
    """
    with ExitStack() as stack:
        stack.enter_context(dask.config.set(QUIET))
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
            stack.enter_context(_kept_up(cluster, workers))
        yield client


@contextmanager
def _kept_up(cluster: LocalCluster, workers: int) -> Iterator[None]:
    """As many workers as there were, always: one that is killed while it starts is not started again by dask (2026.8), and
    with the last of them a run would stand still for ever."""
    ended = threading.Event()

    def keep_up() -> None:
        while not ended.wait(LOOK_EVERY_S):
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
    """Rows made by different versions cannot be held against each other."""
    versions = client.get_versions(packages=[DISTRIBUTION])
    found = {str(worker["packages"].get(DISTRIBUTION)) for worker in versions["workers"].values()}
    others = sorted(found - {gclog.__version__})
    if others:
        said = ", ".join("none" if version == "None" else version for version in others)
        raise UsageError(
            f"gclog here is {gclog.__version__}, on workers: {said}",
            where=scheduler,
            remedy=f"Install the same there: {install_command('fleet', gclog.__version__)}, or from the same checkout.",
        )


def run_on(client: Client, work: Callable[[LogTask], LogAnswer], tasks: Sequence[LogTask]) -> Outcomes:
    """Every task's outcome as it comes. Closing the iterator takes back what is still waiting."""
    losses: list[object] = []
    client.subscribe_topic("all", lambda event: losses.append(event) if _tells_of_loss(event[1]) else None)
    futures = client.map(work, tasks, pure=False, retries=TASK_RETRIES, batch_size=BATCH)
    numbers = {future.key: number for number, future in enumerate(futures)}
    tries = [0] * len(tasks)
    waiting = as_completed(futures, loop=client.loop)
    del futures  # the results of those that are done are given up at once
    try:
        for future in waiting:
            number = numbers.pop(future.key)
            outcome = _outcome(future, tasks[number])
            if isinstance(outcome, KilledWorker) and tries[number] < SECOND_TRIES:
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


def _tells_of_loss(message: object) -> bool:
    """Whether a worker has gone that was not told to."""
    return isinstance(message, dict) and message.get("action") == "remove-worker" and not message.get("expected")


def _outcome(future: Future[LogAnswer], task: LogTask) -> Outcome:
    if future.status == "cancelled":
        return _failed(task, CUT_OFF)
    error: BaseException | None = future.exception()
    answer: Outcome = future.result() if error is None else error
    return answer


def _failed(task: LogTask, why: str) -> FailedLog:
    return FailedLog(task.source, task.host, f"{task.source}: {why}")
