"""What a sampled heap profile is, in whichever format it was written: its tree of calls in columns, and its samples."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from gclog.model.profile import Frame
from gclog.source.json_stream import MalformedError

__all__ = ["MOST_BYTES", "NO_PARENT", "Ints", "Sampling", "whole"]

Ints = npt.NDArray[np.int64]

NO_PARENT = -1

MOST_BYTES = 1 << 53
"""JavaScript counts no further; no heap has as much."""


@dataclass(frozen=True, slots=True, eq=False)
class Sampling:
    """A profile as it was read. Nodes are numbered as the file has them, callers before callees.

    parent, frame, alive   of each node: its caller's number, the index of its frame, bytes at the end of its stack that are alive
    samples                of each node: its samples that are alive
    ordinals               of each sample that is alive its number within the sampling, in order; their nodes and bytes beside it
    has_samples            the file lists its samples: V8 7.2 on
    gone_bytes             what had been collected when the profile was taken
    external_bytes         memory outside V8's heap, which the file counts, too; no part of the figures here
    interval_bytes         between two samples, as the file says; 0 if it does not
    taken_ns               when it was taken, since 1970 UTC; 0 if the file does not say
    """

    name: str
    frames: tuple[Frame, ...]
    parent: Ints
    frame: Ints
    alive: Ints
    samples: Ints
    ordinals: Ints
    ordinal_node: Ints
    ordinal_bytes: Ints
    has_samples: bool
    gone_bytes: int
    cut: bool
    notes: tuple[str, ...]
    external_bytes: int = 0
    interval_bytes: int = 0
    taken_ns: int = 0

    @property
    def alive_bytes(self) -> int:
        """All that is alive, by the samples."""
        return int(self.alive.sum())


def whole(value: Any, what: str) -> int:
    """A number that JavaScript counts to. Raises MalformedError."""
    if isinstance(value, int | float) and 0 <= value < MOST_BYTES:
        return int(value)
    raise MalformedError(f"a {what} in it is not a number that it can be")
