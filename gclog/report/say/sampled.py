"""The sentences and the document of sampled heap profiles, the same in every form of the report."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from gclog import units
from gclog.diagnose.sampled import LEADING_SHARE, first_site, name_site, share_of
from gclog.model.not_known import NotKnown
from gclog.model.report import SampledReport
from gclog.model.sampled import SampledFigures, SampledHeap, SampledMethod, SampledProcess, SampledProcesses, Site
from gclog.report.document import (
    PAGE_ALONE,
    Block,
    Bullets,
    Code,
    Column,
    Document,
    Flame,
    Lines,
    Only,
    Said,
    Section,
    Table,
    Tone,
    Words,
)
from gclog.report.say.frames import frame_name, frame_place
from gclog.report.say.profile_rows import category_label
from gclog.report.visible import make_visible

__all__ = [
    "METHODS",
    "answer",
    "document_of",
    "document_of_processes",
    "lone_title",
    "profile_lines",
    "sampled_section",
    "sampled_sections",
]

METHODS: dict[SampledMethod, str] = {
    "one": "one sampled heap profile",
    "same-sampling": "profiles of one sampling, sample by sample",
    "by-site": "profiles without common samples, by call site only",
}

HEADINGS: dict[bool, str] = {True: "Call sites that grow", False: "What the heap holds, by call site"}

ROWS_SHOWN, FEWER_ROWS, FILES_SHOWN = 20, 8, 10
"""Sites in a table of a report of their own, and of a process's; files. JSON has more."""

STACKS_SHOWN = 3
"""Sites whose heaviest stack is shown."""

FEW_SAMPLES = 10
"""With fewer an estimate is rough, which the answer says."""

LEGEND = (
    "Sizes are estimates, from samples of what was allocated and is still alive: of n samples right to about 1/√n, of 100 to a tenth. A "
    "call site is the innermost function of the application or of a package: what Node or V8 allocated for it counts as its."
)

MOVED = "New and gone: samples that only the last, only the first profile has."
STAYED = "Stayed: samples taken between the first and the last but one, and still there in the last."


def answer(sampled: SampledHeap) -> str:
    """What grows, or what holds most, in a sentence."""
    last, site = sampled.profiles[-1], first_site(sampled)
    if site is None:
        return _nothing(last)
    if sampled.method == "one":
        return _held(site, sampled)
    if not sampled.growers:
        sizes = units.sizes(tuple(one.alive_bytes for one in sampled.profiles))
        return f"Nothing grows: no call site holds more from profile to profile than chance explains; all together {sizes}"
    others = len(sampled.growers) - 1
    more = f"; {units.count(others)} more {'site grows' if others == 1 else 'sites grow'}" if others else ""
    return f"{_grows(site)}{more}"


def _nothing(figures: SampledFigures) -> str:
    cut = "the profile is cut off before its first sample" if figures.cut else "there is no sample of anything alive in it"
    return f"Cannot say what fills the heap: {cut}"


def _held(site: Site, sampled: SampledHeap) -> str:
    share, count = share_of(site, sampled), site.samples[-1]
    rough = f" ({units.several(count, 'sample')}: a rough estimate)" if 0 < count < FEW_SAMPLES else ""
    held = f"{units.size(site.alive_bytes[-1])} are held by what {name_site(site)} allocated: {units.percent(share)} of what was sampled{rough}"
    return held if share >= LEADING_SHARE else f"No call site stands out: {held}"


def _grows(site: Site) -> str:
    """The same words as those about snapshots."""
    change = site.alive_bytes[-1] - site.alive_bytes[0]
    said = f"What {name_site(site)} allocated grows: +{units.size(change)} from 1 to {len(site.alive_bytes)} ({units.sizes(site.alive_bytes)})"
    growth = site.growth
    if growth is None or isinstance(growth.stayed_bytes, NotKnown):
        return said
    last = len(site.alive_bytes)
    return f"{said}; {units.size(growth.stayed_bytes)} of it, allocated between 1 and {last - 1}, still there in {last}"


def profile_lines(sampled: SampledHeap) -> list[str]:
    """What was read, a line for each."""
    return [f"{number}: {make_visible(one.name)}: {_account(one)}" for number, one in enumerate(sampled.profiles, 1)]


def _account(figures: SampledFigures) -> str:
    said = f"{units.size(figures.alive_bytes)} alive"
    if not isinstance(figures.samples, NotKnown):
        said += f" in {units.several(figures.samples, 'sample')}"
    if not isinstance(figures.interval_bytes, NotKnown):
        said += f", one every {units.size(figures.interval_bytes)}"
    if figures.gone_bytes:
        said += f"; {units.size(figures.gone_bytes)} had been collected"
    return said


# ---------------------------------------------------------------- the document


def document_of(sampled: SampledHeap, version: str) -> Document:
    """What grows or holds most, then all call sites, whose they are, and what to know before believing it."""
    return Document(
        answer=Words(answer(sampled), _tone(sampled)),
        head=(Lines((*profile_lines(sampled), Words(f"compared: {METHODS[sampled.method]}", "faint"))),),
        sections=(*sampled_sections(sampled, "sampled"), Section("notes", "Before you believe it", (Bullets(sampled.notes),))),
        version=version,
        name="heap",
        subject=METHODS[sampled.method],
    )


def document_of_processes(found: SampledProcesses, version: str) -> Document:
    """What grows or holds most in the first process, then each with its own call sites."""
    first, count = found.processes[0], len(found.processes)
    noun = "isolates" if any(one.thread_id for one in found.processes) else "processes"
    compared = f"the profiles of {units.count(count)} {noun}, those of each with each other"
    growing = f"call sites grow in {units.count(found.growing)} of {units.count(count)}"
    return Document(
        answer=Words(f"{_whose(first)}: {answer(first.sampled)}", _tone(first.sampled)),
        head=(Lines((growing, Words(f"compared: {compared}", "faint"))),),
        sections=tuple(
            sampled_section(one.sampled, f"p{number}", _whose(one)) for number, one in enumerate(found.processes, 1)
        ),
        version=version,
        name="heap",
        subject=compared,
    )


def _whose(process: SampledProcess) -> str:
    if process.pid is None:
        return "Profiles without a process id"
    return f"Process {process.pid}{f', thread {process.thread_id}' if process.thread_id else ''}"


def _tone(sampled: SampledHeap) -> Tone:
    if first_site(sampled) is None:
        return "strong"
    if sampled.method == "one":
        return "notice"
    return "bad" if sampled.growers else "good"


def sampled_sections(sampled: SampledHeap, key: str) -> Iterable[Section]:
    """Everything on profiles, without their headline."""
    if sampled.paths:
        yield Section(f"{key}-flame", "Flame graph of what is alive", (Flame(sampled, key),), not_in=PAGE_ALONE, leads=True)
    if sampled.sites:
        yield Section(f"{key}-sites", "Call sites", (_sites(sampled, ROWS_SHOWN),))
        yield Section(f"{key}-stacks", "How it was allocated", tuple(_stacks(sampled)))
        yield Section(f"{key}-whose", "Whose code", (_owners(sampled),))
    if sampled.files:
        yield Section(f"{key}-files", "Files", (_files(sampled),))


def sampled_section(sampled: SampledHeap, key: str, title: str = "", why: str = "") -> Section:
    """Profiles within a report of a process, or of several."""
    blocks: list[Block] = [Lines((Words(why, "faint"),))] if why else []
    blocks.append(Lines((Words(answer(sampled), "strong"),)))
    if sampled.paths:
        blocks.append(Only((Flame(sampled, f"{key}-sampled"),)))
    if sampled.sites:
        blocks += [_sites(sampled, FEWER_ROWS), _owners(sampled), *_stacks(sampled)]
    how = (*profile_lines(sampled), f"compared: {METHODS[sampled.method]}")
    blocks.append(Lines((*(Words(line, "faint") for line in how), *(f"note: {note}" for note in sampled.notes))))
    return Section(f"{key}-sampled", title or HEADINGS[bool(sampled.growers)], tuple(blocks), leads=True)


def lone_title(report: SampledReport) -> str:
    """The name over profiles that are of no process of the report."""
    thread = f", thread {report.thread_id}" if report.thread_id else ""
    whose = "" if report.pid is None else f" of process {report.pid}{thread}"
    return f"Sampled heap profiles{whose}, on their own"


def _sites(sampled: SampledHeap, most: int) -> Table:
    moved = ("New", "Gone", "Stayed")[: 3 if len(sampled.profiles) > 2 else 2] if sampled.method == "same-sampling" else ()
    columns = (
        Column("Alive", figures=True),
        Column("Share", figures=True),
        Column("Samples", figures=True, not_in=PAGE_ALONE if moved else ()),
        *(Column(title, figures=True) for title in moved),
        Column("Function", share=1 / 3),
        Column("Where", share=1 / 4),
        Column("Whose", wraps=True, not_in=PAGE_ALONE if moved else ()),
    )
    rows = tuple(_site_row(site, sampled, len(moved)) for site in sampled.sites[:most])
    rest = len(sampled.sites) - most
    legend = " ".join((LEGEND, MOVED, STAYED)[: len(moved) or 1])
    return Table(
        columns,
        rows,
        legend,
        rest=Words(f"{units.count(rest)} more call sites", "faint") if rest > 0 else "",
        name="Call sites",
    )


def _site_row(site: Site, sampled: SampledHeap, moved: int) -> tuple[Said, ...]:
    growth, frame = site.growth, site.frame
    comings = () if growth is None else (growth.new, growth.gone, growth.stayed)[:moved]
    names = " → ".join(frame_name(one) for one in site.path or (frame,))
    if site.inlined:
        names += f" (inlined: {', '.join(frame_name(one) for one in site.inlined)})"
    return (
        units.sizes(site.alive_bytes),
        units.percent(share_of(site, sampled)),
        " → ".join(map(_samples, site.samples, sampled.profiles)),
        *(_number(value) for value in comings),
        Code(names, "strong" if growth is not None and growth.grows else ""),
        Code(frame_place(frame), "faint", frame_place(frame, whole=True)),
        category_label(frame.category, frame.package),
    )


def _samples(count: int, figures: SampledFigures) -> str:
    """Of a profile that lists none, about as many as its bytes come to, if it says how far they are apart."""
    return units.NO_FIGURE if isinstance(figures.interval_bytes, NotKnown) and not count else units.count(count)


def _number(value: int | NotKnown) -> str:
    return units.NO_FIGURE if isinstance(value, NotKnown) else units.count(value)


def _owners(sampled: SampledHeap) -> Table:
    rows: tuple[tuple[Said, ...], ...] = tuple(
        (
            category_label(one.category, one.package),
            units.sizes(one.alive_bytes),
            units.percent(_share(one.alive_bytes[-1], sampled)),
        )
        for one in sampled.owners[:FILES_SHOWN]
    )
    columns = (Column("Whose code asked for it", wraps=True), Column("Alive", figures=True), Column("Share", figures=True))
    return Table(columns, rows, dense=True, name="Whose code")


def _files(sampled: SampledHeap) -> Table:
    rows: tuple[tuple[Said, ...], ...] = tuple(
        (Code(one.script), units.sizes(one.alive_bytes), units.percent(_share(one.alive_bytes[-1], sampled)))
        for one in sampled.files[:FILES_SHOWN]
    )
    columns = (Column("File", share=3 / 5), Column("Alive", figures=True), Column("Share", figures=True))
    return Table(columns, rows, dense=True, name="Files")


def _share(size: int, sampled: SampledHeap) -> float:
    return size / (sampled.profiles[-1].alive_bytes or 1)


def _stacks(sampled: SampledHeap) -> Iterator[Lines]:
    """The heaviest stacks of each of the first sites, outermost frame first."""
    for site in sampled.sites[:STACKS_SHOWN]:
        for stack in site.stacks[:STACKS_SHOWN]:
            frames = [sampled.frames[number] for number in stack.frames]
            lines = tuple(f"{frame_name(frame)} {frame_place(frame)}".rstrip() for frame in frames)
            yield Lines(
                lines, deep=1, fenced=True, title=f"{units.part(stack.alive_bytes, site.alive_bytes[-1])} by this stack"
            )
