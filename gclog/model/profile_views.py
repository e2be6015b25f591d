"""Further views of a profile, made from its stacks: native time by caller, scripts and packages, one function's callers and callees."""

from __future__ import annotations

from dataclasses import dataclass

from gclog.model.profile import CallNode, Category, FlatRow

__all__ = ["Focus", "NativeCall", "PlaceTicks"]


@dataclass(frozen=True, slots=True)
class NativeCall:
    """Ticks in what is no JavaScript function (builtins, regular expressions, C++), but for garbage collection, by who called it.

    caller   frame of the innermost JavaScript function below it; -1: none was
    called   frame that this function called: `JsonParse`, `open`
    """

    caller: int
    called: int
    ticks: int


@dataclass(frozen=True, slots=True)
class PlaceTicks:
    """Ticks of all functions of a script, or of a package: own and total, each tick once. `functions`: theirs, the most own ticks first."""

    script: str | None
    package: str | None
    category: Category
    self_ticks: int
    total_ticks: int
    functions: tuple[FlatRow, ...]


@dataclass(frozen=True, slots=True)
class Focus:
    """All callers and all callees of one function, in ticks in which it is on the stack: of each stack its outermost call counts.

    callers   bottom-up from it; callees: top-down. Both are trees with it as the only child of their root
    others    frames that were meant, too
    """

    frame: int
    self_ticks: int
    total_ticks: int
    callers: CallNode
    callees: CallNode
    others: tuple[int, ...]
