"""Blocks of lines to records: every line counted once, records by column, many lines at once if they are alike."""

from __future__ import annotations

import itertools
import re
from collections import Counter

import numpy as np

from gclog.model.columns import Batch
from gclog.model.process import LineCounts, UnreadShape
from gclog.recognise.bulk.scan import BlockScan, Plan, scan_block
from gclog.recognise.bulk.templates import Read, Templates
from gclog.recognise.formats import load_formats
from gclog.recognise.line_reader import LineReader
from gclog.recognise.rows import RowWriter
from gclog.recognise.tally import LineStatus, LineTally
from gclog.source.open import Block

__all__ = ["Reader"]

SHAPE_LENGTH = 160

_NUMBER = re.compile(r"0x[0-9a-fA-F]+|\d+")


def _shape_of(text: str) -> str:
    return _NUMBER.sub("0", text[:SHAPE_LENGTH]).strip()


class Reader:
    """Reads the blocks of one source in order; `finish` must be called after the last.

    tally      the lines, counted
    cut_short  the last line has no end
    """

    def __init__(self) -> None:
        self.tally = LineTally(_shape_of)
        self.cut_short = False
        self._formats = load_formats()
        self._rows = RowWriter(self._formats)
        self._templates = Templates()
        self._lines = LineReader(self._formats, self.tally, self._rows, self._templates)

    # ------------------------------------------------------------ the flow

    def read(self, block: Block, scan: BlockScan | None = None) -> Batch:
        """The records of a block. A line that waits for the next one is in the batch of the block that completes it.

        `scan`: what was read of the block elsewhere, with the plan as it is now or was before.
        """
        scan = scan or scan_block(self.plan, block.data)
        if self._lines.depends_on_the_past or not self._take_scan(block.first_line, scan):
            self._read_lines(block, scan)
        self.cut_short = not block.data.endswith(b"\n")
        return self._rows.take()

    def finish(self) -> Batch:
        """What was still waiting for another line."""
        self._lines.finish()
        return self._rows.take()

    def pause(self, *, is_long: bool) -> Batch:
        """What was waiting for another line, when nothing has come for a while."""
        self._lines.pause(is_long=is_long)
        return self._rows.take()

    # ------------------------------------------------------------ what was counted

    @property
    def line_counts(self) -> LineCounts:
        """Every line so far, counted once (a waiting one not yet)."""
        return self.tally.line_counts

    @property
    def unread_shapes(self) -> tuple[UnreadShape, ...]:
        """Unread lines by shape, the most frequent first."""
        return self.tally.unread_shapes(self._why)

    @property
    def recognised_by(self) -> Counter[str]:
        """How many lines each rule has read."""
        return self._rows.recognised_by

    @property
    def envelopes(self) -> Counter[str]:
        """How many lines of payload were in each envelope."""
        return self._lines.envelopes

    def _why(self, sample: str) -> str:
        found = self._formats.heads.search(sample)
        if found is not None and found.lastgroup == "gc":
            return self._formats.gc.explain(sample[found.start() :])
        return "no grammar knows this line"

    # ------------------------------------------------------------ many lines at once

    @property
    def plan(self) -> Plan:
        """What it takes to scan a block, as far as is known by now."""
        self._templates.publish()
        return Plan(self._formats.gate.words, self._formats.gate.heads, self._templates.sources)

    def _take_scan(self, first_line: int, scan: BlockScan) -> bool:
        """Take what a scan has read of a block; False if nothing was."""
        if scan.which is None or scan.numbers is None or scan.identities is None:
            return False
        opened = np.arange(scan.count) if scan.opened is None else scan.opened
        lines = (opened + first_line).astype(np.float64)
        self._add(self._templates.read_numbers(lines, scan.which, scan.numbers, scan.identities))
        if self.tally.foreign_lines is None:
            self.tally.counts[LineStatus.FOREIGN] += scan.count - len(opened)
        else:
            for before, after in itertools.pairwise([-1, *opened.tolist(), scan.count]):
                self.tally.pass_over(range(first_line + before + 1, first_line + after))
        return True

    def _add(self, read: Read) -> None:
        self.tally.counts[LineStatus.RECOGNISED] += len(read.columns)
        self._rows.add_columns(read.columns, read.rules)
        self._lines.envelopes.update(read.envelopes)

    def _read_lines(self, block: Block, scan: BlockScan) -> None:
        """Line by line. Lines that the gate does not open to are foreign: whole stretches are passed over, unless the reader is amid
        something."""
        lines = block.data.split(b"\n")
        if not lines[-1]:
            lines.pop()
        first, at = block.first_line, 0
        for place in [*(range(len(lines)) if scan.opened is None else scan.opened.tolist()), len(lines)]:
            while at < place and self._lines.is_amid:
                self._lines.read(first + at, lines[at])
                at += 1
            if at < place:
                self.tally.pass_over(range(first + at, first + place))
                at = place
            if at < len(lines):
                self._lines.read(first + at, lines[at])
                at += 1
        if (read := self._templates.read_taken()) is not None:
            self._add(read)
