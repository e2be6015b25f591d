"""One line after the other to records, each line counted once.

The reader of lines knows three things of the lines before: whether it stands in the block of a crash (whose frames are recognised only
there), whether it stands in the ring of `Last few GCs` (whose records may be cut), and one line that is not complete (a
terminal or a mail program may have wrapped it).
"""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass, field

from gclog.model.records import FatalError, GcProfile, KernelKill, MemoryUsage, PerformanceEntry
from gclog.recognise.bulk.envelopes import wrapping_of
from gclog.recognise.bulk.templates import Row, Skeletons
from gclog.recognise.fragments import Piece, PieceReader, Reading
from gclog.recognise.multiline import OpenObject, open_object
from gclog.recognise.rows import CONTINUATION, FOREIGN, RECOGNISED, UNREAD, RecordTaker
from gclog.source.unwrap import Payload, unwrap

__all__ = ["CONTINUATION", "FOREIGN", "RECOGNISED", "UNREAD", "LineReader"]

JOIN_LINES = 3
"""A record of 300 characters wrapped at 80 columns continues on three more lines."""

SHAPES_KEPT = 200
SHAPE_LENGTH = 160
SAMPLE_LENGTH = 400

ELISIONS = ("...", "…")
"""What people put for the rest of a record."""

PRINTED_OVER_LINES = (MemoryUsage, PerformanceEntry, GcProfile, KernelKill)
"""What programs print on one line or several, and the kernel."""

COMPLETE_MESSAGES = ("Allocation failed - JavaScript heap out of memory", "Allocation failed - process out of memory")

_WORTH = {RECOGNISED: 3, UNREAD: 2, CONTINUATION: 1, FOREIGN: 0}


@dataclass(slots=True)
class _Pending:
    """A record that is not complete, on a line that waits for the next ones. `text` grows by them, `first` is the line's own."""

    text: str
    first: str
    head: str
    line: int
    wall_ms: float | None
    ring: bool
    reading: Reading | None
    others: str
    held: list[tuple[int, bytes]] = field(default_factory=list)


class LineReader(RecordTaker):
    """Reads the lines of one source one after the other."""

    def __init__(self) -> None:
        super().__init__()
        self.pieces = PieceReader(self.forms)
        self.counts: Counter[str] = Counter()
        self.envelopes: Counter[str] = Counter()
        self.foreign: list[int] | None = None  # numbers of foreign lines, where a list is put here to take them
        self._shapes: dict[str, tuple[int, int, str]] = {}
        self._pending: _Pending | None = None
        self._object: OpenObject | None = None
        self._partial = ""
        self._skeletons = Skeletons()
        self._rows: list[Row] = []
        self._wrapped: tuple[bytes, Payload] | None = None

    @property
    def _waits(self) -> bool:
        """Whether what a line is depends on the lines before it."""
        return self._goes_on_line or self._crash_lines > 0 or self._ring_bytes > 0

    @property
    def _goes_on_line(self) -> bool:
        """Whether something that began on a line before may go on with the next."""
        return self._pending is not None or self._object is not None or bool(self._partial)

    # ------------------------------------------------------------ a line

    def _read_at_once(self, number: int, wall_ms: float | None, line: bytes) -> bool:
        """Read a line whose skeleton is known; False if it is not such a line, or not one that stands for itself."""
        found = None if self._waits else self._skeletons.read(line)
        if found is not None:
            self._rows.append((number, wall_ms, found, line))
        return found is not None

    def _learn(self, reading: Reading, text: str) -> None:
        """Take the skeleton of a line, with its envelope where that is one of which only the date changes."""
        wrapping = None
        if self._wrapped is not None and self._wrapped[1].text.strip() == text:
            wrapping = wrapping_of(*self._wrapped)
        self._skeletons.learn(reading.rule, text, wrapping)

    def _line(self, number: int, raw: bytes) -> None:
        if self._read_at_once(number, None, raw):
            return
        if self._pending is not None:
            if self._join(number, raw):
                return
        elif self._crash_lines:
            self._crash_lines -= 1
        payloads = unwrap(raw.decode("utf-8", "replace"))
        status = FOREIGN
        for payload in payloads:
            if payload.envelope:
                self.envelopes[payload.envelope] += 1
            if (
                len(payloads) == 1
                and not payload.partial
                and self._read_at_once(number, payload.wall_ms, payload.text.encode())
            ):
                return
            self._wrapped = (raw, payload) if len(payloads) == 1 and payload.envelope and not self._partial else None
            text = self._partial + payload.text
            if payload.partial:
                self._partial, status = text, max(status, CONTINUATION, key=_WORTH.__getitem__)
                continue
            self._partial = ""
            if self._pending is not None:
                status = max(status, self._settle(), key=_WORTH.__getitem__)
            whole = text if payload.quoted is None else payload.quoted
            status = max(status, self._object_or_payload(number, payload.wall_ms, text, whole), key=_WORTH.__getitem__)
        if status is FOREIGN and len(payloads) == 1 and (payloads[0].envelope or "").endswith("json"):
            status = self._emit_printed(number, payloads[0].wall_ms, raw.decode("utf-8", "replace"), FOREIGN)
        if self._object is not None and self._object.line == number:
            return
        if self._pending is None or self._pending.line != number:
            self._count(status, number, raw)
        else:
            self._pending.others = status

    def _count(self, status: str, number: int, raw: bytes | str) -> None:
        self.counts[status] += 1
        if status is FOREIGN and self.foreign is not None:
            self.foreign.append(number)
        if status is UNREAD:
            text = raw.decode("utf-8", "replace") if isinstance(raw, bytes) else raw
            shape = re.sub(r"0x[0-9a-fA-F]+|\d+", "0", text[:SHAPE_LENGTH]).strip()
            count, first, sample = self._shapes.get(shape, (0, number, text[:SAMPLE_LENGTH]))
            if count or len(self._shapes) < SHAPES_KEPT:
                self._shapes[shape] = (count + 1, first, sample)

    def _object_or_payload(self, number: int, wall_ms: float | None, text: str, whole: str) -> str:
        """Read a line of payload, which may belong to the object that a line before began; what it is worth.

        `whole` is the line with its quotes: `entryType: 'gc',` carries a text, too.
        """
        status = FOREIGN
        if (opened := self._object) is not None:
            taken = opened.take(whole)
            if not taken or opened.closed:
                status = self._close_object(opened, number)
            if taken:
                return max(status, CONTINUATION, key=_WORTH.__getitem__)
        status = max(status, self._payload(number, wall_ms, text), key=_WORTH.__getitem__)
        if status is FOREIGN and self._object is None and self._pending is None:
            self._object = open_object(number, wall_ms, whole, None)
        return status

    def _close_object(self, opened: OpenObject, number: int | None) -> str:
        """Read an object whose end has come, and count its first line; if that is this line, it is counted with what is returned."""
        self._object = None
        otherwise = UNREAD if opened.is_sure else FOREIGN
        status = self._emit_printed(opened.line, opened.wall_ms, opened.text, otherwise)
        if opened.line == number:
            return status
        self._count(status, opened.line, opened.text)
        return FOREIGN

    def _emit_printed(self, number: int, wall_ms: float | None, text: str, otherwise: str) -> str:
        """Read what a program printed, from an object's lines or from a line of JSON whole; what it is worth if it can be read."""
        reading = self.pieces.read_other(text.strip(), in_crash=False)
        if reading is None or reading.rule.record not in PRINTED_OVER_LINES:
            return otherwise
        return self._emit(number, wall_ms, reading, text)

    def _payload(self, number: int, wall_ms: float | None, text: str) -> str:
        """Read one line of payload; what it is worth for the count of its line."""
        if not text.strip():
            return FOREIGN
        status = FOREIGN
        pieces = list(self.pieces.split(text))
        for i, piece in enumerate(pieces):
            last = i == len(pieces) - 1
            status = max(status, self._piece(number, wall_ms, piece, last, len(pieces) == 1), key=_WORTH.__getitem__)
        return status

    def _piece(self, number: int, wall_ms: float | None, piece: Piece, last: bool, alone: bool) -> str:
        text = piece.text.strip()
        if not text:
            return FOREIGN
        if self._ring_bytes > 0:
            self._ring_bytes -= len(text)
        if piece.head == "gc":
            reading = self.pieces.read_gc(text)
            in_ring = self._ring_bytes > 0
            if reading is not None and reading.whole and reading.rule is not self.pieces.any_form:
                if alone and not reading.rest:
                    self._learn(reading, text)
                return self._emit_gc(number, wall_ms, reading, in_ring)
            if reading is None and (other := self.pieces.read_other(text, in_crash=False)) is not None:
                return self._emit(number, wall_ms, other, text)
            if last and not piece.torn:
                self._pending = _Pending(text, text, "gc", number, wall_ms, in_ring, reading, FOREIGN)
                return FOREIGN
            return self._settle_gc(number, wall_ms, reading, in_ring, piece.torn, text)
        other = self.pieces.read_other(text, self._crash_lines > 0)
        if alone and other is not None:
            self._object = open_object(number, wall_ms, text, other.rule)
            if self._object is not None:
                return FOREIGN
        if other is not None:
            if self._may_go_on(other) and last:
                self._pending = _Pending(text, text, "crash", number, wall_ms, False, other, FOREIGN)
                return FOREIGN
            return self._emit(number, wall_ms, other, text)
        if piece.head in ("crash", "isolate"):
            if piece.head == "isolate" and piece.torn and self.forms.heads.fullmatch(text):
                return FOREIGN
            if last:
                self._pending = _Pending(text, text, piece.head, number, wall_ms, False, None, FOREIGN)
                return FOREIGN
            return UNREAD
        return CONTINUATION if self._ring_bytes > 0 or (self._in_js_stack and self._crash_lines) else FOREIGN

    # ------------------------------------------------------------ lines that were wrapped

    def _may_go_on(self, reading: Reading) -> bool:
        return (
            reading.rule.record is FatalError
            and reading.fields.get("message") not in COMPLETE_MESSAGES
            and reading.fields.get("banner") == "node"
        )

    def _read_again(self, pending: _Pending, text: str) -> Reading | None:
        return self.pieces.read_gc(text) if pending.head == "gc" else self.pieces.read_other(text, True)

    def _join(self, number: int, raw: bytes) -> bool:
        """Try the line as the continuation of the pending one; False if it is read as a line of its own."""
        pending = self._pending
        assert pending is not None
        payloads: list[Payload] = unwrap(raw.decode("utf-8", "replace"))
        text = payloads[0].text.strip() if payloads else ""
        if pending.head == "isolate" and self.forms.gc_body.match(text) is not None:
            pending.head = "gc"
        elif self.forms.heads.match(text) is not None:
            text = ""
        if not text or len(payloads) > 1 or len(pending.held) >= JOIN_LINES:
            self._flush()
            if self._pending is None:
                return False
            return self._join(number, raw)
        for glue in ("", " "):
            joined = pending.text + glue + text
            reading = self._read_again(pending, joined)
            if reading is not None and self._goes_on(reading, pending.reading, joined, pending.text):
                pending.text, pending.reading = joined, reading
                self.counts[CONTINUATION] += 1 + len(pending.held)
                pending.held.clear()
                return True
        if pending.reading is not None and pending.reading.whole:
            self._flush()
            return False
        pending.text = f"{pending.text} {text}"
        pending.held.append((number, raw))
        return True

    def _goes_on(self, new: Reading, old: Reading | None, joined: str, before: str) -> bool:
        """Whether the record reaches into the line that was joined, and not merely takes its words for a reason."""
        if old is None:
            return new.whole or new.length_in(joined) > len(before)
        if new.length_in(joined) <= len(before):
            return False
        reason = new.fields.get("reason")
        return reason is None or reason == old.fields.get("reason") or self.forms.known_reason.match(reason) is not None

    def _flush(self) -> None:
        """Settle the pending record as it stands and count its line; lines held back for it are read as lines of their own."""
        pending = self._pending
        assert pending is not None
        status = max(self._settle(), pending.others, key=_WORTH.__getitem__)
        self._count(status, pending.line, pending.first)
        for number, raw in pending.held:
            self._line(number, raw)

    def _settle(self) -> str:
        """Take the pending record as it stands; what it is worth for the count of its line."""
        pending = self._pending
        assert pending is not None
        self._pending = None
        if pending.head == "gc":
            return self._settle_gc(pending.line, pending.wall_ms, pending.reading, pending.ring, False, pending.text)
        if pending.reading is not None:
            return self._emit(pending.line, pending.wall_ms, pending.reading, pending.text)
        return UNREAD

    def _settle_gc(
        self, number: int, wall_ms: float | None, reading: Reading | None, in_ring: bool, torn: bool, text: str
    ) -> str:
        """Take a record that is not whole, or not of one era, where it may be so; otherwise its line is unread."""
        if reading is None:
            return CONTINUATION if in_ring else UNREAD
        cut = in_ring or torn or not reading.rest or reading.rest.startswith(ELISIONS)
        if not (reading.whole or cut or self.pieces.any_form.pattern.match(text)):
            return UNREAD
        return self._emit_gc(number, wall_ms, reading, in_ring)
