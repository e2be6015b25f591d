"""Diagnostic reports of Node: what the process was, its limits, its heap space by space, and where it was when it ended.

`--report-on-fatalerror`, `process.report.writeReport()`, report versions 1 to 5 (Node 11.8 on). Node's source: src/node_report.cc.
"""

from __future__ import annotations

import json
import math
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from gclog.grammar.compile import LineRule, compile_grammar
from gclog.model.crash_records import FatalError, JsFrame, NativeFrame
from gclog.model.not_known import NotKnown
from gclog.model.records import HeapOption, Record
from gclog.model.witness import ReportedProcess, ReportHandles, ReportSpace
from gclog.recognise.convert import LARGEST_WHOLE, known_number
from gclog.recognise.documents.heap_size_limit import ANY_MAJOR, old_generation_of
from gclog.source.json_lines import WALL_END_MS
from gclog.units import BYTES_PER_MB

__all__ = ["read_report", "report_records"]

FATAL_TRIGGERS = frozenset({"FatalError", "OOMError"})
"""Triggers of a report at a death; `Exception`, `Signal` and `JavaScript API` do not mean that memory was the reason."""

RAISING = ("--heapsnapshot-near-heap-limit", "--heap-prof-near-heap-limit")
"""Options with which Node lets V8 raise its limit near the end, so that it can write what was asked for."""

LONGEST_SYMBOL = 400

Json = Mapping[str, Any]


def read_report(path: str, text: str) -> ReportedProcess | None:
    """What a report says; None if the text is no report. Raises ValueError if it is not whole JSON."""
    try:
        whole = json.loads(text)
    except RecursionError as error:
        raise ValueError("nested too deep") from error
    match whole:
        case {"header": dict(header), "javascriptHeap": dict(heap)}:
            return _build(path, text, whole, header, heap)
        case _:
            return None


def _build(path: str, text: str, whole: Json, header: Json, heap: Json) -> ReportedProcess:
    usage = _object(whole, "resourceUsage")
    command = _texts(header.get("commandLine"))
    node = _text(header, "nodejsVersion").removeprefix("v")
    limit_mb = _mb(heap, "memoryLimit")
    old = _old_limit(limit_mb, command, _text(_object(whole, "environmentVariables"), "NODE_OPTIONS"), node)
    stamp = _text(header, "dumpEventTimeStamp")
    trigger = _text(header, "trigger")
    machine_mb = _mb(usage, "total_memory")
    return ReportedProcess(
        path=path,
        pid=_whole(header, "processId"),
        thread_id=_whole(header, "threadId"),
        wall_ms=float(stamp) if stamp.isdecimal() and float(stamp) < WALL_END_MS else None,
        event=_text(header, "event"),
        trigger=trigger,
        fatal=trigger in FATAL_TRIGGERS,
        report_version=_whole(header, "reportVersion") or 1,
        node=node,
        platform=" ".join(filter(None, (_text(header, "platform"), _text(header, "arch")))),
        command_line=command,
        heap_limit_mb=limit_mb,
        old_limit_mb=old.mb,
        old_limit_why=old.why,
        old_limit_low_mb=old.low_mb,
        old_limit_high_mb=old.high_mb,
        limit_from_start=old.from_start,
        used_mb=_mb(heap, "usedMemory"),
        committed_mb=_mb(heap, "totalCommittedMemory"),
        external_mb=_mb(heap, "externalMemory"),
        malloced_mb=_mb(heap, "mallocedMemory"),
        rss_mb=_mb(usage, "rss"),
        max_rss_mb=_mb(usage, "maxRss"),
        constrained_mb=_constrained(usage, machine_mb),
        machine_mb=machine_mb,
        native_contexts=_whole(heap, "nativeContextCount"),
        detached_contexts=_whole(heap, "detachedContextCount"),
        spaces=tuple(_spaces(_object(heap, "heapSpaces"))),
        js_stack=tuple(_js_stack(_object(whole, "javascriptStack"))),
        native_stack=tuple(_text(frame, "symbol")[:LONGEST_SYMBOL] for frame in _objects(whole.get("nativeStack"))),
        workers=len(_objects(whole.get("workers"))),
        lines=_lines(text),
        message=_message(_object(whole, "javascriptStack")),
        handles=tuple(_handles(_objects(whole.get("libuv")))),
    )


# ---------------------------------------------------------------- values, which may be of any type


def _object(value: Json, key: str) -> Json:
    found = value.get(key)
    return found if isinstance(found, dict) else {}


def _objects(value: object) -> list[Json]:
    return [item for item in value if isinstance(item, dict)] if isinstance(value, list) else []


def _texts(value: object) -> tuple[str, ...]:
    return tuple(item for item in value if isinstance(item, str)) if isinstance(value, list) else ()


def _text(value: Json, key: str) -> str:
    found = value.get(key)
    return found if isinstance(found, str) else ""


def _number(value: Json, key: str) -> float | None:
    found = value.get(key)
    return known_number(found)


def _whole(value: Json, key: str) -> int | None:
    found = _number(value, key)
    return int(found) if found is not None and found.is_integer() and abs(found) <= LARGEST_WHOLE else None


def _mb(value: Json, key: str) -> float | NotKnown:
    found = _number(value, key)
    return NotKnown(f"this version's reports have no {key}") if found is None else found / BYTES_PER_MB


def _constrained(usage: Json, machine_mb: float | NotKnown) -> float | NotKnown:
    """The container's limit. Without one libuv says nearly 2^64 or 2^63 bytes, or the machine's memory."""
    limit_mb = _mb(usage, "constrained_memory")
    if isinstance(limit_mb, NotKnown):
        return limit_mb
    if limit_mb <= 0 or limit_mb >= (1e9 if isinstance(machine_mb, NotKnown) else machine_mb):
        return NotKnown("the process had no memory limit of its own")
    return limit_mb


def _spaces(spaces: Json) -> Iterator[ReportSpace]:
    for name in spaces:
        space = _object(spaces, name)
        used, committed = _number(space, "used"), _number(space, "committedMemory")
        if used is not None and committed is not None:
            yield ReportSpace(name, used / BYTES_PER_MB, committed / BYTES_PER_MB)


def _js_stack(stack: Json) -> Iterator[str]:
    """Frames of the program; `No stack.` and `Unavailable.` are no frames."""
    lines = _texts(stack.get("stack"))
    if lines and not lines[0].startswith("Unavailable"):
        yield from (line.strip() for line in lines)


NO_ERROR = ("No stack.", "Error [ERR_SYNTHETIC]: JavaScript Callstack")
"""What Node writes for a message if no error was given: the second is the stack of the call of writeReport()."""


def _message(stack: Json) -> str:
    message = _text(stack, "message")
    return "" if message in NO_ERROR else message


def _handles(items: Iterable[Json]) -> Iterator[ReportHandles]:
    """By type, most first. The loop itself is among them in some versions."""
    types = [(_text(item, "type"), item.get("is_active") is True) for item in items]
    counts = Counter(name for name, _ in types if name and name != "loop")
    active = Counter(name for name, is_active in types if is_active)
    for name, count in counts.most_common():
        yield ReportHandles(name, count, active[name])


# ---------------------------------------------------------------- limit


def _setting() -> LineRule:
    return next(rule for rule in compile_grammar("messages").rules if rule.name == "setting")


@dataclass(frozen=True, slots=True)
class _OldLimit:
    """The old generation's limit and its bounds, MB, how it is known, and whether it has been that since the process started."""

    mb: float | NotKnown
    why: str
    low_mb: float = math.nan
    high_mb: float = math.nan
    from_start: bool = False


def _old_limit(limit_mb: float | NotKnown, command: tuple[str, ...], options: str, node: str) -> _OldLimit:
    """The old generation's limit: an option of the command line, otherwise heap_size_limit minus the young generation."""
    semi_space_mb = None
    for words, where in ((" ".join(command), "its command line"), (options, "its NODE_OPTIONS")):
        rule = _setting()
        found = [rule.fields_of(match, words) for match in rule.part_pattern.finditer(words)]
        old = [float(fields["mb"]) for fields in found if fields["option"] == "max_old_space_size"]
        if old and old[-1] > 0:
            why = f"--max-old-space-size in {where}, in the diagnostic report"
            return _OldLimit(old[-1], why, old[-1], old[-1], from_start=True)
        semi = [float(fields["mb"]) for fields in found if fields["option"] == "max_semi_space_size"]
        semi_space_mb = semi[-1] if semi and semi_space_mb is None else semi_space_mb
    if isinstance(limit_mb, NotKnown):
        return _OldLimit(limit_mb, limit_mb.reason)
    leading = re.match(r"\d{1,4}", node)
    majors = ANY_MAJOR if leading is None else (int(leading[0]), int(leading[0]))
    old_generation = old_generation_of(limit_mb, majors, semi_space_mb)
    if old_generation is None:
        return _OldLimit(NotKnown(reason := "memoryLimit has no room for an old generation"), reason)
    return _OldLimit(
        old_generation.likely_mb[0],
        "memoryLimit of the diagnostic report less the young generation of that version",
        old_generation.low_mb,
        old_generation.high_mb,
        from_start=not any(option in words for option in RAISING for words in (*command, options)),
    )


# ---------------------------------------------------------------- lines and records

LINE_KEYS = {
    "event": '"event":',
    "message": '"message":',
    "limit": '"memoryLimit":',
    "rss": '"rss":',
    "max_rss": '"maxRss":',
    "constrained": '"constrained_memory":',
    "native_stack": '"nativeStack":',
    "detached": '"detachedContextCount":',
    "command_line": '"commandLine":',
}


def _lines(text: str) -> dict[str, int]:
    """Which line of the report says what: the first with each key."""
    found: dict[str, int] = {}
    for number, line in enumerate(text.split("\n"), 1):
        for name, key in LINE_KEYS.items():
            if name not in found and key in line:
                found[name] = number
    return found


def report_records(report: ReportedProcess) -> list[Record]:
    """The report as the records of a crash and of its options, on its own lines; no crash if it was not written at one."""
    lines = report.lines
    records: list[Record] = []
    if not isinstance(report.old_limit_mb, NotKnown):
        line = lines.get("limit", 1)
        records.append(HeapOption(line=line, wall_ms=report.wall_ms, option="max_old_space_size", mb=report.old_limit_mb))
    if report.fatal:
        event = lines.get("event", 1)
        records.append(FatalError(line=event, wall_ms=report.wall_ms, location="", message=report.event, banner="report"))
        at = lines.get("native_stack", event)
        for number, symbol in enumerate(report.native_stack, 1):
            name, _, module = symbol.rpartition(" [")
            records.append(
                NativeFrame(
                    line=at, wall_ms=None, number=number, address=None, symbol=name or symbol, module=module.rstrip("]") or None
                )
            )
        for number, frame in enumerate(report.js_stack):
            records.append(JsFrame(line=event, wall_ms=None, number=number, function=None, position=None, text=frame))
    return sorted(records, key=lambda record: record.line)
