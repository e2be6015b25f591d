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

from gclog.errors import Fault, InputError, faults_at
from gclog.incident.choose import choose
from gclog.incident.context import SourceContext
from gclog.incident.process import report_processes
from gclog.incident.read_source import has_ticks, read_source
from gclog.incident.settings import Progress, Settings
from gclog.model.report import ProcessReport
from gclog.profile.names import has_isolate, is_of_profile
from gclog.recognise.bulk.cores import on_every_core, usable_cores
from gclog.source.open import SourceSpec, open_source

__all__ = ["Log", "ReadLog", "RefusedLog", "read_sources"]

PARCEL_FILES = 16
PARCEL_BYTES = 1 << 20
"""Upper bounds on what is sent to another process at a time: a file of a few lines costs less to read than to send for."""

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
    """A source that cannot be read."""

    spec: SourceSpec
    error: InputError | Fault


Log: TypeAlias = ReadLog | RefusedLog


def read_sources(specs: Sequence[SourceSpec], settings: Settings, progress: Progress | None) -> Generator[Log, None, None]:
    """All sources, in order; the caller closes them. Some are read before they are asked for."""
    asked: deque[list[SourceSpec]] = deque()

    def ask() -> Iterator[list[SourceSpec]]:
        for parcel, size in _parcels(specs, settings):
            asked.append(parcel)
            yield [] if size is None else [_carried(spec) for spec in parcel]

    work = partial(_read_anywhere, dataclasses.replace(settings, symbols=None), os.getpid())
    with closing(on_every_core(work, ask(), settings.processes or usable_cores())) as every:
        for found in every:
            parcel = asked.popleft()
            for spec, log in zip(parcel, found or [None] * len(parcel), strict=True):
                yield _received(spec, log, settings, progress)


def _received(spec: SourceSpec, log: Log | None, settings: Settings, progress: Progress | None) -> Log:
    """What was read of a source, with its place on this machine; it is read here if it was not yet."""
    if log is None:
        return _read_here(spec, settings, progress)
    if isinstance(log, RefusedLog):
        return RefusedLog(spec, log.error)
    log.context.source.is_found_at(spec, settings.encoding)
    if progress is not None:
        progress(log.context.source)
    return log


def _parcels(specs: Sequence[SourceSpec], settings: Settings) -> Iterator[tuple[list[SourceSpec], int | None]]:
    """Sources that are read one after the other by the same process, and their bytes; one with None is read here."""
    parcel: list[SourceSpec] = []
    total = 0
    for spec in specs:
        size = _bytes_to_send_for(spec, settings) if len(specs) > 1 else None
        if parcel and (size is None or total + size > PARCEL_BYTES or len(parcel) == PARCEL_FILES):
            yield parcel, total
            parcel, total = [], 0
        if size is None:
            yield [spec], None
        else:
            parcel.append(spec)
            total += size
    if parcel:
        yield parcel, total


def _bytes_to_send_for(spec: SourceSpec, settings: Settings) -> int | None:
    """Bytes of a file that another process may read; None for a long one. Tick logs are read where their binaries' symbols are known."""
    if (
        spec.path is None
        or settings.read_as == "ticks"
        or has_isolate(spec.name)
        or is_of_profile(spec.name)
        or not spec.path.is_file()
    ):
        return None
    try:
        size = spec.place.bytes if spec.place is not None else sum(map(_size, spec.pieces or [spec]))
    except OSError:
        return None
    return size if size < LONG_BYTES else None


def _size(spec: SourceSpec) -> int:
    return 0 if spec.path is None else spec.path.stat().st_size


def _carried(spec: SourceSpec) -> SourceSpec:
    return spec if spec.place is None else dataclasses.replace(spec, place=spec.place.carried())


def _read_here(spec: SourceSpec, settings: Settings, progress: Progress | None) -> Log:
    try:
        source = open_source(spec, settings.encoding)
    except (InputError, Fault) as error:
        return RefusedLog(spec, error)
    try:
        with faults_at(spec.name):
            return ReadLog(read_source(source, settings, progress))
    except (InputError, Fault) as error:
        source.close()
        return RefusedLog(spec, error)
    except BaseException:
        source.close()
        raise


def _read_anywhere(settings: Settings, home: int, parcel: Sequence[SourceSpec]) -> list[Log | None]:
    """Sources read, each closed again: None for one with ticks."""
    is_here = os.getpid() == home
    own = settings if is_here else dataclasses.replace(settings, processes=1)
    return [_read_closed(spec, own, judged=not is_here) for spec in parcel]


def _read_closed(spec: SourceSpec, settings: Settings, *, judged: bool) -> Log | None:
    """A source read. It is judged at once in another process; here that can wait for what other sources have of it."""
    try:
        source = open_source(spec, settings.encoding)
    except (InputError, Fault) as error:
        return RefusedLog(dataclasses.replace(spec, place=None), error)
    try:
        with source, faults_at(spec.name):
            if has_ticks(source, settings):
                return None
            context = read_source(source, settings, None)
            if not judged:
                return ReadLog(context)
            chosen = dataclasses.replace(context, processes=tuple(choose(context.processes, settings)))
            return ReadLog(context, report_processes(chosen, settings))
    except Fault as error:
        return RefusedLog(dataclasses.replace(spec, place=None), error)
