"""`gclog fleet`: its options, and what they make."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Annotated

import typer

from gclog.cli.options import READING, REPORT, Given, takes
from gclog.cli.output import EXIT_AT_LEVEL, EXIT_INTERRUPTED, choose_form, say, show
from gclog.errors import GclogError, InputError, NothingToAnalyse

if TYPE_CHECKING:
    from gclog.model.fleet import FleetReport

__all__ = ["fleet"]

SHORTEST_S = 0.001
"""No run is shorter; a clock may say 0."""


@takes(*REPORT, *READING, "history", kind="fleet")
def fleet(
    logs: Annotated[
        list[str],
        typer.Argument(
            metavar="LOG",
            help="Logs, folders, quoted globs; also s3://, gs://, https:// and whatever else fsspec reads.",
        ),
    ],
    given: Given,
    workers: Annotated[
        int | None,
        typer.Option(
            "--workers",
            "-w",
            metavar="N",
            min=0,
            help="Worker processes of a dask cluster (default: for remote logs one a core, for local ones none: they need no dask).",
        ),
    ] = None,
    scheduler: Annotated[
        str | None,
        typer.Option(
            "--scheduler",
            metavar="ADDRESS",
            help="Use the dask cluster at this address, such as tcp://10.0.0.5:8786 (default: start one here).",
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
) -> None:
    """Analyse the logs of thousands of processes: who is at risk, on which version or host, and who stands out.

    Example: gclog fleet 's3://logs/*/gc.log*' --workers 8 -o fleet.parquet
    """
    from gclog.cli.progress import CountProgress
    from gclog.fleet.run import analyze_fleet
    from gclog.model.verdict import LEVELS

    form = choose_form("fleet", given, logs)
    began_s = time.monotonic()
    with CountProgress("logs") as progress:
        report = analyze_fleet(
            logs,
            given.settings(logs, processes=1),  # the workers are the processes here
            workers=workers,
            scheduler=scheduler,
            host_from=host_from,
            progress=progress,
        )
    took_s = time.monotonic() - began_s
    show("fleet", form, report, given)
    say(_summary(report, took_s))
    if report.stopped:
        raise typer.Exit(EXIT_INTERRUPTED)
    if not report.rows:
        raise _without_rows(report)
    if given.fail_on is not None and any(LEVELS.index(row.level) >= LEVELS.index(given.fail_on) for row in report.rows):
        raise typer.Exit(EXIT_AT_LEVEL)


def _without_rows(report: FleetReport) -> GclogError:
    if any(one.was_read for one in report.failed):
        remedy = "Was node started with --trace-gc? The report says what each log is."
        return NothingToAnalyse(f"no GC log among {report.logs:,}", remedy=remedy)
    remedy = "Check that they are there, and that they may be read: by the workers too. The report says why of each."
    return InputError(f"none of {_number(report.logs, 'log')} could be read", remedy=remedy)


def _summary(report: FleetReport, took_s: float) -> str:
    """The closing line: how many logs, how fast, and what became of the rest."""
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
