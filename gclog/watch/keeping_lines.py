"""What the heap of a process under watch grows with: the finding of `gclog analyze` on the lines so far.

A watch keeps no lines. While a heap grows the file is read once more, up to the line that was judged last, and again when it has twice as
many lines, until something is found.
"""

from __future__ import annotations

import stat
from collections.abc import Callable
from pathlib import Path

from gclog.errors import InputError
from gclog.incident.settings import Settings
from gclog.model.verdict import GROWING, LEVELS
from gclog.report.visible import make_visible
from gclog.source.expand import STDIN
from gclog.source.open import expand, open_source
from gclog.watch.status import process_name
from gclog.watch.view import View

__all__ = ["KeepingLinesTold"]

MOST_BYTES = 1 << 28
"""A larger file is not read again: the watch would fall behind."""

MORE_LINES = 2
"""Factor on the lines of a file after which it is read again: all of that together is no more than reading it twice."""

FROM_LEVEL = LEVELS.index("rising")


class KeepingLinesTold:
    """Tells of each process, once, what its heap grows with, if its log is a file."""

    def __init__(self, log: str, tell: Callable[[str], None], settings: Settings) -> None:
        self._log, self._tell, self._settings = log, tell, settings
        self._told: set[tuple[int | None, str | None, int]] = set()
        self._next_line = 0

    def look(self, view: View, line: int, *, ended: bool = False) -> None:
        """A process has reached another level, or (`ended`) the log ends, at a line."""
        own = (view.pid, view.isolate, view.run)
        is_growing = view.growth in GROWING if ended else LEVELS.index(view.level) >= FROM_LEVEL
        if not is_growing or own in self._told or (line < self._next_line and not ended) or not self._can_be_read():
            return
        self._next_line = MORE_LINES * line
        if said := _say(self._log, view, line, self._settings):
            self._told.add(own)
            self._tell(f"{process_name(view)}: {make_visible(said)}")

    def _can_be_read(self) -> bool:
        try:
            found = Path(self._log).stat()
        except OSError:  # it was moved away since
            return False
        return self._log != STDIN and stat.S_ISREG(found.st_mode) and found.st_size <= MOST_BYTES


def _say(log: str, view: View, line: int, settings: Settings) -> str:
    """`the live set grows with `POST /cart`: about 122 KB (90 %: 119 to 125) stay for each`; empty if that is not known."""
    from gclog.diagnose.keeping_lines import name_lines, say_kept
    from gclog.incident.process import report_processes
    from gclog.incident.read_source import read_source
    from gclog.model.grows_with import GrowsWith

    try:
        with open_source(expand([log])[0], settings.encoding) as source:
            source.until_line = line
            reports = report_processes(read_source(source, settings, None), settings)
    except InputError:  # it was moved away since
        return ""
    own = (report for report in reports if (report.pid, report.isolate, report.run) == (view.pid, view.isolate, view.run))
    match next((report.grows_with for report in own), None):
        case GrowsWith() as grows:
            return f"the live set grows with {name_lines(grows)}: {say_kept(grows)} stay for each"
        case _:
            return ""
