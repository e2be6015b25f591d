"""The report as Markdown, for an issue or a ticket: the verdict as its headline, then what to do, why, and how it was found.

Plain GitHub-flavoured Markdown without HTML (`gclog.report.render.markdown_escape`), which GitHub, GitLab and Jira's editor take. Short:
the most severe process whole, the others a row of a table.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from gclog import units
from gclog.model.process import UnreadShape
from gclog.model.report import EvidenceLine, FindingReport, ProcessReport, ProfileReport, Report, SourceReport
from gclog.report.render.markdown_escape import as_code, as_fence, as_item, as_table, as_text
from gclog.report.render.witness_markdown import grows_markdown, witness_markdown
from gclog.report.say import figures as figures_wording
from gclog.report.say import heap as heap_wording
from gclog.report.say import process as wording
from gclog.report.say import profile as profile_wording
from gclog.report.say.figures import Figure

__all__ = ["profile_markdown", "render_markdown", "verdict_markdown"]

EVIDENCE_LENGTH = 320
"""Characters of a line of the log: a line of `--trace-gc` with steps, mu and two reasons has about 300."""

TIMELINE_AT_MOST = 8
"""Changes of level shown: the latest."""

TOP_FRAMES = 8
"""Frames of a stack shown: the call that gave up is at the top."""

OTHER_PROCESSES = 20
"""Processes in the table beside the first."""

SHAPES_AT_MOST = 5
"""Kinds of unread lines shown of each source: the most frequent."""

TOP_FUNCTIONS = 10
"""Functions shown of a profile."""

TOP_CATEGORIES = 12
"""Categories shown of a profile: the eight, and the first npm packages."""

NO_PROCESS = "No process: nothing in the input is a garbage collection of V8."


def render_markdown(report: Report) -> str:
    """The report as one Markdown document, without an end of line at its end."""
    return "\n\n".join(part for part in _parts(report) if part)


def verdict_markdown(process: ProcessReport) -> str:
    """The verdict of one process in a few lines, for a ticket that somebody else writes."""
    rows = [("What to do", wording.what_to_do(process)), *_answers(process)]
    answers = "\n".join(f"- {title}: {as_text(text)}" for title, text in rows)
    return f"**{_title(process)}**\n\n{answers}"


def profile_markdown(report: ProfileReport) -> str:
    """One profile, for a ticket that somebody else writes."""
    return "\n\n".join(part for part in _profile(report, headline=False) if part)


def _parts(report: Report) -> Iterator[str]:
    if report.title:
        yield f"**{as_text(report.title)}**"
    if report.note:
        yield "**Note:**"
        yield "\n".join(f"- {as_item(line)}" for line in report.note.splitlines() if line.strip())
    if report.processes:
        first = report.processes[0]
        yield f"## {_title(first)}"
        yield f"**What to do:** {as_text(wording.what_to_do(first))}"
        yield as_table(("", "Answer"), [(title, as_text(text)) for title, text in _answers(first)])
        yield from _findings(first)
        yield from grows_markdown(first.heap_diff)
        yield from _figures(first)
        yield from _timeline(first)
        yield from _crash(first)
        yield from _others(report.processes)
    elif not report.profiles and not report.heaps:
        yield f"## {NO_PROCESS}"
    for number, profile in enumerate(report.profiles):
        yield from _profile(profile, headline=not report.processes and number == 0)
    for heap in report.heaps:
        yield from grows_markdown(heap.diff, heap_wording.lone_title(heap.pid, heap.thread_id))
    yield from _sources(report.sources)
    yield f"gclog {as_text(report.version)}" + (f": {as_code(report.command)}" if report.command else "")


def _title(process: ProcessReport) -> str:
    return f"{wording.LEVEL_TITLES[process.verdict.level]}: {as_text(process.verdict.headline)}"


def _answers(process: ProcessReport) -> list[tuple[str, str]]:
    return [
        ("Foreseeable", wording.foreseeable(process)),
        ("Time left", wording.time_left(process)),
        ("Process", f"{wording.process_name(process)} · {wording.node_name(process)} · {process.source}"),
        ("Seen", wording.span_sentence(process)),
        *([("Witnesses", witnesses)] if (witnesses := wording.witness_sentence(process)) else []),
    ]


# ---------------------------------------------------------------- one process


def _findings(process: ProcessReport) -> Iterator[str]:
    yield "### Findings"
    findings = wording.sorted_findings(process)
    if not findings:
        yield "None."
    for finding in findings:
        yield _finding(finding)
        if finding.evidence:
            yield _evidence(finding.evidence)


def _finding(finding: FindingReport) -> str:
    title = f"**{finding.severity.upper()}** {as_text(finding.title)} ({as_code(finding.id)}, confidence {finding.confidence})"
    rows = [("observed", finding.observed), ("threshold", finding.threshold), ("do", finding.remedy)]
    return "\n".join([title, "", *(f"- {name}: {as_text(text)}" for name, text in rows)])


def _evidence(lines: Sequence[EvidenceLine]) -> str:
    width = max(len(units.count(line.line)) for line in lines)
    return as_fence((f"{units.count(line.line):>{width}}  {line.text}" for line in lines), EVIDENCE_LENGTH + width)


def _figures(process: ProcessReport) -> Iterator[str]:
    yield "### Pauses"
    yield _figure_table(figures_wording.pause_figures(process))
    by_collector = sorted(process.pauses.by_collector.items())
    if by_collector:
        rows = [(wording.COLLECTOR_NAMES[name], *figures_wording.percentile_row(figures)) for name, figures in by_collector]
        rows.append(("All", *figures_wording.percentile_row(process.pauses.all)))
        titles = ("Collector", "Count", "p50", "p90", "p99", "Longest", "Sum")
        yield as_table(titles, [tuple(map(as_text, row)) for row in rows], right=range(1, 7))
    yield "### Heap"
    yield _figure_table(figures_wording.heap_figures(process))
    yield from (f"{as_text(sentence)}." for sentence in wording.what_if_sentences(process))
    yield from witness_markdown(process)


def _figure_table(figures: Iterable[Figure]) -> str:
    return as_table(("", "Figure", "Note"), [(as_text(f.label), as_text(f.value), as_text(f.note)) for f in figures])


def _timeline(process: ProcessReport) -> Iterator[str]:
    if not process.timeline:
        return
    yield "### What could be known when"
    hidden = len(process.timeline) - TIMELINE_AT_MOST
    if hidden > 0:
        yield f"{units.count(hidden)} earlier changes not shown"
    rows = [
        (units.clock(event.at_ms), units.count(event.line), wording.LEVEL_TITLES[event.level], as_text(event.because))
        for event in process.timeline[-TIMELINE_AT_MOST:]
    ]
    yield as_table(("From", "Line", "Verdict", "Because"), rows, right=(0, 1))


def _crash(process: ProcessReport) -> Iterator[str]:
    crash = process.crash
    if crash is None:
        return
    yield f"### {wording.crash_heading(process)}"
    yield f"Line {units.count(crash.line)}: {as_code(crash.message) or 'no message'}"
    yield f"It means: {as_text(crash.reason)}"
    ring = set(crash.last_gcs)
    last_gcs = [line for line in process.crash_evidence if line.line in ring]
    if last_gcs:
        yield f"{wording.last_gcs_heading(process)}:"
        yield _evidence(last_gcs)
    for title, frames in (("JavaScript stack", crash.js_stack), ("Native stack", crash.native_stack)):
        if frames:
            hidden = len(frames) - TOP_FRAMES
            yield f"{title}:" if hidden <= 0 else f"{title}, and {units.count(hidden)} more:"
            yield as_fence(frames[:TOP_FRAMES], EVIDENCE_LENGTH)


# ---------------------------------------------------------------- several processes


def _others(processes: Sequence[ProcessReport]) -> Iterator[str]:
    if len(processes) == 1:
        return
    yield f"### {units.count(len(processes))} processes, the most severe first"
    rows = [
        (
            wording.LEVEL_TITLES[process.verdict.level],
            as_text(wording.process_name(process)),
            as_code(process.source),
            units.duration(process.span.duration_ms),
            units.mb(process.heap.live_mb),
            as_text(units.percent(process.pauses.share)),
            _severities(process),
        )
        for process in processes[: 1 + OTHER_PROCESSES]
    ]
    yield as_table(("Verdict", "Process", "Source", "Seen", "Live set", "GC share", "Findings"), rows, right=(3, 4, 5))
    hidden = len(processes) - len(rows)
    if hidden > 0:
        yield f"and {units.count(hidden)} more"


def _severities(process: ProcessReport) -> str:
    counts = wording.severity_counts(process)
    return ", ".join(f"{n} {severity}" for severity, n in counts.items() if n) or "none"


# ---------------------------------------------------------------- profiles


def _profile(report: ProfileReport, headline: bool) -> Iterator[str]:
    profile = report.profile
    said = as_text(profile_wording.headline(profile))
    name = f"{profile_wording.profile_name(profile)} · {profile_wording.profile_node(profile)} · {report.source}"
    yield f"## {said}" if headline else f"### CPU: {said}"
    yield f"Profile of {as_text(name)}: {as_text(profile_wording.seen_sentence(profile))}"
    categories = profile_wording.category_rows(profile)[:TOP_CATEGORIES]
    if categories:
        rows = [(as_text(row.label), units.count(row.ticks), as_text(units.percent(row.share))) for row in categories]
        yield as_table(("Whose code", "Ticks", "Share"), rows, right=(1, 2))
    functions = profile_wording.function_rows(profile, TOP_FUNCTIONS)
    if functions:
        yield as_table(("Function", "Where", "Self", "Total", "Tier"), map(_function, functions), right=(2, 3))
    yield "\n".join(f"- {as_text(sentence)}" for sentence in profile_wording.join_sentences(report.gc))
    yield "\n".join(f"- note: {as_text(profile_wording.note_sentence(note))}" for note in profile.notes)


def _function(row: profile_wording.FunctionRow) -> tuple[str, ...]:
    tiers = ", ".join(filter(None, (row.tiers, row.deoptimisations)))
    shares = (as_text(units.percent(row.self_share)), as_text(units.percent(row.total_share)))
    return (as_code(row.name), as_code(row.place), *shares, as_text(tiers))


# ---------------------------------------------------------------- sources


def _sources(sources: Sequence[SourceReport]) -> Iterator[str]:
    if not sources:
        return
    yield "### What was read"
    for source in sources:
        notes = "".join(f"\n- note: {as_text(note)}" for note in wording.source_notes(source))
        yield f"- {as_code(source.path) or 'no name'}: {wording.line_account(source)}{notes}"
        if source.unread:
            yield "Unread:"
            yield as_fence((_shape(shape) for shape in source.unread[:SHAPES_AT_MOST]), EVIDENCE_LENGTH)


def _shape(shape: UnreadShape) -> str:
    return f"{units.count(shape.count)} × from line {units.count(shape.first_line)}: {shape.sample}"
