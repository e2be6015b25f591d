"""Which records are of one crash: banners, fatal message and stacks come in any order, but each of them once."""

from __future__ import annotations

from collections.abc import Sequence

from gclog.model.crash_records import CrashMarker, FatalError, JsFrame, NativeFrame
from gclog.model.records import Message

__all__ = [
    "AROUND",
    "CRASH_BLOCK_LINES",
    "RING_BANNER",
    "CrashBlock",
    "CrashRecord",
    "is_crash",
    "is_last_word",
]

CRASH_BLOCK_LINES = 200
"""Greatest distance in lines between a fatal message and the ring of its crash."""

RING_BANNER = "last_few_gcs"
"""The kind of the marker that every ring begins with."""

NATIVE_BANNER = "native_stack"
"""The kind of the marker above native frames, from Node 18.17 on, which prints the ring before it."""

CUT_LINES = 5
"""A log that is cut right after a banner may go on with a cut record, and with what the one who cut it wrote below."""

LAST_WORDS = frozenset({"heap_out_of_memory", "aborted", "exit_134"})
"""Messages of a death that go with a banner: of the host, the shell, npm."""

AROUND = frozenset(
    {
        "build_runs",
        "build_watches",
        "cypress_runs",
        "deno_named",
        "emulated",
        "exit_134",
        "exit_fault",
        "extension_host_ended",
        "global_tool",
        "heap_snapshot_written",
        "hosted_build",
        "image_build",
        "lambda_started",
        "meteor_builds",
        "near_heap_limit_callback",
        "pm2_runs",
        "renderer_ended",
        "sam_local",
        "test_lasted",
        "truncated",
        "tsserver_ended",
    }
)
"""Messages that say in what a crash happened, or what it left, though nothing else of the process is in the log."""

CrashRecord = FatalError | CrashMarker | NativeFrame | JsFrame


class CrashBlock:
    """The records of one crash as they come. What decides whether the next one is another crash's is kept as it changes: a block may be
    long, and is never walked through again.

    records    at most `most` of them; those beyond are not looked at, either
    last_line  of any record
    """

    def __init__(self, first: CrashRecord, most: int | None = None) -> None:
        self.records: list[CrashRecord] = []
        self.first_line = self.last_line = first.line
        self._most = most
        self._has_ring = self._has_native_banner = False
        self._locations: set[str] = set()
        self._errors: set[tuple[str, str | None]] = set()
        self.add(first)

    def add(self, record: CrashRecord) -> None:
        """The next record of the crash."""
        self.last_line = record.line
        if self._most is not None and len(self.records) >= self._most:
            return
        self.records.append(record)
        match record:
            case CrashMarker(kind=kind):
                self._has_ring = self._has_ring or kind == RING_BANNER
                self._has_native_banner = self._has_native_banner or kind == NATIVE_BANNER
            case FatalError(location=location, banner=banner) if location:
                self._locations.add(location)
                self._errors.add((location, banner))
            case _:
                return

    def ends_before(self, record: CrashRecord) -> bool:
        """Whether a second process dies here. Hosts repeat a message in words of their own, and one failure may follow from another."""
        if record.line - self.last_line >= CRASH_BLOCK_LINES:
            return True
        match record:
            case CrashMarker(kind=kind):
                return kind == RING_BANNER and (self._has_ring or self._has_native_banner)
            case FatalError(location=location, banner=banner) if location and self._errors:
                if (location, banner) in self._errors:
                    return True
                return location not in self._locations and not isinstance(self.records[-1], FatalError)
            case _:
                return False

    def without_ring(self) -> CrashBlock | None:
        """The block without the banners that no ring follows; None if nothing is left."""
        left = [one for one in self.records if not (isinstance(one, CrashMarker) and one.kind == RING_BANNER)]
        if not left:
            return None
        block = CrashBlock(left[0], self._most)
        for record in left[1:]:
            block.add(record)
        block.first_line, block.last_line = self.first_line, self.last_line
        return block


def is_last_word(message: Message) -> bool:
    """Whether a message says, beside a banner, that a process has died."""
    return message.kind in LAST_WORDS


def is_crash(block: Sequence[CrashRecord], lines_after: float | None, *, owned: bool, is_reported: bool) -> bool:
    """Whether banners are of a crash, or of a text that quotes them: nothing of a crash follows there.

    `lines_after`: lines of the log after the block, None if not known; `owned`: a process was collecting before, or its ring
    follows; `is_reported`: a message nearby reports a death.
    """
    banners = {record.kind for record in block if isinstance(record, CrashMarker) and not record.quoted}
    if is_reported or any(isinstance(record, FatalError | NativeFrame) for record in block):
        return True
    if any(isinstance(record, JsFrame) for record in block):
        return bool(banners)
    is_cut = lines_after is None or lines_after <= CUT_LINES
    return len(banners) > 1 or (bool(banners) and (owned or is_cut))
