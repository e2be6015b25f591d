"""A document as Markdown, for an issue or a ticket: plain GitHub-flavoured Markdown without HTML, which GitHub, GitLab and Jira's editor take.

Everything enters through `gclog.report.render.markdown_escape`. Short: what is folded is left out, and a long table is cut.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import assert_never

from gclog import units
from gclog.report.document import (
    Badge,
    Block,
    Bullets,
    Code,
    Document,
    Facts,
    Inline,
    Lines,
    Said,
    Section,
    Table,
    Tone,
    Words,
    inlines,
)
from gclog.report.render.markdown_escape import as_code, as_fence, as_item, as_table, as_text, mark_begin

__all__ = ["render"]

FENCED_LENGTH = 320
"""Characters of a line in a fence: a line of `--trace-gc` with steps, mu and two reasons has about 300."""

LONGEST_TABLE = 21
"""Rows of a table."""

PLAIN_TONES: frozenset[Tone] = frozenset({"", "faint", "quoted"})
"""What is meant otherwise is bold."""


def render(document: Document) -> str:
    """The document as Markdown, without an end of line at its end."""
    return "\n\n".join(part for part in _parts(document) if part)


def _parts(document: Document) -> Iterator[str]:
    if document.answer:
        yield f"## {_plain(document.answer)}"
    yield from _blocks(document.head)
    for section in document.sections:
        if not section.folded:
            yield from _section(section)
    yield f"gclog {as_text(document.version)}" + (f": {as_code(document.command)}" if document.command else "")


def _section(section: Section) -> Iterator[str]:
    yield f"### {as_text(section.title)}"
    yield from _blocks(section.blocks)


def _blocks(blocks: Iterable[Block]) -> Iterator[str]:
    for block in blocks:
        match block:
            case Facts():
                yield from _facts(block)
            case Table():
                yield from _table(block)
            case Bullets(items=items):
                yield _list(items)
            case Lines(lines=lines, fenced=fenced):
                yield as_fence(map(_bare, lines), FENCED_LENGTH) if fenced else _list(lines)
            case _:
                assert_never(block)


# ---------------------------------------------------------------- within a line


def _said(said: Said) -> str:
    """A line, with what is meant strongly in bold."""
    return " ".join(filter(None, map(_inline, inlines(said))))


def _inline(part: Inline) -> str:
    text = _plain(part)
    return f"**{text}**" if text and part.tone not in PLAIN_TONES else text


def _plain(said: Said) -> str:
    """A line without emphasis."""
    return " ".join(filter(None, map(_escaped, inlines(said))))


def _escaped(part: Inline) -> str:
    match part:
        case Words(text=text):
            return as_text(text)
        case Code(text=text):
            return as_code(text)
        case Badge(text=text):
            return f"{as_text(text)}:"
        case _:
            assert_never(part)


def _bare(said: Said) -> str:
    """A line for a fence, in which nothing is markup."""
    return "".join(part.text for part in inlines(said))


# ---------------------------------------------------------------- blocks


def _list(items: Iterable[Said]) -> str:
    return "\n".join(f"- {mark_begin(text)}" for text in map(_said, items) if text)


def _facts(facts: Facts) -> Iterator[str]:
    """What matters most stands alone, the others are a table or a list."""
    alone = [row for row in facts.rows if _is_strong(row[0])]
    others = [row for row in facts.rows if not _is_strong(row[0])]
    yield from (f"**{_plain(label)}:** {_joined(map(_plain, cells))}" for label, *cells in alone)
    if facts.titles and others:
        yield as_table(facts.titles, [tuple(map(_said, row)) for row in others])
    else:
        yield "\n".join(f"- {_plain(label)}: {_joined(map(_said, cells))}" for label, *cells in others)


def _is_strong(label: Said) -> bool:
    return any(part.tone == "strong" for part in inlines(label))


def _joined(cells: Iterable[str]) -> str:
    return "; ".join(filter(None, cells))


def _table(table: Table) -> Iterator[str]:
    figures = [place for place, column in enumerate(table.columns) if column.figures]
    rows = [tuple(map(_said, row)) for row in table.rows[:LONGEST_TABLE]]
    yield as_table([column.title for column in table.columns], rows, figures)
    hidden = len(table.rows) - len(rows)
    if hidden > 0:
        yield f"and {units.count(hidden)} more"
    yield as_item(table.legend)
