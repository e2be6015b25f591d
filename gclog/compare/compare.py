"""Two sides compared: before and after a deploy, a flag, a new Node.

read each side -> choose its processes -> find a common stretch -> measure -> changes -> caveats
"""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from pathlib import Path

import gclog
from gclog.compare.changes import compare_stretches
from gclog.compare.sides import Ages, Run, Side, choose_runs, find_ages, read_side
from gclog.compare.stretch import Estimate, Stretch, measure_stretch
from gclog.errors import UsageError
from gclog.incident.settings import Progress, Settings
from gclog.model.comparison import (
    Change,
    ComparedProcess,
    ComparedSide,
    CompareReport,
    Comparison,
    LevelChange,
    Overall,
    SideReport,
    Verdict,
)
from gclog.model.not_known import NotKnown
from gclog.model.profile_comparison import ProfileCompareReport
from gclog.model.verdict import LEVELS, Forecast, Level, NoForecast

__all__ = ["compare", "compare_sides"]

Words = Sequence[str | Path] | str | Path

TROUBLE: dict[Level, int] = {"ok": 0, "rising": 0, "impending": 1, "critical": 1, "exhausted": 2}
"""Calm, alarm, death: a step between these is a change. Within one of them it may just depend on when the log ends."""

UNEQUAL_LOGS = 2.0
"""Ratio of lengths from which the longer log had noticeably more opportunity to see trouble."""

OTHER_LOAD = 1.25
"""Ratio of allocation rates from which the load may not have been the same."""

SEVERAL_RUNS = 3
"""Runs per side from which their own differences become informative."""

FEW_COLLECTIONS = 30
"""Fewer collections in a stretch leave wide intervals, which is worth a note."""


def compare(
    before: Words, after: Words, settings: Settings | None = None, progress: Progress | None = None
) -> CompareReport | ProfileCompareReport:
    """Read both sides and compare them: GC logs, or CPU profiles. Raises GclogError; if a side has neither the message names the side."""
    settings = settings or Settings()
    sides = read_side("before", before, settings, progress), read_side("after", after, settings, progress)
    if all(side.runs for side in sides):
        return compare_sides(*sides, gclog.__version__)
    if all(side.report.profiles for side in sides):
        from gclog.compare.profiles import compare_profiles  # most sides are GC logs

        return compare_profiles(*sides, gclog.__version__)
    raise _unlike(*sides)


def _unlike(before: Side, after: Side) -> UsageError:
    """A GC log on one side, a profile on the other."""
    what = ["a GC log" if side.runs else "a CPU profile" for side in (before, after)]
    return UsageError(
        f"BEFORE is {what[0]}, AFTER is {what[1]}",
        where=f"{', '.join(before.words)} and {', '.join(after.words)}",
        remedy="Give the same kind on both sides: two GC logs, or two CPU profiles (tick logs or .cpuprofile).",
    )


def compare_sides(before: Side, after: Side, version: str) -> CompareReport:
    """Compare two sides that have already been read."""
    chosen = choose_runs(before.runs), choose_runs(after.runs)
    ages = find_ages(*chosen)
    measured = [_measure(runs, ages) for runs in chosen]
    changes = compare_stretches(measured[0], measured[1], (_count_runs(chosen[0]), _count_runs(chosen[1])))
    level = _compare_levels(chosen[0], chosen[1])
    left = _compare_time_left(chosen[0], chosen[1])
    changes += () if left is None else (left,)
    sides = [_describe(side, runs, stretches) for side, runs, stretches in zip((before, after), chosen, measured, strict=True)]
    comparison = Comparison(
        before=sides[0],
        after=sides[1],
        overall=_overall(level, changes),
        level=level,
        changes=changes,
        warm_up_ms=ages.warm_up_ms,
        span_ms=ages.span_ms,
        same_age=ages.same,
        judged=sum(not isinstance(change.difference, NotKnown) for change in changes),
        notes=(*_note_load(changes), *_notes(sides[0], sides[1], chosen, ages), *_note_live_set(measured)),
    )
    return CompareReport(version, comparison, _side_report(before, chosen[0]), _side_report(after, chosen[1]))


def _count_runs(runs: Sequence[Run]) -> int:
    """Number of runs: processes of one log ran side by side and count as one."""
    return len({run.report.source for run in runs})


def _measure(runs: Sequence[Run], ages: Ages) -> list[Stretch]:
    return [measure_stretch(run.collections, *ages.of(run)) for run in runs]


def _side_report(side: Side, runs: Sequence[Run]) -> SideReport:
    return SideReport(side.report.sources, tuple(run.report for run in runs))


def _describe(side: Side, runs: Sequence[Run], stretches: Sequence[Stretch]) -> ComparedSide:
    compared = tuple(
        ComparedProcess(
            source=run.report.source,
            pid=run.report.pid,
            isolate=run.report.isolate,
            run=run.report.run,
            node=run.report.node.range,
            level=run.report.verdict.level,
            first_ms=stretch.first_ms,
            last_ms=stretch.last_ms,
            collections=stretch.collections,
            fulls=stretch.fulls,
        )
        for run, stretch in zip(runs, stretches, strict=True)
    )
    nodes = sorted({process.node for process in compared if process.node}, key=_node_order)
    return ComparedSide(side.words, compared, len(side.runs) - len(runs), ", ".join(nodes))


def _node_order(node: str) -> tuple[int, str]:
    digits = "".join(character for character in node.split(" ")[0].split(".")[0] if character.isdigit())
    return (int(digits) if digits else 0, node)


# ---------------------------------------------------------------- judged without resampling


def _compare_levels(before: Sequence[Run], after: Sequence[Run]) -> LevelChange:
    """The verdict of each side's most severe process."""
    first, second = (max((run.report.verdict.level for run in runs), key=LEVELS.index) for runs in (before, after))
    if "not-assessable" in (first, second):
        side = "before" if first == "not-assessable" else "after"
        return LevelChange(first, second, "cannot-say", f"{side}: too few full collections for a verdict")
    if TROUBLE[first] != TROUBLE[second]:
        worse = TROUBLE[second] > TROUBLE[first]
        return LevelChange(first, second, "worse" if worse else "better", "a verdict of another kind")
    if first != second:
        return LevelChange(first, second, "cannot-say", "these two are so close that either may come from where the log ends")
    return LevelChange(first, second, "same", "the same verdict")


def _compare_time_left(before: Sequence[Run], after: Sequence[Run]) -> Change | None:
    """Forecasts of the most severe processes, different if their intervals are disjoint. None if neither side has one."""
    forecasts = [_soonest(runs) for runs in (before, after)]
    if not any(isinstance(forecast, Forecast) for forecast in forecasts):
        return None
    left = [
        NotKnown(one.reason) if isinstance(one, NoForecast) else max(one.at_expected_ms - one.now_ms, 0.0) for one in forecasts
    ]
    none = NotKnown("no interval")
    blank = Change(
        "time_to_exhaustion", None, "ms", left[0], left[1], "ratio", none, none, none, none, none, none, "cannot-say", "", True
    )  # fmt: skip
    first, second = forecasts
    if isinstance(first, NoForecast) or isinstance(second, NoForecast):
        side = "before" if isinstance(first, NoForecast) else "after"
        return dataclasses.replace(blank, why=f"{side}: {next(one.reason for one in left if isinstance(one, NotKnown))}")
    verdict, why = _apart(first, second)
    return dataclasses.replace(blank, verdict=verdict, why=why)


def _apart(before: Forecast, after: Forecast) -> tuple[Verdict, str]:
    if after.at_high_ms - after.now_ms < before.at_low_ms - before.now_ms:
        return "worse", "the intervals of the two forecasts do not overlap"
    if before.at_high_ms - before.now_ms < after.at_low_ms - after.now_ms:
        return "better", "the intervals of the two forecasts do not overlap"
    return "cannot-say", "the intervals of the two forecasts overlap"


def _soonest(runs: Sequence[Run]) -> Forecast | NoForecast:
    known = [run.report.forecast for run in runs if isinstance(run.report.forecast, Forecast)]
    if known:
        return min(known, key=lambda forecast: forecast.at_expected_ms - forecast.now_ms)
    return runs[0].report.forecast


def _overall(level: LevelChange, changes: Sequence[Change]) -> Overall:
    """The answer, from the verdict and the primary measures. A death or alarm on one side alone decides it."""
    if level.verdict in ("better", "worse"):
        return level.verdict
    found = {level.verdict, *(change.verdict for change in changes if change.primary)}
    match "worse" in found, "better" in found:
        case True, True:
            return "mixed"
        case True, False:
            return "worse"
        case False, True:
            return "better"
        case _:
            share = next(change for change in changes if change.measure == "gc_share")
            return "same" if share.verdict == "same" else "cannot-say"


# ---------------------------------------------------------------- notes


def _note_load(changes: Sequence[Change]) -> tuple[str, ...]:
    """A caveat on load: allocation follows load and GC's share of the time follows allocation, so rule that out first."""
    known = [change.ratio for change in changes if change.measure == "alloc_mb_per_s" and isinstance(change.ratio, float)]
    if known and max(known[0], 1 / known[0]) >= OTHER_LOAD:
        return (
            f"after allocates {known[0]:.2f} times as much as before: if the load differs, so do GC's share, its pauses per minute and"
            " the pace of a leak; GC's cost per GB allocated does not depend on the load",
        )
    return ("allocation follows load: if requests per second differed, so does what they leave behind",)


def _note_live_set(measured: Sequence[Sequence[Stretch]]) -> tuple[str, ...]:
    """A caveat if the live set is not based on full collections, as decided in `compare_stretches`."""
    by_fulls = [any(isinstance(one.figures.get(("live_mb", None, "")), Estimate) for one in side) for side in measured]
    if all(by_fulls):
        return ()
    return (
        "a side has too few full collections: the live set is the lowest tenth of the sizes after all collections, which include"
        " garbage of the old space",
    )


def _notes(
    before: ComparedSide, after: ComparedSide, chosen: tuple[Sequence[Run], Sequence[Run]], ages: Ages
) -> tuple[str, ...]:
    notes = []
    if before.node != after.node:
        notes.append(
            "the sides ran on different versions of Node, where a collector of the same name works differently (V8 6.2 made the"
            " Scavenge parallel, 6.4 marking concurrent): pauses and counts of one collector are only partly comparable,"
            " while shares of time and the live set are"
        )
    if not ages.same:
        notes.append(
            "the logs show their processes at different ages: the last stretches of equal length are compared, and effects of"
            " age look like a change"
        )
    for name, side in (("before", before), ("after", after)):
        if side.set_aside:
            count = side.set_aside
            notes.append(f"{name}: {count} {'process is' if count == 1 else 'processes are'} left out, workers or much shorter")
        if len(side.processes) > 1:
            notes.append(
                f"{name}: the figures are the mean of {len(side.processes)} processes, the verdict that of the most severe;"
                " each log counts as a separate run, which is not quite true of workers of one cluster on one machine"
            )
        if min(process.collections for process in side.processes) < FEW_COLLECTIONS:
            notes.append(f"{name}: few collections, so only large changes can be seen")
    lengths = [max(run.report.span.duration_ms for run in runs) for runs in chosen]
    if min(lengths) > 0 and max(lengths) / min(lengths) >= UNEQUAL_LOGS:
        notes.append("the verdicts cover the whole logs, and the longer log had more time to see trouble")
    if min(len({process.source for process in side.processes}) for side in (before, after)) < SEVERAL_RUNS:
        notes.append(
            "two runs of one program on a busy machine differ in pauses and GC share by half as much again for no reason, which a single"
            f" run cannot show; the intervals allow for it. {SEVERAL_RUNS} runs of each side (BEFORE and AFTER may be folders) narrow them"
        )
    return tuple(notes)
