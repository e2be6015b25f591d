"""Programs that tests start: gclog in a process of its own, and how long to wait for any of them."""

from __future__ import annotations

import signal
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

__all__ = ["GCLOG", "PATIENCE_S", "interruptible", "run"]

PATIENCE_S = 300
"""A bound for what hangs; nothing is timed. A busy machine may take twenty times as long as a quiet one."""

GCLOG = (sys.executable, "-c", "from gclog.cli.main import main; main()")
"""Costs a second of CPU: for pipes, signals, terminals and environments. What a command does is tested in the tests' own process."""


def run(
    command: Sequence[str | Path],
    *,
    data: bytes = b"",
    cwd: Path | None = None,
    environment: Mapping[str, str] | None = None,
) -> subprocess.CompletedProcess[bytes]:
    """What a program wrote and how it ended, `data` being its stdin."""
    return subprocess.run(
        [str(word) for word in command],
        input=data,
        capture_output=True,
        timeout=PATIENCE_S,
        check=False,
        cwd=cwd,
        env=environment,
    )


def interruptible() -> None:
    """For a program that is sent SIGINT: a shell's background job, as which the tests may run, ignores it, and so would the program."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)
