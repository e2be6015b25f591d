"""What killed the process: kinds by location and message, the words for it, and what is shown of the crash."""

from __future__ import annotations

from typing import Any

import pandas as pd
import pytest
from made_collections import fulls, made

from gclog.analysis.measure.crash import classify_crash
from gclog.model.crash_records import CrashMarker, FatalError, JsFrame, NativeFrame
from gclog.model.records import HeapOption, Message, Record, RingCollection, column_specs
from gclog.model.verdict import Crash

NONE = made({"at_ms": 1.0}).iloc[:0]
HEAP = "Allocation failed - JavaScript heap out of memory"
PROCESS = "Allocation failed - process out of memory"


def fatal(location: str, message: str | None = HEAP, banner: str = "node", line: int = 9) -> FatalError:
    return FatalError(line, None, location, message, banner)


def frames(*symbols: str) -> list[Record]:
    return [NativeFrame(20 + i, None, i, "0xb7c56e", symbol, "node") for i, symbol in enumerate(symbols, 1)]


def crash(records: list[Record], collections: pd.DataFrame = NONE, limit_mb: float | None = None) -> Crash:
    found = classify_crash(records, collections, limit_mb)
    assert found is not None
    return found


@pytest.mark.parametrize(
    ("location", "message", "banner", "kind"),
    [
        ("Ineffective mark-compacts near heap limit", HEAP, "node", "ineffective-mark-compacts"),
        ("Ineffective mark-compac", None, "node", "ineffective-mark-compacts"),
        ("Ineffe", None, "node", "ineffective-mark-compacts"),
        ("Reached heap limit", HEAP, "node", "heap-limit"),
        ("Reached heap limit -", HEAP, "node", "heap-limit"),
        ("Reached heap limit", None, "electron", "heap-limit"),
        ("CALL_AND_RETRY_LAST", HEAP, "node", "heap-limit"),
        ("CALL_AND_RETRY_2", PROCESS, "node", "heap-limit"),
        ("JS", PROCESS, "node", "heap-limit"),
        ("Scavenger: semi-space copy", None, "v8_check", "unknown"),
        ("MarkCompactCollector: young object promotion failed", HEAP, "node", "unknown"),
        ("Evacuation", PROCESS, "node", "unknown"),
        ("A place of a V8 to come", HEAP, "node", "heap-limit"),
        ("A place of a V8 to come", "Allocation failed - JavaScrip", "node", "heap-limit"),
        ("A place of a V8 to come", None, "v8_heap", "heap-limit"),
        ("", "JavaScript heap out of memory", "node", "heap-limit"),
        ("invalid array length", HEAP, "node", "one-large-allocation"),
        ("invalid table size", HEAP, "node", "one-large-allocation"),
        ("Committing semi space failed.", HEAP, "node", "native-memory"),
        ("NewSpace::Rebalance", HEAP, "node", "native-memory"),
        ("Zone", PROCESS, "node", "native-memory"),
        ("v8::ArrayBuffer::NewBackingStore", PROCESS, "node", "native-memory"),
        ("JSTypedArray::GetBuffer", HEAP, "node", "native-memory"),
        ("Failed to reserve virtual memory for CodeRange", None, "v8_process", "native-memory"),
        ("A place of a V8 to come", PROCESS, "node", "native-memory"),
        ("A place of a V8 to come", None, "v8_process", "native-memory"),
        ("Out of memory, size =", None, "chromium", "native-memory"),
        ("", PROCESS, "node", "unknown"),
        ("v8::ToLocalChecked", "Empty MaybeLocal.", "node", "not-memory"),
        ("Error::New", "napi_get_last_error_info", "node", "not-memory"),
        ("../../src/objects.cc, line 172", None, "v8_check", "not-memory"),
        ("Inv", None, "node", "not-memory"),
    ],
)
def test_the_kind_by_location_and_message(location: str, message: str | None, banner: str, kind: str) -> None:
    assert crash([fatal(location, message, banner)]).kind == kind


def test_no_crash_is_none() -> None:
    records: list[Record] = [Message(3, None, "warning", "MaxListenersExceededWarning: Possible EventEmitter memory leak")]
    assert classify_crash([*records, HeapOption(1, None, "max_old_space_size", 96)], fulls((1, 5))) is None


def test_room_left_after_a_last_resort_means_one_huge_allocation() -> None:
    found = crash([fatal("CALL_AND_RETRY_LAST"), *frames("v8::internal::Runtime_GrowArrayElements(int)")], fulls((1, 30)), 100)
    assert found.kind == "one-large-allocation"
    assert found.reason == (
        "one allocation of at least about 70.0 MB did not fit while growing an array"
        " (30.0 MB were in use after the last full collection, with a limit of 100.0 MB)"
    )


@pytest.mark.parametrize(("live_mb", "kind"), [(69.9, "one-large-allocation"), (70, "heap-limit"), (99, "heap-limit")])
def test_the_room_left_distinguishes_a_full_heap_from_one_huge_allocation(live_mb: float, kind: str) -> None:
    assert crash([fatal("CALL_AND_RETRY_LAST")], fulls((1, live_mb)), 100).kind == kind


def test_the_limit_may_come_from_an_option_in_the_log() -> None:
    option = HeapOption(1, None, "max_old_space_size", 100)
    young = HeapOption(2, None, "max_semi_space_size", 16)
    assert crash([option, young, fatal("CALL_AND_RETRY_LAST")], fulls((1, 30))).kind == "one-large-allocation"


def test_without_a_limit_no_single_allocation_is_blamed() -> None:
    found = crash([fatal("CALL_AND_RETRY_LAST")], fulls((1, 30)))
    assert found.kind == "heap-limit"
    assert found.reason.endswith("a full heap cannot be distinguished from one huge allocation")


def test_a_full_heap_is_no_huge_allocation_whatever_its_size() -> None:
    assert crash([fatal("Reached heap limit")], fulls((1, 30)), 100).kind == "heap-limit"


@pytest.mark.parametrize(
    ("symbols", "words"),
    [
        (["v8::internal::Factory::NewFixedArray(int)", "v8::internal::Runtime_MapGrow(int)"], "while growing a Map"),
        (["v8::internal::String::SlowFlatten()", "v8::internal::Runtime_ParseJson(int)"], "while parsing JSON"),
        (["v8::internal::Runtime_StringBuilderJoin(int)"], "while joining strings"),
    ],
)
def test_the_work_at_hand_is_named_by_the_most_telling_symbol(symbols: list[str], words: str) -> None:
    assert words in crash([fatal("Reached heap limit"), *frames(*symbols)]).reason


def test_symbols_of_windows_far_from_their_begin_say_nothing() -> None:
    far = crash([fatal("Reached heap limit"), *frames("v8::internal::JsonParser::Parse+50294")])
    near = crash([fatal("Reached heap limit"), *frames("v8::internal::JsonParser::Parse+502")])
    assert (far.reason, near.reason) == ("the heap reached its limit", "the heap reached its limit while parsing JSON")


def test_what_is_shown_of_a_crash() -> None:
    blank: dict[str, Any] = dict.fromkeys(column_specs(RingCollection))
    ring = [RingCollection(**blank | {"line": line, "type": "Mark-sweep"}) for line in (5, 6, 6)]
    records: list[Record] = [
        CrashMarker(4, None, "last_few_gcs"),
        *ring,
        CrashMarker(7, None, "js_stacktrace"),
        JsFrame(8, None, 1, "leak", "/srv/leak.js:~3", "    1: leak [/srv/leak.js:~3]"),
        JsFrame(8, None, None, None, None, "Security context: 0x1af2 <JSObject>"),
        fatal("Reached heap limit"),
        NativeFrame(21, None, 1, "0xb7c56e", "node::Abort()", "node"),
        NativeFrame(22, None, 2, "0xa8e823", None, "node"),
    ]
    found = crash(records, fulls((1, 5), (700, 50)))
    assert found.message == f"Reached heap limit {HEAP}"
    assert (found.location, found.line, found.at_ms, found.last_gcs) == ("Reached heap limit", 9, 700, (5, 6))
    assert found.js_stack == ("leak (/srv/leak.js:~3)",)
    assert found.place == "leak (/srv/leak.js:~3)"
    assert found.native_stack == ("node::Abort()", "0xa8e823")


def test_without_a_ring_the_last_collections_are_shown() -> None:
    assert crash([fatal("Reached heap limit")], fulls(*((i, 5.0) for i in range(6)))).last_gcs == (3, 4, 5, 6)


def test_a_message_on_its_own_line_is_joined() -> None:
    found = crash([fatal("Scavenger: semi-space copy", None), fatal("", PROCESS, line=10)])
    assert (found.message, found.line) == (f"Scavenger: semi-space copy {PROCESS}", 9)


def test_of_two_messages_the_one_of_v8_counts() -> None:
    found = crash([fatal("my-wrapper", "saw it die", line=3), fatal("Reached heap limit")])
    assert (found.kind, found.line) == ("heap-limit", 9)


@pytest.mark.parametrize(
    ("told", "kind"),
    [
        ("worker_out_of_memory", "worker-limit"),
        ("oom_killed", "killed"),
        ("exit_137", "killed"),
        ("killed", "killed"),
        ("bad_alloc", "native-memory"),
        ("heap_out_of_memory", "heap-limit"),
    ],
)
def test_deaths_that_v8_does_not_report(told: str, kind: str) -> None:
    found = crash([Message(12, None, told, " as the log says ")], fulls((1, 5)))
    assert (found.kind, found.line, found.message, found.location) == (kind, 12, "as the log says", None)


@pytest.mark.parametrize(("spoke_line", "died"), [(11, True), (13, False)])
def test_a_process_that_goes_on_printing_its_memory_did_not_die(spoke_line: int, died: bool) -> None:
    killed = Message(12, None, "killed", "Killed")
    assert (classify_crash([killed], fulls((1, 5)), None, spoke_line) is not None) is died


@pytest.mark.parametrize("told", ["max_listeners_exceeded", "invalid_string_length", "report_completed"])
def test_other_messages_are_no_death(told: str) -> None:
    assert classify_crash([Message(12, None, told, "text")], fulls((1, 5))) is None


def test_of_several_messages_the_surest_counts() -> None:
    found = crash([Message(12, None, "killed", "Killed"), Message(13, None, "oom_killed", "kernel: oom-kill")])
    assert found.line == 13


def test_a_process_that_goes_on_collecting_was_not_killed() -> None:
    assert classify_crash([Message(2, None, "exit_137", "a child exited with code 137")], fulls((1, 5), (2, 5), (3, 5))) is None


def test_the_fatal_error_takes_precedence_over_other_reports_of_it() -> None:
    assert crash([Message(3, None, "exit_137", "code 137"), fatal("Reached heap limit")]).line == 9


def test_a_tail_without_its_message_is_unknown_and_says_what_it_shows() -> None:
    tail: list[Record] = [CrashMarker(4, None, "last_few_gcs")]
    assert crash(tail).reason == "the log has the tail of a crash, but not its fatal message"
    assert crash(tail, fulls((1, 50), reason="last resort")).reason == (
        "the log has the tail of a crash, but not its fatal message (50.0 MB were in use after the last full collection);"
        " V8's last collection was a last resort: an allocation had failed"
    )
    assert (crash(tail).kind, crash(tail).message, crash(tail).line, crash(tail).at_ms) == ("unknown", "", 4, None)


def test_the_words_of_the_log_explain_a_tail() -> None:
    words = Message(12, None, "heap_out_of_memory", "Fatal error: JavaScript heap out of memory")
    killed = Message(12, None, "killed", "Killed")
    assert crash([CrashMarker(4, None, "last_few_gcs"), words]).kind == "heap-limit"
    assert crash([CrashMarker(4, None, "last_few_gcs"), killed]).kind == "unknown"


def test_a_native_stack_alone_is_no_lack_of_memory() -> None:
    found = crash([CrashMarker(4, None, "native_stack"), *frames("node::Abort()")])
    assert found.kind == "unknown"
    assert found.reason == "a native stack without a fatal message: an assertion failed, or the program aborted"
