"""Lines that a container runtime has cut into parts."""

from __future__ import annotations

from pathlib import Path

from made_logs import scavenge

from gclog.incident.pipeline import analyze
from gclog.recognise.partial import PARTIAL_LENGTH, PartialLine
from gclog.recognise.reader import Reader
from gclog.source.open import Block

HEAD = "2026-03-14T03:12:07Z stdout P [1:0x5581]       40 ms: Scavenge "
PART = "2026-03-14T03:12:07Z stdout P " + "x" * 16_000 + "\n"


def test_the_parts_are_one_line() -> None:
    line = PartialLine()
    assert line.end("whole") == "whole"
    line.take("one ")
    line.take("two ")
    assert line.is_open
    assert line.end("three") == "one two three"
    assert not line.is_open
    assert (line.cut_lines, line.dropped) == (0, 0)


def test_of_a_line_without_end_only_a_beginning_is_kept_and_the_rest_is_counted() -> None:
    line = PartialLine()
    for _ in range(10):
        line.take("x" * PARTIAL_LENGTH)
    assert len(line.end("y")) == PARTIAL_LENGTH
    assert (line.cut_lines, line.dropped) == (1, 9 * PARTIAL_LENGTH + 1)


def test_a_line_that_begins_with_an_empty_part_is_one() -> None:
    line = PartialLine()
    line.take("")
    assert line.is_open
    assert line.end("rest") == "rest"


def test_endless_parts_are_continuations_and_what_is_dropped_is_counted() -> None:
    reader = Reader()
    reader.read(Block(f"{HEAD}\n".encode(), 1))
    for number in range(100):
        reader.read(Block((PART * 10).encode(), 2 + 10 * number))
    begun = len(HEAD.partition(" P ")[2])
    assert reader.partial.dropped == begun + 16_000 * 1000 - PARTIAL_LENGTH
    assert reader.line_counts.continuation == 1001


def test_a_report_says_what_was_dropped(tmp_path: Path) -> None:
    log = tmp_path / "pod.log"
    log.write_text(
        f"{HEAD}\n" + PART * 100 + f"2026-03-14T03:12:08Z stdout F end\n2026-03-14T03:12:09Z stdout F {scavenge(5)}\n"
    )
    [source] = analyze(log).sources
    assert "lines in parts above 1 MiB cut: 1; characters not read at their ends: 551,460" in source.notes
