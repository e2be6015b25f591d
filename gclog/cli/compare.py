"""`gclog compare`: its options, and what they make."""

from __future__ import annotations

from typing import Annotated

import typer

from gclog.cli.options import READING, REPORT, WINDOW, FailOn, Given, takes
from gclog.cli.output import EXIT_AT_LEVEL, choose_form, show
from gclog.cli.symbols import open_symbols

__all__ = ["compare"]

WORSE = FailOn(("worse",), "if anything got worse", "ANSWER")


@takes(*REPORT, *READING, *WINDOW, kind="compare", fail_on=WORSE)
def compare(
    before: Annotated[
        str,
        typer.Argument(
            metavar="BEFORE", help="A log or CPU profile, a folder or a quoted glob: several runs give narrower intervals."
        ),
    ],
    after: Annotated[str, typer.Argument(metavar="AFTER", help="The same for the other side.")],
    given: Given,
) -> None:
    """Compare two sides, such as before and after a deploy: what changed, and how sure that is. GC logs, or CPU profiles.

    Example: gclog compare 'before/*.log' 'after/*.log' -o change.html
    """
    from gclog.cli.progress import Progress
    from gclog.compare.compare import compare as run
    from gclog.model.comparison import CompareReport

    form = choose_form("compare", given, [before, after])
    with Progress() as progress:
        report = run(before, after, given.settings(symbols=open_symbols), progress)
    show("compare" if isinstance(report, CompareReport) else "compare-profiles", form, report, given)
    if given.fail_on is not None and report.comparison.overall in ("worse", "mixed"):
        raise typer.Exit(EXIT_AT_LEVEL)
