"""The text of `node --prof-process`, byte for byte, for people and scripts used to it."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal

from gclog.profile.node_tool.process import UNKNOWN, NodeFigures
from gclog.profile.options import ProfileOptions

__all__ = ["render_prof_process"]

TENTH = Decimal("0.1")


def render_prof_process(figures: NodeFigures, name: str, options: ProfileOptions, original: Callable[[str], str] = str) -> str:
    """The text. `name` is the log's as displayed; `original` prefixes a name with its source map location."""
    return (
        "".join(line + "\n" for line in _lines(figures, name, options, original))
        .encode("utf-16", "surrogatepass")
        .decode("utf-16", "replace")
    )


def _lines(figures: NodeFigures, name: str, options: ProfileOptions, original: Callable[[str], str]) -> Iterator[str]:
    yield (
        f"Statistical profiling result from {name}, ({figures.ticks} ticks, {figures.unaccounted} unaccounted, "
        f"{figures.excluded} excluded)."
    )
    if not figures.ticks:
        return
    total = figures.ticks - (figures.unaccounted if options.ignore_unknown else 0)
    rows: Counter[str] = Counter()
    for path, ticks in figures.paths.items():
        rows[path[0]] += ticks
    of_kind = {"library": 0, "JavaScript": 0, "C++": 0}
    kinds = {row: figures.types.get(row, "" if row == UNKNOWN else "JavaScript") for row in rows}
    for row, ticks in rows.items():
        if kinds[row]:
            of_kind[kinds[row]] += ticks
    apart = total - of_kind["library"]
    if not options.only_summary:
        for title, kind in (("Shared libraries", "library"), ("JavaScript", "JavaScript"), ("C++", "C++")):
            yield from _header(title)
            for row, ticks in _sorted((row, ticks) for row, ticks in rows.items() if kinds[row] == kind):
                yield _row(original(row), ticks, total, None if kind == "library" else apart)
    yield from _header("Summary")
    yield _row("JavaScript", of_kind["JavaScript"], total, apart)
    yield _row("C++", of_kind["C++"], total, apart)
    yield _row("GC", figures.gc_ticks, total, apart)
    yield _row("Shared libraries", of_kind["library"], total, None)
    if not options.ignore_unknown and figures.unaccounted:
        yield _row("Unaccounted", figures.unaccounted, figures.ticks, None)
    if options.only_summary:
        return
    yield from ("", " [C++ entry points]:", "   ticks    cpp   total   name")
    entries = figures.entries.total()
    for entry, ticks in _sorted(figures.entries.items()):
        yield _row(entry, ticks, entries, total)
    yield from ("", " [Bottom up (heavy) profile]:", "  Note: percentage shows a share of a particular caller in the total")
    yield "  amount of its parent calls."
    yield f"  Callers occupying less than {figures.rules.cutoff:.1f}% are not shown."
    yield from ("", "   ticks parent  name")
    shown = _Shown(options.call_graph_size + 1, figures.rules.cutoff, original)
    yield from _heavy(list(figures.paths.items()), total, 0, shown)


def _header(title: str) -> tuple[str, str, str]:
    return "", f" [{title}]:", "   ticks  total  nonlib   name"


def _row(name: str, ticks: int, total: int, apart: int | None) -> str:
    share = " " * 8 if apart is None else f"{_percent(ticks, apart):>5}%  "
    return f"  {ticks:>5}  {_percent(ticks, total):>5}%  {share}{name}"


def _percent(ticks: int, total: int) -> str:
    if not total:
        return "Infinity" if ticks else "NaN"
    return _fixed(ticks * 100 / total)


def _fixed(value: float) -> str:
    """JavaScript's toFixed(1): the exact binary value, rounded half up."""
    return str(Decimal(value).quantize(TENTH, ROUND_HALF_UP))


def _sorted(rows: Iterable[tuple[str, int]]) -> list[tuple[str, int]]:
    """Sorted by ticks, then by name, both descending; names compared by UTF-16 units, as in JavaScript."""
    by_name = sorted(rows, key=lambda row: row[0].encode("utf-16-be", "surrogatepass"), reverse=True)
    return sorted(by_name, key=lambda row: -row[1])


@dataclass(frozen=True, slots=True)
class _Shown:
    """What is displayed of callers: to which depth, from which share in percent on, under which names."""

    depth: int
    cutoff: float
    original: Callable[[str], str]


def _heavy(paths: list[tuple[tuple[str, ...], int]], total: int, place: int, shown: _Shown) -> Iterator[str]:
    """The callers of paths that are the same up to a place, and theirs."""
    if place >= shown.depth:
        return
    callers: dict[str, list[tuple[tuple[str, ...], int]]] = {}
    for path in paths:
        if len(path[0]) > place:
            callers.setdefault(path[0][place], []).append(path)
    for name, ticks in _sorted((name, sum(count for _, count in same)) for name, same in callers.items()):
        percent = ticks / total * 100.0 if total else math.inf
        if percent < shown.cutoff:
            continue
        share = "Infinity" if math.isinf(percent) else _fixed(percent)
        yield f"  {ticks:>5}  {share:>5}%  {' ' * 2 * place}{shown.original(name)}"
        yield from _heavy(callers[name], ticks, place + 1, shown)
        if not place:
            yield ""
