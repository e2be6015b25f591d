"""Encodings found and undone, line ends made alike."""

from __future__ import annotations

import codecs
import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gclog.source.encoding import choose_encoding, to_utf8, unify_newlines


@pytest.mark.parametrize(
    ("head", "told", "expected"),
    [
        (b"a line", None, ("utf-8", 0)),
        (b"", None, ("utf-8", 0)),
        (codecs.BOM_UTF8 + b"a", None, ("utf-8", 3)),
        (codecs.BOM_UTF16_LE + b"a\0", None, ("utf-16-le", 2)),
        (codecs.BOM_UTF16_BE + b"\0a", None, ("utf-16-be", 2)),
        (codecs.BOM_UTF32_LE + b"a\0\0\0", None, ("utf-32-le", 4)),
        (codecs.BOM_UTF32_BE + b"\0\0\0a", None, ("utf-32-be", 4)),
        ("a line".encode("utf-16-le"), None, ("utf-16-le", 0)),
        ("a line".encode("utf-16-be"), None, ("utf-16-be", 0)),
        (b"a line\0\0\0\0\0\0", None, ("utf-8", 0)),
        (codecs.BOM_UTF8 + b"a", "utf8", ("utf-8", 3)),
        (codecs.BOM_UTF8 + b"a", "latin-1", ("iso8859-1", 0)),
        (codecs.BOM_UTF16_BE + b"\0a", "utf-16", ("utf-16-be", 2)),
        (b"a line", "utf-16-le", ("utf-16-le", 0)),
    ],
)
def test_an_encoding_is_found_or_told(head: bytes, told: str | None, expected: tuple[str, int]) -> None:
    assert choose_encoding(head, told) == expected


def cut_up(data: bytes, cuts: list[int]) -> list[bytes]:
    places = [0, *sorted(cut % (len(data) + 1) for cut in cuts), len(data)]
    return [data[a:b] for a, b in itertools.pairwise(places)]


CUTS = st.lists(st.integers(0, 1000), max_size=8)


@given(st.text(st.characters(blacklist_categories=["Cs"])), st.sampled_from(["utf-16-le", "utf-16-be", "utf-32-le"]), CUTS)
def test_characters_torn_between_chunks_are_whole_again(text: str, encoding: str, cuts: list[int]) -> None:
    assert b"".join(to_utf8(cut_up(text.encode(encoding), cuts), encoding)).decode() == text


@given(st.text("ab\r\n"), CUTS)
def test_line_ends_torn_between_chunks_are_one(text: str, cuts: list[int]) -> None:
    expected = text.replace("\r\n", "\n").replace("\r", "\n")
    assert b"".join(unify_newlines(cut_up(text.encode(), cuts))).decode() == expected
