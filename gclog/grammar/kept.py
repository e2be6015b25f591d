"""Compiled grammars kept between runs: compiling them takes a third of a second, reading them back a hundredth.

One file per grammar, named by a hash of all grammars beside it and of the code that compiles them, so that any change gives another
name. What cannot be read, or is not what was written, is compiled again.
"""

from __future__ import annotations

import functools
import hashlib
import json
import sys
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from gclog.files import cache_folder, keep
from gclog.grammar.load import GrammarFile

__all__ = ["kept_path", "load_kept", "save_kept"]

FILES_KEPT = 64
"""Eight grammars of a few versions."""


@functools.cache
def _state(folder: Path) -> bytes:
    """What compiled grammars depend on."""
    digest = hashlib.sha256(sys.version.encode())
    lark = find_spec("lark")
    assert lark is not None and lark.origin is not None  # its first file, which has its version
    for path in [Path(lark.origin), *sorted(folder.glob("*.lark")), *sorted(Path(__file__).parent.glob("*.py"))]:
        digest.update(path.read_bytes() + b"\0")
    return digest.digest()


def kept_path(file: GrammarFile, what: str = "") -> Path:
    """Where a grammar's compiled form is kept, or `what` else was made of it."""
    name = hashlib.sha256(_state(file.path.parent) + f"{file.name}\0{what}".encode()).hexdigest()[:32]
    return cache_folder("grammars") / f"{name}.json"


def load_kept(path: Path) -> Any:
    """What was kept; None if there is nothing, or nothing that can be read."""
    try:
        return json.loads(path.read_bytes())
    except (OSError, ValueError):
        return None


def save_kept(path: Path, compiled: dict[str, Any]) -> None:
    """Keep a compiled grammar, if the folder can be written to."""
    keep(path, json.dumps(compiled).encode(), FILES_KEPT)
