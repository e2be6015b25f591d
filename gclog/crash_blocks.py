"""Which records are of one crash: banners, fatal message and stacks come in any order, but each of them once."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from gclog.records import CrashMarker, FatalError, JsFrame, NativeFrame, Record

__all__ = ["CRASH_BLOCK_LINES", "RING_BANNER", "CrashRecord", "begins_another", "crash_blocks"]

CRASH_BLOCK_LINES = 200
"""A fatal message and the ring of its crash stand within so many lines of each other."""

RING_BANNER = "last_few_gcs"
"""The kind of the marker that every ring begins with."""

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
