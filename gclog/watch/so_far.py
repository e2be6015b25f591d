"""The figures of a process under watch that need no more than a few numbers, however long its log."""

from __future__ import annotations

import math
from collections import Counter, deque

from gclog.analysis.measure.gaps import is_late
from gclog.analysis.measure.pauses import share_of_span, why_no_share
from gclog.analysis.measure.reasons import ASKED_FOR
from gclog.analysis.measure.series import MAX_POINTS
from gclog.diagnose.signs import SHORT_MS
from gclog.model.not_known import or_nan
from gclog.model.records import COLLECTOR_OF_TYPE, Collector
from gclog.model.standing import Start
from gclog.processes.runs import CollectionRow
from gclog.watch.view import LastMinute

__all__ = ["KEPT_FULLS", "SoFar"]

KEPT_FULLS = 4
"""Full collections that say at which limit a process died."""


class SoFar:
    """What its collections add up to; ms on V8's clock and MB, NaN before anything is known.

    clock_ms    at the last collection, NaN if that had none
    fulls       the last full ones that were judged
    pause_ms    sum of all pauses
    forced_ms   of them in full collections that the program asked for
    is_late     its log begins well after the process did
    """

    def __init__(self) -> None:
        self.clock_ms = self.first_ms = self.last_ms = self.used_max_mb = math.nan
        self.pause_ms = self.forced_ms = 0.0
        self.is_late = False
        self.fulls: deque[CollectionRow] = deque(maxlen=KEPT_FULLS)
        self._types: Counter[str] = Counter()
        self._pauses = 0
        self._minute = LastMinute()
        self._start: _StartSoFar | None = _StartSoFar()

    def note(self, row: CollectionRow) -> None:
        """A collection, judged or not."""
        pause_ms, at_ms = row.pause_ms, row.at_ms
        self._types[row.type] += 1
        if pause_ms is not None:
            self._pauses += 1
            self.pause_ms += pause_ms
        before_mb, after_mb = row.used_before_mb, row.used_after_mb
        if before_mb is not None and not before_mb <= self.used_max_mb:
            self.used_max_mb = before_mb
        if after_mb is not None and not after_mb <= self.used_max_mb:
            self.used_max_mb = after_mb
        if at_ms is None:
            self.clock_ms, self._start = math.nan, None
            return
        self.clock_ms = at_ms
        self._minute.add(at_ms, pause_ms or 0.0)
        if self.first_ms != self.first_ms:  # not known yet
            self.first_ms = max(0.0, at_ms - (pause_ms or 0.0))
            self.is_late = is_late(at_ms, or_nan(before_mb))
            self.last_ms = self.first_ms
        if at_ms > self.last_ms:
            self.last_ms = at_ms
        if self._start is not None:
            self._start = self._start.after(row, at_ms) if self.last_ms - self.first_ms <= SHORT_MS else None

    def judged_full(self, row: CollectionRow) -> None:
        """A full collection with its size, as it is judged."""
        self.fulls.append(row)
        if row.reason in ASKED_FOR and row.pause_ms is not None and row.used_before_mb is not None:
            self.forced_ms += row.pause_ms

    @property
    def live_mb(self) -> float:
        """What the last full collection left."""
        mb = self.fulls[-1].used_after_mb if self.fulls else None
        return or_nan(mb)

    @property
    def total(self) -> int:
        """Number of collections."""
        return self._types.total()

    @property
    def counts(self) -> dict[Collector, int]:
        """Of each kind."""
        counts = dict.fromkeys(COLLECTOR_OF_TYPE.values(), 0)
        for name, count in self._types.items():
            counts[COLLECTOR_OF_TYPE[name]] += count
        return counts

    @property
    def minute_share(self) -> float:
        """Of the last minute in pauses, 0..1."""
        return self._minute.share

    @property
    def share(self) -> float:
        """Of the time from the first collection to the last in pauses, 0..1; NaN if none can be given."""
        span_ms = self.last_ms - self.first_ms
        return (
            math.nan
            if why_no_share(self._pauses, self.pause_ms, span_ms) is not None
            else share_of_span(self.pause_ms, span_ms)
        )

    @property
    def start(self) -> Start | None:
        """How the heap moved, in a log that is short."""
        return None if self._start is None else self._start.known


class _StartSoFar:
    """The heap from its lowest size on."""

    def __init__(self) -> None:
        self._count = self._seen = self._line = 0
        self._low_mb, self._low_ms = math.inf, 0.0
        self._made_mb = self._last_mb = self._last_ms = 0.0
        self._steps = self._steps_up = 0

    def after(self, row: CollectionRow, at_ms: float) -> _StartSoFar | None:
        """The same with one collection more; None if there are too many."""
        self._seen += 1
        before_mb, after_mb = row.used_before_mb, row.used_after_mb
        if before_mb is None or after_mb is None:
            return self
        if after_mb <= self._low_mb:
            self._low_mb, self._low_ms, self._made_mb = after_mb, at_ms, 0.0
            self._steps = self._steps_up = 0
        else:
            self._made_mb += max(before_mb - self._last_mb, 0.0)
            self._steps += 1
            self._steps_up += after_mb > self._last_mb
        self._count += 1
        self._last_mb, self._last_ms, self._line = after_mb, at_ms, row.line
        return self if self._seen <= MAX_POINTS else None

    @property
    def known(self) -> Start | None:
        """None before the first size."""
        if not self._count:
            return None
        return Start(
            self._count,
            self._low_mb,
            self._low_ms,
            self._last_mb,
            self._last_ms,
            self._line,
            self._made_mb,
            self._steps,
            self._steps_up,
        )
