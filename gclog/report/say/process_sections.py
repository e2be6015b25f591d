"""A process as a document: its answers, then why, and how it was found."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from gclog import units
from gclog.model.report import FindingReport, ProcessReport
from gclog.report.document import (
    Badge,
    Block,
    Code,
    Column,
    Drawing,
    Facts,
    Finding,
    Lines,
    Quotes,
    Said,
    Section,
    Table,
    Words,
)
from gclog.report.say import process as wording
from gclog.report.say.figures import FIGURE_TITLES, figure_rows, heap_figures, pause_figures, percentile_row
from gclog.report.say.heap import answer as heap_answer
from gclog.report.say.witness import grows_section, witness_sections

__all__ = ["answers", "card_of", "collectors", "findings", "process_table", "sections_of", "short_section"]

TOP_FRAMES = 8
"""Frames of a stack shown: the call that gave up is at the top."""

SHORT_FINDINGS = 3
"""Findings named of each process but the first."""

TIMELINE_AT_MOST = 8
"""Changes of level shown: the latest."""


def answers(process: ProcessReport) -> Facts:
    """What to do, whether it was foreseeable, how long is left, and of what that is said."""
    do = (Words("What to do", "strong"), Words(wording.what_to_do(process), "strong"))
    return Facts((do, *_other_answers(process)), ("", "Answer"))


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
        *_witnesses(process),
    )


def _witnesses(process: ProcessReport) -> tuple[tuple[Said, ...], ...]:
    said = wording.witness_sentence(process)
    return (("Witnesses", said),) if said else ()


def sections_of(process: ProcessReport) -> Iterable[Section]:
    """Everything on one process, without its answers."""
    yield Section("findings", "Findings", findings(process))
    if process.heap_diff is not None:
        yield grows_section(process.heap_diff)
    yield Section("heap", "Heap", (Drawing("heap", process, "fewer than two collections with a size: nothing to draw"),))
    yield _figures(process)
    if process.pauses.by_collector:
        yield Section("collectors", "Pauses by collector", (collectors(process),), not_in=("text",))
    yield from witness_sections(process)
    if process.timeline:
        yield _timeline(process)
    yield from _crash(process)


def findings(process: ProcessReport) -> tuple[Block, ...]:
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


def _figures(process: ProcessReport) -> Section:
    what_if = wording.what_if_sentences(process)
    blocks: list[Block] = [
        Facts(figure_rows(pause_figures(process)), FIGURE_TITLES, "Pauses"),
        Facts(figure_rows(heap_figures(process)), FIGURE_TITLES, "Heap"),
    ]
    return Section("figures", "Figures", (*blocks, Lines(what_if)) if what_if else tuple(blocks))


COLLECTOR_COLUMNS = (
    Column("Collector"),
    *(Column(title, figures=True) for title in ("Count", "p50", "p90", "p99", "Longest", "Sum")),
)


def collectors(process: ProcessReport) -> Table:
    """Pauses by collector, and of all together."""
    by_collector = sorted(process.pauses.by_collector.items())
    rows = [(wording.COLLECTOR_NAMES[name], *percentile_row(figures)) for name, figures in by_collector]
    return Table(COLLECTOR_COLUMNS, (*rows, ("All", *percentile_row(process.pauses.all))))


def _timeline(process: ProcessReport) -> Section:
    hidden = len(process.timeline) - TIMELINE_AT_MOST
    rows = tuple(
        (units.clock(event.at_ms), f"line {units.count(event.line)}", wording.level_said(event.level), event.because)
        for event in process.timeline[-TIMELINE_AT_MOST:]
    )
    earlier = Lines((Words(f"{units.count(hidden)} earlier changes not shown", "faint"),))
    facts = Facts(rows, ("From", "Where", "Verdict", "Because"))
    return Section("timeline", "What could be known when", (earlier, facts) if hidden > 0 else (facts,))


def _crash(process: ProcessReport) -> Iterable[Section]:
    crash = process.crash
    if crash is None:
        return
    facts: list[tuple[Said, ...]] = [
        (f"line {units.count(crash.line)}", Code(crash.message, "strong")),
        ("means", crash.reason),
    ]
    ring = set(crash.last_gcs)
    last_gcs = tuple(line for line in process.crash_evidence if line.line in ring)
    stacks = (("JavaScript stack", crash.js_stack), ("Native stack", crash.native_stack))
    yield Section(
        "crash",
        wording.crash_heading(process),
        (
            Facts(tuple(facts)),
            *([Quotes(last_gcs, wording.last_gcs_heading(process))] if last_gcs else []),
            *(_stack(title, frames) for title, frames in stacks if frames),
        ),
    )


def _stack(title: str, frames: Sequence[str]) -> Lines:
    shown = tuple(Words(frame, "quoted") for frame in frames[:TOP_FRAMES])
    return Lines(shown, fenced=True, title=title, hidden=len(frames) - TOP_FRAMES)


# ---------------------------------------------------------------- several processes

PROCESS_COLUMNS = (
    *(Column(title, wraps=True) for title in ("Verdict", "Process", "Source")),
    *(Column(title, figures=True, wraps=True) for title in ("Seen", "Live set", "GC share", "Findings")),
)


def process_table(processes: Sequence[ProcessReport]) -> Section:
    """All processes, a row each."""
    rows = tuple(
        (
            wording.level_said(process.verdict.level),
            wording.process_name(process),
            Code(process.source),
            units.duration(process.span.duration_ms),
            units.mb(process.heap.live_mb),
            units.percent(process.pauses.share),
            _severities(process),
        )
        for process in processes
    )
    title = f"{units.count(len(processes))} processes, the most severe first"
    return Section("processes", title, (Table(PROCESS_COLUMNS, rows, dense=True),))


def _severities(process: ProcessReport) -> str:
    counts = wording.severity_counts(process)
    return ", ".join(f"{n} {severity}" for severity, n in counts.items() if n) or "none"


def short_section(process: ProcessReport, number: int) -> Section:
    """A process that is not the most severe: its answers and its first findings."""
    findings = wording.sorted_findings(process)
    grows = () if process.heap_diff is None else (("What grows", heap_answer(process.heap_diff)),)
    rows: list[tuple[Said, ...]] = [
        ("Foreseeable", wording.foreseeable(process)),
        ("Time left", wording.time_left(process)),
        *_witnesses(process),
        *grows,
        *(
            (Words(finding.severity, wording.SEVERITY_TONES[finding.severity]), f"{finding.title}: {finding.remedy}")
            for finding in findings[:SHORT_FINDINGS]
        ),
    ]
    if len(findings) > SHORT_FINDINGS:
        rows.append(("", Words(f"and {units.count(len(findings) - SHORT_FINDINGS)} more", "faint")))
    blocks = (Lines((wording.headline(process),)), Facts(tuple(rows), deep=1))
    return Section(f"process-{number}", wording.process_name(process), blocks, folded=True)
