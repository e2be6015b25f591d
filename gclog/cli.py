"""The command line. Reports go to stdout, everything else to stderr; heavy libraries are loaded only by the commands that need them.

Exit codes: 0 analysed and below `--fail-on`; 1 at or above it; 2 usage; 3 nothing to analyse; 4 cannot read or write.
"""

from __future__ import annotations

import contextlib
import enum
import os
import signal
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

import gclog
from gclog.cli_output import render_text, say, write
from gclog.cli_profile import profile
from gclog.errors import GclogError, OutputError, UsageError

if TYPE_CHECKING:
    from gclog.report.model import Report

__all__ = ["app", "main"]

EXIT_AT_LEVEL = 1
EXIT_INTERRUPTED = 130

MOST_MB = 16 * 1024 * 1024
"""16 TB: what is more was meant otherwise."""

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


class ReadAs(enum.StrEnum):
    """What a log may be read as."""

    GC = "gc"
    TICKS = "ticks"


_SUFFIXES = {
    "": Format.TEXT,
    ".txt": Format.TEXT,
    ".log": Format.TEXT,
    ".json": Format.JSON,
    ".html": Format.HTML,
    ".htm": Format.HTML,
}


def _version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"gclog {gclog.__version__}")
        raise typer.Exit


@app.callback()
def _root(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version and exit.")
    ] = False,
) -> None:
    pass


@app.command()
def analyze(
    logs: Annotated[
        list[str],
        typer.Argument(
            metavar="LOG...",
            help="GC logs and v8.logs: files, folders or globs; - is stdin. Packed ones too: gz, bz2, xz, zst, zip.",
        ),
    ],
    format: Annotated[
        Format | None, typer.Option("--format", "-f", help="Form of the report (default: by the suffix of -o, else text).")
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
) -> None:
    """Say what a log tells: verdict, findings, figures.

    Example: gclog analyze gc.log -o report.html
    """
    from gclog.moments import parse_moment
    from gclog.output import check_output
    from gclog.pipeline import Settings
    from gclog.pipeline import analyze as run
    from gclog.profile.symbols import open_symbols
    from gclog.progress import Progress

    if output is not None and str(output) == "-":
        output = None
    chosen = format or _form_of(output)
    if output is not None:
        check_output(output, logs, force)
    settings = Settings(
        heap_limit_mb=heap_limit,
        since=None if since is None else parse_moment(since),
        until=None if until is None else parse_moment(until),
        isolate=isolate,
        encoding=encoding,
        read_as=None if read_as is None else read_as.value,
        symbols=open_symbols((), None),
    )
    with Progress() as progress:
        report = run(logs, settings, progress)
    write(_render(report, chosen, output is None), output)
    if fail_on is not None and _reaches(report, fail_on):
        raise typer.Exit(EXIT_AT_LEVEL)


def _form_of(output: Path | None) -> Format:
    """The form that the suffix of the output file asks for."""
    suffix = "" if output is None else output.suffix.lower()
    if suffix not in _SUFFIXES:
        raise UsageError(
            f"no form of a report has the suffix {suffix}", where=str(output), remedy=f"Give --format {', '.join(Format)}."
        )
    return _SUFFIXES[suffix]


def _render(report: Report, chosen: Format, to_stdout: bool) -> str:
    match chosen:
        case Format.TEXT:
            return render_text(report, to_stdout)
        case Format.JSON:
            from gclog.report.json_v1 import render_json

            return render_json(report)
        case Format.HTML:
            from gclog.report.html import render_html

            return render_html(report)


def _reaches(report: Report, wanted: FailOn) -> bool:
    """Whether a verdict or a finding is at the level, or the severity, or worse."""
    from gclog.diagnose.finding import SEVERITIES
    from gclog.results import LEVELS

    if wanted.value in LEVELS:
        return any(LEVELS.index(process.verdict.level) >= LEVELS.index(wanted.value) for process in report.processes)
    worst = [SEVERITIES.index(finding.severity) for process in report.processes for finding in process.findings]
    return any(severity <= SEVERITIES.index(wanted.value) for severity in worst)


app.command()(profile)


class Level(enum.StrEnum):
    """Levels of a verdict that a watch may act on."""

    RISING = "rising"
    IMPENDING = "impending"
    CRITICAL = "critical"
    EXHAUSTED = "exhausted"


@app.command()
def watch(
    log: Annotated[str, typer.Argument(metavar="LOG", help="A growing file or a FIFO; - is stdin.")],
    heap_limit: Annotated[
        float | None,
        typer.Option(
            "--heap-limit", metavar="MB", min=1, help="The process's --max-old-space-size, when the log does not say."
        ),
    ] = None,
    isolate: Annotated[str | None, typer.Option(metavar="ADDRESS", help="Only this isolate, as printed: 0x55d0c8a0.")] = None,
    at: Annotated[
        Level, typer.Option(help="The level at which --exec and --webhook act: once when it is reached, not while it stays.")
    ] = Level.IMPENDING,
    execute: Annotated[
        str | None,
        typer.Option(
            "--exec",
            metavar="CMD",
            help="Shell command, with GCLOG_LEVEL, GCLOG_HEADLINE, GCLOG_PID, GCLOG_LINE and others in its environment.",
        ),
    ] = None,
    webhook: Annotated[str | None, typer.Option(metavar="URL", help="POST the change of the verdict there as JSON.")] = None,
    metrics: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Keep this file up to date with metrics for Prometheus.")
    ] = None,
    pass_on: Annotated[
        bool, typer.Option("--pass", help="Copy the program's own lines to stdout; verdicts then go to stderr.")
    ] = False,
    replay: Annotated[
        float | None,
        typer.Option(
            metavar="SPEED",
            min=0,
            help="Replay a finished log by its own clock: 1 as it was, 60 a minute in a second, 0 as fast as possible.",
        ),
    ] = None,
    until_exit: Annotated[
        bool, typer.Option("--until-exit", help="End when a process has died; a file is followed for ever otherwise.")
    ] = False,
    fail_on: Annotated[
        Level | None,
        typer.Option(
            "--fail-on", metavar="LEVEL", help="Exit with 1 at this level or worse at the end: " + ", ".join(Level) + "."
        ),
    ] = None,
    encoding: Annotated[str | None, typer.Option(help="Encoding of the log (default: found by its bytes).")] = None,
) -> None:
    """Judge a log while it grows: a line for each change of the verdict, until it ends or Ctrl-C.

    Example: node --trace-gc app.js | gclog watch - --exec 'logger "$GCLOG_HEADLINE"'
    """
    from collections import deque

    from gclog.alarms import Alarm, Command, WebHook
    from gclog.output import write_stdout
    from gclog.results import LEVELS
    from gclog.session import Session, Wishes, stopping
    from gclog.status import StatusLine

    notes: deque[str] = deque()
    alarms: list[Alarm] = []
    if webhook is not None:
        alarms.append(WebHook(webhook, notes.append))
    if execute is not None:
        alarms.append(Command(execute, notes.append))
    wishes = Wishes(
        log=log,
        heap_limit_mb=heap_limit,
        isolate=isolate,
        encoding=encoding,
        replay=replay,
        at=at.value,
        pass_on=pass_on,
        until_exit=until_exit,
        metrics=metrics,
    )

    def tell(text: str, is_verdict: bool) -> None:
        if is_verdict and not pass_on:
            write_stdout(text + "\n")
        else:
            say(text)

    session = Session(wishes, tell, alarms, notes, StatusLine() if sys.stderr.isatty() else None)
    with stopping(session.stop), _closed_pipe_ends_it():
        worst = session.run()
    if fail_on is not None and LEVELS.index(worst) >= LEVELS.index(fail_on.value):
        raise typer.Exit(EXIT_AT_LEVEL)


@contextlib.contextmanager
def _closed_pipe_ends_it() -> Iterator[None]:
    """Only the end of our own stdout ends the program: a web server that hangs up must not, so SIGPIPE is an error meanwhile."""
    if not hasattr(signal, "SIGPIPE") or threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.signal(signal.SIGPIPE, signal.SIG_IGN)
    try:
        yield
    except (BrokenPipeError, OutputError) as error:
        if not isinstance(error if isinstance(error, BrokenPipeError) else error.__cause__, BrokenPipeError):
            raise
        signal.signal(signal.SIGPIPE, signal.SIG_DFL)
        os.kill(os.getpid(), signal.SIGPIPE)
    finally:
        signal.signal(signal.SIGPIPE, before)


@app.command()
def explain(
    topic: Annotated[
        list[str] | None,
        typer.Argument(metavar="[ID]", help="A finding, a GC reason, a collector, a field or a fatal message."),
    ] = None,
) -> None:
    """Explain a finding, a GC reason, a collector, a field or a fatal message; without one, list them.

    Example: gclog explain heap-exhaustion-impending
    """
    from gclog.diagnose.explain import explain as look_up
    from gclog.diagnose.explain import suggest, topics

    if not topic:
        write("\n\n".join(f"{group}\n" + "\n".join(f"    {name}" for name in names) for group, names in topics().items()), None)
        return
    wanted = " ".join(topic)
    text = look_up(wanted)
    if text is None:
        near = suggest(wanted)
        raise UsageError(
            f"nothing to explain by the name of {wanted!r}",
            remedy=f"Did you mean: {', '.join(near)}?" if near else "`gclog explain` lists all.",
        )
    write(text, None)


@app.command()
def formats() -> None:
    """Say which lines of which Node versions can be read."""
    from gclog.catalogue import describe_formats

    write(describe_formats(), None)


def main() -> None:
    """The `gclog` command: runs the app, and turns every error into a message and an exit code."""
    if hasattr(signal, "SIGPIPE"):
        signal.signal(signal.SIGPIPE, signal.SIG_DFL)
    try:
        app()
    except GclogError as error:
        say(f"gclog: {error}")
        sys.exit(error.exit_code)
    except KeyboardInterrupt:
        sys.exit(EXIT_INTERRUPTED)
