"""What becomes of a fragment of a line: a record, the beginning of something longer, or nothing."""

from __future__ import annotations

import re
from typing import NamedTuple

from gclog.grammar.compile import LineRule
from gclog.model.crash_records import FatalError
from gclog.model.records import GcProfile, KernelKill, MemoryUsage, PerformanceEntry, PlatformMessage
from gclog.recognise.bulk.envelopes import envelope_template
from gclog.recognise.bulk.templates import Templates
from gclog.recognise.crash_context import CrashContext
from gclog.recognise.formats import Formats
from gclog.recognise.fragments import Fragment, FragmentReader, Reading
from gclog.recognise.multiline import OpenObject, open_object
from gclog.recognise.rows import Origin, RowWriter
from gclog.recognise.tally import LineStatus
from gclog.recognise.wrapped import WrappedRecord, mend
from gclog.source.unwrap import Payload

__all__ = ["Outcome", "PayloadLine", "Recorder"]

OF_THE_PROGRAM = frozenset({"vitest_runs", "jest_runs", "server_runs"})
"""Messages by which a program says what it is: they are noted, and yet lines of its own, which `watch --pass` copies."""

NOTE = re.compile(r"[(,0-9]|pooled\b")
"""What may follow the sizes of V8's line if the pause is missing: the rest of its form, cut, or a note in brackets."""

ELISIONS = ("...", "…")
"""What people put for the rest of a record."""

PRINTED_OVER_LINES = (MemoryUsage, PerformanceEntry, GcProfile, KernelKill, PlatformMessage)
"""What programs print on one line or several, and the kernel."""

NESTED = "worker_out_of_memory"
"""The message that loggers put into the object of an error, beside one of their own: `{"err":{"code":"ERR_WORKER_OUT_OF_MEMORY"},"msg":"job failed"}`."""

CHECKS = ("v8_check", "v8_check_bare")
"""Banners whose message is on the next line."""

COMPLETE_MESSAGES = ("Allocation failed - JavaScript heap out of memory", "Allocation failed - process out of memory")

Outcome = LineStatus | WrappedRecord | OpenObject
"""What became of a fragment; the latter two wait for the next lines."""


class PayloadLine(NamedTuple):
    """A line of payload.

    quoted      its text with the quotes of a literal around it
    envelope    the whole line and its payload, if the line has one payload in an envelope: a template may be made of it
    """

    origin: Origin
    text: str
    quoted: str
    envelope: tuple[bytes, Payload] | None


class Recorder:
    """Takes fragments in the order of their lines."""

    def __init__(self, formats: Formats, rows: RowWriter, templates: Templates) -> None:
        self.context = CrashContext()
        self.reader = FragmentReader(formats)
        self._rows = rows
        self._templates = templates
        self._torn: str | None = None

    def take(self, line: PayloadLine, fragment: Fragment) -> Outcome:
        """Read a fragment of a line."""
        text = fragment.text.strip()
        if not text:
            return LineStatus.FOREIGN
        self.context.pass_text(text)
        return self._take_gc(line, fragment, text) if fragment.head == "gc" else self._take_other(line, fragment, text)

    def take_printed(self, origin: Origin, text: str, otherwise: LineStatus) -> LineStatus:
        """Read what a program printed as an object or as a line of JSON; `otherwise`, if it cannot be read."""
        reading = self.reader.read_other(text.strip(), in_crash=False)
        if reading is None or not (reading.rule.record in PRINTED_OVER_LINES or reading.fields.get("kind") == NESTED):
            return otherwise
        return self._write(origin, reading, text)

    def rule_of_quoted(self, line: PayloadLine) -> LineRule | None:
        """The rule that reads figures of memory in a line whose quotes are no envelope after all: `rss: '166.71 MB',`."""
        if line.quoted == line.text:
            return None
        reading = self.reader.read_other(line.quoted.strip(), in_crash=False)
        return reading.rule if reading is not None and reading.rule.record is MemoryUsage else None

    def take_member(self, line: PayloadLine) -> LineStatus:
        """Read what a platform says as a member of an object, whose value alone says nothing: `"reason": "OOMKilled",`."""
        reading = self.reader.read_other(line.quoted.strip(), in_crash=False)
        if reading is None or reading.rule.record is not PlatformMessage:
            return LineStatus.FOREIGN
        return self._write(line.origin, reading, line.quoted)

    def settle(self, wrapped: WrappedRecord) -> LineStatus:
        """Take a record as far as it has come."""
        if wrapped.head == "gc":
            status = self._settle_gc(wrapped.origin, wrapped.text, wrapped.reading, in_ring=wrapped.in_ring, torn=False)
            return self._keep_torn(wrapped) if status is LineStatus.UNREAD else status
        if wrapped.reading is not None:
            return self._write(wrapped.origin, wrapped.reading, wrapped.text)
        return self._keep_torn(wrapped)

    def _keep_torn(self, wrapped: WrappedRecord) -> LineStatus:
        """Keep what begins a record and could not be read: its rest may begin what V8 prints next, however much later."""
        self._torn = wrapped.first_text if not wrapped.in_ring and wrapped.head != "crash" else None
        return LineStatus.UNREAD

    def _mend_torn(self, origin: Origin, text: str) -> LineStatus | None:
        """Read the rest of a torn record; None if it is none."""
        mended = None if self._torn is None else mend(self._torn, text, self.reader)
        if mended is None:
            return None
        self._torn = None
        return self._write_gc(origin, mended[1], False)

    # ------------------------------------------------------------ GC lines

    def _take_gc(self, line: PayloadLine, fragment: Fragment, text: str) -> Outcome:
        reading, in_ring = self.reader.read_gc(text), self.context.in_ring
        if reading is not None and "pid" in reading.fields:
            self._torn = None
        elif (status := self._mend_torn(line.origin, text)) is not None:
            return status
        if reading is None and (other := self.reader.read_other(text, in_crash=False)) is not None:
            return self._write(line.origin, other, text)
        if reading is not None and reading.whole and reading.rule is not self.reader.any_form:
            status = self._write_gc(line.origin, reading, in_ring)
            if status is LineStatus.RECOGNISED and fragment.alone and not reading.rest:
                self._learn(line, reading, text)
            return status
        if fragment.torn:
            return self._settle_gc(line.origin, text, reading, in_ring=in_ring, torn=True)
        return WrappedRecord(line.origin, text, "gc", in_ring, reading)

    def _settle_gc(self, origin: Origin, text: str, reading: Reading | None, *, in_ring: bool, torn: bool) -> LineStatus:
        """Take a record that is not whole, or not of one era, if there is a reason for that; otherwise its line is unread."""
        if reading is None:
            return LineStatus.CONTINUATION if in_ring else LineStatus.UNREAD
        is_note = "pid" in reading.fields and "committed_after_mb" in reading.fields and NOTE.match(reading.rest) is not None
        cut = in_ring or torn or is_note or not reading.rest or reading.rest.startswith(ELISIONS)
        if not (reading.whole or cut or self.reader.any_form.pattern.match(text)):
            return LineStatus.UNREAD
        return self._write_gc(origin, reading, in_ring)

    def _write_gc(self, origin: Origin, reading: Reading, in_ring: bool) -> LineStatus:
        return LineStatus.RECOGNISED if self._rows.write_gc(origin, reading, in_ring=in_ring) else LineStatus.UNREAD

    def _learn(self, line: PayloadLine, reading: Reading, text: str) -> None:
        """Make a template of a line, with its envelope if only the date changes in it."""
        around = line.envelope if line.envelope is not None and line.envelope[1].text.strip() == text else None
        if self._templates.wants(text.encode() if around is None else around[0]):
            envelope = envelope_template(*around) if around is not None else None
            self._templates.learn(reading.rule, text, envelope)

    # ------------------------------------------------------------ all other lines

    def _take_other(self, line: PayloadLine, fragment: Fragment, text: str) -> Outcome:
        reading = self.reader.read_other(text, in_crash=self.context.lines_left > 0, in_js_stack=self.context.in_js_stack)
        if reading is None:
            return self._take_unknown(line, fragment, text)
        if fragment.alone and (opened := open_object(line.origin, text, reading.rule)) is not None:
            return opened
        if not fragment.torn and _may_be_wrapped(reading):
            return WrappedRecord(line.origin, text, "crash", False, reading)
        return self._write(line.origin, reading, text)

    def _take_unknown(self, line: PayloadLine, fragment: Fragment, text: str) -> Outcome:
        if (status := self._mend_torn(line.origin, text)) is not None:
            return status
        if fragment.head not in ("crash", "isolate"):
            return LineStatus.CONTINUATION if self.context.may_continue else LineStatus.FOREIGN
        if not fragment.torn:
            return WrappedRecord(line.origin, text, fragment.head, False, None)
        is_prefix = fragment.head == "isolate" and self.reader.formats.heads.fullmatch(text) is not None
        return LineStatus.FOREIGN if is_prefix else LineStatus.UNREAD

    def _write(self, origin: Origin, reading: Reading, text: str) -> LineStatus:
        if not self._rows.write(origin, reading, text):
            return LineStatus.UNREAD
        self.context.enter(reading.rule.record, reading.fields)
        return LineStatus.FOREIGN if reading.fields.get("kind") in OF_THE_PROGRAM else LineStatus.RECOGNISED


def _may_be_wrapped(reading: Reading) -> bool:
    """Whether a fatal message may go on with the next line: V8's checks print theirs there. Not if it is one of those known whole."""
    if reading.rule.record is not FatalError:
        return False
    message = reading.fields.get("message")
    if reading.fields.get("banner") in CHECKS:
        return message is None
    is_misuse = "::" in reading.fields.get("location", "") and not (message or "").startswith("Allocation")
    return reading.fields.get("banner") == "node" and message not in COMPLETE_MESSAGES and not is_misuse
