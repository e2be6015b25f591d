"""`gclog heapdiff`: its options, and what they make."""

from __future__ import annotations

from typing import Annotated

import typer

from gclog.cli.options import REPORT, FailOn, Given, takes
from gclog.cli.output import EXIT_AT_LEVEL, choose_form, show

__all__ = ["heapdiff"]

GROWS = FailOn(("grows",), "if anything grows", "ANSWER")


@takes(*REPORT, "show_strings", "fail_on", "config", kind="heap", fail_on=GROWS)
def heapdiff(
    snapshots: Annotated[
        list[str],
        typer.Argument(
            metavar="SNAPSHOT",
            help="The *.heapsnapshot files of a process, or its *.heapprofile files, the earliest first, compressed (.gz, .xz, .zst, .zip) or not.",
        ),
    ],
    given: Given,
    retained: Annotated[
        bool,
        typer.Option(
            "--retained/--no-retained",
            metavar="",
            help="Compute retained sizes; without them it takes a third of the time, and shallow sizes are compared.",
        ),
    ] = True,
) -> None:
    """Show what grows between heap snapshots, or sampled heap profiles, and what holds it; for one of them, what it holds.

    Example: gclog heapdiff 1.heapsnapshot 2.heapsnapshot 3.heapsnapshot
    """
    from gclog.cli.progress import Progress
    from gclog.errors import UsageError
    from gclog.heap.diff import diff_heaps
    from gclog.heap.sampled.choose import sampled_among
    from gclog.model.sampled import SampledHeap, SampledProcesses
    from gclog.report.redact.strings import hide_strings_of

    form = choose_form("heap", given, snapshots)
    with Progress() as progress:
        found = sampled_among(snapshots, progress) or diff_heaps(snapshots, retained, progress)
    if not retained and isinstance(found, SampledHeap | SampledProcesses):
        raise UsageError(
            "--no-retained is of no use with sampled heap profiles: they have no retained sizes", remedy="Leave it out."
        )
    match found:
        case SampledHeap():
            show("sampled", form, found, given)
            grows = bool(found.growers)
        case SampledProcesses():
            show("sampled-processes", form, found, given)
            grows = found.growing > 0
        case _:
            show("heap", form, found if given.show_strings else hide_strings_of(found), given)
            grows = found.grows
    if given.fail_on is not None and grows:
        raise typer.Exit(EXIT_AT_LEVEL)
