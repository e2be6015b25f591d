"""Strings that are there more than once: how much they take, and what holds them."""

from __future__ import annotations

from pathlib import Path

from made_heaps import MadeHeap
from rendered import render_as

from gclog.heap.diff import diff_heaps
from gclog.heap.equal_strings import EqualOnes, find_equal_strings, members_of
from gclog.model.heap import HeapDiff, RepeatedStrings
from gclog.model.not_known import NotKnown
from gclog.report.redact.report import redact
from gclog.report.redact.strings import hide_strings_of

GERMANY = "Federal Republic of Germany"


def countries() -> MadeHeap:
    """Three texts: one 400 times in `rows`, one three times of which one has another size, one once; and strings in parts."""
    heap = MadeHeap()
    heap.node("root", "", 0, kind="synthetic", id=1)
    heap.node("roots", "(GC roots)", 0, kind="synthetic", id=3)
    heap.node("global", "global", 40)
    heap.node("rows", "Array", 16)
    heap.edge("root", "roots", 1, "element")
    heap.edge("root", "global", 2, "shortcut")
    heap.edge("global", "rows", "rows")
    for number in range(400):
        heap.edge("rows", heap.node(f"g{number}", GERMANY, 1000, kind="string"), number, "element")
    for number, size in enumerate((50, 50, 90)):
        heap.edge("global", heap.node(f"o{number}", "open", size, kind="string"), f"o{number}")
    heap.edge("global", heap.node("lone", "closed", 70, kind="string"), "lone")
    for number in range(20):
        heap.edge("rows", heap.node(f"c{number}", "(concatenated string)", 5000), number + 500, "element")
    return heap


def compare(tmp_path: Path) -> HeapDiff:
    return diff_heaps([str(countries().write(tmp_path / "1.heapsnapshot"))])


def test_strings_are_equal_by_text_and_size_and_all_but_one_of_each_are_copies(tmp_path: Path) -> None:
    snapshot = countries().read(tmp_path)
    found = find_equal_strings(snapshot, 600_000)
    assert (found.count, found.bytes, found.copies_bytes) == (402, 400_100, 399_050)
    (one,) = found.largest
    assert (snapshot.strings[one.name], one.count, one.bytes) == (GERMANY, 400, 1000)
    assert members_of(snapshot, one).tolist() == list(range(4, 404))
    other = EqualOnes(int(snapshot.names[404]), 2, 50)
    assert members_of(snapshot, other).tolist() == [404, 405]


def test_what_takes_little_of_the_heap_is_added_up_but_not_named(tmp_path: Path) -> None:
    found = find_equal_strings(countries().read(tmp_path), 1_000_000_000)
    assert found.largest == () and found.copies_bytes == 399_050


def test_the_report_says_how_much_and_what_holds_them(tmp_path: Path) -> None:
    text = " ".join(render_as("heap", "text", compare(tmp_path), version="9.9").split())
    assert "402 strings have an equal one, 390.7 KB in all; once each, they would take 389.7 KB less." in text
    assert f"{GERMANY} 400 1000 bytes 389.6 KB `rows` (Array)" in text.replace("  ", " ") and "--show-strings" not in text


def test_their_text_is_hidden_unless_it_is_asked_for_and_in_a_redacted_report(tmp_path: Path) -> None:
    diff = compare(tmp_path)
    for shown in (hide_strings_of(diff), redact(diff)):
        assert isinstance(shown.strings, RepeatedStrings) and shown.strings.largest[0].text == "…"
        assert GERMANY not in "".join(
            render_as("heap", form, shown, version="9.9") for form in ("text", "markdown", "html", "json")
        )
    assert "`--show-strings` shows their text" in " ".join(
        render_as("heap", "text", hide_strings_of(diff), version="9.9").split()
    )


def test_without_names_nothing_is_claimed(tmp_path: Path) -> None:
    text = countries().text()
    path = tmp_path / "cut.heapsnapshot"
    path.write_text(text[: text.index('"strings"')], encoding="ascii")
    diff = diff_heaps([str(path)])
    assert isinstance(diff.strings, NotKnown)
    assert "Equal strings" not in render_as("heap", "text", diff, version="9.9")
