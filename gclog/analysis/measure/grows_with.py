"""What the live set grows with: which shape of the application's lines explains what full collections leave, better than time does.

One cause at a time: if each line of one shape keeps the same memory, the live set after full collections is a straight line over the
count of those lines, with two kinds of scatter: what happens to be alive at the moment, and what adds up. So it is with what lines
count themselves (`processed 1200 jobs`). All shapes and counters, all lines together, time, and none of these are compared by how well
they fit. A cause must also fit what scavenges leave from one to the next: there,
each line shows what it keeps and its garbage that outlived a scavenge, so what it keeps cannot be more.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal, NamedTuple

import numpy as np
import numpy.typing as npt

from gclog import units
from gclog.analysis.measure.counters import Counted, measure_counters
from gclog.analysis.measure.line_groups import goes_by_the_clock, stays_beside
from gclog.analysis.measure.line_labels import label_shapes
from gclog.analysis.measure.promoted import Bound, Promoted, measure_promoted
from gclog.analysis.measure.robust import Floats
from gclog.analysis.measure.student import student_quantile
from gclog.model.grows_with import TOO_FEW_LINES, GrowsWith, KeepingLines
from gclog.model.not_known import NotKnown
from gclog.processes.rows import Rows
from gclog.recognise.line_shapes import ShapeCounts

__all__ = ["MIN_FULLS", "measure_grows_with"]

MIN_FULLS = 5
"""Lower bound on full collections: two of them fix a straight line, and what is left must show which of many fits."""

MOST_FULLS = 120
"""Upper bound on the full collections of a fit, evenly spaced: its cost is their cube."""

MIN_LINES = 10
"""Lower bound on the lines of a shape."""

MOST_SHAPES = 40
"""Upper bound on the shapes that are compared, the most frequent ones; all others are one."""

SURE = 0.95
"""The causes that are named together have at least this probability."""

VARIES_SHARE = 0.3
"""What one line keeps differs from what the next one does, by about so much of it: of few lines the mean is not known better, however
well a straight line fits."""

UPPER_SHARE = 0.95
"""Upper end of a 90 % interval."""

MOST_NAMED = 3
"""Upper bound on shapes that are named together: more than that is no answer."""

ALONE_SHARE = 0.9
"""A shape with so many of the lines is not compared with all of them together: they are the same."""

SCATTERS = (0.0, 0.03, 0.1, 0.3, 1.0, 3.0, 10.0, 100.0)
"""The scatter that adds up between two full collections, in parts of that of the moment: the one that fits best is taken."""

Counts = npt.NDArray[np.int64]
Places = npt.NDArray[np.intp]

Kind = Literal["shape", "counter", "rest", "all", "time", "none"]


IN_WORDS: dict[Kind, str] = {
    "rest": "the rarer lines",
    "all": "all lines alike",
    "time": "time that it grows with",
    "none": "something that prints no line",
}


class _Cause(NamedTuple):
    """A possible cause: which shape or counter (-1 if it is none), and how much of it there had been at each full collection.

    `prior`: what makes it less likely from the start, as a log-likelihood.
    """

    kind: Kind
    number: int
    so_far: Floats
    prior: float = 0.0


@dataclass(frozen=True, slots=True)
class _Fit:
    """How well a cause fits: KB per unit, its error, and a log-likelihood."""

    cause: _Cause
    rate: float
    error: float
    likelihood: float


def measure_grows_with(rows: Rows, counts: ShapeCounts) -> GrowsWith | NotKnown:
    """What the live set grows with in these collections. `counts` has a stretch for each of them, which ends with its line.

    At least `MIN_FULLS` of them are full ones.
    """
    so_far, at_ms = np.cumsum(counts.counts, axis=1), rows.numbers("at_ms")
    fulls = np.flatnonzero(rows.full)
    fulls = fulls[np.unique(np.linspace(0, len(fulls) - 1, MOST_FULLS).round().astype(np.intp))]
    lines = so_far[:, fulls[-1]] - so_far[:, fulls[0]]
    frequent = [int(shape) for shape in np.argsort(-lines, kind="stable")[:MOST_SHAPES] if lines[shape] >= MIN_LINES]
    counters = measure_counters(counts, so_far, at_ms)
    if not frequent and not counters:
        return TOO_FEW_LINES
    shapes = [shape for shape in frequent if not goes_by_the_clock(so_far[shape], at_ms)]
    if not shapes and not counters:
        return NotKnown("all lines come at even intervals: it grows with them as it does with time")
    promoted = measure_promoted(rows, so_far[shapes])
    live_kb = rows.numbers("used_after_mb")[fulls] * units.KB_PER_MB
    fits = _fit(_causes(rows, counts, so_far, fulls, shapes, counters), live_kb, at_ms[fulls])
    named = _named([_with_promoted(fit, shapes, promoted) for fit in fits])
    if isinstance(named, NotKnown):
        return named
    compared = [*shapes, *sorted({counter.series.shape for counter in counters} - set(shapes))]
    labels = dict(zip(compared, label_shapes([counts.shapes[shape] for shape in compared]), strict=True))
    reach = student_quantile(UPPER_SHARE, len(fulls) - 2)
    first = named[0][0].cause.so_far
    return GrowsWith(
        lines=tuple(_keeping(fit, share, counts, counters, labels, reach) for fit, share in named),
        compared=len(shapes) + len(counters),
        of_lines=int(lines[shapes].sum()),
        full_collections=len(fulls),
        from_line=int(rows.lines[fulls[0]]),
        to_line=int(rows.lines[fulls[-1]]),
        grew_mb=float(live_kb[-1] - live_kb[0]) / units.KB_PER_MB,
        lines_so_far=tuple(np.rint(first - first[0]).astype(np.int64).tolist()),
        live_mb=tuple((live_kb / units.KB_PER_MB).tolist()),
        at_ms=tuple(at_ms[fulls].tolist()),
        counters=len(counters),
    )


def _keeping(
    fit: _Fit, share: float, counts: ShapeCounts, counters: Sequence[Counted], labels: dict[int, str], reach: float
) -> KeepingLines:
    cause = fit.cause
    series = counters[cause.number].series if cause.kind == "counter" else None
    shape = cause.number if series is None else series.shape
    count = round(float(cause.so_far[-1] - cause.so_far[0]))
    reach *= math.hypot(fit.error, VARIES_SHARE * fit.rate / math.sqrt(count))
    return KeepingLines(
        shape=counts.shapes[shape],
        label=labels[shape],
        count=count,
        first_line=counts.first_lines[shape],
        kb_per_line=fit.rate,
        low_kb=max(0.0, fit.rate - reach),
        high_kb=fit.rate + reach,
        probability=share,
        counter="" if series is None else series.name,
        file=counts.file(shape),
    )


def _causes(
    rows: Rows, counts: ShapeCounts, so_far: Counts, fulls: Places, shapes: list[int], counters: Sequence[Counted]
) -> list[_Cause]:
    """All that the growth may come from. The counters of one shape are together as likely as the shape."""
    every = so_far.sum(axis=0) + np.cumsum(counts.other)
    rest = every - so_far[shapes].sum(axis=0)
    found = [_Cause("shape", shape, so_far[shape][fulls]) for shape in shapes]
    beside = Counter(counter.series.shape for counter in counters)
    found += [
        _Cause("counter", number, counter.so_far[fulls], -math.log(beside[counter.series.shape]))
        for number, counter in enumerate(counters)
    ]
    if rest[fulls[-1]] - rest[fulls[0]] >= MIN_LINES:
        found.append(_Cause("rest", -1, rest[fulls]))
    if len(shapes) > 1 and not _is_named(every, so_far[shapes], counters):
        found.append(_Cause("all", -1, every[fulls]))
    return [*found, _Cause("time", -1, rows.numbers("at_ms")[fulls]), _Cause("none", -1, np.zeros(len(fulls)))]


def _is_named(every: Counts, shapes: Counts, counters: Sequence[Counted]) -> bool:
    """Whether one shape is nearly all lines, or a counter goes with them: then that is the name of all of them."""
    total = every - every[0]
    return (shapes[:, -1] - shapes[:, 0]).max() >= ALONE_SHARE * total[-1] or any(
        stays_beside(total, counter.so_far) for counter in counters
    )


def _fit(causes: list[_Cause], live_kb: Floats, at_ms: Floats) -> list[_Fit]:
    """Each cause alone, by generalised least squares; the scatter that adds up is in proportion to time."""
    count = len(live_kb)
    time = (at_ms - at_ms[0]) / max(at_ms[-1] - at_ms[0], 1.0) * (count - 1)
    columns = np.column_stack([live_kb, np.ones(count), *(cause.so_far - cause.so_far[0] for cause in causes)])
    found: list[list[_Fit]] = []
    for scatter in SCATTERS:
        lower = np.linalg.cholesky(np.eye(count) + scatter * np.minimum.outer(time, time))
        white = np.linalg.solve(lower, columns)
        ones = white[:, 1] / np.linalg.norm(white[:, 1])
        rests = white - np.outer(ones, ones @ white)
        spread = 2 * float(np.log(np.diag(lower)).sum())
        found.append([_fit_one(cause, rests[:, 0], rests[:, place], spread) for place, cause in enumerate(causes, 2)])
    return [_averaged(fits) for fits in zip(*found, strict=True)]


def _averaged(fits: Sequence[_Fit]) -> _Fit:
    """Fits of one cause under each scatter, by how well they fit: how the scatter adds up is not known either."""
    likelihoods = np.array([fit.likelihood for fit in fits])
    best = float(likelihoods.max())
    if not math.isfinite(best):
        return fits[0]
    weights = np.exp(likelihoods - best)
    share = weights / weights.sum()
    rates, errors = np.array([(fit.rate, fit.error) for fit in fits]).T
    rate = float(share @ rates)
    known = share > 0
    variance = float(share[known] @ (errors[known] ** 2 + (rates[known] - rate) ** 2))
    return _Fit(fits[0].cause, rate, math.sqrt(variance), best + math.log(weights.mean()))


def _fit_one(cause: _Cause, live: Floats, lines: Floats, spread: float) -> _Fit:
    """One cause, both sides without their means and with even scatter."""
    free = len(live) - 2
    power = float(lines @ lines)
    rate = float(lines @ live) / power if power > 0 else 0.0
    left = live - rate * lines
    variance = max(float(left @ left) / free, RESOLUTION_KB**2)
    likelihood = cause.prior - free / 2 * math.log(variance) - spread / 2
    if cause.kind == "none":
        return _Fit(cause, 0.0, 0.0, likelihood + math.log(len(live)) / 2)
    if rate <= 0:
        return _Fit(cause, 0.0, math.inf, -math.inf)
    return _Fit(cause, rate, math.sqrt(variance / power), likelihood)


RESOLUTION_KB = 0.05 * units.KB_PER_MB
"""V8 prints sizes to 0.1 MB: each may be off by half of that."""


def _with_promoted(fit: _Fit, shapes: list[int], promoted: Promoted) -> _Fit:
    """A fit, with what scavenges say of its cause: it keeps at most what stays after them."""
    if not math.isfinite(fit.error):
        return fit
    if fit.cause.kind == "shape":
        return _bounded(fit, promoted.of_shapes[shapes.index(fit.cause.number)])
    if fit.cause.kind == "all":
        unlikely = sum(_excess(fit, bound) for bound in promoted.of_groups)
        return replace(fit, likelihood=fit.likelihood - unlikely)
    return fit


def _excess(fit: _Fit, bound: Bound) -> float:
    """How unlikely it is that a cause keeps no more than a bound, as a log-likelihood."""
    above = max(fit.rate - bound.kb, 0.0)
    return above**2 / (fit.error**2 + bound.error_kb**2) / 2


def _bounded(fit: _Fit, bound: Bound) -> _Fit:
    if fit.rate <= bound.kb or not math.isfinite(bound.error_kb):
        return fit
    both = fit.error**2 + bound.error_kb**2
    rate = (fit.rate * bound.error_kb**2 + bound.kb * fit.error**2) / both
    error = fit.error * bound.error_kb / math.sqrt(both)
    return _Fit(fit.cause, rate, error, fit.likelihood - _excess(fit, bound))


def _named(fits: list[_Fit]) -> list[tuple[_Fit, float]] | NotKnown:
    """The fewest shapes that are the cause almost certainly; why not, if there is no such set."""
    likelihoods = np.array([fit.likelihood for fit in fits])
    weights = np.exp(likelihoods - likelihoods.max())
    probabilities = weights / weights.sum()
    named: list[tuple[_Fit, float]] = []
    for number in np.argsort(-probabilities, kind="stable").tolist():
        fit = fits[number]
        if fit.cause.kind == "all" and probabilities[number] >= SURE:
            return NotKnown("it grows with all lines alike, not with one shape of them")
        if fit.cause.kind not in ("shape", "counter"):
            return NotKnown(f"it may as well be {IN_WORDS[fit.cause.kind]} as lines of one shape")
        named.append((fit, float(probabilities[number])))
        if sum(probability for _, probability in named) >= SURE:
            return named
        if len(named) == MOST_NAMED:
            return NotKnown("too many shapes of lines fit its growth alike")
    return NotKnown("no shape of line fits its growth")
