"""What one source has of a process of another is adopted by that: a crash, a diagnostic report, figures of memory, a kill.

Three finders say who is adopted by whom (`owners.py`, `processes/crash_streams.py`); `adopt` does it, whatever it is.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass

from gclog.incident.context import SourceContext, own_kinds
from gclog.incident.owners import owner_of_report, owner_of_speaker, reports_alone, speakers_alone
from gclog.model.records import MemoryUsage
from gclog.model.witness import Witness
from gclog.processes.crash_streams import pair_streams
from gclog.processes.process import ProcessTable, join_process

__all__ = ["Adoption", "adopt", "adopt_crashes", "adopt_reports", "adopt_speakers"]


@dataclass(frozen=True, slots=True)
class _Notes:
    """What the notes of the two sources say; `{}` is the name of the other one."""

    ours: str
    theirs: str


CRASH = _Notes("{} has the end of this process", "its crash ended a process in {}, and is shown there")
REPORT = _Notes("{} is the diagnostic report of this process", "the diagnostic report of a process in {}, shown there")
SPEAKER = _Notes("{} also describes this process", "it describes a process in {}, and is shown there")


@dataclass(frozen=True, slots=True)
class Adoption:
    """`stray`, which the source at `theirs` has, is of `process`, which the source at `ours` has.

    kinds  what it has of the process; None: whatever the stray holds
    """

    theirs: int
    stray: ProcessTable
    ours: int
    process: ProcessTable
    notes: _Notes
    kinds: tuple[str, ...] | None = None


def adopt(contexts: Sequence[SourceContext], adoption: Adoption) -> list[SourceContext]:
    """The sources after an adoption: lines of the stray are numbered on in the owner's source, which borrows their texts; notes say so."""
    theirs, ours, stray = contexts[adoption.theirs], contexts[adoption.ours], adoption.stray
    before = ours.last_number
    kinds = own_kinds(theirs, stray) if adoption.kinds is None else adoption.kinds
    joined = join_process(adoption.process, stray, before)
    joined = dataclasses.replace(joined, heard=(*joined.heard, Witness(theirs.source.name, kinds)))
    wanted = stray.lines | ({int(line) for line in stray.usage["line"]} if MemoryUsage in stray.frames else set())
    wanted |= {line for report in stray.reported for line in report.lines.values()}
    texts = {line + before: text for line, text in theirs.source.fetch(wanted).items()}
    here = f"{adoption.notes.ours.format(theirs.source.name)}; its line 1 appears here as line {before + 1}"
    found = list(contexts)
    found[adoption.ours] = dataclasses.replace(
        ours.with_process(adoption.process, joined), borrowed={**ours.borrowed, **texts}, notes=(*ours.notes, here)
    )
    found[adoption.theirs] = dataclasses.replace(
        theirs,
        processes=tuple(process for process in theirs.processes if process is not stray),
        notes=(*theirs.notes, adoption.notes.theirs.format(ours.source.name)),
    )
    return found


def adopt_crashes(contexts: Sequence[SourceContext]) -> list[SourceContext]:
    """Crashes to the processes that they ended, if standard output is in another file than standard error."""
    found = list(contexts)
    for pair in pair_streams([context.processes for context in contexts]):
        found = adopt(found, Adoption(pair.crash_source, pair.crash, pair.process_source, pair.process, CRASH))
    return found


def adopt_reports(contexts: Sequence[SourceContext]) -> list[SourceContext]:
    """Diagnostic reports to the processes that they are of, by pid and moment. Others remain on their own."""
    found = list(contexts)
    for place, stray in reports_alone(contexts):
        owner = owner_of_report(found, place, stray.reported[0])
        if owner is not None:
            found = adopt(found, Adoption(place, stray, *owner, REPORT, ("diagnostic report",)))
    return found


def adopt_speakers(contexts: Sequence[SourceContext]) -> list[SourceContext]:
    """Figures of memory and the kernel's lines that are in files of their own to the process that they are about."""
    found = list(contexts)
    speakers = speakers_alone(contexts)
    for place, stray in speakers:
        owner = owner_of_speaker(found, place, stray, speakers)
        if owner is not None:
            found = adopt(found, Adoption(place, stray, *owner, SPEAKER))
    return found
