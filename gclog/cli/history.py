"""`gclog history`: a small file of what earlier runs of a program did, for `--history`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from gclog.cli.options import Given, not_empty, takes
from gclog.cli.output import choose_form, say, show

__all__ = ["history"]

HELP = """Remember what runs of a program did, to judge later ones by.

Example: gclog history add history.json gc.log --name shop
"""

history = typer.Typer(help=HELP, short_help="Remember runs, to judge later ones by.", no_args_is_help=True)


@history.command(short_help="Add runs to a file.")
@takes("heap_limit", "encoding", "config")
def add(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="The file of earlier runs; made if it does not exist.")],
    logs: Annotated[
        list[str], typer.Argument(metavar="LOG", help="GC logs of runs that have ended: files, folders, archives.")
    ],
    given: Given,
    name: Annotated[
        str | None,
        typer.Option(
            metavar="NAME", callback=not_empty, help="Name of the program (default: as the log's file or folder says)."
        ),
    ] = None,
    well: Annotated[
        bool,
        typer.Option(
            "--well",
            metavar="",
            help="These runs ended well, also those that were in alarm at their end (default: they are kept, and not judged by).",
        ),
    ] = False,
) -> None:
    """Add runs to a file of figures, without text of their logs: at most 16 of a program that ended well, and 4 others.

    Example: gclog history add history.json gc.log --name shop
    """
    from gclog import units
    from gclog.errors import NothingToAnalyse
    from gclog.incident.history import runs_in
    from gclog.incident.history_file import add_runs, open_history, write_history

    before = open_history(file)
    found = runs_in(logs, given.settings(), name=name, well=well)
    if not found:
        remedy = "A run needs three full collections in its log to be remembered."
        raise NothingToAnalyse("no run to remember", where=", ".join(logs), remedy=remedy)
    after = add_runs(before, found)
    write_history(file, after)
    for program, runs in found.items():
        others = sum(run.ended != "well" for run in runs)
        unlike = f", {others:,} of which did not end well" if others else ""
        say(f"{program}: {units.several(len(runs), 'run')} added{unlike}; {len(after[program]):,} in {file}")


@history.command("show", short_help="Show what a file has.")
@takes("format", "output", "force", kind="history")
def show_file(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="A file of `gclog history add`.")],
    given: Given,
) -> None:
    """Show the runs in a file, by program.

    Example: gclog history show history.json
    """
    from gclog.incident.history_file import open_history
    from gclog.model.history import HistoryReport

    form = choose_form("history", given, [str(file)])
    show("history", form, HistoryReport(str(file), open_history(file, must_exist=True)), given)
