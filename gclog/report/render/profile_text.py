"""A profile for a terminal: what used the CPU first, then where, whose code it is, which functions, who called them, and when."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

from rich import box
from rich.console import RenderableType
from rich.table import Table
from rich.text import Text

from gclog import units
from gclog.model.not_known import NotKnown
from gclog.model.profile import CallNode, GcJoin, Profile, StateSlice
from gclog.model.report import ProfileReport
from gclog.report.render.text_parts import bar, grid, heading, indented, log_text, spark
from gclog.report.say import profile as wording
from gclog.report.say.profile import ShareRow, TreeRow

__all__ = ["ProfileView", "TreeKind", "profile_parts"]

TreeKind = Literal["bottom-up", "top-down"]

BAR_WIDTH = 24
NAME_LENGTH = 200
"""Characters of a name that reach the layout, which cuts it to the column: more fit no line."""

LABEL_WIDTH = 24
FIGURES_WIDTH = 32
"""Columns of the table of functions that its figures and its gaps take."""

CATEGORIES_SHOWN = 12
STATES_SHOWN = 6

ROOTS = {"bottom-up": 6, "top-down": 3}
"""Functions whose callers are shown; outermost functions whose callees are."""

LEAST_SHARE = 0.02
"""Of all ticks: paths with less are cut, as node's tool cuts at one and two percent of the caller's."""

TREE_ROWS = 40
"""A tree that is longer than a screen is not read."""

TREE_DEPTHS: dict[TreeKind, int] = {"bottom-up": 5, "top-down": 20}
ARROWS = {"bottom-up": "← ", "top-down": "→ "}

FEWEST_COLUMNS = 2
"""A timeline of less says nothing."""


@dataclass(frozen=True, slots=True)
class ProfileView:
    """How much of a profile is shown. `top`: functions; `depth`: levels of callers or callees, None for as many as fit a screen."""

    top: int = 20
    tree: TreeKind = "bottom-up"
    depth: int | None = None
    only_summary: bool = False


def profile_parts(report: ProfileReport, width: int, view: ProfileView) -> Iterable[RenderableType]:
    """A profile, lines of at most `width` columns."""
    profile = report.profile
    yield log_text(wording.headline(profile), "bold")
    yield Text()
    yield indented(
        grid(
            [
                (Text("Process"), log_text(" · ".join(filter(None, (_process(profile), wording.profile_node(profile)))))),
                (Text("Seen"), log_text(f"{wording.seen_sentence(profile)} · {profile.source}")),
            ]
        )
    )
    yield heading("Where the ticks are")
    yield indented(_summary(profile))
    if not view.only_summary:
        yield heading("Whose code")
        yield indented(_categories(profile))
        yield from _functions(profile, view, width)
        yield from _tree(profile, view)
        yield from _states(profile, width)
        yield heading("Memory in V8's chunks")
        yield indented(log_text(wording.committed_sentence(profile)))
        yield from _gc_log(report)
    yield from _notes(profile)


def _process(profile: Profile) -> str:
    return "" if profile.pid is None and profile.isolate is None else wording.profile_name(profile)


# ---------------------------------------------------------------- shares


def _share_cells(row: ShareRow) -> tuple[Text, Text, Text, Text]:
    return (
        log_text(row.label, length=NAME_LENGTH),
        Text(units.count(row.ticks)),
        Text(units.percent(row.share), style="bold"),
        Text(bar(row.share, BAR_WIDTH), style="blue"),
    )


def _shares(rows: Sequence[tuple[Text, ...]]) -> Table:
    table = Table.grid(padding=(0, 2))
    table.add_column(no_wrap=True, overflow="ellipsis", min_width=LABEL_WIDTH)
    table.add_column(justify="right", no_wrap=True)
    table.add_column(justify="right", no_wrap=True)
    table.add_column(no_wrap=True, width=BAR_WIDTH)
    table.add_column(overflow="fold")
    for row in rows:
        table.add_row(*row)
    return table


def _summary(profile: Profile) -> Table:
    *kinds, gc = wording.summary_rows(profile)
    whole = wording.counted_ticks(profile)
    rows: list[tuple[Text, ...]] = [(*_share_cells(row), Text(row.note, style="dim")) for row in kinds]
    rows.append((Text("  together", style="dim"), Text(units.count(whole), style="dim"), Text(), Text(), Text()))
    rows.append((*_share_cells(gc), Text(gc.note, style="dim")))
    return _shares(rows)


def _categories(profile: Profile) -> Table:
    rows = wording.category_rows(profile)
    cells: list[tuple[Text, ...]] = [(*_share_cells(row), Text()) for row in rows[:CATEGORIES_SHOWN]]
    rest = rows[CATEGORIES_SHOWN:]
    if rest:
        ticks, share = sum(row.ticks for row in rest), math.fsum(row.share for row in rest)
        cells.append((*_share_cells(ShareRow(f"{units.count(len(rest))} others", ticks, share)), Text()))
    return _shares(cells)


# ---------------------------------------------------------------- functions


def _functions(profile: Profile, view: ProfileView, width: int) -> Iterable[RenderableType]:
    rows = wording.function_rows(profile, view.top)
    yield heading("Hottest functions: ticks of their own, and in total with what they called")
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, show_edge=False, header_style="bold", padding=(0, 1))
    table.add_column("Own", justify="right", no_wrap=True)
    table.add_column("", justify="right", no_wrap=True)
    table.add_column("Total", justify="right", no_wrap=True)
    table.add_column("Function", no_wrap=True, overflow="ellipsis", max_width=(width - FIGURES_WIDTH) * 3 // 8)
    table.add_column("Where", no_wrap=True, overflow="ellipsis", max_width=(width - FIGURES_WIDTH) * 2 // 7)
    table.add_column("Tiers, deopts", overflow="fold", min_width=16)
    for row in rows:
        if row.self_ticks:
            table.add_row(
                Text(units.count(row.self_ticks)),
                Text(units.percent(row.self_share), style="bold"),
                Text(units.percent(row.total_share)),
                log_text(row.name, length=NAME_LENGTH),
                log_text(row.place, "dim", NAME_LENGTH),
                log_text("; ".join(filter(None, (row.tiers, row.deoptimisations))), length=NAME_LENGTH),
            )
    yield indented(table)
    shown = sum(row.self_ticks for row in rows)
    others = sum(1 for row in profile.flat[len(rows) :] if row.self_ticks)
    if others:
        rest = wording.counted_ticks(profile) - shown
        yield indented(Text(f"{units.count(rest)} more ticks in {units.count(others)} others (--top N)", style="dim"))


def _tree(profile: Profile, view: ProfileView) -> Iterable[RenderableType]:
    root: CallNode = profile.bottom_up if view.tree == "bottom-up" else profile.top_down
    depth = TREE_DEPTHS[view.tree] if view.depth is None else view.depth
    rows = wording.tree_rows(profile, root, depth=depth, roots=ROOTS[view.tree], least_share=LEAST_SHARE)
    what = "who calls what is hot" if view.tree == "bottom-up" else "what is called, from the outermost"
    yield heading(f"Call paths: {what}")
    table = Table.grid(padding=(0, 2))
    table.add_column(justify="right", no_wrap=True, min_width=len(units.percent(0.5)))
    table.add_column(justify="right", no_wrap=True, min_width=len(units.count(root.total_ticks)))
    table.add_column(no_wrap=True, overflow="ellipsis")
    chains = _chains(rows)
    for chain in chains[:TREE_ROWS]:
        first = chain[0]
        share = Text(units.percent(first.share), style="none" if first.depth else "bold")
        table.add_row(share, Text(units.count(first.total_ticks), style="dim"), _chain_text(chain, ARROWS[view.tree]))
    yield indented(table)
    cut = f"paths below {units.percent(LEAST_SHARE)} of all ticks are left out"
    if len(chains) > TREE_ROWS:
        cut = f"{units.count(len(chains) - TREE_ROWS)} more rows are left out, and {cut}"
    yield indented(Text(cut, style="dim"))


def _chains(rows: Sequence[TreeRow]) -> list[list[TreeRow]]:
    """Nodes that have all ticks of the one before them stand in one row with it; the first of a path stands alone."""
    chains: list[list[TreeRow]] = []
    for row in rows:
        if row.depth > 1 and row.depth == chains[-1][-1].depth + 1 and row.total_ticks == chains[-1][-1].total_ticks:
            chains[-1].append(row)
        else:
            chains.append([row])
    return chains


def _chain_text(chain: Sequence[TreeRow], arrow: str) -> Text:
    first = chain[0]
    text = Text("  " * first.depth)
    shown = [(frame, len(list(same))) for frame, same in itertools.groupby(row.frame for row in chain)]
    for number, (frame, times) in enumerate(shown):
        text.append(f"{' ' if number else ''}{arrow}" if first.depth else "", style="dim")
        text.append_text(log_text(wording.frame_name(frame), "none" if first.depth else "bold", NAME_LENGTH))
        text.append(f" ×{times}" if times > 1 else "")
        text.append_text(log_text(f" {wording.frame_place(frame)}".rstrip(), "dim", NAME_LENGTH))
    return text


# ---------------------------------------------------------------- time


def _states(profile: Profile, width: int) -> Iterable[RenderableType]:
    columns = _columns(profile.states, width - 2 - LABEL_WIDTH - 12)
    if len(columns) < FEWEST_COLUMNS or isinstance(profile.first_us, NotKnown) or isinstance(profile.duration_ms, NotKnown):
        return
    rows = wording.state_rows(profile)
    yield heading("What V8 was doing, over the time")
    table = Table.grid(padding=(0, 2))
    for justify in ("left", "right", "left"):
        table.add_column(justify=justify, no_wrap=True)
    for state, row in rows[:STATES_SHOWN]:
        strip = "".join(spark(column[state] / (sum(column) or 1)) for column in columns)
        style = "red" if state == GC else "blue"
        table.add_row(Text(row.label), Text(units.percent(row.share), style="bold"), Text(strip, style=style))
    first_ms = profile.first_us / 1000
    left, right = units.clock(first_ms), units.clock(first_ms + profile.duration_ms)
    table.add_row(Text(), Text(), Text(f"{left}  {right.rjust(len(columns) - len(left) - 2)}", style="dim"))
    yield indented(table)
    if len(rows) > STATES_SHOWN:
        rest = ", ".join(f"{row.label} {units.percent(row.share)}" for _, row in rows[STATES_SHOWN:])
        yield indented(Text(f"and {rest}", style="dim"))


GC = tuple(wording.STATE_NAMES).index("gc")


def _columns(slices: Sequence[StateSlice], at_most: int) -> list[tuple[int, ...]]:
    """Neighbouring slices put together until they fit."""
    step = -(-len(slices) // max(at_most, 1)) or 1
    groups = (slices[at : at + step] for at in range(0, len(slices), step))
    return [tuple(sum(counts) for counts in zip(*(part.ticks for part in group), strict=True)) for group in groups]


# ---------------------------------------------------------------- the rest


def _gc_log(report: ProfileReport) -> Iterable[RenderableType]:
    yield heading("Beside the GC log")
    for sentence in wording.join_sentences(report.gc):
        yield indented(log_text(sentence))
    if isinstance(report.gc, GcJoin) and report.gc.windows:
        yield indented(Text("Most allocation, and what was on the stack then:"))
        rows = wording.allocation_rows(report.gc, report.profile)
        yield indented(grid(tuple(log_text(cell) for cell in row) for row in rows), 4)


def _notes(profile: Profile) -> Iterable[RenderableType]:
    if profile.notes:
        yield heading("Notes on this profile")
    for note in profile.notes:
        yield indented(log_text(wording.note_sentence(note)))
