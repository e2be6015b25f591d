"""Where a log's binaries may be on this machine.

A log's paths are untrusted: only regular files are opened, never paths on another host (`//host/...`), and `..` in a path does not
lead out of `--target`.
"""

from __future__ import annotations

import re
import stat
from collections.abc import Iterator, Sequence
from pathlib import Path, PurePosixPath, PureWindowsPath

__all__ = ["candidates", "debug_files", "is_binary_name"]

DEBUG_ROOTS = (Path("/usr/lib/debug"),)
"""Where Linux distributions put debug symbols."""

_NO_FILE = re.compile(r"\[.*\]|(?:0x)?[0-9a-f]+-(?:0x)?[0-9a-f]+|")


def is_binary_name(name: str) -> bool:
    """Whether a name can be a file: not `[vdso]`, nor the addresses that old versions print for anonymous memory."""
    return not _NO_FILE.fullmatch(name)


def _pure(name: str) -> PurePosixPath | PureWindowsPath:
    return PureWindowsPath(name) if "\\" in name or re.match(r"[A-Za-z]:", name) else PurePosixPath(name)


def candidates(name: str, folders: Sequence[Path], target: Path | None, here: bool) -> Iterator[Path]:
    """Files that may be the binary `name`, most specific first. `here`: include its own path."""
    pure = _pure(name)
    inside = [part for part in pure.parts if part != pure.anchor and part not in ("..", ".")]
    for folder in folders:
        yield from _files(folder.joinpath(*inside), folder / pure.name)
    if target is not None:
        yield from _files(target.joinpath(*inside))
    if here and pure.is_absolute() and not name.startswith(("//", "\\\\")):
        yield from _files(Path(name))


def debug_files(binary: Path, build_id: str, folders: Sequence[Path]) -> Iterator[Path]:
    """Files that may contain the symbols stripped from a binary, by build id or by name with `.debug`."""
    if len(build_id) > 2:
        for root in (*folders, *DEBUG_ROOTS):
            yield from _files(root / ".build-id" / build_id[:2] / f"{build_id[2:]}.debug")
    for folder in (*folders, binary.parent):
        yield from _files(folder / f"{binary.name}.debug")


def _files(*paths: Path) -> Iterator[Path]:
    for path in paths:
        try:
            if stat.S_ISREG(path.stat().st_mode):
                yield path
        except (OSError, ValueError):  # ValueError: a null character in the path
            continue
