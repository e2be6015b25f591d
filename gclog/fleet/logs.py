"""Where a fleet's logs are: from command-line arguments to a list of names, and from a log's names to files to analyse.

An argument with `://` (s3://bucket/*/gc.log*, gs://, https://, memory://) goes to fsspec; any other is a local file, folder or
glob. Listing opens no log: each of thousands is opened only once, by the worker that analyses it.
"""

from __future__ import annotations

import re
import shutil
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

from gclog.errors import GclogError, InputError, UsageError, install_command
from gclog.fleet.attempt import attempt, one_line
from gclog.source.expand import find_files, open_file

__all__ = ["LocalLog", "is_remote", "list_logs", "local_files"]

REMOTE = "://"
GLOB = re.compile(r"[*?\[]")
COPY_BYTES = 1 << 22
"""Bytes read from remote storage at a time."""

SAFE_NAME = re.compile(r"[A-Za-z0-9][\w.@+=,-]{0,120}", re.ASCII)
"""A file name valid on every system; an object in a storage may have any name."""

STORAGE = "Check the name, the credentials and the network; fsspec's documentation lists what each kind of storage needs."


@dataclass(frozen=True, slots=True)
class LocalLog:
    """A log as local files: path -> name as given by the user, and a note on each file that could not be fetched."""

    names: Mapping[str, str]
    notes: tuple[str, ...]


def list_logs(words: Sequence[str]) -> list[str]:
    """The names of all logs, sorted and unique. Raises InputError for an argument that matches none, UsageError without fsspec."""
    names: set[str] = set()
    for word in words:
        found = _remote(word) if is_remote(word) else _local(word)
        if not found:
            raise InputError(
                "no log matches", where=word, remedy="Check the pattern, and quote it: the shell may have expanded it."
            )
        names.update(found)
    return sorted(names)


def _local(word: str) -> list[str]:
    """Missing ones too: each log reports its own error."""
    return [str(path) for listing in find_files(word) for path in listing.files]


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
        raise InputError(f"cannot be listed: {one_line(found)}", where=word, remedy=STORAGE) from found
    if found is None:
        raise InputError(f"there is no {storage.unstrip_protocol(root)}", where=word, remedy=STORAGE)
    return [storage.unstrip_protocol(path) for path in found]


@contextmanager
def local_files(names: Sequence[str], beside: Sequence[str] = ()) -> Iterator[LocalLog]:
    """A log's files as local files, while in the context. If there are several, those that cannot be fetched are noted and left out.

    `beside`: other files, which keep their names. Raises the first file's InputError or UsageError if none can be fetched.
    """
    found: dict[str, str] = {}
    refused: list[GclogError] = []
    with (
        tempfile.TemporaryDirectory(prefix="gclog-fleet-")
        if any(map(is_remote, (*names, *beside)))
        else nullcontext("") as folder
    ):
        for number, name in enumerate(names):
            try:
                path = _fetch(name, Path(folder) / _copy_name(name, number, len(names)))
                if len(names) > 1:
                    open_file(path).close()  # a log of one file reports its own error
                found[str(path)] = name
            except GclogError as error:
                refused.append(error)
        if not found:
            raise refused[0]
        for number, name in enumerate(beside):
            try:
                found[str(_fetch(name, Path(folder) / str(number) / _copy_name(name, 0, 1)))] = name
            except GclogError as error:
                refused.append(error)
        yield LocalLog(found, tuple(f"left out, and missing in all figures: {error.where}: {error.what}" for error in refused))


def _fetch(name: str, copy: Path) -> Path:
    """The file itself if it is local, else its copy."""
    if not is_remote(name):
        return Path(name)
    storage, path = _storage(name)
    outcome = attempt(lambda: _copy(storage, path, copy))
    if isinstance(outcome, BaseException):
        raise InputError(f"cannot be fetched: {one_line(outcome)}", where=name, remedy=STORAGE) from outcome
    return copy


def is_remote(name: str) -> bool:
    """Whether a log is in a storage that fsspec reads."""
    return REMOTE in name


def _copy_name(name: str, number: int, of: int) -> str:
    """Its own if that is valid on every system. Members of a rotated log are numbered, so that their order shows."""
    own = PurePosixPath(name).name
    return f"member.log.{number:010}" if of > 1 else own if SAFE_NAME.fullmatch(own) else "log"


def _copy(storage: Any, path: str, copy: Path) -> None:
    copy.parent.mkdir(exist_ok=True)
    with storage.open(path, "rb") as there, copy.open("wb") as here:
        shutil.copyfileobj(there, here, COPY_BYTES)


def _storage(word: str) -> tuple[Any, str]:
    """The storage named by the argument's protocol, and the path in it."""
    try:
        from fsspec import get_filesystem_class
    except ImportError:
        raise UsageError(
            "remote logs need the library fsspec, which is not installed",
            where=word,
            remedy=f"Install it: {install_command('fleet')}",
        ) from None

    def find() -> tuple[
        Any, str
    ]:  # fsspec.core.url_to_fs takes `::`, which may be in an object's name, for a chain of storages
        kind = get_filesystem_class(word.partition(REMOTE)[0])
        return kind(**kind._get_kwargs_from_urls(word)), kind._strip_protocol(word)

    found = attempt(find)
    if isinstance(found, ImportError):  # s3fs, gcsfs, aiohttp ...: each kind of storage has a library, which the error names
        raise UsageError(str(found), where=word, remedy="Install that library, here and where the workers are.") from found
    if isinstance(found, BaseException):
        raise UsageError(f"no such storage: {one_line(found)}", where=word, remedy=STORAGE) from found
    storage, path = found
    return storage, str(path)
