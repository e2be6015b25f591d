"""Where a fleet's logs are: the words of the command line as a list of names, and a log's names as files that can be analysed.

A word with `://` (s3://bucket/*/gc.log*, gs://, https://, memory://) goes to fsspec; any other is a local file, folder or glob.
Listing opens no log: thousands are opened once only, each by who analyses it.
"""

from __future__ import annotations

import re
import shutil
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from glob import glob
from pathlib import Path, PurePosixPath
from typing import Any

from gclog.errors import GclogError, InputError, UsageError, install_command
from gclog.fleet.attempt import attempt
from gclog.source.expand import open_file

__all__ = ["LocalLog", "list_logs", "local_files"]

REMOTE = "://"
GLOB = re.compile(r"[*?\[]")
COPY_BYTES = 1 << 22
"""Read from remote storage at once."""

SAFE_NAME = re.compile(r"[A-Za-z0-9][\w.@+=,-]{0,120}", re.ASCII)
"""What a file may be called on every system; an object of a storage may be called anything."""

STORAGE = "Check the name, the credentials and the network; fsspec's documentation says what each kind of storage needs."


@dataclass(frozen=True, slots=True)
class LocalLog:
    """A log at hand: the paths of its files, each with its name, and what is said of those that could not be had."""

    names: Mapping[str, str]
    notes: tuple[str, ...]


def list_logs(words: Sequence[str]) -> list[str]:
    """The names of all logs, sorted, each once. Raises InputError for a word that names none; UsageError where fsspec is missing."""
    names: set[str] = set()
    for word in words:
        found = list(_remote(word) if _is_remote(word) else _local(word))
        if not found:
            raise InputError(
                "no log matches", where=word, remedy="Check the pattern, and quote it: the shell may have expanded it."
            )
        names.update(found)
    return sorted(names)


def _local(word: str) -> Iterator[str]:
    path = Path(word)
    if path.is_dir():
        for file in path.rglob("*"):
            if file.is_file() and not any(part.startswith(".") for part in file.relative_to(path).parts):
                yield str(file)
    elif not path.exists() and GLOB.search(word):
        for match in glob(word, recursive=True):  # noqa: PTH207 -- Path.glob takes no absolute patterns
            yield from _local(match)
    else:
        yield str(path)  # missing ones too: each log answers for itself


def _remote(word: str) -> list[str]:
    storage, path = _storage(word)
    root = GLOB.split(path, maxsplit=1)[0].rpartition("/")[0]

    def ask() -> list[str] | None:
        if GLOB.search(path):
            found = [str(match) for match in storage.glob(path) if not storage.isdir(match)]
            return found if found or not root or storage.exists(root) else None
        return [str(match) for match in storage.find(path)] if storage.isdir(path) else [path]

    found = attempt(ask)
    if isinstance(found, BaseException):
        raise InputError(f"cannot be listed: {_said(found)}", where=word, remedy=STORAGE) from found
    if found is None:
        raise InputError(f"there is no {storage.unstrip_protocol(root)}", where=word, remedy=STORAGE)
    return [storage.unstrip_protocol(path) for path in found]


@contextmanager
def local_files(names: Sequence[str]) -> Iterator[LocalLog]:
    """A log's files as local ones, for as long as they are needed. A file of several that cannot be had is left out, and noted.

    Raises InputError, UsageError where none can be had: those of the first.
    """
    found: dict[str, str] = {}
    refused: list[GclogError] = []
    with tempfile.TemporaryDirectory(prefix="gclog-fleet-") if any(map(_is_remote, names)) else nullcontext("") as folder:
        for number, name in enumerate(names):
            try:
                path = _fetch(name, Path(folder) / _copy_name(name, number, len(names)))
                if len(names) > 1:
                    open_file(path).close()  # a log of one file answers for itself
                found[str(path)] = name
            except GclogError as error:
                refused.append(error)
        if not found:
            raise refused[0]
        yield LocalLog(found, tuple(f"left out, and missing in all figures: {error.where}: {error.what}" for error in refused))


def _fetch(name: str, copy: Path) -> Path:
    """The file itself, where it is local; else what was copied."""
    if not _is_remote(name):
        return Path(name)
    storage, path = _storage(name)
    outcome = attempt(lambda: _copy(storage, path, copy))
    if isinstance(outcome, BaseException):
        raise InputError(f"cannot be fetched: {_said(outcome)}", where=name, remedy=STORAGE) from outcome
    return copy


def _is_remote(name: str) -> bool:
    return REMOTE in name


def _copy_name(name: str, number: int, of: int) -> str:
    """Its own, where every system can have such a file. Pieces of a rotated log are numbered so that their order is told by it."""
    own = PurePosixPath(name).name
    return f"piece.log.{number:010}" if of > 1 else own if SAFE_NAME.fullmatch(own) else "log"


def _copy(storage: Any, path: str, copy: Path) -> None:
    with storage.open(path, "rb") as there, copy.open("wb") as here:
        shutil.copyfileobj(there, here, COPY_BYTES)


def _storage(word: str) -> tuple[Any, str]:
    """The storage that a word's protocol names, and the path in it."""
    try:
        from fsspec import get_filesystem_class
    except ImportError:
        raise UsageError(
            "remote logs need the library fsspec, which is not installed",
            where=word,
            remedy=f"Install it: {install_command('fleet')}",
        ) from None

    def find() -> tuple[Any, str]:  # fsspec's own way takes `::`, which an object may have in its name, for a chain of storages
        kind = get_filesystem_class(word.partition(REMOTE)[0])
        return kind(**kind._get_kwargs_from_urls(word)), kind._strip_protocol(word)

    found = attempt(find)
    if isinstance(found, ImportError):  # s3fs, gcsfs, aiohttp ...: one library for each kind of storage, which the error names
        raise UsageError(str(found), where=word, remedy="Install that library, here and where the workers are.") from found
    if isinstance(found, BaseException):
        raise UsageError(f"no such storage: {_said(found)}", where=word, remedy=STORAGE) from found
    storage, path = found
    return storage, str(path)


def _said(error: BaseException) -> str:
    """An error in one line; of many a storage's errors the name alone says what it is."""
    text = " ".join(str(error).split())
    return f"{type(error).__name__}: {text}" if text else type(error).__name__
