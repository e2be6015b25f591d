"""Files written as a whole: reports, which appear only when complete, and caches, which can be made again."""

from __future__ import annotations

import contextlib
import io
import os
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import IO

from gclog.errors import OutputError, UsageError

__all__ = [
    "cache_folder",
    "check_output",
    "drop_stdout",
    "hold_standard_streams",
    "keep",
    "temporary_file",
    "write_file",
    "write_stdout",
]

STDERR_FD = 2

ELSEWHERE = "Choose another path."


# ---------------------------------------------------------------- reports


def check_output(path: Path, inputs: Sequence[str], force: bool) -> None:
    """Refuse an output path that cannot be right, before any work is done. Raises UsageError, OutputError."""
    if path.is_dir():
        raise UsageError("is a folder", where=str(path), remedy="Give the name of a file in it.")
    if not path.parent.is_dir():
        raise OutputError("cannot write the report: no such folder", where=str(path), remedy=ELSEWHERE)
    if path.is_file():
        if any(_is_same(path, word) for word in inputs):
            raise UsageError("is the log itself", where=str(path), remedy=ELSEWHERE)
        if not force:
            raise UsageError("the output file exists", where=str(path), remedy="Give --force to overwrite it.")


def _is_same(path: Path, word: str) -> bool:
    try:
        return path.samefile(word)
    except OSError:
        return False


def write_file(path: Path, content: str | bytes) -> None:
    """Write bytes, or text as UTF-8; on failure the old file stays. Links are followed, devices are written to. Raises OutputError."""
    data = content if isinstance(content, bytes) else content.encode("utf-8", "replace")
    try:
        if path.exists() and not path.is_file():
            path.write_bytes(data)
        else:
            umask = os.umask(0)
            os.umask(umask)
            _replace(path.resolve(), data, 0o666 & ~umask)
    except OSError as error:
        raise OutputError(f"cannot write the report: {error.strerror or error}", where=str(path), remedy=ELSEWHERE) from error


def temporary_file(*, buffered: bool = True) -> IO[bytes]:
    """A file in the temporary folder that is gone when it is closed, which is the caller's to do. Raises OSError."""
    return tempfile.TemporaryFile(prefix="gclog-", buffering=-1 if buffered else 0)


def write_stdout(content: str | bytes) -> None:
    """Write bytes or text to stdout; characters that its encoding lacks become question marks. Raises OutputError."""
    encoding = sys.stdout.encoding or "utf-8"
    try:
        if isinstance(content, bytes):
            sys.stdout.buffer.write(content)
        else:
            sys.stdout.write(content.encode(encoding, "replace").decode(encoding))
        sys.stdout.flush()
    except OSError as error:
        drop_stdout()
        raise OutputError(f"cannot write the report: {error.strerror or error}", where="stdout") from error


def drop_stdout() -> None:
    """Forget what is still to be written to stdout if that fails: the interpreter flushes it once more when it shuts down."""
    try:
        sys.stdout.flush()
    except OSError:
        sys.stdout = io.StringIO()


def hold_standard_streams() -> None:
    """Make up for a stdin, stdout or stderr that is closed: no file that is opened gets its number, and writing to stdout fails."""
    while (descriptor := os.open(os.devnull, os.O_RDWR)) <= STDERR_FD:
        pass
    os.close(descriptor)
    if sys.stdout is None:
        sys.stdout = io.TextIOWrapper(io.BufferedReader(io.FileIO(os.devnull)), "utf-8")
    if sys.stderr is None:
        sys.stderr = io.TextIOWrapper(io.BufferedWriter(io.FileIO(os.devnull, "w")), "utf-8")


# ---------------------------------------------------------------- caches


def cache_folder(name: str) -> Path:
    """The user's folder for cached files of one kind, in XDG_CACHE_HOME, ~/Library/Caches or %LOCALAPPDATA%."""
    from platformdirs import user_cache_path

    return user_cache_path("gclog", appauthor=False) / name


def keep(path: Path, data: bytes, kept: int) -> None:
    """Cache a file, if possible, and keep only the newest `kept` files with its suffix in that folder."""
    with contextlib.suppress(OSError):
        path.parent.mkdir(parents=True, exist_ok=True)
        _replace(path, data, 0o600)
        files = sorted(path.parent.glob("*" + path.suffix), key=lambda other: other.stat().st_mtime_ns)
        for other in files[:-kept]:
            other.unlink(missing_ok=True)


# ---------------------------------------------------------------- the one atomic writer


def _replace(path: Path, data: bytes, mode: int) -> None:
    """Replace a file atomically: readers see the old content or the new, never a part. Raises OSError."""
    descriptor, temporary = tempfile.mkstemp(prefix=".gclog-", dir=path.parent)
    try:
        with os.fdopen(descriptor, "wb") as stream:
            stream.write(data)
        Path(temporary).chmod(mode)
        Path(temporary).replace(path)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise
