"""Which log a source is, by its first block: lines of `--trace-gc` and crashes, lines of a v8.log, or both (`--logfile=-`)."""

from __future__ import annotations

import functools
import re
from typing import Literal

from gclog.grammar.compile import compile_grammar
from gclog.recognise.log_lines import first_words
from gclog.recognise.reader import Reader
from gclog.records import Record
from gclog.source.open import Block
from gclog.tick_records import CodeCreation, LogVersion, ProfilerEvent, SharedLibrary, Tick

__all__ = ["LogKind", "detect", "without_log_lines"]

LogKind = Literal["gc", "ticks", "mixed"]

DECISIVE: tuple[type[Record], ...] = (LogVersion, SharedLibrary, CodeCreation, ProfilerEvent, Tick)
"""One such line makes a v8.log: nothing else looks like it. The other kinds (`api,...`, `map,...`) may be anybody's table."""


@functools.cache
def _decisive() -> tuple[re.Pattern[bytes], ...]:
    rules = compile_grammar("v8_log").rules
    return tuple(re.compile(b"(?m)^" + rule.source.encode() + b"$") for rule in rules if rule.record in DECISIVE)


@functools.cache
def _log_line() -> re.Pattern[bytes]:
    words = "|".join(re.escape(word) for word in sorted(first_words()))
    return re.compile(f"(?m)^(?:{words}),[^\n]*".encode())


def detect(block: Block | None) -> LogKind:
    """How to read a source that begins with this block; what is no v8.log is read as a GC log, empty ones too."""
    if block is None or not any(pattern.search(block.data) for pattern in _decisive()):
        return "gc"
    reader = Reader()
    return "mixed" if reader.read(without_log_lines(block)) or reader.finish() else "ticks"


def without_log_lines(block: Block) -> Block:
    """The block with every line empty that a v8.log's word begins: what is left of a mixed log for the reader of GC lines."""
    return Block(_log_line().sub(b"", block.data), block.first_line)
