"""The sentences about heap snapshots, the same in every form of the report."""

from __future__ import annotations

from dataclasses import dataclass

from gclog import units
from gclog.model.heap import ClassFigures, ClassGrowth, Grower, HeapDiff, Holder, Method, PathStep
from gclog.model.not_known import NotKnown
from gclog.report.document import Bullets, Code, Column, Document, Lines, Said, Section, Table, Tone, Words
from gclog.report.visible import cut, make_visible

__all__ = [
    "HEADINGS",
    "METHODS",
    "ClassRow",
    "answer",
    "class_rows",
    "columns",
    "details",
    "document_of",
    "held_by",
    "legend",
    "lone_title",
    "path_lines",
    "say_grower",
    "size",
    "snapshot_lines",
    "steadied",
]

METHODS: dict[Method, str] = {
    "summary": "one snapshot",
    "two": "two snapshots of one process, object by object",
    "three": "three snapshots of one process: allocated between 1 and 2, still there in 3",
    "by-constructor": "snapshots of different processes, by constructor only",
}

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
        "Stayed: allocated between 1 and 2, still there in 3. Shallow, retained: the change from 1 to 3. Grown: what those that "
        "stayed retain. Constructors that did not change are left out."
    ),
    "by-constructor": (
        "Shallow, retained: the difference between the last and the first snapshot. Constructors that did not change are left out."
    ),
}

ROWS_SHOWN = 20
"""Constructors in a table for people; JSON has all."""

LEAST_NAME = 12
"""Characters that a constructor's name gets in a table, however long the figures are."""

NAME_LENGTH = 80
STEP_LENGTH = 100

BYTES_PER_KB = 1024
LEAST_STEADIED = 16 << 10
"""Bytes. Constructors that grew by less and then stopped are not reported."""

NO_GROWTH: dict[Method, str] = {
    "summary": "Nothing stands out: no constructor has many objects that hold much",
    "two": "Nothing grows: no constructor has more objects in the last snapshot that weigh anything",
    "three": "Nothing grows from snapshot to snapshot: what was allocated between 1 and 2 is gone in 3, or was no more than once",
    "by-constructor": "Nothing grows: no constructor has more objects in the last snapshot that weigh anything",
}


@dataclass(frozen=True, slots=True)
class ClassRow:
    """A constructor's row; the cells are those of `columns`."""

    name: str
    cells: tuple[str, ...]
    grows: bool


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
    if _is_cut(diff):
        return "Cannot say what grows: the snapshot is cut off before its references and names"
    if not diff.growers:
        return NO_GROWTH[diff.method]
    return say_grower(diff, diff.growers[0])


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


def title(grower: Grower) -> str:
    """The name over a grower's details and path."""
    return f"What holds {_code(grower.growth.name)}"


def held_by(grower: Grower) -> str:
    """`; held by ...`, as far as it is known."""
    match grower.holder:
        case Holder(name=name, constructor=constructor, file=file):
            what = f"{_code(name)} ({make_visible(constructor)})" if name else f"an object `{_bare(constructor)}`"
            return f"; held by {what}" + (f" of {_file_name(file)}" if file else "")
        case NotKnown():
            return ""


def details(grower: Grower) -> list[str]:
    """What else is known of it: where it is defined, what it looks like."""
    known = []
    if grower.defined:
        known.append(f"defined at {make_visible(grower.defined)}")
    if grower.properties:
        known.append("for example {" + ", ".join(make_visible(name) for name in grower.properties) + "}")
    stayed = grower.growth.stayed
    if isinstance(stayed, int):
        known.append(
            f"allocated between 1 and 2 and still there in 3: {units.several(stayed, 'object')}, {size(grower.growth.stayed_bytes)} retained"
        )
    if isinstance(grower.holder, NotKnown):
        known.append(grower.holder.reason)
    return known


def path_lines(steps: tuple[PathStep, ...]) -> list[str]:
    """A retaining path, a step a line, outermost first: how it is called, and what it is."""
    lines = []
    for step in steps:
        name = cut(make_visible(step.name), STEP_LENGTH)
        edge = cut(make_visible(step.edge), STEP_LENGTH)
        match step.kind:
            case "root":
                lines.append(f"{name} @{step.id}")
            case "element" | "hidden":
                lines.append(f"{edge}: {name} @{step.id}")
            case "context":
                lines.append(f"variable {edge}: {name} @{step.id}")
            case "property":
                lines.append(f".{edge}: {name} @{step.id}")
            case _:
                lines.append(f"<{edge}>: {name} @{step.id}")
    return lines


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


def class_rows(diff: HeapDiff, limit: int = ROWS_SHOWN) -> list[ClassRow]:
    """The constructors with the largest growth, or the largest."""
    named = {grower.growth.name for grower in diff.growers}
    moved = [one for one in diff.classes if diff.method == "summary" or _moved(diff.method, one)]
    return [
        ClassRow(cut(make_visible(one.name), NAME_LENGTH), _cells(diff.method, one), one.name in named) for one in moved[:limit]
    ]


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


def legend(method: Method) -> str:
    """What the columns say."""
    return LEGEND[method]


def steadied(diff: HeapDiff) -> list[str]:
    """Of three snapshots, what grew at first and then stopped: caches that are warm."""
    if diff.method != "three":
        return []
    return [
        f"{_code(one.name)}: {' → '.join(units.count(figures.count) for figures in one.figures)} objects, {size(one.outer_bytes)}"
        for one in diff.classes
        if not one.each_time and one.outer_bytes > LEAST_STEADIED and one.figures[1].count > one.figures[0].count
    ]


def snapshot_lines(diff: HeapDiff) -> list[str]:
    """What was read, a line for each."""
    return [
        f"{number}: {make_visible(one.name)}: {units.count(one.nodes)} nodes, {units.count(one.edges)} references, {size(one.total_bytes)}"
        for number, one in enumerate(diff.snapshots, 1)
    ]


def _is_cut(diff: HeapDiff) -> bool:
    return diff.snapshots[-1].missing in ("nodes", "edges")


def _weight(figures: ClassFigures) -> str:
    if isinstance(figures.retained_bytes, NotKnown):
        return size(figures.shallow_bytes)
    return f"{size(figures.retained_bytes)} retained"


def _number(value: int | NotKnown) -> str:
    return units.NO_FIGURE if isinstance(value, NotKnown) else units.count(value)


def _code(name: str) -> str:
    return f"`{_bare(name)}`"


def _bare(name: str) -> str:
    return cut(make_visible(name), NAME_LENGTH).replace("`", "'")


def _file_name(file: str) -> str:
    return make_visible(file.replace("\\", "/").rsplit("/", 1)[-1])


# ---------------------------------------------------------------- the document


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
    return Document(
        answer=Words(answer(diff), _tone(diff)),
        head=(Lines((*snapshot_lines(diff), Words(f"compared: {METHODS[diff.method]}", "faint"))),),
        sections=(
            *(Section(f"grower-{number}", title(grower), _holders(grower)) for number, grower in enumerate(diff.growers, 1)),
            Section("constructors", "Constructors", (_constructors(diff), RULES)),
            *([Section("steadied", "Grew at first, then stopped", (Bullets(tuple(stopped)),))] if stopped else []),
            *([Section("notes", "Before you believe it", (Bullets(diff.notes),))] if diff.notes else []),
        ),
        version=version,
        name="heap",
        subject=METHODS[diff.method],
    )


def _tone(diff: HeapDiff) -> Tone:
    if _is_cut(diff):
        return "strong"
    if not diff.growers:
        return "good"
    return "notice" if diff.method == "summary" else "bad"


def _holders(grower: Grower) -> tuple[Lines, ...]:
    """What is known of a grower, and its path, whose last step is the grower itself."""
    known, path = details(grower), path_lines(grower.path)
    steps: list[Said] = [*path[:-1], *(Words(line, "strong") for line in path[-1:])]
    blocks = (Lines(tuple(known)), Lines(tuple(steps), deep=1, fenced=True))
    return tuple(block for block in blocks if block.lines)


def _constructors(diff: HeapDiff) -> Table:
    figures = (Column(name, figures=True) for name in columns(diff.method))
    rows: list[tuple[Said, ...]] = [(Code(row.name, "strong" if row.grows else ""), *row.cells) for row in class_rows(diff)]
    return Table((Column("Constructor", wraps=True, least=LEAST_NAME), *figures), tuple(rows), legend(diff.method))
