"""Native symbols from a JSON list of [name, start, end], end exclusive, the format of V8's own tests."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

from gclog.errors import InputError
from gclog.model.profile import ProfileNote
from gclog.profile.code_map import Native

__all__ = ["JsonSymbols"]


class JsonSymbols:
    """The symbols of all binaries of one log. Raises InputError if the file is not such a list."""

    def __init__(self, path: Path) -> None:
        try:
            found = json.loads(path.read_text(encoding="utf-8"))
            self._symbols = [(str(name), int(start), int(end)) for name, start, end in found]
        except OSError as error:
            raise InputError(f"cannot be read: {error.strerror or error}", where=str(path), remedy="Check the file.") from error
        except (ValueError, TypeError) as error:
            raise InputError(
                "is not a list of [name, start address, end address]",
                where=str(path),
                remedy="Give addresses in decimal.",
            ) from error

    def begin(self, v8: str | None) -> None:
        """Nothing to do: the file applies to whatever log it is given with."""

    def notes(self) -> Sequence[ProfileNote]:
        """Empty: the user named the file."""
        return ()

    def of(self, library: Native) -> Sequence[tuple[str, int, int]]:
        """The symbols inside the binary."""
        end = library.start + library.size
        return [symbol for symbol in self._symbols if library.start <= symbol[1] and symbol[2] <= end]
