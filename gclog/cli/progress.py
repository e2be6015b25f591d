"""A progress bar on stderr, for work of more than a second, and only on a terminal."""

from __future__ import annotations

import os
import sys
import time
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

if TYPE_CHECKING:
    from gclog.source.open import Source

__all__ = ["CountProgress", "Progress"]

PATIENCE_S = 1.0
"""Shorter work needs no bar."""


class Progress:
    """Called after every block that was read; shows bytes, rate and time left."""

    def __init__(self) -> None:
        self._shown = sys.stderr.isatty() and os.environ.get("TERM") != "dumb"
        self._began_s = time.monotonic()
        self._bar: Any = None
        self._tasks: dict[str, Any] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        if self._bar is not None:
            self._bar.stop()

    def __call__(self, source: Source) -> None:
        """Show how far the source has been read."""
        if not self._shown or (self._bar is None and time.monotonic() - self._began_s < PATIENCE_S):
            return
        if self._bar is None:
            self._bar = self._start()
        if source.name not in self._tasks:
            self._tasks[source.name] = self._bar.add_task(source.name, total=source.total_bytes)
        self._bar.update(self._tasks[source.name], completed=source.bytes_read)

    def _start(self) -> Any:
        from rich.console import Console
        from rich.progress import BarColumn, DownloadColumn, TextColumn, TimeRemainingColumn, TransferSpeedColumn
        from rich.progress import Progress as Bar

        columns = (
            TextColumn("{task.description}", markup=False),
            BarColumn(),
            DownloadColumn(),
            TransferSpeedColumn(),
            TimeRemainingColumn(),
        )
        bar = Bar(*columns, console=Console(stderr=True), transient=True)
        bar.start()
        return bar


class CountProgress:
    """Called with how many of a number of equal things are done; shows them, their rate and the time left."""

    def __init__(self, what: str) -> None:
        self._what = what
        self._shown = sys.stderr.isatty() and os.environ.get("TERM") != "dumb"
        self._bar: Any = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        if self._bar is not None:
            self._bar.stop()

    def __call__(self, done: int, of: int) -> None:
        """Show that so many are done."""
        if not self._shown:
            return
        if self._bar is None:
            self._bar = self._start(of)
        rate = self._bar.tasks[0].speed or self._bar.tasks[0].finished_speed
        self._bar.update(0, completed=done, rate="" if rate is None else f"{rate:.1f} {self._what}/s")

    def _start(self, of: int) -> Any:
        from rich.console import Console
        from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeRemainingColumn
        from rich.progress import Progress as Bar

        columns = (BarColumn(), MofNCompleteColumn(), TextColumn("{task.fields[rate]}", markup=False), TimeRemainingColumn())
        bar = Bar(*columns, console=Console(stderr=True), transient=True)
        bar.add_task(self._what, total=of, rate="")
        bar.start()
        return bar
