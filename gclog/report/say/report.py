"""The whole report as a document: the most severe process, the others, profiles, heap snapshots, and what was read."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from gclog import units
from gclog.model.report import Report, SampledReport, SourceReport
from gclog.report.document import PAGE_ALONE, Block, Document, Lines, Only, Said, Section, Source, Words
from gclog.report.say import process as wording
from gclog.report.say import process_sections
from gclog.report.say import source as source_words
from gclog.report.say.heap_sentences import answer as heap_answer
from gclog.report.say.witness import heap_section

if TYPE_CHECKING:
    from gclog.report.say.profile_sections import ProfileView

__all__ = ["document_of"]

NO_PROCESS = "No process: nothing in the input is a garbage collection of V8."

DETAILED = 16
"""Processes, and profiles, with a section of their own in a page; the others are in the table, or counted."""

NAMED_SOURCES = 3
"""Sources named at the top of a page."""

METHOD = (
    "Moments are on V8's own clock, since the isolate was initialised (`+14 min`); MB is 1,048,576 bytes. The pause share is the sum of"
    " the stop-the-world pauses over the span that the log shows. Percentiles are nearest rank, left out if there are too few pauses.",
    "The live set is the size of the heap after full collections. Its trend is the median of the slopes between all pairs of points"
    " (Theil-Sen) with a 90 % interval. The time left follows that trend up to the limit of the old generation: growth may also stop.",
    "Levels: "
    + "; ".join(f"{wording.LEVEL_TITLES[level].lower()}: {meaning}" for level, meaning in wording.LEVEL_MEANINGS.items())
    + ".",
    "Pictures show points chosen so that every extreme is kept, and their CSV has these points;"
    " --table collections -o collections.csv writes every collection.",
)
METHOD_OF_PROFILES = (
    "A tick is one sample of V8's profiler: where the main thread was, about once a millisecond. Self ticks of a function are those in"
    " which it was on top of the stack, total ticks those in which it was anywhere on it, once a tick. A tick's VM state says whether V8"
    " collected garbage then; such a tick counts for the function on the stack too."
)


def document_of(report: Report, view: ProfileView | None = None) -> Document:
    """What is said of everything that was read. `view`: how much of each profile is shown."""
    answer, head = _opening(report)
    return Document(
        answer=answer,
        head=head,
        sections=tuple(_sections(report, view)),
        version=report.version,
        name="profile" if report.profiles and not report.processes else "report",
        subject=_subject(report),
        command=report.command,
        title=report.title,
        note=report.note,
        how=tuple(_how(report)),
    )


def _subject(report: Report) -> str:
    more = len(report.sources) - NAMED_SOURCES
    paths = ", ".join(source.path for source in report.sources[:NAMED_SOURCES])
    return f"{paths} and {units.count(more)} more" if more > 0 else paths


def _opening(report: Report) -> tuple[Said, tuple[Block, ...]]:
    """The answer, and of what it is said: of the most severe process, else of the first profile."""
    if report.processes:
        first = report.processes[0]
        return wording.headline(first), process_sections.head_of(first, "p1", _profile_link(report))
    if report.profiles:
        from gclog.report.say import profile, profile_sections  # most logs have no ticks

        first_profile = report.profiles[0]
        return Words(profile.headline(first_profile.profile), "strong"), profile_sections.head_of(first_profile, "t1")
    if report.heaps:
        alone = Only((Lines(("Heap snapshots alone: no log of their process was given.",)),))
        return Words(heap_answer(report.heaps[0].diff), "strong"), (alone,)
    if report.sampled:
        from gclog.report.say import sampled

        alone = Only((Lines(("Sampled heap profiles alone: no log of their process was given.",)),))
        return Words(sampled.answer(report.sampled[0].sampled), "strong"), (alone,)
    return Words(NO_PROCESS, "strong"), ()


def _profile_link(report: Report) -> tuple[Block, ...]:
    if not report.profiles:
        return ()
    from gclog.report.say import profile

    return (Only((Lines((Words(f"CPU profile: {profile.headline(report.profiles[0].profile)}.", to="t1"),)),)),)


def _sections(report: Report, view: ProfileView | None) -> Iterable[Section]:
    yield from _processes(report)
    if report.profiles:
        yield from _profiles(report, view)
    yield from (heap_section(heap, number) for number, heap in enumerate(report.heaps, 1))
    if report.sampled:
        yield from _sampled(report.sampled)
    if report.sources:
        yield Section("quality", "What was read", tuple(map(_source, report.sources)))


def _processes(report: Report) -> Iterable[Section]:
    if len(report.processes) > 1:
        yield process_sections.process_table(report.processes, DETAILED)
        title = f"The most severe: {wording.process_name(report.processes[0])}"
        yield Section("p1", title, not_in=PAGE_ALONE, leads=True)
    for number, process in enumerate(report.processes, 1):
        if number == 1:
            yield from process_sections.sections_of(process)
            continue
        if number == 2:
            more = len(report.processes) - DETAILED
            said = Words(f"{units.count(more)} more processes are in the table alone.", "faint")
            yield Section("others", "The other processes", (Lines((said,)),) if more > 0 else (), not_in=PAGE_ALONE)
        yield process_sections.short_section(process, number)
        if number <= DETAILED:
            yield process_sections.whole_section(process, number)


def _profiles(report: Report, view: ProfileView | None) -> Iterable[Section]:
    from gclog.report.say import profile, profile_sections

    view = view or profile_sections.ProfileView()
    for number, found in enumerate(report.profiles, 1):
        key = f"t{number}"
        parts = profile_sections.sections_of(found, view, number)
        if number == 1 and not report.processes:
            yield from parts
            continue
        yield Section(
            key,
            f"Profile of {found.source}",
            profile_sections.head_of(found, key),
            Words(profile.headline(found.profile), "strong"),
            not_in=("html",) if number > DETAILED else (),
            folded=number > 1,
            parts=tuple(parts),
        )
    more = len(report.profiles) - DETAILED
    if more > 0:
        said = Words(f"{units.count(more)} more profiles are not shown.", "faint")
        yield Section("more-profiles", "The other profiles", (Lines((said,)),), not_in=PAGE_ALONE)


def _sampled(reports: Sequence[SampledReport]) -> Iterable[Section]:
    from gclog.report.say import sampled

    for number, one in enumerate(reports, 1):
        yield sampled.sampled_section(one.sampled, f"h{number}", sampled.lone_title(one), one.why)


def _source(source: SourceReport) -> Source:
    return Source(
        source.path,
        source_words.line_account(source),
        source.unread,
        source_words.source_notes(source),
        source_words.source_details(source),
    )


def _how(report: Report) -> Iterable[str]:
    if report.processes or not report.profiles:
        yield from METHOD
    if report.profiles:
        yield METHOD_OF_PROFILES
    for process in report.processes[:NAMED_SOURCES]:
        yield f"{wording.process_name(process)}: {wording.node_name(process)}: {process.node.evidence}."
