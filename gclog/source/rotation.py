"""Which files are the pieces of one rotated log, by their names, and in which order they were written.

Programs that rotate logs leave names like these (oldest first):

    logrotate              gc.log.2.gz gc.log.1 gc.log; with dateext gc.log-20260313.gz gc.log-20260314 gc.log
    Docker (json-file)     4f1c-json.log.2.gz 4f1c-json.log.1 4f1c-json.log
    Kubernetes             0.log.20260314-031201.gz 0.log.20260314-101530 0.log
    rotatelogs of Apache   gc.log.1773446400 gc.log.1773532800
    split -d               gc.log.00 gc.log.01 gc.log.02

Only names are looked at. Nothing is lost if they mislead: in joined pieces a restart, another pid or another isolate begins another
process, as it does within one file.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

__all__ = ["Family", "find_families"]

PACKINGS = ("", ".gz", ".bz2", ".xz", ".zst")
"""How the pieces may be packed; if a piece is there twice, the first of these is read."""

_ENDING = re.compile(
    r"(?:\.(?P<number>\d{1,3})|\.(?P<epoch>\d{10}|\d{13})|[-_.](?P<date>\d{8}|\d{4}-\d\d-\d\d)(?:[-_.T]?(?P<time>[\d:-]{2,14}))?)?"
    r"(?P<packing>\.(?:gz|bz2|xz|zst))?\Z"
)
"""What a piece has after the log's own name. A number of four or more digits is a process's, not a piece's, but one of ten or
thirteen is s or ms since 1970."""

_EXTENSION = re.compile(r"[^/\\]\.[A-Za-z]\w*$")
"""The extension of a file: `gc.log.1` is a piece of `gc.log`, but `web.1` and `10.0.0.1` are names of their own."""

_NOT_DIGITS = re.compile(r"\D")


@dataclass(frozen=True, slots=True)
class Family:
    """The pieces of one log.

    name     what they are called together, such as `logs/web-1/gc.log*`
    members  at least two, oldest first
    twins    packed copies of members: they are not read
    missing  numbers missing between those that are there
    """

    name: str
    members: tuple[str, ...]
    twins: tuple[str, ...] = ()
    missing: tuple[int, ...] = ()

    @property
    def notes(self) -> tuple[str, ...]:
        """What readers of a report must know about how the pieces were chosen."""
        said = []
        if self.twins:
            said.append(f"not read, for they are pieces that are there unpacked, packed: {len(self.twins)}")
        if self.missing:
            said.append(f"pieces are missing between those that are there: {', '.join(map(str, self.missing))}")
        return tuple(said)


@dataclass(frozen=True, slots=True)
class _Piece:
    name: str
    number: str | None
    moment: str | None
    packing: str

    @property
    def is_current(self) -> bool:
        return self.number is None and self.moment is None


def find_families(names: Sequence[str]) -> list[Family | str]:
    """The names, with the pieces of one log as a family in the place of the first of them."""
    stems: dict[str, list[_Piece]] = {}
    stem_of: dict[str, str] = {}
    for name in dict.fromkeys(names):
        stem_of[name], piece = _take_apart(name)
        stems.setdefault(stem_of[name], []).append(piece)
    found: list[Family | str] = []
    for stem, pieces in stems.items():
        family = _family(stem, pieces)
        alone = [piece.name for piece in pieces if family is None or piece.name not in (*family.members, *family.twins)]
        found += alone if family is None else [family, *alone]
    first = {name: place for place, name in reversed(list(enumerate(names)))}
    return sorted(found, key=lambda one: first[one] if isinstance(one, str) else min(first[name] for name in one.members))


def _take_apart(name: str) -> tuple[str, _Piece]:
    ending = _ENDING.search(name)
    if ending is None or name[: ending.start()].endswith(("/", "\\", ".")) or not ending.start():
        return name, _Piece(name, None, None, "")
    date = ending["epoch"] or ending["date"]
    moment = None if date is None else _NOT_DIGITS.sub("", date + (ending["time"] or ""))
    return name[: ending.start()], _Piece(name, ending["number"], moment, ending["packing"] or "")


def _family(stem: str, pieces: Sequence[_Piece]) -> Family | None:
    """The family of some pieces; None if they are files that only look alike."""
    chosen: dict[tuple[str | None, str | None], _Piece] = {}
    twins: list[str] = []
    for piece in sorted(pieces, key=lambda piece: PACKINGS.index(piece.packing)):
        key = (piece.number if piece.number is None else str(int(piece.number)), piece.moment)
        if key not in chosen:
            chosen[key] = piece
        elif not piece.is_current:  # a packed copy of the log itself may be from any day: it is left alone
            twins.append(piece.name)
    members = list(chosen.values())
    current = any(piece.is_current for piece in members)
    if len(members) < 2 or not (current or _EXTENSION.search(stem)):
        return None
    upwards = not current and any(piece.number is not None and piece.number.startswith("0") for piece in members)
    numbers = sorted(int(piece.number) for piece in members if piece.number is not None)

    def age(piece: _Piece) -> tuple[int, str, int]:
        number = 0 if piece.number is None else int(piece.number)
        return 2 if piece.is_current else piece.moment is None, piece.moment or "", number if upwards else -number

    return Family(
        name=f"{stem}*",
        members=tuple(piece.name for piece in sorted(members, key=age)),
        twins=tuple(sorted(twins)),
        missing=tuple(sorted(set(range(numbers[0], numbers[-1])) - set(numbers))) if numbers else (),
    )
