"""Blocks of a document that show call trees: as rows, as paths, as a flame graph."""

from __future__ import annotations

from dataclasses import dataclass

from gclog.model.profile import ProfileUnit
from gclog.model.profile_comparison import ProfileDifference
from gclog.model.report import ProfileReport
from gclog.model.sampled import SampledHeap
from gclog.report.inline import Code, Inline, Words

__all__ = ["Flame", "Node", "Path", "Tree"]


@dataclass(frozen=True, slots=True)
class Node:
    """A function on a call path.

    whole_place  its place as the log has it
    role         whose code it is: the colour it has in a page
    count        ticks in it alone
    times        how often it follows itself
    """

    name: str
    place: str = ""
    whole_place: str = ""
    role: str = ""
    count: int = 0
    times: int = 1


@dataclass(frozen=True, slots=True)
class Path:
    """A row of a tree: one node, or several that follow one another without a fork. `rest`: ticks of branches without a row."""

    share: float
    count: int
    depth: int
    nodes: tuple[Node, ...]
    rest: int = 0


@dataclass(frozen=True, slots=True)
class Tree:
    """Call paths, each below what it branches from.

    whole    what the counts are of; `unit`: what is counted
    arrow    from a node to the next
    left_out which branches have no row
    """

    rows: tuple[Path, ...]
    whole: int
    arrow: str = ""
    left_out: str = ""
    unit: ProfileUnit = "ticks"

    def said(self, path: Path) -> tuple[Inline, ...]:
        """A row as a line."""
        arrow = self.arrow if path.depth else ""
        parts: list[Inline] = []
        for number, node in enumerate(path.nodes):
            parts.append(Words(f" {arrow}" if number and arrow else arrow, "faint"))
            parts.append(Code(node.name, "" if path.depth else "strong"))
            parts.append(Words(f" ×{node.times}" if node.times > 1 else ""))
            parts.append(Words(f" {node.place}".rstrip(), "faint"))
        return tuple(parts)


@dataclass(frozen=True, slots=True)
class Flame:
    """The flame graph of a profile, of the CPU or of a heap, or of what changed between two: a page's alone."""

    report: ProfileReport | SampledHeap | ProfileDifference
    key: str
