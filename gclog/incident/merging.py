"""Sources while each adopts what others have of its processes: changed in place, at a cost of what is adopted."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Mapping, Sequence

from gclog.incident.context import SourceContext
from gclog.processes.process import ProcessTable

__all__ = ["Merging", "Placed"]

Placed = tuple[int, ProcessTable]
"""A process, and the place of its source among all of them."""


class Merging:
    """All sources, each with its processes in their order."""

    def __init__(self, contexts: Sequence[SourceContext]) -> None:
        self._borrowed: list[dict[int, str]] = [dict(context.borrowed) for context in contexts]
        self._last_numbers = [context.last_number for context in contexts]
        self._notes = [list(context.notes) for context in contexts]
        self._processes = [dict(enumerate(context.processes)) for context in contexts]
        self._places = {id(process): place for context in contexts for place, process in enumerate(context.processes)}
        self._contexts = [
            dataclasses.replace(context, borrowed=borrowed) for context, borrowed in zip(contexts, self._borrowed, strict=True)
        ]

    def __iter__(self) -> Iterator[Placed]:
        """Every process, in the order of the sources."""
        for source, processes in enumerate(self._processes):
            for process in processes.values():
                yield source, process

    def context(self, source: int) -> SourceContext:
        """A source; its processes and notes are those of the beginning, its borrowed lines those of now."""
        return self._contexts[source]

    def last_number(self, source: int) -> int:
        """The largest line number in use in a source."""
        return self._last_numbers[source]

    def place(self, process: ProcessTable) -> int:
        """The place of a process in its source, which stays the same."""
        return self._places[id(process)]

    def at(self, source: int, place: int) -> ProcessTable:
        """The process at a place, as it is now."""
        return self._processes[source][place]

    def replace(self, source: int, process: ProcessTable, changed: ProcessTable) -> None:
        """A process has changed."""
        place = self._places.pop(id(process))
        self._processes[source][place] = changed
        self._places[id(changed)] = place

    def remove(self, source: int, process: ProcessTable) -> None:
        """A process has turned out to be one of another source."""
        if (place := self._places.pop(id(process), None)) is not None:  # a message without any process is none of the source's
            del self._processes[source][place]

    def borrow(self, source: int, texts: Mapping[int, str]) -> None:
        """Lines of another source, by the numbers that they have here."""
        self._borrowed[source].update(texts)
        self._last_numbers[source] = max([self._last_numbers[source], *texts])

    def note(self, source: int, text: str) -> None:
        """Say something of a source."""
        self._notes[source].append(text)

    def done(self) -> list[SourceContext]:
        """The sources after all that was adopted."""
        return [
            dataclasses.replace(context, processes=tuple(processes.values()), notes=tuple(notes))
            for context, processes, notes in zip(self._contexts, self._processes, self._notes, strict=True)
        ]
