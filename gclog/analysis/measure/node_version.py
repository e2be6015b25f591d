"""Which Node wrote a log, inferred from what only some versions of V8 print. The tables here hold all version facts."""

from __future__ import annotations

import dataclasses
from collections.abc import Collection as SetOf
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import numpy.typing as npt

from gclog.analysis.measure.host import named_version
from gclog.analysis.verdict.signals import CollectionSeen
from gclog.model.crash_records import CrashMarker
from gclog.model.process import NodeVersion
from gclog.model.records import Record
from gclog.model.verdict import Crash
from gclog.processes.mapped import blocks
from gclog.processes.rows import Rows, Table, rows_of
from gclog.recognise.documents.heap_size_limit import ANY_MAJOR

__all__ = ["VersionTracker", "infer_node", "node_of", "node_range"]

V8 = tuple[int, int]

OLDEST: V8 = (3, 11)
NEWEST: V8 = (99, 0)
"""No upper bound: what the newest V8 known prints, later ones may print too."""


@dataclass(frozen=True, slots=True)
class _Release:
    """Releases `first` to `last` of Node had this V8."""

    first: str
    last: str
    major: int
    v8: V8


RELEASES: tuple[_Release, ...] = (
    _Release("0.8", "0.8", 0, (3, 11)),
    _Release("0.10", "0.10", 0, (3, 14)),
    _Release("0.12", "0.12", 0, (3, 28)),
    _Release("io.js 1", "io.js 1", 1, (4, 1)),
    _Release("io.js 2", "io.js 2", 2, (4, 2)),
    _Release("io.js 3", "io.js 3", 3, (4, 4)),
    _Release("4.0", "4.9", 4, (4, 5)),
    _Release("5.0", "5.12", 5, (4, 6)),
    _Release("6.0", "6.1", 6, (5, 0)),
    _Release("6.2", "6.17", 6, (5, 1)),
    _Release("7.0", "7.4", 7, (5, 4)),
    _Release("7.5", "7.10", 7, (5, 5)),
    _Release("8.0", "8.2", 8, (5, 8)),
    _Release("8.3", "8.6", 8, (6, 0)),
    _Release("8.7", "8.9", 8, (6, 1)),
    _Release("8.10", "8.17", 8, (6, 2)),
    _Release("9.0", "9.11", 9, (6, 2)),
    _Release("10.0", "10.3", 10, (6, 6)),
    _Release("10.4", "10.8", 10, (6, 7)),
    _Release("10.9", "10.24", 10, (6, 8)),
    _Release("11.0", "11.15", 11, (7, 0)),
    _Release("12.0", "12.4", 12, (7, 4)),
    _Release("12.5", "12.8", 12, (7, 5)),
    _Release("12.9", "12.10", 12, (7, 6)),
    _Release("12.11", "12.15", 12, (7, 7)),
    _Release("12.16", "12.22", 12, (7, 8)),
    _Release("13.0", "13.14", 13, (7, 9)),
    _Release("14.0", "14.4", 14, (8, 1)),
    _Release("14.5", "14.5", 14, (8, 3)),
    _Release("14.6", "14.21", 14, (8, 4)),
    _Release("15.0", "15.14", 15, (8, 6)),
    _Release("16.0", "16.3", 16, (9, 0)),
    _Release("16.4", "16.5", 16, (9, 1)),
    _Release("16.6", "16.8", 16, (9, 2)),
    _Release("16.9", "16.10", 16, (9, 3)),
    _Release("16.11", "16.20", 16, (9, 4)),
    _Release("17.0", "17.1", 17, (9, 5)),
    _Release("17.2", "17.9", 17, (9, 6)),
    _Release("18.0", "18.2", 18, (10, 1)),
    _Release("18.3", "18.20", 18, (10, 2)),
    _Release("19.0", "19.0", 19, (10, 7)),
    _Release("19.1", "19.9", 19, (10, 8)),
    _Release("20.0", "20.20", 20, (11, 3)),
    _Release("21.0", "21.7", 21, (11, 8)),
    _Release("22.0", "22", 22, (12, 4)),
    _Release("23.0", "23.11", 23, (12, 9)),
    _Release("24.0", "24", 24, (13, 6)),
    _Release("25.0", "25", 25, (14, 1)),
    _Release("26.0", "26", 26, (14, 6)),
)
"""From release notes; majors and the ends of the listed lines were checked against binaries."""

IO_JS = (1, 2, 3)
"""Majors of io.js, which hardly anybody ran."""


@dataclass(frozen=True, slots=True)
class _Fact:
    """Something that V8 `first` to `last` (inclusive) print, described by `words`."""

    first: V8
    last: V8
    words: str


ERAS: dict[str, _Fact] = {
    "v8_3_11": _Fact((3, 11), (3, 14), "pauses in whole milliseconds"),
    "v8_3_28": _Fact((3, 28), (4, 4), "pauses with a decimal, reasons in brackets"),
    "v8_4_5": _Fact((4, 5), (5, 0), "external time in whole milliseconds after the pause"),
    "v8_5_1": _Fact((5, 1), (5, 1), "external time with a decimal, reasons in brackets"),
    "v8_5_4": _Fact((5, 4), (6, 6), "reasons without brackets, no mutator utilisation"),
    "v8_6_7": _Fact((6, 7), (9, 8), "mutator utilisation, no semicolon after the reason"),
    "v8_9_9": _Fact((9, 9), (10, 9), "semicolon after the reason, pauses with one decimal"),
    "v8_11_0": _Fact((11, 0), (12, 1), "pauses with two decimals, no page pool"),
    "v8_12_2": _Fact((12, 2), (13, 6), "page pool in whole MB"),
    "v8_13_8": _Fact((13, 8), NEWEST, "page pool with a decimal"),
    "named_values": _Fact((3, 11), (13, 8), "name=value lines"),
    "bare_named_values": _Fact((3, 11), (3, 14), "name=value lines without a process"),
    "object": _Fact((14, 1), NEWEST, "JSON lines of --trace-gc-nvp"),
}
"""Grammar rules for collections, by name, each the format of an era. A rule that is not listed is no evidence."""

FORMS: dict[str, _Fact] = {
    "last_few_gcs": _Fact((4, 5), NEWEST, "`Last few GCs` of a crash"),
    "js_stacktrace": _Fact((4, 5), (13, 4), "`JS stacktrace` of a crash"),
    "js_stack": _Fact((4, 5), (8, 0), "JavaScript frames in a crash"),
    "native_stack": _Fact((11, 3), NEWEST, "`Native stack trace` of a crash"),
    "Ineffective mark-compacts near heap limit": _Fact((6, 7), NEWEST, "death by ineffective collections"),
    "Reached heap limit": _Fact((8, 8), NEWEST, "death at the heap limit"),
}
"""Crash banners (the kinds of `CrashMarker`) and locations of fatal errors."""

TYPES: dict[str, _Fact] = {
    "Mark-sweep": _Fact((3, 11), (10, 7), "Mark-sweep"),
    "Mark-Compact": _Fact((10, 8), NEWEST, "Mark-Compact"),
    "Incremental Mark-Compact": _Fact((14, 6), NEWEST, "Incremental Mark-Compact"),
    "Minor Mark-Compact": _Fact((5, 8), (11, 6), "Minor Mark-Compact"),
    "Minor Mark-Sweep": _Fact((11, 7), NEWEST, "Minor Mark-Sweep"),
    "Incremental Minor Mark-Sweep": _Fact((14, 6), NEWEST, "Incremental Minor Mark-Sweep"),
    "ms": _Fact((3, 11), (10, 7), "gc=ms"),
    "mc": _Fact((10, 8), NEWEST, "gc=mc"),
    "mmc": _Fact((5, 8), (11, 6), "gc=mmc"),
    "mms": _Fact((11, 7), NEWEST, "gc=mms"),
}

REASONS: dict[str, _Fact] = {
    reason: _Fact(first, last, f"“{reason}”")
    for reason, first, last in (
        ("Runtime::PerformGC", OLDEST, (3, 14)),
        ("StackGuard GC request", OLDEST, (3, 14)),
        ("gc extension", OLDEST, (3, 14)),
        ("last resort gc", OLDEST, (5, 4)),
        ("GC interrupt", (3, 28), (5, 4)),
        ("Isolate::RequestGarbageCollection", (3, 28), (5, 4)),
        ("last resort", (5, 5), NEWEST),
        ("testing", (5, 5), NEWEST),
        ("idle task", (5, 5), (8, 1)),
        ("external finalize", (6, 9), NEWEST),
        ("global allocation limit", (7, 6), NEWEST),
        ("measure memory", (8, 1), NEWEST),
        ("task", (8, 3), NEWEST),
        ("background allocation failure", (8, 8), NEWEST),
        ("finalize MinorMC", (10, 7), (11, 6)),
        ("CppHeap allocation failure", (10, 7), NEWEST),
        ("finalize concurrent MinorMS", (11, 7), NEWEST),
        ("frozen", (13, 4), NEWEST),
        ("idle context disposal", (13, 6), NEWEST),
        ("finalize MinorMS for major GC", (13, 8), NEWEST),
    )
}

COLLECTOR_REASONS: dict[str, _Fact] = {
    reason: _Fact(first, last, f"“{reason}”")
    for reason, first, last in (
        ("promotion limit reached", OLDEST, (5, 4)),
        ("old generations exhausted", OLDEST, (5, 4)),
        ("incremental marking delaying mark-sweep", OLDEST, (5, 5)),
        ("Incremental marking needs finalization", (5, 8), (13, 6)),
        ("Incremental marking forced finalization", (10, 2), NEWEST),
        ("Concurrent MinorMS needs finalization", (11, 7), NEWEST),
        ("MinorMS finalization for starting major GC", (13, 8), NEWEST),
    )
}

FLAGS: dict[str, _Fact] = {
    "shared": _Fact((9, 8), (11, 1), "Shared collections"),
    "reduce": _Fact((8, 3), NEWEST, "(reduce)"),
    "during_sweeping": _Fact((12, 2), NEWEST, "collections during others"),
}

FIGURES: dict[str, _Fact] = {
    "average_mu": _Fact((6, 7), NEWEST, "mutator utilisation"),
    "incremental_wall_ms": _Fact((5, 5), NEWEST, "wall time of marking"),
    "pooled_mb": _Fact((12, 2), NEWEST, "page pool"),
    "isolate_id": _Fact((13, 6), NEWEST, "number of the isolate"),
}

REPORTED_ELSEWHERE = frozenset({"gc_profiler", "trace_events", "perf_hooks"})
"""Formats of collections not printed by V8 itself: the absence of a field there is no evidence."""

DECIMALS: tuple[_Fact, _Fact, _Fact] = (
    _Fact((3, 11), (3, 14), "pauses in whole milliseconds"),
    _Fact((3, 28), (10, 9), "pauses with one decimal"),
    _Fact((11, 0), NEWEST, "pauses with two decimals"),
)

PRINTED_TO_MS = 1e-6
"""A pause that is this close to a number with fewer decimals was printed as that."""

MIN_PAUSES = 20
"""Lower bound on the pauses: this many do not all end in 0 by chance."""

NO_PREFIX = _Fact((3, 11), (3, 11), "no process prefix")
NO_PREFIX_ERAS = frozenset({"v8_3_11", "bare_named_values"})
ONLY_PID = _Fact((3, 14), (4, 2), "process prefix without isolate")
ISOLATE = _Fact((4, 4), NEWEST, "isolate in the prefix")
STEPS_ON_SCAVENGES = _Fact((3, 11), (5, 4), "marking steps on scavenges")
NO_MU = _Fact((3, 11), (6, 6), "no mutator utilisation")
NO_POOL = _Fact((3, 11), (12, 1), "no page pool")


def infer_node(collections: Table, eras: SetOf[str] = (), forms: SetOf[str] = ()) -> NodeVersion:
    """The range of Node versions whose V8 prints what this process printed, such as "18-19", "0.12", "10.4-12" or "14.0-14.4".

    `eras`: names of the grammar rules that read its collections (`v8_9_9` or `gc_trace.v8_9_9`), if known; if there are several,
    any may be its own. `forms`: kinds of its crash banners, and the location of its fatal error. io.js is named only if nothing
    else fits. A fact that contradicts earlier ones (a line copied by hand) is ignored.
    """
    return _narrow(
        tuple(_facts(rows_of(collections), {name.rpartition(".")[2] for name in eras if isinstance(name, str)}, forms))
    )


def node_of(rows: Rows, records: Sequence[Record], crash: Crash | None) -> NodeVersion:
    """The version by all that a process's lines say of it: the form of its collections, the crash, and lines that name it."""
    banners = {record.kind for record in records if isinstance(record, CrashMarker)}
    places = {crash.location} if crash is not None and crash.location else set()
    node = infer_node(rows, frozenset(rows.texts("form").present()), frozenset(banners | places))
    if crash is not None and crash.host != "Node":
        host = "a host that is not Node" if crash.host == "V8" else crash.host
        return dataclasses.replace(node, range="", evidence=f"V8 ran in {host}", host=crash.host)
    return named_version(node, records)


@lru_cache(maxsize=1024)
def _narrow(facts: tuple[_Fact, ...]) -> NodeVersion:
    """The versions that fit; kept, because the processes of one log mostly show the same facts."""
    first, last = OLDEST, NEWEST
    evidence = []
    for fact in facts:
        low, high = max(first, fact.first), min(last, fact.last)
        if (low, high) != (first, last) and any(low <= release.v8 <= high for release in RELEASES):
            first, last = low, high
            evidence.append(fact.words)
    fitting = [release for release in RELEASES if first <= release.v8 <= last]
    fitting = [release for release in fitting if release.major not in IO_JS] or fitting
    words = ", ".join(evidence) or "nothing in the lines distinguishes versions"
    return NodeVersion(_range_text(fitting[0], fitting[-1]), fitting[0].major, fitting[-1].major, words)


class VersionTracker:
    """The versions that may have written the collections so far. A fact that contradicts earlier ones is ignored."""

    def __init__(self) -> None:
        self._first, self._last = OLDEST, NEWEST

    def see(self, gc: CollectionSeen) -> bool:
        """Add a full collection; returns whether it narrowed the range."""
        known = self._first, self._last
        printed = [ERAS.get(gc.form), TYPES.get(gc.type), REASONS.get(gc.reason), COLLECTOR_REASONS.get(gc.collector_reason)]
        for fact in [*printed, FIGURES["isolate_id"] if gc.numbered else None, ISOLATE if gc.isolated else None]:
            if fact is not None and max(self._first, fact.first) <= min(self._last, fact.last):
                self._first, self._last = max(self._first, fact.first), min(self._last, fact.last)
        return known != (self._first, self._last)

    @property
    def majors(self) -> tuple[int, int]:
        """The first and last possible major version of Node, future ones included."""
        fitting = [release.major for release in RELEASES if self._first <= release.v8 <= self._last]
        return min(fitting, default=0), ANY_MAJOR[1] if self._last == NEWEST else max(fitting, default=ANY_MAJOR[1])


def node_range(era: str) -> tuple[str, str] | None:
    """The Node versions whose V8 prints the format of a grammar rule, and its characteristic; None if it is no evidence."""
    fact = ERAS.get(era)
    if fact is None:
        return None
    fitting = [release for release in RELEASES if fact.first <= release.v8 <= fact.last and release.major not in IO_JS]
    return _range_text(fitting[0], fitting[-1]), fact.words


def _facts(rows: Rows, eras: SetOf[str], forms: SetOf[str]) -> Iterator[_Fact]:
    yield from (fact for name, fact in FORMS.items() if name in forms)
    printed_types = set(rows.texts("type").present())
    types = [fact for name, fact in TYPES.items() if name in printed_types]
    known = [fact for name, fact in ERAS.items() if name in eras and all(_agree(fact, other) for other in types)]
    if known:
        yield _Fact(min(f.first for f in known), max(f.last for f in known), " or ".join(f.words for f in known))
    yield from (fact for name, fact in FLAGS.items() if name in rows.names and rows.says(name))
    yield from (fact for name, fact in FIGURES.items() if name in rows.names and rows.says(name))
    for column, table in (("type", TYPES), ("reason", REASONS), ("collector_reason", COLLECTOR_REASONS)):
        seen = set(rows.texts(column).present())
        if seen:
            yield from (fact for name, fact in table.items() if name in seen)
    printed = rows.where(~rows.flags("ring")) if "ring" in rows.names else rows
    if len(printed):
        yield from _line_facts(printed, eras)


def _agree(era: _Fact, other: _Fact) -> bool:
    """Whether one V8 may print both. The form of a record that was cut before its reason is that of several eras."""
    return max(era.first, other.first) <= min(era.last, other.last)


def _line_facts(printed: Rows, eras: SetOf[str]) -> Iterator[_Fact]:
    """Evidence from what complete lines lack; those of a crash's ring are abridged, and have no prefix up to V8 5.1."""
    elsewhere = printed.texts("form").is_in(REPORTED_ELSEWHERE)
    printed = printed.where(~elsewhere) if elsewhere.any() else printed
    traced = printed.where(np.isnan(printed.numbers("mutator_ms"))) if printed.says("mutator_ms") else printed
    decimals = _decimals(traced.known("pause_ms").numbers("pause_ms"))
    if decimals is not None:
        yield DECIMALS[decimals]
    if printed.says("isolate"):
        yield ISOLATE
    elif printed.says("pid"):
        yield ONLY_PID
    elif decimals == 0 or not NO_PREFIX_ERAS.isdisjoint(eras):
        yield NO_PREFIX
    if not len(traced):
        return
    if "incremental_ms" in traced.names and traced.where(traced.texts("collector").is_in(("scavenge",))).says("incremental_ms"):
        yield STEPS_ON_SCAVENGES
    if not traced.says("average_mu"):
        yield NO_MU
    if not traced.says("pooled_mb"):
        yield NO_POOL


def _decimals(pauses_ms: npt.NDArray[np.float64]) -> int | None:
    """Number of decimals that the pauses were printed with; None if there are too few pauses to tell."""
    if not len(pauses_ms):
        return None
    if not _fit_decimals(pauses_ms, 1):
        return 2
    if len(pauses_ms) < MIN_PAUSES:
        return None
    return 0 if _fit_decimals(pauses_ms, 0) else 1


def _fit_decimals(pauses_ms: npt.NDArray[np.float64], decimals: int) -> bool:
    return all(
        bool((np.abs(pauses_ms[part] - pauses_ms[part].round(decimals)) <= PRINTED_TO_MS).all())
        for part in blocks(len(pauses_ms))
    )


def _range_text(first: _Release, last: _Release) -> str:
    begins = _begins_major(first)
    ends = _ends_major(last)
    if first.first == last.last or (first.major == last.major and first.major > 0 and begins and ends):
        return str(first.major) if first.major > 3 else first.first
    if first.major == last.major:
        return f"{first.first}-{last.last}"
    low = str(first.major) if begins and first.major > 3 else first.first
    return f"{low}-{last.major if ends and last.major > 3 else last.last}"


def _begins_major(release: _Release) -> bool:
    return next(other for other in RELEASES if other.major == release.major) is release


def _ends_major(release: _Release) -> bool:
    return next(other for other in reversed(RELEASES) if other.major == release.major) is release
