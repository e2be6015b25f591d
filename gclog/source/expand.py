"""From the words of the command line to the sources to open: files, folders, globs, members of zip and tar archives, `-`."""

from __future__ import annotations

import dataclasses
import io
import stat
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from glob import glob
from pathlib import Path
from typing import IO

from gclog.errors import InputError, UsageError
from gclog.source.rotation import Family, find_families
from gclog.source.tar import MOST_MEMBERS, TarMember, find_tar
from gclog.source.zip import NoDirectoryError, ZipArchive, ZipMember

__all__ = ["STDIN", "Listing", "SourceSpec", "expand", "find_files", "join_rotated", "open_file", "open_stdin"]

STDIN = "-"

_GLOB_CHARACTERS = frozenset("*?[")


@dataclass(frozen=True, slots=True)
class SourceSpec:
    """One source, not yet opened.

    name     how reports call it
    path     the file; None for stdin
    member   the member of an archive, `place` is where it is in that
    asked    named by the user, not found in a folder or an archive
    notes    what was skipped to find it
    pieces   the files of a rotated log, oldest first; `path` is then that of the last
    """

    name: str
    path: Path | None
    member: str | None = None
    asked: bool = True
    notes: tuple[str, ...] = ()
    place: TarMember | ZipMember | None = None
    pieces: tuple[SourceSpec, ...] = ()


def open_file(path: Path) -> io.FileIO:
    """Opens a file for reading bytes. Raises InputError: missing, no permission, a folder."""
    cause: OSError
    try:
        return io.FileIO(path, "rb")
    except FileNotFoundError as error:
        what, remedy, cause = "no such file", "Check the path; folders and globs may be given too.", error
    except PermissionError as error:
        what, remedy, cause = "no permission to read it", "Make it readable, or run as a user who may read it.", error
    except IsADirectoryError as error:
        what, remedy, cause = "is a folder, not a file", "Give the log inside it.", error
    except OSError as error:
        what, remedy, cause = f"cannot be opened: {error.strerror}", "Check the path.", error
    raise InputError(what, where=str(path), remedy=remedy) from cause


def open_stdin() -> IO[bytes]:
    """The bytes of stdin. Raises InputError if it is closed."""
    if sys.stdin is None:
        raise InputError("is closed", where="stdin", remedy="Give the log as a file, or pipe it into gclog.")
    return sys.stdin.buffer


def expand(words: Sequence[str]) -> list[SourceSpec]:
    """The sources that the words name, in their order; a folder's files sorted by path. Nothing is named twice.

    `-` is stdin. A folder means the regular files in it and below, without hidden ones; a glob for what matches it; an
    archive (zip; tar, packed or not) for its members. Raises InputError for a word that names nothing.
    """
    specs: dict[tuple[FileId, str | None], SourceSpec] = {}
    for word in words:
        if not word:
            raise UsageError("an empty word names no log", remedy="Give a file, a folder, a glob or - for stdin.")
        for spec in _named_by(word):
            file = (_file_id(spec.path), spec.member)
            first = specs.setdefault(file, spec)
            if first.name != spec.name:
                specs[file] = dataclasses.replace(first, notes=(*first.notes, f"the same file is {spec.name}: it is read once"))
    return list(specs.values())


FileId = tuple[int, int] | Path | None
"""What a file is, whatever it is called: its device and its number there; its path if that is not known; None for stdin."""


def _file_id(path: Path | None) -> FileId:
    try:
        there = None if path is None else path.stat()
    except OSError:
        return path
    return None if there is None else (there.st_dev, there.st_ino)


def join_rotated(specs: Sequence[SourceSpec]) -> list[SourceSpec]:
    """The same sources, with the pieces of a rotated log as one. Pipes, stdin and members of archives are never pieces."""
    files = {spec.name: spec for spec in specs if spec.path is not None and spec.member is None and spec.path.is_file()}
    family_of: dict[str, Family] = {}
    for one in find_families(list(files)):
        if isinstance(one, Family):
            family_of |= dict.fromkeys((*one.members, *one.twins), one)
    joined: dict[str, SourceSpec] = {}
    for spec in specs:
        family = family_of.get(spec.name) if spec.name in files else None
        source = spec if family is None else _rotated(family, files)
        joined.setdefault(source.name, source)
    return list(joined.values())


def _rotated(family: Family, files: Mapping[str, SourceSpec]) -> SourceSpec:
    every = [files[name] for name in (*family.members, *family.twins)]
    return SourceSpec(
        family.name,
        files[family.members[-1]].path,
        asked=any(spec.asked for spec in every),
        notes=(*(note for spec in every for note in spec.notes), *family.notes),
        pieces=tuple(dataclasses.replace(files[name], notes=()) for name in family.members),
    )


@dataclass(frozen=True, slots=True)
class Listing:
    """What an argument names: a file, or the regular files of a folder and those below it, sorted, without hidden ones.

    folder   None for a file, which need not exist
    hidden   how many files of the folder were passed over
    """

    files: tuple[Path, ...]
    folder: Path | None = None
    hidden: int = 0


def find_files(word: str) -> list[Listing]:
    """What an argument of the command line names on this machine: itself, or all that a glob matches. Opens no file."""
    path = Path(word)
    if _mode(path) is None and _GLOB_CHARACTERS.intersection(word):
        matches = sorted(glob(word, recursive=True))  # noqa: PTH207 -- Path.glob takes no absolute pattern, and matches hidden files
        return [_listing(Path(match)) for match in matches]
    return [_listing(path)]


def _listing(path: Path) -> Listing:
    mode = _mode(path)
    if mode is None or not stat.S_ISDIR(mode):
        return Listing((path,))
    hidden = 0
    files: list[Path] = []
    for below in sorted(path.rglob("*")):
        if any(part.startswith(".") for part in below.relative_to(path).parts):
            hidden += below.is_file()
        elif below.is_file():
            files.append(below)
    return Listing(tuple(files), path, hidden)


def _named_by(word: str) -> Iterator[SourceSpec]:
    if word == STDIN:
        yield SourceSpec("stdin", None)
        return
    listings = find_files(word)
    if not listings:
        raise InputError("no file matches", where=word, remedy="Check the pattern.")
    for listing in listings:
        yield from _named_file(listing.files[0]) if listing.folder is None else _in_folder(listing, listing.folder)


def _named_file(path: Path) -> Iterator[SourceSpec]:
    mode = _mode(path)
    if mode is not None and not stat.S_ISREG(mode):
        yield SourceSpec(str(path), path)  # a pipe: what is read from it is gone, so it is not opened here
        return
    open_file(path).close()
    yield from _members(SourceSpec(str(path), path))


def _mode(path: Path) -> int | None:
    """What the path leads to; None if that cannot be known (missing, no permission on the way)."""
    try:
        return path.stat().st_mode
    except OSError:
        return None


def _in_folder(listing: Listing, folder: Path) -> Iterator[SourceSpec]:
    if not listing.files:
        raise InputError("holds no files", where=str(folder), remedy="Give the log, or the folder in which it is.")
    notes = (f"hidden files passed over in {folder}: {listing.hidden}",) if listing.hidden else ()
    for path in listing.files:
        yield from _members(SourceSpec(str(path), path, asked=False, notes=notes))
        notes = ()


def _members(spec: SourceSpec) -> Iterator[SourceSpec]:
    """The members of an archive, each as a source; any other file, and a zip archive without its directory, as it is."""
    assert spec.path is not None
    if _is_zip(spec.path):
        yield from _in_zip(spec, spec.path)
    else:
        yield from _in_tar(spec, spec.path)


def _in_tar(spec: SourceSpec, path: Path) -> Iterator[SourceSpec]:
    notes = list(spec.notes)
    try:
        handle = open_file(path)
    except InputError:
        yield spec  # `open_source` reports what cannot be opened
        return
    try:
        archive = find_tar(handle, path, notes)
    except InputError:
        if spec.asked:
            raise
        archive = None  # one of many files: it will be skipped
    except OSError:
        archive = None  # reported by `open_source`, too
    members = [] if archive is None else [(name, at) for name, at in archive.members(notes) if not _is_hidden(name)]
    if not members:
        handle.close()
        yield spec
        return
    first = tuple(notes)
    for name, place in members:
        yield SourceSpec(f"{spec.name}/{name}", path, name, asked=False, notes=first, place=place)
        first = ()


def _is_hidden(name: str) -> bool:
    """As in folders; macOS packs a `._gc.log` beside each file."""
    return any(part.startswith(".") and part not in (".", "..") for part in name.split("/"))


def _in_zip(spec: SourceSpec, path: Path) -> Iterator[SourceSpec]:
    notes = list(spec.notes)
    archive = ZipArchive(open_file(path))
    try:
        members = archive.members(MOST_MEMBERS, notes)
    except (NoDirectoryError, OSError):
        yield spec  # read member after member, without the directory
        return
    if not members and spec.asked:
        raise InputError("is an empty archive", where=spec.name, remedy="Give the log.")
    if all(member.encrypted for member in members):
        if members and spec.asked:
            where = f"{spec.name}/{members[0].name}"
            raise InputError("is encrypted", where=where, remedy="Unpack it first, with its password.")
        yield spec  # one of many files: it will be skipped
        return
    first = tuple(notes)
    for member in members:
        yield SourceSpec(f"{spec.name}/{member.name}", path, member.name, asked=False, notes=first, place=member)
        first = ()


def _is_zip(path: Path) -> bool:
    """Whether a file begins as a zip archive does. `open_source` reports what cannot be opened."""
    try:
        with open_file(path) as handle:
            return handle.read(4) in (b"PK\x03\x04", b"PK\x05\x06")
    except (InputError, OSError):
        return False
