"""Which log a source is, by its first block: lines of `--trace-gc` and crashes, lines of a v8.log, or both (`--logfile=-`)."""

from __future__ import annotations

import functools
import re
from typing import Literal

from gclog.recognise.reader import Reader
from gclog.source.open import Block

__all__ = ["LogKind", "detect", "without_log_lines"]

LogKind = Literal["gc", "ticks", "mixed", "cpu-profile", "preprocessed"]

DECISIVE_WORDS = (b"v8-version,", b"shared-library,", b"code-creation,", b"profiler,", b"tick,")
"""How decisive lines begin. One such line makes a v8.log: nothing else looks like it. The other kinds (`api,...`, `map,...`) may be
any table."""


@functools.cache
def _decisive() -> tuple[tuple[bytes, tuple[re.Pattern[bytes], ...]], ...]:
    """The first words of decisive lines, each with the patterns of its lines."""
    from gclog.recognise.v8_log import rules_by_word

    rules = {word.encode() + b",": rules for word, rules in rules_by_word().items()}
    return tuple(
        (word, tuple(re.compile(b"(?m)^" + rule.source.encode() + b"$") for rule in rules[word])) for word in DECISIVE_WORDS
    )


def _is_log(data: bytes) -> bool:
    """Whether it has a decisive line. The words are searched for first, which is a hundred times faster, and needs no grammar."""
    found = {word for word in DECISIVE_WORDS if data.startswith(word) or b"\n" + word in data}
    return bool(found) and any(pattern.search(data) for word, patterns in _decisive() if word in found for pattern in patterns)


@functools.cache
def _log_line() -> re.Pattern[bytes]:
    from gclog.recognise.v8_log import rules_by_word

    words = "|".join(re.escape(word) for word in sorted(rules_by_word()))
    return re.compile(f"(?m)^(?:{words}),[^\n]*".encode())


def detect(block: Block | None) -> LogKind:
    """How to read a source that begins with this block. Anything that is no v8.log is read as a GC log, even if it is empty."""
    if block is None or not _is_log(block.data):
        return "gc"
    reader = Reader()
    return "mixed" if reader.read(without_log_lines(block)) or reader.finish() else "ticks"


def without_log_lines(block: Block) -> Block:
    """The block with every line of a v8.log emptied: what is left of a mixed log for the reader of GC lines."""
    return Block(_log_line().sub(b"", block.data), block.first_line)
