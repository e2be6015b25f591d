"""The command line. Reports go to stdout, everything else to stderr; heavy libraries are loaded only by the commands that need them.

The exit codes are in docs/exit-codes.md.
"""

from __future__ import annotations

import atexit
import gc
import os
import signal
import sys
from typing import Annotated

import typer

import gclog
from gclog.cli.analyze import analyze
from gclog.cli.compare import compare
from gclog.cli.fleet import fleet
from gclog.cli.heapdiff import heapdiff
from gclog.cli.history import history
from gclog.cli.output import EXIT_INTERRUPTED, say, write
from gclog.cli.profile import profile
from gclog.cli.watch import watch
from gclog.errors import Fault, GclogError, OutputError, UsageError
from gclog.files import drop_stdout, hold_standard_streams

__all__ = ["app", "main"]

app = typer.Typer(
    name="gclog",
    help="The black-box reader for Node.js: what happened or is about to, since when it could be known, and what to do.",
    no_args_is_help=True,
    add_completion=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,  # plain help: loading rich would take longer than all else
    context_settings={"help_option_names": ["-h", "--help"]},
)


def _version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"gclog {gclog.__version__}")
        raise typer.Exit


@app.callback()
def _root(
    version: Annotated[
        bool, typer.Option("--version", metavar="", callback=_version, is_eager=True, help="Print the version and exit.")
    ] = False,
) -> None:
    pass


COMMANDS = {
    analyze: "Analyse logs: verdict, findings, figures.",
    watch: "Watch a log while it grows.",
    profile: "Show where a process spent its CPU time.",
    compare: "Compare two sides, such as before and after a deploy.",
    heapdiff: "Show what grows between heap snapshots.",
    fleet: "Rank the logs of thousands of processes by risk.",
}
"""The commands with modules of their own, and their lines in the list of commands, which cuts longer ones."""

for command, line in COMMANDS.items():
    app.command(short_help=line)(command)


app.add_typer(history, name="history")


@app.command(short_help="Explain a finding, a GC reason, a field, a message.")
def explain(
    topic: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="ID",
            show_default=False,
            help="A finding, a GC reason, a collector, a field or a fatal message (default: list them).",
        ),
    ] = None,
) -> None:
    """Explain a finding, a GC reason, a collector, a field or a fatal message.

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
            f"nothing to explain is called {wanted!r}",
            remedy=f"Did you mean: {', '.join(near)}?" if near else "`gclog explain` lists all.",
        )
    write(text, None)


@app.command()
def docs(
    subject: Annotated[
        str | None,
        typer.Argument(metavar="SUBJECT", show_default=False, help="A page, such as exit-codes (default: list them)."),
    ] = None,
) -> None:
    """Show a page of the manual.

    Example: gclog docs exit-codes
    """
    from gclog.cli.docs import list_pages, show_page

    write(list_pages() if subject is None else show_page(subject), None)


@app.command()
def formats() -> None:
    """List the lines that can be read, by Node version.

    Example: gclog formats
    """
    from gclog.cli.formats import describe_formats

    write(describe_formats(), None)


OBJECTS_BEFORE_GC = 50_000
"""New objects before Python looks for cycles, 700 by default: what a command loads makes hundreds of thousands, and all of them stay."""


DEBUG = "GCLOG_DEBUG"
"""The environment variable with which an error is shown as Python shows it, with the way that led there."""


def main() -> None:
    """Run the app, and turn every error into a message and an exit code."""
    gc.set_threshold(OBJECTS_BEFORE_GC)
    atexit.register(gc.freeze)  # nor does it look once more when it ends
    if hasattr(signal, "SIGPIPE"):
        signal.signal(signal.SIGPIPE, signal.SIG_DFL)
    hold_standard_streams()
    try:
        app(prog_name=app.info.name)  # also if started by `python -m gclog`
    except KeyboardInterrupt:
        sys.exit(EXIT_INTERRUPTED)
    except Exception as error:
        if DEBUG in os.environ:
            raise
        known = _known(error)
        drop_stdout()
        say(f"gclog: {known}")
        sys.exit(known.exit_code)


def _known(error: Exception) -> GclogError:
    """Every error as one that says what to do."""
    match error:
        case GclogError():
            return error
        case OSError():
            where = error.filename if isinstance(error.filename, str) else None
            what = error.strerror or str(error)
            return OutputError(
                f"reading or writing failed: {what}", where=where, remedy="Check the disk, and what stdout leads to."
            )
        case MemoryError():
            return OutputError("there is not enough memory", remedy="Give fewer logs at a time, or a part: --since, --until.")
        case _:
            return Fault(error)
