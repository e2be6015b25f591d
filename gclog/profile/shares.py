"""Whose the ticks are, by the top frame of each: kinds of code, categories, packages."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from gclog.model.profile import Category, CategoryTicks, Frame, Summary
from gclog.profile.stacks import StackPaths

__all__ = ["Shares", "share_out"]


@dataclass(frozen=True, slots=True)
class Shares:
    """Of each frame its self ticks, and those of them in VM state GC."""

    frames: tuple[Frame, ...]
    own: Sequence[int]
    gc: Sequence[int]

    def summary(self, excluded: int, gc: int) -> Summary:
        """By kind. `excluded`: ticks that are in no view; `gc`: all in VM state GC."""
        kinds: Counter[str] = Counter()
        for frame, ticks in zip(self.frames, self.own, strict=True):
            kinds[frame.kind] += ticks
        return Summary(
            javascript=kinds["function"] + kinds["code"],
            cpp=kinds["native"],
            shared_libraries=kinds["shared_library"],
            unaccounted=kinds["unknown"],
            excluded=excluded,
            gc=gc,
        )

    def categories(self) -> tuple[CategoryTicks, ...]:
        """By category and package, most first; ticks of GC apart."""
        ticks: Counter[tuple[Category, str | None]] = Counter()
        for frame, own, in_gc in zip(self.frames, self.own, self.gc, strict=True):
            ticks[(frame.category, frame.package)] += own - in_gc
            ticks[("gc", None)] += in_gc
        rows = (CategoryTicks(category, package, count) for (category, package), count in ticks.items() if count)
        return tuple(sorted(rows, key=lambda row: (-row.self_ticks, row.category, row.package or "")))


def share_out(frames: tuple[Frame, ...], paths: StackPaths) -> Shares:
    """The shares of stacks."""
    tops = paths.tops()
    own, gc = (
        np.bincount(tops, weights=ticks[paths.ends], minlength=len(frames)).astype(np.int64).tolist()
        for ticks in (paths.own, paths.gc)
    )
    return Shares(frames, own, gc)
