"""The sentences about heap snapshots, the same in every form of the report."""

from __future__ import annotations

from collections.abc import Sequence

from gclog import units
from gclog.diagnose.heap_words import how_it_grows, say_holder, say_kind
from gclog.model.heap import (
    ClassFigures,
    ClassGrowth,
    EqualStrings,
    Grower,
    HeapDiff,
    Holder,
    InPlace,
    Keeper,
    Method,
    PathStep,
)
from gclog.model.not_known import NotKnown
from gclog.report.visible import cut, make_visible

__all__ = [
    "LEAST_STEADIED",
    "NAME_LENGTH",
    "answer",
    "compared",
    "details",
    "details_in_place",
    "held_by",
    "held_strings",
    "is_cut",
    "numbered",
    "path_lines",
    "referrer_lines",
    "say_grower",
    "say_in_place",
    "size",
    "title",
    "title_in_place",
]

METHODS: dict[Method, str] = {
    "summary": "one snapshot",
    "two": "two snapshots of one process, object by object",
    "three": "{count} snapshots of one process: allocated between 1 and {middle}, still there in {last}",
    "by-constructor": "snapshots of different processes, by constructor only",
}
RENUMBERING = frozenset({"Bun", "Julia"})
"""Makers of snapshots in which an object cannot be found again by its id."""

NAME_LENGTH = 80
STEP_LENGTH = 100

BYTES_PER_KB = 1024
LARGER_SHARE = 0.05
"""A heap that is larger by this share is said to be so even if nothing grows."""

LEAST_STEADIED = 16 << 10
"""Bytes. Constructors that grew by less and then stopped are not reported."""

FEW = 10
"""Fewer objects that stayed are no accumulation of which there is something to say."""

MOST_OF_THEM = 0.9
"""If the first holder has at least this share of the objects, it is said to hold them."""

NO_GROWTH: dict[Method, str] = {
    "summary": "Nothing stands out: no constructor has many objects that hold much",
    "two": "Nothing grows: no constructor has more objects in the last snapshot that weigh anything",
    "by-constructor": "Nothing grows: no constructor has more objects in the last snapshot that weigh anything",
}


def size(value: int | float | NotKnown, sign: bool = False) -> str:
    """`312 bytes`, `306.2 KB`, `18.2 MB`; a change always with its sign."""
    if isinstance(value, NotKnown):
        return units.NO_FIGURE
    plus = "+" if sign and value > 0 else ""
    if abs(value) < BYTES_PER_KB:
        return f"{plus}{value:.0f} bytes"
    if abs(value) < 1023.95 * BYTES_PER_KB:
        return f"{plus}{value / BYTES_PER_KB:.1f} KB"
    return plus + units.mb(value / units.BYTES_PER_MB)


def answer(diff: HeapDiff) -> str:
    """What grows, in a sentence."""
    if is_cut(diff):
        return "Cannot say what grows: the snapshot is cut off before its references and names"
    match diff.lead:
        case "constructor":
            return say_grower(diff, diff.growers[0])
        case "object":
            return say_in_place(diff, diff.in_place[0])
        case "total":
            return say_total(diff)
        case "":
            return _no_growth(diff) + _although_larger(diff)


def _no_growth(diff: HeapDiff) -> str:
    """That nothing grows and, of three snapshots, what became of the constructor of which most was allocated and stayed."""
    if diff.method != "three":
        return NO_GROWTH[diff.method]
    last = len(diff.snapshots)
    stayed = [
        one for one in diff.classes if one.outer_bytes >= LEAST_STEADIED and isinstance(one.stayed, int) and one.stayed >= FEW
    ]
    if not stayed:
        return f"Nothing grows from snapshot to snapshot: next to nothing of what was allocated between 1 and {last - 1} is still there in {last}"
    most = max(stayed, key=lambda one: one.outer_bytes)
    counts = " → ".join(units.count(one.count) for one in most.figures)
    return f"Nothing grows from snapshot to snapshot: {_code(most.name)}, {counts} objects, {_what_became(most)}"


def _what_became(growth: ClassGrowth) -> str:
    """How objects that stayed are no growth."""
    counts = [one.count for one in growth.figures]
    last = len(counts)
    if growth.flattens:
        return f"flattens: {counts[-1] - counts[-2]:+,} in the last step, after {counts[-2] - counts[0]:+,}"
    if growth.each_time:
        return f"grows, but by less than matters ({size(growth.outer_bytes)})"
    stayed = growth.stayed if isinstance(growth.stayed, int) else 0
    if counts[-2] - counts[0] >= stayed / 2:
        return f"grew until {last - 1}, and not since"
    return f"was replaced, not added to: {units.count(stayed)} were allocated between 1 and {last - 1} and stayed, about as many went"


def _although_larger(diff: HeapDiff) -> str:
    """That the heap is larger nevertheless, if it is."""
    sizes = [one.total_bytes for one in diff.snapshots]
    return f"; the heap: {units.sizes(sizes)}" if len(sizes) > 1 and sizes[-1] > sizes[0] * (1 + LARGER_SHARE) else ""


def say_grower(diff: HeapDiff, grower: Grower) -> str:
    """How much a constructor grows, or weighs, and what holds it."""
    return f"{_first_words(diff, grower)}{held_by(grower)}"


def _first_words(diff: HeapDiff, grower: Grower) -> str:
    growth = grower.growth
    name = _code(growth.name)
    figures = growth.figures[-1]
    if diff.method == "summary":
        return f"{name} weighs most: {units.several(figures.count, 'object')}, {_weight(figures)}"
    change = growth.retained_change
    moved = size(growth.shallow_change, True) if isinstance(change, NotKnown) else f"{size(change, True)} retained"
    return f"{name} grows: {growth.count_change:+,} objects, {moved}, from 1 to {len(diff.snapshots)}"


def say_in_place(diff: HeapDiff, one: InPlace) -> str:
    """How much a single object grows, or weighs, and what holds it."""
    total = diff.snapshots[-1].total_bytes
    if diff.method == "summary":
        share = units.percent(one.own_bytes / total) if total else units.NO_FIGURE
        return f"One {_kind(one.name)} holds {share} of the heap, {size(one.retained_bytes[-1])} retained{_held_in(one)}"
    if one.is_replaced:
        return f"One {_kind(one.name)} {how_it_grows(one)}: {units.sizes(one.retained_bytes)} with what refers to it{_held_in(one)}"
    return f"One {_kind(one.name)} {how_it_grows(one)}: {units.sizes(one.retained_bytes)}{_held_in(one)}"


def say_total(diff: HeapDiff) -> str:
    """That the heap grew, and what is known of it."""
    grew = f"The heap grows, {units.sizes([one.total_bytes for one in diff.snapshots])}, and no constructor or object explains most of it"
    parts = [say_grower(diff, one) for one in diff.growers[:1]] or [say_in_place(diff, one) for one in diff.in_place[:1]]
    return grew + "".join(f"; the largest part: {part[:1].lower()}{part[1:]}" for part in parts)


def _held_in(one: InPlace) -> str:
    """Where a single object is: the variable or property, and the function that keeps it if that is all there is."""
    match one.holder:
        case Holder(name=name, of=of, file=file) as holder:
            named = [_code(called) for called in (name, *of) if called]
            if not named:
                return _kept(one.keeper)
            is_local = not name and of[0].endswith("()")
            held = f"; {'a local variable of' if is_local else 'held by'} {' of '.join(named)}"
            kept = _kept(one.keeper) if holder.is_of_runtime or not file else ""
            return held + (f" in {_file_name(file)}" if file else "") + kept
        case NotKnown():
            return ""


def _kept(keeper: Keeper | None) -> str:
    if keeper is None:
        return ""
    variable = f"variable {_code(keeper.variable)} of " if keeper.variable else ""
    return f"; kept by {variable}{_code(keeper.function)} ({_file_name(keeper.defined)})"


def _kind(name: str) -> str:
    return say_kind(name, _bare)


def numbered(text: str, diff: HeapDiff) -> str:
    """A text with the numbers of the snapshots in it."""
    count = len(diff.snapshots)
    return text.format(count={3: "three"}.get(count, count), middle=count - 1, last=count)


def compared(diff: HeapDiff) -> str:
    """How the snapshots were compared."""
    others = sorted({one.maker for one in diff.snapshots} & RENUMBERING)
    if diff.method == "by-constructor" and others:
        return f"snapshots of {' and '.join(others)}, in which an object's id is no clue, by constructor only"
    return numbered(METHODS[diff.method], diff)


def title(grower: Grower) -> str:
    """The name over a grower's details and path."""
    return f"What holds {_code(grower.growth.name)}"


def held_by(grower: Grower) -> str:
    """`; held by ...`, as far as it is known."""
    match grower.holder:
        case Holder() as holder:
            count = grower.holders[0].count if grower.holders else grower.counted
            part = f"{count:,} of {grower.counted:,} " if count < MOST_OF_THEM * grower.counted else ""
            held = f"; {part}held by {say_holder(holder, _bare)}"
            kept = _kept(grower.keeper) if holder.is_of_runtime or not holder.name else ""
            return kept + held + _allocated(grower)
        case NotKnown():
            return ""


def _allocated(grower: Grower) -> str:
    """`; allocated in ...`, if one function allocated half of them or more: of optimised code V8 does not always know it."""
    first = grower.allocated[0] if grower.allocated else None
    if first is None or 2 * first.count < grower.counted:
        return ""
    part = f"{first.count:,} of {grower.counted:,} " if first.count < MOST_OF_THEM * grower.counted else ""
    return f"; {part}allocated in {_code(first.function)} ({_file_name(first.defined)})"


def held_strings(one: EqualStrings) -> str:
    """What holds strings of one text: `9,000 of 9,001: `news` (Array) of feed.js`."""
    if isinstance(one.holder, NotKnown):
        return one.holder.reason
    part = "" if one.held >= MOST_OF_THEM * one.count else f"{one.held:,} of {one.count:,}: "
    return part + say_holder(one.holder, _bare)


def details(grower: Grower) -> list[str]:
    """What else is known of it: where it is defined, what it looks like."""
    known = []
    if grower.defined:
        known.append(f"defined at {make_visible(grower.defined)}")
    if grower.properties:
        known.append("for example {" + ", ".join(make_visible(name) for name in grower.properties) + "}")
    stayed = grower.growth.stayed
    if isinstance(stayed, int):
        last = len(grower.growth.figures)
        known.append(
            f"allocated between 1 and {last - 1} and still there in {last}: {units.several(stayed, 'object')}, {size(grower.growth.stayed_bytes)} retained"
        )
    known += [f"{share.count:,} of {grower.counted:,} held by {say_holder(share.holder, _bare)}" for share in grower.holders]
    known += _keeper_lines(grower.keeper)
    known += [
        f"{site.count:,} of {grower.counted:,} allocated in {_code(site.function)}, {make_visible(site.defined)}"
        for site in grower.allocated
    ]
    if isinstance(grower.holder, NotKnown):
        known.append(grower.holder.reason)
    return known


def details_in_place(one: InPlace) -> list[str]:
    """What else is known of an object that grows: what is new in it, and which function keeps it."""
    known = [f"{size(one.own_bytes)} of that is its own, not that of another object that grows within it"]
    if one.contents:
        parts = (f"{content.count:,} {_code(content.name)} ({size(content.shallow_bytes)})" for content in one.contents)
        known.append("in it: " + ", ".join(parts))
    return known + _keeper_lines(one.keeper)


def _keeper_lines(keeper: Keeper | None) -> list[str]:
    if keeper is None:
        return []
    what = f"variable {_code(keeper.variable)} of " if keeper.variable else ""
    return [f"kept by {what}{_code(keeper.function)}, defined at {make_visible(keeper.defined)}"]


def path_lines(steps: Sequence[PathStep]) -> list[str]:
    """A retaining path, a step a line, outermost first: how it is called, and what it is."""
    return [f"{edge}{_times(step)}: {name}" if edge else name for step in steps for edge, name in (_edge_and_name(step),)]


def _times(step: PathStep) -> str:
    """` × 598`, ` (these 3 steps × 197)`; empty of a step that is not repeated."""
    if not step.times:
        return ""
    times = f"× {units.count(step.times)}"
    return f" {times}" if step.span == 1 else f" (these {step.span} steps {times})"


def referrer_lines(steps: Sequence[PathStep]) -> list[str]:
    """What refers to an object, a line each, and by which of its edges: `Array @15 [3]`."""
    return [f"{name} {edge}" for edge, name in map(_edge_and_name, steps)]


def _edge_and_name(step: PathStep) -> tuple[str, str]:
    name = f"{cut(make_visible(step.name), STEP_LENGTH)} @{step.id}"
    edge = cut(make_visible(step.edge), STEP_LENGTH)
    match step.kind:
        case "root":
            return "", name
        case "element" | "hidden":
            return edge, name
        case "context":
            return f"variable {edge}", name
        case "property":
            return f".{edge}", name
        case _:
            return f"<{edge}>", name


def title_in_place(one: InPlace) -> str:
    """The name over an object's details and path."""
    called = one.holder.name if isinstance(one.holder, Holder) and one.holder.name else ""
    return f"What holds the {_kind(one.name)}" + (f" {_code(called)}" if called else "")


def is_cut(diff: HeapDiff) -> bool:
    return diff.snapshots[-1].missing in ("nodes", "edges")


def _weight(figures: ClassFigures) -> str:
    if isinstance(figures.retained_bytes, NotKnown):
        return size(figures.shallow_bytes)
    return f"{size(figures.retained_bytes)} retained"


def _code(name: str) -> str:
    return f"`{_bare(name)}`"


def _bare(name: str) -> str:
    return cut(make_visible(name), NAME_LENGTH).replace("`", "'")


def _file_name(file: str) -> str:
    return make_visible(file.replace("\\", "/").rsplit("/", 1)[-1])


# ---------------------------------------------------------------- the document
