"""The report of heap snapshots: what is said of them, in which order, and the table of constructors."""

from __future__ import annotations

from dataclasses import dataclass

from gclog import units
from gclog.model.heap import ClassGrowth, Grower, HeapDiff, InPlace, Method, Referrers, RepeatedStrings
from gclog.model.not_known import NotKnown
from gclog.report.document import Block, Bullets, Code, Column, Document, Lines, Only, Said, Section, Table, Tone, Words
from gclog.report.say.heap_sentences import (
    LEAST_STEADIED,
    NAME_LENGTH,
    answer,
    compared,
    details,
    details_in_place,
    held_strings,
    is_cut,
    numbered,
    path_lines,
    referrer_lines,
    say_in_place,
    size,
    title,
    title_in_place,
)
from gclog.report.visible import cut, make_visible

__all__ = ["HEADINGS", "ClassRow", "class_rows", "columns", "document_of", "legend", "lone_title", "snapshot_lines", "steadied"]

HEADINGS: dict[Method, str] = {
    "summary": "What the heap holds",
    "two": "What grows",
    "three": "What grows",
    "by-constructor": "What grows",
}

LEGEND: dict[Method, str] = {
    "summary": "Retained: what would be freed with the objects. Sizes at the moment of the snapshot.",
    "two": (
        "New and gone: objects that only the last, only the first snapshot has. Shallow, retained: the change from the first to "
        "the last. Grown: what the new ones retain. Constructors that did not change are left out."
    ),
    "three": (
        "Stayed: allocated between 1 and {middle}, still there in {last}. Shallow, retained: the change from 1 to {last}. Grown: what those that "
        "stayed retain. Constructors that did not change are left out."
    ),
    "by-constructor": (
        "Shallow, retained: the difference between the last and the first snapshot. Constructors that did not change are left out."
    ),
}

HIDDEN = "…"
"""The text of a string that is not shown."""

ROWS_SHOWN = 20
"""Constructors in a table for people; JSON has all."""

STRINGS_LEGEND = "Equal: the same text, up to the 1,024 characters that V8 writes of it, and the same size."

LEAST_NAME = 12
"""Characters that a constructor's name gets in a table, however long the figures are."""


@dataclass(frozen=True, slots=True)
class ClassRow:
    """A constructor's row; the cells are those of `columns`, the keys their numbers. `place`: the section that says what holds it, if one does."""

    name: str
    cells: tuple[str, ...]
    keys: tuple[float | None, ...]
    place: str


def columns(method: Method) -> tuple[str, ...]:
    """The titles of the columns of figures."""
    match method:
        case "summary":
            return ("Objects", "Shallow", "Retained")
        case "two":
            return ("Objects", "New", "Gone", "Shallow", "Retained", "Grown")
        case "three":
            return ("Objects", "Stayed", "Shallow", "Retained", "Grown")
        case "by-constructor":
            return ("Objects", "Shallow", "Retained")


def class_rows(diff: HeapDiff) -> list[ClassRow]:
    """The constructors, those with the largest growth first; of one snapshot the largest."""
    places = {grower.growth.name: f"grower-{number}" for number, grower in enumerate(diff.growers, 1)}
    moved = [one for one in diff.classes if diff.method == "summary" or _moved(diff.method, one)]
    return [
        ClassRow(
            cut(make_visible(one.name), NAME_LENGTH),
            _cells(diff.method, one),
            _keys(diff.method, one),
            places.get(one.name, ""),
        )
        for one in moved
    ]


def _keys(method: Method, growth: ClassGrowth) -> tuple[float | None, ...]:
    """The numbers of the cells; of several objects, those of the last snapshot."""
    last, sizes = growth.figures[-1], (growth.shallow_change, growth.retained_change)
    match method:
        case "summary":
            found: tuple[int | NotKnown, ...] = (last.count, last.shallow_bytes, last.retained_bytes)
        case "two":
            found = (last.count, growth.new, growth.gone, *sizes, growth.stayed_bytes)
        case "three":
            found = (last.count, growth.stayed, *sizes, growth.stayed_bytes)
        case "by-constructor":
            found = (last.count, *sizes)
    return tuple(None if isinstance(one, NotKnown) else one for one in found)


def _moved(method: Method, growth: ClassGrowth) -> bool:
    """Whether anything in its row is not nothing."""
    comings = (growth.new, growth.gone) if method == "two" else (growth.stayed,)
    figures = (growth.count_change, growth.shallow_change, growth.retained_change, *comings)
    return any(figure for figure in figures if not isinstance(figure, NotKnown))


def _cells(method: Method, growth: ClassGrowth) -> tuple[str, ...]:
    last = growth.figures[-1]
    if method == "summary":
        return units.count(last.count), size(last.shallow_bytes), size(last.retained_bytes)
    objects = " → ".join(units.count(one.count) for one in growth.figures)
    sizes = size(growth.shallow_change, True), size(growth.retained_change, True)
    comings = _number(growth.new), _number(growth.gone)
    match method:
        case "two":
            return objects, *comings, *sizes, size(growth.stayed_bytes)
        case "three":
            return objects, _number(growth.stayed), *sizes, size(growth.stayed_bytes)
        case "by-constructor":
            return objects, *sizes


def lone_title(pid: int | None, thread_id: int | None) -> str:
    """The name over snapshots that are of no process of the report."""
    whose = "" if pid is None else f" of process {pid}" + (f", thread {thread_id}" if thread_id else "")
    return f"Heap snapshots{whose}, on their own"


def legend(diff: HeapDiff) -> str:
    """What the columns say."""
    return numbered(LEGEND[diff.method], diff)


def steadied(diff: HeapDiff) -> list[str]:
    """Of three snapshots, what grew at first and then stopped: caches that are warm."""
    if diff.method != "three":
        return []
    return [
        f"`{cut(make_visible(one.name), NAME_LENGTH)}`: {' → '.join(units.count(figures.count) for figures in one.figures)} objects, {size(one.outer_bytes)}"
        for one in diff.classes
        if (not one.each_time or one.flattens)
        and one.outer_bytes > LEAST_STEADIED
        and one.figures[1].count > one.figures[0].count
    ]


def snapshot_lines(diff: HeapDiff) -> list[str]:
    """What was read, a line for each."""
    return [
        f"{number}: {make_visible(one.name)}: {units.count(one.nodes)} nodes, {units.count(one.edges)} references, {size(one.total_bytes)}"
        + (f", and {size(one.extra_native_bytes)} of native memory beside them" if one.extra_native_bytes else "")
        + (f"; {units.several(one.detached, 'detached DOM node')}, {size(one.detached_bytes)}" if one.detached else "")
        for number, one in enumerate(diff.snapshots, 1)
    ]


def _number(value: int | NotKnown) -> str:
    return units.NO_FIGURE if isinstance(value, NotKnown) else units.count(value)


RULES = Lines(
    (
        Words(
            "Retained: what would be freed with the objects, by V8's own references; the rules are those of Chrome's DevTools.",
            "faint",
        ),
    ),
    not_in=("text", "markdown"),
)


def document_of(diff: HeapDiff, version: str) -> Document:
    """What grows, what holds it, then the constructors and what to know before believing it."""
    stopped = steadied(diff)
    growers = [Section(f"grower-{number}", title(grower), _holders(grower)) for number, grower in enumerate(diff.growers, 1)]
    objects = [
        Section(f"object-{number}", title_in_place(one), _place(diff, one)) for number, one in enumerate(diff.in_place, 1)
    ]
    return Document(
        answer=Words(answer(diff), _tone(diff)),
        head=(Lines((*snapshot_lines(diff), Words(f"compared: {compared(diff)}", "faint"))),),
        sections=(
            *(objects + growers if diff.lead == "object" else growers + objects),
            Section("constructors", "Constructors", (_constructors(diff), RULES)),
            *_repeated(diff),
            *([Section("steadied", "Grew at first, then stopped", (Bullets(tuple(stopped)),))] if stopped else []),
            *([Section("notes", "Before you believe it", (Bullets(diff.notes),))] if diff.notes else []),
        ),
        version=version,
        name="heap",
        subject=compared(diff),
    )


def _tone(diff: HeapDiff) -> Tone:
    if is_cut(diff):
        return "strong"
    if not diff.lead:
        return "good"
    return "notice" if diff.method == "summary" else "bad"


def _holders(grower: Grower) -> tuple[Block, ...]:
    """What is known of a grower, and its path, whose last step is the grower itself."""
    return (*_known_and_path(details(grower), path_lines(grower.path)), *_others(grower.others))


def _place(diff: HeapDiff, one: InPlace) -> tuple[Block, ...]:
    """How an object grows, what is known of it, and its path."""
    known = [say_in_place(diff, one), *details_in_place(one)]
    return (*_known_and_path(known, path_lines(one.path)), *_others(one.others))


def _others(others: Referrers | None) -> tuple[Block, ...]:
    """What else holds the object at the end of a path, for a page."""
    if others is None:
        return ()
    more = others.count - len(others.shown)
    lines = [f"{line}" for line in referrer_lines(others.shown)] + ([f"and {units.count(more)} more"] if more else [])
    return (Only((Lines(tuple(lines), deep=1, fenced=True),), fold=f"What else holds it: {units.count(others.count)}"),)


def _known_and_path(known: list[str], path: list[str]) -> tuple[Lines, ...]:
    steps: list[Said] = [*path[:-1], *(Words(line, "strong") for line in path[-1:])]
    blocks = (Lines(tuple(known)), Lines(tuple(steps), deep=1, fenced=True))
    return tuple(block for block in blocks if block.lines)


def _repeated(diff: HeapDiff) -> list[Section]:
    """The strings that are there more than once, if they take much."""
    strings = diff.strings
    if not isinstance(strings, RepeatedStrings) or not strings.largest:
        return []
    hidden = " `--show-strings` shows their text." if all(one.text == HIDDEN for one in strings.largest) else ""
    sum_of_all = (
        f"{units.count(strings.count)} strings have an equal one, {size(strings.bytes)} in all; once each, they would take "
        f"{size(strings.copies_bytes)} less."
    )
    titles = (
        Column("Text", wraps=True, least=LEAST_NAME),
        *(Column(name, figures=True) for name in ("Times", "Each", "Copies")),
    )
    rows: list[tuple[Said, ...]] = [
        (
            Code(cut(make_visible(one.text), NAME_LENGTH)),
            units.count(one.count),
            size(one.bytes),
            size(one.copies_bytes),
            held_strings(one),
        )
        for one in strings.largest
    ]
    table = Table((*titles, Column("Held by", wraps=True)), tuple(rows), STRINGS_LEGEND + hidden)
    return [Section("strings", "Equal strings", (Lines((sum_of_all,)), table))]


def _constructors(diff: HeapDiff) -> Table:
    figures = (Column(name, figures=True) for name in columns(diff.method))
    rows = class_rows(diff)
    return Table(
        (Column("Constructor", wraps=True, least=LEAST_NAME), *figures),
        tuple((Code(row.name, "strong" if row.place else "", to=row.place), *row.cells) for row in rows),
        legend(diff),
        most=ROWS_SHOWN,
        keys=tuple((None, *row.keys) for row in rows),
    )
