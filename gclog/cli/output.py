"""Where the commands' words go: a report to stdout or a file, everything else to stderr. Text has the terminal's width and colours."""

from __future__ import annotations

import enum
import os
import shutil
import sys
from pathlib import Path
from typing import TYPE_CHECKING, TypedDict, TypeVar

import typer

from gclog.errors import UsageError

if TYPE_CHECKING:
    from gclog.model.report import Report
    from gclog.report.say.profile_sections import ProfileView

__all__ = ["EXIT_AT_LEVEL", "form_of", "render_text", "say", "text_style", "write"]

EXIT_AT_LEVEL = 1
"""A verdict, a finding or a change is at what `--fail-on` names, or worse."""

SUFFIXES = {
    "": "text",
    ".txt": "text",
    ".log": "text",
    ".json": "json",
    ".md": "markdown",
    ".markdown": "markdown",
    ".html": "html",
    ".htm": "html",
}
"""The form of a report by the suffix of its file."""

Form = TypeVar("Form", bound=enum.StrEnum)


class TextStyle(TypedDict):
    """What a text may use of where it goes."""

    width: int
    colour: bool
    unicode: bool


def form_of(output: Path | None, forms: type[Form]) -> Form:
    """The form that the suffix of the output file asks for. Raises UsageError."""
    suffix = "" if output is None else output.suffix.lower()
    if suffix not in SUFFIXES:
        raise UsageError(
            f"no form of a report has the suffix {suffix}", where=str(output), remedy=f"Give --format {', '.join(forms)}."
        )
    return forms(SUFFIXES[suffix])


def text_style(to_stdout: bool) -> TextStyle:
    """The width, colours and characters of stdout, as that is, or of a file."""
    from gclog.report.render.text import PLAIN_WIDTH

    on_terminal = to_stdout and sys.stdout.isatty()
    return {
        "width": min(shutil.get_terminal_size((PLAIN_WIDTH, 0)).columns, PLAIN_WIDTH) if on_terminal else PLAIN_WIDTH,
        "colour": on_terminal and "NO_COLOR" not in os.environ and os.environ.get("TERM") != "dumb",
        "unicode": not to_stdout or (sys.stdout.encoding or "").lower().replace("-", "") == "utf8",
    }


def render_text(report: Report, to_stdout: bool, view: ProfileView | None = None) -> str:
    """The report for stdout, as that is, or for a file."""
    from gclog.report.render import text
    from gclog.report.say.report import document_of

    return text.render(document_of(report, view), **text_style(to_stdout))


def write(content: str | bytes, output: Path | None) -> None:
    """To stdout, or to a file that appears only when it is complete; a text ends with a line feed. Raises OutputError."""
    from gclog.files import write_file, write_stdout

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
