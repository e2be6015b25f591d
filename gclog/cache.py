"""Files that may be made again: kept in the user's cache folder, replaced as a whole, done without where they cannot be."""

from __future__ import annotations

import contextlib
import os
import tempfile
from pathlib import Path

__all__ = ["cache_folder", "keep"]


def cache_folder(name: str) -> Path:
    """The folder of this user's cached files of one kind: below XDG_CACHE_HOME, ~/Library/Caches, or %LOCALAPPDATA%."""
    from platformdirs import user_cache_path

    return user_cache_path("gclog", appauthor=False) / name


def keep(path: Path, data: bytes, kept: int) -> None:
    """Write a file at once, where that is possible; of the files with its suffix beside it the oldest go, so that `kept` remain."""
    with contextlib.suppress(OSError):
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, made = tempfile.mkstemp(dir=path.parent, suffix=".part")
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(data)
            Path(made).replace(path)
        except OSError:
            Path(made).unlink(missing_ok=True)
            raise
        files = sorted(path.parent.glob("*" + path.suffix), key=lambda other: other.stat().st_mtime_ns)
        for other in files[:-kept]:
            other.unlink(missing_ok=True)
