"""What the user asks of an analysis, and the callbacks that follow it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from gclog.model.history import History
from gclog.model.levels import Warn
from gclog.model.report import ProcessReport
from gclog.processes.process import ProcessTable
from gclog.profile.options import ProfileOptions
from gclog.recognise.detect import LogKind
from gclog.source.open import Source

if TYPE_CHECKING:
    from gclog.profile.code_map import Symbols

__all__ = ["Keep", "Moment", "Progress", "Settings"]

Progress = Callable[[Source], None]
"""Called after each block that was read of a source."""

Keep = Callable[[ProcessReport, ProcessTable], None]
"""Called with each report, and the tables that it is made from."""


@dataclass(frozen=True, slots=True)
class Moment:
    """A moment in ms: since the isolate was initialised, or, with `on_wall_clock`, since 1970 UTC."""

    ms: float
    on_wall_clock: bool


@dataclass(frozen=True, slots=True)
class Settings:
    """What the user asks of an analysis: handed down whole to analyse, watch, compare and fleet.

    heap_limit_mb     --max-old-space-size of the processes; None: read from the log, or estimated
    memory_limit_mb   the container's limit of all memory; None: named by the kernel's lines or a diagnostic report
    warn              how early alarms are raised
    since, until      only collections from and up to these moments
    started_ms        when the processes started, ms since 1970 UTC; None: by the dates of their lines
    isolate           only this isolate
    thresholds        of rules: rule id -> name -> value
    read_as           kind of every source; None: detected from its first block
    profile           options of tick logs
    symbols           opens the names of the functions in their binaries, once there are ticks; None: without them
    snapshots         compare the heap snapshots among the logs; if false, they are refused like any file that is no log
    history           earlier runs, by program
    processes         worker processes that read one long log; None: one a core
    """

    heap_limit_mb: float | None = None
    memory_limit_mb: float | None = None
    warn: Warn = "balanced"
    since: Moment | None = None
    until: Moment | None = None
    started_ms: float | None = None
    isolate: str | None = None
    encoding: str | None = None
    thresholds: Mapping[str, Mapping[str, float]] = field(default_factory=dict)
    read_as: LogKind | None = None
    profile: ProfileOptions = field(default_factory=ProfileOptions)
    symbols: Callable[[], Symbols] | None = None
    snapshots: bool = True
    history: History = field(default_factory=dict)
    processes: int | None = None

    def profile_options(self) -> ProfileOptions:
        """Those of a profile, between `since` and `until`."""
        options = self.profile
        if self.since is not None and not self.since.on_wall_clock:
            options = replace(options, from_ms=self.since.ms)
        if self.until is not None and not self.until.on_wall_clock:
            options = replace(options, to_ms=self.until.ms)
        return options
