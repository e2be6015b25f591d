"""The whole report as a document: the most severe process, the others, profiles, heap snapshots, and what was read."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from gclog.model.report import Report, SourceReport
from gclog.report.document import Block, Document, Said, Section, Source, Words
from gclog.report.say import process as wording
from gclog.report.say import process_sections
from gclog.report.say.witness import heap_section

if TYPE_CHECKING:
    from gclog.report.say.profile_sections import ProfileView

__all__ = ["document_of"]

NO_PROCESS = "No process: nothing in the input is a garbage collection of V8."


def document_of(report: Report, view: ProfileView | None = None) -> Document:
    """What is said of everything that was read. `view`: how much of each profile is shown."""
    answer, head = _opening(report)
    return Document(
        answer=answer,
        head=head,
        sections=tuple(_sections(report, view)),
        version=report.version,
        command=report.command,
        title=report.title,
        note=report.note,
    )


def _opening(report: Report) -> tuple[Said, tuple[Block, ...]]:
    """The answer, and of what it is said: of the most severe process, else of the first profile."""
    if report.processes:
        first = report.processes[0]
        return wording.headline(first), (process_sections.answers(first),)
    if report.profiles:
        from gclog.report.say import profile, profile_sections  # most logs have no ticks

        first_profile = report.profiles[0].profile
        return Words(profile.headline(first_profile), "strong"), (profile_sections.answers(first_profile),)
    return ("" if report.heaps else Words(NO_PROCESS, "strong")), ()


def _sections(report: Report, view: ProfileView | None) -> Iterable[Section]:
    if len(report.processes) > 1:
        yield process_sections.process_table(report.processes)
    for number, process in enumerate(report.processes, 1):
        if number == 1:
            yield from process_sections.sections_of(process)
        else:
            yield process_sections.short_section(process, number)
    if report.profiles:
        yield from _profiles(report, view)
    yield from map(heap_section, report.heaps)
    if report.sources:
        yield Section("sources", "What was read", tuple(map(_source, report.sources)))


def _profiles(report: Report, view: ProfileView | None) -> Iterable[Section]:
    from gclog.report.say import profile, profile_sections

    view = view or profile_sections.ProfileView()
    for number, found in enumerate(report.profiles, 1):
        if number > 1 or report.processes:
            said = Words(profile.headline(found.profile), "strong")
            title = f"Profile of {found.source}"
            yield Section(f"profile-{number}", title, (profile_sections.answers(found.profile),), said)
        yield from profile_sections.sections_of(found, view)


def _source(source: SourceReport) -> Source:
    return Source(source.path, wording.line_account(source), source.unread, wording.source_notes(source))
