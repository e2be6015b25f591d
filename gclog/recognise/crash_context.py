"""What the lines before say about the next one: it may be a frame of a crash's stack, or a record of a crash's ring."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from gclog.model.crash_records import CrashMarker, FatalError, JsFrame, NativeFrame
from gclog.model.records import Record

__all__ = ["CrashContext"]

CRASH_LINES = 60
"""How many lines after the last one of a crash block its frames are still looked for: a stack has 20 to 40, some wrapped."""

RING_BYTES = 560
"""V8's ring holds 512 bytes (heap.cc, `kTraceRingBufferSize`); a little more for the headers that pasting adds."""

CRASH_RECORDS = (CrashMarker, FatalError, NativeFrame, JsFrame)


@dataclass(slots=True)
class CrashContext:
    """Where in the block of a crash the reader is.

    lines_left   frames are looked for in this many more lines; 0 outside of a crash
    ring_left    bytes that the ring `Last few GCs` may still have; its records may be cut
    in_js_stack  within the JavaScript stack, whose frames may run over several lines
    """

    lines_left: int = 0
    ring_left: int = 0
    in_js_stack: bool = False

    @property
    def in_ring(self) -> bool:
        return self.ring_left > 0

    @property
    def may_continue(self) -> bool:
        """Whether a text that no grammar knows may belong to the ring or to the JavaScript stack."""
        return self.in_ring or (self.in_js_stack and self.lines_left > 0)

    def next_line(self) -> None:
        """A line has begun."""
        if self.lines_left:
            self.lines_left -= 1

    def pass_text(self, text: str) -> None:
        """A text has been looked at, which the ring may have held."""
        if self.ring_left > 0:
            self.ring_left -= len(text)

    def enter(self, record: type[Record], fields: Mapping[str, str]) -> None:
        """A record was read: of a crash, or any other."""
        if record not in CRASH_RECORDS:
            return
        self.lines_left = CRASH_LINES
        if record is CrashMarker:
            self.ring_left = RING_BYTES if fields["kind"] == "last_few_gcs" else 0
            self.in_js_stack = fields["kind"] in ("js_stacktrace", "js_stack")
        elif record is not JsFrame:
            self.ring_left, self.in_js_stack = 0, False
