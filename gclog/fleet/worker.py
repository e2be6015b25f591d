"""What a worker of a local cluster does before its first task: dask calls `dask_setup` in its main thread (its `preload` option)."""

from __future__ import annotations

import signal

__all__ = ["dask_setup"]


def dask_setup(worker: object) -> None:
    """Ignore Ctrl-C, which reaches every process of a terminal: the process that the user started ends the others."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
