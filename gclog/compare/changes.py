"""Two sides compared measure by measure: ratio or difference, 90 % interval, verdict.

The error of a change has three parts: the scatter within each run (`gclog.compare.stretch`), the scatter between the processes
of a side if there are several, and the unexplained variation between runs of the same program (`between_runs`), which no log of
a single run can show and which was therefore measured. Without the last part, comparing single runs finds changes where there
are none. Kalibera and Jones, Rigorous benchmarking in reasonable time, ISMM 2013.
"""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from gclog import units
from gclog.analysis.measure.student import student_quantile, student_two_sided
from gclog.compare.stretch import Estimate, Key, Stretch
from gclog.model.comparison import Change, Measure, Unit, Verdict
from gclog.model.not_known import NotKnown
from gclog.model.records import Collector

__all__ = ["MEASURES", "MeasureRule", "compare_stretches"]

FAMILY_ERROR = 0.05
"""Probability that any primary measure is called better or worse although nothing changed (Holm); likewise for the others."""

SAME_RATIO = 1.25
"""An interval within 1/1.25 .. 1.25 is "same": the limits of bioequivalence (80 % to 125 %), which are defined for the 90 %
interval of a ratio."""

MATERIAL_RATIO = 1.1
"""A change of less than a tenth is "same" however certain it is: nobody redeploys for it."""

TREND_BY_LOAD = 0.25
"""Relative error of a trend due to load: a leak grows with the requests that leak, whose number varied this much between runs."""

ONLY_ONE = "one pause on each side: nothing shows how different it might have been"
MIN_DOF = 3.0
"""Lower bound on the degrees of freedom of an error: below it the approximation of Student's t breaks down."""


@dataclass(frozen=True, slots=True)
class MeasureRule:
    """How a measure is judged.

    between_runs     standard deviation between runs of the same program: of the logarithm, or in `unit` on the scale `difference`;
                     for the trend, the share of the live set added or removed within the stretch
    same, material   counterparts of `SAME_RATIO` and `MATERIAL_RATIO` on the scale `difference`; for the trend as above
    """

    measure: Measure
    unit: Unit
    less_is_better: bool
    primary: bool
    between_runs: float
    difference: bool = False
    same: float = 0.0
    material: float = 0.0


MEASURES: tuple[MeasureRule, ...] = (
    MeasureRule("gc_share", "share", True, True, 0.3),
    MeasureRule("gc_share_with_incremental", "share", True, False, 0.3),
    MeasureRule("gc_ms_per_gb", "ms_per_gb", True, False, 0.4),
    MeasureRule("pause_p50", "ms", True, False, 0.4),
    MeasureRule("pause_p90", "ms", True, True, 0.5),
    MeasureRule("pause_p99", "ms", True, True, 0.5),
    MeasureRule("pause_max", "ms", True, False, 0.5),
    MeasureRule("pauses_per_min", "per_min", True, False, 0.35),
    MeasureRule("fulls_per_min", "per_min", True, False, 0.18),
    MeasureRule("alloc_mb_per_s", "mb_per_s", True, False, 0.18),
    MeasureRule("live_mb", "mb", True, True, 0.04),
    MeasureRule("live_trend", "mb_per_h", True, True, 0.04, difference=True, same=0.15, material=0.1),
    MeasureRule("committed_mb", "mb", True, False, 0.06),
    MeasureRule("reclaim_share", "share", False, False, 0.02, difference=True, same=0.15, material=0.1),
    MeasureRule("mu", "mu", False, False, 0.025, difference=True, same=0.1, material=0.05),
)
"""All measures, in the order of the report.

`between_runs` was measured on 240 pairs of runs of the same programs (Node 12, 20 and 24, 15 s each, with other load on the
machine's two cores): the root mean square of their changes, minus what the runs' own scatter explains. Timings differ most, by
half as much again and more; live sizes hardly differ. On a quiet machine runs differ less and these figures are conservative;
several runs of each side help then.

With them, 9 of those 240 comparisons called the other run better or worse; of pairs not used for the measurement, 0 of 75, and
5 of 61 while other load kept the machine so busy that one program did up to 3.6 times as much work as its twin. With three runs
a side: 0 of 120 (pairs share runs). A leak was found in 87 of 93 single comparisons, twice the rows per request in 93 of 93,
a larger young generation in 48 of 93 (called worse in 4, on that busy machine).
"""


@dataclass(frozen=True, slots=True)
class _Tested:
    """A change before its verdict. `p` is the probability of a change this large arising by chance."""

    change: Change
    rule: MeasureRule
    p: float | None
    unit_of_margin: float = 1.0


@dataclass(frozen=True, slots=True)
class _Sides:
    """The processes of both sides, and how many runs they make up: those of one log ran together and share its circumstances."""

    before: Sequence[Stretch]
    after: Sequence[Stretch]
    runs: tuple[int, int]


def compare_stretches(
    before: Sequence[Stretch], after: Sequence[Stretch], runs: tuple[int, int] = (1, 1)
) -> tuple[Change, ...]:
    """Every measure that either side has, in the order of `MEASURES`, with verdicts corrected for multiple testing.

    `runs`: the number of runs that each side's processes come from. The mean of three runs varies less than a single run.
    """
    sides = _Sides(before, after, runs)
    tested = [_test(rule, key, sides) for rule in MEASURES for key in _keys(rule.measure, before, after)]
    return tuple(_judge(tested))


def _keys(measure: Measure, before: Sequence[Stretch], after: Sequence[Stretch]) -> list[Key]:
    """A measure's keys: one for each collector of either side; the live set by full collections or else by scavenges."""
    if measure.startswith("pause_"):
        known = [{key for stretch in side for key in stretch.figures if key[0] == measure} for side in (before, after)]
        return sorted(known[0] | known[1], key=lambda key: (key[1] != "scavenge", str(key[1])))
    if measure == "live_mb" and not all(
        any(isinstance(stretch.figures.get(("live_mb", None, "")), Estimate) for stretch in side) for side in (before, after)
    ):
        return [("live_mb", None, "scavenge")]
    return [(measure, None, "")]


def _test(rule: MeasureRule, key: Key, sides: _Sides) -> _Tested:
    both = [_side(key, side, rule.difference) for side in (sides.before, sides.after)]
    first, second = both
    values = [side.value if isinstance(side, Estimate) else side for side in both]
    blank = _blank(rule, key[1], values[0], values[1])
    for name, side in zip(("before", "after"), both, strict=True):
        if isinstance(side, NotKnown):
            return _Tested(dataclasses.replace(blank, why=f"{name}: {side.reason}"), rule, None)
    assert isinstance(first, Estimate) and isinstance(second, Estimate)
    if rule.measure == "pause_max":
        ratio = second.value / first.value if first.value > 0 else NotKnown("the largest before is 0")
        return _Tested(dataclasses.replace(blank, ratio=ratio, why=ONLY_ONE), rule, None)
    if rule.difference:
        return _test_difference(rule, blank, first, second, sides)
    return _test_ratio(rule, blank, first, second, sides.runs)


def _side(key: Key, side: Sequence[Stretch], linear: bool) -> Estimate | NotKnown:
    """The processes of a side as one: the mean of their figures (of their logarithms, if ratios are judged).

    Its error is derived from the processes' own errors or from their differences, whichever gives more.
    """
    all_known = [stretch.figures.get(key) for stretch in side]
    known = [figure for figure in all_known if isinstance(figure, Estimate)]
    if not known:
        return next(
            (f for f in (*all_known, *(s.figures.get(("gc_share", None, "")) for s in side)) if isinstance(f, NotKnown)),
            NotKnown("no such collection"),
        )
    if len(known) == 1 or key[0] == "pause_max":
        return max(known, key=lambda figure: figure.value)
    floor = known[0].floor
    points = [figure.value if linear else math.log(figure.value + floor) for figure in known]
    mean, count = sum(points) / len(points), len(points)
    within = sum(figure.error**2 for figure in known) / count**2
    between = sum((point - mean) ** 2 for point in points) / (count - 1) / count
    dof = sum(figure.dof for figure in known) if within >= between else count - 1.0
    value = mean if linear else math.exp(mean) - floor
    return Estimate(value, math.sqrt(max(within, between)), dof, sum(figure.count for figure in known), floor)


def _blank(rule: MeasureRule, collector: Collector | None, before: float | NotKnown, after: float | NotKnown) -> Change:
    none = NotKnown("no interval")
    scale: Literal["ratio", "difference"] = "difference" if rule.difference else "ratio"
    return Change(
        rule.measure, collector, rule.unit, before, after, scale, none, none, none, none, none, none, "cannot-say", "", rule.primary
    )  # fmt: skip


def _test_ratio(rule: MeasureRule, blank: Change, before: Estimate, after: Estimate, runs: tuple[int, int]) -> _Tested:
    shift = math.log(after.value + after.floor) - math.log(before.value + before.floor)
    between = [rule.between_runs / math.sqrt(count) for count in runs]
    error, dof = _error(before, after, between)
    reach = student_quantile(0.95, dof) * error
    # for the difference, by the delta method: the error of a figure is the figure times the error of its logarithm
    of_runs = [
        (estimate.value + estimate.floor) * math.hypot(estimate.error, one)
        for estimate, one in zip((before, after), between, strict=True)
    ]
    apart, apart_reach = after.value - before.value, student_quantile(0.95, dof) * math.hypot(*of_runs)
    change = dataclasses.replace(
        blank,
        ratio=math.exp(shift),
        low=math.exp(shift - reach),
        high=math.exp(shift + reach),
        difference=apart,
        difference_low=apart - apart_reach,
        difference_high=apart + apart_reach,
    )
    return _Tested(change, rule, student_two_sided(shift / error, dof))


def _test_difference(rule: MeasureRule, blank: Change, before: Estimate, after: Estimate, sides: _Sides) -> _Tested:
    margin = _live_per_hour([*sides.before, *sides.after]) if rule.measure == "live_trend" else 1.0
    if not margin > 0:
        return _Tested(dataclasses.replace(blank, why="too few full collections to know the live set"), rule, None)
    by_load = TREND_BY_LOAD if rule.measure == "live_trend" else 0.0
    between = [
        math.hypot(rule.between_runs * margin, by_load * side.value) / math.sqrt(count)
        for side, count in zip((before, after), sides.runs, strict=True)
    ]
    error, dof = _error(before, after, between)
    apart, reach = after.value - before.value, student_quantile(0.95, dof) * error
    change = dataclasses.replace(blank, difference=apart, difference_low=apart - reach, difference_high=apart + reach)
    return _Tested(change, rule, student_two_sided(apart / error, dof), margin)


def _live_per_hour(stretches: Sequence[Stretch]) -> float:
    """The smallest live set over the length of a stretch, MB/h: the trend that would double it within one."""
    live = [stretch.figures.get(("live_mb", None, "")) for stretch in stretches]
    known = [figure.value for figure in live if isinstance(figure, Estimate)]
    return min(known, default=0.0) / (stretches[0].duration_ms / units.MS_PER_HOUR)


def _error(before: Estimate, after: Estimate, between_runs: Sequence[float]) -> tuple[float, float]:
    """Standard error of a change and its degrees of freedom (Welch-Satterthwaite; each side's `between_runs` counts as known)."""
    parts = (before.error**2, after.error**2)
    whole = sum(parts) + sum(one**2 for one in between_runs)
    taken = sum(part**2 / estimate.dof for part, estimate in zip(parts, (before, after), strict=True))
    return math.sqrt(whole), max(whole**2 / taken, MIN_DOF) if taken > 0 else 1e6


# ---------------------------------------------------------------- verdicts


def _judge(tested: Sequence[_Tested]) -> list[Change]:
    """Verdicts, with primary and explanatory measures as separate families, so that explanations do not drown the answer."""
    certain = _certain([one for one in tested if one.rule.primary]) | _certain([one for one in tested if not one.rule.primary])
    return [_verdict(one, one.change in certain) for one in tested]


def _certain(family: Sequence[_Tested]) -> set[Change]:
    """Holm: the smallest p must be below 5 % / m, the next below 5 % / (m - 1), until the first that is not.

    Holm, A simple sequentially rejective multiple test procedure, Scandinavian Journal of Statistics 6 (1979).
    """
    ordered = sorted(((one.p, number) for number, one in enumerate(family) if one.p is not None))
    certain: set[Change] = set()
    for rank, (p, number) in enumerate(ordered):
        if p > FAMILY_ERROR / (len(ordered) - rank):
            break
        certain.add(family[number].change)
    return certain


def _verdict(one: _Tested, certain: bool) -> Change:
    change, rule = one.change, one.rule
    if one.p is None:
        return change
    if rule.difference:
        low, high, point = (_number(v) for v in (change.difference_low, change.difference_high, change.difference))
        same, material = rule.same * one.unit_of_margin, rule.material * one.unit_of_margin
    else:
        low, high, point = (math.log(_number(v)) for v in (change.low, change.high, change.ratio))
        same, material = math.log(SAME_RATIO), math.log(MATERIAL_RATIO)
    verdict: Verdict
    if certain and abs(point) >= material:
        verdict, why = (
            "worse" if (point > 0) == rule.less_is_better else "better",
            "more than runs of the same program differ by",
        )
    elif -same <= low and high <= same:
        verdict, why = "same", "the whole interval is close to no change"
    elif certain:
        verdict, why = "same", "certain, but too small to matter"
    else:
        verdict, why = (
            "cannot-say",
            "the interval includes both no change and a large one"
            if low <= 0 <= high
            else "there may be a change, but among this many measures one like it arises by chance",
        )
    return dataclasses.replace(change, verdict=verdict, why=why)


def _number(value: float | NotKnown) -> float:
    assert not isinstance(value, NotKnown)
    return value
