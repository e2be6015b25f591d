"""Call trees from stacks: top-down (callees below callers) and bottom-up (callers below callees)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from gclog.model.profile import CallNode, FlatRow, StackPath

__all__ = ["bottom_up", "flat", "top_down"]

ROOT = -1


class _Growing:
    __slots__ = ("below", "self_ticks", "total_ticks")

    def __init__(self) -> None:
        self.self_ticks = 0
        self.total_ticks = 0
        self.below: dict[int, _Growing] = {}


def _grow(paths: Iterable[tuple[Iterable[int], int]]) -> CallNode:
    root = _Growing()
    for frames, ticks in paths:
        node = root
        node.total_ticks += ticks
        for frame in frames:
            below = node.below.get(frame)
            if below is None:
                below = node.below[frame] = _Growing()
            below.total_ticks += ticks
            node = below
        node.self_ticks += ticks
    return _freeze(ROOT, root)


def _freeze(frame: int, node: _Growing) -> CallNode:
    children = sorted(node.below.items(), key=lambda item: (-item[1].total_ticks, item[0]))
    return CallNode(frame, node.self_ticks, node.total_ticks, tuple(_freeze(child, below) for child, below in children))


def top_down(paths: Iterable[StackPath]) -> CallNode:
    """Callees below callers."""
    return _grow((path.frames, path.ticks) for path in paths)


def bottom_up(paths: Iterable[StackPath]) -> CallNode:
    """Callers below callees: the top frames first."""
    return _grow((reversed(path.frames), path.ticks) for path in paths)


def flat(paths: Iterable[StackPath]) -> tuple[FlatRow, ...]:
    """Self and total ticks of every frame, most self ticks first."""
    own: Counter[int] = Counter()
    total: Counter[int] = Counter()
    for path in paths:
        own[path.frames[-1]] += path.ticks
        for frame in set(path.frames):
            total[frame] += path.ticks
    rows = (FlatRow(frame, own[frame], ticks) for frame, ticks in total.items())
    return tuple(sorted(rows, key=lambda row: (-row.self_ticks, -row.total_ticks, row.frame)))
