"""A JSON document that is one large object, read member by member while its bytes arrive; no part of it is held twice.

V8 writes a heap snapshot as one object of long arrays (`HeapSnapshotJSONSerializer` in src/profiler/heap-snapshot-generator.cc),
a GC profile and a trace as an object with one array of objects.
"""

from __future__ import annotations

import codecs
import functools
import json
import re
from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple

__all__ = ["Close", "CutError", "JsonStream", "MalformedError", "Member", "Open"]

HEADER_BYTES = 1 << 24
"""Upper bound on a member that is read as a whole: the header of a snapshot has some 2 KB."""

STRING_BYTES = 1 << 26
"""A string longer than that has lost its end; V8 cuts the names in a snapshot at 1,024 characters."""

ITEM_LENGTH = 1 << 26
"""Upper bound on the characters of one item of an array: a collection of a GC profile has some 10,000."""

BLANKS = b" \n\r\t"

_KEY = re.compile(rb'[\s,]*(?:"((?:[^"\\]|\\.)*)"\s*:\s*|(\}))', re.DOTALL)
_STRING = re.compile(rb'"([^"\\]*(?:\\.[^"\\]*)*)("|\\?\Z)|\]', re.DOTALL)
_BRACKET = re.compile(rb'"[^"\\]*(?:\\.[^"\\]*)*("|\\?\Z)|[\[\]{}]', re.DOTALL)
_QUOTED = re.compile(rb'"[^"\\]*(?:\\.[^"\\]*)*"', re.DOTALL)
_TEXT = rb'"[^"\\]*(?:\\.[^"\\]*)*"'
_FLAT = rb'\{[^{}\[\]"]*(?:' + _TEXT + rb'[^{}\[\]"]*)*\}'
_SCALAR = rb"(?:" + _TEXT + rb"|[-+.\w]+)(?=\s*[,}\]])"
_TOKEN = re.compile(
    rb"[\s,]*(?:(?P<key>" + _TEXT + rb")\s*:\s*)?(?:(?P<plain>" + _FLAT + rb"|" + _SCALAR + rb")|(?P<mark>[{}\[\]]))",
    re.DOTALL,
)
_PART = re.compile(rb'\{[^{}\[\]"]*(?:' + _TEXT + rb'[^{}\[\]"]*)*(?:"[^"\\]*(?:\\.[^"\\]*)*\\?)?\Z', re.DOTALL)
"""What may become an object of plain members when more of it has arrived."""

KEPT_TEXTS = 1 << 16
"""Decoded texts that are kept: a function is on many stacks."""

_BEFORE_ITEM = re.compile(r"[\s,]*")
_AFTER_NUMBER = re.compile(r"[\s,\]]")
_BARE = re.compile(rb"[^,}\]]*(?=[,}\]])")


class CutError(Exception):
    """The document ends before it is complete."""


class MalformedError(Exception):
    """The document is not the JSON that it should be."""


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


class JsonStream:
    """One object, read forward. After each key, exactly one of `whole`, `numbers`, `strings`, `items`, `events`, `tree` and `skip` reads its
    value, or `begin` if it is another object whose members are wanted."""

    def __init__(self, chunks: Iterable[bytes]) -> None:
        self._chunks = iter(chunks)
        self._held = b""

    def begin(self) -> None:
        """The opening brace. Raises CutError, MalformedError."""
        self._after_blanks()
        if self._held[:1] != b"{":
            raise MalformedError("it does not begin with {")
        self._held = self._held[1:]

    def is_array(self) -> bool:
        """Whether the document is no object but one array, to be read by `items`. Raises CutError."""
        self._after_blanks()
        return self._held[:1] == b"["

    def key(self) -> str | None:
        """The next member's name; None after the last. Raises CutError, MalformedError."""
        while True:
            found = _KEY.match(self._held)
            if found is not None:
                self._held = self._held[found.end() :]
                return None if found[2] else found[1].decode("utf-8", "replace")
            if len(self._held) > HEADER_BYTES:
                raise MalformedError("a member has no name")
            self._more()

    def whole(self, most: int = HEADER_BYTES) -> Any:
        """A value of at most so many bytes, decoded. Raises CutError, MalformedError."""
        parts = b"".join(self._balanced())
        if len(parts) > most:
            raise MalformedError("its header is too large")
        try:
            return json.loads(parts)
        except (ValueError, RecursionError) as error:
            raise MalformedError("its header is not JSON") from error

    def skip(self) -> None:
        """A value that is not wanted, however large. Raises CutError."""
        for _ in self._balanced():
            pass

    def numbers(self) -> Iterator[bytes]:
        """An array of numbers, as texts of many numbers: `1,2,3`. Raises CutError after the last complete number, MalformedError."""
        self._open_array("an array of numbers is missing")
        while True:
            end = self._held.find(b"]")
            cut = end if end >= 0 else self._held.rfind(b",")
            if cut >= 0:
                text = self._held[:cut].translate(None, BLANKS).strip(b",")
                if text:
                    yield text
                self._held = self._held[cut + 1 :]
            if end >= 0:
                return
            if len(self._held) > HEADER_BYTES:
                raise MalformedError("a number does not end")
            self._more()

    def strings(self) -> Iterator[bytes]:
        """An array of strings, each as it is written between its quotes. Raises CutError after the last complete one."""
        self._open_array("the array of strings is missing")
        while True:
            rest = len(self._held)
            for found in _STRING.finditer(self._held):
                if found[1] is None:
                    self._held = self._held[found.end() :]
                    return
                if found[2] != b'"':
                    rest = found.start()
                    break
                yield found[1]
            self._held = self._held[rest:]
            if len(self._held) > STRING_BYTES:
                raise MalformedError("a string does not end")
            self._more()

    def items(self) -> Iterator[Any]:
        """An array of values, decoded one by one. Raises CutError after the last complete one, MalformedError."""
        self._open_array("an array is missing")
        characters = codecs.getincrementaldecoder("utf-8")("replace")
        decode = json.JSONDecoder().raw_decode
        text, at = characters.decode(self._held), 0
        while True:
            before = _BEFORE_ITEM.match(text, at)
            at = before.end() if before is not None else at
            if text.startswith("]", at):
                self._held = text[at + 1 :].encode() + characters.getstate()[0]
                return
            try:
                item, end = decode(text, at)
                is_whole = not isinstance(item, int | float) or _AFTER_NUMBER.match(text, end) is not None
            except (ValueError, RecursionError):
                is_whole = False
            if not is_whole:
                if len(text) - at > ITEM_LENGTH:
                    raise MalformedError("an item of an array does not end")
                self._held = b""
                self._more()
                text, at = text[at:] + characters.decode(self._held), 0
                continue
            yield item
            text, at = (text[end:], 0) if end > len(text) // 2 else (text, end)

    def tree(self, branches: str) -> Iterator[tuple[int, dict[str, Any]]]:
        """The nodes of a tree, objects whose children are in an array of that name: each after its children, with its depth from 0.

        No more of it is held than the nodes on one path, and recursion is none. Raises CutError after the last complete one,
        MalformedError.
        """
        opened: list[dict[str, Any] | list[Any] | None] = []  # None: an array of children
        depth = 0
        for event in self.events():
            above = opened[-1] if opened else None
            match event:
                case Open(key=key, is_array=is_array):
                    made: dict[str, Any] | list[Any] | None = {} if not is_array else None if key == branches else []
                    depth += made is None
                    opened.append(made)
                    if above is not None and made is not None:
                        _put(above, key, made)
                case Close():
                    done = opened.pop()
                    depth -= done is None
                    if isinstance(done, dict) and (not opened or opened[-1] is None):
                        yield depth, done
                case Member(key=key, value=value):
                    if above is not None:
                        _put(above, key, value)
                    elif isinstance(value, dict):
                        yield depth, value

    def events(self) -> Iterator[Open | Close | Member]:
        """A value from its opening bracket to the one that closes it, of any depth. Raises CutError if it ends before, MalformedError."""
        at = depth = 0
        while True:
            found = _TOKEN.match(self._held, at)
            if found is None or (found["mark"] == b"{" and _PART.match(self._held, found.start("mark")) is not None):
                self._held, at = self._held[at:], 0
                if len(self._held) > HEADER_BYTES:
                    raise MalformedError("a value does not end")
                self._more()
                continue
            at = found.end()
            key, plain, mark = found.group("key", "plain", "mark")
            name = "" if key is None else _kept(key)
            if plain is not None:
                yield Member(name, int(plain) if plain.isdigit() else _kept(plain) if key is not None else _decoded(plain))
            elif mark in b"{[":
                depth += 1
                yield Open(name, mark == b"[")
            else:
                depth -= 1
                yield Close(mark == b"]")
            if depth <= 0:
                self._held = self._held[at:]
                return

    def is_over(self) -> bool:
        """Whether nothing but blanks follows the object."""
        try:
            self._after_blanks()
        except CutError:
            return True
        return False

    def _open_array(self, otherwise: str) -> None:
        self._after_blanks()
        if self._held[:1] != b"[":
            raise MalformedError(otherwise)
        self._held = self._held[1:]

    def _balanced(self) -> Iterator[bytes]:
        """The bytes of a value: up to the bracket that closes it, or to the comma after a plain one."""
        self._after_blanks()
        if self._held[:1] not in (b"{", b"["):
            yield self._plain()
            return
        depth = 0
        while True:
            rest = len(self._held)
            for found in _BRACKET.finditer(self._held):
                mark = found[0]
                if mark[:1] == b'"':
                    if found[1] != b'"':  # its end is in the next chunk
                        rest = found.start()
                        break
                    continue
                depth += (mark in (b"{", b"[")) - (mark in (b"}", b"]"))
                if depth == 0:
                    yield self._held[: found.end()]
                    self._held = self._held[found.end() :]
                    return
            yield self._held[:rest]
            self._held = self._held[rest:]
            if len(self._held) > STRING_BYTES:
                raise MalformedError("a value does not end")
            self._more()

    def _plain(self) -> bytes:
        while True:
            found = (_QUOTED if self._held[:1] == b'"' else _BARE).match(self._held)
            if found is not None:
                self._held = self._held[found.end() :]
                return found[0]
            if len(self._held) > HEADER_BYTES:
                raise MalformedError("a value does not end")
            self._more()

    def _after_blanks(self) -> None:
        self._held = self._held.lstrip(BLANKS)
        while not self._held:
            self._more()
            self._held = self._held.lstrip(BLANKS)

    def _more(self) -> None:
        chunk = next(self._chunks, None)
        if chunk is None:
            raise CutError
        self._held += chunk


@functools.lru_cache(KEPT_TEXTS)
def _kept(text: bytes) -> Any:
    return _decoded(text)


def _decoded(text: bytes) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError) as error:
        raise MalformedError("it is not JSON") from error


def _put(above: dict[str, Any] | list[Any], key: str, value: Any) -> None:
    if isinstance(above, dict):
        above[key] = value
    else:
        above.append(value)
