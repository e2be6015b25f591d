"""A report as a document: what is said and in which order, without layout. `gclog.report.say` makes it, `gclog.report.render` shows it.

Text is as the log has it, hostile text included: each renderer makes it harmless for where it goes. A block says what a
reader is shown (facts, a table, lines of the log), never how wide or in which colour.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

__all__ = [
    "Badge",
    "Block",
    "Bullets",
    "Code",
    "Column",
    "Document",
    "Facts",
    "Inline",
    "Lines",
    "Said",
    "Section",
    "Table",
    "Tone",
    "Words",
    "inlines",
]

Tone = Literal["", "strong", "faint", "quoted", "good", "notice", "warning", "bad", "fatal"]
"""How words are meant. `quoted` are words of the log, `faint` an aside; the last five go from good to fatal."""


# ---------------------------------------------------------------- within a line


@dataclass(frozen=True, slots=True)
class Words:
    """A sentence, or a part of one. A name between backticks in it is code."""

    text: str
    tone: Tone = ""


@dataclass(frozen=True, slots=True)
class Code:
    """A name or a command, literally: a constructor, a function, a path."""

    text: str
    tone: Tone = ""


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


# ---------------------------------------------------------------- blocks


@dataclass(frozen=True, slots=True)
class Facts:
    """Rows of a label and what is known of it, in one to three cells. A row with a strong label matters more than the others.

    titles  of the columns, for the forms that show facts as a table; without them they are a list there
    """

    rows: tuple[tuple[Said, ...], ...]
    titles: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Column:
    """A column of a table.

    figures  numbers, flush right
    wraps    its cells may be broken over lines
    least    characters that it gets however long the others are
    """

    title: str
    figures: bool = False
    wraps: bool = False
    least: int = 0


@dataclass(frozen=True, slots=True)
class Table:
    """Rows of cells, as many as there are columns; the first cell names the row. `legend`: what the columns say."""

    columns: tuple[Column, ...]
    rows: tuple[tuple[Said, ...], ...]
    legend: str = ""


@dataclass(frozen=True, slots=True)
class Bullets:
    """Sentences, each for itself."""

    items: tuple[Said, ...]


@dataclass(frozen=True, slots=True)
class Lines:
    """Lines in their order.

    deep    they are the details of what is above them
    fenced  shown literally, as a path or a stack is
    """

    lines: tuple[Said, ...]
    deep: bool = False
    fenced: bool = False


Block = Facts | Table | Bullets | Lines


# ---------------------------------------------------------------- the whole


@dataclass(frozen=True, slots=True)
class Section:
    """Blocks below a heading. `key` names it within the document, for links. `folded`: details, opened on demand or left out."""

    key: str
    title: str
    blocks: tuple[Block, ...]
    folded: bool = False


@dataclass(frozen=True, slots=True)
class Document:
    """A report: the answer first, what it rests on, then the sections. `command`: the command line that made it, or empty."""

    answer: Said
    head: tuple[Block, ...]
    sections: tuple[Section, ...]
    version: str
    command: str = ""
