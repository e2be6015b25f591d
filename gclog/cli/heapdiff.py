"""`gclog heapdiff`: its options, and what they make."""

from __future__ import annotations

import enum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from gclog.cli.output import EXIT_AT_LEVEL, form_of, text_style, write

if TYPE_CHECKING:
    from gclog.model.heap import HeapDiff

__all__ = ["heapdiff"]


class HeapFormat(enum.StrEnum):
    """The forms of the answer."""

    TEXT = "text"
    JSON = "json"
    MARKDOWN = "markdown"
    HTML = "html"


class FailWhen(enum.StrEnum):
    """Answers that `--fail-on` takes."""

    GROWS = "grows"


def heapdiff(
    snapshots: Annotated[
        list[str],
        typer.Argument(
            metavar="SNAPSHOT...",
            help="One to three *.heapsnapshot files of a process, the earliest first; .gz, .xz, .zst and .zip are read through.",
        ),
    ],
    format: Annotated[
        HeapFormat | None,
        typer.Option(
            "--format",
            "-f",
            metavar="FORM",
            help="Form of the answer: " + ", ".join(HeapFormat) + " (default: by the suffix of -o, else text).",
        ),
    ] = None,
    output: Annotated[Path | None, typer.Option("--output", "-o", help="Write to this file instead of stdout.")] = None,
    force: Annotated[bool, typer.Option("--force", help="Overwrite the output file.")] = False,
    retained: Annotated[
        bool,
        typer.Option(
            "--retained/--no-retained",
            help="Compute retained sizes (default); without them it takes a third of the time, and own sizes are compared.",
        ),
    ] = True,
    fail_on: Annotated[
        FailWhen | None,
        typer.Option("--fail-on", metavar="ANSWER", help="Exit with 1 where a constructor grows: " + ", ".join(FailWhen) + "."),
    ] = None,
) -> None:
    """Say what grows between heap snapshots, and what holds it; of one snapshot, what it holds.

    Example: gclog heapdiff 1.heapsnapshot 2.heapsnapshot 3.heapsnapshot
    """
    from gclog.cli.progress import Progress
    from gclog.files import check_output
    from gclog.heap.diff import diff_heaps

    if output is not None and str(output) == "-":
        output = None
    chosen = format or form_of(output, HeapFormat)
    if output is not None:
        check_output(output, snapshots, force)
    with Progress() as progress:
        diff = diff_heaps(snapshots, retained, progress)
    write(_render(diff, chosen, output is None), output)
    if fail_on is not None and diff.growers and diff.method != "summary":
        raise typer.Exit(EXIT_AT_LEVEL)


def _render(diff: HeapDiff, chosen: HeapFormat, to_stdout: bool) -> str:
    from gclog import __version__

    match chosen:
        case HeapFormat.TEXT:
            from gclog.report.render import text
            from gclog.report.say.heap import document_of

            return text.render(document_of(diff, __version__), **text_style(to_stdout))
        case HeapFormat.JSON:
            from gclog.report.json.heap import render_heap_json

            return render_heap_json(diff, __version__)
        case HeapFormat.MARKDOWN:
            from gclog.report.render import markdown
            from gclog.report.say.heap import document_of

            return markdown.render(document_of(diff, __version__))
        case HeapFormat.HTML:
            from gclog.report.render.heap_html import render_heap_html

            return render_heap_html(diff, __version__)
