"""The numbers of a snapshot's arrays, from their text."""

from __future__ import annotations

import re
from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from gclog.source.json_stream import JsonStream, MalformedError

__all__ = ["whole_numbers"]

_NUMBERS = re.compile(rb"[-0-9,]*")


def whole_numbers(stream: JsonStream) -> Iterator[NDArray[np.int64]]:
    """An array of whole numbers, in blocks. Raises CutError after the last complete number, MalformedError."""
    for text in stream.numbers():
        yield _parse(text)


def _parse(text: bytes) -> NDArray[np.int64]:
    """`1,2,3` as numbers. Raises MalformedError."""
    if _NUMBERS.fullmatch(text) is None:
        raise MalformedError("an array of numbers holds something else")
    expected = text.count(b",") + 1
    try:
        values = np.fromstring(text.decode("ascii"), dtype=np.int64, sep=",")
    except ValueError as error:
        raise MalformedError("an array of numbers holds something else") from error
    if len(values) != expected:  # older numpy gives the numbers up to there, with a warning; newer raises
        raise MalformedError("an array of numbers holds something else")
    return values
