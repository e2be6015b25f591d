"""Symbol tables cached between runs: reading one from the binary takes up to three seconds, from here a tenth of one.

One file per binary in the user's cache folder, named after the binary's path, size and modification time: a line of JSON, then
compressed names and addresses. It is replaced atomically. Unreadable files count as absent; write errors are ignored.
"""

from __future__ import annotations

import hashlib
import json
import sys
import zlib
from array import array
from pathlib import Path

from gclog.files import keep
from gclog.profile.symbols.table import BINARY_FORMS, BinaryForm, Segment, SymbolTable

__all__ = ["SymbolCache"]

FORMAT = 2
"""Incremented whenever the tables or the file's layout change."""

MAX_FILES = 64
"""Upper bound on cached files; the oldest are deleted. A machine has a few versions of Node and their libraries."""

SUFFIX = ".symbols"
LEVEL = 1
"""zlib's level: higher ones take seconds to save a tenth."""


class SymbolCache:
    """Tables by the binary's path. With `folder` None, nothing is cached."""

    def __init__(self, folder: Path | None) -> None:
        self._folder = folder

    def load(self, binary: Path) -> list[SymbolTable] | None:
        """The cached tables of a binary in its current state; None if there are none."""
        path = self._path(binary)
        if path is None:
            return None
        try:
            with path.open("rb") as file:
                head = json.loads(file.readline())
                if head["format"] != FORMAT or head["order"] != sys.byteorder or head["binary"] != str(binary):
                    return None
                data = zlib.decompress(file.read())
            return _unpack(head["tables"], data)
        except (OSError, ValueError, KeyError, TypeError, EOFError, zlib.error):
            return None

    def save(self, binary: Path, tables: list[SymbolTable]) -> None:
        """Cache the tables, if the folder is writable."""
        path = self._path(binary)
        if path is None:
            return
        heads, data = _pack(tables)
        head = {"format": FORMAT, "order": sys.byteorder, "binary": str(binary), "tables": heads}
        keep(path, json.dumps(head).encode() + b"\n" + zlib.compress(data, LEVEL), MAX_FILES)

    def _path(self, binary: Path) -> Path | None:
        if self._folder is None:
            return None
        try:
            state = binary.stat()
        except OSError:
            return None
        key = f"{binary}\0{state.st_size}\0{state.st_mtime_ns}"
        return self._folder / (hashlib.sha256(key.encode("utf-8", "surrogateescape")).hexdigest()[:32] + SUFFIX)


def _pack(tables: list[SymbolTable]) -> tuple[list[dict[str, object]], bytes]:
    heads: list[dict[str, object]] = []
    parts: list[bytes] = []
    for table in tables:
        names = "\n".join(name.replace("\n", " ") for name in table.names).encode("utf-8", "surrogatepass")
        parts += [table.starts.tobytes(), table.ends.tobytes(), names]
        heads.append(
            {
                "form": table.form,
                "fixed": table.fixed,
                "segments": table.segments,
                "versions": table.versions,
                "build_id": table.build_id,
                "count": len(table.names),
                "name_bytes": len(names),
            }
        )
    return heads, b"".join(parts)


def _unpack(heads: list[dict[str, object]], data: bytes) -> list[SymbolTable]:
    """The tables. Raises ValueError, KeyError or TypeError if `heads` and `data` do not match."""
    tables, position = [], 0

    def take(length: int) -> bytes:
        nonlocal position
        position += length
        return data[position - length : position]

    for head in heads:
        columns = []
        count, name_bytes = int(str(head["count"])), int(str(head["name_bytes"]))
        for _ in range(2):
            column = array("Q")
            column.frombytes(take(count * column.itemsize))
            columns.append(column)
        text = take(name_bytes).decode("utf-8", "surrogatepass")
        names = text.split("\n") if count else []
        if not len(names) == len(columns[0]) == len(columns[1]) == count:
            raise ValueError("the columns differ in length")
        segments, versions = head["segments"], head["versions"]
        assert isinstance(segments, list) and isinstance(versions, list)
        tables.append(
            SymbolTable(
                _form_of(head["form"]),
                bool(head["fixed"]),
                tuple(Segment(*segment) for segment in segments),
                tuple(versions),
                str(head["build_id"]),
                names,
                *columns,
            )
        )
    if position != len(data):
        raise ValueError("more data than columns")
    return tables


def _form_of(value: object) -> BinaryForm:
    """The kind of binary that a kept table says it is of. Raises ValueError."""
    for form in BINARY_FORMS:
        if form == value:
            return form
    raise ValueError(f"no kind of binary: {value!r}")
