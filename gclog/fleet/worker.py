"""What a worker of a local cluster does before its first task: dask calls `dask_setup` in its main thread (its `preload` option)."""

from __future__ import annotations

import signal

__all__ = ["dask_setup"]


def dask_setup(worker: object) -> None:
    """Leave Ctrl-C, which reaches every process of a terminal, to the one that the user started: it ends the others."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
