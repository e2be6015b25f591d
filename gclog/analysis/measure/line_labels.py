"""Short names for shapes of lines: what tells them apart, without values and units at their ends and what all of them begin with."""

from __future__ import annotations

import itertools
import re
from collections.abc import Sequence

__all__ = ["label_shapes"]

LONGEST_LABEL = 60

UNITS = frozenset({"b", "bytes", "kb", "mb", "min", "ms", "ns", "s", "sec", "us"})
"""What says nothing after a value at the end of a line."""

MEMBER = re.compile(r'"[\w.-]+":"([^"]*)"')
"""A member of a JSON object, with its text."""

METHOD = re.compile(r"[A-Z]{3,7} ")
LETTER = re.compile(r"[^\W\d_]")
SEPARATORS = re.compile(r"[\s,\[\](){}|]")


def label_shapes(shapes: Sequence[str]) -> list[str]:
    """A label for each shape: of JSON the texts that not all of them have."""
    members = [MEMBER.findall(shape) for shape in shapes]
    in_all = set.intersection(*map(set, members)) if len(shapes) > 1 else set()
    begin = _common_beginning(shapes) if len(shapes) > 1 else 0
    labels = []
    for shape, texts in zip(shapes, members, strict=True):
        own = " ".join(text for text in texts if text not in in_all and LETTER.search(text))
        labels.append(_cut(own or _trim(shape[begin:]) or _trim(shape) or shape))
    return labels


def _common_beginning(shapes: Sequence[str]) -> int:
    """How many characters all shapes begin with, in whole words; the method of a request is a part of its name."""
    same = itertools.takewhile(lambda letters: len(set(letters)) == 1, zip(*shapes, strict=False))
    common = "".join(letters[0] for letters in same)
    whole = common[: len(common) - len(SEPARATORS.split(common)[-1])]
    return 0 if METHOD.fullmatch(whole) else len(whole)


def _trim(text: str) -> str:
    """Without the words at either end that are no words."""
    words = text.split()
    while words and not LETTER.search(words[0]):
        words.pop(0)
    while words and (not LETTER.search(words[-1]) or _is_unit(words)):
        words.pop()
    return " ".join(words)


def _is_unit(words: Sequence[str]) -> bool:
    return len(words) > 1 and words[-1].lower() in UNITS and not LETTER.search(words[-2])


def _cut(text: str) -> str:
    return text if len(text) <= LONGEST_LABEL else text[: LONGEST_LABEL - 1] + "…"
