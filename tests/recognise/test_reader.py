"""Lines to records: every line counted once, records found wherever they stand."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gclog.model.columns import records_of
from gclog.model.crash_records import CrashMarker, FatalError, NativeFrame
from gclog.model.records import Collection, HeapOption, Record, RingCollection
from gclog.recognise.reader import Reader
from gclog.source.open import Block

SCAVENGE = "[15801:0x29969b80]       18 ms: Scavenge 3.9 (4.0) -> 3.8 (5.0) MB, 1.02 / 0.00 ms  (average mu = 1.000, current mu = 1.000) allocation failure; "
FULL = (
    "[15801:0x29969b80]       99 ms: Mark-Compact (reduce) 95.9 (98.3) -> 95.8 (99.0) MB, 48.61 / 0.00 ms  (+ 42.1 ms in 34 steps since start of marking, "
    "biggest step 20.3 ms, walltime since start of marking 102 ms) (average mu = 0.308, current mu = 0.244) allocation failure; scavenge might not succeed"
)
FATAL = "FATAL ERROR: Reached heap limit Allocation failed - JavaScript heap out of memory"


def read_text(text: str | bytes, block_lines: int | None = None) -> tuple[Reader, list[Record]]:
    """The records of a text, read in one block or in blocks of so many lines."""
    data = text if isinstance(text, bytes) else text.encode()
    reader, batches = Reader(), []
    lines = data.splitlines(keepends=True)
    step = block_lines or max(1, len(lines))
    for at in range(0, len(lines), step):
        batches.append(reader.read(Block(b"".join(lines[at : at + step]), at + 1)))
    batches.append(reader.finish())
    records = [record for batch in batches for record in records_of(batch)]
    return reader, sorted(records, key=lambda record: record.line)


def collections_of(text: str) -> list[Collection]:
    return [record for record in read_text(text)[1] if isinstance(record, Collection)]


def test_a_gc_line_becomes_a_collection_with_every_field() -> None:
    (full,) = collections_of(FULL + "\n")
    assert full == Collection(
        line=1, wall_ms=None, pid=15801, isolate="0x29969b80", isolate_id=None, at_ms=99.0, type="Mark-Compact", shared=False, reduce=True,
        during_sweeping=False, used_before_mb=95.9, committed_before_mb=98.3, used_after_mb=95.8, committed_after_mb=99.0, pooled_mb=None,
        pause_ms=48.61, external_ms=0.0, incremental_ms=42.1, incremental_steps=34, incremental_longest_ms=20.3, incremental_wall_ms=102.0,
        average_mu=0.308, current_mu=0.244, reason="allocation failure", collector_reason="scavenge might not succeed", cut=None, form="v8_11_0",
    )  # fmt: skip
    assert full.collector == "mark_compact"


@pytest.mark.parametrize(
    ("text", "found"),
    [
        pytest.param(f"GET /orders 200 3 ms - {SCAVENGE}", 1, id="after the application's own text"),
        pytest.param(f"{SCAVENGE}{FULL}", 2, id="two on one line"),
        pytest.param(f"{SCAVENGE}**5762568**", 1, id="text after it"),
        pytest.param(
            f"<--- Last few GCs --->{SCAVENGE}{FULL}<--- JS stacktrace --->{FATAL}", 2, id="a whole crash on one line"
        ),
        pytest.param(f"2026-03-14T03:12:07.123Z {SCAVENGE}", 1, id="behind a date"),
        pytest.param(SCAVENGE.replace("->", "-&gt;"), 1, id="with HTML entities"),
        pytest.param(" ".join(SCAVENGE.split()), 1, id="blanks folded"),
        pytest.param(SCAVENGE.replace(" 1.02 / 0.00 ms", "\n1.02 / 0.00 ms"), 1, id="wrapped once"),
        pytest.param(FULL[:80] + "\n" + FULL[80:160] + "\n" + FULL[160:240] + "\n" + FULL[240:], 1, id="wrapped at 80 columns"),
        pytest.param(SCAVENGE.replace("] ", "]\n", 1), 1, id="the prefix on a line of its own"),
        pytest.param(
            "| " + SCAVENGE.partition("]")[2] + " | " + SCAVENGE.partition("]")[2] + " |", 2, id="in two cells of a table"
        ),
    ],
)
def test_a_record_is_found_wherever_it_stands(text: str, found: int) -> None:
    records = collections_of(text + "\n")
    assert len(records) == found
    assert all(record.reason == "allocation failure" for record in records)


def test_what_was_wrapped_counts_as_continuation() -> None:
    reader, _ = read_text(FULL[:80] + "\n" + FULL[80:160] + "\n" + FULL[160:] + "\nhello\n")
    counts = reader.line_counts
    assert (counts.total, counts.recognised, counts.continuation, counts.foreign, counts.unread) == (4, 1, 2, 1, 0)


@pytest.mark.parametrize(
    "line",
    [
        "[27220:0x1b63af80]    12910: Mark-sweep 58.8 (95.9) -> 51.0 (96.9) MB, 3.8 / 0 ms [GC interrupt].",
        "[27220:0x1b63af80]    12910 ms: Mark-sweep 58.8 (95.9) -> 51.0 (96.9) MB FOO",
        "[27220:0x1b63af80]    12910 ms: Scavenge of something else",
        "[27220:0x1b63af80] no grammar knows this",
    ],
)
def test_a_line_that_looks_like_v8s_and_cannot_be_read_is_unread_with_its_number_and_why(line: str) -> None:
    reader, records = read_text(f"hello\n{line}\nhello\nhello\nhello\n")
    assert [record for record in records if isinstance(record, Collection)] == []
    assert reader.line_counts.unread == 1
    (shape,) = reader.unread_shapes
    assert (shape.count, shape.first_line, shape.sample) == (1, 2, line)
    assert shape.why


def test_unread_lines_are_grouped_by_their_shape() -> None:
    reader, _ = read_text("".join(f"[7:0x10{n}] something new: {n} of {n * n}\n" for n in range(1, 30)))
    (shape,) = reader.unread_shapes
    assert (shape.count, shape.first_line) == (29, 1)


def test_records_in_the_ring_of_a_crash_are_told_from_those_of_the_trace() -> None:
    cut = "[15801:0x29969b80]       99 ms: Mark-Compact 95.9 (98.3) -> 95.8 (99.0) MB, 48.61 / 0.00 ms  (average mu = 0.3"
    text = f"{SCAVENGE}\n\n<--- Last few GCs --->\n\n{cut}\n\n{FATAL}\n"
    _, records = read_text(text + "----- Native stack trace -----\n\n 1: 0xb7c56e node::Abort() [node]\n")
    kinds = [type(record) for record in records]
    assert kinds == [Collection, CrashMarker, RingCollection, FatalError, CrashMarker, NativeFrame]
    ring = records[2]
    assert isinstance(ring, RingCollection)
    assert (ring.pause_ms, ring.average_mu, ring.cut) == (48.61, None, "0.3")


def test_a_headless_tail_in_the_ring_is_a_continuation_and_glued_records_are_both_read() -> None:
    text = f"<--- Last few GCs --->\nt of marking 63 ms) (average mu = 0.218, current mu = 0.004) allocation failure G{FULL}\n\n{FATAL}\n"
    reader, records = read_text(text)
    assert [type(record) for record in records] == [CrashMarker, RingCollection, FatalError]
    assert reader.line_counts.unread == 0


def test_a_record_torn_by_the_fatal_message_is_read_as_far_as_it_goes() -> None:
    torn = "[16220]     4105 ms: Mark-sweep 25.2 (55.8) -> 22.8 (56.8) MB, 307.3 ms (+ 9.4 ms in 19"
    torn += "FATAL ERROR: CALL_AND_RETRY_LAST Allocation failed - process out of memory"
    _, records = read_text(torn + "\n")
    collection, fatal = records
    assert isinstance(collection, Collection)
    assert isinstance(fatal, FatalError)
    assert (collection.pause_ms, collection.cut) == (307.3, "19")
    assert fatal.location == "CALL_AND_RETRY_LAST"


def test_every_heap_option_of_a_line_is_read() -> None:
    _, records = read_text("NODE_OPTIONS='--max-old-space-size=512 --max-semi-space-size=32' node server.js\n")
    assert [(record.option, record.mb) for record in records if isinstance(record, HeapOption)] == [
        ("max_old_space_size", 512.0),
        ("max_semi_space_size", 32.0),
    ]


def test_a_frame_is_recognised_only_in_the_block_of_a_crash() -> None:
    reader, records = read_text(" 1: 0xb7c56e node::Abort() [node]\n")
    assert records == []
    assert reader.line_counts.foreign == 1


def test_reading_many_lines_at_once_gives_the_same_as_reading_them_one_by_one() -> None:
    lines = [
        SCAVENGE,
        FULL,
        SCAVENGE.replace("18 ms", "20 ms"),
        FULL.replace("(reduce) ", "").replace("; scavenge might not succeed", "; "),
    ]
    text = "\n".join(lines * 5) + "\n"
    together, at_once = read_text(text)
    apart, one_by_one = read_text("hello\n" + text)
    assert [repr(record).partition("wall_ms")[2] for record in at_once] == [
        repr(record).partition("wall_ms")[2] for record in one_by_one
    ]
    assert together.recognised_by == apart.recognised_by
    assert together.line_counts.recognised == 20


LINES = st.sampled_from(
    [SCAVENGE, FULL, FULL[:100], FULL[100:], FATAL, "hello", "", "<--- Last few GCs --->", "[7:0x10] what", " 1: 0xb7c56e node::Abort() [node]",
     f"app {SCAVENGE}{FULL}", "FATAL ERROR: Ineffective mark-compacts near heap limit Allocation failed -", "JavaScript heap out of memory"]
)  # fmt: skip


@settings(max_examples=200)
@given(st.lists(LINES, max_size=12), st.integers(1, 5), st.booleans())
def test_every_line_is_counted_once(lines: list[str], block_lines: int, ends: bool) -> None:
    text = "\n".join(lines) + ("\n" if ends else "")
    reader, _ = read_text(text, block_lines)
    counts = reader.line_counts
    assert counts.total == len(text.encode().splitlines())
    assert counts.total == counts.recognised + counts.foreign + counts.continuation + counts.unread


@settings(max_examples=100)
@given(st.lists(LINES, max_size=12), st.integers(1, 5))
def test_blocks_do_not_change_what_is_read(lines: list[str], block_lines: int) -> None:
    text = "".join(line + "\n" for line in lines)

    def by_line(records: list[Record]) -> list[tuple[int, str]]:
        return sorted((record.line, repr(record)) for record in records)

    assert by_line(read_text(text, block_lines)[1]) == by_line(read_text(text)[1])


@pytest.mark.parametrize("line", [SCAVENGE, FULL], ids=["scavenge", "full"])
def test_a_log_cut_at_any_byte_is_read_without_a_wrong_value(line: str) -> None:
    (whole,) = collections_of(line + "\n")
    for at in range(len(line)):
        reader, records = read_text(f"{SCAVENGE}\n{line[:at]}")
        assert reader.line_counts.total == 1 + (at > 0)
        for record in records[1:]:
            assert isinstance(record, Collection)
            assert record.used_after_mb == whole.used_after_mb
            assert record.pause_ms in (None, whole.pause_ms)
            assert record.average_mu in (None, whole.average_mu)
            assert record.incremental_ms in (None, whole.incremental_ms)
