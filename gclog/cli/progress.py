"""Progress bars on stderr, only on a terminal, for work that takes more than a moment."""

from __future__ import annotations

import abc
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


class _Bar(abc.ABC):
    """A bar of rich's, started when it is first needed. `bar` is None as long as nothing is to be shown."""

    def __init__(self) -> None:
        self._shown = sys.stderr.isatty() and os.environ.get("TERM") != "dumb"
        self._began_s = time.monotonic()
        self._bar: Any = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        if self._bar is not None:
            self._bar.stop()

    @property
    def bar(self) -> Any:
        if self._bar is None and self._shown and time.monotonic() - self._began_s >= PATIENCE_S:
            from rich.console import Console
            from rich.progress import Progress as RichProgress

            self._bar = RichProgress(*self._columns(), console=Console(stderr=True), transient=True)
            self._bar.start()
        return self._bar

    @abc.abstractmethod
    def _columns(self) -> tuple[Any, ...]:
        """What the bar shows, as columns of rich."""


class Progress(_Bar):
    """Called after each block that was read; shows bytes, rate and time left, a line for each source."""

    def __init__(self) -> None:
        super().__init__()
        self._tasks: dict[str, Any] = {}

    def __call__(self, source: Source) -> None:
        """Show how far the source has been read."""
        if self.bar is None:
            return
        if source.name not in self._tasks:
            self._tasks[source.name] = self.bar.add_task(source.name, total=source.total_bytes)
        self.bar.update(self._tasks[source.name], completed=source.bytes_read)

    def _columns(self) -> tuple[Any, ...]:
        from rich.progress import BarColumn, DownloadColumn, TextColumn, TimeRemainingColumn, TransferSpeedColumn

        name = TextColumn("{task.description}", markup=False)
        return name, BarColumn(), DownloadColumn(), TransferSpeedColumn(), TimeRemainingColumn()


class CountProgress(_Bar):
    """Called with the number of things done, and of all; shows them, their rate and the time left."""

    def __init__(self, what: str) -> None:
        super().__init__()
        self._what = what
        self._task: Any = None

    def __call__(self, done: int, of: int) -> None:
        """Show that `done` are done."""
        if self.bar is None:
            return
        if self._task is None:
            self._task = self.bar.add_task(self._what, total=of, rate="")
        rate = self.bar.tasks[0].speed or self.bar.tasks[0].finished_speed
        self.bar.update(self._task, completed=done, rate="" if rate is None else f"{rate:.1f} {self._what}/s")

    def _columns(self) -> tuple[Any, ...]:
        from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeRemainingColumn

        return BarColumn(), MofNCompleteColumn(), TextColumn("{task.fields[rate]}", markup=False), TimeRemainingColumn()
