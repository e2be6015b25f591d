"""Real workers, in processes of their own: some are killed."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

pytest.importorskip("distributed", reason="the extra `fleet` is not installed: workers are not tested")

import dask
from distributed import Client

import gclog
from gclog.errors import InputError, UsageError
from gclog.fleet.cluster import DASK_SETTINGS, connect, run_on
from gclog.fleet.run import run_here, survey
from gclog.fleet.summary import LogAnswer, LogTask, summarize
from gclog.incident.settings import Settings
from gclog.model.fleet import FailedLog

SAMPLES = Path(__file__).parents[2] / "samples"


@pytest.fixture(scope="module")
def client() -> Iterator[Client]:
    with pytest.MonkeyPatch.context() as patch, dask.config.set({"distributed.scheduler.allowed-failures": 1}):
        patch.setitem(DASK_SETTINGS, "distributed.deploy.lost-worker-timeout", "3s")
        with connect(2) as client:
            yield client


@pytest.fixture
def tasks(tmp_path: Path) -> list[LogTask]:
    """Twenty logs, one of them corrupt."""
    (tmp_path / "corrupt.log").write_bytes(b"\x1f\x8b\x08\x00")
    logs = [*sorted((SAMPLES / "gc").glob("healthy-node*.log"))[:12], *sorted((SAMPLES / "gc").glob("leak-node2*.log"))[:5]]
    logs += [SAMPLES / "crash.log", tmp_path / "corrupt.log", tmp_path / "missing.log"]
    assert len(logs) == 20
    return [LogTask(str(log), None, Settings()) for log in logs]


def test_the_rows_are_those_of_one_process_though_a_worker_is_killed_midway(client: Client, tasks: list[LogTask]) -> None:
    alone = survey(["*"], tasks, run_here(tasks))
    victim = next(iter(client.run(os.getpid).values()))

    def kill(done: int, of: int) -> None:
        if done == 5:
            os.kill(victim, signal.SIGKILL)

    together = survey(["*"], tasks, run_on(client, summarize, tasks), kill)
    assert (together.rows, together.failed, together.groups) == (alone.rows, alone.failed, alone.groups)
    assert (len(together.failed), together.read) == (2, 20)
    assert together.workers_lost >= 1  # on a busy machine the next may be too slow to be believed


def die_of_poison(task: LogTask) -> LogAnswer:
    """Ends its worker if the log is called poison: for good, or once (the file is then gone)."""
    if "poison" in task.source:
        if "once" in task.source and not Path(task.source).exists():
            return summarize(LogTask(str(SAMPLES / "crash.log"), None, task.settings))
        Path(task.source).unlink(missing_ok=True)
        os.kill(os.getpid(), signal.SIGKILL)
    return summarize(task)


def test_a_log_whose_worker_dies_once_is_read_by_another(client: Client, tmp_path: Path) -> None:
    poison = tmp_path / "poison-once"
    poison.touch()
    task = LogTask(str(poison), None, Settings())
    ((_, outcome, _),) = run_on(client, die_of_poison, [task])
    assert isinstance(outcome, tuple)
    assert outcome[0].level == "exhausted"


def test_a_log_that_kills_every_worker_costs_a_row_and_no_other_log(client: Client, tasks: list[LogTask]) -> None:
    poison = LogTask("poison", "web-1", Settings())
    with_poison = [*tasks[:3], poison]
    outcomes = {number: outcome for number, outcome, _ in run_on(client, die_of_poison, with_poison)}
    assert sorted(outcomes) == [0, 1, 2, 3]
    failed = outcomes[3]
    assert isinstance(failed, FailedLog)
    assert failed.error.startswith("poison: every worker that took it up was lost\n")
    assert all(isinstance(outcomes[number], tuple) for number in range(3))


def test_what_was_stopped_can_be_followed_by_more(client: Client, tasks: list[LogTask]) -> None:
    outcomes = run_on(client, summarize, tasks)
    next(outcomes)
    outcomes.close()
    assert len(list(run_on(client, summarize, tasks[:2]))) == 2


def test_a_cluster_that_is_there_already_is_used(client: Client, tasks: list[LogTask]) -> None:
    with connect(0, client.scheduler.address) as other:
        assert len(list(run_on(other, summarize, tasks[:1]))) == 1


def test_workers_with_another_version_are_refused_with_the_remedy(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gclog, "__version__", "9.9.9")
    said = r'gclog here is 9\.9\.9, on workers: \S+\n.*pip install "gclog-node\[fleet\]==9\.9\.9"'
    with pytest.raises(UsageError, match=said), connect(0, client.scheduler.address):
        pass


def test_an_address_where_no_scheduler_is_gives_a_message(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("gclog.fleet.cluster.CONNECT_S", 0.5)
    with pytest.raises(InputError, match="no scheduler answers there"), connect(0, "tcp://127.0.0.1:9"):
        pass
