"""A profile over the time, as sections of a document: what V8 was doing, and the GC log beside it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from gclog import units
from gclog.model.not_known import NotKnown
from gclog.model.profile import STATES, GcJoin, Profile
from gclog.model.report import ProfileReport
from gclog.report.document import (
    PAGE_ALONE,
    Block,
    Column,
    Drawing,
    Facts,
    Form,
    Lines,
    Only,
    Section,
    Share,
    Shares,
    Strip,
    Strips,
    Table,
    Words,
)
from gclog.report.say import profile as wording
from gclog.report.say.profile_rows import ShareRow, state_rows

__all__ = ["STATE_GROUPS", "gc_log_section", "state_sections"]

STATES_SHOWN = 6

FEWEST_SLICES = 2
"""A timeline of fewer says nothing."""


STATE_GROUPS: tuple[tuple[str, str, tuple[str, ...]], ...] = (
    ("state-js", "JavaScript", ("js",)),
    ("state-gc", "garbage collection", ("gc",)),
    ("state-compile", "parsing and compiling", ("parser", "bytecode_compiler", "compiler", "parallel_compiler_prologue")),
    ("state-external", "C++ called from JavaScript", ("external",)),
    ("state-other", "other", ("other", "logging", "unknown")),
    ("state-idle", "idle or waiting", ("idle", "idle_external", "atomics_wait")),
)
"""The VM states as drawn: more than six colours in a stack are indistinguishable. The table has all states."""

ROLE_OF_STATE = {STATES.index(state): role for role, _, states in STATE_GROUPS for state in states}

GC = STATES.index("gc")


def state_sections(report: ProfileReport, key: str) -> Iterable[Section]:
    """What V8 was doing, drawn over the time and in figures."""
    profile, rows = report.profile, state_rows(report.profile)
    strips = _strips(profile, rows)
    over = " of all time, idle too" if profile.idle and profile.unit == "us" else ""
    titles = ("State of V8", "Ticks" if profile.unit == "ticks" else "Time", f"Share{over}")
    shares = tuple(Share(row.label, row.ticks, row.share, row.note, ROLE_OF_STATE[state]) for state, row in rows)
    rest = ", ".join(f"{row.label} {units.percent(row.share)}" for _, row in rows[STATES_SHOWN:])
    blocks: tuple[Block, ...] = (
        Drawing("states", report, "no picture: too few ticks, or none with a moment", key=f"{key}-states", strips=strips),
        Only((Shares(titles, shares, profile.unit),)),
        *([Lines((Words(f"and {rest}", "faint"),), not_in=("html",))] if rest else []),
    )
    if rows and isinstance(profile.first_us, NotKnown):
        yield Section(f"{key}-time", "What V8 was doing", (Shares(titles, shares, profile.unit),))
    elif rows:
        not_in = PAGE_ALONE if strips is None else ("markdown",)
        title = "What V8 was doing, over the time" + (f": shares{over}" if over else "")
        yield Section(f"{key}-time", title, blocks, not_in=not_in)


def _strips(profile: Profile, rows: Sequence[tuple[int, ShareRow]]) -> Strips | None:
    slices = [part.ticks for part in profile.states]
    if len(slices) < FEWEST_SLICES or isinstance(profile.first_us, NotKnown) or isinstance(profile.duration_ms, NotKnown):
        return None
    strips = tuple(
        Strip(row.label, tuple(float(ticks[state]) for ticks in slices), units.percent(row.share), "bad" if state == GC else "")
        for state, row in rows[:STATES_SHOWN]
    )
    first_ms = profile.first_us / units.US_PER_MS
    first, last = units.clock(first_ms), units.clock(first_ms + profile.duration_ms)
    return Strips(strips, tuple(float(sum(ticks)) for ticks in slices), first, last)


ALLOCATION_COLUMNS = (
    Column("Most allocated"),
    Column("Amount", figures=True),
    Column("Rate", figures=True),
    Column("On the stack then", wraps=True),
)


def gc_log_section(report: ProfileReport, key: str, not_in: tuple[Form, ...]) -> Section:
    """The pauses of the same isolate's GC log, and the stretches of most allocation."""
    blocks: list[Block] = [Drawing("joined-pauses", report, key=f"{key}-pauses"), Lines(wording.join_sentences(report.gc))]
    if isinstance(report.gc, GcJoin) and report.gc.windows:
        rows = wording.allocation_rows(report.gc, report.profile)
        blocks.append(Only((Lines(("Most allocation, and what was on the stack then:",)), Facts(rows, deep=1)), PAGE_ALONE))
        blocks.append(Only((Table(ALLOCATION_COLUMNS, rows, name="Stretches of most allocation"),)))
    return Section(f"{key}-gc-log", "Beside the GC log", tuple(blocks), not_in=not_in)
