"""A JSON document that is one large object, read member by member while its bytes arrive; no part of it is held twice.

V8 writes a heap snapshot as one object of long arrays (`HeapSnapshotJSONSerializer` in src/profiler/heap-snapshot-generator.cc),
a GC profile and a trace as an object with one array of objects.
"""

from __future__ import annotations

import codecs
import json
import re
from collections.abc import Iterable, Iterator
from typing import Any

__all__ = ["CutError", "JsonStream", "MalformedError"]

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
_TOKEN = re.compile(
    rb'[\s,]*(?:(?P<key>"[^"\\]*(?:\\.[^"\\]*)*")\s*:\s*)?'
    rb'(?:(?P<plain>(?:"[^"\\]*(?:\\.[^"\\]*)*"|[-+.\w]+)(?=\s*[,}\]]))|(?P<mark>[{}\[\]]))',
    re.DOTALL,
)
_BEFORE_ITEM = re.compile(r"[\s,]*")
_AFTER_NUMBER = re.compile(r"[\s,\]]")
_BARE = re.compile(rb"[^,}\]]*(?=[,}\]])")


class CutError(Exception):
    """The document ends before it is complete."""


class MalformedError(Exception):
    """The document is not the JSON that it should be."""


class JsonStream:
    """One object, read forward. After each key, exactly one of `whole`, `numbers`, `strings`, `items`, `tree` and `skip` reads its value,
    or `begin` if it is another object whose members are wanted."""

    def __init__(self, chunks: Iterable[bytes]) -> None:
        self._chunks = iter(chunks)
        self._held = b""

    def begin(self) -> None:
        """The opening brace. Raises CutError, MalformedError."""
        self._after_blanks()
        if self._held[:1] != b"{":
            raise MalformedError("it does not begin with {")
        self._held = self._held[1:]

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
        depth, at = -1, 0
        while True:
            found = _TOKEN.match(self._held, at)
            if found is None:
                self._held, at = self._held[at:], 0
                if len(self._held) > HEADER_BYTES:
                    raise MalformedError("a value does not end")
                self._more()
                continue
            at = found.end()
            key, value, mark = _decode(found)
            above = opened[-1] if opened else None
            if mark in (b"{", b"["):
                made: dict[str, Any] | list[Any] | None = {} if mark == b"{" else None if key == branches else []
                depth += mark == b"{" and above is None
                opened.append(made)
                if above is not None and made is not None:
                    _put(above, key, made)
            elif mark:
                done = opened.pop() if opened else None
                if isinstance(done, dict) and (not opened or opened[-1] is None):
                    yield depth, done
                    depth -= 1
            elif above is not None:
                _put(above, key, value)
            if not opened:
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


def _decode(token: re.Match[bytes]) -> tuple[str, Any, bytes]:
    """A member's name, empty if it has none, and its value or a bracket. Raises MalformedError."""
    key, plain, mark = token.group("key", "plain", "mark")
    try:
        return json.loads(key) if key else "", json.loads(plain) if plain else None, mark or b""
    except ValueError as error:
        raise MalformedError("it is not JSON") from error


def _put(above: dict[str, Any] | list[Any], key: str, value: Any) -> None:
    if isinstance(above, dict):
        above[key] = value
    else:
        above.append(value)
