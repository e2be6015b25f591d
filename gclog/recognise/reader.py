"""Blocks of lines to records: every line counted once, records by column, many lines at once wherever they are alike."""

from __future__ import annotations

import itertools

import numpy as np

from gclog.model.columns import Batch
from gclog.model.process import LineCounts, UnreadShape
from gclog.model.records import Collection
from gclog.recognise.bulk.scan import Apart, Plan, read_apart
from gclog.recognise.bulk.templates import Read
from gclog.recognise.line_reader import CONTINUATION, FOREIGN, RECOGNISED, UNREAD, LineReader
from gclog.source.open import Block

__all__ = ["Reader"]


class Reader(LineReader):
    """Reads the blocks of one source in order; `finish` must be called after the last. `cut_short`: its last line has no end."""

    cut_short = False

    # ------------------------------------------------------------ the flow

    def read(self, block: Block, apart: Apart | None = None) -> Batch:
        """The records of a block. A line that waits for the next one is in the batch of the block that completes it.

        `apart` is what was read of the block apart, with the plan as it now is or was before.
        """
        apart = apart or read_apart(self.plan, block.data)
        if self._waits or not self._keep_apart(block.first_line, apart):
            self._read_lines(block, apart)
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

    @property
    def plan(self) -> Plan:
        """What it takes to read a block apart, as far as is known by now."""
        return Plan(self.forms.gate.words, self.forms.gate.heads, self._skeletons.sources)

    def _keep_apart(self, first_line: int, apart: Apart) -> bool:
        """Keep what was read of a block apart; False if nothing was."""
        if apart.which is None or apart.numbers is None:
            return False
        opened = np.arange(apart.count) if apart.opened is None else apart.opened
        self._keep_bulk(self._skeletons.read_numbers((opened + first_line).astype(np.float64), apart.which, apart.numbers))
        if self.foreign is None:
            self.counts[FOREIGN] += apart.count - len(opened)
        else:
            for before, after in itertools.pairwise([-1, *opened.tolist(), apart.count]):
                self._pass_over(range(first_line + before + 1, first_line + after))
        return True

    def _keep_bulk(self, read: Read) -> None:
        self._batch.setdefault(Collection, []).append(read.columns)
        self.counts[RECOGNISED] += len(read.columns)
        self.recognised_by.update(read.rules)
        self.envelopes.update(read.envelopes)

    def _read_lines(self, block: Block, apart: Apart) -> None:
        """Lines that the gate does not open to are nobody's: whole stretches of them are passed over, unless a line before waits."""
        lines = block.data.split(b"\n")
        if not lines[-1]:
            lines.pop()
        at = 0
        for place in [*(range(len(lines)) if apart.opened is None else apart.opened.tolist()), len(lines)]:
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
            self._keep_bulk(self._skeletons.read_rows(self._rows))
            self._rows = []

    def _pass_over(self, numbers: range) -> None:
        self.counts[FOREIGN] += len(numbers)
        if self.foreign is not None:
            self.foreign.extend(numbers)
