"""Compiled grammars kept between runs: compiling them takes a third of a second, reading them back a hundredth.

A file a grammar, named by the texts of all grammars beside it and of the code that compiles them: whatever changes has another
name. What cannot be read, or is not what was written, is compiled anew.
"""

from __future__ import annotations

import functools
import hashlib
import json
import sys
from pathlib import Path
from typing import Any

import lark

from gclog.cache import cache_folder, keep
from gclog.grammar.load import GrammarFile

__all__ = ["kept_path", "load_kept", "save_kept"]

FILES_KEPT = 64
"""Eight grammars of a few versions."""


@functools.cache
def _state(folder: Path) -> bytes:
    """What compiled grammars depend on."""
    digest = hashlib.sha256(f"{sys.version}\0{lark.__version__}".encode())
    for path in [*sorted(folder.glob("*.lark")), *sorted(Path(__file__).parent.glob("*.py"))]:
        digest.update(path.read_bytes() + b"\0")
    return digest.digest()


def kept_path(file: GrammarFile) -> Path:
    """Where a grammar's compiled form is kept."""
    name = hashlib.sha256(_state(file.path.parent) + file.name.encode()).hexdigest()[:32]
    return cache_folder("grammars") / f"{name}.json"


def load_kept(path: Path) -> Any:
    """What was kept; None where nothing is, or nothing that can be read."""
    try:
        return json.loads(path.read_bytes())
    except (OSError, ValueError):
        return None


def save_kept(path: Path, compiled: dict[str, Any]) -> None:
    """Keep a compiled grammar, where the folder can be written to."""
    keep(path, json.dumps(compiled).encode(), FILES_KEPT)
