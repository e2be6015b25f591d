"""Blocks of lines to records: every line counted once, records by column, many lines at once wherever they are alike."""

from __future__ import annotations

import itertools

import numpy as np
import numpy.typing as npt

from gclog.columns import Batch, Columns
from gclog.recognise.lines import CONTINUATION, FOREIGN, RECOGNISED, UNREAD, LineReader
from gclog.records import Collection
from gclog.results import LineCounts, UnreadShape
from gclog.source.open import Block

__all__ = ["Reader"]

LINE_FEED = 10


class Reader(LineReader):
    """Reads the blocks of one source in order; `finish` must be called after the last. `cut_short`: its last line has no end."""

    cut_short = False

    # ------------------------------------------------------------ the flow

    def read(self, block: Block) -> Batch:
        """The records of a block. A line that waits for the next one is in the batch of the block that completes it."""
        if self._pending is not None or self._object is not None or not self._read_uniform(block):
            self._read_lines(block)
        self.cut_short = not block.data.endswith(b"\n")
        return self._take()

    def finish(self) -> Batch:
        """What was still waiting for another line."""
        if self._pending is not None:
            self._flush()
        if self._object is not None:
            self._close_object(self._object, None)
        return self._take()

    def pause(self, *, is_long: bool) -> Batch:
        """What was waiting for another line, where nothing has come for a while.

        An object without its closing brace waits on: the rest of it is still in a buffer. Lines that are single figures, which no
        brace closes, wait until the pause is long.
        """
        if self._pending is not None:
            self._flush()
        if is_long and self._object is not None and self._object.may_be_whole:
            self._close_object(self._object, None)
        return self._take()

    @property
    def line_counts(self) -> LineCounts:
        """Every line so far, counted once (a waiting one not yet)."""
        counts = self.counts
        return LineCounts(counts.total(), counts[RECOGNISED], counts[FOREIGN], counts[CONTINUATION], counts[UNREAD])

    @property
    def unread_shapes(self) -> tuple[UnreadShape, ...]:
        """Unread lines by shape, the most frequent first."""
        shapes = sorted(self._shapes.items(), key=lambda item: (-item[1][0], item[1][1]))
        return tuple(UnreadShape(shape, count, line, sample, self._why(sample)) for shape, (count, line, sample) in shapes)

    def _why(self, sample: str) -> str:
        found = self.forms.heads.search(sample)
        if found is not None and found.lastgroup == "gc":
            return self.forms.gc.explain(sample[found.start() :])
        return "no grammar knows this line"

    def _take(self) -> Batch:
        batch, self._batch = self._batch, {}
        return batch

    # ------------------------------------------------------------ many lines at once

    def _read_uniform(self, block: Block) -> bool:
        """Read a block in which every line is a bare GC line with a skeleton that is known; False if it is not such a block."""
        if self._waits or not self._skeletons.know_ends(block.data):
            return False
        count = block.data.count(b"\n")
        found = self._skeletons.read_block(block.data, np.arange(block.first_line, block.first_line + count))
        if found is not None:
            self._keep_bulk(*found)
        return found is not None

    def _keep_bulk(self, columns: Columns, rules: dict[str, int]) -> None:
        self._batch.setdefault(Collection, []).append(columns)
        self.counts[RECOGNISED] += len(columns)
        self.recognised_by.update(rules)

    def _read_lines(self, block: Block) -> None:
        """Lines that the gate does not open to are nobody's: whole stretches of them are passed over, unless a line before waits."""
        lines = block.data.split(b"\n")
        if not lines[-1]:
            lines.pop()
        ends = np.flatnonzero(np.frombuffer(block.data, dtype=np.uint8) == LINE_FEED)
        opened = np.unique(np.searchsorted(ends, self.forms.gate.places(block.data)))
        if self._read_opened(block.first_line, lines, opened):
            return
        at = 0
        for place in [*opened.tolist(), len(lines)]:
            while at < place and (self._goes_on_line or self._crash_lines):
                self._line(block.first_line + at, lines[at])
                at += 1
            if at < place:
                self._pass_over(range(block.first_line + at, block.first_line + place))
                at = place
            if at < len(lines):
                self._line(block.first_line + at, lines[at])
                at += 1
        if self._rows:
            self._keep_bulk(*self._skeletons.columns(self._rows))
            self._rows = []

    def _read_opened(self, first_line: int, lines: list[bytes], opened: npt.NDArray[np.int64]) -> bool:
        """Read lines of which all that the gate opens to are bare GC lines with known skeletons; False if they are not so."""
        if self._waits or not len(opened):
            return False
        together = b"\n".join([lines[place] for place in opened.tolist()]) + b"\n"
        found = self._skeletons.read_block(together, opened + first_line)
        if found is None:
            return False
        self._keep_bulk(*found)
        edges = [-1, *opened.tolist(), len(lines)]
        for before, after in itertools.pairwise(edges) if self.foreign is not None else [(-1, len(lines) - len(opened))]:
            self._pass_over(range(first_line + before + 1, first_line + after))
        return True

    def _pass_over(self, numbers: range) -> None:
        self.counts[FOREIGN] += len(numbers)
        if self.foreign is not None:
            self.foreign.extend(numbers)
