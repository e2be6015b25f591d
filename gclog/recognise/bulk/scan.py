"""What can be read of a block apart from every other block, and so in another process: the numbers of lines that are alike.

Of a block in which every line that the gate opens to has a known skeleton (`skeletons`), one pass of patterns tells which skeleton
each of them has, and one conversion gives all the numbers. Nothing here depends on the lines of other blocks.
"""

from __future__ import annotations

import functools
import re
from dataclasses import dataclass
from operator import attrgetter

import numpy as np
import numpy.typing as npt

from gclog.grammar.gate import gate_of

__all__ = ["Apart", "Plan", "digits_in", "one_of", "read_apart"]

LINE_FEED = 10

ONLY_DIGITS = bytes(c if c in b"0123456789" else 0x20 for c in range(256))

Ints = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Plan:
    """What must be known to read a block apart: the words and heads of the gate, and the patterns of the skeletons, one group each."""

    words: tuple[bytes, ...]
    heads: tuple[bytes, ...]
    skeletons: tuple[str, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Apart:
    """What was read of a block.

    count    its lines
    opened   places, from 0, of the lines that the gate opens to; None for all of them
    which    which skeleton each of those has; None where one has none that is known: then nothing was read
    numbers  all runs of digits in them, points left out
    """

    count: int
    opened: Ints | None
    which: npt.NDArray[np.int8] | None
    numbers: Ints | None


def digits_in(data: bytes) -> Ints:
    """All runs of digits, points left out: `1.25 of 7` gives 125 and 7. Those of 19 digits and more may not be exact."""
    return np.fromstring(data.translate(ONLY_DIGITS, b"."), dtype=np.int64, sep=" ")


@functools.lru_cache(maxsize=4)
def one_of(skeletons: tuple[str, ...]) -> re.Pattern[bytes]:
    """The pattern of a line that has one of some skeletons: its last group says which."""
    return re.compile("|".join(skeletons).encode())


@functools.lru_cache(maxsize=4)
def _many_of(skeletons: tuple[str, ...]) -> re.Pattern[bytes]:
    return re.compile(b"(?m)^(?:" + one_of(skeletons).pattern + b")$")


def read_apart(plan: Plan, data: bytes) -> Apart:
    """Read whole lines, each ended by LF but for the last one of a source."""
    if plan.skeletons and _is_known_at_its_ends(plan, data):
        count = data.count(b"\n")
        which = _match(plan, data)
        if len(which) == count:
            return Apart(count, None, which, digits_in(data))
    ends = np.flatnonzero(np.frombuffer(data, dtype=np.uint8) == LINE_FEED)
    count = len(ends) + (not data.endswith(b"\n"))
    opened = np.unique(np.searchsorted(ends, gate_of(plan.words, plan.heads).places(data)))
    if plan.skeletons and len(opened):
        begins, behind = np.concatenate(([0], ends + 1)), np.append(ends, len(data))
        spans = zip(begins[opened].tolist(), behind[opened].tolist(), strict=True)
        together = b"\n".join([data[begin:end] for begin, end in spans])
        which = _match(plan, together)
        if len(which) == len(opened):
            return Apart(count, opened, which, digits_in(together))
    return Apart(count, opened, None, None)


def _match(plan: Plan, data: bytes) -> npt.NDArray[np.int8]:
    """Which skeletons the lines have that have one."""
    return np.fromiter(map(attrgetter("lastindex"), _many_of(plan.skeletons).finditer(data)), dtype=np.int8) - 1


def _is_known_at_its_ends(plan: Plan, data: bytes) -> bool:
    """Whether a block begins and ends with whole lines of known skeletons: a cheap look before the dear one."""
    last = data.rfind(b"\n", 0, len(data) - 1) + 1
    ends = data[: data.find(b"\n")], data[last:-1]
    return data.endswith(b"\n") and all(one_of(plan.skeletons).fullmatch(line) is not None for line in ends)
