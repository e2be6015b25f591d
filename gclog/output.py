"""Files that appear only when they are complete."""

from __future__ import annotations

import contextlib
import os
import tempfile
from pathlib import Path

from gclog.errors import OutputError

__all__ = ["write_file"]


def write_file(path: Path, text: str) -> None:
    """Write UTF-8 text; a failure leaves what was there before. Raises OutputError."""
    folder = path.parent
    temporary = None
    try:
        descriptor, temporary = tempfile.mkstemp(prefix=f".{path.name}.", dir=folder)
        with os.fdopen(descriptor, "w", encoding="utf-8", newline="\n") as stream:
            stream.write(text)
        umask = os.umask(0)
        os.umask(umask)
        Path(temporary).chmod(0o666 & ~umask)
        Path(temporary).replace(path)
    except OSError as error:
        if temporary is not None:
            with contextlib.suppress(FileNotFoundError):
                Path(temporary).unlink()
        raise OutputError(
            f"cannot write the report: {error.strerror or error}", where=str(path), remedy="Choose another place with -o."
        ) from error
