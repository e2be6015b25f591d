"""Which records are of one crash: banners, fatal message and stacks come in any order, but each of them once."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from gclog.model.crash_records import CrashMarker, FatalError, JsFrame, NativeFrame
from gclog.model.records import Message, Record

__all__ = ["CRASH_BLOCK_LINES", "RING_BANNER", "CrashRecord", "begins_another", "crash_blocks", "is_crash", "is_last_word"]

CRASH_BLOCK_LINES = 200
"""Greatest distance in lines between a fatal message and the ring of its crash."""

RING_BANNER = "last_few_gcs"
"""The kind of the marker that every ring begins with."""

CUT_LINES = 5
"""A log that is cut right after a banner may go on with a cut record, and with what the one who cut it wrote below."""

LAST_WORDS = frozenset({"heap_out_of_memory", "aborted", "exit_134"})
"""Messages of a death that go with a banner: of the host, the shell, npm."""

CrashRecord = FatalError | CrashMarker | NativeFrame | JsFrame


def crash_blocks(rare: Sequence[Record]) -> Iterator[list[CrashRecord]]:
    """The records of crashes, one list for each: banners, fatal message and stacks come in any order, but each of them once."""
    block: list[CrashRecord] = []
    for record in rare:
        if not isinstance(record, CrashRecord):
            continue
        if block and (record.line - block[-1].line >= CRASH_BLOCK_LINES or begins_another(block, record)):
            yield block
            block = []
        block.append(record)
    if block:
        yield block


def begins_another(block: Sequence[CrashRecord], record: CrashRecord) -> bool:
    """Whether a second process dies here. Hosts repeat a message in words of their own, and one failure may follow from another."""
    match record:
        case CrashMarker(kind=kind):
            return kind == RING_BANNER and any(isinstance(other, CrashMarker) and other.kind == kind for other in block)
        case FatalError(location=location, banner=banner) if location:
            errors = [(other.location, other.banner) for other in block if isinstance(other, FatalError) and other.location]
            if not errors or (location, banner) in errors:
                return bool(errors)
            return location not in dict(errors) and not isinstance(block[-1], FatalError)
        case _:
            return False


def is_last_word(message: Message) -> bool:
    """Whether a message says, beside a banner, that a process has died."""
    return message.kind in LAST_WORDS


def is_crash(block: Sequence[CrashRecord], lines_after: int | None, *, owned: bool, is_reported: bool) -> bool:
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
