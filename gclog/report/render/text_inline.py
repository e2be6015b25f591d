"""Words within a line, for a terminal: the one way by which text of the log gets there, shown literally."""

from __future__ import annotations

from typing import Literal, assert_never

from rich.text import Text

from gclog.report.inline import Badge, Code, Said, Tone, Words, inlines
from gclog.report.visible import cut, make_visible

__all__ = ["LONGEST_QUOTE", "LONGEST_TEXT", "STYLES", "log_text", "said_text"]

LONGEST_TEXT = 2000
"""Characters of a message shown in full before it is cut."""

LONGEST_QUOTE = 240
"""Characters of a line of the log: a line of `--trace-gc` with mu and two reasons has about 200."""

STYLES: dict[Tone, str] = {
    "": "",
    "strong": "bold",
    "faint": "dim",
    "quoted": "italic",
    "good": "bold green",
    "notice": "bold cyan",
    "warning": "bold yellow",
    "bad": "bold red",
    "fatal": "bold white on red",
}


def log_text(text: str, style: str = "", length: int = LONGEST_TEXT) -> Text:
    """Text that may come from the log."""
    return Text(cut(make_visible(text), length), style=style, overflow="fold")


def said_text(said: Said, overflow: Literal["fold", "ellipsis"] = "fold") -> Text:
    text = Text(overflow=overflow)
    for part in inlines(said):
        style = STYLES[part.tone]
        match part:
            case Words() | Code():
                text.append_text(log_text(part.text, style, LONGEST_QUOTE if part.tone == "quoted" else LONGEST_TEXT))
            case Badge():
                text.append_text(log_text(f" {part.text} ", style if part.tone == "fatal" else f"{style} reverse"))
                text.append(" ")
            case _:
                assert_never(part)
    return text
