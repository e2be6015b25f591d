"""Further views of a profile, as sections of a document: native time by who called it, scripts and packages with their functions,
one function with its callers and callees."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from gclog import units
from gclog.model.profile import CallNode, Deoptimisation, Profile
from gclog.model.profile_views import Focus, NativeCall, PlaceTicks
from gclog.profile.native_time import native_calls
from gclog.profile.places import ticks_by_package, ticks_by_script
from gclog.report.document import Block, Code, Column, Form, Lines, Said, Section, Table, Words
from gclog.report.say.frames import frame_name, frame_place, frame_reference
from gclog.report.say.profile_rows import category_label, counted_ticks, share_of
from gclog.report.visible import cut

__all__ = [
    "DeoptRow",
    "FocusPart",
    "NativeRow",
    "deopt_rows",
    "deopt_section",
    "focus_parts",
    "line_section",
    "native_rows",
    "native_section",
    "place_sections",
]

LISTED, PAGE_LISTED = 5, 100
"""Rows of a table in a text, and in a page."""

NAMED = 3
"""Functions named in a row, each with so many characters of its name at most."""

LONGEST_NAME = 60

LEAST_SHARE = 0.001
"""Of all: what has less is not listed."""

OTHERS_NAMED = 3


@dataclass(frozen=True, slots=True)
class NativeRow:
    """Ticks in native code that a function called (None: that no function did), and what it called, most ticks first."""

    caller: int | None
    ticks: int
    calls: tuple[NativeCall, ...]


def native_rows(profile: Profile) -> tuple[NativeRow, ...]:
    """By function, most ticks first."""
    calls: dict[int, list[NativeCall]] = {}
    for one in native_calls(profile):
        calls.setdefault(one.caller, []).append(one)
    rows = (
        NativeRow(None if caller < 0 else caller, sum(one.ticks for one in own), tuple(own)) for caller, own in calls.items()
    )
    return tuple(sorted(rows, key=lambda row: (-row.ticks, -1 if row.caller is None else row.caller)))


NATIVE_COLUMNS = (
    Column("Native", figures=True),
    Column("", figures=True),
    Column("Called by", share=0.3),
    Column("Where", share=0.25, ends=True),
    Column("What it called", wraps=True),
)


def native_section(profile: Profile, key: str, not_in: tuple[Form, ...]) -> Iterable[Section]:
    """Builtins, regular expressions and C++, by the JavaScript that called them."""
    rows = [row for row in native_rows(profile) if row.ticks >= LEAST_SHARE * counted_ticks(profile)]
    if not rows:
        return
    shown = tuple(
        (
            units.figure(row.ticks, profile.unit),
            units.percent(share_of(row.ticks, counted_ticks(profile))),
            *_caller(profile, row),
            _calls(profile, row),
        )
        for row in rows[:PAGE_LISTED]
    )
    table = Table(NATIVE_COLUMNS, shown, dense=True, most=LISTED, rest=_rest(len(rows)), name="Native time by caller")
    title = "Native time, by the JavaScript that called it"
    yield Section(f"{key}-native", title, (table, _said("Without garbage collection.")), not_in=not_in)


def _caller(profile: Profile, row: NativeRow) -> tuple[Said, Said]:
    if row.caller is None:
        return Words("no JavaScript", "faint"), ""
    frame = profile.frames[row.caller]
    return Code(frame_name(frame)), Code(frame_place(frame), "faint", frame_place(frame, whole=True))


def _calls(profile: Profile, row: NativeRow) -> str:
    more = len(row.calls) - NAMED
    named = [f"`{_short(profile, one.called)}` {units.figure(one.ticks, profile.unit)}" for one in row.calls[:NAMED]]
    return ", ".join([*named, *([f"and {units.count(more)} more"] if more > 0 else [])])


def _short(profile: Profile, frame: int) -> str:
    return cut(frame_name(profile.frames[frame]), LONGEST_NAME)


def _rest(count: int) -> Said:
    return Words(f"{units.count(count - LISTED)} more (-o FILE.html has them)", "faint") if count > LISTED else ""


def _said(text: str) -> Lines:
    return Lines((Words(text, "faint"),))


PLACE_COLUMNS = (
    Column("Own", figures=True),
    Column("", figures=True),
    Column("Total", figures=True),
    Column("Script", share=0.5, ends=True),
    Column("Functions with the most of their own", wraps=True),
)
SCRIPT, PACKAGE = (
    PLACE_COLUMNS,
    tuple(Column("Whose", share=0.5) if column.title == "Script" else column for column in PLACE_COLUMNS),
)


def place_sections(profile: Profile, key: str, not_in: tuple[Form, ...]) -> Iterable[Section]:
    """Scripts, and packages, with their functions."""
    for name, title, columns, rows in (
        ("packages", "By package, with their functions", PACKAGE, ticks_by_package(profile)),
        ("scripts", "By script, with their functions", SCRIPT, ticks_by_script(profile)),
    ):
        listed = [row for row in rows if row.total_ticks >= LEAST_SHARE * counted_ticks(profile)]
        if listed:
            table = Table(
                columns,
                tuple(_place(profile, row) for row in listed[:PAGE_LISTED]),
                dense=True,
                most=LISTED,
                rest=_rest(len(listed)),
                name=title,
            )
            yield Section(f"{key}-{name}", title, (table,), not_in=not_in)


def _place(profile: Profile, row: PlaceTicks) -> tuple[Said, ...]:
    whole = counted_ticks(profile)
    functions = [one for at, one in enumerate(row.functions[:NAMED]) if one.self_ticks or not at]
    named = [
        f"`{_short(profile, one.frame)}`{_line(profile, one.frame)} {units.figure(one.self_ticks, profile.unit)}"
        for one in functions
    ]
    whose: Said = category_label(row.category, row.package) if row.script is None else Code(row.script)
    return (
        units.figure(row.self_ticks, profile.unit),
        units.percent(share_of(row.self_ticks, whole)),
        units.percent(share_of(row.total_ticks, whole)),
        whose,
        ", ".join(named),
    )


def _line(profile: Profile, frame: int) -> str:
    line = profile.frames[frame].line
    return "" if line is None else f":{line}"


LINE_COLUMNS = (
    Column("Samples", figures=True),
    Column("", figures=True),
    Column("Line", share=0.5, ends=True),
    Column("Function", share=0.45),
)


def line_section(profile: Profile, key: str, not_in: tuple[Form, ...]) -> Iterable[Section]:
    """The lines that were on top most often; nothing if the profile has no lines."""
    lines = profile.hot_lines
    if not lines:
        return
    whole = profile.sample_count
    rows = tuple(
        (
            units.count(one.samples),
            units.percent(share_of(one.samples, whole)),
            Code(f"{profile.frames[one.frame].script or ''}:{one.line}"),
            Code(frame_name(profile.frames[one.frame])),
        )
        for one in lines[:PAGE_LISTED]
    )
    table = Table(LINE_COLUMNS, rows, dense=True, most=LISTED, rest=_rest(len(lines)), name="Hot lines")
    yield Section(f"{key}-lines", "Hot lines: on top most often, of all samples, idle ones too", (table,), not_in=not_in)


# ---------------------------------------------------------------- code that V8 threw away


@dataclass(frozen=True, slots=True)
class DeoptRow:
    """Deoptimisations of a function for one reason in one place, and the last of them."""

    frame: int
    count: int
    last: Deoptimisation


def deopt_rows(profile: Profile) -> tuple[DeoptRow, ...]:
    """Most frequent first, then the latest."""
    found: dict[tuple[int, str, str, str], list[Deoptimisation]] = {}
    for number, frame in enumerate(profile.frames):
        for one in frame.deoptimisations:
            found.setdefault((number, one.kind, one.reason, one.position), []).append(one)
    rows = (DeoptRow(key[0], len(ones), max(ones, key=lambda one: one.line)) for key, ones in found.items())
    return tuple(sorted(rows, key=lambda row: (-row.count, -row.last.line)))


DEOPT_COLUMNS = (
    Column("Times", figures=True),
    Column("Last at", figures=True),
    Column("Kind"),
    Column("Reason", wraps=True, least=16),
    Column("Function", share=0.25),
    Column("Where in it", share=0.4, ends=True),
)


def deopt_section(profile: Profile, key: str, not_in: tuple[Form, ...]) -> Iterable[Section]:
    """Where V8 threw optimised code away, and why; nothing if the log has none."""
    rows = deopt_rows(profile)
    if not rows:
        return
    shown = tuple(
        (
            units.count(row.count),
            units.clock(row.last.at_us / units.US_PER_MS),
            row.last.kind,
            row.last.reason or "not in the log",
            Code(frame_name(profile.frames[row.frame])),
            Code(row.last.position or frame_place(profile.frames[row.frame]), "faint"),
        )
        for row in rows[:PAGE_LISTED]
    )
    title = "Deoptimisations: optimised code that V8 threw away"
    table = Table(DEOPT_COLUMNS, shown, dense=True, most=LISTED, rest=_rest(len(rows)), name=title)
    yield Section(f"{key}-deopts", title, (table,), not_in=not_in)


# ---------------------------------------------------------------- one function


@dataclass(frozen=True, slots=True)
class FocusPart:
    """A tree of the function that was asked for: below which key and title, and what is said of it."""

    key: str
    title: str
    blocks: tuple[Block, ...]
    root: CallNode
    is_up: bool


def focus_parts(profile: Profile, focus: Focus) -> Sequence[FocusPart]:
    """Its callers, and its callees."""
    frame, whole = profile.frames[focus.frame], counted_ticks(profile)
    own, total = (units.percent(share_of(ticks, whole)) for ticks in (focus.self_ticks, focus.total_ticks))
    name = frame_reference(frame)
    said = f"{name}: {own} of its own, {total} with what it called; a recursive call counts once"
    others = [frame_reference(profile.frames[other]) for other in focus.others[:OTHERS_NAMED]]
    more = len(focus.others) - OTHERS_NAMED
    also = f"also meant: {', '.join(others)}{f' and {units.count(more)} more' if more > 0 else ''}" if others else ""
    return (
        FocusPart("callers", f"All callers of {name}", (Lines((said, *filter(None, (also,)))),), focus.callers, True),
        FocusPart("callees", f"All that {name} called", (), focus.callees, False),
    )
