"""A tick log as `node --prof-process --preprocess` writes it (Node 8 on), for the flame graphs of other programs: JSON.

    {"code":[{"name":"hash /app/x.js:3:7","type":"JS","kind":"Opt","func":0,"tm":1}],"functions":[{"name":"hash ...","codes":[0]}],
     "ticks":[{"tm":1042117,"vm":0,"s":[0,16,-1,140737]}],"scripts":[]}

A tick's `s` has two numbers a call, the innermost first: the index of its code, -1 if there is none, and the offset in it
(`JsonProfile` in V8's tools/profile.mjs).
"""

from __future__ import annotations

import re
from array import array
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from gclog.recognise.documents.counted_lines import read_as_far_as_it_goes
from gclog.source.json_stream import JsonStream, MalformedError

__all__ = ["PreprocessedCode", "PreprocessedLog", "is_preprocessed", "read_preprocessed"]

_HEAD = re.compile(rb'\s*\{\s*"code"\s*:\s*\[\s*\{\s*"name"\s*:\s*"[^"\\]*(?:\\.[^"\\]*)*"\s*,\s*"(?:type|timestamp)"')

LARGEST = 1 << 53


class PreprocessedCode(NamedTuple):
    """Something at an address: `type` SHARED_LIB, CPP, CODE or JS; `kind` of code, or the compiler of JS; the index of a function."""

    name: str
    type: str
    kind: str
    function: int | None


@dataclass(slots=True)
class PreprocessedLog:
    """What is in it. Of each tick when (µs), V8's state, and where its calls end in `calls`, which are indices of `code`."""

    code: list[PreprocessedCode] = field(default_factory=list)
    functions: list[str] = field(default_factory=list)
    at_us: array[int] = field(default_factory=lambda: array("q"))
    state: array[int] = field(default_factory=lambda: array("q"))
    calls: array[int] = field(default_factory=lambda: array("q"))
    ends: array[int] = field(default_factory=lambda: array("q"))
    lines: int = 0
    cut: bool = False

    def read(self, stream: JsonStream) -> None:
        """Raises CutError, MalformedError after what could be read."""
        stream.begin()
        while (key := stream.key()) is not None:
            match key:
                case "code":
                    self.code.extend(map(_code, stream.items()))
                case "functions":
                    self.functions.extend(_name(item) for item in stream.items())
                case "ticks":
                    for item in stream.items():
                        self._take(item)
                case _:
                    stream.skip()

    def _take(self, item: Any) -> None:
        match item:
            case {"tm": int(at_us), "vm": int(state), "s": list(stack)} if 0 <= at_us < LARGEST and 0 <= state < LARGEST:
                calls = stack[::2]
                if not all(type(call) is int and -1 <= call < len(self.code) for call in calls):
                    raise MalformedError("a tick is in code that is not there")
                self.at_us.append(at_us)
                self.state.append(state)
                self.calls.extend(calls)
                self.ends.append(len(self.calls))
            case _:
                raise MalformedError("one of its ticks has no moment, state or stack")


def is_preprocessed(head: bytes) -> bool:
    """Whether a document that begins so is a preprocessed tick log."""
    return _HEAD.match(head) is not None


def read_preprocessed(chunks: Iterable[bytes]) -> PreprocessedLog:
    """The log; one that is cut off is read as far as it goes. Raises MalformedError."""
    found = PreprocessedLog()
    found.lines, found.cut = read_as_far_as_it_goes(chunks, found.read)
    return found


def _code(item: Any) -> PreprocessedCode:
    match item:
        case {"name": str(name), "type": str(type_)}:
            kind, function = item.get("kind"), item.get("func")
            return PreprocessedCode(
                name,
                type_,
                kind if isinstance(kind, str) else "",
                function if type(function) is int and function >= 0 else None,
            )
        case _:
            raise MalformedError("code has no name or no type")


def _name(item: Any) -> str:
    return item["name"] if isinstance(item, dict) and isinstance(item.get("name"), str) else ""
