"""When a danger begins and when it is over: the one definition for the report, the watch and the scoreboard.

An alarm that is taken back for a moment and comes back is the same danger: nobody would have closed it in between. So a danger is over
only once the level has stayed below for a stretch that scales with how long it has lasted and with the process's age.
"""

from __future__ import annotations

import math

from gclog.model.verdict import LEVELS, Level, TimelineEvent

__all__ = ["DangerTracker"]

LASTED_SHARE = 0.1
AGE_SHARE = 0.02
"""A danger is over after a tenth of the time that it lasted, and a fiftieth of the process's age at least: a young alarm must not be
over with the next collection."""


class DangerTracker:
    """Follows one process's level. Moments are ms on one clock that begins with the process; NaN if there is none.

    begin   the event that began the danger; None outside of one
    """

    def __init__(self, at: Level = "impending") -> None:
        self.begin: TimelineEvent | None = None
        self._at = LEVELS.index(at)
        self._began_ms = self._fell_ms = math.nan
        self._is_quiet = False

    @property
    def is_quiet(self) -> bool:
        """Whether there is a danger whose alarm has been taken back, and may come again."""
        return self._is_quiet

    def settle(self, now_ms: float) -> bool:
        """Whether a danger is over as of now, which ends it. Without a clock it is over as soon as the level has fallen."""
        least_ms = max(LASTED_SHARE * (self._fell_ms - self._began_ms), AGE_SHARE * self._fell_ms)
        if not self._is_quiet or now_ms - self._fell_ms < least_ms:
            return False
        self.begin, self._is_quiet = None, False
        return True

    def see(self, event: TimelineEvent, at_ms: float) -> bool:
        """Take in a change of the level at a moment up to which dangers are settled; whether a danger begins with it."""
        is_alarm = LEVELS.index(event.level) >= self._at
        if self.begin is None:
            if is_alarm:
                self.begin, self._began_ms = event, at_ms
            return is_alarm
        if not is_alarm and not self._is_quiet:
            self._fell_ms = at_ms
        self._is_quiet = not is_alarm
        return False
