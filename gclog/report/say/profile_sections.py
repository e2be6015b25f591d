"""A profile as a document: what used the CPU first, then where, whose code it is, which functions, who called them, and when."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

from gclog import units
from gclog.model.not_known import NotKnown
from gclog.model.profile import GcJoin, Profile
from gclog.model.report import ProfileReport
from gclog.report.document import (
    Block,
    Code,
    Column,
    Facts,
    Inline,
    Lines,
    Path,
    Said,
    Section,
    Share,
    Shares,
    Strip,
    Strips,
    Table,
    Tree,
    Words,
)
from gclog.report.say import profile as wording
from gclog.report.say.profile import ShareRow, TreeRow

__all__ = ["ProfileView", "TreeKind", "answers", "card_of", "sections_of"]

TreeKind = Literal["bottom-up", "top-down"]

CATEGORIES_SHOWN = 12
STATES_SHOWN = 6
CARD_FUNCTIONS = 10

ROOTS = {"bottom-up": 6, "top-down": 3}
"""Functions whose callers are shown; outermost functions whose callees are."""

LEAST_SHARE = 0.02
"""Of all ticks: paths with less are cut, as node's tool cuts at one and two percent of the caller's."""

TREE_ROWS = 40
"""A tree that is longer than a screen is not read."""

TREE_DEPTHS: dict[TreeKind, int] = {"bottom-up": 5, "top-down": 20}
TREE_TITLES: dict[TreeKind, str] = {
    "bottom-up": "Call paths: who calls what is hot",
    "top-down": "Call paths: what is called, from the outermost",
}
ARROWS = {"bottom-up": "← ", "top-down": "→ "}

FEWEST_SLICES = 2
"""A timeline of fewer says nothing."""


@dataclass(frozen=True, slots=True)
class ProfileView:
    """How much of a profile is shown. `top`: functions; `depth`: levels of callers or callees, None for as many as fit a screen."""

    top: int = 20
    tree: TreeKind = "bottom-up"
    depth: int | None = None
    only_summary: bool = False


def answers(profile: Profile) -> Facts:
    """Of what the headline is said."""
    named = profile.pid is not None or profile.isolate is not None
    name = wording.profile_name(profile) if named else ""
    return Facts(
        (
            ("Process", " · ".join(filter(None, (name, wording.profile_node(profile))))),
            ("Seen", f"{wording.seen_sentence(profile)} · {profile.source}"),
        )
    )


def card_of(report: ProfileReport) -> tuple[Said, tuple[Block, ...]]:
    """The headline, what it rests on and the hottest functions, for a ticket that somebody else writes."""
    profile = report.profile
    return wording.headline(profile), (
        answers(profile),
        _categories(profile),
        _functions(profile, CARD_FUNCTIONS),
        Lines(wording.join_sentences(report.gc)),
        *_notes(profile),
    )


def sections_of(report: ProfileReport, view: ProfileView) -> Iterable[Section]:
    """Everything on one profile, without its headline."""
    profile = report.profile
    yield Section("ticks", "Where the ticks are", (_summary(profile),))
    if not view.only_summary:
        yield Section("code", "Whose code", (_categories(profile),))
        title = "Hottest functions: ticks of their own, and in total with what they called"
        yield Section("functions", title, (_functions(profile, view.top), *_others(profile, view.top)))
        yield _tree(profile, view)
        yield from _states(profile)
        yield Section("memory", "Memory in V8's chunks", (Lines((wording.committed_sentence(profile),)),), folded=True)
        yield _gc_log(report)
    notes = _notes(profile)
    if notes:
        yield Section("profile-notes", "Notes on this profile", notes)


# ---------------------------------------------------------------- shares


def _summary(profile: Profile) -> Shares:
    *kinds, gc = map(_share, wording.summary_rows(profile))
    return Shares(("Where", "Ticks", "Share"), (*kinds, Share("together", wording.counted_ticks(profile), None), gc))


def _categories(profile: Profile) -> Shares:
    rows = wording.category_rows(profile)
    shown, rest = rows[:CATEGORIES_SHOWN], rows[CATEGORIES_SHOWN:]
    if rest:
        ticks, share = sum(row.ticks for row in rest), math.fsum(row.share for row in rest)
        shown = (*shown, ShareRow(f"{units.count(len(rest))} others", ticks, share))
    return Shares(("Whose code", "Ticks", "Share"), tuple(map(_share, shown)))


def _share(row: ShareRow) -> Share:
    return Share(row.label, row.ticks, row.share, row.note)


# ---------------------------------------------------------------- functions

FUNCTION_COLUMNS = (
    Column("Own", figures=True),
    Column("", figures=True),
    Column("Total", figures=True),
    Column("Function", share=3 / 8),
    Column("Where", share=2 / 7),
    Column("Tiers, deopts", wraps=True, least=16),
)


def _functions(profile: Profile, top: int) -> Table:
    rows: list[tuple[Said, ...]] = [
        (
            units.count(row.self_ticks),
            units.percent(row.self_share),
            units.percent(row.total_share),
            Code(row.name),
            Code(row.place, "faint"),
            "; ".join(filter(None, (row.tiers, row.deoptimisations))),
        )
        for row in wording.function_rows(profile, top)
        if row.self_ticks
    ]
    return Table(FUNCTION_COLUMNS, tuple(rows), dense=True)


def _others(profile: Profile, top: int) -> tuple[Lines, ...]:
    """The ticks of the functions that are not shown."""
    others = [row.self_ticks for row in profile.flat[top:] if row.self_ticks]
    rest = wording.counted_ticks(profile) - sum(row.self_ticks for row in profile.flat[:top])
    text = f"{units.count(rest)} more ticks in {units.count(len(others))} others (--top N)"
    return (Lines((Words(text, "faint"),)),) if others else ()


def _tree(profile: Profile, view: ProfileView) -> Section:
    root = profile.bottom_up if view.tree == "bottom-up" else profile.top_down
    depth = TREE_DEPTHS[view.tree] if view.depth is None else view.depth
    rows = wording.tree_rows(profile, root, depth=depth, roots=ROOTS[view.tree], least_share=LEAST_SHARE)
    chains = _chains(rows)
    paths = tuple(_path(chain, ARROWS[view.tree]) for chain in chains[:TREE_ROWS])
    left_out = f"paths below {units.percent(LEAST_SHARE)} of all ticks are left out"
    if len(chains) > TREE_ROWS:
        left_out = f"{units.count(len(chains) - TREE_ROWS)} more rows are left out, and {left_out}"
    blocks = (Tree(paths, root.total_ticks), Lines((Words(left_out, "faint"),)))
    return Section("paths", TREE_TITLES[view.tree], blocks, folded=True)


def _chains(rows: Sequence[TreeRow]) -> list[list[TreeRow]]:
    """Nodes that have all ticks of the one before them share its row; the first of a path has a row of its own."""
    chains: list[list[TreeRow]] = []
    for row in rows:
        if row.depth > 1 and row.depth == chains[-1][-1].depth + 1 and row.total_ticks == chains[-1][-1].total_ticks:
            chains[-1].append(row)
        else:
            chains.append([row])
    return chains


def _path(chain: Sequence[TreeRow], arrow: str) -> Path:
    first = chain[0]
    parts: list[Inline] = []
    shown = [(frame, len(list(same))) for frame, same in itertools.groupby(row.frame for row in chain)]
    for number, (frame, times) in enumerate(shown):
        parts.append(Words(f"{' ' if number else ''}{arrow}" if first.depth else "", "faint"))
        parts.append(Code(wording.frame_name(frame), "" if first.depth else "strong"))
        parts.append(Words(f" ×{times}" if times > 1 else ""))
        parts.append(Words(f" {wording.frame_place(frame)}".rstrip(), "faint"))
    return Path(first.share, first.total_ticks, first.depth, tuple(parts))


# ---------------------------------------------------------------- time

GC = tuple(wording.STATE_NAMES).index("gc")


def _states(profile: Profile) -> Iterable[Section]:
    slices = [part.ticks for part in profile.states]
    if len(slices) < FEWEST_SLICES or isinstance(profile.first_us, NotKnown) or isinstance(profile.duration_ms, NotKnown):
        return
    rows = wording.state_rows(profile)
    strips = tuple(
        Strip(row.label, tuple(float(ticks[state]) for ticks in slices), units.percent(row.share), "bad" if state == GC else "")
        for state, row in rows[:STATES_SHOWN]
    )
    first_ms = profile.first_us / units.US_PER_MS
    first, last = units.clock(first_ms), units.clock(first_ms + profile.duration_ms)
    blocks: list[Block] = [Strips(strips, tuple(float(sum(ticks)) for ticks in slices), first, last)]
    if len(rows) > STATES_SHOWN:
        rest = ", ".join(f"{row.label} {units.percent(row.share)}" for _, row in rows[STATES_SHOWN:])
        blocks.append(Lines((Words(f"and {rest}", "faint"),)))
    yield Section("states", "What V8 was doing, over the time", tuple(blocks), folded=True)


# ---------------------------------------------------------------- the rest


def _gc_log(report: ProfileReport) -> Section:
    blocks: list[Block] = [Lines(wording.join_sentences(report.gc))]
    if isinstance(report.gc, GcJoin) and report.gc.windows:
        blocks.append(Lines(("Most allocation, and what was on the stack then:",)))
        blocks.append(Facts(wording.allocation_rows(report.gc, report.profile), deep=1))
    return Section("gc-log", "Beside the GC log", tuple(blocks))


def _notes(profile: Profile) -> tuple[Lines, ...]:
    notes = tuple(map(wording.note_sentence, profile.notes))
    return (Lines(notes),) if notes else ()
