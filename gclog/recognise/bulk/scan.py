"""What can be read of a block without any other block, and so in another process: the numbers of lines that are alike.

Of the lines that the gate opens to, one pass takes out the identities of the processes, one pass of patterns finds out which
template each line has, and one conversion gives all the numbers of those that have one. Nothing here depends on the lines of
other blocks.
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

__all__ = ["UNKNOWN", "BlockScan", "Plan", "digits_in", "scan_block", "template_in"]

LINE_FEED = 10

UNKNOWN = -1
"""In place of a template."""

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
    which       the template of each of those, UNKNOWN if it has no known template; None if none of them has one
    numbers     all runs of digits in those with a known template, decimal points and identities left out
    identities  those of the lines with a known template that have one, in order
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
    """The pattern of a whole line that has one of several templates, its identity left out: its last group says which.

    The group after the last is that of any other line.
    """
    return re.compile(b"(?m)^(?:" + "|".join((*templates, ".*+()")).encode() + b")$")


def template_in(templates: tuple[str, ...], marked: bytes) -> int | None:
    """The template of a line, its identity left out, as a number from 0; None if it has none of them."""
    found = one_of(templates).fullmatch(marked)
    return (
        found.lastindex - 1 if found is not None and found.lastindex is not None and found.lastindex <= len(templates) else None
    )


def scan_block(plan: Plan, data: bytes) -> BlockScan:
    """Read whole lines. Each ends with LF, except perhaps the last one of a source."""
    if plan.templates and _begins_and_ends_known(plan, data):
        count = data.count(b"\n")
        marked, identities = take_out(data, count)
        which = _match(plan, marked, count)
        if which is not None and UNKNOWN not in which and _are_all(plan, which, identities):
            return BlockScan(count, None, which, digits_in(marked), identities)
    ends = np.flatnonzero(np.frombuffer(data, dtype=np.uint8) == LINE_FEED)
    count = len(ends) + (not data.endswith(b"\n"))
    places = np.searchsorted(ends, gate_of(plan.words, plan.heads).places(data))
    opened = places[np.append(True, places[1:] != places[:-1])] if len(places) else places  # in order, so without np.unique
    if plan.templates and len(opened):
        firsts, afters = np.concatenate(([0], ends + 1)), np.append(ends, len(data))
        spans = zip(firsts[opened].tolist(), afters[opened].tolist(), strict=True)
        return _scan_lines(plan, [data[first:after] for first, after in spans], count, opened)
    return BlockScan(count, opened, None, None, None)


def _scan_lines(plan: Plan, lines: list[bytes], count: int, opened: Ints) -> BlockScan:
    """What a block of `count` lines says in those that the gate opens to."""
    marked, identities = take_out(b"\n".join(lines), len(lines))
    which = _match(plan, marked, len(lines))
    if which is not None and UNKNOWN in which:
        known = [line for line, template in zip(lines, which.tolist(), strict=True) if template != UNKNOWN]
        marked, identities = take_out(b"\n".join(known), len(known))
    if which is None or not _are_all(plan, which[which != UNKNOWN], identities):
        return BlockScan(count, opened, None, None, None)
    return BlockScan(count, opened, which, digits_in(marked), identities)


def _match(plan: Plan, marked: bytes, lines: int) -> npt.NDArray[np.int8] | None:
    """The template of each line; None if none of them has one."""
    end = len(marked) - marked.endswith(b"\n")
    found = one_of(plan.templates).finditer(marked, 0, end)
    which = np.fromiter(map(attrgetter("lastindex"), found), dtype=np.int8) - 1
    which[which == len(plan.templates)] = UNKNOWN
    return which if len(which) == lines and (which != UNKNOWN).any() else None


def _are_all(plan: Plan, which: npt.NDArray[np.int8], identities: IdentityCodes) -> bool:
    """Whether the lines of some templates have as many marks as there were identities: then no mark was there before."""
    identified = np.array([IN_PATTERN in template for template in plan.templates])
    return int(np.count_nonzero(identified[which])) == len(identities.codes)


def _begins_and_ends_known(plan: Plan, data: bytes) -> bool:
    """Whether a block begins and ends with whole lines of known templates: a cheap check before the expensive one."""
    last = data.rfind(b"\n", 0, len(data) - 1) + 1
    ends = data[: data.find(b"\n")], data[last:-1]
    return data.endswith(b"\n") and all(template_in(plan.templates, without_identities(line)[0]) is not None for line in ends)
