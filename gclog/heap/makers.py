"""Whose heap a snapshot is, told by what only its maker has in it, and what the reader should know of it.

The format is V8's. Chrome, Electron and Deno have V8; Bun has JavaScriptCore, Hermes and Julia have engines of their own, and all of them
write it for the sake of Chrome's DevTools.
"""

from __future__ import annotations

from gclog.heap.snapshot import Snapshot
from gclog.model.heap import Maker

__all__ = ["find_maker", "keeps_ids", "say_maker"]

ROOTS = b"(GC roots)"
V8_IDS = [1, 3]
"""Of the root and of what it leads to first: V8 counts its own objects up by two."""

JULIA = "jl_"
"""Julia's node types are those of its runtime: `jl_task_t`, `jl_module_t` (src/gc-heap-snapshot.cpp)."""

SCRIPT = b"system / Script / "
"""Before the name of a script since V8 15."""

OF_V8: tuple[tuple[bytes, Maker], ...] = (
    (b"electron/js2c/", "Electron"),
    (b"ext:core/", "Deno"),
    (b"deno:core/", "Deno"),
    (b"blink::", "Chrome"),
    (b"(Document DOM trees)", "Chrome"),
    (b"Node / Environment", "Node"),
    (b"node:internal/bootstrap/", "Node"),
    (b"internal/bootstrap/", "Node"),
    (b"internal/bootstrap_node.js", "Node"),
    (b"bootstrap_node.js", "Node"),
)
"""How a name in a heap of V8 begins that only this embedder has: a script of its own, or an object that it made in C++."""

OF_OTHERS: tuple[tuple[bytes, Maker], ...] = (
    (b"system / JSGlobalLexicalEnvironment", "Bun"),
    (b"JSGlobalLexicalEnvironment", "Bun"),
    (b"HermesInternal", "Hermes"),
)

SAID: dict[Maker, str] = {
    "Node": "",
    "Chrome": (
        "of a page in Chrome or another browser with its engine: beside the page's objects it has the nodes of its documents, and what "
        "is called `Detached` is in no document any more"
    ),
    "Electron": "of Electron: Node and Chrome in one heap, and what is called `Detached` is in no document any more",
    "Deno": "of Deno, which has V8: it is read as those of Node are",
    "Bun": (
        "of Bun, whose engine is JavaScriptCore: it numbers the objects anew in each snapshot, so that none can be found again in "
        "another one, and sizes are its estimates"
    ),
    "Hermes": "of Hermes, the engine of React Native: its constructors are shown as it names them",
    "Julia": "of Julia: types and sizes are Julia's, ids are addresses, and none of it is JavaScript",
    "V8": "",
    "unknown": "not V8's: types, names and sizes are shown as its unknown maker wrote them",
}


def find_maker(snapshot: Snapshot) -> Maker:
    """Who wrote it; `V8` if the embedder is not known, as of a snapshot without names."""
    if any(kind.startswith(JULIA) for kind in snapshot.node_types):
        return "Julia"
    if [int(number) for number in snapshot.ids[:2]] == V8_IDS:
        return _named(snapshot, OF_V8) or "V8"
    if not len(snapshot.strings):
        return "V8"
    return _named(snapshot, OF_OTHERS) or ("V8" if _has(snapshot, ROOTS) else "unknown")


def keeps_ids(maker: Maker) -> bool:
    """Whether an object has the same id in every snapshot, and no other object ever has it."""
    return maker not in ("Bun", "Julia")


def say_maker(maker: Maker) -> str:
    """What the reader should know of such a snapshot; empty of Node's."""
    return SAID[maker]


def _named(snapshot: Snapshot, marks: tuple[tuple[bytes, Maker], ...]) -> Maker | None:
    return next((maker for mark, maker in marks if _has(snapshot, mark)), None)


def _has(snapshot: Snapshot, mark: bytes) -> bool:
    """Whether a string begins with the mark: data that has it within it is anybody's."""
    found = (snapshot.strings.raw(number).removeprefix(SCRIPT) for number in snapshot.strings.containing(mark))
    return any(raw.startswith(mark) for raw in found)
