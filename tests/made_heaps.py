"""Heap snapshots made by hand: a few nodes and edges, in the layout of V8."""

from __future__ import annotations

import functools
import json
import tempfile
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from gclog.heap.diff import diff_heaps
from gclog.heap.snapshot import Snapshot, read_snapshot
from gclog.model.heap import HeapDiff
from gclog.source.expand import SourceSpec
from gclog.source.open import open_source

NODE_TYPES = ["hidden", "array", "string", "object", "code", "closure", "regexp", "number", "native", "synthetic"]
EDGE_TYPES = ["context", "element", "property", "internal", "hidden", "shortcut", "weak"]
NODE_FIELDS = ["type", "name", "id", "self_size", "edge_count", "trace_node_id", "detachedness"]
EDGE_FIELDS = ["type", "name_or_index", "to_node"]


@dataclass(slots=True)
class MadeHeap:
    """Nodes by a name of their own; the first is the root."""

    node_fields: list[str] = field(default_factory=lambda: list(NODE_FIELDS))
    nodes: list[dict[str, Any]] = field(default_factory=list)
    edges: list[tuple[int, str, str | int, int]] = field(default_factory=list)
    numbers: dict[str, int] = field(default_factory=dict)
    locations: list[int] = field(default_factory=list)

    def node(
        self, key: str, name: str, size: int, *, kind: str = "object", id: int | None = None, detachedness: int = 0
    ) -> str:
        self.numbers[key] = len(self.nodes)
        id = 2 * len(self.nodes) + 1 if id is None else id
        self.nodes.append(
            {"type": NODE_TYPES.index(kind), "name": name, "id": id, "self_size": size, "detachedness": detachedness}
        )
        return key

    def edge(self, source: str, target: str, name: str | int = "p", kind: str = "property") -> None:
        self.edges.append((self.numbers[source], kind, name, self.numbers[target]))

    def document(self) -> dict[str, Any]:
        strings: dict[str, int] = {"<dummy>": 0}
        rows: list[int] = []
        edges: list[int] = []
        width = len(self.node_fields)
        for number, node in enumerate(self.nodes):
            own = [edge for edge in self.edges if edge[0] == number]
            values = node | {"name": strings.setdefault(node["name"], len(strings)), "edge_count": len(own), "trace_node_id": 0}
            rows += [values[name] for name in self.node_fields]
            for _, kind, name, target in own:
                named = strings.setdefault(name, len(strings)) if isinstance(name, str) else name
                edges += [EDGE_TYPES.index(kind), named, target * width]
        meta = {
            "node_fields": self.node_fields,
            "node_types": [NODE_TYPES, *["number"] * (width - 1)],
            "edge_fields": EDGE_FIELDS,
            "edge_types": [EDGE_TYPES, "string_or_number", "node"],
            "location_fields": ["object_index", "script_id", "line", "column"],
        }
        return {
            "snapshot": {"meta": meta, "node_count": len(self.nodes), "edge_count": len(self.edges), "trace_function_count": 0},
            "nodes": rows,
            "edges": edges,
            "trace_function_infos": [],
            "trace_tree": [],
            "samples": [],
            "locations": self.locations,
            "strings": list(strings),
        }

    def text(self) -> str:
        return json.dumps(self.document(), separators=(",", ":"))

    def write(self, path: Path) -> Path:
        path.write_text(self.text(), encoding="ascii")
        return path

    def read(self, folder: Path) -> Snapshot:
        return read_file(self.write(folder / "made.heapsnapshot"))


def read_file(path: Path) -> Snapshot:
    with open_source(SourceSpec(path.name, path), "utf-8") as source:
        return read_snapshot(source)


def leaking(sessions: int, *, first_id: int = 101, churn_from: int = 50001, direct: bool = True) -> MadeHeap:
    """A program whose array `sessions` holds objects of 100 bytes with a text of 50; beside it three orders that are always new.

    direct   the array itself refers to its objects, as V8 writes it of an Array; else its store alone, as of a Map
    """
    heap = MadeHeap()
    heap.node("root", "", 0, kind="synthetic", id=1)
    heap.node("roots", "(GC roots)", 0, kind="synthetic", id=3)
    heap.node("global", "global", 40, id=5)
    heap.node("scope", "system / Context", 32, id=7)
    heap.node("handle", "handle", 64, kind="closure", id=9)
    heap.node("shared", "handle", 56, kind="code", id=11)
    heap.node("script", "/app/orders.js", 80, kind="code", id=13)
    heap.node("list", "Array", 16, id=15)
    heap.node("elements", "(object elements)", 8 * sessions, kind="array", id=churn_from + 100)
    heap.edge("root", "roots", 1, "element")
    heap.edge("root", "global", 2, "shortcut")
    heap.edge("global", "handle", "handle")
    heap.edge("handle", "scope", "context", "internal")
    heap.edge("handle", "shared", "shared", "internal")
    heap.edge("shared", "script", "script", "internal")
    heap.edge("scope", "list", "sessions", "context")
    heap.edge("list", "elements", "elements", "internal")
    for number in range(sessions):
        session = heap.node(f"session {number}", "Session", 100, id=first_id + 4 * number)
        text = heap.node(f"text {number}", f"user {number}", 50, kind="string", id=first_id + 4 * number + 2)
        heap.edge("elements", session, number, "internal")
        if direct:
            heap.edge("list", session, number, "element")
        heap.edge(session, text, "user")
    for number in range(3):
        heap.edge(
            "scope", heap.node(f"order {number}", "Order", 30000, id=churn_from + 2 * number), f"order{number}", "context"
        )
    return heap


@functools.cache
def make_growth() -> HeapDiff:
    """Three snapshots of `leaking`, compared; one object for all who ask, since it is frozen."""
    heaps = leaking(400), leaking(800, churn_from=60001), leaking(1200, churn_from=70001)
    with tempfile.TemporaryDirectory() as folder:
        paths = [str(heap.write(Path(folder) / f"{number}.heapsnapshot")) for number, heap in enumerate(heaps, 1)]
        diff = diff_heaps(paths)
    return replace(diff, snapshots=tuple(replace(one, name=Path(one.name).name) for one in diff.snapshots))
