"""The identity of a process in V8's prefix, `[pid:isolate]` or `[pid:isolate:id]`: taken out of many lines at once.

An isolate's address mixes digits and letters, so it cannot be read with the other numbers of a line; and as literal text of a
template it would make every template anew for each process. So it is taken out, and each different identity is read once.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

__all__ = [
    "IDENTITY",
    "IDENTITY_FIELDS",
    "IN_PATTERN",
    "MARK",
    "IdentityCodes",
    "coded",
    "take_out",
    "values_of",
    "without_identities",
]

IDENTITY = re.compile(rb"\[(\d{1,15}+:(?:0x[0-9A-Fa-f]{1,16}+|[0-9A-F]{8,16}+)(?::\d{1,15}+)?+)\]")
"""An identity that can be nothing else. A short address without 0x is none: `[12:34:56]` is a clock."""

IDENTITY_FIELDS = ("pid", "isolate", "isolate_id")

MARK = b"[]"
"""What is left of an identity."""

IN_PATTERN = re.escape(MARK.decode())
"""The mark in the pattern of a template."""


@dataclass(frozen=True, slots=True, eq=False)
class IdentityCodes:
    """The identities of some lines: `codes` are places in `texts`, which are all different."""

    codes: npt.NDArray[np.int32]
    texts: tuple[bytes, ...]


def without_identities(data: bytes) -> tuple[bytes, list[bytes]]:
    """Text with a mark in place of each identity, and the identities."""
    parts = IDENTITY.split(data)
    return MARK.join(parts[::2]), parts[1::2]


def take_out(data: bytes, lines: int) -> tuple[bytes, IdentityCodes]:
    """Lines with a mark in place of each identity, and the identities; quicker if every line has the same one."""
    found = IDENTITY.search(data)
    if found is not None and data.rfind(found[0]) > data.rfind(b"\n", 0, -1):
        marked = data.replace(found[0], MARK)
        if len(data) - len(marked) == lines * (len(found[0]) - len(MARK)):
            return marked, IdentityCodes(np.zeros(lines, dtype=np.int32), (found[1],))
    marked, identities = without_identities(data)
    return marked, coded(identities)


def coded(identities: list[bytes]) -> IdentityCodes:
    """Each different identity once."""
    places = {text: place for place, text in enumerate(dict.fromkeys(identities))}
    codes = np.fromiter(map(places.__getitem__, identities), dtype=np.int32, count=len(identities))
    return IdentityCodes(codes, tuple(places))


def values_of(identity: bytes) -> tuple[int, str, int | None]:
    """The fields of an identity: pid, isolate, and the isolate's number if it has one."""
    pid, isolate, *number = identity.decode().split(":")
    return int(pid), isolate, int(number[0]) if number else None
