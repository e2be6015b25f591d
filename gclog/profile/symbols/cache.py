"""Symbol tables kept between runs: reading one from the binary takes up to three seconds, from here a tenth of one.

A file for each binary, named by its path, size and time of change, in the user's cache folder: a line of JSON, then names and
addresses, packed. It is replaced as a whole. What cannot be read is as if it were not there; what cannot be written is not kept.
"""

from __future__ import annotations

import hashlib
import json
import sys
import zlib
from array import array
from pathlib import Path

from gclog.files import keep
from gclog.profile.symbols.table import Segment, SymbolTable

__all__ = ["SymbolCache"]

FORMAT = 2
"""Counted up whenever the tables or this file's layout change."""

FILES_KEPT = 64
"""A machine has a few versions of Node and their libraries; the oldest go first."""

SUFFIX = ".symbols"
LEVEL = 1
"""Of zlib: higher ones take seconds for a tenth less."""


class SymbolCache:
    """Tables by the binary's path. `folder` None: nothing is kept."""

    def __init__(self, folder: Path | None) -> None:
        self._folder = folder

    def load(self, binary: Path) -> list[SymbolTable] | None:
        """The tables of a binary as it is now; None where they are not kept."""
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
        """Keep the tables, where the folder can be written to."""
        path = self._path(binary)
        if path is None:
            return
        heads, data = _pack(tables)
        head = {"format": FORMAT, "order": sys.byteorder, "binary": str(binary), "tables": heads}
        keep(path, json.dumps(head).encode() + b"\n" + zlib.compress(data, LEVEL), FILES_KEPT)

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
    """Raises ValueError, KeyError or TypeError where the two do not belong together."""
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
                head["form"],  # type: ignore[arg-type]  # a file of our own, checked by its format
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
