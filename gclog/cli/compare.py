"""`gclog compare`: its options, and what they make."""

from __future__ import annotations

import enum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from gclog.cli.output import EXIT_AT_LEVEL, form_of, text_style, write

if TYPE_CHECKING:
    from gclog.model.comparison import CompareReport

__all__ = ["compare"]


class CompareFormat(enum.StrEnum):
    """The forms of a comparison."""

    TEXT = "text"
    JSON = "json"
    MARKDOWN = "markdown"
    HTML = "html"


class FailWhen(enum.StrEnum):
    """Answers of a comparison that `--fail-on` takes."""

    WORSE = "worse"


def compare(
    before: Annotated[str, typer.Argument(metavar="BEFORE", help="A log, a folder or a quoted glob: several runs say more.")],
    after: Annotated[str, typer.Argument(metavar="AFTER", help="The other side.")],
    format: Annotated[
        CompareFormat | None,
        typer.Option(
            "--format",
            "-f",
            metavar="FORM",
            help="Form of the comparison: " + ", ".join(CompareFormat) + " (default: by the suffix of -o, else text).",
        ),
    ] = None,
    output: Annotated[
        Path | None, typer.Option("--output", "-o", help="Write the comparison to this file instead of stdout.")
    ] = None,
    force: Annotated[bool, typer.Option("--force", help="Overwrite the output file.")] = False,
    heap_limit: Annotated[
        float | None,
        typer.Option("--heap-limit", metavar="MB", min=1, help="The --max-old-space-size of both, when the logs do not say."),
    ] = None,
    since: Annotated[
        str | None, typer.Option(metavar="MOMENT", help="Only collections from then on, on both sides: 90s, 14m, 2h30m.")
    ] = None,
    until: Annotated[str | None, typer.Option(metavar="MOMENT", help="Only collections up to then.")] = None,
    fail_on: Annotated[
        FailWhen | None,
        typer.Option("--fail-on", metavar="ANSWER", help="Exit with 1 where anything got worse: " + ", ".join(FailWhen) + "."),
    ] = None,
    encoding: Annotated[str | None, typer.Option(help="Encoding of the logs (default: found by their bytes).")] = None,
) -> None:
    """Compare two sides, as before and after a deploy: what changed, and how sure that is.

    Example: gclog compare 'before/*.log' 'after/*.log' -o change.html
    """
    from gclog.cli.moments import parse_moment
    from gclog.cli.progress import Progress
    from gclog.compare.compare import compare as run
    from gclog.files import check_output
    from gclog.incident.settings import Settings

    if output is not None and str(output) == "-":
        output = None
    chosen = format or form_of(output, CompareFormat)
    if output is not None:
        check_output(output, [before, after], force)
    settings = Settings(
        heap_limit_mb=heap_limit,
        since=None if since is None else parse_moment(since),
        until=None if until is None else parse_moment(until),
        encoding=encoding,
    )
    with Progress() as progress:
        report = run(before, after, settings, progress)
    write(_render(report, chosen, output is None), output)
    if fail_on is not None and report.comparison.overall in ("worse", "mixed"):
        raise typer.Exit(EXIT_AT_LEVEL)


def _render(report: CompareReport, chosen: CompareFormat, to_stdout: bool) -> str:
    match chosen:
        case CompareFormat.TEXT:
            from gclog.report.render import text
            from gclog.report.say.comparison import document_of

            return text.render(document_of(report), **text_style(to_stdout))
        case CompareFormat.JSON:
            from gclog.report.json.comparison import render_compare_json

            return render_compare_json(report)
        case CompareFormat.MARKDOWN:
            from gclog.report.render import markdown
            from gclog.report.say.comparison import document_of

            return markdown.render(document_of(report))
        case CompareFormat.HTML:
            from gclog.report.render.compare_html import render_compare_html

            return render_compare_html(report)
