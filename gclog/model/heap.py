"""What heap snapshots say: one frozen class for each result. Sizes are bytes; a reason is a sentence in lower case.

*Shallow* is an object's own size; *retained* is what would be freed with it: its own and that of all that only it keeps alive.
The retained size of a class is that of its objects which no other object of the class dominates: nothing is counted twice.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from gclog.model.not_known import NotKnown

__all__ = [
    "AllocationSite",
    "ClassFigures",
    "ClassGrowth",
    "Content",
    "EqualStrings",
    "Grower",
    "HeapDiff",
    "Holder",
    "HolderShare",
    "InPlace",
    "Keeper",
    "Lead",
    "Maker",
    "Method",
    "PathStep",
    "Referrers",
    "RepeatedStrings",
    "SnapshotFigures",
    "flattens",
]

Method = Literal["summary", "two", "three", "by-constructor"]
"""One snapshot; two of one process, or three and more, compared object by object; snapshots of different processes."""

Lead = Literal["constructor", "object", "total", ""]
"""What a report begins with: the first constructor that grows, the first object that grows in place, the whole heap, which grows without
either; or nothing."""


Maker = Literal["Node", "Chrome", "Electron", "Deno", "Bun", "Hermes", "Julia", "V8", "unknown"]
"""Whose heap it is; V8's, if the embedder is not known."""


FAIR_SHARE = 0.2
"""The least share that the last step of a growth has of the steps before it, on average. What fills up by chance, at a steady pace, has
0.37 while a third of it is free and 0.14 once a tenth is; a leak falls below it if the last snapshot was taken five times sooner than
the others, which only the names of the files can say."""


def flattens(sizes: Sequence[int]) -> bool:
    """Whether three or more figures that rise have hardly risen in the last step."""
    before = len(sizes) - 2
    return before > 0 and (sizes[-1] - sizes[-2]) * before < FAIR_SHARE * (sizes[-2] - sizes[0])


@dataclass(frozen=True, slots=True)
class SnapshotFigures:
    """A snapshot as a whole.

    nodes, edges    as read; `declared_nodes` is what its header announces
    total_bytes     shallow sizes added up
    missing         what a file that was cut off lacks: "nodes", "edges" or "strings"
    notes           what was odd when it was read
    extra_native_bytes   what the embedder, such as Chrome, has beside these objects; not in the total
    maker           whose heap it is
    detached, detached_bytes   nodes of the DOM that are in no document any more, and their shallow sizes
    """

    name: str
    nodes: int
    edges: int
    declared_nodes: int
    total_bytes: int
    missing: str | None
    notes: tuple[str, ...]
    extra_native_bytes: int = 0
    maker: Maker = "V8"
    detached: int = 0
    detached_bytes: int = 0


@dataclass(frozen=True, slots=True)
class ClassFigures:
    """The objects of one constructor in one snapshot."""

    count: int
    shallow_bytes: int
    retained_bytes: int | NotKnown


@dataclass(frozen=True, slots=True)
class ClassGrowth:
    """The objects of one constructor, from the first snapshot to the last.

    name        as DevTools shows it: a constructor, or a kind of V8's own in round brackets
    figures     one for each snapshot
    new, gone   objects that the last snapshot has and the first has not, and the other way round
    stayed      of three and more: allocated after the first, there in the last but one, and still in the last
    stayed_bytes   what those retain; of two snapshots: what the new ones retain
    outer_bytes    the same, without what another new object of any constructor retains: the order of the growers
    each_time   the count rose from each snapshot to the next
    flattens    it did, but hardly in the last step, as that of a cache that is nearly full
    """

    name: str
    figures: tuple[ClassFigures, ...]
    new: int | NotKnown
    gone: int | NotKnown
    stayed: int | NotKnown
    stayed_bytes: int | NotKnown
    outer_bytes: float
    each_time: bool
    flattens: bool = False

    @property
    def count_change(self) -> int:
        return self.figures[-1].count - self.figures[0].count

    @property
    def shallow_change(self) -> int:
        return self.figures[-1].shallow_bytes - self.figures[0].shallow_bytes

    @property
    def retained_change(self) -> int | NotKnown:
        """How much the retained size changed."""
        before, after = self.figures[0].retained_bytes, self.figures[-1].retained_bytes
        if isinstance(before, NotKnown):
            return before
        return after if isinstance(after, NotKnown) else after - before


@dataclass(frozen=True, slots=True)
class PathStep:
    """An edge of a retaining path, and the object that it leads to.

    edge     a variable, property or V8's own field by its name, an element by its index: `[12]`
    kind     V8's type of the edge: context, element, property, internal, hidden, shortcut
    times    of a chain, such as a list: how often the last `span` steps up to this one come in a row; only the last of them are
             given. 0 for a step that is not repeated
    """

    edge: str
    kind: str
    name: str
    id: int
    times: int = 0
    span: int = 0


@dataclass(frozen=True, slots=True)
class Holder:
    """The program's object that keeps the growing ones: what it is called there, its constructor, its file.

    name   the variable or property that refers to it; empty if there is none
    file   the script whose function can see it; empty if none is known
    of     whose property it is, the nearest first, up to a variable: of `app.metrics.latencies` `metrics`, `app`
    is_of_runtime   the file is Node's own
    """

    name: str
    constructor: str
    file: str
    of: tuple[str, ...] = ()
    is_of_runtime: bool = False


@dataclass(frozen=True, slots=True)
class HolderShare:
    """A holder, and how many of the objects it holds."""

    holder: Holder
    count: int


@dataclass(frozen=True, slots=True)
class Keeper:
    """A function of the program whose closure keeps an object: its name, the variable, and `file:line`. Without a variable it is empty."""

    function: str
    variable: str
    defined: str


@dataclass(frozen=True, slots=True)
class AllocationSite:
    """A function of the program, `file:line`, and how many of the objects it allocated."""

    function: str
    defined: str
    count: int


@dataclass(frozen=True, slots=True)
class Referrers:
    """What refers to an object beside the one on its path: how many do, and the first few, each with its edge to the object."""

    count: int
    shown: tuple[PathStep, ...]


@dataclass(frozen=True, slots=True)
class Grower:
    """A constructor whose objects pile up, and what keeps one of them.

    properties   of a plain `Object`: the names of its properties, which show what it is
    defined      `file:line` of the constructor, empty if it is not known
    path         from the root to the example, outermost first
    holder       that of the most objects
    holders      the first few, with the number of objects of each, out of `counted`
    keeper       the function whose closure keeps the example, if one does
    allocated    where the objects were allocated, if that was recorded, the most frequent first
    others       what refers to the example beside the last object of the path
    """

    growth: ClassGrowth
    example_id: int
    properties: tuple[str, ...]
    defined: str
    path: tuple[PathStep, ...]
    holder: Holder | NotKnown
    holders: tuple[HolderShare, ...] = ()
    counted: int = 0
    keeper: Keeper | None = None
    allocated: tuple[AllocationSite, ...] = ()
    others: Referrers | None = None


@dataclass(frozen=True, slots=True)
class Content:
    """What an object has come to hold: so many objects of a constructor."""

    name: str
    count: int
    shallow_bytes: int


@dataclass(frozen=True, slots=True)
class InPlace:
    """One object that grows: it is in every snapshot and retains more in each. Of one snapshot: an object that retains much.

    name         its constructor; of a property that is replaced by a larger one each time, that of the value
    retained_bytes   what it retains in each snapshot; of a value that is replaced, what the object retains that has the property
    own_bytes    the rise that is not that of a smaller such object within; of one snapshot what it retains
    is_replaced  it is a new object each time, in the same place
    contents     what is new in it, the heaviest first
    others       as of a grower
    """

    name: str
    id: int
    retained_bytes: tuple[int, ...]
    own_bytes: int
    is_replaced: bool
    contents: tuple[Content, ...]
    path: tuple[PathStep, ...]
    holder: Holder | NotKnown
    keeper: Keeper | None = None
    others: Referrers | None = None


@dataclass(frozen=True, slots=True)
class EqualStrings:
    """Strings of one text.

    text    cut
    bytes   of each
    copies_bytes   of all but one
    holder  that of the most of them, `held`
    """

    text: str
    count: int
    bytes: int
    copies_bytes: int
    holder: Holder | NotKnown
    held: int = 0


@dataclass(frozen=True, slots=True)
class RepeatedStrings:
    """The strings of the last snapshot of which there is an equal one.

    count, bytes    all of them
    copies_bytes    without one of each text: what would be saved if each were there once
    largest         the texts whose copies take most
    """

    count: int
    bytes: int
    copies_bytes: int
    largest: tuple[EqualStrings, ...]


@dataclass(frozen=True, slots=True)
class HeapDiff:
    """What grows between snapshots, or what one snapshot holds.

    classes   every constructor, the largest growth (of one snapshot: retained size) first
    growers   the constructors that grow, each with a path; of one snapshot the largest, with a path
    notes     what the reader should know before believing it
    in_place  the objects that grow in place, largest first; of one snapshot those that retain most
    lead      which of them says most
    strings   those that are there more than once
    """

    method: Method
    snapshots: tuple[SnapshotFigures, ...]
    classes: tuple[ClassGrowth, ...]
    growers: tuple[Grower, ...]
    notes: tuple[str, ...]
    in_place: tuple[InPlace, ...] = ()
    lead: Lead = ""
    strings: RepeatedStrings | NotKnown = NotKnown("the names are missing")

    @property
    def grows(self) -> bool:
        """Whether anything grows."""
        return self.method != "summary" and self.lead != ""
