"""Lines of a v8.log: every one counted once, however the log is cut into blocks."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gclog.model.process import LineCounts
from gclog.recognise.v8_log import LogLine, LogReader, TickRun
from gclog.source.blocks import Block

TICK = "tick,0x1010,1,0,0x0,0,0x2010"
LINES = [
    TICK,
    "tick,0x1010,2,0,0x0,1,overflow",
    "tick,0x1010,0x7fff,0,0x0,2",
    "tick,broken",
    "v8-version,11,3,244,8,-node.38,0",
    "code-creation,JS,10,5,0x2000,16,f /x.js:1:1,0x3000,~",
    "code-creation,JS,10,5,0x2000,16,line",
    "break /x.js:1:1,0x3000,~",
    "code-creation,broken",
    "code-move,0x1,0x2",
    "code-move,broken",
    "the application's own line",
    "api,v8::Context::New",
    "",
]


def read(text: str, cuts: list[int] | None = None, *, as_node: bool = False) -> tuple[list[TickRun | LogLine], LogReader]:
    """What the reader gives of a text cut after some of its lines."""
    reader = LogReader(as_node=as_node)
    items: list[TickRun | LogLine] = []
    lines = text.encode().splitlines(keepends=True)
    edges = sorted({0, *(cut for cut in cuts or [] if cut < len(lines)), len(lines)})
    for first, last in itertools.pairwise(edges):
        items += reader.read(Block(b"".join(lines[first:last]), first + 1))
    items += reader.finish()
    return items, reader


@settings(max_examples=150, derandomize=True)
@given(st.lists(st.sampled_from(LINES), max_size=30), st.lists(st.integers(1, 30), max_size=4))
def test_every_line_is_counted_once_however_the_log_is_cut(lines: list[str], cuts: list[int]) -> None:
    text = "".join(line + "\n" for line in lines)
    items, reader = read(text, cuts)
    counts = reader.line_counts
    assert counts.total == len(lines) == counts.recognised + counts.foreign + counts.continuation + counts.unread
    whole, other = read(text)
    assert other.line_counts == counts
    assert ticks_of(items) == ticks_of(whole)
    assert [item for item in items if isinstance(item, LogLine)] == [item for item in whole if isinstance(item, LogLine)]


def ticks_of(items: list[TickRun | LogLine]) -> list[tuple[int, object]]:
    return [(item.first_line + i, row) for item in items if isinstance(item, TickRun) for i, row in enumerate(item.rows)]


@pytest.mark.parametrize(
    ("line", "kind"),
    [
        (TICK, "recognised"),
        ("code-creation,broken", "unread"),
        ("tick,broken", "unread"),
        ("the application's own line", "foreign"),
        ("suspect-read,Object,events", "recognised"),
        ("", "foreign"),
    ],
)
def test_a_line_is_of_one_kind(line: str, kind: str) -> None:
    _, reader = read(line + "\n")
    expected = {"total": 1, "recognised": 0, "foreign": 0, "continuation": 0, "unread": 0, kind: 1}
    assert reader.line_counts == LineCounts(**expected)


def test_a_name_with_a_line_break_is_one_record_and_for_node_it_is_two_lines() -> None:
    text = "code-creation,JS,10,5,0x2000,16,line\nbreak /x.js:1:1,0x3000,~\n"
    (item,), reader = read(text)
    assert isinstance(item, LogLine)
    assert (item.fields["name"], item.repaired) == ("line\\nbreak /x.js:1:1", 1)
    assert reader.line_counts == LineCounts(2, 1, 0, 1, 0)
    (item,), reader = read(text, as_node=True)
    assert isinstance(item, LogLine)
    assert (item.fields["name"], reader.line_counts.foreign) == ("line", 1)


def test_ticks_of_the_older_form_have_no_time() -> None:
    (item,), _ = read("tick,0x86b995,0x7ffd48a62df0,1,0x9b8c20,2,0x3a6a4c72efac\n")
    assert isinstance(item, TickRun)
    assert item.rows == [(b"0x86b995", b"", b"1", b"0x9b8c20", b"2", b"", b",0x3a6a4c72efac")]


def test_an_unread_line_is_kept_with_its_number_and_the_reason() -> None:
    _, reader = read(f"{TICK}\ncode-move,0x1\ncode-move,0x2\n")
    (shape,) = reader.unread_shapes
    assert (shape.count, shape.first_line, shape.sample) == (2, 2, "code-move,0x1")
    assert "expected" in shape.why


def test_a_very_long_line_is_read_in_linear_time() -> None:
    source = "x" * 5_000_000
    (item,), _ = read(f"script-source,1,/app/x.js,{source}\n")
    assert isinstance(item, LogLine)
    assert len(item.fields["source"]) == 5_000_000
