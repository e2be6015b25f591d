"""Where the commands' words go: a report to stdout or a file, everything else to stderr. Text has the terminal's width and colours."""

from __future__ import annotations

import os
import shutil
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import typer

if TYPE_CHECKING:
    from gclog.report.model import Report
    from gclog.report.profile_text import ProfileView

__all__ = ["render_text", "say", "write"]


def render_text(report: Report, to_stdout: bool, view: ProfileView | None = None) -> str:
    """The report for stdout, as that is, or for a file."""
    from gclog.report.terminal import PLAIN_WIDTH, render_terminal

    on_terminal = to_stdout and sys.stdout.isatty()
    colour = on_terminal and "NO_COLOR" not in os.environ and os.environ.get("TERM") != "dumb"
    width = min(shutil.get_terminal_size((PLAIN_WIDTH, 0)).columns, PLAIN_WIDTH) if on_terminal else PLAIN_WIDTH
    unicode = not to_stdout or (sys.stdout.encoding or "").lower().replace("-", "") == "utf8"
    return render_terminal(report, width=width, colour=colour, unicode=unicode, view=view)


def write(content: str | bytes, output: Path | None) -> None:
    """To stdout, or to a file that appears only when it is complete; a text ends with a line feed. Raises OutputError."""
    from gclog.output import write_file, write_stdout

    if isinstance(content, str) and not content.endswith("\n"):
        content += "\n"
    if output is None:
        write_stdout(content)
    else:
        write_file(output, content)
        say(f"Wrote {output}")


def say(text: str) -> None:
    """Lines for stderr. Names of files and words of the command line may hold anything: none of it reaches a terminal as a command."""
    from gclog.report.visible import make_visible

    typer.echo("\n".join(make_visible(line) for line in text.split("\n")), err=True)
