"""The text of strings in heap snapshots, which may be anybody's data: hidden unless the user asks for it."""

from __future__ import annotations

import dataclasses

from gclog.model.heap import HeapDiff, PathStep, Referrers, RepeatedStrings
from gclog.model.report import Report

__all__ = ["hide_strings", "hide_strings_of"]

QUOTE = '"'
"""The name of a string on a retaining path is its text in quotation marks; no other object's name begins with one."""


def hide_strings(report: Report) -> Report:
    """The report with `"…"` in place of each string on a retaining path."""
    processes = tuple(
        process if process.heap_diff is None else dataclasses.replace(process, heap_diff=hide_strings_of(process.heap_diff))
        for process in report.processes
    )
    heaps = tuple(dataclasses.replace(heap, diff=hide_strings_of(heap.diff)) for heap in report.heaps)
    return dataclasses.replace(report, processes=processes, heaps=heaps)


def hide_strings_of(diff: HeapDiff) -> HeapDiff:
    """The same for a comparison of snapshots, and for the texts of equal strings."""
    from gclog.report.redact.text import GONE

    growers = tuple(dataclasses.replace(one, path=_hidden(one.path), others=_hidden_in(one.others)) for one in diff.growers)
    objects = tuple(dataclasses.replace(one, path=_hidden(one.path), others=_hidden_in(one.others)) for one in diff.in_place)
    strings = diff.strings
    if isinstance(strings, RepeatedStrings):
        strings = dataclasses.replace(strings, largest=tuple(dataclasses.replace(one, text=GONE) for one in strings.largest))
    return dataclasses.replace(diff, growers=growers, in_place=objects, strings=strings)


def _hidden(steps: tuple[PathStep, ...]) -> tuple[PathStep, ...]:
    return tuple(map(_hide, steps))


def _hidden_in(others: Referrers | None) -> Referrers | None:
    return None if others is None else dataclasses.replace(others, shown=_hidden(others.shown))


def _hide(step: PathStep) -> PathStep:
    from gclog.report.redact.text import GONE

    return dataclasses.replace(step, name=f"{QUOTE}{GONE}{QUOTE}") if step.name.startswith(QUOTE) else step
