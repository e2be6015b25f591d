"""The command line. Reports go to stdout, everything else to stderr; heavy libraries are loaded only by the commands that need them.

Exit codes: 0 analysed and below `--fail-on`; 1 at or above it; 2 usage; 3 nothing to analyse; 4 cannot read or write.
"""

from __future__ import annotations

import enum
import os
import signal
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

import gclog
from gclog.cli_profile import profile
from gclog.errors import GclogError, UsageError

if TYPE_CHECKING:
    from gclog.report.model import Report

__all__ = ["app", "main"]

EXIT_AT_LEVEL = 1
EXIT_INTERRUPTED = 130

app = typer.Typer(
    name="gclog",
    help="The black-box reader for Node.js: what happened or is about to, since when it could be known, and what to do.",
    no_args_is_help=True,
    add_completion=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


class Format(enum.StrEnum):
    """The forms of a report."""

    TEXT = "text"
    JSON = "json"
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


_SUFFIXES = {".json": Format.JSON, ".html": Format.HTML, ".htm": Format.HTML, ".txt": Format.TEXT}


def _version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"gclog {gclog.__version__}")
        raise typer.Exit


@app.callback()
def _root(
    version: Annotated[bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version and exit.")] = False,
) -> None:
    pass


@app.command()
def analyze(
    logs: Annotated[list[str], typer.Argument(metavar="LOG...", help="Files, folders or globs; - is stdin. Packed ones too: gz, bz2, xz, zst, zip.")],
    format: Annotated[Format | None, typer.Option("--format", "-f", help="Form of the report.  [default: by the suffix of -o, else text]")] = None,
    output: Annotated[Path | None, typer.Option("--output", "-o", help="Write the report to this file instead of stdout.")] = None,
    force: Annotated[bool, typer.Option("--force", help="Overwrite the output file.")] = False,
    heap_limit: Annotated[
        float | None, typer.Option("--heap-limit", metavar="MB", min=1, help="The process's --max-old-space-size, when the log does not say.")
    ] = None,
    since: Annotated[
        str | None, typer.Option(metavar="MOMENT", help="Only collections from then on: 90s, 14m, 2h30m on V8's clock, or 2026-03-14T03:12 on the log's.")
    ] = None,
    until: Annotated[str | None, typer.Option(metavar="MOMENT", help="Only collections up to then.")] = None,
    isolate: Annotated[str | None, typer.Option(metavar="ADDRESS", help="Only this isolate, as printed: 0x55d0c8a0.")] = None,
    fail_on: Annotated[
        FailOn | None, typer.Option("--fail-on", metavar="LEVEL", help="Exit with 1 at this level or severity, or worse: " + ", ".join(FailOn) + ".")
    ] = None,
    encoding: Annotated[str | None, typer.Option(help="Encoding of the logs.  [default: found by their bytes]")] = None,
) -> None:
    """Say what a log tells: verdict, findings, figures.

    Example: gclog analyze gc.log -o report.html
    """
    from gclog.moments import parse_moment
    from gclog.pipeline import Settings
    from gclog.pipeline import analyze as run
    from gclog.progress import Progress

    chosen = format or _SUFFIXES.get(output.suffix.lower() if output else "", Format.TEXT)
    if output is not None and output.exists() and not force:
        raise UsageError("the output file exists", where=str(output), remedy="Give --force to overwrite it.")
    settings = Settings(
        heap_limit_mb=heap_limit,
        since=parse_moment(since) if since else None,
        until=parse_moment(until) if until else None,
        isolate=isolate,
        encoding=encoding,
    )
    with Progress() as progress:
        report = run(logs, settings, progress)
    _write(_render(report, chosen, output is None), output)
    if fail_on is not None and _reaches(report, fail_on):
        raise typer.Exit(EXIT_AT_LEVEL)


def _render(report: Report, chosen: Format, to_stdout: bool) -> str:
    match chosen:
        case Format.TEXT:
            from gclog.report.terminal import PLAIN_WIDTH, render_terminal

            on_terminal = to_stdout and sys.stdout.isatty()
            colour = on_terminal and "NO_COLOR" not in os.environ and os.environ.get("TERM") != "dumb"
            width = min(os.get_terminal_size(sys.stdout.fileno()).columns, PLAIN_WIDTH) if on_terminal else PLAIN_WIDTH
            unicode = not to_stdout or (sys.stdout.encoding or "").lower().replace("-", "") == "utf8"
            return render_terminal(report, width=width, colour=colour, unicode=unicode)
        case Format.JSON:
            from gclog.report.json_v1 import render_json

            return render_json(report)
        case Format.HTML:
            from gclog.report.html import render_html

            return render_html(report)


def _write(text: str, output: Path | None) -> None:
    """To stdout, or to a file that appears only when it is complete."""
    text = text if text.endswith("\n") else text + "\n"
    if output is None:
        sys.stdout.write(text)
        sys.stdout.flush()
        return
    from gclog.output import write_file

    write_file(output, text)
    typer.echo(f"Wrote {output}", err=True)


def _reaches(report: Report, wanted: FailOn) -> bool:
    """Whether a verdict or a finding is at the level, or the severity, or worse."""
    from gclog.diagnose.finding import SEVERITIES
    from gclog.results import LEVELS

    if wanted.value in LEVELS:
        return any(LEVELS.index(process.verdict.level) >= LEVELS.index(wanted.value) for process in report.processes)
    worst = [SEVERITIES.index(finding.severity) for process in report.processes for finding in process.findings]
    return any(severity <= SEVERITIES.index(wanted.value) for severity in worst)


app.command()(profile)


@app.command()
def explain(
    topic: Annotated[list[str] | None, typer.Argument(metavar="[ID]", help="A finding, a GC reason, a collector, a field or a fatal message.")] = None,
) -> None:
    """Explain a finding, a GC reason, a collector, a field or a fatal message; without one, list them.

    Example: gclog explain heap-exhaustion-impending
    """
    from gclog.diagnose.explain import explain as look_up
    from gclog.diagnose.explain import suggest, topics

    if not topic:
        _write("\n".join(topics()), None)
        return
    wanted = " ".join(topic)
    text = look_up(wanted)
    if text is None:
        near = suggest(wanted)
        raise UsageError(f"nothing to explain by the name of {wanted!r}", remedy=f"Did you mean: {', '.join(near)}?" if near else "`gclog explain` lists all.")
    _write(text, None)


@app.command()
def formats() -> None:
    """Say which lines of which Node versions can be read."""
    from gclog.catalogue import describe_formats

    _write(describe_formats(), None)


def main() -> None:
    """The `gclog` command: runs the app, and turns every error into a message and an exit code."""
    if hasattr(signal, "SIGPIPE"):
        signal.signal(signal.SIGPIPE, signal.SIG_DFL)
    try:
        app()
    except GclogError as error:
        typer.echo(f"gclog: {error}", err=True)
        sys.exit(error.exit_code)
    except KeyboardInterrupt:
        sys.exit(EXIT_INTERRUPTED)
