"""What a watch prints: a line for each change of the verdict, and on a terminal a status line at the bottom."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING

from gclog import units
from gclog.diagnose.facts import GROWTH_IN_WORDS
from gclog.diagnose.limit_words import of_limit
from gclog.model.verdict import LEVELS, Level, Limit
from gclog.report.say.process import LEVEL_TITLES, LEVEL_TONES, forecast_sentence, memory_sentence
from gclog.report.visible import make_visible
from gclog.watch.view import View
from gclog.watch.watcher import Change, Death

if TYPE_CHECKING:
    from rich.live import Live
    from rich.text import Text

__all__ = ["StatusLine", "change_line", "death_line", "headline", "process_name", "status_line"]

WITH_TIME_LEFT: tuple[Level, ...] = ("rising", "impending", "critical")
"""Levels at which the time left is shown."""


def process_name(view: View) -> str:
    """`process 29125, isolate 0x19b50d50 (worker), run 2`."""
    parts = [f"process {view.pid}" if view.pid is not None else "process without a pid"]
    if view.isolate is not None:
        parts.append(f"isolate {view.isolate}" + (" (worker)" if view.worker else ""))
    if view.run > 1:
        parts.append(f"run {view.run}")
    return make_visible(", ".join(parts))


def headline(change: Change) -> str:
    """`IMPENDING: on the current trend, from ... to ..., the limit of 96.0 MB is reached in 4.2 s`."""
    return make_visible(f"{LEVEL_TITLES[change.event.level]}: {change.event.because}")


def change_line(change: Change) -> str:
    """One line: when, which process, the verdict, the time left. Control characters are shown, not sent."""
    view, event = change.process, change.event
    left = ""
    if event.level in WITH_TIME_LEFT and (sentence := _time_left(view)):
        left = f"; time left: {sentence}"
    return f"{_when(view, event.at_ms)}  {process_name(view)}  {headline(change)}{left} (line {units.count(event.line)})"


def _time_left(view: View) -> str:
    """Empty if it is not known."""
    if view.memory_left_ms is not None:
        return memory_sentence(view.memory_left_ms)
    return forecast_sentence(view.forecast) if view.is_dated else ""


def death_line(death: Death) -> str:
    """One line for a process that died, but not for lack of heap."""
    view, crash = death.process, death.crash
    where = f"(line {units.count(crash.line)})"
    return f"{_when(view, view.at_ms)}  {process_name(view)}  DIED: {make_visible(crash.reason)} {where}"


def _when(view: View, at_ms: float) -> str:
    """The log's wall clock, or else V8's; neither is known if the log has only memory figures without a date."""
    if view.wall_ms is not None:
        return units.wall_clock(view.wall_ms)
    return units.clock(math.nan if math.isnan(view.at_ms) else at_ms)


def status_line(view: View, others: int = 0) -> tuple[str, str]:
    """A process now: its level, and the rest: live set, growth, all its memory, GC's share of the last minute, time left."""
    parts = [process_name(view) if others or view.worker or view.pid is None else f"process {view.pid}"]
    growth = GROWTH_IN_WORDS[view.growth]
    if not math.isnan(view.live_mb):
        parts.append(f"live {_of_limit(view)}, {growth}")
    elif view.is_traced or math.isnan(view.rss_mb):
        parts.append("live set not known yet")
    if not math.isnan(view.rss_mb):
        parts.append(_memory(view) + (f", {growth}" if math.isnan(view.live_mb) and view.growth == "off-heap" else ""))
    if not math.isnan(view.minute_share):
        parts.append(f"GC {units.percent(view.minute_share)} of the last minute")
    if view.level in WITH_TIME_LEFT and (left := _time_left(view)):
        parts.append(f"left: {left}")
    if others:
        parts.append(f"{units.count(others)} more")
    return LEVEL_TITLES[view.level], " · ".join(parts)


def _of_limit(view: View) -> str:
    return of_limit(view.live_mb, view.limit) if isinstance(view.limit, Limit) else units.mb(view.live_mb)


def _memory(view: View) -> str:
    """`RSS 182.8 MB of 185.0 MB, external 150.2 MB`."""
    of = "" if math.isnan(view.memory_limit_mb) else f" of {units.mb(view.memory_limit_mb)}"
    external = "" if math.isnan(view.external_mb) else f", external {units.mb(view.external_mb)}"
    return f"RSS {units.mb(view.rss_mb)}{of}{external}"


class StatusLine:
    """The status line at the bottom of a terminal, on stderr. Hide it before anything else is written there."""

    def __init__(self) -> None:
        self._live: Live | None = None
        self._shown = ""

    def show(self, views: Sequence[View]) -> None:
        """Show the worst process; of several, the one heard from last."""
        if not views:
            return
        from rich.text import Text

        from gclog.report.render.text import STYLES

        worst = max(reversed(views), key=lambda view: LEVELS.index(view.level))
        level, rest = status_line(worst, len(views) - 1)
        if self._live is not None and self._shown == level + rest:
            return
        self._shown = level + rest
        self._draw(Text.assemble((level, STYLES[LEVEL_TONES[worst.level]]), "  ", rest, no_wrap=True, overflow="ellipsis"))

    def _draw(self, text: Text) -> None:
        if self._live is None:
            from rich.console import Console
            from rich.live import Live

            console = Console(stderr=True, highlight=False)
            self._live = Live(
                text, console=console, auto_refresh=False, transient=True, redirect_stdout=False, redirect_stderr=False
            )
            self._live.start()
        self._live.update(text, refresh=True)

    def hide(self) -> None:
        """Remove the line."""
        if self._live is not None:
            self._live.stop()
            self._live = None
