"""Numbered stack frames: a function is one frame in all its tiers, and the tier is stored separately."""

from __future__ import annotations

import dataclasses
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence

from gclog.model.profile import Category, Deoptimisation, Frame, TierTicks
from gclog.profile.code_map import Code, Entry, Function, Native
from gclog.profile.names import split_place, unescape
from gclog.recognise.scripts import ANONYMOUS, category_of_script

__all__ = ["FOLDED_FRAME", "TIERS", "FrameTable", "unknown_tiers"]

UNKNOWN_NAME = "(unknown)"
FOLDED_FRAME = Frame("(folded)", "unknown", "unknown")
"""In place of the calls left out of a rare stack."""

INLINED = "inlined"
"""The tier of a function inlined in another's code, whose marker it has."""

SOURCE_TAGS = frozenset({"Script", "Eval", "Function", "LazyCompile", "JS", "InterpretedFunction"})
"""Tags of code from JavaScript source, with a function or, in old logs, without."""

TIERS = {
    "~": "interpreted",
    "^": "baseline",
    "-": "native_context_independent",
    "*": "optimised",
    "": "compiled",
}
"""`+` is Maglev from V8 10.2 on and was Turboprop before; `~` was full-codegen up to 5.8; `'` and `o` only decorate."""

MAGLEV_FROM = (10, 2)


class FrameTable:
    """Numbers frames, and labels (a frame with its marker; an inlined function has its host's), in order of appearance."""

    def __init__(self, v8: tuple[int, int] | None, quoted: bool) -> None:
        self._quoted = quoted
        self._plus = "maglev" if v8 is None or v8 >= MAGLEV_FROM else "turboprop"
        self.frames: list[Frame] = []
        self.labels: list[tuple[int, str, bool]] = []
        self._frame_numbers: dict[tuple[str, ...], int] = {}
        self._label_numbers: dict[tuple[int, str, bool], int] = {}
        self.deoptimisations: defaultdict[int, list[Deoptimisation]] = defaultdict(list)
        self.compiled: Counter[tuple[int, str]] = Counter()

    def label(self, entry: Entry | None) -> int:
        """The number of a stack entry with its tier and whether it is inlined."""
        code = entry if isinstance(entry, Code) and entry.function is not None else None
        key = (self.frame(entry), code.marker if code else "", code is not None and code.inlined)
        if key not in self._label_numbers:
            self._label_numbers[key] = len(self.labels)
            self.labels.append(key)
        return self._label_numbers[key]

    def frame(self, entry: Entry | None) -> int:
        """The number of a frame regardless of tier."""
        key = _key(entry)
        number = self._frame_numbers.get(key)
        if number is None:
            number = self._frame_numbers[key] = len(self.frames)
            self.frames.append(self._make(entry))
        return number

    def deoptimised(self, code: Entry | None, record: Deoptimisation) -> None:
        """Record that code was deoptimised."""
        if isinstance(code, Code) and code.function is not None:
            self.deoptimisations[self.frame(code)].append(record)

    def _text(self, text: str) -> str:
        return text.replace('""', '"').replace('\\"', '"') if self._quoted else unescape(text)

    def _make(self, entry: Entry | None) -> Frame:
        match entry:
            case Code(function=None, tag=tag) if tag not in SOURCE_TAGS:
                category: Category = "regexp" if tag == "RegExp" else "builtin"
                return Frame(self._text(entry.name) or ANONYMOUS, "code", category, tag)
            case Code():
                place = split_place(self._text(entry.name if entry.function is None else entry.function.name))
                category, package = category_of_script(place.script)
                tag = entry.tag if entry.tag in ("Script", "Eval") else "JS"
                return Frame(
                    place.name or ANONYMOUS, "function", category, tag, place.script, place.line, place.column, package
                )
            case Native(symbol=True):
                return Frame(entry.name, "native", "native", library=entry.library)
            case Native():
                return Frame(entry.name, "shared_library", "native", library=entry.name)
            case _:
                return Frame(UNKNOWN_NAME, "unknown", "unknown")

    def tier(self, marker: str) -> str:
        """The name of a tier by its marker; `unknown` if no version has it."""
        bare = marker.strip("o'")
        return self._plus if bare == "+" else TIERS.get(bare, "unknown")

    def finished(self, own: Sequence[int], total: Sequence[int]) -> tuple[Frame, ...]:
        """The frames with their tiers, given self and total ticks by label."""
        tiers: defaultdict[int, list[TierTicks]] = defaultdict(list)
        for number, (frame, marker, inlined) in enumerate(self.labels):
            if self.frames[frame].kind == "function":
                tier, made = (INLINED, 0) if inlined else (self.tier(marker), self.compiled[(frame, marker)])
                tiers[frame].append(TierTicks(tier, marker, own[number], total[number], made))
        return tuple(
            dataclasses.replace(
                frame,
                tiers=tuple(sorted(tiers[number], key=lambda tier: -tier.self_ticks)),
                deoptimisations=tuple(self.deoptimisations[number]),
            )
            if number in tiers or number in self.deoptimisations
            else frame
            for number, frame in enumerate(self.frames)
        )


def _key(entry: Entry | None) -> tuple[str, ...]:
    match entry:
        case Code(function=None):
            return ("code", entry.tag, entry.name)
        case Code(function=function):
            assert function is not None
            return ("function", "Script" if entry.tag in ("Script", "Eval") else "", function.name)
        case Native():
            return ("native" if entry.symbol else "library", entry.library, entry.name)
        case Function() | None:
            return ("unknown",)


def unknown_tiers(labels: Iterable[str]) -> list[str]:
    """Markers that no known version of V8 has."""
    return sorted({marker for marker in labels if marker.strip("o'") not in {*TIERS, "+"}})
