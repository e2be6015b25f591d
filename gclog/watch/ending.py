"""How a process under watch died, by its last lines."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from gclog.analysis.measure.crash import classify_crash, depends_on_limit
from gclog.analysis.measure.full_heap import TINY_MB
from gclog.analysis.measure.limit_at_death import with_limit
from gclog.analysis.measure.node_version import node_of
from gclog.model.records import Collection, Record
from gclog.model.verdict import Crash, Limit, NoLimit
from gclog.processes.message_kills import Life
from gclog.processes.process import empty_process
from gclog.processes.rows import Rows
from gclog.processes.runs import CollectionRow, columns_of_rows
from gclog.processes.tables import TableBuilder

__all__ = ["Ending", "table_of"]


def table_of(rows: Sequence[CollectionRow]) -> Rows:
    """A few collections, in the order of their lines, as a table."""
    if not rows:
        return empty_process().rows
    builder = TableBuilder()
    builder.add({Collection: [columns_of_rows(rows)]})
    return builder.build().rows


@dataclass(frozen=True, slots=True)
class Ending:
    """What decides how it died: its last collections, and what was printed of its end.

    given_mb       the heap limit that the user gave
    reading_line   of the last memory figures
    memory_mb      the limit of its container
    """

    rows: Rows
    records: Sequence[Record]
    given_mb: float | None
    reading_line: int
    life: Life
    memory_mb: float | None = None

    def crash(self) -> Crash | None:
        """The crash, None if nothing of this is one."""
        return self._classify(self.given_mb)

    def crash_at(self, limit: Limit | NoLimit, known: Crash | None = None) -> Crash | None:
        """The crash if the heap had this limit; `known`: the crash, if it has been found already."""
        crash = known or self.crash()
        if crash is None or self.given_mb is not None or not depends_on_limit(crash):
            return crash
        if isinstance(limit, Limit) and limit.mb >= TINY_MB:
            return self._classify(limit.mb, is_inferred=limit.source == "inferred")
        return crash

    def with_limit(self, crash: Crash) -> Crash:
        """The crash with the limit that the last collections show."""
        if not len(self.rows):
            return crash
        node = node_of(self.rows, self.records, crash)
        return with_limit(crash, self.rows, node, self.given_mb, self.records, self._at_inferred, self.memory_mb)

    def _at_inferred(self, limit_mb: float) -> Crash | None:
        return self._classify(limit_mb, is_inferred=True)

    def _classify(self, limit_mb: float | None, *, is_inferred: bool = False) -> Crash | None:
        return classify_crash(self.records, self.rows, limit_mb, self.reading_line, self.life, is_inferred=is_inferred)
