"""`gclog watch`: its options, and what they start."""

from __future__ import annotations

import contextlib
import enum
import os
import signal
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated

import typer

from gclog.cli.analyze import MOST_MB
from gclog.cli.output import EXIT_AT_LEVEL, say
from gclog.errors import OutputError

__all__ = ["watch"]


class Level(enum.StrEnum):
    """Levels of a verdict that a watch may act on."""

    RISING = "rising"
    IMPENDING = "impending"
    CRITICAL = "critical"
    EXHAUSTED = "exhausted"


def watch(
    log: Annotated[str, typer.Argument(metavar="LOG", help="A growing file or a FIFO; - is stdin.")],
    heap_limit: Annotated[
        float | None,
        typer.Option(
            "--heap-limit", metavar="MB", min=1, help="The process's --max-old-space-size, when the log does not say."
        ),
    ] = None,
    memory_limit: Annotated[
        float | None,
        typer.Option(
            "--memory-limit",
            metavar="MB",
            min=1,
            max=MOST_MB,
            help="The container's limit of all memory, when the kernel's lines do not say.",
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

    from gclog.files import write_stdout
    from gclog.model.verdict import LEVELS
    from gclog.watch.alarms import Alarm, Command, WebHook
    from gclog.watch.session import Session, Wishes, stopping
    from gclog.watch.status import StatusLine

    notes: deque[str] = deque()
    alarms: list[Alarm] = []
    if webhook is not None:
        alarms.append(WebHook(webhook, notes.append))
    if execute is not None:
        alarms.append(Command(execute, notes.append))
    wishes = Wishes(
        log=log,
        heap_limit_mb=heap_limit,
        memory_limit_mb=memory_limit,
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
