"""One line after the other to records, each line counted once.

What a line is may depend on those before it, in four ways, each with an object of its own: it may be in the block of a crash
(`CrashContext`); it may complete a record that was wrapped (`WrappedRecord`) or an object printed over several lines
(`OpenObject`); or a container runtime may have cut one line into several (`PartialLine`).
"""

from __future__ import annotations

from collections import Counter

from gclog.recognise.bulk.templates import Templates
from gclog.recognise.formats import Formats
from gclog.recognise.multiline import OpenObject, open_object
from gclog.recognise.partial import PartialLine
from gclog.recognise.recorder import PayloadLine, Recorder
from gclog.recognise.rows import Origin, RowWriter
from gclog.recognise.tally import LineStatus, LineTally
from gclog.recognise.wrapped import WrappedRecord
from gclog.source.unwrap import Payload, unwrap

__all__ = ["LineReader"]

COMPOSE = "docker_compose"
"""The envelope that names a service: `web-1  | ...`."""


class LineReader:
    """Reads the lines of one source.

    envelopes  how many payloads were in each
    partial    the line whose parts are being put together
    """

    def __init__(self, formats: Formats, tally: LineTally, rows: RowWriter, templates: Templates) -> None:
        self.envelopes: Counter[str] = Counter()
        self._recorder = Recorder(formats, rows, templates)
        self._services = rows.services
        self._context = self._recorder.context
        self._tally = tally
        self._templates = templates
        self._waiting: WrappedRecord | OpenObject | None = None
        self.partial = PartialLine()

    @property
    def is_amid(self) -> bool:
        """Whether something that began on a line before may go on with the next, even with one that the gate does not open to."""
        return self._waiting is not None or self._context.lines_left > 0 or self.partial.is_open

    @property
    def depends_on_the_past(self) -> bool:
        """Whether what the next line is depends on the lines before it."""
        return self.is_amid or self._context.in_ring

    @property
    def is_within_record(self) -> bool:
        """Whether even a whole GC line may be read otherwise than by itself. The stack of a crash does not matter to it."""
        return self._waiting is not None or self._context.in_ring or self.partial.is_open

    # ------------------------------------------------------------ a line

    def read(self, number: int, raw: bytes) -> None:
        """Read the next line."""
        if self._read_by_template(number, None, raw):
            self._context.next_line()
            return
        if isinstance(self._waiting, WrappedRecord):
            if self._continue_record(number, raw):
                return
        else:
            self._context.next_line()
        text = raw.decode("utf-8", "replace")
        payloads = unwrap(text)
        single = payloads[0] if len(payloads) == 1 else None
        status = LineStatus.FOREIGN
        for payload in payloads:
            if payload.envelope:
                self.envelopes[payload.envelope] += 1
            if single and not payload.partial and self._read_by_template(number, payload.wall_ms, payload.text.encode()):
                return
            status = max(status, self._read_payload(number, payload, raw if single else None))
        if status is LineStatus.FOREIGN and single and (single.envelope or "").endswith("json"):
            status = self._recorder.take_printed(Origin(number, single.wall_ms), text, LineStatus.FOREIGN)
        self._count(status, number, raw)

    def pass_known(self) -> None:
        """Pass over a line that was read by its template."""
        self._context.next_line()

    def _read_by_template(self, number: int, wall_ms: float | None, line: bytes) -> bool:
        """Read a line whose template is known; False if it is not such a line, or not one that can be read by itself."""
        return not self.is_within_record and self._templates.take(number, wall_ms, line)

    def _count(self, status: LineStatus, number: int, raw: bytes) -> None:
        """Count a line; one on which something has begun that waits is counted with that."""
        match self._waiting:
            case WrappedRecord(origin=Origin(line=line)) as wrapped if line == number:
                wrapped.others = status
            case OpenObject(origin=Origin(line=line)) if line == number:
                pass
            case _:
                self._tally.add(status, number, raw)

    def _read_payload(self, number: int, payload: Payload, alone_on: bytes | None) -> LineStatus:
        """Read one payload; `alone_on`: the line, if it has no other."""
        if payload.partial:
            self.partial.take(payload.text)
            return LineStatus.CONTINUATION
        envelope = (alone_on, payload) if alone_on is not None and payload.envelope and not self.partial.is_open else None
        text = self.partial.end(payload.text)
        before = LineStatus.FOREIGN
        if isinstance(self._waiting, WrappedRecord):
            before = self._settle(self._waiting)
        quoted = text if payload.quoted is None else payload.quoted
        line = PayloadLine(Origin(number, payload.wall_ms), text, quoted, envelope)
        status = max(before, self._read_text(line))
        if alone_on is not None and status is LineStatus.RECOGNISED and (payload.envelope or "").startswith(COMPOSE):
            self._services.add(alone_on.partition(b"|")[0].strip().decode("utf-8", "replace"))
        if status is LineStatus.FOREIGN and payload.quoted is not None and self._waiting is None:
            return self._recorder.take_member(line)
        return status

    def _read_text(self, line: PayloadLine) -> LineStatus:
        """Read a line of payload, which may belong to the object that a line before has begun."""
        before = LineStatus.FOREIGN
        if isinstance(opened := self._waiting, OpenObject):
            taken = opened.take(line.quoted)
            if opened.closed or not taken:
                before = self._close(opened, line.origin.line)
            if taken:
                return max(before, LineStatus.CONTINUATION)
        status = max(before, self._read_fragments(line))
        if status is LineStatus.FOREIGN and self._waiting is None:
            rule = self._recorder.rule_of_quoted(line)
            self._waiting = open_object(line.origin, line.quoted, rule)
            if self._waiting is None and rule is not None:
                status = self._recorder.take_printed(line.origin, line.quoted, status)
        return status

    def _read_fragments(self, line: PayloadLine) -> LineStatus:
        status = LineStatus.FOREIGN
        if not line.text.strip():
            return status
        for fragment in self._recorder.reader.split(line.text):
            match self._recorder.take(line, fragment):
                case LineStatus() as found:
                    status = max(status, found)
                case waiting:
                    self._waiting = waiting
        return status

    # ------------------------------------------------------------ what began on a line before

    def finish(self) -> None:
        """Settle what is still waiting: no line comes any more."""
        while isinstance(self._waiting, WrappedRecord):
            self._flush(self._waiting)
        if isinstance(self._waiting, OpenObject):
            self._close(self._waiting, None)

    def pause(self, *, is_long: bool) -> None:
        """Settle what is waiting, since no line has come for a while.

        An object without its closing brace waits on: the rest of it is still in a buffer. Lines that are single figures, which no
        brace closes, wait until the pause is long.
        """
        if isinstance(self._waiting, WrappedRecord):
            self._flush(self._waiting)
        if is_long and isinstance(self._waiting, OpenObject) and self._waiting.may_be_whole:
            self._close(self._waiting, None)

    def _continue_record(self, number: int, raw: bytes) -> bool:
        """Take a line as the continuation of the record that waits; False if it must be read as a line of its own."""
        payloads = unwrap(raw.decode("utf-8", "replace"))
        text = payloads[0].text.strip() if len(payloads) == 1 else ""
        reader = self._recorder.reader
        while isinstance(wrapped := self._waiting, WrappedRecord):
            if wrapped.accepts(text, reader):
                if wrapped.join(text, reader):
                    self._tally.counts[LineStatus.CONTINUATION] += 1 + len(wrapped.held)
                    wrapped.held.clear()
                    return True
                if not wrapped.is_whole:
                    wrapped.hold(number, raw, text)
                    return True
            self._flush(wrapped)
        return False

    def _flush(self, wrapped: WrappedRecord) -> None:
        """Settle the record that waits and count its line; the lines held back for it are read as lines of their own."""
        status = max(self._settle(wrapped), wrapped.others)
        self._tally.add(status, wrapped.origin.line, wrapped.first_text)
        for number, raw in wrapped.held:
            self.read(number, raw)

    def _settle(self, wrapped: WrappedRecord) -> LineStatus:
        self._waiting = None
        return self._recorder.settle(wrapped)

    def _close(self, opened: OpenObject, number: int | None) -> LineStatus:
        """Read an object whose end has come and count its first line; what becomes of line `number`, if that is the first line."""
        self._waiting = None
        otherwise = LineStatus.UNREAD if opened.is_sure else LineStatus.FOREIGN
        status = self._recorder.take_printed(opened.origin, opened.text, otherwise)
        if opened.origin.line == number:
            return status
        self._tally.add(status, opened.origin.line, opened.text)
        return LineStatus.FOREIGN
