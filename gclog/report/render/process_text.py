"""The report for a terminal, by rich: the verdict first, then why, then how it was found.

Text of the log is shown literally, in `rich.text.Text`: no markup in it is read, and its control characters are shown, not
sent (`gclog.report.visible`). Without colour the result is plain text without escape codes and without trailing blanks.
"""

from __future__ import annotations

from collections.abc import Iterable

from rich import box
from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from gclog import units
from gclog.model.finding import Severity
from gclog.model.report import EvidenceLine, FindingReport, ProcessReport, Report, SourceReport
from gclog.model.verdict import Level
from gclog.report.draw.braille import plot_heap
from gclog.report.render.profile_text import ProfileView, profile_parts
from gclog.report.render.text_parts import grid, heading, indented, log_text, print_parts
from gclog.report.render.witness_text import grows_parts, heap_parts, witness_parts
from gclog.report.say import figures as figures_wording
from gclog.report.say import heap as heap_wording
from gclog.report.say import process as wording
from gclog.report.visible import cut, make_visible

__all__ = ["PLAIN_WIDTH", "render_terminal"]

PLAIN_WIDTH = 100
"""Columns where there is no terminal to ask: a pipe, a file."""

LEAST_WIDTH = 60
"""Narrower than this the tables would be a word a line."""

LEVEL_STYLES: dict[Level, str] = {
    "not-assessable": "bold",
    "ok": "bold green",
    "rising": "bold cyan",
    "impending": "bold yellow",
    "critical": "bold red",
    "exhausted": "bold white on red",
}
SEVERITY_STYLES: dict[Severity, str] = {"error": "bold red", "warning": "bold yellow", "info": "bold cyan"}
PLOT_STYLES = {"axis": "dim", "after": "blue", "live": "bold magenta", "limit": "red", "death": "bold red"}

TOP_FRAMES = 8
"""Native frames shown: the call that gave up is at the top."""

SHORT_FINDINGS = 3
"""Findings named of each process but the first."""


def render_terminal(
    report: Report,
    *,
    width: int = PLAIN_WIDTH,
    colour: bool = False,
    unicode: bool = True,
    view: ProfileView | None = None,
) -> str:
    """The report as text, lines of at most `width` columns.

    colour   with ANSI colours (the sixteen that follow the terminal's theme)
    unicode  the output can carry characters beyond ASCII
    view     how much of each profile is shown
    """
    return print_parts(
        _parts(report, max(width, LEAST_WIDTH), unicode, view or ProfileView()),
        width=max(width, LEAST_WIDTH),
        colour=colour,
        unicode=unicode,
    )


def _parts(report: Report, width: int, unicode: bool, view: ProfileView) -> Iterable[RenderableType]:
    yield from _own_words(report)
    if not report.processes and not report.profiles and not report.heaps:
        yield Text("No process: nothing in the input is a garbage collection of V8.", style="bold")
    for number, process in enumerate(report.processes):
        if number == 0:
            yield from _verdict(process)
            if len(report.processes) > 1:
                yield from _process_table(report.processes)
            yield from _details(process, width, unicode)
        else:
            yield from _short(process)
    for number, profile in enumerate(report.profiles):
        if number or report.processes:
            yield heading(make_visible(f"Profile of {profile.source}"))
        yield from profile_parts(profile, width, view)
    yield from heap_parts(report.heaps)
    yield from _sources(report.sources)
    yield Text()
    yield log_text(f"gclog {report.version}" + (f": {report.command}" if report.command else ""), "dim")


def _own_words(report: Report) -> Iterable[RenderableType]:
    """The title and the note that the user gave."""
    if report.title:
        yield log_text(report.title, "bold")
    yield from (log_text(line) for line in report.note.splitlines())
    if report.title or report.note:
        yield Text()


# ---------------------------------------------------------------- one process


def _headline(process: ProcessReport) -> Text:
    level = process.verdict.level
    line = Text(overflow="fold")
    line.append(
        f" {wording.LEVEL_TITLES[level]} ",
        style=f"{LEVEL_STYLES[level]} reverse" if level != "exhausted" else LEVEL_STYLES[level],
    )
    line.append(" ")
    line.append(log_text(process.verdict.headline, LEVEL_STYLES[level] if level != "exhausted" else "bold red"))
    return line


def _verdict(process: ProcessReport) -> Iterable[RenderableType]:
    yield _headline(process)
    yield Text()
    yield indented(
        grid(
            [
                (Text("What to do", style="bold"), log_text(wording.what_to_do(process), "bold")),
                (Text("Foreseeable"), log_text(wording.foreseeable(process))),
                (Text("Time left"), log_text(wording.time_left(process))),
                (
                    Text("Process"),
                    log_text(f"{wording.process_name(process)} · {wording.node_name(process)} · {process.source}"),
                ),
                (Text("Seen"), log_text(wording.span_sentence(process))),
                *_witnesses(process),
            ]
        )
    )


def _witnesses(process: ProcessReport) -> list[tuple[Text, Text]]:
    said = wording.witness_sentence(process)
    return [(Text("Witnesses"), log_text(said))] if said else []


def _details(process: ProcessReport, width: int, unicode: bool) -> Iterable[RenderableType]:
    yield from _findings(process)
    yield from grows_parts(process.heap_diff)
    yield from _plot(process, width, unicode)
    yield heading("Figures")
    figures = (*figures_wording.pause_figures(process), *figures_wording.heap_figures(process))
    yield indented(grid((Text(f.label), Text(f.value, style="bold"), log_text(f.note, "dim")) for f in figures))
    for sentence in wording.what_if_sentences(process):
        yield indented(Text(sentence))
    yield from witness_parts(process)
    yield from _timeline(process)
    yield from _crash(process)


def _findings(process: ProcessReport) -> Iterable[RenderableType]:
    yield heading("Findings")
    findings = wording.sorted_findings(process)
    if not findings:
        yield indented(Text("none"))
    for finding in findings:
        yield indented(_finding(finding))


def _finding(finding: FindingReport) -> Group:
    title = Text(overflow="fold")
    title.append(f"{finding.severity.upper():<8}", style=SEVERITY_STYLES[finding.severity])
    title.append(log_text(finding.title, "bold"))
    title.append(log_text(f"  {finding.id}, confidence {finding.confidence}", "dim"))
    parts: list[RenderableType] = [title]
    rows = [
        (Text("observed"), log_text(finding.observed)),
        (Text("threshold"), log_text(finding.threshold)),
    ]
    if finding.evidence:
        first = finding.evidence[0]
        rows.append((Text(f"line {units.count(first.line)}"), _evidence_text(first)))
        others = ", ".join(units.count(line.line) for line in finding.evidence[1:])
        if others:
            rows.append((Text("and lines"), Text(others)))
    rows.append((Text("do"), log_text(finding.remedy)))
    parts.append(indented(grid(rows), 8))
    return Group(*parts)


EVIDENCE_LENGTH = 240
"""Characters of a line of the log: a line of `--trace-gc` with mu and two reasons has about 200."""


def _evidence_text(line: EvidenceLine) -> Text:
    return log_text(line.text, "italic", EVIDENCE_LENGTH)


def _plot(process: ProcessReport, width: int, unicode: bool) -> Iterable[RenderableType]:
    lines = plot_heap(process, width=width - 2, braille=unicode)
    yield heading("Heap")
    if not lines:
        yield indented(Text("fewer than two collections with a size: nothing to draw"))
    for line in lines:
        text = Text(no_wrap=True, overflow="crop")
        for piece, role in line:
            text.append(piece, style=PLOT_STYLES[role])
        yield indented(text)


TIMELINE_AT_MOST = 8
"""Changes of level shown: the latest."""


def _timeline(process: ProcessReport) -> Iterable[RenderableType]:
    if not process.timeline:
        return
    yield heading("What could be known when")
    hidden = len(process.timeline) - TIMELINE_AT_MOST
    if hidden > 0:
        yield indented(Text(f"{units.count(hidden)} earlier changes not shown", style="dim"))
    yield indented(
        grid(
            (
                Text(units.clock(event.at_ms)),
                Text(f"line {units.count(event.line)}"),
                Text(wording.LEVEL_TITLES[event.level], style=LEVEL_STYLES[event.level]),
                log_text(event.because),
            )
            for event in process.timeline[-TIMELINE_AT_MOST:]
        )
    )


def _crash(process: ProcessReport) -> Iterable[RenderableType]:
    crash = process.crash
    if crash is None:
        return
    yield heading(wording.crash_heading(process))
    yield indented(
        grid(
            [
                (Text(f"line {units.count(crash.line)}"), log_text(crash.message, "bold")),
                (Text("means"), log_text(crash.reason)),
            ]
        )
    )
    ring = set(crash.last_gcs)
    last_gcs = [line for line in process.crash_evidence if line.line in ring]
    if last_gcs:
        yield indented(Text(wording.last_gcs_heading(process)))
        yield indented(grid((Text(units.count(line.line), style="dim"), _evidence_text(line)) for line in last_gcs), 4)
    for title, frames in (("JavaScript stack", crash.js_stack), ("Native stack", crash.native_stack)):
        if frames:
            yield indented(Text(title))
            for frame in frames[:TOP_FRAMES]:
                yield indented(log_text(frame, length=EVIDENCE_LENGTH), 4)
            if len(frames) > TOP_FRAMES:
                yield indented(Text(f"and {units.count(len(frames) - TOP_FRAMES)} more", style="dim"), 4)


# ---------------------------------------------------------------- several processes


def _process_table(processes: tuple[ProcessReport, ...]) -> Iterable[RenderableType]:
    yield heading(f"{units.count(len(processes))} processes, the most severe first")
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, show_edge=False, header_style="bold")
    for column in ("Verdict", "Process", "Source"):
        table.add_column(column, overflow="fold")
    for column in ("Seen", "Live set", "GC share", "Findings"):
        table.add_column(column, justify="right", overflow="fold")
    for process in processes:
        level = process.verdict.level
        table.add_row(
            Text(wording.LEVEL_TITLES[level], style=LEVEL_STYLES[level]),
            log_text(wording.process_name(process)),
            log_text(process.source),
            Text(units.duration(process.span.duration_ms)),
            Text(units.mb(process.heap.live_mb)),
            Text(units.percent(process.pauses.share)),
            Text(_severities(process)),
        )
    yield indented(table)


def _severities(process: ProcessReport) -> str:
    counts = wording.severity_counts(process)
    return ", ".join(f"{n} {severity}" for severity, n in counts.items() if n) or "none"


def _short(process: ProcessReport) -> Iterable[RenderableType]:
    yield heading(make_visible(wording.process_name(process)))
    yield indented(_headline(process))
    findings = wording.sorted_findings(process)
    rows = [
        (Text("Foreseeable"), log_text(wording.foreseeable(process))),
        (Text("Time left"), log_text(wording.time_left(process))),
        *_witnesses(process),
        *([] if process.heap_diff is None else [(Text("What grows"), log_text(heap_wording.answer(process.heap_diff)))]),
        *(
            (Text(f.severity, style=SEVERITY_STYLES[f.severity]), log_text(f"{f.title}: {f.remedy}"))
            for f in findings[:SHORT_FINDINGS]
        ),
    ]
    if len(findings) > SHORT_FINDINGS:
        rows.append((Text(""), Text(f"and {units.count(len(findings) - SHORT_FINDINGS)} more", style="dim")))
    yield indented(grid(rows), 4)


# ---------------------------------------------------------------- sources


def _sources(sources: tuple[SourceReport, ...]) -> Iterable[RenderableType]:
    if not sources:
        return
    yield heading("What was read")
    for source in sources:
        yield indented(log_text(source.path, "bold"))
        yield indented(Text(wording.line_account(source)), 4)
        for shape in source.unread:
            row = Text("unread ", style="yellow", overflow="fold")
            row.append(f"{units.count(shape.count)} × from line {units.count(shape.first_line)}: ")
            row.append(log_text(shape.sample, "italic", EVIDENCE_LENGTH))
            row.append(f" ({cut(make_visible(shape.why), EVIDENCE_LENGTH)})", style="dim")
            yield indented(row, 4)
        for note in wording.source_notes(source):
            yield indented(log_text(f"note: {note}"), 4)
