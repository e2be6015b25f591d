"""A user's options for a profile, those of V8's tick processor."""

from __future__ import annotations

import math
from dataclasses import dataclass

from gclog import units
from gclog.errors import UsageError

__all__ = ["CALL_GRAPH_SIZE", "ProfileOptions", "parse_range"]

CALL_GRAPH_SIZE = 5
"""Levels of callers below the top one (V8's tools/tickprocessor)."""

FARTHEST_US = 1 << 53


@dataclass(frozen=True, slots=True)
class ProfileOptions:
    """Options for a profile. None means the default of the Node that wrote the log.

    state                 only ticks in this VM state (a name in STATES)
    from_ms, to_ms        only ticks in this range, on the logger's clock
    separate_*            ICs, bytecode handlers, builtins, stubs are separate frames; otherwise their ticks go to their callers
    ignore_unknown        ticks in unknown code do not count towards the total
    source_map            path of a source map for the names in a text
    """

    state: str | None = None
    from_ms: float | None = None
    to_ms: float | None = None
    separate_ic: bool | None = None
    separate_bytecodes: bool = False
    separate_builtins: bool = True
    separate_stubs: bool = True
    ignore_unknown: bool = False
    only_summary: bool = False
    call_graph_size: int = CALL_GRAPH_SIZE
    source_map: str | None = None

    @property
    def from_us(self) -> int | None:
        """Where the range begins, in whole µs."""
        return _in_us(self.from_ms)

    @property
    def to_us(self) -> int | None:
        """Where the range ends, in whole µs."""
        return _in_us(self.to_ms)

    @property
    def is_whole(self) -> bool:
        """Whether no sample is left out by its state or time."""
        return self.state is None and self.from_ms is None and self.to_ms is None

    def hidden(self, major: int) -> list[str]:
        """The groups of names omitted from stacks: keys of `NodeRules.hides`."""
        separate_ic = major >= 8 if self.separate_ic is None else self.separate_ic
        shown = {
            "ic": separate_ic,
            "bytecodes": self.separate_bytecodes,
            "builtins": self.separate_builtins,
            "stubs": self.separate_stubs,
        }
        return [group for group, separate in shown.items() if not separate]


def _in_us(ms: float | None) -> int | None:
    """Moments beyond those of any profile are all the same."""
    return None if ms is None else max(-FARTHEST_US, min(FARTHEST_US, round(ms * units.US_PER_MS)))


def parse_range(text: str) -> tuple[float | None, float | None]:
    """Parse `1000,2500` in ms, with `auto` for an open end. Raises UsageError."""
    parts = [part.strip() for part in text.split(",")]
    try:
        first, last = (None if part in ("auto", "") else float(part) for part in parts)
        if not all(part is None or math.isfinite(part) for part in (first, last)):
            raise ValueError(text)
    except ValueError:
        raise UsageError(
            f"cannot read the range {text!r}", remedy="Give it in ms, as in --range 1000,2500 or --range 1000,auto."
        ) from None
    return first, last
