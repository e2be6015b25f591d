"""`gclog fleet`: its options, and what they make."""

from __future__ import annotations

import enum
import os
import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from gclog.cli.output import EXIT_AT_LEVEL, say, text_style, write
from gclog.errors import GclogError, InputError, NothingToAnalyse, UsageError

if TYPE_CHECKING:
    from gclog.model.fleet import FleetReport

__all__ = ["fleet"]

EXIT_INTERRUPTED = 130

SHORTEST_S = 0.001
"""No run is shorter; a clock may say 0."""


class FleetFormat(enum.StrEnum):
    """The forms of a fleet: reports, and tables with a row for each process."""

    TEXT = "text"
    JSON = "json"
    HTML = "html"
    CSV = "csv"
    JSON_LINES = "jsonl"
    PARQUET = "parquet"


SUFFIXES = {
    "": FleetFormat.TEXT,
    ".txt": FleetFormat.TEXT,
    ".log": FleetFormat.TEXT,
    ".json": FleetFormat.JSON,
    ".html": FleetFormat.HTML,
    ".htm": FleetFormat.HTML,
    ".csv": FleetFormat.CSV,
    ".jsonl": FleetFormat.JSON_LINES,
    ".ndjson": FleetFormat.JSON_LINES,
    ".parquet": FleetFormat.PARQUET,
    ".pq": FleetFormat.PARQUET,
}
"""The form by the suffix of the output file."""


class FailLevel(enum.StrEnum):
    """Levels that `--fail-on` takes."""

    RISING = "rising"
    IMPENDING = "impending"
    CRITICAL = "critical"
    EXHAUSTED = "exhausted"


def fleet(
    logs: Annotated[
        list[str],
        typer.Argument(
            metavar="LOG...", help="Logs, folders, quoted globs; also s3://, gs://, https:// and what else fsspec reads."
        ),
    ],
    workers: Annotated[
        int | None,
        typer.Option(
            "--workers",
            "-w",
            metavar="N",
            min=0,
            help="Processes that analyse (default: one a core); 0: this one, without dask.",
        ),
    ] = None,
    scheduler: Annotated[
        str | None,
        typer.Option(
            "--scheduler", metavar="ADDRESS", help="Use the dask cluster at this address, as tcp://10.0.0.5:8786, instead."
        ),
    ] = None,
    host_from: Annotated[
        str | None,
        typer.Option(
            "--host-from",
            metavar="REGEX",
            help="The host in a log's path: the first group, or the match (default: the first folder that differs).",
        ),
    ] = None,
    format: Annotated[
        FleetFormat | None,
        typer.Option(
            "--format",
            "-f",
            metavar="FORM",
            help="Form: " + ", ".join(FleetFormat) + " (default: by the suffix of -o, else text).",
        ),
    ] = None,
    output: Annotated[Path | None, typer.Option("--output", "-o", help="Write to this file instead of stdout.")] = None,
    force: Annotated[bool, typer.Option("--force", help="Overwrite the output file.")] = False,
    heap_limit: Annotated[
        float | None,
        typer.Option("--heap-limit", metavar="MB", min=1, help="The --max-old-space-size of all, when the logs do not say."),
    ] = None,
    fail_on: Annotated[
        FailLevel | None,
        typer.Option(
            "--fail-on",
            metavar="LEVEL",
            help="Exit with 1 where any process is at this level or worse: " + ", ".join(FailLevel) + ".",
        ),
    ] = None,
    encoding: Annotated[str | None, typer.Option(help="Encoding of the logs (default: found by their bytes).")] = None,
) -> None:
    """Analyse the logs of thousands of processes: who is at risk, which version or host is, and who stands out.

    Example: gclog fleet 's3://logs/*/gc.log*' --workers 8 -o fleet.parquet
    """
    from gclog.cli.progress import CountProgress
    from gclog.files import check_output
    from gclog.fleet.run import analyze_fleet
    from gclog.incident.settings import Settings
    from gclog.model.verdict import LEVELS

    if output is not None and str(output) == "-":
        output = None
    chosen = format or _form_of(output)
    if output is not None:
        check_output(output, logs, force)
    began_s = time.monotonic()
    with CountProgress("logs") as progress:
        report = analyze_fleet(
            logs,
            Settings(heap_limit_mb=heap_limit, encoding=encoding, processes=1),  # workers are the processes here
            workers=(os.cpu_count() or 1) if workers is None else workers,
            scheduler=scheduler,
            host_from=host_from,
            progress=progress,
        )
    took_s = time.monotonic() - began_s
    write(_render(report, chosen, output is None), output)
    say(_summary(report, took_s))
    if report.stopped:
        raise typer.Exit(EXIT_INTERRUPTED)
    if not report.rows:
        raise _without_rows(report)
    if fail_on is not None and any(LEVELS.index(row.level) >= LEVELS.index(fail_on.value) for row in report.rows):
        raise typer.Exit(EXIT_AT_LEVEL)


def _without_rows(report: FleetReport) -> GclogError:
    if any(one.was_read for one in report.failed):
        remedy = "Was node started with --trace-gc? The report says what each log is."
        return NothingToAnalyse(f"no GC log among {report.logs:,}", remedy=remedy)
    remedy = "Check that they are there, and that they may be read: by the workers too. The report says why of each."
    return InputError(f"none of {_number(report.logs, 'log')} could be read", remedy=remedy)


def _form_of(output: Path | None) -> FleetFormat:
    suffix = "" if output is None else output.suffix.lower()
    if suffix not in SUFFIXES:
        raise UsageError(
            f"no form of a fleet has the suffix {suffix}", where=str(output), remedy=f"Give --format {', '.join(FleetFormat)}."
        )
    return SUFFIXES[suffix]


def _summary(report: FleetReport, took_s: float) -> str:
    """The last words: how many logs, how fast, and what became of the rest."""
    rate = report.read / max(took_s, SHORTEST_S)
    logs = _number(report.read, "log") + (f" ({report.files:,} files)" if report.files > report.logs else "")
    said = f"{logs} in {took_s:.1f} s ({rate:.1f} a second): {_number(len(report.rows), 'process', 'es')}"
    if report.failed:
        said += f", {_number(len(report.failed), 'log')} not analysed"
    if report.stopped:
        said += f"; stopped: {_number(report.logs - report.read, 'log')} were not read, and are not in the report"
    return said


def _number(count: int, what: str, plural: str = "s") -> str:
    return f"{count:,} {what}{'' if count == 1 else plural}"


def _render(report: FleetReport, chosen: FleetFormat, to_stdout: bool) -> str | bytes:
    match chosen:
        case FleetFormat.TEXT:
            from gclog.report.render.fleet_text import render_fleet_text

            return render_fleet_text(report, **text_style(to_stdout))
        case FleetFormat.JSON:
            from gclog.report.json.fleet import render_fleet_json

            return render_fleet_json(report)
        case FleetFormat.HTML:
            from gclog.report.render.fleet_html import render_fleet_html

            return render_fleet_html(report)
        case FleetFormat.CSV | FleetFormat.JSON_LINES | FleetFormat.PARQUET:
            from gclog.fleet.table import fleet_table
            from gclog.report.tables.forms import TableForm, render_table

            return render_table(fleet_table(report), TableForm(chosen.value))
