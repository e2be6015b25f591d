"""What one source has of a process of another is adopted by that: a crash, a diagnostic report, figures of memory, a kill.

Three finders say who is adopted by whom (`owners.py`, `processes/crash_streams.py`); `adopt` does it, whatever it is.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass

from gclog.incident.context import SourceContext, own_kinds
from gclog.incident.merging import Merging
from gclog.incident.owners import OwnersOfReports, OwnersOfSpeakers, one_stop_each, reports_alone, speakers_alone
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


def adopt(merging: Merging, adoption: Adoption) -> None:
    """Lines of the stray are numbered on in the owner's source, which borrows their texts; notes say so."""
    theirs, ours, stray = merging.context(adoption.theirs), merging.context(adoption.ours), adoption.stray
    before = merging.last_number(adoption.ours)
    kinds = own_kinds(theirs, stray) if adoption.kinds is None else adoption.kinds
    joined = join_process(adoption.process, stray, before)
    joined = dataclasses.replace(joined, heard=(*joined.heard, Witness(theirs.source.name, kinds)))
    wanted = stray.lines | ({int(line) for line in stray.usage["line"]} if MemoryUsage in stray.frames else set())
    wanted |= {line for report in stray.reported for line in report.lines.values()}
    merging.borrow(adoption.ours, {line + before: text for line, text in theirs.source.fetch(wanted).items()})
    merging.replace(adoption.ours, adoption.process, joined)
    merging.remove(adoption.theirs, stray)
    here = f"{adoption.notes.ours.format(theirs.source.name)}; its line 1 appears here as line {before + 1}"
    merging.note(adoption.ours, here)
    merging.note(adoption.theirs, adoption.notes.theirs.format(ours.source.name))


def adopt_crashes(contexts: Sequence[SourceContext]) -> list[SourceContext]:
    """Crashes to the processes that they ended, if standard output is in another file than standard error."""
    merging = Merging(contexts)
    for pair in pair_streams([context.processes for context in contexts]):
        adopt(merging, Adoption(pair.crash_source, pair.crash, pair.process_source, pair.process, CRASH))
    return merging.done()


def adopt_reports(contexts: Sequence[SourceContext]) -> list[SourceContext]:
    """Diagnostic reports to the processes that they are of, by pid and moment. Others remain on their own."""
    merging = Merging(contexts)
    owners = OwnersOfReports(merging)
    for place, stray in reports_alone(contexts):
        owner = owners.owner(place, stray.reported[0])
        if owner is not None:
            adopt(merging, Adoption(place, stray, *owner, REPORT, ("diagnostic report",)))
    return merging.done()


def adopt_speakers(contexts: Sequence[SourceContext]) -> list[SourceContext]:
    """Figures of memory and the kernel's lines that are in files of their own to the process that they are about."""
    has_workers = any(not process.main for context in contexts for process in context.processes)
    contexts = one_stop_each(contexts) if has_workers else contexts
    merging = Merging(contexts)
    speakers = speakers_alone(contexts)
    owners = OwnersOfSpeakers(merging, speakers)
    for place, stray in speakers:
        owner = owners.owner(place, stray)
        if owner is not None:
            adopt(merging, Adoption(place, stray, *owner, SPEAKER))
    return merging.done()
