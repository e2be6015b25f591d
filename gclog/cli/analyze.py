"""`gclog analyze`: its options, and what they make."""

from __future__ import annotations

import dataclasses
import shlex
import sys
from typing import TYPE_CHECKING, Annotated

import typer

from gclog.cli.options import FAIL_AT_LEVEL_OR_SEVERITY, READING, REPORT, WINDOW, Given, one_of, takes
from gclog.cli.output import EXIT_AT_LEVEL, choose_form, say, show, write
from gclog.cli.symbols import open_symbols
from gclog.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from gclog.model.report import Report
    from gclog.report.tables.forms import Kept, TableForm

__all__ = ["analyze"]


if TYPE_CHECKING:
    from gclog.recognise.detect import LogKind
else:
    LogKind = str


@takes(
    *REPORT,
    "show_strings",
    *READING,
    "memory_limit",
    "history",
    "isolate",
    *WINDOW,
    "started",
    kind="report",
    fail_on=FAIL_AT_LEVEL_OR_SEVERITY,
)
def analyze(
    logs: Annotated[
        list[str],
        typer.Argument(
            metavar="LOG",
            help="GC logs, v8.logs and the files beside them, access logs, too, compressed or not: files, folders, archives (zip, tar), globs; - is"
            " stdin.",
        ),
    ],
    given: Given,
    read_as: Annotated[
        LogKind | None,
        typer.Option(
            "--as",
            metavar="KIND",
            help="Read all logs as gc or as ticks (default: detected from their first lines).",
            **one_of(("gc", "ticks")),
        ),
    ] = None,
    title: Annotated[str, typer.Option(metavar="TEXT", help="Heading of the report (default: none).")] = "",
    note: Annotated[str, typer.Option(metavar="TEXT", help="A note for the top of the report (default: none).")] = "",
    table: Annotated[
        str | None,
        typer.Option(
            metavar="NAME",
            autocompletion=lambda: _table_names(),
            help="Write one table, as .csv, .parquet, .json or .jsonl: collections, cycles, timeline, ... (default: a report).",
        ),
    ] = None,
) -> None:
    """Analyse logs: verdict, findings, figures.

    Example: gclog analyze gc.log -o report.html
    """
    from gclog.cli.progress import Progress
    from gclog.incident.pipeline import analyze as run

    wanted = None if table is None else _wanted_table(table, given)
    form = choose_form("report", given if wanted is None else dataclasses.replace(given, format="text"), logs)
    settings = given.settings(logs, read_as=read_as, symbols=open_symbols)
    kept: list[Kept] = []
    with Progress() as progress:
        report = run(
            logs, settings, progress, lambda process, own: None if wanted is None else kept.append((process.source, own))
        )
    if settings.history and all(process.beside is None for process in report.processes):
        _say_no_history(sorted(settings.history))
    report = dataclasses.replace(report, title=title, note=note, command=_command())
    if not given.show_strings:
        from gclog.report.redact.strings import hide_strings

        report = hide_strings(report)
    if wanted is None:
        show("report", form, report, given)
    else:
        write(_render_table(wanted, report, kept, given), given.output)
    if given.fail_on is not None and _reaches(report, given.fail_on):
        raise typer.Exit(EXIT_AT_LEVEL)


PROGRAMS_NAMED = 5


def _say_no_history(programs: Sequence[str]) -> None:
    """That earlier runs were given, and none of them counts."""
    more = len(programs) - PROGRAMS_NAMED
    named = ", ".join([*programs[:PROGRAMS_NAMED], *([f"{more:,} more"] if more > 0 else [])])
    say(
        f"No earlier run was compared: the history has {named}, and no log here has such a name.\n"
        "Runs of one program are kept under one name by: gclog history add FILE LOG... --name NAME"
    )


def _reaches(report: Report, wanted: str) -> bool:
    """Whether a verdict or a finding is at the level, or the severity, or worse."""
    from gclog.model.finding import SEVERITIES
    from gclog.model.verdict import LEVELS

    if wanted in LEVELS:
        return any(LEVELS.index(process.verdict.level) >= LEVELS.index(wanted) for process in report.processes)
    worst = [SEVERITIES.index(finding.severity) for process in report.processes for finding in process.findings]
    return any(severity <= SEVERITIES.index(wanted) for severity in worst)


def _command() -> str:
    """The command line, to be copied."""
    return shlex.join(["gclog", *sys.argv[1:]])


def _table_names() -> list[str]:
    from gclog.report.tables.forms import TABLES

    return list(TABLES)


def _wanted_table(name: str, given: Given) -> tuple[str, TableForm]:
    """The table and its form, before anything is read. Raises UsageError."""
    from gclog.report.tables.forms import form_of

    if given.format is not None:
        raise UsageError("--table writes a table, --format a report", remedy="Give one of them.")
    if name not in _table_names():
        raise UsageError(f"there is no table {name}", remedy=f"There are: {', '.join(_table_names())}.")
    return name, form_of(given.output)


def _render_table(wanted: tuple[str, TableForm], report: Report, kept: list[Kept], given: Given) -> bytes:
    from gclog.report.tables.forms import build_table, render_table

    name, form = wanted
    if given.redact:
        from gclog.report.redact.report import redact, redact_processes

        kept, report = redact_processes(kept, report), redact(report)
    return render_table(build_table(name, report, kept), form)
