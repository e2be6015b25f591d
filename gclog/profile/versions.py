"""Which V8 is in which Node, the names of its VM states, and the behaviour of that Node's tick processor."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from gclog.model.profile import STATES

__all__ = [
    "DEFAULT_V8",
    "OLD_WITHOUT_TIMES",
    "OLD_WITH_TIMES",
    "NodeRules",
    "earlier_states",
    "node_of",
    "rules_of",
    "state_indices",
    "states_of",
    "version_text",
]

V8 = tuple[int, int]

DEFAULT_V8: V8 = (11, 3)
"""The V8 assumed for a log without a version: that of Node 20."""


def version_text(fields: Mapping[str, str] | None) -> str | None:
    """V8's own version string, `11.3.244.8-node.38`, from the fields of a log's first line; None if it has none."""
    if fields is None:
        return None
    return ".".join(fields[key] for key in ("major", "minor", "build", "patch")) + fields.get("embedder", "")


_NODES: tuple[tuple[V8, str], ...] = (
    ((3, 0), "0.4"), ((3, 4), "0.6"), ((3, 9), "0.8"), ((3, 14), "0.10"), ((3, 28), "0.12"), ((4, 1), "io.js"), ((4, 5), "4"),
    ((4, 6), "5"), ((5, 0), "6"), ((5, 4), "7"), ((5, 8), "8"), ((6, 6), "10"), ((7, 0), "11"), ((7, 4), "12"), ((7, 9), "13"),
    ((8, 1), "14"), ((8, 6), "15"), ((9, 0), "16"), ((9, 5), "17"), ((10, 1), "18"), ((10, 7), "19"), ((11, 3), "20"),
    ((11, 8), "21"), ((12, 4), "22"), ((12, 9), "23"), ((13, 6), "24"), ((14, 1), "25"), ((14, 6), "26"),
)  # fmt: skip
"""The first V8 of each release line of Node. 6.2 is in Node 8.10 and 9, 7.8 in 12 and 13: the older is used."""


def node_of(v8: V8) -> str:
    """The release line of Node with this V8: `20`."""
    return next((node for first, node in reversed(_NODES) if v8 >= first), _NODES[0][1])


_STATES: tuple[tuple[V8, tuple[str, ...]], ...] = (
    ((3, 0), ("js", "gc", "compiler", "other", "external")),
    ((3, 14), ("js", "gc", "compiler", "parallel_compiler_prologue", "other", "external")),
    ((3, 28), ("js", "gc", "compiler", "other", "external", "idle")),
    ((6, 2), ("js", "gc", "compiler", "other", "external", "idle", "parser", "bytecode_compiler")),
    ((6, 3), ("js", "gc", "parser", "bytecode_compiler", "compiler", "other", "external", "idle")),
    ((8, 3), ("js", "gc", "parser", "bytecode_compiler", "compiler", "other", "external", "atomics_wait", "idle")),
    ((12, 5), ("js", "gc", "parser", "bytecode_compiler", "compiler", "other", "external", "atomics_wait", "idle", "logging")),
    ((14, 6), ("js", "gc", "parser", "bytecode_compiler", "compiler", "other", "external", "atomics_wait", "idle", "logging",
               "idle_external")),
)  # fmt: skip
"""V8's StateTag (src/common/globals.h or include/v8-unwinder.h), by the first version with these values."""


OLD_WITH_TIMES: V8 = (3, 28)
OLD_WITHOUT_TIMES: V8 = (3, 14)
"""The V8 assumed for a log without a version whose records have the form of V8 before 3.28, which wrote none: by its ticks."""

_OF_3_14, _OF_3_0 = ("parallel_compiler_prologue", "other", "external"), ("other", "external", "unknown")


def earlier_states() -> dict[int, int]:
    """From indices in STATES as V8 3.14 numbers its states to what the same numbers mean before it: it has one more."""
    return {STATES.index(newer): STATES.index(older) for newer, older in zip(_OF_3_14, _OF_3_0, strict=True)}


def states_of(v8: V8) -> tuple[str, ...]:
    """The names of V8's states by their number in a tick."""
    return next((names for first, names in reversed(_STATES) if v8 >= first), _STATES[0][1])


def state_indices(v8: V8) -> dict[bytes, int]:
    """Index in STATES by the number as printed; other numbers are unknown."""
    return {str(number).encode(): STATES.index(name) for number, name in enumerate(states_of(v8))}


@dataclass(frozen=True, slots=True)
class NodeRules:
    """How a Node's tick processor differs from those of other versions.

    major            of Node
    quoted           it reads quoted fields (up to 8)
    doubled          it knows the doubled backslash (12 on)
    page_bits        bits of an address's page number that it keeps: collisions make it look in the wrong map
    regexp_without_function   a RegExp's code has no function (16 on)
    fresh_function   an address of other code is not mistaken for a function's (22 on)
    replaces         code at an address with another size or function replaces what was there (14 on)
    markers          tiers that it knows -> the mark that it displays
    cutoff           share of a caller, in percent, below which it is not displayed
    hides            patterns of names that it omits from stacks, by option
    """

    major: int
    quoted: bool
    doubled: bool
    page_bits: int
    regexp_without_function: bool
    fresh_function: bool
    replaces: bool
    markers: dict[str, str]
    cutoff: float
    hides: dict[str, re.Pattern[str]]


_HIDES_6 = {"ic": re.compile(r"^(?:CallIC|LoadIC|StoreIC)|(?:Builtin: (?:Keyed)?(?:Call|Load|Store)IC_)")}
_HIDES = {
    "ic": re.compile(r"^(LoadGlobalIC: )|(Handler: )|(?:CallIC|LoadIC|StoreIC)|(?:Builtin: (?:Keyed)?(?:Load|Store)IC_)"),
    "bytecodes": re.compile(r"^(BytecodeHandler: )"),
    "builtins": re.compile(r"^(Builtin: )"),
    "stubs": re.compile(r"^(Stub: )"),
}
_MARKERS: tuple[tuple[int, tuple[str, ...]], ...] = (
    (6, ("", "~", "*")),
    (16, ("", "~", "*", "^", "+", "-")),
    (18, ("", "~", "*", "^")),
    (20, ("", "~", "*", "^", "+")),
    (24, ("", "~", "*", "^", "+", "+'", "*'")),
    (26, ("", "~", "*", "^", "+", "+'", "*'", "o+", "o+'", "o*", "o*'")),
)
DEFAULT_NODE = 20
"""The Node whose rules are used for a log without a version: those of 20 to 24 give the same result there."""


def rules_of(v8: V8 | None) -> NodeRules:
    """The rules of the Node that wrote the log; those of Node 6 for older versions, which had no tick processor."""
    node = node_of(v8) if v8 else str(DEFAULT_NODE)
    major = max(6, int(node)) if node.isdigit() else 6
    marks = next(known for first, known in reversed(_MARKERS) if major >= first)
    return NodeRules(
        major=major,
        quoted=major <= 9,
        doubled=major >= 11,
        page_bits=20 if major <= 12 else 32,
        regexp_without_function=major >= 16,
        fresh_function=major >= 22,
        replaces=major >= 14,
        markers={mark: mark.strip("o'") for mark in marks},
        cutoff=2.0 if major < 8 else 1.0,
        hides=_HIDES_6 if major < 8 else _HIDES,
    )
