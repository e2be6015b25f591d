"""The numbers of a document's long arrays, from their text."""

from __future__ import annotations

import re
from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from gclog.source.json_stream import JsonStream, MalformedError

__all__ = ["TOO_LARGE", "rounded_numbers", "whole_numbers"]

_NUMBERS = re.compile(rb"[-0-9,]*")

SOMETHING_ELSE = "an array of numbers holds something else"

TOO_LARGE = "a number in it is too large"

LARGEST = float(1 << 53)
"""JavaScript has no larger whole number."""


def whole_numbers(stream: JsonStream) -> Iterator[NDArray[np.int64]]:
    """An array of whole numbers, in blocks. Raises CutError after the last complete number, MalformedError."""
    for text in stream.numbers():
        yield _parse(text)


def rounded_numbers(stream: JsonStream) -> Iterator[NDArray[np.int64]]:
    """An array of numbers, in blocks, those with a fraction rounded. Raises CutError after the last complete one, MalformedError."""
    for text in stream.numbers():
        values = _parse(text) if _NUMBERS.fullmatch(text) else _round(text)
        if values.max() >= LARGEST or values.min() <= -LARGEST:
            raise MalformedError(TOO_LARGE)
        yield values


def _parse(text: bytes) -> NDArray[np.int64]:
    """`1,2,3` as numbers. Raises MalformedError."""
    if _NUMBERS.fullmatch(text) is None:
        raise MalformedError(SOMETHING_ELSE)
    expected = text.count(b",") + 1
    try:
        values = np.fromstring(text.decode("ascii"), dtype=np.int64, sep=",")
    except ValueError as error:
        raise MalformedError(SOMETHING_ELSE) from error
    if len(values) != expected:  # older numpy gives the numbers up to there, with a warning; newer raises
        raise MalformedError(SOMETHING_ELSE)
    return values


def _round(text: bytes) -> NDArray[np.int64]:
    try:
        values = np.array(text.split(b","), dtype=np.float64)
    except ValueError as error:
        raise MalformedError(SOMETHING_ELSE) from error
    if not (np.abs(values) < LARGEST).all():
        raise MalformedError(SOMETHING_ELSE)
    return np.round(values).astype(np.int64)
