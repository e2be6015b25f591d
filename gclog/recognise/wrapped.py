"""A record that is not complete on its line, because a terminal or a mail program wrapped it: put together with the next lines."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from gclog.recognise.fragments import FragmentReader, Head, Reading
from gclog.recognise.rows import Origin
from gclog.recognise.tally import LineStatus

__all__ = ["WrappedRecord", "mend"]

LONGEST_RECORD = 400
"""Upper bound on the line of a torn record: it is tried at each of its characters. Records have up to 300."""

RECORD_END = re.compile(r"mu = |MB, |[0-9] ms\b.*[;)a-z] *$|; *$")
"""What the rest of a record has at least, if it is worth trying."""

OF_MEMORY = ("Allocation", "- Allocation")
"""How a message about memory begins; only such a one is so well known that the next line can be seen to belong to it."""

JOIN_LINES = 3
"""A record of 300 characters wrapped at 80 columns continues on three more lines."""


@dataclass(slots=True)
class WrappedRecord:
    """A record whose end may be on the next lines.

    text        all of it so far; `first_text` what its own line has of it
    head        what it begins with
    in_ring     it began in a crash's ring
    reading     what `text` says so far
    others      what became of the rest of its line
    held        the lines after it that may belong to it, and do not complete it yet
    """

    origin: Origin
    text: str
    head: Head
    in_ring: bool
    reading: Reading | None
    first_text: str = field(init=False)
    others: LineStatus = LineStatus.FOREIGN
    held: list[tuple[int, bytes]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.first_text = self.text

    @property
    def is_whole(self) -> bool:
        return self.reading is not None and self.reading.whole

    def accepts(self, text: str, reader: FragmentReader) -> bool:
        """Whether a line may belong to it. A prefix with a pid and an isolate becomes a GC record if the line has the rest of one."""
        if self.head == "isolate" and reader.formats.gc_body.match(text) is not None:
            self.head = "gc"
        elif reader.begins_anew(text) if self.head == "crash" else reader.formats.heads.match(text) is not None:
            return False
        return bool(text) and len(self.held) < JOIN_LINES

    def join(self, text: str, reader: FragmentReader) -> bool:
        """Take a line that continues the record, together with those held; False if no grammar says that it does."""
        is_whole_word = self.head == "crash" and (text.startswith("#") or self.text.endswith("-"))
        for glue in (" ", "") if is_whole_word else ("", " "):
            joined = self.text + glue + text
            reading = reader.read_gc(joined) if self.head == "gc" else reader.read_other(joined, in_crash=True)
            if reading is not None and self._reaches_on(reading, joined, reader):
                self.text, self.reading = joined, reading
                return True
        return self._mend(text, reader)

    def _mend(self, text: str, reader: FragmentReader) -> bool:
        """Put a torn record together: V8's buffer was flushed in the midst of it, and the program wrote on before the rest came.

        The beginning ends somewhere in its line, before what the program wrote; the rest begins a later line. Deno's standard output
        has no buffer, V8's has one of 4,096 bytes.
        """
        if self.in_ring or self.is_whole or self.head == "crash":
            return False
        mended = mend(self.first_text, text, reader)
        if mended is None:
            return False
        self.text, self.reading, self.head = mended[0], mended[1], "gc"
        return True

    def hold(self, number: int, raw: bytes, text: str) -> None:
        """Keep a line that may belong to it: the next line may show."""
        self.text = f"{self.text} {text}"
        self.held.append((number, raw))

    def _reaches_on(self, new: Reading, joined: str, reader: FragmentReader) -> bool:
        """Whether the record reaches into the line that was joined, and does not merely take its words for a reason."""
        if self.reading is None:
            return new.whole or new.length_in(joined) > len(self.text)
        if new.length_in(joined) <= len(self.text):
            return False
        if self.reading.fields.get("message") is not None and not self.reading.fields["message"].startswith(OF_MEMORY):
            return False  # the message is there already
        reason = new.fields.get("reason")
        if reason is None or reason == self.reading.fields.get("reason"):
            return True
        return reader.formats.known_reason.match(reason) is not None


def mend(begin: str, rest: str, reader: FragmentReader) -> tuple[str, Reading] | None:
    """A record whose beginning is in the one text, before what a program wrote, and whose rest is the other; None if they make none."""
    if max(len(begin), len(rest)) > LONGEST_RECORD or RECORD_END.search(rest) is None:
        return None
    for end in range(len(begin), 0, -1):
        joined = begin[:end] + rest
        if (reading := reader.read_whole(joined)) is not None:
            return joined, reading
    return None
