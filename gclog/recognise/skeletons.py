"""GC lines that differ in nothing but their numbers, read many at a time.

A log repeats itself: one version of V8, one or a few processes, a handful of reasons. What the grammar has read once is turned
into a *skeleton*, a pattern of literal text with the numbers left open, in digits and decimals as they stood there. A line
of the same skeleton is of the same rule with the same fields, since no rule looks at the value of a number: only whether it
is whole, or how many decimals it has. So its numbers can be taken without asking the grammar again. Every other line goes to
the grammar.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from gclog.columns import Columns, bulk_columns
from gclog.grammar.compile import LineRule
from gclog.recognise.convert import converters
from gclog.records import Collection, column_specs

__all__ = ["Row", "Skeletons"]

MOST = 64
"""So many skeletons are kept: with more, a log is not one that repeats itself, and looking through them costs more than it saves."""

KEPT_AS_TEXT = frozenset({"pid", "isolate_id"})
"""Numbers that name a process: part of the literal text, as the isolate's address is."""

BLANKS = re.compile(r"(?:\\ ){2,}")
"""A run of blanks, escaped: V8 pads its clock with them, so their number varies (no literal of the grammar has two)."""

NUMBER = re.compile(r"\d+(?:\.(\d+))?")
AROUND = frozenset("0123456789.-+")
"""What would belong to a number that it stands beside."""

NOT_OF_NUMBERS = bytes(c if c in b"0123456789." else 0x20 for c in range(256))

Row = tuple[int, float | None, int, bytes]
"""A line read by a skeleton: its number, the moment its envelope gives it, which skeleton, and its text from the first number on."""


@dataclass(frozen=True, slots=True)
class Skeleton:
    """One of them. `source` has one group: from the first number to the last. `numbers`: the fields of the numbers in it."""

    rule: LineRule
    source: str
    numbers: tuple[str, ...]
    constants: dict[str, Any]


def _skeleton_of(rule: LineRule, text: str) -> Skeleton | None:
    """The skeleton of a line; None where it has something that may not be left open."""
    found = rule.pattern.fullmatch(text)
    assert found is not None
    kinds = {name: spec.metadata["kind"] for name, spec in column_specs(rule.record).items()}
    groups = [name for name in found.re.groupindex if found[name] is not None and name in kinds]
    numeric = sorted((name for name in groups if kinds[name] in (int, float) and name not in KEPT_AS_TEXT), key=found.start)
    pattern, done = "", 0
    for name in numeric:
        start, end = found.span(name)
        number = NUMBER.fullmatch(text, start, end)
        if number is None or not AROUND.isdisjoint(text[max(0, start - 1) : start] + text[end : end + 1]):
            return None
        decimals = "" if number[1] is None else rf"\.\d{{{len(number[1])}}}"
        pattern += BLANKS.sub(" ++", re.escape(text[done:start])) + ("(" if name == numeric[0] else "") + rf"\d++{decimals}"
        done = end
    inside = text[found.start(numeric[0]) : done]
    if len(inside.encode().translate(NOT_OF_NUMBERS).split()) != len(numeric):
        return None
    pattern += ")" + BLANKS.sub(" ++", re.escape(text[done:]))
    convert = converters(rule.record)
    constants = {name: convert[name](value) for name, value in rule.fields_of(found, text).items() if name not in numeric}
    return Skeleton(rule, rf"[ \t]*+{pattern}[ \t]*+", tuple(numeric), constants | {"form": rule.name})


class Skeletons:
    """The skeletons of a source, learned line by line."""

    def __init__(self) -> None:
        self._known: list[Skeleton] = []
        self._one: re.Pattern[bytes] | None = None
        self._many: re.Pattern[bytes] | None = None

    def learn(self, rule: LineRule, text: str) -> None:
        """Take the skeleton of a line that a rule has read."""
        if len(self._known) >= MOST or (skeleton := _skeleton_of(rule, text)) is None:
            return
        if all(known.source != skeleton.source for known in self._known):
            self._known.append(skeleton)
            either = "|".join(known.source for known in self._known).encode()
            self._one = re.compile(either)
            self._many = re.compile(b"(?m)^(?:" + either + b")$")

    def read(self, line: bytes) -> tuple[int, bytes] | None:
        """Which skeleton a line has, and its text from the first number to the last."""
        found = None if self._one is None else self._one.fullmatch(line)
        if found is None or found.lastindex is None:
            return None
        return found.lastindex - 1, found[found.lastindex]

    def read_block(self, data: bytes, lines: npt.NDArray[np.int64]) -> tuple[Columns, dict[str, int]] | None:
        """The rows of whole lines that all have known skeletons, and how many each rule read; None where one has not."""
        if self._many is None:
            return None
        texts = self._many.findall(data)
        count = len(texts)
        if count != len(lines):
            return None
        if len(self._known) == 1:
            return self._columns(lines, None, np.zeros(count, dtype=np.int64), [texts])
        columns = list(zip(*texts, strict=True))
        which = np.zeros(count, dtype=np.int64)
        for number, column in enumerate(columns):
            which[np.fromiter(map(bool, column), dtype=bool, count=count)] = number
        return self._columns(lines, None, which, [[text for text in column if text] for column in columns])

    def know_ends(self, data: bytes) -> bool:
        """Whether a block begins and ends with whole lines of known skeletons: a cheap look before the dear one."""
        last = data.rfind(b"\n", 0, len(data) - 1) + 1
        ends = data[: data.find(b"\n")], data[last:-1]
        return data.endswith(b"\n") and all(self.read(line) is not None for line in ends)

    def columns(self, rows: Sequence[Row]) -> tuple[Columns, dict[str, int]]:
        """The rows that `read` gave, one or more, as columns; and how many each rule read."""
        lines, walls, which, texts = zip(*rows, strict=True)
        wall_ms = np.array([np.nan if wall is None else wall for wall in walls])
        numbers = np.array(which, dtype=np.int64)
        apart = [[text for text, own in zip(texts, which, strict=True) if own == n] for n in range(len(self._known))]
        return self._columns(np.array(lines, dtype=np.int64), wall_ms, numbers, apart)

    def _columns(
        self,
        lines: npt.NDArray[np.int64],
        wall_ms: npt.NDArray[np.float64] | None,
        which: npt.NDArray[np.int64],
        texts: Sequence[Sequence[bytes]],
    ) -> tuple[Columns, dict[str, int]]:
        """Columns from the texts of each skeleton; `which` says for each row whose it is."""
        columns = bulk_columns(
            Collection, {"line": lines.astype(np.float64)} | ({} if wall_ms is None else {"wall_ms": wall_ms}), len(lines)
        )
        counts: dict[str, int] = {}
        for number, skeleton in enumerate(self._known):
            if not texts[number]:
                continue
            mine: Any = slice(None) if len(texts[number]) == len(lines) else np.flatnonzero(which == number)
            for name, value in skeleton.constants.items():
                columns.values[name][mine] = value
            joined = b" ".join(texts[number]).translate(NOT_OF_NUMBERS)
            table = np.fromstring(joined, sep=" ").reshape(-1, len(skeleton.numbers))
            for i, name in enumerate(skeleton.numbers):
                columns.values[name][mine] = table[:, i]
            key = f"{skeleton.rule.file.name}.{skeleton.rule.name}"
            counts[key] = counts.get(key, 0) + len(texts[number])
        return columns, counts
