"""A watch gives a log of nothing but a platform's messages the level that the finished log has."""

from __future__ import annotations

from pathlib import Path

import pytest
from made_logs import full

from gclog.incident.pipeline import analyze
from gclog.model.verdict import LEVELS
from gclog.source.open import Block
from gclog.watch.watcher import Watcher

TRACE = "\n".join(full(at, pid=8) for at in range(100, 900, 100))
DESCRIBE = "    Last State:     Terminated\n      Reason:       OOMKilled\n      Exit Code:    137"
FIGURES = '{"rss":581210368,"heapTotal":36659200,"heapUsed":23810240,"external":802056}'
MYSQLD = "kernel: Out of memory: Killed process 900 (mysqld) total-vm:656127kB, anon-rss:299546kB"

LOGS = {
    "describe": DESCRIBE,
    "describe, figures": f"{DESCRIBE}\n{FIGURES}",
    "figures, describe": f"{FIGURES}\n{DESCRIBE}",
    "describe, a trace": f"{DESCRIBE}\n{TRACE}",
    "a trace, describe": f"{TRACE}\n{DESCRIBE}",
    "a trace, another's kill": f"{TRACE}\n{MYSQLD}",
    "a trace, prose": f"{TRACE}\nGET /docs/errors/OOMKilled 200",
    "the shell": "4711 Killed                  node server.js",
    "Heroku, over the quota": "Process running mem=614M(120.0%)\nError R14 (Memory quota exceeded)",
    "Heroku, stopped": "Process running mem=1280M(250.0%)\nError R15 (Memory quota vastly exceeded)",
    "a title": "kernel: Out of memory: Killed process 4711 (next-server (v1) total-vm:1203404kB, anon-rss:524288kB",
    "a worker": "Error [ERR_WORKER_OUT_OF_MEMORY]: Worker terminated due to reaching memory limit: JS heap out of memory",
    "stopped by systemd": "api.service: State 'stop-sigterm' timed out. Killing.\n"
    "api.service: Main process exited, code=killed, status=9/KILL",
}


@pytest.mark.parametrize("name", LOGS)
def test_a_watch_and_an_analysis_agree_on_kills(name: str, tmp_path: Path) -> None:
    log = tmp_path / "app.log"
    log.write_text(f"{LOGS[name]}\n", encoding="utf-8")
    watcher = Watcher()
    watcher.read(Block(log.read_bytes(), 1))
    watcher.finish()
    assert watcher.worst == max((process.verdict.level for process in analyze(log).processes), key=LEVELS.index)
