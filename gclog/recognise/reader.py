"""Blocks of lines to records: every line counted once, records by column, many lines at once if they are alike."""

from __future__ import annotations

import itertools
import re
from collections import Counter

import numpy as np
import numpy.typing as npt

from gclog.model.columns import Batch
from gclog.model.process import LineCounts, UnreadShape
from gclog.recognise.bulk.scan import UNKNOWN, BlockScan, Plan, scan_block
from gclog.recognise.bulk.templates import Read, Templates
from gclog.recognise.formats import load_formats
from gclog.recognise.line_reader import LineReader
from gclog.recognise.partial import PartialLine
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
        try:
            self._read_block(block, scan)
        except Exception as error:
            last = block.first_line + block.data.rstrip(b"\n").count(b"\n")
            error.add_note(f"in lines {block.first_line:,} to {last:,}")
            raise
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
    def partial(self) -> PartialLine:
        """The line that is being put together from its parts, and what was dropped of such lines."""
        return self._lines.partial

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

    def _take_scan(self, first_line: int, scan: BlockScan, keep: npt.NDArray[np.bool_] | None = None) -> None:
        """Take what a scan has read of the lines with a known template, or of those of them that `keep` says."""
        if scan.which is None or scan.numbers is None or scan.identities is None:
            return
        known = scan.which != UNKNOWN
        places = np.flatnonzero(known) if scan.opened is None else scan.opened[known]
        lines = (places + first_line).astype(np.float64)
        self._add(self._templates.read_numbers(lines, scan.which[known], scan.numbers, scan.identities, keep=keep))

    def _add(self, read: Read) -> None:
        self.tally.counts[LineStatus.RECOGNISED] += len(read.columns)
        self._rows.add_columns(read.columns, read.rules)
        self._lines.envelopes.update(read.envelopes)

    def _read_block(self, block: Block, scan: BlockScan) -> None:
        """The lines of a block in order. Those with a known template are left to the scan, unless the reader is within a record.

        Lines that the gate does not open to are foreign: whole stretches are passed over, unless the reader is amid something.
        """
        opened = np.arange(scan.count) if scan.opened is None else scan.opened
        known = np.zeros(len(opened), dtype=bool) if scan.which is None else scan.which != UNKNOWN
        unknown = np.append(np.flatnonzero(~known), len(opened))
        lines = _Lines(block)
        at = number = 0
        left_out: list[int] = []
        while number < len(opened):
            place = int(opened[number])
            self._pass_foreign(lines, at, place)
            if known[number] and not self._lines.depends_on_the_past:
                after = int(unknown[np.searchsorted(unknown, number)])
                at = int(opened[after]) if after < len(opened) else scan.count
                self._pass_over(block.first_line, opened[number:after], at)
                number = after
                continue
            if not known[number] or self._lines.is_within_record:
                if known[number]:
                    left_out.append(number)
                self._lines.read(*lines[place])
            else:
                self._lines.pass_known()
            at, number = place + 1, number + 1
        self._pass_foreign(lines, at, scan.count)
        keep = None
        if left_out:
            keep = np.ones(len(opened), dtype=bool)
            keep[left_out] = False
            keep = keep[known]
        self._take_scan(block.first_line, scan, keep)
        if (read := self._templates.read_taken()) is not None:
            self._add(read)

    def _pass_foreign(self, lines: _Lines, at: int, end: int) -> None:
        """Pass over lines that the gate does not open to."""
        while at < end and self._lines.is_amid:
            self._lines.read(*lines[at])
            at += 1
        if at < end:
            self.tally.pass_over(range(lines.first + at, lines.first + end))

    def _pass_over(self, first_line: int, known: npt.NDArray[np.int64], end: int) -> None:
        """Count the foreign lines between lines with a known template and up to a place."""
        if self.tally.foreign_lines is None:
            self.tally.counts[LineStatus.FOREIGN] += end - int(known[0]) - len(known)
        else:
            for before, after in itertools.pairwise([*known.tolist(), end]):
                self.tally.pass_over(range(first_line + before + 1, first_line + after))


class _Lines:
    """The lines of a block with their numbers, cut when the first is asked for. `first`: the number of the first."""

    def __init__(self, block: Block) -> None:
        self.first = block.first_line
        self._data = block.data
        self._lines: list[bytes] = []

    def __getitem__(self, place: int) -> tuple[int, bytes]:
        if not self._lines:
            self._lines = self._data.split(b"\n")
        return self.first + place, self._lines[place]
