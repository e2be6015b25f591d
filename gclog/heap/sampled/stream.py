"""The JSON of a heap profile, member by member while its bytes arrive: a tree of any depth, of which no part is held as text.

A profile is one object, its tree nested in `head` (`SamplingHeapProfileNode` of the inspector's protocol):

    {"head":{"callFrame":{...},"selfSize":0,"id":1,"children":[{"callFrame":{...},...}]},"samples":[{"size":524352,"nodeId":5,"ordinal":5}]}
"""

from __future__ import annotations

import functools
import json
import re
from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple

from gclog.source.json_stream import CutError, MalformedError

__all__ = ["Close", "Member", "Open", "read_events"]

LONGEST_TOKEN = 1 << 24
"""Bytes: a name or a script's URL that goes on for longer has lost its end. A `data:` URL has its whole script in it."""

_STRING = rb'"[^"\\]*(?:\\.[^"\\]*)*"'
_FLAT = rb'\{[^{}\[\]"]*(?:' + _STRING + rb'[^{}\[\]"]*)*\}'
_SCALAR = rb"(?:" + _STRING + rb"|[-+.\w]+)(?=\s*[,}\]])"
_TOKEN = re.compile(
    rb"[\s,]*(?:(?P<key>" + _STRING + rb")\s*:\s*)?(?:(?P<plain>" + _FLAT + rb"|" + _SCALAR + rb")|(?P<mark>[{}\[\]]))",
    re.DOTALL,
)

_PART = re.compile(rb'\{[^{}\[\]"]*(?:' + _STRING + rb'[^{}\[\]"]*)*(?:"[^"\\]*(?:\\.[^"\\]*)*\\?)?\Z', re.DOTALL)
"""What may become an object of plain members when more of it has arrived."""

KEPT_TEXTS = 1 << 16
"""Decoded texts that are kept: a function is on many stacks."""


class Open(NamedTuple):
    """An object or an array begins; `key` is its name, empty in an array."""

    key: str
    is_array: bool


class Close(NamedTuple):
    """The last one that was opened ends."""

    is_array: bool


class Member(NamedTuple):
    """A number, a text, or an object that holds nothing but such, decoded."""

    key: str
    value: Any


def read_events(chunks: Iterable[bytes]) -> Iterator[Open | Close | Member]:
    """The document from its opening brace to the one that closes it. Raises CutError if it ends before, MalformedError."""
    waiting, held, at, depth = iter(chunks), b"", 0, 0
    while True:
        found = _TOKEN.match(held, at)
        if found is None or (found["mark"] == b"{" and _PART.match(held, found.start("mark")) is not None):
            held, at = held[at:] + _next(waiting, len(held) - at), 0
            continue
        at = found.end()
        key, plain, mark = found.group("key", "plain", "mark")
        name = "" if key is None else _kept(key)
        if plain is not None:
            yield Member(name, int(plain) if plain.isdigit() else _kept(plain) if key is not None else _decoded(plain))
            if depth == 0:
                return
            continue
        if mark in b"{[":
            depth += 1
            yield Open(name, mark == b"[")
            continue
        depth -= 1
        yield Close(mark == b"]")
        if depth <= 0:
            return


def _next(waiting: Iterator[bytes], held: int) -> bytes:
    if held > LONGEST_TOKEN:
        raise MalformedError("a text in it does not end")
    chunk = next(waiting, None)
    if chunk is None:
        raise CutError
    return chunk


@functools.lru_cache(KEPT_TEXTS)
def _kept(text: bytes) -> Any:
    return _decoded(text)


def _decoded(text: bytes) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError) as error:
        raise MalformedError("it is not JSON") from error
