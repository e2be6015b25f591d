"""The alarms of a watch: raised once a danger, resolved when it is over."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Callable, Iterable, Sequence

from gclog.analysis.verdict.danger import DangerTracker
from gclog.model.verdict import LEVELS, Level, TimelineEvent
from gclog.watch.alarms import Alarm
from gclog.watch.view import View
from gclog.watch.watcher import Change

__all__ = ["Pager"]

Key = tuple[int | None, str | None, int]


@dataclasses.dataclass(slots=True)
class _Open:
    """A danger that is not over; `last`: the last change in it, `worst`: its worst level."""

    tracker: DangerTracker
    last: Change
    worst: Level


class Pager:
    """Takes the changes of all processes in order. `muted`: what comes is history, until `speak`."""

    def __init__(self, alarms: Sequence[Alarm], source: str, at: Level, *, muted: bool = False) -> None:
        self._alarms, self._source, self._at, self._muted = alarms, source, at, muted
        self._open: dict[Key, _Open] = {}

    def take(self, change: Change) -> None:
        """A change of the verdict: it may begin a danger, or come after one that is over since."""
        key, now_ms = _key(change.process), _moment(change.process, change.event)
        danger = self._open.get(key)
        if danger is not None and danger.tracker.settle(now_ms):
            self._resolve(key, danger, danger.last)
            danger = None
        tracker = DangerTracker(self._at) if danger is None else danger.tracker
        begins = tracker.see(change.event, now_ms)
        if tracker.begin is None:
            return
        level = change.event.level
        worst = level if danger is None else max(danger.worst, level, key=LEVELS.index)
        self._open[key] = _Open(tracker, change, worst)
        if begins and not self._muted:
            self._raise(change)

    def look(self, views: Callable[[], Iterable[View]], *, ended: bool = False) -> None:
        """Resolve the dangers that are over as of now. `ended`: no line will follow, so none that is quiet comes back."""
        if not any(danger.tracker.is_quiet for danger in self._open.values()):
            return
        for view in views():
            danger = self._open.get(_key(view))
            if danger is not None and danger.tracker.is_quiet and (ended or danger.tracker.settle(_moment(view))):
                self._resolve(_key(view), danger, dataclasses.replace(danger.last, process=view))

    def speak(self) -> None:
        """What was history is over: raise the alarms whose level still holds, and forget the others."""
        if not self._muted:
            return
        self._muted = False
        self._open = {key: danger for key, danger in self._open.items() if not danger.tracker.is_quiet}
        for danger in self._open.values():
            self._raise(danger.last)

    def _raise(self, change: Change) -> None:
        for alarm in self._alarms:
            alarm.raise_for(change, self._source)

    def _resolve(self, key: Key, danger: _Open, change: Change) -> None:
        del self._open[key]
        if not self._muted:
            for alarm in self._alarms:
                alarm.resolve(dataclasses.replace(change, before=danger.worst), self._source)


def _key(view: View) -> Key:
    return view.pid, view.isolate, view.run


def _moment(view: View, event: TimelineEvent | None = None) -> float:
    """V8's clock, or the log's if the process has no collection; NaN if there is neither."""
    at_ms = view.at_ms if event is None else event.at_ms
    if math.isnan(at_ms):
        return math.nan if view.wall_ms is None else view.wall_ms
    return at_ms
