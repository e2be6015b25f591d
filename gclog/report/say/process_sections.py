"""A process as a document: its answers, then why, and how it was found."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Literal

from gclog import units
from gclog.diagnose.keeping_lines import name_lines, say_kept
from gclog.diagnose.sampled import say_held
from gclog.model.grows_with import GrowsWith
from gclog.model.report import FindingReport, ProcessReport
from gclog.model.verdict import Crash, TimelineEvent
from gclog.report.document import (
    PAGE_ALONE,
    Badge,
    Block,
    Code,
    Column,
    Drawing,
    Facts,
    Finding,
    Lines,
    Only,
    Quotes,
    Said,
    Section,
    Table,
    Ticket,
    Words,
)
from gclog.report.draw.thinning import thin, thin_cycles
from gclog.report.say import process as wording
from gclog.report.say.figures import FIGURE_TITLES, figure_rows, heap_figures, pause_figures, percentile_row
from gclog.report.say.heap_sentences import answer as heap_answer
from gclog.report.say.witness import grows_section, witness_sections

__all__ = ["card_of", "head_of", "process_table", "sections_of", "short_section", "whole_section"]

TOP_FRAMES = 8
"""Frames of a stack shown: the call that gave up is at the top."""

SHORT_FINDINGS = 3
"""Findings named of each process but the first."""

TIMELINE_AT_MOST, TIMELINE_ROWS = 8, 40
"""Changes of level shown, the latest: in a terminal, and in a page beside the first of each level."""

PICTURED_PROCESSES = 3
"""Processes with pictures, the most severe first: beyond that tables do."""

ROWS, FEWER_ROWS = 24, 8
"""Rows of the tables that say what a picture shows: of the first process, and of the others."""


def head_of(process: ProcessReport, key: str, more: Iterable[Block] = ()) -> tuple[Block, ...]:
    """What to do, whether it was foreseeable, how long is left, and of what that is said. `key`: of the process in a page."""
    do = (Words("What to do", "strong"), Words(wording.what_to_do(process), "strong"))
    return (
        Only((Lines((Words(wording.level_meaning(process), "faint"),)),)),
        Facts((do, *_other_answers(process)), ("", "Answer")),
        *more,
        Ticket(key, *card_of(process)),
    )


def card_of(process: ProcessReport) -> tuple[Said, tuple[Facts]]:
    """The verdict and its answers, for a ticket that somebody else writes."""
    return wording.headline(process), (Facts((("What to do", wording.what_to_do(process)), *_other_answers(process))),)


def _other_answers(process: ProcessReport) -> tuple[tuple[Said, ...], ...]:
    name = f"{wording.process_name(process)} · {wording.node_name(process)} · {process.source}"
    return (
        ("Foreseeable", wording.foreseeable(process)),
        ("Time left", wording.time_left(process)),
        ("Process", name),
        ("Seen", wording.span_sentence(process)),
        *_earlier_runs(process),
        *_witnesses(process),
    )


def _earlier_runs(process: ProcessReport) -> tuple[tuple[Said, ...], ...]:
    """Where the process stands beside earlier runs, also if they say nothing of it."""
    beside = process.beside
    if beside is None:
        return ()
    silent = "they were not so old, and still grew at their end" if beside.runs else "no other run that ended well"
    return (("Earlier runs", beside.because or silent),)


def _witnesses(process: ProcessReport) -> tuple[tuple[Said, ...], ...]:
    said = wording.witness_sentence(process)
    return (("Witnesses", said),) if said else ()


def sections_of(process: ProcessReport, number: int = 1) -> Iterable[Section]:
    """Everything on one process, without its answers."""
    key = f"p{number}"
    yield Section(f"{key}-findings", "Findings", _findings(process))
    if process.heap_diff is not None:
        yield grows_section(process.heap_diff, key)
    if process.sampled is not None:
        from gclog.report.say.sampled import sampled_section  # most processes lie beside no profile

        yield sampled_section(process.sampled, key)
    yield _heap(process, number)
    if isinstance(process.grows_with, GrowsWith) and number <= PICTURED_PROCESSES:
        yield _grows_with(process.grows_with, process, number)
    yield _figures(process, number)
    if process.pauses.by_collector:
        yield Section(f"{key}-collectors", "Pauses by collector", (_collectors(process),), not_in=("text", "html"))
    yield from witness_sections(process, key)
    if process.timeline:
        yield _timeline(process, key)
    yield _pauses(process, number)
    yield _gc_share(process, number)
    yield Section(f"{key}-reasons", "Why V8 collected", (_reasons(process),), not_in=PAGE_ALONE)
    if process.crash is not None:
        yield _crash(process, process.crash, key)


def _picture(picture: Literal["heap", "pauses", "gc-share"], process: ProcessReport, number: int, instead: str) -> Block:
    if number > PICTURED_PROCESSES:
        return Lines((Words("no picture: the most severe processes have them", "faint"),)) if picture == "heap" else Only(())
    return Drawing(picture, process, instead, key=f"p{number}-{picture}", live=True)


def _heap(process: ProcessReport, number: int) -> Section:
    picture = _picture("heap", process, number, "fewer than two collections with a size: nothing to draw")
    return Section(f"p{number}-heap", "Heap", (picture,), leads=True)


def _grows_with(grows: GrowsWith, process: ProcessReport, number: int) -> Section:
    said = f"It grows with {name_lines(grows)}: {say_kept(grows)} stay for each of {units.count(grows.lines[0].count)}."
    picture = Drawing("grows-with", process, key=f"p{number}-grows-with")
    return Section(f"p{number}-grows-with", "What the live set grows with", (Lines((said,)), picture), not_in=PAGE_ALONE)


def _pauses(process: ProcessReport, number: int) -> Section:
    blocks: list[Block] = [_picture("pauses", process, number, ""), _collectors(process)]
    if process.pauses.mmu:
        said = "Minimum mutator utilisation: the least share of any window of this length that was left to the program."
        windows = _figure_columns(*(units.duration(point.window_ms) for point in process.pauses.mmu))
        shares = tuple(units.percent(point.share) for point in process.pauses.mmu)
        name = "Minimum mutator utilisation"
        blocks += [Lines((said,)), Table((Column("Window"), *windows), (("Left to the program", *shares),), name=name)]
    return Section(f"p{number}-pauses", "Pauses", tuple(blocks), not_in=PAGE_ALONE)


def _gc_share(process: ProcessReport, number: int) -> Section:
    series = process.series
    shown = thin(series.gc_share, ROWS if number == 1 else FEWER_ROWS)
    rows = tuple((units.clock(series.gc_share_at_ms[at]), units.percent(series.gc_share[at])) for at in shown)
    table = Only((Table(SHARE_COLUMNS, rows, name="GC share over time"),), fold="GC share as a table")
    blocks = (_picture("gc-share", process, number, ""), table) if rows else (Lines(("cannot say: no span to divide",)),)
    return Section(f"p{number}-gc-share", "GC share over time", blocks, not_in=PAGE_ALONE)


def _reasons(process: ProcessReport) -> Block:
    rows = tuple(
        (
            by.reason,
            wording.COLLECTOR_NAMES[by.collector],
            units.count(by.count),
            units.duration(by.total_ms),
            units.duration(by.max_ms),
        )
        for by in process.pauses.by_reason
    )
    return Table(REASON_COLUMNS, rows, name="Collections by reason") if rows else Lines(("no reasons in this log",))


def _findings(process: ProcessReport) -> tuple[Block, ...]:
    """The findings, the most severe first."""
    return tuple(map(_finding, wording.sorted_findings(process))) or (Lines(("none",)),)


def _finding(finding: FindingReport) -> Finding:
    return Finding(
        Badge(finding.severity, wording.SEVERITY_TONES[finding.severity]),
        finding.title,
        finding.id,
        finding.confidence,
        finding.observed,
        finding.threshold,
        finding.remedy,
        finding.evidence,
    )


def _figures(process: ProcessReport, number: int) -> Section:
    what_if = wording.what_if_sentences(process)
    blocks: tuple[Block, ...] = (
        Facts(figure_rows(pause_figures(process)), FIGURE_TITLES, "Pauses"),
        Facts(figure_rows(heap_figures(process)), FIGURE_TITLES, "Heap"),
        *([Lines(what_if)] if what_if else []),
        *([_cycles(process, ROWS if number == 1 else FEWER_ROWS)] if process.cycles else []),
    )
    return Section(f"p{number}-figures", "Figures", blocks)


def _cycles(process: ProcessReport, most: int) -> Only:
    shown = thin_cycles(process.cycles, most)
    some = f" ({units.count(len(shown))} of {units.count(len(process.cycles))}, extremes kept)"
    rows = tuple(
        (
            units.clock(cycle.at_ms),
            units.count(cycle.line),
            units.mb(cycle.before_mb),
            units.mb(cycle.after_mb),
            units.percent(cycle.reclaim_share),
            units.duration(cycle.pause_ms),
            units.ratio(cycle.average_mu),
        )
        for cycle in shown
    )
    title = "Full collections as a table" + (some if len(shown) < len(process.cycles) else "")
    return Only((Table(CYCLE_COLUMNS, rows, name="Full collections"),), fold=title)


def _figure_columns(*titles: str) -> tuple[Column, ...]:
    return tuple(Column(title, figures=True) for title in titles)


COLLECTOR_COLUMNS = (Column("Collector"), *_figure_columns("Count", "p50", "p90", "p99", "Longest", "Sum"))
CYCLE_COLUMNS = _figure_columns("At", "Line", "Before", "After", "Reclaimed", "Pause", "Average mu")
SHARE_COLUMNS = _figure_columns("Until", "In GC")
REASON_COLUMNS = (Column("Reason", wraps=True), Column("Collector"), *_figure_columns("Count", "Sum", "Longest"))
LAST_COLUMNS = (
    *_figure_columns("At", "Line"),
    Column("Collection"),
    *_figure_columns("Used before", "after", "Freed", "Committed before", "after", "Pause", "Average mu", "Current mu"),
)


def _collectors(process: ProcessReport) -> Table:
    """Pauses by collector, and of all together."""
    by_collector = sorted(process.pauses.by_collector.items())
    rows = [(wording.COLLECTOR_NAMES[name], *percentile_row(figures)) for name, figures in by_collector]
    return Table(COLLECTOR_COLUMNS, (*rows, ("All", *percentile_row(process.pauses.all))), name="Pauses by collector")


def _timeline(process: ProcessReport, key: str) -> Section:
    hidden = len(process.timeline) - TIMELINE_AT_MOST
    shown = _first_and_latest(process.timeline)
    said = "The verdict as it would have been at each line, with only the lines before it in view."
    if len(shown) < len(process.timeline):
        said += f" {units.count(len(shown))} of {units.count(len(process.timeline))} changes are shown: the first of each level, and the latest."
    rows = tuple(
        (units.clock(event.at_ms), f"line {units.count(event.line)}", wording.level_said(event.level), event.because)
        for event in shown
    )
    earlier = Lines((Words(f"{units.count(hidden)} earlier changes not shown", "faint"),), not_in=("html",))
    blocks: tuple[Block, ...] = (
        *([earlier] if hidden > 0 else []),
        Only((Lines((Words(said, "faint"),)),)),
        Facts(rows, ("From", "Where", "Verdict", "Because"), latest=TIMELINE_AT_MOST),
    )
    return Section(f"{key}-timeline", "What could be known when", blocks)


def _first_and_latest(timeline: Sequence[TimelineEvent]) -> list[TimelineEvent]:
    """The first event of each level, and the last ones: a log that hovers at a threshold has thousands."""
    first = {event.level: at for at, event in reversed(list(enumerate(timeline)))}
    return [event for at, event in enumerate(timeline) if at >= len(timeline) - TIMELINE_ROWS or first[event.level] == at]


def _crash(process: ProcessReport, crash: Crash, key: str) -> Section:
    facts: list[tuple[Said, ...]] = [
        (f"line {units.count(crash.line)}", Code(crash.message, "strong")),
        ("means", crash.reason),
    ]
    at = "" if crash.at_ms is None else f"at {units.clock(crash.at_ms)}"
    what = " · ".join(filter(None, (at, crash.kind, crash.location)))
    ring = set(crash.last_gcs)
    last_gcs = tuple(line for line in process.crash_evidence if line.line in ring)
    stacks = (("JavaScript stack", crash.js_stack), ("Native stack", crash.native_stack))
    blocks: tuple[Block, ...] = (
        Facts(tuple(facts)),
        Only((Lines((what,)), *_last_collections(process))),
        *([Quotes(last_gcs, wording.last_gcs_heading(process))] if last_gcs else []),
        *(_stack(title, frames) for title, frames in stacks if frames),
    )
    return Section(f"{key}-crash", wording.crash_heading(process), blocks)


def _last_collections(process: ProcessReport) -> Iterable[Block]:
    """The ring that V8 printed, field by field."""
    rows = tuple(
        (
            units.clock(gc.at_ms),
            units.count(gc.line),
            gc.type,
            units.mb(gc.used_before_mb),
            units.mb(gc.used_after_mb),
            units.mb(gc.used_before_mb - gc.used_after_mb),
            units.mb(gc.committed_before_mb),
            units.mb(gc.committed_after_mb),
            units.duration(gc.pause_ms),
            units.ratio(gc.average_mu),
            units.ratio(gc.current_mu),
        )
        for gc in process.last_collections
    )
    if rows:
        legend = "mu is the mutator utilisation that V8 reckons with: the share of time left to the program."
        yield Lines(("The last collections, field by field:",))
        yield Table(LAST_COLUMNS, rows, legend, name="The last collections")


def _stack(title: str, frames: Sequence[str]) -> Lines:
    return Lines(tuple(Words(frame, "quoted") for frame in frames), fenced=True, title=title, most=TOP_FRAMES)


# ---------------------------------------------------------------- several processes

PROCESS_COLUMNS = (
    *(Column(title, wraps=True) for title in ("Verdict", "Process", "Source")),
    *(Column(title, figures=True, wraps=True) for title in ("Seen", "Live set", "GC share", "Findings")),
)


def process_table(processes: Sequence[ProcessReport], detailed: int) -> Section:
    """All processes, a row each. `detailed`: those with a section of their own in a page."""
    rows = tuple(
        (
            wording.level_said(process.verdict.level),
            Words(wording.process_name(process), to=f"p{number}" if number <= detailed else ""),
            Code(process.source),
            units.duration(process.span.duration_ms),
            units.mb(process.heap.live_mb),
            units.percent(process.pauses.share),
            _severities(process),
        )
        for number, process in enumerate(processes, 1)
    )
    title = f"{units.count(len(processes))} processes, the most severe first"
    return Section("processes", title, (Table(PROCESS_COLUMNS, rows, dense=True, name="Processes"),), leads=True)


def _severities(process: ProcessReport) -> str:
    counts = wording.severity_counts(process)
    return ", ".join(f"{n} {severity}" for severity, n in counts.items() if n) or "none"


def short_section(process: ProcessReport, number: int) -> Section:
    """A process that is not the most severe: its answers and its first findings."""
    findings = wording.sorted_findings(process)
    grows = () if process.heap_diff is None else (("What grows", heap_answer(process.heap_diff)),)
    held = say_held(process.sampled)
    rows: list[tuple[Said, ...]] = [
        ("Foreseeable", wording.foreseeable(process)),
        ("Time left", wording.time_left(process)),
        *_witnesses(process),
        *grows,
        *([("Sampled heap", held)] if held else []),
        *(
            (Words(finding.severity, wording.SEVERITY_TONES[finding.severity]), f"{finding.title}: {finding.remedy}")
            for finding in findings[:SHORT_FINDINGS]
        ),
    ]
    if len(findings) > SHORT_FINDINGS:
        rows.append(("", Words(f"and {units.count(len(findings) - SHORT_FINDINGS)} more", "faint")))
    blocks = (Lines((wording.headline(process),)), Facts(tuple(rows), deep=1))
    return Section(f"process-{number}", wording.process_name(process), blocks, not_in=("markdown", "html"))


def whole_section(process: ProcessReport, number: int) -> Section:
    """A process that is not the most severe as a page has it: all of it, opened on demand."""
    key = f"p{number}"
    parts = tuple(replace(part, not_in=PAGE_ALONE) for part in sections_of(process, number) if "html" not in part.not_in)
    name, answer = wording.process_name(process), wording.headline(process)
    return Section(key, name, head_of(process, key), answer, PAGE_ALONE, folded=True, parts=parts)
