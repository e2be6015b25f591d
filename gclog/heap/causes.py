"""Which constructors and which single objects the growth is, what holds them, and which of them says most."""

from __future__ import annotations

import dataclasses
import functools
import itertools
from collections.abc import Sequence
from dataclasses import dataclass

from gclog.heap.classes import ClassNames
from gclog.heap.equal_strings import Found, find_equal_strings
from gclog.heap.graph import Graph, strong_graph
from gclog.heap.growth import Flags, LastSnapshot, grows
from gclog.heap.holders import Holders, is_function, may_hold
from gclog.heap.in_place import Riser, find_risers, present_in
from gclog.heap.inventory import Inventory
from gclog.heap.kinds import find_kinds
from gclog.heap.namesakes import LANGUAGE
from gclog.heap.paths import UNREACHED, trace_grower, trace_riser, trace_strings
from gclog.heap.roots import find_paths
from gclog.heap.shapes import PLAIN
from gclog.model.heap import ClassGrowth, EqualStrings, Grower, Holder, InPlace, Lead, Method, RepeatedStrings, flattens
from gclog.model.not_known import NotKnown

__all__ = ["Causes", "Question", "explain"]

RISERS_ASKED = 12
"""Objects whose holder is looked for: some are the runtime's own."""

TRACED = 5
"""Constructors, and objects, for which a retaining path is given."""

SUMMARISED = 3
"""The same for a single snapshot."""

OTHERS_WEIGHT = 0.3
"""How much the growth of a constructor of the language or the runtime counts beside that of the program's own; likewise the growth of an
object beside that of the program's objects in it."""

IN_STEP = 0.5
"""From this share of the number of what holds them on, objects of the program are what it holds: a listener each, and little beside."""

LARGE_SHARE = 0.05
"""The least share of a single snapshot that an object must retain."""

RISEN_SHARE = 0.01
"""The least share of the heap by which an object must have grown. Three looks at what fills and is emptied may rise by chance."""

EXPLAINED = 0.2
"""The share of the heap's rise that a cause must have, for the heap not to be what grows."""

RISE_BYTES = 1 << 19
RISE_SHARE = 0.05
"""A heap that rose by less than either, 512 KB or a twentieth, rose by what V8 needs for itself."""

STEP_SHARE = 0.1
"""The share of the rise that each step must have: what is under way when the last snapshot is taken is no growth."""


NO_NAMES = NotKnown("the snapshot is cut off before its references and names")


@dataclass(frozen=True, slots=True)
class Causes:
    """What was found; see `HeapDiff`."""

    growers: tuple[Grower, ...] = ()
    in_place: tuple[InPlace, ...] = ()
    lead: Lead = ""
    strings: RepeatedStrings | NotKnown = NO_NAMES


@dataclass(frozen=True, slots=True, eq=False)
class Question:
    """Where the causes are looked for.

    chosen     the objects of the last snapshot that represent growth
    programs   by constructor number: the program's own
    is_even    the snapshots are about as far apart as one another, as far as is known
    """

    method: Method
    growths: Sequence[ClassGrowth]
    earlier: list[Inventory]
    last: LastSnapshot
    names: ClassNames
    chosen: Flags
    programs: Flags
    is_even: bool = True

    @property
    def has_ids(self) -> bool:
        """Whether ids denote the same objects in all snapshots."""
        return self.method in ("two", "three")

    @property
    def most(self) -> int:
        return SUMMARISED if self.method == "summary" else TRACED

    def is_programs(self, growth: ClassGrowth) -> bool:
        return bool(self.programs[self.names.number(growth.name)])

    def importance(self, growth: ClassGrowth) -> float:
        """Its rank: of a single snapshot, the program's own come first whatever they weigh."""
        least = 0.0 if self.method == "summary" else OTHERS_WEIGHT
        return growth.outer_bytes * (1.0 if self.is_programs(growth) else least)


@dataclass(frozen=True, slots=True)
class _Sought:
    """What holders are looked for. `alike`: the equal strings; None without their names."""

    growths: Sequence[ClassGrowth]
    risers: Sequence[Riser]
    alike: Found | None

    @property
    def has_any(self) -> bool:
        return bool(self.growths or self.risers or (self.alike is not None and self.alike.largest))


def explain(asked: Question, graph: Graph | None) -> Causes:
    """The causes of growth; of a single snapshot what takes most of it."""
    totals = [inventory.figures.total_bytes for inventory in (*asked.earlier, asked.last.inventory)]
    if graph is None:
        return Causes(lead=_lead(asked, Causes(), totals))
    sought = _Sought(_growing(asked, totals[-1]), _rising(asked, totals[-1]), _alike(asked, totals[-1]))
    traced = _trace(asked, sought, graph) if sought.has_any else Causes(strings=_repeated(sought.alike, ()))
    return dataclasses.replace(traced, lead=_lead(asked, traced, totals))


def _growing(asked: Question, total: int) -> list[ClassGrowth]:
    """The constructors that grow, those of the program before those that hold them."""
    growing = [growth for growth in asked.growths if grows(asked.method, growth, total)]
    growing.sort(key=lambda growth: (-asked.importance(growth), -growth.outer_bytes))
    return sorted(growing, key=lambda growth: not _comes_with(asked, growth, growing[0]))[: asked.most]


def _comes_with(asked: Question, growth: ClassGrowth, first: ClassGrowth) -> bool:
    """Whether objects of the program grow in step with the first that grow, as of those one holds one of them each: they say more."""
    if asked.is_programs(first) or asked.method == "summary":
        return growth is first
    return asked.is_programs(growth) and growth.count_change >= IN_STEP * first.count_change


def _rising(asked: Question, total: int) -> list[Riser]:
    dominators = asked.last.dominators
    if dominators is None or asked.method == "by-constructor":
        return []
    least = LARGE_SHARE * total if asked.method == "summary" else max(RISE_BYTES, RISEN_SHARE * total)
    return find_risers(asked.last.snapshot, dominators, asked.earlier, least, is_even=asked.is_even)[:RISERS_ASKED]


def _alike(asked: Question, total: int) -> Found | None:
    snapshot = asked.last.snapshot
    return None if snapshot.missing else find_equal_strings(snapshot, total)


def _trace(asked: Question, sought: _Sought, graph: Graph) -> Causes:
    snapshot = asked.last.snapshot
    old = present_in(snapshot, asked.earlier[0]) if asked.has_ids else None
    piling = [growth.name for growth in sought.growths if growth.name not in LANGUAGE and growth.name != PLAIN]
    allowed = may_hold(asked.last.classes, asked.names, old, frozenset(piling))
    kinds = functools.cache(lambda: find_kinds(snapshot, asked.last.classes, asked.names.where(is_function)))
    holders = Holders(snapshot, graph, find_paths(snapshot, graph), asked.last.classes, allowed, asked.last.dominators, kinds)
    growers = []
    for growth in sought.growths:
        number = asked.names.number(growth.name)
        chosen = asked.chosen if asked.has_ids else asked.chosen & (asked.last.classes == number)
        grower = trace_grower(asked.last, holders, growth, number, chosen)
        if grower.holder == UNREACHED:  # reachable only from V8's roots, by edges not attributed to the program
            strong = strong_graph(snapshot)
            loose = dataclasses.replace(holders, graph=strong, paths=find_paths(snapshot, strong))
            grower = trace_grower(asked.last, loose, growth, number, chosen)
        growers.append(grower)
    objects = [trace_riser(asked.last, holders, riser, asked.names, old) for riser in sought.risers]
    if asked.method == "summary":  # what the runtime keeps for itself is no news without growth
        objects = [one for one in objects if not _is_of_runtime(one)]
    groups = () if sought.alike is None else tuple(trace_strings(asked.last, holders, one) for one in sought.alike.largest)
    shown = tuple(sorted(objects, key=_is_of_runtime)[: asked.most])
    return Causes(tuple(growers), shown, strings=_repeated(sought.alike, groups))


def _repeated(found: Found | None, groups: tuple[EqualStrings, ...]) -> RepeatedStrings | NotKnown:
    return NO_NAMES if found is None else RepeatedStrings(found.count, found.bytes, found.copies_bytes, groups)


def _is_of_runtime(one: InPlace) -> bool:
    return isinstance(one.holder, Holder) and one.holder.is_of_runtime and one.keeper is None


def _lead(asked: Question, found: Causes, totals: Sequence[int]) -> Lead:
    """What says most: the program's objects before the object that holds them, both before a rise that neither explains."""
    first = found.growers[0].growth if found.growers else None
    of_class = 0.0 if first is None else _weight(asked.method, first)
    of_object = float(found.in_place[0].own_bytes) if found.in_place else 0.0
    if (
        asked.method != "summary"
        and _rose(totals, asked.is_even)
        and max(of_class, of_object) < EXPLAINED * (totals[-1] - totals[0])
    ):
        return "total"
    if first is None:
        return "object" if found.in_place else ""
    if not found.in_place or _is_of_runtime(found.in_place[0]):  # a list of timers: the timers say whose they are
        return "constructor"
    if asked.is_programs(first) and _is_what_piles_up(found.growers[0], found.in_place[0]):
        return "constructor"
    share = OTHERS_WEIGHT if asked.is_programs(first) else 1 / OTHERS_WEIGHT
    return "constructor" if of_class >= share * of_object else "object"


def _is_what_piles_up(grower: Grower, one: InPlace) -> bool:
    """Whether an object has come to hold as many of a constructor as of anything else, strings and V8's own aside."""
    most = max((content.count for content in one.contents if not content.name.startswith("(")), default=0)
    is_in_it = any(step.id == one.id for step in grower.path)
    return is_in_it and grower.growth.count_change >= IN_STEP * most


def _weight(method: Method, growth: ClassGrowth) -> float:
    """Bytes by which a constructor grew from the first snapshot to the last: what stayed is a part of that, of three and more."""
    if method == "three" and isinstance(growth.stayed, int) and growth.stayed:
        return growth.outer_bytes * max(growth.count_change, 0) / growth.stayed
    return growth.outer_bytes


def _rose(totals: Sequence[int], is_even: bool) -> bool:
    """Whether the heap grew from each snapshot to the next, by more than V8 needs for itself, and not all at once."""
    rise = totals[-1] - totals[0]
    least_step = min((after - before for before, after in itertools.pairwise(totals)), default=0)
    if is_even and flattens(totals):
        return False
    return rise >= max(RISE_BYTES, RISE_SHARE * totals[0]) and least_step >= STEP_SHARE * rise
