"""The pictures of a profile over time, on one axis: what V8 was doing, its committed heap, and the GC log's pauses."""

from __future__ import annotations

import math

from gclog import units
from gclog.model.not_known import NotKnown
from gclog.model.profile import STATES, GcJoin, Profile
from gclog.model.report import ProfileReport
from gclog.report.draw.heap import DRAWN_COLLECTORS, TIME_UNITS, Band, Curve, Mark, Picture
from gclog.report.draw.scale import log_ticks, round_ticks, time_ticks
from gclog.report.draw.thinning import thin
from gclog.report.say.process import COLLECTOR_NAMES
from gclog.report.say.profile import committed_sentence
from gclog.report.say.profile_time import STATE_GROUPS

__all__ = ["draw_committed", "draw_joined_pauses", "draw_states"]

HEIGHT = 240
"""Height of one of these pictures: up to three are stacked."""

POINTS = 400
X_TICKS, Y_TICKS, HEADROOM = 8, 4, 1.04


class _Axis:
    """The time axis of the ticks, the same in all pictures of a profile."""

    def __init__(self, profile: Profile) -> None:
        assert not isinstance(profile.first_us, NotKnown) and not isinstance(profile.duration_ms, NotKnown)
        self.first_ms = profile.first_us / units.US_PER_MS
        self.last_ms = self.first_ms + max(profile.duration_ms, 1.0)
        _, self.unit_ms, self.unit = next(row for row in TIME_UNITS if self.last_ms - self.first_ms <= row[0])

    def at(self, at_us: float) -> float:
        return min(max(at_us / units.US_PER_MS, self.first_ms), self.last_ms) / self.unit_ms

    def picture(
        self,
        title: str,
        description: str,
        y: tuple[str, str, tuple[float, ...]],
        curves: tuple[Curve, ...],
        bands: tuple[Band, ...],
        *,
        logarithmic: bool = False,
        note: str = "",
        marks: tuple[Mark, ...] = (),
    ) -> Picture:
        y_title, y_suffix, y_ticks = y
        return Picture(
            title=title,
            description=description,
            x_title=f"{self.unit} on the profiler's clock",
            y_title=y_title,
            y_suffix=y_suffix,
            x_ticks=tuple(tick / self.unit_ms for tick in time_ticks(self.first_ms, self.last_ms, X_TICKS)),
            y_ticks=y_ticks,
            x_range=(self.first_ms / self.unit_ms, self.last_ms / self.unit_ms),
            logarithmic=logarithmic,
            curves=curves,
            bands=bands,
            marks=marks,
            note=note,
            height=HEIGHT,
        )


def _has_time(profile: Profile) -> bool:
    """Whether the ticks have times at all: before V8 3.28 they have none."""
    return not isinstance(profile.duration_ms, NotKnown) and profile.duration_ms > 0


def _windows(report: ProfileReport, axis: _Axis) -> tuple[Band, ...]:
    if isinstance(report.gc, NotKnown):
        return ()
    return tuple(
        Band("window", "heavy allocation", axis.at(window.from_us), axis.at(window.to_us), upright=True)
        for window in report.gc.windows
        if axis.at(window.to_us) > axis.at(window.from_us)
    )


def draw_states(report: ProfileReport) -> Picture | None:
    """Ticks, or ms, by VM state, stacked, a step per slice. None with fewer than two slices."""
    profile = report.profile
    if len(profile.states) < 2 or not _has_time(profile):
        return None
    axis = _Axis(profile)
    edges = [part.from_us for part in profile.states] + [axis.last_ms * units.US_PER_MS]
    x = tuple(axis.at(edge) for at in range(len(profile.states)) for edge in (edges[at], edges[at + 1]))
    below = [0.0] * len(profile.states)
    scale, unit = (1.0, "ticks") if profile.unit == "ticks" else (units.US_PER_MS, "ms")
    curves = []
    for role, name, states in STATE_GROUPS:
        indices = [STATES.index(state) for state in states]
        above = [low + sum(part.ticks[i] for i in indices) / scale for low, part in zip(below, profile.states, strict=True)]
        if above != below:
            top = tuple(float(y) for y in above for _ in range(2))
            foot = tuple(float(y) for y in below for _ in range(2))
            curves.append(Curve(role, name, "area", (*x, *reversed(x)), (*top, *reversed(foot))))
        below = above
    slice_ms = (edges[1] - edges[0]) / units.US_PER_MS
    return axis.picture(
        "What V8 was doing",
        f"{'Ticks' if unit == 'ticks' else 'Time'} in slices of {units.duration(slice_ms)}, by the state V8 was in.",
        (unit, f" {unit}", round_ticks(max(below) * HEADROOM, Y_TICKS)),
        tuple(curves),
        _windows(report, axis),
    )


def draw_committed(report: ProfileReport) -> Picture | None:
    """Memory in V8's chunks. None if the log has fewer than two events."""
    profile = report.profile
    if len(profile.committed) < 2 or not _has_time(profile):
        return None
    axis = _Axis(profile)
    kept = [profile.committed[i] for i in thin([point.committed_mb for point in profile.committed], POINTS)]
    x, y = [axis.at(kept[0].at_us)], [kept[0].committed_mb]
    for point in kept[1:]:  # memory is constant until the next event: steps, not slopes
        x += [axis.at(point.at_us)] * 2
        y += [y[-1], point.committed_mb]
    last = axis.last_ms / axis.unit_ms
    outline = Curve("heap", "memory in V8's chunks", "line", (*x, last), (*y, y[-1]))
    return axis.picture(
        "Committed heap",
        f"Memory in V8's chunks: {committed_sentence(profile)}.",
        ("MB", " MB", round_ticks(max(y) * HEADROOM, Y_TICKS)),
        (Curve("heap", "memory in V8's chunks", "area", (x[0], *x, last, last), (0.0, *y, y[-1], 0.0)), outline),
        _windows(report, axis),
    )


def draw_joined_pauses(report: ProfileReport) -> Picture | None:
    """The pauses of the same isolate's GC log. None without such a log, or without a pause above 0."""
    join, profile = report.gc, report.profile
    if not isinstance(join, GcJoin) or not _has_time(profile):
        return None
    pauses = [pause for pause in join.pauses if math.isfinite(pause.pause_ms) and pause.pause_ms > 0]
    if not pauses:
        return None
    axis = _Axis(profile)
    kept = [pauses[i] for i in thin([pause.pause_ms for pause in pauses], POINTS)]
    curves = tuple(
        Curve(
            collector,
            COLLECTOR_NAMES[collector],
            "points",
            tuple(axis.at(pause.at_us) for pause in kept if pause.collector == collector),
            tuple(pause.pause_ms for pause in kept if pause.collector == collector),
            tuple(pause.line for pause in kept if pause.collector == collector),
        )
        for collector in DRAWN_COLLECTORS
        if any(pause.collector == collector for pause in kept)
    )
    lengths = [pause.pause_ms for pause in pauses]
    note = "" if len(kept) == len(pauses) else f"{units.count(len(kept))} of them are drawn, including every extreme."
    return axis.picture(
        "Pauses of the GC log",
        f"{units.count(len(pauses))} pauses, the longest {units.duration(max(lengths))}.",
        ("ms, logarithmic", " ms", log_ticks(min(lengths), max(lengths))),
        curves,
        _windows(report, axis),
        logarithmic=True,
        note=note,
    )
