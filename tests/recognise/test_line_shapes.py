"""Shapes of the application's lines: what is a value, whose lines they are, and how they are counted."""

from __future__ import annotations

import numpy as np
import pytest

from gclog.recognise.line_shapes import MOST_SHAPES, LineShapes, ShapeCounts, shape_of
from gclog.source.open import Block

GC = "[15801:0x29969b80]       50 ms: Scavenge 4.1 (4.2) -> 3.4 (5.2) MB, 0.57 / 0.00 ms  (average mu = 1.000, current mu = 1.000) allocation failure; "


def count(text: str, *ends: int, block_lines: int = 1_000_000) -> ShapeCounts:
    """The shapes of a log, read in blocks of some lines."""
    shapes = LineShapes(np.array(ends, dtype=np.int64))
    lines = text.splitlines(keepends=True)
    for begin in range(0, len(lines), block_lines):
        shapes.read(Block("".join(lines[begin : begin + block_lines]).encode(), begin + 1))
    return shapes.finish()


def by_shape(counts: ShapeCounts) -> dict[str, list[int]]:
    return dict(zip(counts.shapes, counts.counts.tolist(), strict=True))


@pytest.mark.parametrize(
    ("line", "shape"),
    [
        ("POST /cart 200 12.345 ms - 17", "POST /cart … … ms - …"),
        ("GET /users/3f2abcde-aaaa-bbbb-cccc-ddddeeeeffff HTTP/1.1", "GET /users/… HTTP/…"),
        ("GET /search?q=red+shoes&page=x done", "GET /search… done"),
        ("[2026-12-01T14:00:00.123Z] INFO job 17 done in 12ms", "[…] INFO job … done in …"),
        ("mail to ann.b@example.com sent", "mail to … sent"),
        ("session 9f8a77c0de kept", "session … kept"),
        ('{"time":1764598800,"msg":"cart saved","id":"a1b2"}', '{"time":…,"msg":"cart saved","id":"…"}'),
        ("\x1b[32mGET /a\x1b[0m   is  done", "GET /a is done"),
        ("really? yes", "really? yes"),
    ],
)
def test_values_are_left_open_and_words_are_kept(line: str, shape: str) -> None:
    assert shape_of(line) == shape


def test_lines_are_counted_between_the_ends_of_stretches() -> None:
    log = "job 1 done\njob 2 done\nmail 7\njob 3 done\nmail 8\njob 4 done\n"
    counts = count(log, 2, 4)
    assert by_shape(counts) == {"job … done": [2, 1], "mail …": [0, 1]}
    assert counts.first_lines == (1, 3)


@pytest.mark.parametrize("block_lines", [1, 2, 5])
def test_blocks_make_no_difference(block_lines: int) -> None:
    log = "".join(f"{'mail' if number % 3 else 'job'} {number} done\n" for number in range(20))
    whole, parts = count(log, 7, 15, 20), count(log, 7, 15, 20, block_lines=block_lines)
    assert by_shape(parts) == by_shape(whole)
    assert parts.first_lines == whole.first_lines


def test_lines_of_v8_and_what_else_is_recognised_are_not_the_applications() -> None:
    log = f"job 1 done, status ok\n{GC}\nRSS: 120.3 MB, heap used: 30.1 MB\n\njob 2 done, status ok\n"
    assert by_shape(count(log, 5)) == {"job … done, status ok": [2]}


def test_rare_words_of_which_there_are_many_in_one_place_are_values() -> None:
    names = ["ada", "ben", "cid", "dan", "eve", "fay", "gus", "hal", "ivy", "jon"]
    log = "".join(f"welcome {name} again\n" for name in names) + "tick\n" * 2000 + "tock\n" * 2000
    assert by_shape(count(log, 9999)) == {"welcome … again": [10], "tick": [2000], "tock": [2000]}


def test_frequent_words_are_kept_apart_however_many_there_are() -> None:
    paths = [f"/{chr(97 + number) * 3}" for number in range(12)]
    assert len(by_shape(count("".join(f"GET {path}\n" * 30 for path in paths), 9999))) == 12


def test_more_shapes_than_are_kept_are_counted_together() -> None:
    words = ["".join(chr(97 + number // 26**place % 26) for place in range(3)) for number in range(MOST_SHAPES + 50)]
    log = "".join(f"{word} {word[::-1]} {word}\n" for word in words)
    counts = count(log, 100_000)
    assert counts.other.tolist() == [50]
    assert counts.counts.sum() == MOST_SHAPES


def test_ids_with_letters_make_no_shapes_of_their_own() -> None:
    random = np.random.default_rng(4)
    ids = ["".join(random.choice(list("0123456789abcdef"), 16)) for _ in range(2000)]
    log = "".join(f"GET /users/{one} done\nsession of {one} kept\n" for one in ids)
    assert by_shape(count(log, 2000, 4000, block_lines=500)) == {
        "GET /users/… done": [1000, 1000],
        "session of … kept": [1000, 1000],
    }
