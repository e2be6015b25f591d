"""A profile as folded stacks, `outermost;...;innermost ticks`: for flamegraph.pl, inferno, speedscope and many more.

The format cannot express a `;` in a name: it becomes `:`, as in stackcollapse-perf.pl. Line breaks and other control characters
are made visible. If the last name of a stack ends in a space and a number, the space becomes `_`: flamegraph.pl takes two numbers at
the end of a line for the two sides of a comparison.
"""

from __future__ import annotations

import re
from collections import Counter

from gclog.model.profile import Frame, Profile
from gclog.report.export.stacks import GC_NAME, counted_stacks, name_of
from gclog.report.visible import make_visible

__all__ = ["export"]

SEPARATOR = ";"

_NUMBER_AT_END = re.compile(r"\s(?=\d+(?:\.\d*)?$)")


def export(profile: Profile, name: str) -> str:
    """A line for each stack, the most ticks first; `name` is unused. The ticks add up to the profile's."""
    words = [_word(frame) for frame in profile.frames]
    ticks: Counter[str] = Counter()
    for frames, in_gc, count in counted_stacks(profile):
        stack = SEPARATOR.join(([GC_NAME] if in_gc else []) + [words[frame] for frame in frames])
        ticks[_NUMBER_AT_END.sub("_", stack)] += count
    return "".join(f"{stack} {count}\n" for stack, count in ticks.most_common())


def _word(frame: Frame) -> str:
    """A frame's name with its position, because different functions may share a name."""
    place = [str(part) for part in (frame.script, frame.line, frame.column) if part is not None]
    return (name_of(frame) + (" " + make_visible(":".join(place)) if place else "")).replace(SEPARATOR, ":")
