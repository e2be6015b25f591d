"""`gclog watch`: its options, and what they start."""

from __future__ import annotations

import contextlib
import dataclasses
import os
import signal
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from gclog.cli.config import LEVELS_TO_FAIL
from gclog.cli.options import READING, Given, not_empty, one_of, takes
from gclog.cli.output import EXIT_AT_LEVEL, say
from gclog.errors import OutputError

__all__ = ["watch"]

if TYPE_CHECKING:
    from gclog.model.verdict import Level
else:
    Level = str


@takes(*READING, "memory_limit", "history", "isolate")
def watch(
    log: Annotated[str, typer.Argument(metavar="LOG", help="A growing file or a FIFO; - is stdin.")],
    given: Given,
    at: Annotated[
        Level,
        typer.Option(
            metavar="LEVEL",
            help=f"The level at which --exec and --webhook act, once a danger: {', '.join(LEVELS_TO_FAIL)}.",
            **one_of(LEVELS_TO_FAIL),
        ),
    ] = "impending",
    execute: Annotated[
        str | None,
        typer.Option(
            "--exec",
            metavar="CMD",
            callback=not_empty,
            help="Shell command to run at that level, and when the danger is over, with GCLOG_STATE (firing, resolved), GCLOG_LEVEL,"
            " GCLOG_HEADLINE, GCLOG_PID, GCLOG_LINE and others in its environment (default: none).",
        ),
    ] = None,
    webhook: Annotated[
        str | None,
        typer.Option(
            metavar="URL",
            help="POST the change of the verdict, and the end of the danger, as JSON to this URL (default: none).",
        ),
    ] = None,
    metrics: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Keep Prometheus metrics in this file (default: none).")
    ] = None,
    pass_on: Annotated[
        bool,
        typer.Option(
            "--pass",
            metavar="",
            help="Copy the program's own lines to stdout, and write verdicts to stderr (default: only verdicts, to stdout).",
        ),
    ] = False,
    replay: Annotated[
        float | None,
        typer.Option(
            metavar="SPEED",
            min=0,
            help="Replay a finished log by its own clock: 1 in real time, 60 a minute per second, 0 as fast as possible"
            " (default: follow the log).",
        ),
    ] = None,
    until_exit: Annotated[
        bool, typer.Option("--until-exit", metavar="", help="End when a process has died (default: follow a file for ever).")
    ] = False,
) -> None:
    """Watch a log while it grows, with a line for each change of the verdict.

    Example: node --trace-gc app.js | gclog watch - --exec 'logger "$GCLOG_HEADLINE"'
    """
    from collections import deque

    from gclog.files import write_stdout
    from gclog.incident.history_file import runs_of
    from gclog.model.verdict import LEVELS
    from gclog.watch.alarms import Alarm, Command, WebHook
    from gclog.watch.session import Session, WatchOptions, stopping
    from gclog.watch.status import StatusLine

    notes: deque[str] = deque()
    alarms: list[Alarm] = []
    if webhook is not None:
        alarms.append(WebHook(webhook, notes.append))
    if execute is not None:
        alarms.append(Command(execute, notes.append))
    options = WatchOptions(log, replay=replay, at=at, pass_on=pass_on, until_exit=until_exit, metrics=metrics)

    def report(text: str, is_verdict: bool) -> None:
        if is_verdict and not pass_on:
            write_stdout(text + "\n")
        else:
            say(text)

    settings = given.settings([log])
    settings = dataclasses.replace(settings, history={log: runs_of(settings.history, log)} if settings.history else {})
    status = StatusLine() if sys.stderr.isatty() else None
    session = Session(options, report, alarms, notes, status, settings=settings)
    with stopping(session.stop), _closed_pipe_ends_it():
        worst = session.run()
    if given.fail_on is not None and LEVELS.index(worst) >= LEVELS.index(given.fail_on):
        raise typer.Exit(EXIT_AT_LEVEL)


@contextlib.contextmanager
def _closed_pipe_ends_it() -> Iterator[None]:
    """SIGPIPE becomes an error: only the end of our own stdout may end the program, not a web server that hangs up."""
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
