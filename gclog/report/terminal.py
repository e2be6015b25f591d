"""The report for a terminal, by rich: the verdict first, then why, then how it was found.

Text of the log is shown literally, in `rich.text.Text`: no markup in it is read, and its control characters are shown, not
sent (`gclog.report.visible`). Without colour the result is plain text without escape codes and without trailing blanks.
"""

from __future__ import annotations

import io
from collections.abc import Iterable

from rich import box
from rich.console import Console, Group, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from gclog import units
from gclog.diagnose.finding import Severity
from gclog.report import wording
from gclog.report.model import EvidenceLine, FindingReport, ProcessReport, Report, SourceReport
from gclog.report.text_plot import plot_heap
from gclog.report.visible import cut, make_visible
from gclog.results import Level

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

LONGEST_TEXT = 2000
"""Characters of a message shown in full before it is cut."""

SHORT_FINDINGS = 3
"""Findings named of each process but the first."""


def render_terminal(report: Report, *, width: int = PLAIN_WIDTH, colour: bool = False, unicode: bool = True) -> str:
    """The report as text, lines of at most `width` columns.

    colour   with ANSI colours (the sixteen that follow the terminal's theme)
    unicode  the output can carry characters beyond ASCII
    """
    out = io.StringIO()
    console = Console(
        file=out,
        width=max(width, LEAST_WIDTH),
        force_terminal=colour,
        color_system="standard" if colour else None,
        no_color=not colour,
        markup=False,
        highlight=False,
        emoji=False,
        legacy_windows=False,
        _environ={},
    )
    for part in _parts(report, console.width, unicode):
        console.print(part)
    text = "\n".join(line.rstrip() for line in out.getvalue().splitlines()) + "\n"
    return text if unicode else _ascii(text)


ASCII_FOR = str.maketrans({"–": "-", "…": ".", "→": ">", "·": "|", "─": "-", "×": "x"})
"""One character for one, so that no line gets longer than the width; what else is not ASCII becomes `?`."""


def _ascii(text: str) -> str:
    return text.translate(ASCII_FOR).encode("ascii", "replace").decode("ascii")


def _log(text: str, style: str = "", length: int = LONGEST_TEXT) -> Text:
    """Text that may come from the log."""
    return Text(cut(make_visible(text), length), style=style, overflow="fold")


def _parts(report: Report, width: int, unicode: bool) -> Iterable[RenderableType]:
    if not report.processes:
        yield Text("No process: nothing in the input is a garbage collection of V8.", style="bold")
    for number, process in enumerate(report.processes):
        if number == 0:
            yield from _verdict(process)
            if len(report.processes) > 1:
                yield from _process_table(report.processes)
            yield from _details(process, width, unicode)
        else:
            yield from _short(process)
    yield from _sources(report.sources)
    yield Text()
    yield _log(f"gclog {report.version}", "dim")


def _heading(title: str) -> Text:
    return Text(f"\n{title}", style="bold underline")


def _indented(part: RenderableType, by: int = 2) -> Padding:
    return Padding(part, (0, 0, 0, by))


# ---------------------------------------------------------------- one process


def _headline(process: ProcessReport) -> Text:
    level = process.verdict.level
    line = Text(overflow="fold")
    line.append(
        f" {wording.LEVEL_TITLES[level]} ",
        style=f"{LEVEL_STYLES[level]} reverse" if level != "exhausted" else LEVEL_STYLES[level],
    )
    line.append(" ")
    line.append(_log(process.verdict.headline, LEVEL_STYLES[level] if level != "exhausted" else "bold red"))
    return line


def _grid(rows: Iterable[tuple[Text, ...]]) -> Table:
    grid = Table.grid(padding=(0, 2))
    grid.add_column(no_wrap=True)
    for row in rows:
        grid.add_row(*row)
    return grid


def _verdict(process: ProcessReport) -> Iterable[RenderableType]:
    yield _headline(process)
    yield Text()
    yield _indented(
        _grid(
            [
                (Text("What to do", style="bold"), _log(wording.what_to_do(process), "bold")),
                (Text("Foreseeable"), _log(wording.foreseeable(process))),
                (Text("Time left"), _log(wording.time_left(process))),
                (Text("Process"), _log(f"{wording.process_name(process)} · {wording.node_name(process)} · {process.source}")),
                (Text("Seen"), _log(wording.span_sentence(process))),
            ]
        )
    )


def _details(process: ProcessReport, width: int, unicode: bool) -> Iterable[RenderableType]:
    yield from _findings(process)
    yield from _plot(process, width, unicode)
    yield _heading("Figures")
    figures = (*wording.pause_figures(process), *wording.heap_figures(process))
    yield _indented(_grid((Text(f.label), Text(f.value, style="bold"), _log(f.note, "dim")) for f in figures))
    for sentence in wording.what_if_sentences(process):
        yield _indented(Text(sentence))
    yield from _timeline(process)
    yield from _crash(process)


def _findings(process: ProcessReport) -> Iterable[RenderableType]:
    yield _heading("Findings")
    findings = wording.sorted_findings(process)
    if not findings:
        yield _indented(Text("none"))
    for finding in findings:
        yield _indented(_finding(finding))


def _finding(finding: FindingReport) -> Group:
    title = Text(overflow="fold")
    title.append(f"{finding.severity.upper():<8}", style=SEVERITY_STYLES[finding.severity])
    title.append(_log(finding.title, "bold"))
    title.append(_log(f"  {finding.id}, confidence {finding.confidence}", "dim"))
    parts: list[RenderableType] = [title]
    rows = [
        (Text("observed"), _log(finding.observed)),
        (Text("threshold"), _log(finding.threshold)),
    ]
    if finding.evidence:
        first = finding.evidence[0]
        rows.append((Text(f"line {units.count(first.line)}"), _evidence_text(first)))
        others = ", ".join(units.count(line.line) for line in finding.evidence[1:])
        if others:
            rows.append((Text("and lines"), Text(others)))
    rows.append((Text("do"), _log(finding.remedy)))
    parts.append(_indented(_grid(rows), 8))
    return Group(*parts)


EVIDENCE_LENGTH = 240
"""Characters of a line of the log: a line of `--trace-gc` with mu and two reasons has about 200."""


def _evidence_text(line: EvidenceLine) -> Text:
    return _log(line.text, "italic", EVIDENCE_LENGTH)


def _plot(process: ProcessReport, width: int, unicode: bool) -> Iterable[RenderableType]:
    lines = plot_heap(process, width=width - 2, braille=unicode)
    yield _heading("Heap")
    if not lines:
        yield _indented(Text("fewer than two collections with a size: nothing to draw"))
    for line in lines:
        text = Text(no_wrap=True, overflow="crop")
        for piece, role in line:
            text.append(piece, style=PLOT_STYLES[role])
        yield _indented(text)


TIMELINE_AT_MOST = 8
"""Changes of level shown: the latest."""


def _timeline(process: ProcessReport) -> Iterable[RenderableType]:
    if not process.timeline:
        return
    yield _heading("What could be known when")
    hidden = len(process.timeline) - TIMELINE_AT_MOST
    if hidden > 0:
        yield _indented(Text(f"{units.count(hidden)} earlier changes not shown", style="dim"))
    yield _indented(
        _grid(
            (
                Text(units.clock(event.at_ms)),
                Text(f"line {units.count(event.line)}"),
                Text(wording.LEVEL_TITLES[event.level], style=LEVEL_STYLES[event.level]),
                _log(event.because),
            )
            for event in process.timeline[-TIMELINE_AT_MOST:]
        )
    )


def _crash(process: ProcessReport) -> Iterable[RenderableType]:
    crash = process.crash
    if crash is None:
        return
    yield _heading("Crash")
    yield _indented(
        _grid([(Text(f"line {units.count(crash.line)}"), _log(crash.message, "bold")), (Text("means"), _log(crash.reason))])
    )
    ring = set(crash.last_gcs)
    last_gcs = [line for line in process.crash_evidence if line.line in ring]
    if last_gcs:
        yield _indented(Text("Last few GCs"))
        yield _indented(_grid((Text(units.count(line.line), style="dim"), _evidence_text(line)) for line in last_gcs), 4)
    for title, frames in (("JavaScript stack", crash.js_stack), ("Native stack", crash.native_stack)):
        if frames:
            yield _indented(Text(title))
            for frame in frames[:TOP_FRAMES]:
                yield _indented(_log(frame, length=EVIDENCE_LENGTH), 4)
            if len(frames) > TOP_FRAMES:
                yield _indented(Text(f"and {units.count(len(frames) - TOP_FRAMES)} more", style="dim"), 4)


# ---------------------------------------------------------------- several processes


def _process_table(processes: tuple[ProcessReport, ...]) -> Iterable[RenderableType]:
    yield _heading(f"{units.count(len(processes))} processes, the most severe first")
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, show_edge=False, header_style="bold")
    for column in ("Verdict", "Process", "Source"):
        table.add_column(column, overflow="fold")
    for column in ("Seen", "Live set", "GC share", "Findings"):
        table.add_column(column, justify="right", overflow="fold")
    for process in processes:
        level = process.verdict.level
        table.add_row(
            Text(wording.LEVEL_TITLES[level], style=LEVEL_STYLES[level]),
            _log(wording.process_name(process)),
            _log(process.source),
            Text(units.duration(process.span.duration_ms)),
            Text(units.mb(process.heap.live_mb)),
            Text(units.percent(process.pauses.share)),
            Text(_severities(process)),
        )
    yield _indented(table)


def _severities(process: ProcessReport) -> str:
    counts = wording.severity_counts(process)
    return ", ".join(f"{n} {severity}" for severity, n in counts.items() if n) or "none"


def _short(process: ProcessReport) -> Iterable[RenderableType]:
    yield _heading(make_visible(wording.process_name(process)))
    yield _indented(_headline(process))
    findings = wording.sorted_findings(process)
    rows = [
        (Text("Foreseeable"), _log(wording.foreseeable(process))),
        (Text("Time left"), _log(wording.time_left(process))),
        *(
            (Text(f.severity, style=SEVERITY_STYLES[f.severity]), _log(f"{f.title}: {f.remedy}"))
            for f in findings[:SHORT_FINDINGS]
        ),
    ]
    if len(findings) > SHORT_FINDINGS:
        rows.append((Text(""), Text(f"and {units.count(len(findings) - SHORT_FINDINGS)} more", style="dim")))
    yield _indented(_grid(rows), 4)


# ---------------------------------------------------------------- sources


def _sources(sources: tuple[SourceReport, ...]) -> Iterable[RenderableType]:
    if not sources:
        return
    yield _heading("What was read")
    for source in sources:
        yield _indented(_log(source.path, "bold"))
        yield _indented(Text(wording.line_account(source)), 4)
        for shape in source.unread:
            row = Text("unread ", style="yellow", overflow="fold")
            row.append(f"{units.count(shape.count)} × from line {units.count(shape.first_line)}: ")
            row.append(_log(shape.sample, "italic", EVIDENCE_LENGTH))
            row.append(f" ({cut(make_visible(shape.why), EVIDENCE_LENGTH)})", style="dim")
            yield _indented(row, 4)
        for note in source.notes:
            yield _indented(_log(f"note: {note}"), 4)
