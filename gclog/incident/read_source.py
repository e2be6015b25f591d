"""One source read: its kind, its records, its tables, its profiles."""

from __future__ import annotations

import functools
from collections.abc import Iterable, Iterator, Sequence
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING

from gclog.errors import UsageError
from gclog.incident.context import SourceContext, counted
from gclog.incident.document import profile_form, read_as_document, read_as_profile
from gclog.incident.settings import Progress, Settings
from gclog.model.columns import records_of
from gclog.model.profile import Profile
from gclog.model.records import Message, Record
from gclog.processes.split import split_processes
from gclog.processes.tables import TableBuilder, Tables
from gclog.recognise.bulk.cores import usable_cores
from gclog.recognise.bulk.parallel import read_batches
from gclog.recognise.detect import LogKind, detect, without_log_lines
from gclog.recognise.gc_profiler import PRINTED_PROFILE
from gclog.recognise.partial import PARTIAL_LENGTH
from gclog.recognise.reader import Reader
from gclog.source.open import Block, Source, expand, open_source

if TYPE_CHECKING:
    from gclog.recognise.v8_log import LogLine, TickRun

__all__ = ["has_ticks", "read", "read_source", "read_tables"]


def read(*words: str | Path, encoding: str | None = None) -> Iterator[Record]:
    """The records of logs, in the order of their lines: files, folders, globs, `-` for stdin. Raises GclogError."""
    for spec in expand([str(word) for word in words]):
        with open_source(spec, encoding) as source:
            kind, blocks = _look(source.blocks())
            if kind == "ticks":
                from gclog.recognise.v8_log_records import log_records

                yield from log_records(_log_items(blocks))
            else:
                yield from _read_records(blocks)


def _log_items(blocks: Iterable[Block]) -> Iterator[TickRun | LogLine]:
    from gclog.recognise.v8_log import LogReader

    reader = LogReader()
    for block in blocks:
        yield from reader.read(block)
    yield from reader.finish()


def _read_records(blocks: Iterable[Block]) -> Iterator[Record]:
    for batch in read_batches(Reader(), blocks, 1):
        yield from records_of(batch)


def _look(blocks: Iterator[Block]) -> tuple[LogKind, Iterator[Block]]:
    """What the first block says the source is, and all blocks."""
    first = next(blocks, None)
    return detect(first), blocks if first is None else chain([first], blocks)


def read_tables(path: str | Path, encoding: str | None = None) -> Tables:
    """What one log says, as tables. Raises GclogError; UsageError if the path names several logs."""
    specs = expand([str(path)])
    if len(specs) != 1:
        raise UsageError(f"{len(specs)} logs, but one was expected", where=str(path), remedy="Read them one by one.")
    with open_source(specs[0], encoding) as source:
        builder = TableBuilder()
        for batch in read_batches(Reader(), source.blocks(), usable_cores()):
            builder.add(batch)
        return builder.build()


def has_ticks(source: Source, settings: Settings) -> bool:
    """Whether a source that can be read again is a CPU profile, or has the lines of a tick log."""
    return (settings.read_as or detect(next(source.blocks(), None))) != "gc" or (
        settings.read_as is None and profile_form(source) is not None
    )


def read_source(source: Source, settings: Settings, progress: Progress | None) -> SourceContext:
    """The source read to its end: its processes and its profiles."""
    form = profile_form(source) if settings.read_as is None else None
    if form is not None:
        return read_as_profile(source, form, settings, progress)
    if settings.read_as is None and (context := read_as_document(source, settings)) is not None:
        return context
    found, blocks = _look(_shown(source, progress))
    kind = settings.read_as or found
    reader, builder, profiles = Reader(), TableBuilder(), []
    if kind == "gc":
        for batch in read_batches(reader, blocks, settings.processes or usable_cores()):
            builder.add(batch)
    else:
        if kind == "mixed":
            blocks = _read_too(blocks, reader, builder)
        profiles = _build_profiles(source, blocks, settings)
        builder.add(reader.finish())
    if builder.is_empty:  # a file that is no log, as most are in some folders
        return SourceContext(
            source, counted(reader), kind, (), tuple(profiles), {}, notes=_notes(_no_tables(), reader, profiles, settings)
        )
    tables = builder.build()
    processes = split_processes(tables, reader.line_counts.total)
    loose = [record for record in tables.rare if isinstance(record, Message) and not processes]
    return SourceContext(
        source,
        counted(reader),
        kind,
        tuple(processes),
        tuple(profiles),
        tables.trace_lines,
        notes=_notes(tables, reader, profiles, settings),
        loose=tuple(loose),
    )


@functools.cache
def _no_tables() -> Tables:
    return TableBuilder().build()


def _notes(tables: Tables, reader: Reader, profiles: Sequence[Profile], settings: Settings) -> tuple[str, ...]:
    notes = []
    if reader.partial.cut_lines:
        cut, dropped = reader.partial.cut_lines, reader.partial.dropped
        notes.append(
            f"lines in parts above {PARTIAL_LENGTH >> 20} MiB cut: {cut:,}; characters not read at their ends: {dropped:,}"
        )
    if PRINTED_PROFILE in tables.rows.texts("form").present():
        from gclog.recognise.documents.gc_events import SPREAD

        notes.append(SPREAD)
    if profiles and any(moment is not None and moment.on_wall_clock for moment in (settings.since, settings.until)):
        notes.append("ticks have no dates: a date for --since or --until leaves out none of them")
    return tuple(notes)


def _shown(source: Source, progress: Progress | None) -> Iterator[Block]:
    for block in source.blocks():
        yield block
        if progress is not None:
            progress(source)


def _read_too(blocks: Iterator[Block], reader: Reader, builder: TableBuilder) -> Iterator[Block]:
    """The blocks, each of which is read for its GC lines in passing."""
    for block in blocks:
        builder.add(reader.read(without_log_lines(block)))
        yield block


def _build_profiles(source: Source, blocks: Iterable[Block], settings: Settings) -> list[Profile]:
    from gclog.profile.build import build_profiles
    from gclog.profile.filters import without_unknown

    options = settings.profile_options()
    symbols = None if settings.symbols is None else settings.symbols()
    profiles = build_profiles(source.name, blocks, options, symbols, source.notes)
    return [without_unknown(profile) for profile in profiles] if options.ignore_unknown else profiles
