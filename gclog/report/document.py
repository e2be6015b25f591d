"""A report as a document: what is said and in which order, without layout. `gclog.report.say` makes it, `gclog.report.render` shows it.

Text is as the log has it, hostile text included: each renderer makes it harmless for where it goes. A block says what a
reader is shown (facts, a table, lines of the log), never how wide or in which colour.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from gclog.model.process import UnreadShape
from gclog.model.profile import ProfileUnit
from gclog.model.report import EvidenceLine, ProcessReport, ProfileReport
from gclog.report.inline import Badge, Code, Inline, Said, Tone, Words, inlines
from gclog.report.trees import Flame, Node, Path, Tree

__all__ = [
    "PAGE_ALONE",
    "Badge",
    "Block",
    "Bullets",
    "Code",
    "Column",
    "Document",
    "Drawing",
    "Facts",
    "Finding",
    "Flame",
    "Form",
    "Inline",
    "Lines",
    "Node",
    "Only",
    "Path",
    "PictureKind",
    "Quotes",
    "Ranked",
    "Ranking",
    "Said",
    "Section",
    "Share",
    "Shares",
    "Source",
    "Strip",
    "Strips",
    "Table",
    "Ticket",
    "Tone",
    "Tree",
    "Words",
    "inlines",
]

Form = Literal["text", "markdown", "html"]

PAGE_ALONE: tuple[Form, ...] = ("text", "markdown")
"""For `not_in`: what only a page has room for."""

# ---------------------------------------------------------------- blocks


@dataclass(frozen=True, slots=True)
class Facts:
    """Rows of a label and what is known of it, in one to three cells. A row with a strong label matters more than the others.

    titles  of the columns, for the forms that show facts as a table; without them they are a list there
    title   of the whole, for those forms: in a terminal the facts of a section share their columns
    deep    details of details: by how many levels
    latest  rows shown in a terminal or a ticket, if not all: the last ones
    """

    rows: tuple[tuple[Said, ...], ...]
    titles: tuple[str, ...] = ()
    title: str = ""
    deep: int = 0
    latest: int = 0


@dataclass(frozen=True, slots=True)
class Column:
    """A column of a table.

    figures  numbers, flush right
    wraps    its cells may be broken over lines
    least    characters that it gets however long the others are
    share    names that may be cut: at most this share of what the figures leave of the line
    ends     what its cells end with says the most, a line number: they are cut in the middle
    not_in   forms that leave it out
    """

    title: str
    figures: bool = False
    wraps: bool = False
    least: int = 0
    share: float = 0.0
    ends: bool = False
    not_in: tuple[Form, ...] = ()


@dataclass(frozen=True, slots=True)
class Table:
    """Rows of cells, as many as there are columns.

    legend  what the columns say
    dense   without a blank line around it
    most    rows shown in a terminal or a ticket, if not all
    rest    what these two say of the rows beyond
    name    what it is called, if the section's title does not say it
    keys    of each row a number for each cell that a page shows, None for text: a page with scripts sorts by them, and filters by the texts
    """

    columns: tuple[Column, ...]
    rows: tuple[tuple[Said, ...], ...]
    legend: str = ""
    dense: bool = False
    most: int | None = None
    rest: Said = ""
    name: str = ""
    keys: tuple[tuple[float | None, ...], ...] = ()


@dataclass(frozen=True, slots=True)
class Ranked:
    """A row of a `Ranking`. `facts` and `figures` are below the ranking's titles, `sentence` is the verdict on it."""

    name: str
    level: Badge
    facts: tuple[str, ...]
    figures: tuple[str, ...]
    sentence: str
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Ranking:
    """Things of a kind, each with its level, its figures and a sentence, the one that matters most first.

    what   the kind, as a title of a column
    most   rows shown in a terminal or a ticket
    where  where the other rows are
    """

    what: str
    facts: tuple[str, ...]
    figures: tuple[str, ...]
    rows: tuple[Ranked, ...]
    most: int
    where: str = ""


@dataclass(frozen=True, slots=True)
class Bullets:
    """Sentences, each for itself. `most`: those shown in a terminal or a ticket, if not all."""

    items: tuple[Said, ...]
    most: int | None = None


@dataclass(frozen=True, slots=True)
class Lines:
    """Lines in their order.

    deep    details of details: by how many levels
    fenced  shown literally, as a path or a stack is
    title   what they are
    most    those shown in a terminal or a ticket, if not all
    not_in  forms that leave them out
    """

    lines: tuple[Said, ...]
    deep: int = 0
    fenced: bool = False
    title: str = ""
    most: int | None = None
    not_in: tuple[Form, ...] = ()

    @property
    def shown(self) -> tuple[Said, ...]:
        """The lines for a terminal or a ticket."""
        return self.lines[: self.most]


@dataclass(frozen=True, slots=True)
class Quotes:
    """Lines of the log under their numbers."""

    lines: tuple[EvidenceLine, ...]
    title: str = ""


@dataclass(frozen=True, slots=True)
class Finding:
    """A finding: its severity as a badge, its title, its id, and what is known of it as label and sentence, the remedy last."""

    severity: Badge
    title: str
    id: str
    confidence: str
    observed: str
    threshold: str
    remedy: str
    evidence: tuple[EvidenceLine, ...]


@dataclass(frozen=True, slots=True)
class Share:
    """A row of `Shares`; without a share it is a sum of those above it. `role`: whose colour it has in a page."""

    label: str
    count: int
    share: float | None
    note: str = ""
    role: str = ""


@dataclass(frozen=True, slots=True)
class Shares:
    """What a whole is made of, each part with its count, which is of a unit, its share and a bar."""

    titles: tuple[str, str, str]
    rows: tuple[Share, ...]
    unit: ProfileUnit = "ticks"


@dataclass(frozen=True, slots=True)
class Strip:
    """A row of `Strips`: a curve, with a figure for all of it or none."""

    label: str
    values: tuple[float, ...]
    figure: str = ""
    tone: Tone = ""


@dataclass(frozen=True, slots=True)
class Strips:
    """Curves over the same slices of time, one below the other. `whole`: what the values of each slice are shares of."""

    rows: tuple[Strip, ...]
    whole: tuple[float, ...]
    first: str = ""
    last: str = ""


PictureKind = Literal["heap", "grows-with", "pauses", "gc-share", "memory", "states", "committed", "joined-pauses"]


@dataclass(frozen=True, slots=True)
class Drawing:
    """A picture of a process or a profile. A terminal has that of the heap, and strips.

    instead  what to say if there is nothing to draw
    title    tells it from others of the same kind
    beside   a process whose picture it is compared with: both are on one scale
    key      names it within the document
    live     to be looked into: a page with scripts draws it so that it can be zoomed
    strips   the same for a terminal
    """

    picture: PictureKind
    of: ProcessReport | ProfileReport
    instead: str = ""
    title: str = ""
    beside: ProcessReport | None = None
    key: str = ""
    live: bool = False
    strips: Strips | None = None


@dataclass(frozen=True, slots=True)
class Source:
    """A file that was read: the account of its lines, the kinds of lines that were not understood, and what was odd.

    details  how it was read, for a page
    """

    path: str
    account: str
    unread: tuple[UnreadShape, ...]
    notes: tuple[str, ...]
    details: str = ""


@dataclass(frozen=True, slots=True)
class Ticket:
    """An answer and what it rests on, which a page offers as Markdown for a ticket that somebody else writes."""

    key: str
    answer: Said
    blocks: tuple[Block, ...]


@dataclass(frozen=True, slots=True)
class Only:
    """Blocks that some forms alone show. `fold`: what a page calls them where it opens them on demand."""

    blocks: tuple[Block, ...]
    forms: tuple[Form, ...] = ("html",)
    fold: str = ""


Block = (
    Facts
    | Table
    | Ranking
    | Bullets
    | Lines
    | Quotes
    | Finding
    | Shares
    | Strips
    | Tree
    | Flame
    | Drawing
    | Source
    | Ticket
    | Only
)


# ---------------------------------------------------------------- the whole


@dataclass(frozen=True, slots=True)
class Section:
    """Blocks below a heading.

    key     names it within the document, for links
    answer  what it comes to, if it is a report of its own: a profile beside a GC log
    not_in  forms that leave it out
    folded  details: a page opens them on demand
    leads   in a page, before the sections around it: a picture says at a look what a terminal needs words for
    parts   the sections of a report of its own
    """

    key: str
    title: str
    blocks: tuple[Block, ...] = ()
    answer: Said = ""
    not_in: tuple[Form, ...] = ()
    folded: bool = False
    leads: bool = False
    parts: tuple[Section, ...] = ()


@dataclass(frozen=True, slots=True)
class Document:
    """A report: the answer first, what it rests on, then the sections.

    name         what kind of report it is, in a word
    subject      what it is about: the inputs, or how they were compared
    command      the command line that made it, or empty
    title, note  the user's own words, or empty
    how          how the figures came about, at the end of a page
    """

    answer: Said
    head: tuple[Block, ...]
    sections: tuple[Section, ...]
    version: str
    name: str = "report"
    subject: str = ""
    command: str = ""
    title: str = ""
    note: str = ""
    how: tuple[str, ...] = ()
