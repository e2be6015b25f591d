"""No character of a log may act on a terminal or turn a line around."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gclog.report.visible import cut, make_visible


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("plain [red] </script>", "plain [red] </script>"),
        ("\x1b[31m", "^[[31m"),
        ("a\tb", "a    b"),
        ("a\r\n\x00\x7f", "a^M^J^@^?"),
        ("\x9b31m", "<U+009B>31m"),
        ("\u202egnp.exe", "<U+202E>gnp.exe"),
        ("\u2066x\u2069", "<U+2066>x<U+2069>"),
        ("\u200b\ufeff\u2028", "<U+200B><U+FEFF><U+2028>"),
        ("\ud800", "<U+D800>"),
        ("שלום größe 日本 💥", "שלום größe 日本 💥"),
        ("1\u00a0000", "1 000"),
        ("", ""),
    ],
    ids=[
        "plain",
        "escape",
        "tab",
        "controls",
        "C1",
        "override",
        "isolates",
        "invisible",
        "surrogate",
        "letters",
        "space",
        "empty",
    ],
)
def test_what_would_act_is_shown(text: str, shown: str) -> None:
    assert make_visible(text) == shown


@given(st.text(st.characters()))
def test_no_text_at_all_comes_out_with_a_character_that_acts(text: str) -> None:
    assert not [c for c in make_visible(text) if unicodedata.category(c) in {"Cc", "Cf", "Cs", "Zl", "Zp"}]


@pytest.mark.parametrize(
    ("text", "length", "shown"),
    [("abc", 3, "abc"), ("abcd", 3, "abc… (1 more characters)"), ("x" * 5000, 1, "x… (4,999 more characters)")],
    ids=["fits", "one over", "long"],
)
def test_a_long_text_says_how_much_is_missing(text: str, length: int, shown: str) -> None:
    assert cut(text, length) == shown
