"""What is said within a line: words and how they are meant, names of the program, a level's badge."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

__all__ = ["Badge", "Code", "Inline", "Said", "Tone", "Words", "inlines"]

Tone = Literal["", "strong", "faint", "quoted", "good", "notice", "warning", "bad", "fatal"]
"""How words are meant. `quoted` are words of the log, `faint` an aside; the last five go from good to fatal."""


@dataclass(frozen=True, slots=True)
class Words:
    """A sentence, or a part of one. A name between backticks in it is code. `to`: the key of the section that it leads to."""

    text: str
    tone: Tone = ""
    to: str = ""


@dataclass(frozen=True, slots=True)
class Code:
    """A name or a command, literally: a constructor, a function, a path.

    whole  the same in full, for who asks
    to     where a page leads from it: the key of a section
    """

    text: str
    tone: Tone = ""
    whole: str = ""
    to: str = ""


@dataclass(frozen=True, slots=True)
class Badge:
    """A verdict in a word or two, at the head of an answer: `WORSE`, `CRITICAL`."""

    text: str
    tone: Tone = ""


Inline = Words | Code | Badge
Said = str | Inline | tuple[Inline, ...]
"""What fits a line or a cell. A bare string is words without a tone; the empty one is nothing."""


def inlines(said: Said) -> tuple[Inline, ...]:
    """The parts of what is said, without empty ones."""
    match said:
        case str():
            parts: tuple[Inline, ...] = (Words(said),)
        case Words() | Code() | Badge():
            parts = (said,)
        case _:
            parts = said
    return tuple(part for part in parts if part.text)
