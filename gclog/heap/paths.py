"""What retains an object: its path from a root, and what is known of the object at its end."""

from __future__ import annotations

import dataclasses

import numpy as np
from numpy.typing import NDArray

from gclog.heap.allocations import allocation_sites
from gclog.heap.chains import fold_chains
from gclog.heap.classes import ClassNames, is_own_kind, name_of
from gclog.heap.equal_strings import EqualOnes, members_of
from gclog.heap.graph import node_from
from gclog.heap.growth import Flags, LastSnapshot
from gclog.heap.holders import NAME_LENGTH, Holders
from gclog.heap.in_place import Riser
from gclog.heap.places import definition_of, is_context, is_of_the_program
from gclog.heap.shapes import PLAIN
from gclog.heap.snapshot import Snapshot
from gclog.heap.spill import blocks, release
from gclog.model.heap import ClassGrowth, Content, EqualStrings, Grower, InPlace, Keeper, PathStep, Referrers
from gclog.model.not_known import NotKnown

__all__ = ["UNREACHED", "path_to", "trace_grower", "trace_riser", "trace_strings"]

MAX_PATH_STEPS = 200
"""Upper bound on the steps of a path; the last ones are kept."""

MAX_LINKS = 100_000
"""Upper bound on the objects on a path. A linked list may have a million."""

PROPERTIES_SHOWN = 8

CONTENTS_SHOWN = 3

REFERRERS_SHOWN = 10

EDGES_ASKED = 32
"""Upper bound on an object's properties among which a callback is looked for."""

UNREACHED = NotKnown("nothing retains it: it is only weakly referenced")
NO_HOLDER = NotKnown("the path to it leads through V8's own objects only")


def trace_grower(last: LastSnapshot, holders: Holders, growth: ClassGrowth, number: int, chosen: Flags) -> Grower:
    """A constructor's growth, what holds its objects, and an example: of those of the first holder, the median by retained size."""
    snapshot = last.snapshot
    members = np.flatnonzero(_of_class(last, number) & chosen)
    if not len(members):
        members = np.flatnonzero(_of_class(last, number) & (snapshot.sizes > 0))
        release(snapshot.sizes)
    held = holders.find(members, number)
    example = _median(last, held.members if len(held.members) else members)
    nothing = NO_HOLDER if holders.paths.reached[example] else UNREACHED
    return Grower(
        growth=growth,
        example_id=int(snapshot.ids[example]),
        properties=_properties(snapshot, example) if growth.name == PLAIN or growth.name.startswith("{") else (),
        defined=definition_of(snapshot, example),
        path=path_to(holders, example),
        holder=held.shares[0].holder if held.shares else nothing,
        holders=held.shares,
        counted=len(members),
        keeper=_keeper(holders, example),
        allocated=allocation_sites(snapshot, members),
        others=_others(holders, example),
    )


def trace_riser(last: LastSnapshot, holders: Holders, riser: Riser, names: ClassNames, old: Flags | None) -> InPlace:
    """An object that grows in place, what is new in it, and what holds it."""
    snapshot = last.snapshot
    return InPlace(
        name=names.names[int(last.classes[riser.value])],
        id=int(snapshot.ids[riser.value]),
        retained_bytes=riser.bytes,
        own_bytes=riser.rise,
        is_replaced=riser.value != riser.node,
        contents=_contents(last, riser.node, names, old),
        path=path_to(holders, riser.value),
        holder=holders.holder(riser.value) if holders.paths.reached[riser.value] else UNREACHED,
        keeper=_keeper(holders, riser.value),
        others=_others(holders, riser.value),
    )


def trace_strings(last: LastSnapshot, holders: Holders, one: EqualOnes) -> EqualStrings:
    """Strings of one text, and what holds them."""
    members = members_of(last.snapshot, one)
    held = holders.find(members, int(last.classes[members[0]]))
    share = held.shares[0] if held.shares else None
    return EqualStrings(
        text=last.snapshot.strings[one.name][:NAME_LENGTH],
        count=one.count,
        bytes=one.bytes,
        copies_bytes=one.copies_bytes,
        holder=NO_HOLDER if share is None else share.holder,
        held=0 if share is None else share.count,
    )


def _contents(last: LastSnapshot, node: int, names: ClassNames, old: Flags | None) -> tuple[Content, ...]:
    """What an object dominates that was not there in the first snapshot, by constructor, the heaviest first."""
    if last.dominators is None:
        return ()
    begin, end = int(last.dominators.enter[node]), int(last.dominators.leave[node])
    counts, sums = np.zeros(len(names), np.int64), np.zeros(len(names), np.int64)
    for at, (enter, classes, sizes) in blocks(last.dominators.enter, last.classes, last.snapshot.sizes):
        within = (enter > begin) & (enter <= end) & (sizes > 0)
        if old is not None:
            within &= ~old[at]
        counts += np.bincount(classes[within], minlength=len(names))
        sums += np.bincount(classes[within], weights=sizes[within], minlength=len(names)).astype(np.int64)
    heaviest = [
        number
        for number in np.argsort(-sums, kind="stable").tolist()
        if counts[number] and not is_own_kind(names.names[number])
    ]
    return tuple(Content(names.names[number], int(counts[number]), int(sums[number])) for number in heaviest[:CONTENTS_SHOWN])


def path_to(holders: Holders, node: int) -> tuple[PathStep, ...]:
    """The steps from a root to a node, outermost first, a chain of like steps once; of a very long path the last ones."""
    links = [(_kind_of_link(holders, one), one) for one, _ in zip(holders.up(node), range(MAX_LINKS), strict=False)]
    links.reverse()
    steps = []
    for begin, span, times in fold_chains([kind for kind, _ in links]):
        parts = [_step(holders.snapshot, one, holders.edge_to(one)) for _, one in links[begin : begin + span]]
        steps += [*parts[:-1], dataclasses.replace(parts[-1], times=times, span=span)] if times > 1 else parts
    return tuple(steps[-MAX_PATH_STEPS:])


def _kind_of_link(holders: Holders, node: int) -> tuple[int, int, int]:
    """Equal for two nodes of one constructor to which edges of one name lead."""
    edge = holders.edge_to(node)
    snapshot = holders.snapshot
    if edge is None:
        return -1, -1, -1
    return int(snapshot.edge_types[edge]), int(snapshot.edge_names[edge]), int(holders.classes[node])


def _others(holders: Holders, node: int) -> Referrers | None:
    """What else retains a node; None if nothing does."""
    graph, on_path = holders.graph, int(holders.paths.by[node])
    edges = np.concatenate([at.start + np.flatnonzero(targets == node) for at, (targets,) in blocks(graph.targets)])
    edges = edges[edges != on_path]
    shown = []
    for edge in edges[:REFERRERS_SHOWN].tolist():
        source = node_from(graph.first, edge + 1) - 1
        step = _step(holders.snapshot, node, int(graph.edges[edge]))
        shown.append(
            dataclasses.replace(
                step, name=name_of(holders.snapshot, source)[:NAME_LENGTH], id=int(holders.snapshot.ids[source])
            )
        )
    return Referrers(len(edges), tuple(shown)) if shown else None


def _median(last: LastSnapshot, candidates: NDArray[np.int64]) -> int:
    """The median object by retained size, then by id."""
    values = last.snapshot.sizes if last.dominators is None else last.dominators.retained
    weights = values[candidates]
    middle = len(candidates) // 2
    weight = np.partition(weights, middle)[middle]
    alike = candidates[weights == weight]
    middle -= int((weights < weight).sum())
    found = int(alike[np.argsort(last.snapshot.ids[alike], kind="stable")[middle]])
    release(values, last.snapshot.sizes, last.snapshot.ids)
    return found


def _of_class(last: LastSnapshot, number: int) -> Flags:
    found = np.empty(len(last.classes), np.bool_)
    for at, (classes,) in blocks(last.classes):
        found[at] = classes == number
    return found


def _step(snapshot: Snapshot, node: int, edge: int | None) -> PathStep:
    name = name_of(snapshot, node)[:NAME_LENGTH]
    if edge is None:
        return PathStep("", "root", name, int(snapshot.ids[node]))
    return PathStep(snapshot.edge_name(edge)[:NAME_LENGTH], snapshot.edge_kind(edge), name, int(snapshot.ids[node]))


def _keeper(holders: Holders, node: int) -> Keeper | None:
    """The program's function whose closure keeps an object: on the path from the holder or, of a timer and the like, its callback."""
    snapshot = holders.snapshot
    variable = ""
    for one in holders.up(node):
        if one != node and holders.may_hold[one] and not is_context(snapshot.strings[int(snapshot.names[one])]):
            break
        if found := _function(snapshot, one, variable):
            return found
        edge = holders.edge_to(one)
        if edge is not None and snapshot.edge_kind(edge) == "context":
            variable = snapshot.edge_name(edge)[:NAME_LENGTH]
    for edge in snapshot.edges_of(node)[:EDGES_ASKED]:
        if snapshot.edge_kind(edge) == "property" and (found := _function(snapshot, int(snapshot.targets[edge]), "")):
            return found
    return None


def _function(snapshot: Snapshot, node: int, variable: str) -> Keeper | None:
    """A function of the program as a keeper; None if the node is something else."""
    if snapshot.types[node] != snapshot.node_type("closure"):
        return None
    place = definition_of(snapshot, node)
    return Keeper(name_of(snapshot, node)[:NAME_LENGTH], variable, place) if is_of_the_program(place) else None


def _properties(snapshot: Snapshot, node: int) -> tuple[str, ...]:
    """Names of an object's properties. Those with small integers are not in a snapshot."""
    names = [
        snapshot.edge_name(edge)[:NAME_LENGTH] for edge in snapshot.edges_of(node) if snapshot.edge_kind(edge) == "property"
    ]
    return tuple([name for name in names if name != "__proto__"][:PROPERTIES_SHOWN])
