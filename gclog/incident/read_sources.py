"""Many sources read on every core: each by this process or another one, whole, and given back in order."""

from __future__ import annotations

import dataclasses
import os
from collections import deque
from collections.abc import Generator, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from functools import partial
from operator import is_
from typing import TypeAlias

from gclog.cores import on_every_core, usable_cores
from gclog.errors import InputError
from gclog.incident.choose import choose
from gclog.incident.context import SourceContext
from gclog.incident.process import report_processes
from gclog.incident.read_source import has_ticks, read_source
from gclog.incident.settings import Progress, Settings
from gclog.model.report import ProcessReport
from gclog.profile.names import has_isolate
from gclog.source.open import SourceSpec, open_source

__all__ = ["Log", "ReadLog", "RefusedLog", "read_sources"]

LONG_BYTES = 16 << 20
"""A log of this size is read by this process, with the help of others: for the others it would be a long wait at the end."""


@dataclass(frozen=True, slots=True)
class ReadLog:
    """A source that was read.

    reports   its chosen processes, judged where it was read, as if no other source had anything of them; None if they were not
    """

    context: SourceContext
    reports: Sequence[ProcessReport] | None = None

    def reports_of(self, context: SourceContext) -> Sequence[ProcessReport] | None:
        """The reports, if they hold for what became of the source: it has adopted nothing, and nothing was taken from it."""
        ours, theirs = self.context.processes, context.processes
        return self.reports if len(ours) == len(theirs) and all(map(is_, ours, theirs)) else None


@dataclass(frozen=True, slots=True)
class RefusedLog:
    """A source that cannot be opened."""

    spec: SourceSpec
    error: InputError


Log: TypeAlias = ReadLog | RefusedLog


def read_sources(specs: Sequence[SourceSpec], settings: Settings, progress: Progress | None) -> Generator[Log, None, None]:
    """All sources, in order; the caller closes them. Some are read before they are asked for."""
    asked: deque[SourceSpec] = deque()

    def ask() -> Iterator[SourceSpec | None]:
        for spec in specs:
            asked.append(spec)
            yield _carried(spec) if len(specs) > 1 and _may_be_read_elsewhere(spec, settings) else None

    work = partial(_read_anywhere, dataclasses.replace(settings, symbols=None), os.getpid())
    with closing(on_every_core(work, ask(), settings.processes or usable_cores())) as every:
        for log in every:
            spec = asked.popleft()
            if log is None:
                log = _read_here(spec, settings, progress)
            elif isinstance(log, RefusedLog):
                log = RefusedLog(spec, log.error)
            else:
                log.context.source.is_found_at(spec, settings.encoding)
                if progress is not None:
                    progress(log.context.source)
            yield log


def _may_be_read_elsewhere(spec: SourceSpec, settings: Settings) -> bool:
    """Files that are not long. Tick logs are read where their binaries' symbols are known."""
    if spec.path is None or settings.read_as == "ticks" or has_isolate(spec.name) or not spec.path.is_file():
        return False
    if spec.place is not None:
        return spec.place.bytes < LONG_BYTES
    files = [piece.path for piece in spec.pieces] or [spec.path]
    try:
        return sum(file.stat().st_size for file in files if file is not None) < LONG_BYTES
    except OSError:
        return False


def _carried(spec: SourceSpec) -> SourceSpec:
    return spec if spec.place is None else dataclasses.replace(spec, place=spec.place.carried())


def _read_here(spec: SourceSpec, settings: Settings, progress: Progress | None) -> Log:
    try:
        source = open_source(spec, settings.encoding)
    except InputError as error:
        return RefusedLog(spec, error)
    try:
        return ReadLog(read_source(source, settings, progress))
    except BaseException:
        source.close()
        raise


def _read_anywhere(settings: Settings, home: int, spec: SourceSpec | None) -> Log | None:
    """A source read, closed, and in another process also judged: here that can wait for what other sources have of it.

    None for one without a spec, and one with ticks.
    """
    if spec is None:
        return None
    is_here = os.getpid() == home
    try:
        source = open_source(spec, settings.encoding)
    except InputError as error:
        return RefusedLog(dataclasses.replace(spec, place=None), error)
    with source:
        if has_ticks(source, settings):
            return None
        context = read_source(source, settings if is_here else dataclasses.replace(settings, processes=1), None)
        if is_here:
            return ReadLog(context)
        chosen = dataclasses.replace(context, processes=tuple(choose(context.processes, settings)))
        return ReadLog(context, report_processes(chosen, settings))
