"""What can be read of a block without any other block, and so in another process: the numbers of lines that are alike.

If every line of a block that the gate opens to has a known template (`templates`), one pass takes out the identities of the
processes, one pass of patterns finds out which template each line has, and one conversion gives all the numbers. Nothing here
depends on the lines of other blocks.
"""

from __future__ import annotations

import functools
import re
from dataclasses import dataclass
from operator import attrgetter

import numpy as np
import numpy.typing as npt

from gclog.grammar.gate import gate_of
from gclog.recognise.bulk.identities import IN_PATTERN, IdentityCodes, take_out, without_identities

__all__ = ["BlockScan", "Plan", "digits_in", "one_of", "scan_block"]

LINE_FEED = 10

ONLY_DIGITS = bytes(c if c in b"0123456789" else 0x20 for c in range(256))

Ints = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Plan:
    """What it takes to scan a block: the words and heads of the gate, and the patterns of the templates, one group each."""

    words: tuple[bytes, ...]
    heads: tuple[bytes, ...]
    templates: tuple[str, ...]


@dataclass(frozen=True, slots=True, eq=False)
class BlockScan:
    """What was read of a block.

    count       how many lines it has
    opened      places, from 0, of the lines that the gate opens to; None for all of them
    which       the template of each of those; None if one has no known template: then nothing was read
    numbers     all runs of digits in them, decimal points and identities left out
    identities  those of the lines that have one, in order
    """

    count: int
    opened: Ints | None
    which: npt.NDArray[np.int8] | None
    numbers: Ints | None
    identities: IdentityCodes | None


def digits_in(data: bytes) -> Ints:
    """All runs of digits, decimal points left out: `1.25 of 7` gives 125 and 7. Those of 19 digits or more may not be exact."""
    return np.fromstring(data.translate(ONLY_DIGITS, b"."), dtype=np.int64, sep=" ")


@functools.lru_cache(maxsize=4)
def one_of(templates: tuple[str, ...]) -> re.Pattern[bytes]:
    """The pattern of a whole line that has one of several templates, its identity left out: its last group says which."""
    return re.compile(b"(?m)^(?:" + "|".join(templates).encode() + b")$")


def scan_block(plan: Plan, data: bytes) -> BlockScan:
    """Read whole lines. Each ends with LF, except perhaps the last one of a source."""
    if plan.templates and _begins_and_ends_known(plan, data):
        count = data.count(b"\n")
        if (scan := _scan_lines(plan, data, count, None, count)) is not None:
            return scan
    ends = np.flatnonzero(np.frombuffer(data, dtype=np.uint8) == LINE_FEED)
    count = len(ends) + (not data.endswith(b"\n"))
    opened = np.unique(np.searchsorted(ends, gate_of(plan.words, plan.heads).places(data)))
    if plan.templates and len(opened):
        firsts, afters = np.concatenate(([0], ends + 1)), np.append(ends, len(data))
        spans = zip(firsts[opened].tolist(), afters[opened].tolist(), strict=True)
        joined = b"\n".join([data[first:after] for first, after in spans])
        if (scan := _scan_lines(plan, joined, count, opened, len(opened))) is not None:
            return scan
    return BlockScan(count, opened, None, None, None)


def _scan_lines(plan: Plan, data: bytes, count: int, opened: Ints | None, lines: int) -> BlockScan | None:
    """What a block of `count` lines says, of which `data` has those `lines` that the gate opens to; None unless all have known templates.

    As many marks as identities: then no line has a mark that was there before.
    """
    marked, identities = take_out(data, lines)
    which = np.fromiter(map(attrgetter("lastindex"), one_of(plan.templates).finditer(marked)), dtype=np.int8) - 1
    if len(which) != lines:
        return None
    identified = np.array([IN_PATTERN in template for template in plan.templates])
    if np.count_nonzero(identified[which]) != len(identities.codes):
        return None
    return BlockScan(count, opened, which, digits_in(marked), identities)


def _begins_and_ends_known(plan: Plan, data: bytes) -> bool:
    """Whether a block begins and ends with whole lines of known templates: a cheap check before the expensive one."""
    last = data.rfind(b"\n", 0, len(data) - 1) + 1
    ends = data[: data.find(b"\n")], data[last:-1]
    return data.endswith(b"\n") and all(
        one_of(plan.templates).fullmatch(without_identities(line)[0]) is not None for line in ends
    )
