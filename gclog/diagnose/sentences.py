"""Sentences of advice: to put them together, to take them apart, and the first of them."""

from __future__ import annotations

import re

__all__ = ["SENTENCE_END", "first_step", "join", "take_first"]

SENTENCE_END = re.compile(r"(?<=[a-z)`%B\]][.:]) (?=[A-Z`])")
"""Between two sentences of advice. Where it cuts wrongly it cuts alike each time, which is all that is asked of it."""

STEP_END = re.compile(r"(?<=[a-z0-9)`%B\]]\.) (?=[A-Z`])")
"""Between two sentences: a colon introduces what belongs to the first."""

STEP_SENTENCES = 2
"""Sentences of a remedy that answer what to do; what follows is for whoever reads the finding."""


def join(*sentences: str) -> str:
    """The sentences that are not empty, as one paragraph."""
    return " ".join(sentence for sentence in sentences if sentence)


def first_step(remedy: str) -> str:
    """The first sentences of a remedy: one thing to do."""
    return " ".join(STEP_END.split(remedy)[:STEP_SENTENCES])


def take_first(text: str) -> tuple[str, str]:
    """The first sentence, and the others."""
    first, *others = STEP_END.split(text, maxsplit=1)
    return first, "".join(others)
