"""What a reading becomes: rows of a batch, by the record that its rule names."""

from __future__ import annotations

from collections import Counter

from gclog.model.columns import Batch, Columns
from gclog.model.records import (
    Collection,
    CrashMarker,
    DetailedCollection,
    FatalError,
    GcProfile,
    HeapOption,
    JsFrame,
    KernelKill,
    MemoryUsage,
    NativeFrame,
    ProfiledCollection,
    Record,
    RingCollection,
)
from gclog.recognise.convert import converters, empty_values
from gclog.recognise.formats import load_forms
from gclog.recognise.fragments import Reading
from gclog.recognise.gc_profiler import PRINTED_PROFILE, PrintedProfiles
from gclog.recognise.memory_figures import usage_values
from gclog.recognise.nvp import detailed_row

__all__ = ["CONTINUATION", "FOREIGN", "RECOGNISED", "UNREAD", "RecordTaker"]

CRASH_LINES = 60
"""How many lines after the last one of a crash block its frames are still looked for: a stack has 20 to 40, some wrapped."""

RING_BYTES = 560
"""V8's ring holds 512 bytes (heap.cc, `kTraceRingBufferSize`); a little more for the headers that pasting adds."""

IN_BYTES = frozenset({"space_usage_bytes"})
"""Rules of lines whose sizes are bytes, not KB: V8 up to 3.11."""

NO_FIGURE = "half_read"
"""The rule of lines that name a figure and have no number for it."""

RECOGNISED, UNREAD, CONTINUATION, FOREIGN = "recognised", "unread", "continuation", "foreign"


class RecordTaker:
    """Takes readings in the order of their lines; what they say gathers in `_batch`.

    Whether the next lines may be frames of a crash, or records of its ring, is known from the readings so far.
    """

    def __init__(self) -> None:
        self.forms = load_forms()
        self.recognised_by: Counter[str] = Counter()
        self._batch: Batch = {}
        self._profiles = PrintedProfiles()
        self._crash_lines = 0
        self._in_js_stack = False
        self._ring_bytes = 0

    def _emit_gc(self, number: int, wall_ms: float | None, reading: Reading, in_ring: bool) -> str:
        fields = dict(reading.fields, form=reading.rule.name)
        if not reading.whole:
            fields["cut"] = reading.rest
            if (known := self.forms.known_reason.match(fields.get("reason", ""))) is not None:
                fields["reason"] = known[0]
        self._append(RingCollection if in_ring else Collection, number, wall_ms, fields)
        self.recognised_by[f"gc_trace.{reading.rule.name}"] += 1
        return RECOGNISED

    def _emit(self, number: int, wall_ms: float | None, reading: Reading, text: str) -> str:
        record = reading.rule.record
        if record is HeapOption:
            for found in self.forms.setting.pattern.finditer(text):
                self._append(record, number, wall_ms, self.forms.setting.fields_of(found, text))
        elif record is DetailedCollection:
            row = detailed_row(reading.fields, reading.rule.name)
            if row is None:
                return UNREAD
            self._columns(record).append({**empty_values(record), "line": number, "wall_ms": wall_ms, **row})
        elif record is MemoryUsage:
            if reading.rule.name == NO_FIGURE:
                return UNREAD
            row = usage_values(text, reading.rule.name)
            self._columns(record).append({**empty_values(record), "line": number, "wall_ms": wall_ms, **row})
        elif record is GcProfile:
            self._emit_profile(number, text)
        elif record is KernelKill:
            self._append(record, number, wall_ms, {**reading.fields, "kind": reading.rule.name, "text": text})
        else:
            self._append(record, number, wall_ms, reading.fields, reading.rule.name)
        self.recognised_by[f"{reading.rule.file.name}.{reading.rule.name}"] += 1
        if record in (CrashMarker, FatalError, NativeFrame, JsFrame):
            self._crash_lines = CRASH_LINES
            if record is CrashMarker:
                self._ring_bytes = RING_BYTES if reading.fields["kind"] == "last_few_gcs" else 0
                self._in_js_stack = reading.fields["kind"] in ("js_stacktrace", "js_stack")
            elif record is not JsFrame:
                self._ring_bytes, self._in_js_stack = 0, False
        return RECOGNISED

    def _emit_profile(self, number: int, text: str) -> None:
        """The collections of a GcProfile, and the heap's limit, young generation included, that it says."""
        rows, limit_mb = self._profiles.read(text)
        for row in rows:
            values = {**empty_values(ProfiledCollection), **row, "line": number, "form": PRINTED_PROFILE}
            self._columns(ProfiledCollection).append(values)
        if limit_mb is not None:
            self._columns(HeapOption).append({"line": number, "wall_ms": None, "option": "max_heap_size", "mb": limit_mb})

    def _append(
        self, record: type[Record], number: int, wall_ms: float | None, fields: dict[str, str], rule_name: str = ""
    ) -> None:
        convert = converters(record)
        row = dict(empty_values(record), line=number, wall_ms=wall_ms)
        for name, text in fields.items():
            row[name] = convert[name](text)
        if rule_name in IN_BYTES:
            for name in ("used_kb", "available_kb", "committed_kb"):
                row[name] = None if row[name] is None else row[name] / 1024
        self._columns(record).append(row)

    def _columns(self, record: type[Record]) -> Columns:
        parts = self._batch.setdefault(record, [])
        if not parts or not isinstance(parts[-1].values["line"], list):
            parts.append(Columns(record))
        return parts[-1]
