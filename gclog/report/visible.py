"""Log text made harmless to look at: nothing in it moves a cursor, rings a bell or turns the reading direction.

A log is written by strangers. A control character is shown in caret notation (`^[` for escape: every font has it), a
bidirectional control, an invisible format character or half a surrogate pair as its code point (`<U+202E>`); letters
stay as they are, right-to-left ones included.
"""

from __future__ import annotations

import unicodedata

__all__ = ["cut", "cut_middle", "make_visible"]

CONTROLS_END, DELETE = 0x20, 0x7F
CARET = 0x40
"""Added or taken (they differ in one bit), it turns a control into the character that is shown for it after the caret."""

TAB_AS = "    "

INVISIBLE_CATEGORIES = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})
"""Controls, format characters (all bidirectional ones are here), surrogates, private use, unassigned, line separators."""


def make_visible(text: str) -> str:
    """`text` in one line, with every character that acts instead of showing replaced by one that shows."""
    if text.isascii() and text.isprintable():
        return text
    return "".join(_visible(character) for character in text)


def cut(text: str, length: int) -> str:
    """`text`, or its first `length` characters and how many more there are."""
    if len(text) <= length:
        return text
    return f"{text[:length]}… ({len(text) - length:,} more characters)"


def cut_middle(text: str, length: int) -> str:
    """`text`, or `length` characters of it with an ellipsis in the middle: a path's end, its file and line, says the most."""
    if len(text) <= length:
        return text
    begin = max(length - 1, 0) // 3
    end = max(length - 1 - begin, 0)
    return f"{text[:begin]}…{text[len(text) - end :]}"


def _visible(character: str) -> str:
    if character.isprintable():
        return character
    code = ord(character)
    if character == "\t":
        return TAB_AS
    if code < CONTROLS_END or code == DELETE:
        return f"^{chr(code ^ CARET)}"
    if unicodedata.category(character) in INVISIBLE_CATEGORIES:
        return f"<U+{code:04X}>"
    return " "  # the other spaces, no-break space among them
