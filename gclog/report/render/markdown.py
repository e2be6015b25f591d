"""A document as Markdown, for an issue or a ticket: plain GitHub-flavoured Markdown without HTML, which GitHub, GitLab and Jira's editor take.

Everything enters through `gclog.report.render.markdown_escape`. Short: a long table is cut.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator, Sequence
from typing import assert_never

from gclog import units
from gclog.model.process import UnreadShape
from gclog.model.profile import ProfileUnit
from gclog.model.report import EvidenceLine
from gclog.report.document import (
    Badge,
    Block,
    Bullets,
    Code,
    Document,
    Drawing,
    Facts,
    Finding,
    Flame,
    Inline,
    Lines,
    Only,
    Path,
    Quotes,
    Ranked,
    Ranking,
    Said,
    Section,
    Share,
    Shares,
    Source,
    Strips,
    Table,
    Ticket,
    Tone,
    Tree,
    Words,
    inlines,
)
from gclog.report.render.markdown_escape import as_code, as_fence, as_item, as_table, as_text, mark_begin

__all__ = ["render", "render_card"]

FENCED_LENGTH = 320
"""Characters of a line in a fence: a line of `--trace-gc` with steps, mu and two reasons has about 300."""

LONGEST_TABLE = 21
"""Rows of a table."""

MOST_SHAPES = 5
"""Kinds of unread lines shown of each source: the most frequent."""

PLAIN_TONES: frozenset[Tone] = frozenset({"", "faint", "quoted"})
"""What is meant otherwise is bold."""


def render(document: Document) -> str:
    """The document as Markdown, without an end of line at its end."""
    return "\n\n".join(part for part in _document(document) if part)


def render_card(answer: Said, blocks: Iterable[Block]) -> str:
    """An answer and what it rests on, for a ticket that somebody else writes."""
    return "\n\n".join(part for part in (f"**{_plain(answer)}**", *_blocks(blocks)) if part)


def _document(document: Document) -> Iterator[str]:
    if document.title:
        yield f"**{as_text(document.title)}**"
    if document.note:
        yield "**Note:**"
        yield "\n".join(f"- {as_item(line)}" for line in document.note.splitlines() if line.strip())
    if document.answer:
        yield f"## {_plain(document.answer)}"
    yield from _blocks(document.head)
    for section in document.sections:
        yield from _section(section)
    yield f"gclog {as_text(document.version)}" + (f": {as_code(document.command)}" if document.command else "")


def _section(section: Section) -> Iterator[str]:
    """A heading and what is below it, if anything of that is shown here."""
    if "markdown" in section.not_in:
        return
    shown = [part for part in _blocks(section.blocks) if part]
    if section.answer:
        shown.insert(0, f"**{_plain(section.answer)}**")
    if shown:
        yield f"### {as_text(section.title)}"
        yield from shown
    for part in section.parts:
        yield from _section(part)


def _blocks(blocks: Iterable[Block]) -> Iterator[str]:
    for block in blocks:
        match block:
            case Facts():
                yield from _facts(block)
            case Table():
                yield from _table(block)
            case Ranking():
                yield from _ranking(block)
            case Bullets(items=items, most=most):
                yield _list(items[:most])
                yield _rest(len(items), most)
            case Lines(not_in=not_in):
                yield from () if "markdown" in not_in else _lines(block)
            case Quotes(lines=lines, title=title):
                yield f"{as_text(title)}:" if title else ""
                yield _evidence(lines)
            case Finding():
                yield from _finding(block)
            case Shares(titles=titles, rows=rows, unit=unit):
                yield as_table(titles, (_share(row, unit) for row in rows), right=(1, 2))
            case Tree(rows=rows):
                yield as_fence((_path(block, row) for row in rows), FENCED_LENGTH)
            case Source():
                yield from _source(block)
            case Only(blocks=inner, forms=forms):
                yield from _blocks(inner) if "markdown" in forms else ()
            case Strips() | Drawing() | Flame() | Ticket():
                pass  # pictures, and what a page offers: a ticket has the figures
            case _:
                assert_never(block)


# ---------------------------------------------------------------- within a line


def _said(said: Said) -> str:
    """A line, with what is meant strongly in bold."""
    return " ".join(_emphasised(part, text) for part, text in _parts(said))


def _emphasised(part: Inline, text: str) -> str:
    return f"**{text}**" if part.tone not in PLAIN_TONES else text


def _plain(said: Said) -> str:
    """A line without emphasis."""
    return " ".join(text for _, text in _parts(said))


def _parts(said: Said) -> Iterator[tuple[Inline, str]]:
    """The parts of a line and what is written of them; a badge has a colon before the words that it is about."""
    for part, following in itertools.pairwise((*inlines(said), None)):
        if part is not None and (text := _escaped(part)):
            yield part, f"{text}:" if isinstance(part, Badge) and isinstance(following, Words | Code) else text


def _escaped(part: Inline) -> str:
    match part:
        case Words(text=text) | Badge(text=text):
            return as_text(text)
        case Code(text=text):
            return as_code(text)
        case _:
            assert_never(part)


def _bare(said: Said) -> str:
    """A line for a fence, in which nothing is markup."""
    return "".join(part.text for part in inlines(said))


# ---------------------------------------------------------------- blocks


def _list(items: Iterable[Said]) -> str:
    return "\n".join(f"- {mark_begin(text)}" for text in map(_said, items) if text)


def _lines(block: Lines) -> Iterator[str]:
    if block.title:
        yield f"{as_text(block.title)}{_more(len(block.lines) - len(block.shown))}:"
    match block.shown:
        case lines if block.fenced:
            yield as_fence(map(_bare, lines), FENCED_LENGTH)
        case [Words(tone="strong") as line] if not block.title:
            yield _said(line)
        case lines:
            yield _list(lines)


def _more(hidden: int) -> str:
    return f", and {units.count(hidden)} more" if hidden > 0 else ""


def _facts(facts: Facts) -> Iterator[str]:
    """Rows that matter most have a line of their own, the others are a table or a list."""
    if facts.title:
        yield f"**{as_text(facts.title)}**"
    rows = facts.rows[-facts.latest :]
    alone = [row for row in rows if _is_strong(row[0])]
    others = [row for row in rows if not _is_strong(row[0])]
    yield from (f"**{_plain(label)}:** {_joined(map(_plain, cells))}" for label, *cells in alone)
    if facts.titles and others:
        yield as_table(facts.titles, [tuple(map(_plain, row)) for row in others])
    else:
        yield "\n".join(f"- {_plain(label)}: {_joined(map(_said, cells))}" for label, *cells in others)


def _is_strong(label: Said) -> bool:
    return any(part.tone == "strong" for part in inlines(label))


def _joined(cells: Iterable[str]) -> str:
    return "; ".join(filter(None, cells)) or units.NO_FIGURE


def _table(table: Table) -> Iterator[str]:
    shown = [place for place, column in enumerate(table.columns) if "markdown" not in column.not_in]
    columns = [table.columns[place] for place in shown]
    figures = [place for place, column in enumerate(columns) if column.figures]
    rows = [tuple(_said(row[place]) for place in shown) for row in table.rows[: table.most or LONGEST_TABLE]]
    yield as_table([column.title for column in columns], rows, figures)
    yield _list((table.rest,)) if table.rest else _more(len(table.rows) - len(rows)).removeprefix(", ")
    yield as_item(table.legend)


def _ranking(ranking: Ranking) -> Iterator[str]:
    titles = ("#", *map(as_text, (ranking.what, "Level", *ranking.figures, "Verdict")))
    rows = (_ranked(place, row) for place, row in enumerate(ranking.rows[: ranking.most], 1))
    yield as_table(titles, rows, (0, *range(3, 3 + len(ranking.figures))))
    yield _rest(len(ranking.rows), ranking.most, ranking.where)


def _ranked(place: int, row: Ranked) -> tuple[str, ...]:
    said = "; ".join((row.sentence, *(f"note: {note}" for note in row.notes)))
    return str(place), as_code(row.name), _said(row.level), *map(as_text, row.figures), as_text(said)


def _rest(count: int, most: int | None, where: str = "") -> str:
    """What is said of the rows that are not shown."""
    if most is None or count <= most:
        return ""
    return as_text(f"The first {most} of {units.count(count)}" + (f"; {where}" if where else ""))


def _share(row: Share, unit: ProfileUnit) -> tuple[str, str, str]:
    return as_text(row.label), units.figure(row.count, unit), "" if row.share is None else as_text(units.percent(row.share))


def _path(tree: Tree, row: Path) -> str:
    return f"{units.percent(row.share):>6} {units.figure(row.count, tree.unit):>7}  {'  ' * row.depth}{_bare(tree.said(row))}"


def _evidence(lines: Sequence[EvidenceLine]) -> str:
    width = max(len(units.count(line.line)) for line in lines)
    return as_fence((f"{units.count(line.line):>{width}}  {line.text}" for line in lines), FENCED_LENGTH + width)


def _finding(finding: Finding) -> Iterator[str]:
    severity = f"**{as_text(finding.severity.text.upper())}**"
    yield f"{severity} {as_text(finding.title)} ({as_code(finding.id)}, confidence {as_text(finding.confidence)})"
    rows = [("observed", finding.observed), ("threshold", finding.threshold), ("do", finding.remedy)]
    yield "\n".join(f"- {name}: {as_text(text)}" for name, text in rows)
    if finding.evidence:
        yield _evidence(finding.evidence)


def _source(source: Source) -> Iterator[str]:
    notes = "".join(f"\n- note: {as_text(note)}" for note in source.notes)
    yield f"- {as_code(source.path) or 'no name'}: {source.account}{notes}"
    if source.unread:
        yield "Unread:"
        yield as_fence(map(_shape, source.unread[:MOST_SHAPES]), FENCED_LENGTH)


def _shape(shape: UnreadShape) -> str:
    return f"{units.count(shape.count)} × from line {units.count(shape.first_line)}: {shape.sample}"
