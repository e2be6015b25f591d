"""`gclog analyze`: its options, and what they make."""

from __future__ import annotations

import dataclasses
import enum
import shlex
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from gclog.cli.output import EXIT_AT_LEVEL, form_of, render_text, write
from gclog.errors import UsageError

if TYPE_CHECKING:
    from gclog.model.report import Report
    from gclog.report.tables.forms import Kept, TableForm

__all__ = ["analyze"]

MOST_MB = 16 * 1024 * 1024
"""16 TB: what is more was meant otherwise."""


class Format(enum.StrEnum):
    """The forms of a report."""

    TEXT = "text"
    JSON = "json"
    MARKDOWN = "markdown"
    HTML = "html"


class FailOn(enum.StrEnum):
    """Levels of a verdict, and severities of a finding, that `--fail-on` takes."""

    RISING = "rising"
    IMPENDING = "impending"
    CRITICAL = "critical"
    EXHAUSTED = "exhausted"
    INFO = "info"
    WARNING = "warning"
    ERROR = "error"


class ReadAs(enum.StrEnum):
    """What a log may be read as."""

    GC = "gc"
    TICKS = "ticks"


def analyze(
    logs: Annotated[
        list[str],
        typer.Argument(
            metavar="LOG...",
            help="GC logs, v8.logs and what lies beside them: files, folders, archives (zip, tar) or globs; - is stdin. Packed too.",
        ),
    ],
    format: Annotated[
        Format | None,
        typer.Option(
            "--format",
            "-f",
            metavar="FORM",
            help="Form of the report: " + ", ".join(Format) + " (default: by the suffix of -o, else text).",
        ),
    ] = None,
    output: Annotated[
        Path | None, typer.Option("--output", "-o", help="Write the report to this file instead of stdout.")
    ] = None,
    force: Annotated[bool, typer.Option("--force", help="Overwrite the output file.")] = False,
    heap_limit: Annotated[
        float | None,
        typer.Option(
            "--heap-limit",
            metavar="MB",
            min=1,
            max=MOST_MB,
            help="The process's --max-old-space-size, when the log does not say.",
        ),
    ] = None,
    memory_limit: Annotated[
        float | None,
        typer.Option(
            "--memory-limit",
            metavar="MB",
            min=1,
            max=MOST_MB,
            help="The container's limit of all memory, when neither the kernel's lines nor a report say.",
        ),
    ] = None,
    since: Annotated[
        str | None,
        typer.Option(
            metavar="MOMENT",
            help="Only collections from then on: 90s, 14m, 2h30m on V8's clock, or 2026-03-14T03:12 on the log's.",
        ),
    ] = None,
    until: Annotated[str | None, typer.Option(metavar="MOMENT", help="Only collections up to then.")] = None,
    isolate: Annotated[str | None, typer.Option(metavar="ADDRESS", help="Only this isolate, as printed: 0x55d0c8a0.")] = None,
    fail_on: Annotated[
        FailOn | None,
        typer.Option(
            "--fail-on", metavar="LEVEL", help="Exit with 1 at this level or severity, or worse: " + ", ".join(FailOn) + "."
        ),
    ] = None,
    read_as: Annotated[
        ReadAs | None,
        typer.Option("--as", metavar="FORMAT", help="Read all logs as gc or as ticks (default: found by their first lines)."),
    ] = None,
    encoding: Annotated[str | None, typer.Option(help="Encoding of the logs (default: found by their bytes).")] = None,
    redact: Annotated[
        bool | None,
        typer.Option(
            "--redact/--no-redact", help="Replace names of files, hosts, processes and functions, and the application's lines."
        ),
    ] = None,
    title: Annotated[str, typer.Option(metavar="TEXT", help="Heading of the report.")] = "",
    note: Annotated[str, typer.Option(metavar="TEXT", help="What you have to say about it, at its beginning.")] = "",
    table: Annotated[
        str | None,
        typer.Option(
            metavar="NAME",
            autocompletion=lambda: _table_names(),
            help="Instead of a report write one table of it as .csv, .parquet, .json or .jsonl: collections, cycles, timeline, ...",
        ),
    ] = None,
    config: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            help="Settings and thresholds (default: the nearest gclog.toml, or table tool.gclog in pyproject.toml).",
        ),
    ] = None,
) -> None:
    """Say what a log tells: verdict, findings, figures.

    Example: gclog analyze gc.log -o report.html
    """
    from gclog.cli.config import load_config
    from gclog.cli.moments import parse_moment
    from gclog.cli.progress import Progress
    from gclog.files import check_output
    from gclog.incident.pipeline import analyze as run
    from gclog.incident.settings import Settings
    from gclog.profile.symbols import open_symbols

    if output is not None and str(output) == "-":
        output = None
    wanted = None if table is None else _wanted_table(table, format, output)
    chosen = Format.TEXT if wanted is not None else format or form_of(output, Format)
    if output is not None:
        check_output(output, logs, force)
    given = load_config(config, Path.cwd())
    fail_on = fail_on or (None if given.fail_on is None else FailOn(given.fail_on))
    hidden = given.redact if redact is None else redact
    settings = Settings(
        heap_limit_mb=given.heap_limit_mb if heap_limit is None else heap_limit,
        memory_limit_mb=memory_limit,
        thresholds=given.thresholds,
        since=None if since is None else parse_moment(since),
        until=None if until is None else parse_moment(until),
        isolate=isolate,
        encoding=encoding or given.encoding,
        read_as=None if read_as is None else read_as.value,
        symbols=open_symbols((), None),
    )
    kept: list[Kept] = []
    with Progress() as progress:
        report = run(
            logs, settings, progress, lambda process, own: None if wanted is None else kept.append((process.source, own))
        )
    report = dataclasses.replace(report, title=title, note=note, command=_command())
    if hidden:
        from gclog.report.redact.report import redact as redact_report
        from gclog.report.redact.report import redact_processes

        kept, report = redact_processes(kept, report), redact_report(report)
    write(_render(report, chosen, output is None) if wanted is None else _render_table(wanted, report, kept), output)
    if fail_on is not None and _reaches(report, fail_on):
        raise typer.Exit(EXIT_AT_LEVEL)


def _render(report: Report, chosen: Format, to_stdout: bool) -> str:
    match chosen:
        case Format.TEXT:
            return render_text(report, to_stdout)
        case Format.JSON:
            from gclog.report.json.v1 import render_json

            return render_json(report)
        case Format.MARKDOWN:
            from gclog.report.render import markdown
            from gclog.report.say.report import document_of

            return markdown.render(document_of(report))
        case Format.HTML:
            from gclog.report.render.html import render_html

            return render_html(report)


def _reaches(report: Report, wanted: FailOn) -> bool:
    """Whether a verdict or a finding is at the level, or the severity, or worse."""
    from gclog.model.finding import SEVERITIES
    from gclog.model.verdict import LEVELS

    if wanted.value in LEVELS:
        return any(LEVELS.index(process.verdict.level) >= LEVELS.index(wanted.value) for process in report.processes)
    worst = [SEVERITIES.index(finding.severity) for process in report.processes for finding in process.findings]
    return any(severity <= SEVERITIES.index(wanted.value) for severity in worst)


def _command() -> str:
    """The command line, as one could give it again."""
    return shlex.join(["gclog", *sys.argv[1:]])


def _table_names() -> list[str]:
    from gclog.report.tables.forms import TABLES

    return list(TABLES)


def _wanted_table(name: str, format: Format | None, output: Path | None) -> tuple[str, TableForm]:
    """The table and its form, before anything is read. Raises UsageError."""
    from gclog.report.tables.forms import form_of as table_form_of

    if format is not None:
        raise UsageError("--table writes a table, --format a report", remedy="Give one of them.")
    if name not in _table_names():
        raise UsageError(f"there is no table {name}", remedy=f"There are: {', '.join(_table_names())}.")
    return name, table_form_of(output)


def _render_table(wanted: tuple[str, TableForm], report: Report, kept: list[Kept]) -> bytes:
    from gclog.report.tables.forms import build_table, render_table

    name, form = wanted
    return render_table(build_table(name, report, kept), form)
