"""What a flame graph is drawn of: call trees whose nodes weigh something: ticks of the CPU, bytes that are alive, or both sides' work."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from gclog.model.profile import CallNode, FlatRow, Frame, ProfileUnit, StackPath
from gclog.model.profile_comparison import ProfileDifference
from gclog.model.report import ProfileReport
from gclog.model.sampled import SampledHeap
from gclog.profile.tree import bottom_up, flat, top_down

__all__ = ["Weighed", "weigh"]


class Weighed(Protocol):
    """Frames, what each weighs, and both call trees; where it says ticks, it may be bytes."""

    @property
    def frames(self) -> Sequence[Frame]: ...
    @property
    def flat(self) -> Sequence[FlatRow]: ...
    @property
    def top_down(self) -> CallNode: ...
    @property
    def bottom_up(self) -> CallNode: ...


@dataclass(frozen=True, slots=True)
class _Trees:
    frames: Sequence[Frame]
    flat: Sequence[FlatRow]
    top_down: CallNode
    bottom_up: CallNode


def weigh(report: ProfileReport | SampledHeap | ProfileDifference) -> tuple[Weighed, ProfileUnit]:
    """The trees of a profile, in ticks or time or, of a heap, in bytes; of two profiles, in parts of both."""
    if isinstance(report, ProfileReport):
        return report.profile, report.profile.unit
    if isinstance(report, ProfileDifference):
        return report, "parts"
    paths = [StackPath(path.frames, path.alive_bytes, 0) for path in report.paths]
    return _Trees(report.frames, flat(paths), top_down(paths), bottom_up(paths)), "bytes"
