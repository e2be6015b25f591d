"""The pictures of a report as data, independent of how they are drawn: `plotly` turns them into figures, `svg` into static drawings.

A picture contains only figures and our own words, no text from the log. Colours are roles; the style sheet assigns the values,
one set for light mode and one for dark.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from gclog import units
from gclog.analysis.verdict.limit_size import say_size
from gclog.model.process import Trend
from gclog.model.records import Collector
from gclog.model.report import ProcessReport
from gclog.model.verdict import Forecast, Limit
from gclog.report.draw.level_bands import join_levels
from gclog.report.draw.scale import DAY, HOUR, LIMIT_IN_VIEW, MINUTE, SECOND, log_ticks, round_ticks, time_ticks
from gclog.report.draw.thinning import thin
from gclog.report.say.process import COLLECTOR_NAMES, LEVEL_TITLES, death_name

__all__ = ["HEIGHT", "TIME_UNITS", "Band", "Curve", "Mark", "Picture", "draw_gc_share", "draw_heap", "draw_pauses"]

Drawn = Literal["line", "dashes", "points", "joined points", "area"]


@dataclass(frozen=True, slots=True)
class Curve:
    """A series. `lines` are line numbers of the log, empty for derived points. NaN in `y` is a gap; an area is closed."""

    role: str
    name: str
    drawn: Drawn
    x: tuple[float, ...]
    y: tuple[float, ...]
    lines: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Band:
    """A background band between two x values, or two y values."""

    role: str
    name: str
    low: float
    high: float
    upright: bool

    @property
    def key(self) -> tuple[str, str]:
        """Role and name, which identify an entry in the picture's legend."""
        return self.role, self.name


@dataclass(frozen=True, slots=True)
class Mark:
    """A straight line at one x value (upright) or one y value."""

    role: str
    name: str
    at: float
    upright: bool


HEIGHT = 380
"""Height of a static drawing at full page width."""


@dataclass(frozen=True, slots=True)
class Picture:
    """Axes, series, backgrounds and marks. The x axis counts the unit in `x_title` since the process's start; on a logarithmic
    y axis the ticks are the powers of ten that bound it. `height` is that of the static drawing, 960 units wide."""

    title: str
    description: str
    x_title: str
    y_title: str
    y_suffix: str
    x_ticks: tuple[float, ...]
    y_ticks: tuple[float, ...]
    x_range: tuple[float, float]
    logarithmic: bool
    curves: tuple[Curve, ...]
    bands: tuple[Band, ...]
    marks: tuple[Mark, ...]
    note: str = ""
    height: int = HEIGHT


HEADROOM = 1.04
"""Factor on the largest value, so that no curve touches the frame."""

LOOK_AHEAD_SHARE = 0.6
"""Share of the span to which a forecast may extend the axis; beyond that it would squeeze what was measured."""

DRAWN_COLLECTORS: tuple[Collector, ...] = ("scavenge", "minor_mark_sweep", "mark_compact")
"""Later ones are drawn over earlier ones."""

X_TICKS, Y_TICKS = 8, 5

TIME_UNITS: tuple[tuple[float, float, str], ...] = (
    (2 * MINUTE, SECOND, "seconds"),
    (2 * HOUR, MINUTE, "minutes"),
    (3 * DAY, HOUR, "hours"),
    (math.inf, DAY, "days"),
)
"""Maximum span, unit in ms, name of the unit."""


@dataclass(frozen=True, slots=True)
class _TimeAxis:
    first_ms: float
    last_ms: float
    unit_ms: float
    unit: str

    def at(self, at_ms: float) -> float:
        return at_ms / self.unit_ms

    def ticks(self) -> tuple[float, ...]:
        return tuple(self.at(tick) for tick in time_ticks(self.first_ms, self.last_ms, X_TICKS))

    @property
    def title(self) -> str:
        return f"{self.unit} since the process started"

    @property
    def extent(self) -> tuple[float, float]:
        return self.at(self.first_ms), self.at(self.last_ms)


def _time_axis(process: ProcessReport, ahead_ms: float = 0.0) -> _TimeAxis:
    moments = [at for at in process.series.at_ms if math.isfinite(at)]
    if process.crash is not None and process.crash.at_ms is not None and math.isfinite(process.crash.at_ms):
        moments.append(process.crash.at_ms)
    first, last = min(moments), max(moments)
    last = max(last, ahead_ms, first + 1.0)
    _, unit_ms, unit = next(row for row in TIME_UNITS if last - first <= row[0])
    return _TimeAxis(first, last, unit_ms, unit)


def _finite(values: Sequence[float]) -> list[float]:
    return [value for value in values if math.isfinite(value)]


def _level_bands(process: ProcessReport, axis: _TimeAxis) -> tuple[tuple[Band, ...], str]:
    """The background bands, and a note if they were made coarser."""
    stretches, slice_ms = join_levels(process.timeline, max(_finite(process.series.at_ms)))
    bands = tuple(
        Band(f"level-{one.level}", LEVEL_TITLES[one.level].lower(), axis.at(one.from_ms), axis.at(one.to_ms), upright=True)
        for one in stretches
    )
    note = f"The background is the most severe level of each {units.duration(slice_ms)}." if slice_ms else ""
    return bands, note


def _death(process: ProcessReport, axis: _TimeAxis) -> tuple[Mark, ...]:
    if process.crash is None or process.crash.at_ms is None or not math.isfinite(process.crash.at_ms):
        return ()
    return (Mark("death", death_name(process), axis.at(process.crash.at_ms), upright=True),)


# ---------------------------------------------------------------- heap


def draw_heap(process: ProcessReport, points: int) -> Picture | None:
    """The heap over time: before and after each collection, committed, the live set with its trend, the limit, the levels.

    At most `points` collections are drawn, including all extremes. None if fewer than two have a size.
    """
    series = process.series
    sizes = _finite([*series.used_before_mb, *series.used_after_mb, *series.committed_after_mb, *series.full_after_mb])
    if len(_finite(series.used_after_mb)) < 2:
        return None
    largest = max([*sizes, *(high for _, _, high in (process.beside.band if process.beside is not None else ()))])
    limit = process.limit if isinstance(process.limit, Limit) and math.isfinite(process.limit.mb) else None
    drawn_limit = limit if limit is not None and limit.mb <= LIMIT_IN_VIEW * largest else None
    axis = _time_axis(process, _look_ahead(process, drawn_limit))
    top = max(largest, *_finite([drawn_limit.mb, drawn_limit.high_mb] if drawn_limit is not None else []), 0.0) * HEADROOM
    bands, coarse = _level_bands(process, axis)
    far = "" if limit is drawn_limit or limit is None else f"The limit, {say_size(limit)}, is far above this picture."
    return Picture(
        title="Heap",
        description=_heap_description(process),
        x_title=axis.title,
        y_title="MB",
        y_suffix=" MB",
        x_ticks=axis.ticks(),
        y_ticks=round_ticks(top, Y_TICKS),
        x_range=axis.extent,
        logarithmic=False,
        curves=(*_earlier(process, axis), *_heap_curves(process, axis, points), *_trend_curves(process, axis, drawn_limit)),
        bands=(*bands, *_limit_band(drawn_limit)),
        marks=(*_limit_mark(drawn_limit), *_death(process, axis)),
        note=" ".join(filter(None, (far, _thinned(len(_kept(process, points)), series.thinned_from), coarse))),
    )


def _heap_description(process: ProcessReport) -> str:
    heap = process.heap
    text = f"Live set from {units.mb(heap.live_min_mb)} to {units.mb(heap.live_max_mb)}, at the end {units.mb(heap.live_mb)}"
    if isinstance(process.limit, Limit):
        text += f"; limit {say_size(process.limit)}"
    if isinstance(heap.old_space_trend, Trend):
        text += f"; trend {units.rates(heap.old_space_trend.mb_per_h)[0]}"
    if process.beside is not None and process.beside.because:
        text += f"; {process.beside.because}"
    return f"{text}."


def _earlier(process: ProcessReport, axis: _TimeAxis) -> tuple[Curve, ...]:
    """What earlier runs of the program did, as an area from the lowest to the highest of them."""
    band = () if process.beside is None else process.beside.band
    if len(band) < 2:
        return ()
    there, back = [(axis.at(at), low) for at, low, _ in band], [(axis.at(at), high) for at, _, high in reversed(band)]
    x, y = zip(*there, *back, strict=True)
    return (Curve("earlier", "live set of earlier runs", "area", x, y),)


def _kept(process: ProcessReport, points: int) -> list[int]:
    return thin(process.series.used_after_mb, points)


def _thinned(kept: int, whole: int) -> str:
    return (
        "" if whole <= kept else f"{units.count(kept)} of {units.count(whole)} collections are drawn, including every extreme."
    )


def _heap_curves(process: ProcessReport, axis: _TimeAxis, points: int) -> tuple[Curve, ...]:
    series, kept = process.series, _kept(process, points)
    x, lines = tuple(axis.at(series.at_ms[i]) for i in kept), tuple(series.line[i] for i in kept)
    curves = []
    for role, name, values in (
        ("committed", "committed", series.committed_after_mb),
        ("before", "before GC", series.used_before_mb),
        ("after", "after GC", series.used_after_mb),
    ):
        y = tuple(values[i] for i in kept)
        if _finite(y):
            curves.append(Curve(role, name, "dashes" if role == "committed" else "line", x, y, lines))
    if series.full_at_ms:
        full = thin(series.full_after_mb, points)
        line_of = dict(zip(series.at_ms, series.line, strict=True))
        full_lines = tuple(line_of.get(series.full_at_ms[i], 0) for i in full)
        curves.append(
            Curve(
                "live",
                "live set (after full GC)",
                "joined points",
                tuple(axis.at(series.full_at_ms[i]) for i in full),
                tuple(series.full_after_mb[i] for i in full),
                full_lines if all(full_lines) else (),
            )
        )
    return tuple(curves)


def _look_ahead(process: ProcessReport, limit: Limit | None) -> float:
    """How far the time axis extends beyond the log to show where the trend meets the limit; 0 if it does not."""
    if limit is None or not isinstance(process.forecast, Forecast) or process.crash is not None:
        return 0.0
    forecast = process.forecast
    reach = forecast.now_ms + LOOK_AHEAD_SHARE * process.span.duration_ms
    if forecast.at_expected_ms > reach:
        return 0.0
    return min(forecast.at_high_ms, reach)


def _trend_curves(process: ProcessReport, axis: _TimeAxis, limit: Limit | None) -> tuple[Curve, ...]:
    trend = process.heap.old_space_trend
    if not isinstance(trend, Trend):
        return ()
    x = (axis.at(trend.from_ms), axis.at(trend.to_ms))
    middle_mb, half_h = (trend.from_mb + trend.to_mb) / 2, (trend.to_ms - trend.from_ms) / 2 / HOUR
    middle = axis.at((trend.from_ms + trend.to_ms) / 2)
    # the interval's two lines cross in the middle of the trend: the area is two triangles
    slowest, fastest = trend.low_mb_per_h * half_h, trend.high_mb_per_h * half_h
    wedge = Curve(
        "interval",
        "90 % interval of the trend",
        "area",
        (x[0], middle, x[1], x[1], middle, x[0]),
        (middle_mb - slowest, middle_mb, middle_mb + fastest, middle_mb + slowest, middle_mb, middle_mb - fastest),
    )
    curves = [wedge, Curve("trend", f"trend {units.rates(trend.mb_per_h)[0]}", "line", x, (trend.from_mb, trend.to_mb))]
    if limit is not None and _look_ahead(process, limit):
        assert isinstance(process.forecast, Forecast)
        forecast = process.forecast
        curves.append(
            Curve(
                "trend",
                "if it continues",
                "dashes",
                (x[1], axis.at(forecast.at_expected_ms)),
                (trend.to_mb, limit.mb),
            )
        )
        until = min(axis.at(forecast.at_high_ms), axis.extent[1])
        reached = (axis.at(max(forecast.at_low_ms, forecast.now_ms)), until)
        curves.append(Curve("forecast", "limit reached (four in five)", "joined points", reached, (limit.mb, limit.mb)))
    return tuple(curves)


def _limit_band(limit: Limit | None) -> tuple[Band, ...]:
    if limit is None or not math.isfinite(limit.low_mb + limit.high_mb) or limit.low_mb >= limit.high_mb:
        return ()
    return (Band("limit", "uncertainty of the limit", limit.low_mb, limit.high_mb, upright=False),)


def _limit_mark(limit: Limit | None) -> tuple[Mark, ...]:
    return () if limit is None else (Mark("limit", f"limit {say_size(limit)}", limit.mb, upright=False),)


# ---------------------------------------------------------------- pauses and GC share


def draw_pauses(process: ProcessReport, points: int) -> Picture | None:
    """Each pause by its collector, on a logarithmic scale. None with fewer than two pauses above 0."""
    series = process.series
    if len([ms for ms in _finite(series.pause_ms) if ms > 0]) < 2:
        return None
    axis = _time_axis(process)
    kept = [i for i in thin(series.pause_ms, points) if math.isfinite(series.pause_ms[i]) and series.pause_ms[i] > 0]
    shown = [series.pause_ms[i] for i in kept]
    curves = []
    for collector in DRAWN_COLLECTORS:
        own = [i for i in kept if series.collector[i] == collector]
        if own:
            curves.append(
                Curve(
                    collector,
                    COLLECTOR_NAMES[collector],
                    "points",
                    tuple(axis.at(series.at_ms[i]) for i in own),
                    tuple(series.pause_ms[i] for i in own),
                    tuple(series.line[i] for i in own),
                )
            )
    longest = process.pauses.all.max_ms
    return Picture(
        title="Pauses",
        description=f"{units.count(process.pauses.all.count)} pauses, the longest {units.duration(longest)}.",
        x_title=axis.title,
        y_title="ms, logarithmic",
        y_suffix=" ms",
        x_ticks=axis.ticks(),
        y_ticks=log_ticks(min(shown), max(shown)),
        x_range=axis.extent,
        logarithmic=True,
        curves=tuple(curves),
        bands=(),
        marks=_death(process, axis),
        note=_thinned(len(thin(series.pause_ms, points)), series.thinned_from),
    )


def draw_gc_share(process: ProcessReport) -> Picture | None:
    """The share of each slice of the span spent in stop-the-world pauses, in percent. None with fewer than two slices."""
    series = process.series
    pairs = [(at, s) for at, s in zip(series.gc_share_at_ms, series.gc_share, strict=True) if math.isfinite(at + s)]
    if len(pairs) < 2 or len(_finite(series.at_ms)) < 2:
        return None
    axis = _time_axis(process)
    slice_ms = pairs[1][0] - pairs[0][0]
    # each slice is drawn as a step, with a point at its start and at its end
    x = tuple(axis.at(at) for end, _ in pairs for at in (max(end - slice_ms, axis.first_ms), end))
    y = tuple(100 * share for _, share in pairs for _ in range(2))
    bands, coarse = _level_bands(process, axis)
    return Picture(
        title="GC share",
        description=f"At most {units.percent(max(share for _, share in pairs))} of {units.duration(slice_ms)}.",
        x_title=axis.title,
        y_title="% of time in GC",
        y_suffix=" %",
        x_ticks=axis.ticks(),
        y_ticks=round_ticks(min(max(y) * HEADROOM, 100.0), Y_TICKS),
        x_range=axis.extent,
        logarithmic=False,
        curves=(Curve("share", "time in GC", "area", (x[0], *x, x[-1]), (0.0, *y, 0.0)),),
        bands=bands,
        marks=_death(process, axis),
        note=coarse,
    )
