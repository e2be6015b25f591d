"""Two sides held against each other, measure by measure: ratio or difference, 90 % interval, verdict.

The error of a change has three parts: the scatter within each run (`gclog.compare.stretch`), the scatter between the processes
of a side where there are several, and what two runs of the same program differ by for no reason (`between_runs`), which no
log of one run can show and which was therefore measured. Without the last part a comparison of single runs finds changes
where there are none. Kalibera and Jones, Rigorous benchmarking in reasonable time, ISMM 2013.
"""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from gclog.compare.resample import student_quantile, student_two_sided
from gclog.compare.stretch import Estimate, Key, Stretch
from gclog.model.comparison import Change, Measure, Unit, Verdict
from gclog.model.not_known import NotKnown
from gclog.model.records import Collector

__all__ = ["MEASURES", "MeasureRule", "compare_stretches"]

FAMILY_ERROR = 0.05
"""Chance that any measure of the answer is called better or worse though nothing changed (Holm); and the same for the others."""

SAME_RATIO = 1.25
"""An interval within 1/1.25 .. 1.25 is "same": the limits of bioequivalence (80 % to 125 %), which were set for ratios whose 90 %
interval is known."""

MATERIAL_RATIO = 1.1
"""A change of less than a tenth is "same" however certain it is: nobody deploys anew for it."""

TREND_BY_LOAD = 0.25
"""Of a trend: a leak grows with the requests that leak, and runs of one program served so much more or less of them."""

ONLY_ONE = "one pause of each side: nothing tells how far it might have come out otherwise"
LEAST_FREEDOM = 3.0
"""Degrees of freedom that an error is given at least: below, the approximation of Student's t breaks down."""


@dataclass(frozen=True, slots=True)
class MeasureRule:
    """How a measure is judged.

    between_runs   standard deviation between runs of the same program: of the logarithm, or in `unit` on the scale `difference`;
                   for the trend, share of the live set that it adds or takes within the stretch
    same, material on the scale `difference`, what `SAME_RATIO` and `MATERIAL_RATIO` are on the other; for the trend as above
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
"""In the order of the report.

`between_runs` was measured on 240 pairs of runs of the same programs (Node 12, 20 and 24, 15 s each, other load on the machine's
two cores): the root of the mean square of their changes, less what the runs' own scatter explains. What is timed differs most, by
half as much again and more; what is alive hardly does. On a quiet machine runs differ less, and these figures are cautious:
several runs of each side help then.

With them, 9 of those 240 comparisons called the other run better or worse; of pairs not used for the measurement, 0 of 75, and
5 of 61 while others kept the machine so busy that one program got through up to 3.6 times as much as its twin. With three runs
a side: 0 of 120 (pairs share runs). A leak was found in 87 of 93 single comparisons, twice the rows of each request in 93 of 93,
a larger young generation in 48 of 93 (called worse in 4, on that busy machine).
"""


@dataclass(frozen=True, slots=True)
class _Tested:
    """A change before its verdict: `p` is the chance of so large a change without a cause."""

    change: Change
    rule: MeasureRule
    p: float | None
    unit_of_margin: float = 1.0


@dataclass(frozen=True, slots=True)
class _Sides:
    """The processes of both sides, and how many runs they are: those of one log ran together, and share what befell them."""

    before: Sequence[Stretch]
    after: Sequence[Stretch]
    runs: tuple[int, int]


def compare_stretches(
    before: Sequence[Stretch], after: Sequence[Stretch], runs: tuple[int, int] = (1, 1)
) -> tuple[Change, ...]:
    """Every measure that either side has, in the order of `MEASURES`, the verdicts guarded against their number.

    `runs`: of how many runs the processes of each side are. Three runs of a side differ from three others by less than one
    from another.
    """
    sides = _Sides(before, after, runs)
    tested = [_test(rule, key, sides) for rule in MEASURES for key in _keys(rule.measure, before, after)]
    return tuple(_judge(tested))


def _keys(measure: Measure, before: Sequence[Stretch], after: Sequence[Stretch]) -> list[Key]:
    """The measure for each collector that both sides know; the live set by full collections, else by scavenges."""
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
    """The processes of a side as one: the mean of their figures (of the logarithms, where ratios are judged).

    Its error is the larger of what the processes' own errors and what their differences tell.
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
    freedom = sum(figure.freedom for figure in known) if within >= between else count - 1.0
    value = mean if linear else math.exp(mean) - floor
    return Estimate(value, math.sqrt(max(within, between)), freedom, sum(figure.count for figure in known), floor)


def _blank(rule: MeasureRule, collector: Collector | None, before: float | NotKnown, after: float | NotKnown) -> Change:
    none = NotKnown("no interval")
    scale: Literal["ratio", "difference"] = "difference" if rule.difference else "ratio"
    return Change(
        rule.measure, collector, rule.unit, before, after, scale, none, none, none, none, none, none, "cannot-say", "", rule.primary
    )  # fmt: skip


def _test_ratio(rule: MeasureRule, blank: Change, before: Estimate, after: Estimate, runs: tuple[int, int]) -> _Tested:
    shift = math.log(after.value + after.floor) - math.log(before.value + before.floor)
    between = [rule.between_runs / math.sqrt(count) for count in runs]
    error, freedom = _error(before, after, between)
    reach = student_quantile(0.95, freedom) * error
    # of the difference by the delta method: the error of a figure is its own times that of its logarithm
    of_runs = [
        (estimate.value + estimate.floor) * math.hypot(estimate.error, one)
        for estimate, one in zip((before, after), between, strict=True)
    ]
    apart, apart_reach = after.value - before.value, student_quantile(0.95, freedom) * math.hypot(*of_runs)
    change = dataclasses.replace(
        blank,
        ratio=math.exp(shift),
        low=math.exp(shift - reach),
        high=math.exp(shift + reach),
        difference=apart,
        difference_low=apart - apart_reach,
        difference_high=apart + apart_reach,
    )
    return _Tested(change, rule, student_two_sided(shift / error, freedom))


def _test_difference(rule: MeasureRule, blank: Change, before: Estimate, after: Estimate, sides: _Sides) -> _Tested:
    margin = _live_per_hour([*sides.before, *sides.after]) if rule.measure == "live_trend" else 1.0
    if not margin > 0:
        return _Tested(dataclasses.replace(blank, why="too few full collections to know the live set"), rule, None)
    by_load = TREND_BY_LOAD if rule.measure == "live_trend" else 0.0
    between = [
        math.hypot(rule.between_runs * margin, by_load * side.value) / math.sqrt(count)
        for side, count in zip((before, after), sides.runs, strict=True)
    ]
    error, freedom = _error(before, after, between)
    apart, reach = after.value - before.value, student_quantile(0.95, freedom) * error
    change = dataclasses.replace(blank, difference=apart, difference_low=apart - reach, difference_high=apart + reach)
    return _Tested(change, rule, student_two_sided(apart / error, freedom), margin)


def _live_per_hour(stretches: Sequence[Stretch]) -> float:
    """The least live set of the stretches, per length of a stretch: a trend of so much doubles it within one. MB/h."""
    live = [stretch.figures.get(("live_mb", None, "")) for stretch in stretches]
    known = [figure.value for figure in live if isinstance(figure, Estimate)]
    return min(known, default=0.0) / (stretches[0].duration_ms / 3_600_000)


def _error(before: Estimate, after: Estimate, between_runs: Sequence[float]) -> tuple[float, float]:
    """Standard error of a change and its degrees of freedom (Welch and Satterthwaite; `between_runs`, of each side, counts as known)."""
    parts = (before.error**2, after.error**2)
    whole = sum(parts) + sum(one**2 for one in between_runs)
    taken = sum(part**2 / estimate.freedom for part, estimate in zip(parts, (before, after), strict=True))
    return math.sqrt(whole), max(whole**2 / taken, LEAST_FREEDOM) if taken > 0 else 1e6


# ---------------------------------------------------------------- verdicts


def _judge(tested: Sequence[_Tested]) -> list[Change]:
    """The measures of the answer and those that explain it are a family each: explanations must not drown the answer."""
    certain = _certain([one for one in tested if one.rule.primary]) | _certain([one for one in tested if not one.rule.primary])
    return [_verdict(one, one.change in certain) for one in tested]


def _certain(family: Sequence[_Tested]) -> set[Change]:
    """Holm: the smallest chance must stay below 5 % / m, the next below 5 % / (m - 1), until the first that does not.

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
            ("worse" if (point > 0) == rule.less_is_better else "better"),
            "more than runs of the same program differ by",
        )
    elif -same <= low and high <= same:
        verdict, why = "same", "the whole interval is near no change"
    elif certain:
        verdict, why = "same", "certain, but too small to matter"
    else:
        verdict, why = (
            "cannot-say",
            "the interval holds no change, and much change too"
            if low <= 0 <= high
            else ("a change may be there, but among so many measures one like it comes by chance"),
        )
    return dataclasses.replace(change, verdict=verdict, why=why)


def _number(value: float | NotKnown) -> float:
    assert not isinstance(value, NotKnown)
    return value
