"""Text freed of what terminals, HTML, Markdown and source code do to it: colours, entities, tags, escapes, odd blanks."""

from __future__ import annotations

import re

__all__ = ["clean", "split_literal", "unescape_literal"]

_ESCAPE_CHARACTER = r"(?:\x1b|\u241b|\^\[|\\(?:x1[bB]|u001[bB]|033|e))"
"""ESC, its picture, as `cat -v` shows it, as source code writes it."""

_COLOURS = re.compile(
    rf"{_ESCAPE_CHARACTER}\[[0-?]*[ -/]*[@-Z\\-~]"  # control sequences (ECMA-48); none ends with [, which a tag may begin
    r"|\x9b[0-?]*[ -/]*[@-Z\\-~]"
    r"|\x1b\][^\x07\x1b]*(?:\x07|\x1b\\)"  # titles and links of a terminal
    r"|\x1b[ -/]*[0-~]"
    r"|\[\d{1,3}(?:;\d{1,3})*m"  # what remains if something dropped the ESC; V8 prints no [32m
)
_ORPHAN_COLOUR = re.compile(r"\[\d{1,3}(?:;\d{1,3})*m")

_ENTITY = re.compile(r"&(?:lt|gt|amp|quot|apos|nbsp|#\d{1,5}|#x[0-9a-fA-F]{1,4});")
_UNICODE_ESCAPE = re.compile(r"(?<!\\)\\++u00(2[267]|3[cCeE])")
"""& ' " < > as written by JSON encoders that guard against HTML."""

_TAG = re.compile(r"</?(?:a|b|br|code|div|em|font|i|kbd|li|ol|p|pre|samp|span|strong|td|tr|u|ul)\b[^<>]*>", re.IGNORECASE)
"""Tags of web pages; not <JSObject> or <String[3]: abc>, which V8 prints."""

_MARKDOWN_SIGN = re.compile(r"\\\[\d|\\<-|\\-->")
_MARKDOWN_ESCAPE = re.compile(r"\\([\[\]<>()_*`#|-])")

_ODD_BLANKS = {0xA0: " ", 0x2007: " ", 0x202F: " ", 0x200B: None, 0xFEFF: None}

_LITERAL_ESCAPE = re.compile(
    r"\\(?:u\{([0-9a-fA-F]{1,6})\}|u([0-9a-fA-F]{4})|x([0-9a-fA-F]{2})|([0-3]?[0-7]{1,2})|(.))", re.DOTALL
)
_LITERAL_LETTERS = {"n": "\n", "r": "\r", "t": "\t", "b": "\b", "f": "\f", "v": "\v", "e": "\x1b"}

_WRITTEN_NEWLINE = re.compile(r"(?<!\\)(?:\\++r)?\\++n")


def clean(text: str) -> str:
    """The text without colours, tags, entities and odd blanks. Costs next to nothing if there are none."""
    if not text.isascii():
        text = text.translate(_ODD_BLANKS)
        text = _COLOURS.sub("", text)
    elif "\x1b" in text or "^[" in text or _ORPHAN_COLOUR.search(text) is not None:
        text = _COLOURS.sub("", text)
    if "\\" in text:
        text = _clean_backslashes(text)
    if "<" in text:
        text = _TAG.sub("", text)
    if "&" in text:
        text = _ENTITY.sub(_entity, _ENTITY.sub(_entity, text))  # &amp;gt; is escaped twice
    return text


def _entity(found: re.Match[str]) -> str:
    import html

    return html.unescape(found[0]).translate(_ODD_BLANKS)


def _clean_backslashes(text: str) -> str:
    if _UNICODE_ESCAPE.search(text):
        text = _UNICODE_ESCAPE.sub(lambda found: chr(int(found[1], 16)), text)
    if _MARKDOWN_SIGN.search(text):
        text = _MARKDOWN_ESCAPE.sub(r"\1", text)
    return _COLOURS.sub("", text) if "m" in text and "[" in text else text


def unescape_literal(text: str) -> str:
    """The value of a string literal of JavaScript, JSON, Java, C or Python, without its quotes."""
    return _LITERAL_ESCAPE.sub(_unescaped, text) if "\\" in text else text


def _unescaped(found: re.Match[str]) -> str:
    digits = found[1] or found[2] or found[3]
    if digits:
        code = int(digits, 16)
        return chr(code) if code <= 0x10FFFF and not 0xD800 <= code <= 0xDFFF else "\ufffd"
    if found[4]:
        return chr(int(found[4], 8))
    return _LITERAL_LETTERS.get(found[5], found[5])


def split_literal(text: str) -> list[str]:
    """The text cut at newlines that are written out (backslash, n), the rest of it as it is."""
    return _WRITTEN_NEWLINE.split(text)
