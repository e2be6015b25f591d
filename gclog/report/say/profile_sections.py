"""A profile as a document: what used the CPU first, then where, whose code it is, which functions, who called them, and when."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from gclog import units
from gclog.model.profile import CallNode, GcJoin, Profile
from gclog.model.report import ProfileReport
from gclog.report.document import (
    PAGE_ALONE,
    Block,
    Bullets,
    Code,
    Column,
    Drawing,
    Facts,
    Flame,
    Form,
    Lines,
    Node,
    Only,
    Path,
    Said,
    Section,
    Share,
    Shares,
    Table,
    Ticket,
    Tree,
    Words,
)
from gclog.report.say import profile as wording
from gclog.report.say import profile_rows as rows_of
from gclog.report.say.frames import frame_name, frame_place
from gclog.report.say.profile_rows import ShareRow, TreeRow
from gclog.report.say.profile_time import gc_log_section, state_sections
from gclog.report.say.profile_views import deopt_section, focus_parts, line_section, native_section, place_sections

__all__ = ["ProfileView", "TreeKind", "card_of", "head_of", "sections_of"]

TreeKind = Literal["bottom-up", "top-down"]

CATEGORIES_SHOWN = 12
CARD_FUNCTIONS, CARD_CATEGORIES = 10, 4

ROOTS = {"bottom-up": 6, "top-down": 3}
"""Functions whose callers are shown; outermost functions whose callees are."""

PAGE_FUNCTIONS = 500
"""Functions listed in a page, in a table that can be sorted and searched."""

FLAMES = 6
"""Profiles with a flame graph, the first ones: a process and its workers."""

LEAST_SHARE, PAGE_LEAST_SHARE = 0.02, 0.01
"""Of all ticks: paths with less are cut, as node's tool cuts at one and two percent of the caller's."""

FOCUS_LEAST_SHARE = 0.001
"""The same of callers and callees of one function."""

TREE_ROWS = 40
"""A tree that is longer than a screen is not read, if it cannot be folded."""

PAGE_DEPTH = 200
"""Levels of a tree in a page: deeper ones would be an endless recursion."""

TREE_DEPTHS: dict[TreeKind, int] = {"bottom-up": 5, "top-down": 20}
TREE_TITLES: dict[TreeKind, str] = {
    "bottom-up": "Call paths: who calls what is hot",
    "top-down": "Call paths: what is called, from the outermost",
}
ARROWS = {"bottom-up": "← ", "top-down": "→ "}


@dataclass(frozen=True, slots=True)
class ProfileView:
    """How much of a profile is shown. `top`: functions; `depth`: levels of callers or callees, None for as many as fit a screen."""

    top: int = 20
    tree: TreeKind = "bottom-up"
    depth: int | None = None
    only_summary: bool = False


def head_of(report: ProfileReport, key: str) -> tuple[Block, ...]:
    """Of what the headline is said, and for a page the first figures. `key`: of the profile in a page."""
    profile = report.profile
    notes = [Only((Bullets(tuple(map(wording.note_sentence, profile.notes))),))] if profile.notes else []
    return (_answers(profile), Only((_first_figures(profile),)), *notes, Ticket(key, *card_of(report)))


def _answers(profile: Profile) -> Facts:
    named = profile.pid is not None or profile.isolate is not None
    name = wording.profile_name(profile) if named else ""
    return Facts(
        (
            ("Process", " · ".join(filter(None, (name, wording.profile_node(profile))))),
            ("Seen", f"{wording.seen_sentence(profile)} · {profile.source}"),
        )
    )


def _first_figures(profile: Profile) -> Facts:
    whose = (f"{row.label} {units.percent(row.share)}" for row in rows_of.category_rows(profile)[:CARD_CATEGORIES])
    watched = rows_of.watched_ticks(profile)
    gc = units.percent(rows_of.share_of(profile.summary.gc, watched))
    of = f"{units.figure(profile.summary.gc, profile.unit)} of {units.amount(watched, profile.unit)}"
    return Facts(
        (
            ("Whose code", ", ".join(whose) or "cannot say: no ticks"),
            ("In garbage collection", f"{gc}: {of}"),
        )
    )


def card_of(report: ProfileReport) -> tuple[Said, tuple[Block, ...]]:
    """The headline, what it rests on and the hottest functions, for a ticket that somebody else writes."""
    profile = report.profile
    return wording.headline(profile), (
        _answers(profile),
        _categories(profile),
        _functions(profile, CARD_FUNCTIONS),
        *([Lines(wording.join_sentences(report.gc))] if profile.form == "tick-log" or isinstance(report.gc, GcJoin) else []),
        *_notes(profile),
    )


WHAT = {"ticks": "ticks", "us": "time"}
"""What is counted, in the words of a title."""


def sections_of(report: ProfileReport, view: ProfileView, number: int) -> Iterable[Section]:
    """Everything on one profile, without its headline. `number`: the profile's place in the report."""
    profile, key = report.profile, f"t{number}"
    not_in: tuple[Form, ...] = () if rows_of.counted_ticks(profile) else ("html",)
    if not view.only_summary and not not_in:
        yield _flame(report, key, number)
    yield Section(
        f"{key}-ticks",
        f"Where the {WHAT[profile.unit]} {'are' if profile.unit == 'ticks' else 'is'}",
        (_summary(profile),),
        not_in=not_in,
    )
    if not view.only_summary:
        yield Section(f"{key}-whose", "Whose code", _whose(profile), not_in=not_in)
        title = f"Hottest functions: {WHAT[profile.unit]} of their own, and in total with what they called"
        yield Section(f"{key}-functions", title, _hottest(profile, view.top), not_in=not_in, leads=True)
        yield from _focus(report, key)
        yield _paths(profile, view, key)
        if not not_in:
            yield from _page_trees(profile, key)
        yield from native_section(profile, key, not_in)
        yield from place_sections(profile, key, not_in)
        yield from line_section(profile, key, not_in)
        yield from deopt_section(profile, key, not_in)
        yield from state_sections(report, key)
        if profile.form == "tick-log":
            memory = Drawing("committed", report, wording.committed_sentence(profile), key=f"{key}-heap")
            yield Section(f"{key}-memory", "Memory in V8's chunks", (memory,), not_in=("markdown", *not_in))
        if profile.form == "tick-log" or isinstance(report.gc, GcJoin):
            yield gc_log_section(report, key, not_in)
    notes = _notes(profile)
    if notes:
        yield Section(f"{key}-notes", "Notes on this profile", notes, not_in=("html",))
    if profile.unread_shapes:
        yield _unread(profile, key)


def _flame(report: ProfileReport, key: str, number: int) -> Section:
    none = Lines((Words("No graph: the first profiles of the report have them; the lists below say the same.", "faint"),))
    graph = Flame(report, key) if number <= FLAMES else none
    return Section(f"{key}-flame", "Flame graph", (graph,), not_in=PAGE_ALONE, leads=True)


# ---------------------------------------------------------------- shares


def _summary(profile: Profile) -> Shares:
    *kinds, gc = map(_share, rows_of.summary_rows(profile))
    together = Share("together", rows_of.counted_ticks(profile), None)
    return Shares(("Where", *_titles(profile)), (*kinds, together, gc), profile.unit)


def _titles(profile: Profile) -> tuple[str, str]:
    return WHAT[profile.unit].capitalize(), "Share"


def _whose(profile: Profile) -> tuple[Block, ...]:
    rows, few = rows_of.category_rows(profile), _categories(profile)
    if len(rows) <= CATEGORIES_SHOWN:
        return (few,)
    return Only((few,), PAGE_ALONE), Only((Shares(few.titles, _category_shares(profile, rows), profile.unit),))


def _categories(profile: Profile) -> Shares:
    rows = rows_of.category_rows(profile)
    shown, rest = rows[:CATEGORIES_SHOWN], rows[CATEGORIES_SHOWN:]
    if rest:
        ticks, share = sum(row.ticks for row in rest), math.fsum(row.share for row in rest)
        shown = (*shown, ShareRow(f"{units.count(len(rest))} others", ticks, share))
    return Shares(("Whose code", *_titles(profile)), _category_shares(profile, shown), profile.unit)


def _category_shares(profile: Profile, rows: Iterable[ShareRow]) -> tuple[Share, ...]:
    """Each in the colour of its category; the others, of which there are several, in none."""
    roles = itertools.chain((f"cat-{one.category}" for one in profile.categories[:CATEGORIES_SHOWN]), itertools.repeat(""))
    return tuple(_share(row, role) for row, role in zip(rows, roles, strict=False))


def _share(row: ShareRow, role: str = "") -> Share:
    return Share(row.label, row.ticks, row.share, row.note, role)


# ---------------------------------------------------------------- functions

FUNCTION_COLUMNS = (
    Column("Own", figures=True),
    Column("", figures=True),
    Column("Total", figures=True),
    Column("In total", figures=True, not_in=PAGE_ALONE),
    Column("Function", share=3 / 8),
    Column("Where", share=2 / 7, ends=True),
    Column("Tiers, deopts", wraps=True, least=16),
    Column("Whose", wraps=True, not_in=PAGE_ALONE),
)


TIERS = 6
WITHOUT_TIERS = tuple(
    replace(column, share=share, not_in=("text", "markdown", "html") if at == TIERS else column.not_in)
    for at, (column, share) in enumerate(zip(FUNCTION_COLUMNS, (0, 0, 0, 0, 0.45, 0.5, 0, 0), strict=True))
)
"""The names have the room of what no function has, as in a CPU profile."""


def _functions(profile: Profile, top: int) -> Table:
    listed = rows_of.function_rows(profile, top)
    rows: list[tuple[Said, ...]] = [
        (
            units.figure(row.self_ticks, profile.unit),
            units.percent(row.self_share),
            units.percent(row.total_share),
            units.figure(row.total_ticks, profile.unit),
            Code(row.name),
            Code(row.place, "faint", frame_place(row.frame, whole=True)),
            "; ".join(filter(None, (row.tiers, row.deoptimisations))),
            rows_of.category_label(row.frame.category, row.frame.package),
        )
        for row in listed
    ]
    columns = FUNCTION_COLUMNS if any(row[TIERS] for row in rows) else WITHOUT_TIERS
    shown = [at for at, column in enumerate(columns) if "html" not in column.not_in]
    keys = tuple(
        tuple((row.self_ticks, row.self_share, row.total_share, row.total_ticks, *[None] * 4)[at] for at in shown)
        for row in listed
    )
    on_top = sum(1 for row in listed if row.self_ticks)
    return Table(columns, tuple(rows), dense=True, most=on_top, name="Hottest functions", keys=keys)


def _hottest(profile: Profile, top: int) -> tuple[Block, ...]:
    table = _functions(profile, max(top, PAGE_FUNCTIONS))
    what = WHAT[profile.unit]
    said = (
        f"Own: {what} on top of the stack; total: {what} anywhere on it. "
        f"{units.count(len(table.rows))} of {units.count(len(profile.flat))} are listed."
    )
    most = min(top, table.most or 0)
    return Only((Lines((Words(said, "faint"),)),)), replace(table, most=most, rest=_others(profile, top))


def _others(profile: Profile, top: int) -> Said:
    """The ticks of the functions that are not shown."""
    others = [row.self_ticks for row in profile.flat[top:] if row.self_ticks]
    rest = rows_of.counted_ticks(profile) - sum(row.self_ticks for row in profile.flat[:top])
    more = f"{units.count(rest)} more ticks" if profile.unit == "ticks" else f"{units.figure(rest, profile.unit)} more"
    return Words(f"{more} in {units.count(len(others))} others (--top N)", "faint") if others else ""


# ---------------------------------------------------------------- call paths


def _paths(profile: Profile, view: ProfileView, key: str) -> Section:
    root = profile.bottom_up if view.tree == "bottom-up" else profile.top_down
    depth = TREE_DEPTHS[view.tree] if view.depth is None else view.depth
    rows = rows_of.tree_rows(profile, root, depth=depth, roots=ROOTS[view.tree], least_share=LEAST_SHARE)
    chains = _chains(rows, alone=2)
    paths = tuple(map(_path, chains[:TREE_ROWS]))
    left_out = f"paths below {units.percent(LEAST_SHARE)} of all {WHAT[profile.unit]} are left out"
    if len(chains) > TREE_ROWS:
        left_out = f"{units.count(len(chains) - TREE_ROWS)} more rows are left out, and {left_out}"
    blocks = (Tree(paths, root.total_ticks, ARROWS[view.tree], unit=profile.unit), Lines((Words(left_out, "faint"),)))
    return Section(f"{key}-paths", TREE_TITLES[view.tree], blocks, not_in=("markdown", "html"))


def _focus(report: ProfileReport, key: str) -> Iterable[Section]:
    """Callers and callees of the function that was asked for."""
    for part in focus_parts(report.profile, report.focus) if report.focus is not None else ():
        rows = rows_of.tree_rows(report.profile, part.root, depth=PAGE_DEPTH, roots=1, least_share=FOCUS_LEAST_SHARE)
        chains = _chains(rows, alone=2)
        short = tuple(map(_path, chains[:TREE_ROWS]))
        left_out = f"others below {units.percent(FOCUS_LEAST_SHARE)}"
        arrow, unit, whole = ARROWS["bottom-up" if part.is_up else "top-down"], report.profile.unit, part.root.total_ticks
        tree = Tree(
            tuple(_path(chain, not part.is_up) for chain in _chains(rows, alone=0)), whole, left_out=left_out, unit=unit
        )
        rest = [Lines((Words(f"{units.count(len(chains) - TREE_ROWS)} more rows are left out", "faint"),))]
        text: tuple[Block, ...] = (Tree(short, whole, arrow, unit=unit), *(rest if len(chains) > TREE_ROWS else []))
        blocks = (*part.blocks, Only(text, PAGE_ALONE), Only((tree,)))
        yield Section(f"{key}-{part.key}", part.title, blocks, leads=True)


def _page_trees(profile: Profile, key: str) -> Iterable[Section]:
    """Both trees: a page can fold them."""
    what = WHAT[profile.unit].capitalize()
    trees: tuple[tuple[str, str, str, CallNode], ...] = (
        (
            "heavy",
            "Bottom-up: what was on top, and who called it",
            f"{what} of the first function of each list; below it who called it, with their part of it.",
            profile.bottom_up,
        ),
        ("calls", "Top-down: who called what", f"{what} of a function and all that it called.", profile.top_down),
    )
    least = units.percent(PAGE_LEAST_SHARE)
    for name, title, said, root in trees:
        rows = rows_of.tree_rows(profile, root, depth=PAGE_DEPTH, roots=len(root.children), least_share=PAGE_LEAST_SHARE)
        own = root is profile.top_down
        tree = Tree(
            tuple(_path(chain, own) for chain in _chains(rows, alone=0)),
            root.total_ticks,
            left_out=f"others below {least}",
            unit=profile.unit,
        )
        said = f"{said} From {least} of all {what.lower()} on."
        yield Section(f"{key}-{name}", title, (Lines((Words(said, "faint"),)), tree), not_in=PAGE_ALONE)


def _chains(rows: Sequence[TreeRow], alone: int) -> list[list[TreeRow]]:
    """Nodes that have all ticks of the one before them share its row; in the first levels of a path, `alone`, each has its own."""
    chains: list[list[TreeRow]] = []
    for row in rows:
        before = chains[-1][-1] if chains and row.depth >= max(alone, 1) else None
        if before is not None and row.depth == before.depth + 1 and row.total_ticks == before.total_ticks:
            chains[-1].append(row)
        else:
            chains.append([row])
    return chains


def _path(chain: Sequence[TreeRow], with_own: bool = False) -> Path:
    same = [list(rows) for _, rows in itertools.groupby(chain, lambda row: row.frame)]
    nodes = tuple(
        Node(
            frame_name(rows[0].frame),
            frame_place(rows[0].frame),
            frame_place(rows[0].frame, whole=True),
            f"cat-{rows[0].frame.category}",
            rows[-1].self_ticks if with_own else 0,
            len(rows),
        )
        for rows in same
    )
    return Path(chain[0].share, chain[0].total_ticks, chain[0].depth, nodes, chain[-1].rest_ticks)


# ---------------------------------------------------------------- the rest

UNREAD_COLUMNS = (
    Column("Unread", figures=True),
    Column("From line", figures=True),
    Column("Such as", wraps=True),
    Column("Why", wraps=True),
)


def _unread(profile: Profile, key: str) -> Section:
    rows = tuple(
        (units.count(shape.count), units.count(shape.first_line), Code(shape.sample), shape.why)
        for shape in profile.unread_shapes
    )
    table = Table(UNREAD_COLUMNS, rows, name="Unread lines of the tick log")
    return Section(f"{key}-unread", "Lines of the tick log that could not be read", (table,), not_in=PAGE_ALONE)


def _notes(profile: Profile) -> tuple[Lines, ...]:
    notes = tuple(map(wording.note_sentence, profile.notes))
    return (Lines(notes),) if notes else ()
