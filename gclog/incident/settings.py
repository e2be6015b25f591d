"""What the user asks of an analysis, and who wants to hear of its progress."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from gclog.model.report import ProcessReport
from gclog.processes.process import ProcessTable
from gclog.profile.options import ProfileOptions
from gclog.recognise.detect import LogKind
from gclog.source.open import Source

if TYPE_CHECKING:
    from gclog.profile.code_map import Symbols

__all__ = ["Keep", "Moment", "Progress", "Settings"]


Progress = Callable[[Source], None]


Keep = Callable[[ProcessReport, ProcessTable], None]


@dataclass(frozen=True, slots=True)
class Moment:
    """A moment in ms: since the isolate was initialised, or, with `on_wall_clock`, since 1970 UTC."""

    ms: float
    on_wall_clock: bool


@dataclass(frozen=True, slots=True)
class Settings:
    """What the user asks of an analysis. `thresholds`: rule id -> name -> value.

    read_as   what every source is, instead of what its first block says
    profile   what is asked of tick logs; `symbols` those of their binaries
    snapshots heap snapshots among the logs are compared; else they are refused, as what is no log
    processes   how many may read a long log together; None: as many as there are cores
    """

    heap_limit_mb: float | None = None
    memory_limit_mb: float | None = None
    since: Moment | None = None
    until: Moment | None = None
    isolate: str | None = None
    encoding: str | None = None
    thresholds: Mapping[str, Mapping[str, float]] = field(default_factory=dict)
    read_as: LogKind | None = None
    profile: ProfileOptions = field(default_factory=ProfileOptions)
    symbols: Symbols | None = None
    snapshots: bool = True
    processes: int | None = None
