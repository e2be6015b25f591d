"""Names as they were escaped, and the places in them."""

from __future__ import annotations

import pytest

from gclog.profile.names import Place, split_place, unescape, unescape_as_node


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("plain", "plain"),
        (r"a\x2Cb", "a,b"),
        (r"a\nb", "a\nb"),
        (r"\\d+", r"\d+"),
        (r"é", "é"),
        (r"\w", r"\w"),
        ("end\\", "end\\"),
    ],
)
def test_an_escape_is_undone_and_anything_else_stays(text: str, meant: str) -> None:
    assert unescape(text) == meant


@pytest.mark.parametrize(
    ("text", "doubled", "read"),
    [(r"a\x2Cb", True, "a,b"), (r"\\d+", True, r"\d+"), (r"\\d+", False, "\xd7"[:0] + "\x0d"), (r"\w12", True, "\x12")],
)
def test_node_takes_what_it_does_not_know_for_digits(text: str, doubled: bool, read: str) -> None:
    assert unescape_as_node(text, doubled) == read


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("burn /app/x.js:4:14", Place("burn", "/app/x.js", 4, 14)),
        (" /app/x.js:3:5", Place("", "/app/x.js", 3, 5)),
        ("EQUALS native runtime.js:54", Place("EQUALS", "native runtime.js", 54, None)),
        ("get size /my app/a b.js:1:2", Place("get size", "/my app/a b.js", 1, 2)),
        ("f C:\\app\\x.js:1:2", Place("f", "C:\\app\\x.js", 1, 2)),
        ("req node:internal/util:598:30", Place("req", "node:internal/util", 598, 30)),
        (" :1:17", Place("", None, 1, 17)),
        ("f evalmachine.<anonymous>:-1:20", Place("f", "evalmachine.<anonymous>", -1, 20)),
        ("new", Place("new", None, None, None)),
        ("", Place("", None, None, None)),
    ],
)
def test_a_name_says_where_its_function_is(text: str, place: Place) -> None:
    assert split_place(text) == place
