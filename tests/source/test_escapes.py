"""Colours, entities, tags and the escapes of source code, undone."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gclog.source.escapes import clean, unescape_literal


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("\x1b[1;31mred\x1b[0m", "red"),
        ("\x1b[38;5;208mo\x1b[m", "o"),
        ("\x1b[2K\x1b[1Gline", "line"),
        ("\x1b[[1:0x5d0]", "[1:0x5d0]"),
        ("\x1b]8;;http://a\x07link\x1b]8;;\x1b\\ x", "link x"),
        ("\x1b]0;torn title", "0;torn title"),
        ("^[[32mgreen^[[0m", "green"),
        ("␛[32mgreen", "green"),
        ("\\033[32mgreen\\x1b[0m\\u001B[0m\\e[0m", "green"),
        ("[32mgreen[0m [1:0x5d0] [99]", "green [1:0x5d0] [99]"),
        ("a &lt;b&gt; &amp;amp; &#39;&#x27;&quot;", "a <b> & ''\""),
        ("R&D; &copy; &lt", "R&D; &copy; &lt"),
        ("1&nbsp;ms", "1 ms"),
        ("\\u003c--- &amp;gt; \\u0026", "<--- > &"),
        ("<pre><b>x</b><br/></PRE><span class='a'>y</span>", "xy"),
        (
            "<JSObject> <String[3]: a> <--- Last few GCs ---> <undefined>",
            "<JSObject> <String[3]: a> <--- Last few GCs ---> <undefined>",
        ),
        ("\\[1:0x5d0\\] \\<--- a\\_b", "[1:0x5d0] <--- a_b"),
        ("C:\\[x]\\_y", "C:\\[x]\\_y"),
        ("a\u00a0b\u202fc\u200bd\ufeff", "a b cd"),
    ],
)
def test_what_was_done_to_a_text_is_undone(text: str, expected: str) -> None:
    assert clean(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a\\nb\\r\\n\\tc", "a\nb\r\n\tc"),
        ("\\\"\\'\\`\\\\n", "\"'`\\n"),
        ("\\x41\\u0042\\u{43}\\u{1F600}", "ABC😀"),
        ("\\033[0m\\0", "\x1b[0m\0"),
        ("\\ud800\\u{ffffff}", "\ufffd\ufffd"),
        ("no escapes", "no escapes"),
        ("torn \\", "torn \\"),
        ("\\xZZ", "xZZ"),
    ],
)
def test_the_value_of_a_string_literal(text: str, expected: str) -> None:
    assert unescape_literal(text) == expected


@given(st.text(st.characters(max_codepoint=0xFFFF, blacklist_categories=["Cs"])))
def test_a_literal_that_json_wrote_has_its_value(text: str) -> None:
    assert unescape_literal(json.dumps(text)[1:-1]) == text
