"""A V8 heap snapshot (`*.heapsnapshot`) as columns, read block by block in the layout given by its `meta`.

    {"snapshot":{"meta":{"node_fields":["type","name","id","self_size","edge_count",...],...},"node_count":46829,...},
    "nodes":[9,1,1,0,6,0 ...],"edges":[1,1,6 ...],...,"locations":[...],"strings":["<dummy>","",...]}

Nodes are rows of `node_fields`, edges rows of `edge_fields`, those of the first node first. The format has not changed since V8
3.x except for fields added (`detachedness` with V8 9) and dropped (`trace_node_id` with V8 13). Columns are in temporary files
(gclog/heap/spill.py); a pass over one loads it a block at a time.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gclog.errors import InputError
from gclog.heap.columns import Columns
from gclog.heap.spill import Column, blocks, release, spill
from gclog.heap.strings import StringColumn, Strings
from gclog.model.heap import Maker
from gclog.source.json_stream import CutError, JsonStream, MalformedError
from gclog.source.open import Source

__all__ = ["ATTACHED", "DETACHED", "Snapshot", "Traces", "read_snapshot"]

Ints = NDArray[np.int64]
Rows = NDArray[np.int32]

NO_SNAPSHOT = (
    "Give a V8 *.heapsnapshot: v8.writeHeapSnapshot(), --heapsnapshot-signal, --heapsnapshot-near-heap-limit, heapdump."
)

NOT_V8S = "it has the form of JavaScriptCore (Safari's, and that of Bun's generateHeapSnapshot() without \"v8\")"

ATTACHED, DETACHED = 1, 2
"""States of nodes of the DOM (`v8::EmbedderGraph::Node::Detachedness`); 0 is not known."""

INDEXED = ("element", "hidden")
"""Edges of these types have an index instead of a name (`HeapGraphEdge::Type` in include/v8-profiler.h)."""

NODE_COLUMNS: dict[str, Any] = {
    "type": np.uint8,
    "name": np.int32,
    "id": np.uint32,
    "self_size": np.int64,
    "edge_count": np.int32,
    "detachedness": np.uint8,
}
"""Columns kept for a node; all but the last are required. V8's ids have 32 bits (`SnapshotObjectId` in include/v8-profiler.h). An
object may exceed 4 GB: an ArrayBuffer's backing store counts as one."""

TRACE_COLUMN: dict[str, Any] = {"trace_node_id": np.uint32}
"""Kept only if allocation stacks were recorded."""

EDGE_COLUMNS: dict[str, Any] = {"type": np.uint8, "name_or_index": np.int32, "to_node": np.int32}
LOCATION_COLUMNS: dict[str, Any] = {"object_index": np.int32, "script_id": np.int32, "line": np.int32, "column": np.int32}

TRACE_BYTES = 1 << 28
"""Upper bound on the text of the allocation stacks."""

MAX_EDGES = 2**31 - 2
"""Edges are counted in 32 bits; a file with more would exceed 20 GB."""


@dataclass(frozen=True, slots=True, eq=False)
class Traces:
    """Allocation stacks as in the file: the functions, six numbers each, and the tree of calls."""

    functions: list[int]
    tree: list[Any]


@dataclass(frozen=True, slots=True, eq=False)
class Snapshot:
    """The graph of a heap. Nodes are numbered 0, 1, 2 ... in file order; node 0 is the root.

    node_types, edge_type_names   names for the numbers in `types` and `edge_types`
    ids              V8's own have 32 bits: an object keeps its id from one snapshot of a process to the next
    sizes            bytes of the object itself (shallow size)
    detachedness     0 unknown, 1 attached, 2 detached (for DOM nodes, if any)
    first_edge       one longer than the nodes: the edges of node n are first_edge[n] up to first_edge[n + 1]
    edge_names       a number in `strings`, or an index if the edge's type is element or hidden
    targets          the node that an edge leads to
    locations        rows of node, script, line and column (from 1), sorted by node: of a function, or of an object's constructor
    missing          what a truncated file lacks: "nodes", "edges" or "strings"; None if it is complete
    declared_nodes   the number of nodes announced in the header
    extra_native_bytes   memory that the embedder has beside the nodes, as the header says; 0 if it does not
    trace_nodes      the call that allocated a node, 0 if that is not known; empty without `traces`
    maker            whose heap it is, if that has been looked for (gclog/heap/makers.py)
    """

    name: str
    node_types: tuple[str, ...]
    edge_type_names: tuple[str, ...]
    types: NDArray[np.uint8]
    names: Rows
    ids: NDArray[np.uint32] | NDArray[np.uint64]
    sizes: Ints
    detachedness: NDArray[np.uint8]
    first_edge: Rows
    edge_types: NDArray[np.uint8]
    edge_names: Rows
    targets: Rows
    strings: Strings
    locations: Rows
    missing: str | None
    declared_nodes: int
    extra_native_bytes: int
    notes: tuple[str, ...]
    trace_nodes: NDArray[np.uint32]
    traces: Traces | None
    maker: Maker = "V8"

    def __len__(self) -> int:
        return len(self.types)

    def node_type(self, name: str) -> int:
        """The number of a node type; if the snapshot lacks the type, a number that no node has."""
        return self.node_types.index(name) if name in self.node_types else len(self.node_types)

    def edge_type(self, name: str) -> int:
        """The number of an edge type; if the snapshot lacks the type, a number that no edge has."""
        return self.edge_type_names.index(name) if name in self.edge_type_names else len(self.edge_type_names)

    def edges_of(self, node: int) -> range:
        """The numbers of a node's outgoing edges."""
        return range(int(self.first_edge[node]), int(self.first_edge[node + 1]))

    def follow(self, node: int, *names: str) -> int | None:
        """The target of the first edge with one of these names."""
        for edge in self.edges_of(node):
            if self.is_named(edge) and self.strings[int(self.edge_names[edge])] in names:
                return int(self.targets[edge])
        return None

    def edge_name(self, edge: int) -> str:
        """The name of an edge; of one with an index, `[12]`."""
        number = int(self.edge_names[edge])
        return self.strings[number] if self.is_named(edge) else f"[{number}]"

    def edge_kind(self, edge: int) -> str:
        """V8's type of an edge."""
        return self.edge_type_names[int(self.edge_types[edge])]

    def is_named(self, edge: int) -> bool:
        """Whether the edge has a name rather than an index."""
        return self.edge_type_names[int(self.edge_types[edge])] not in INDEXED

    def location_of(self, node: int) -> tuple[int, int] | None:
        """Line and column, from 1, of a function or of an object's constructor."""
        at = int(np.searchsorted(self.locations[:, 0], node))
        if at == len(self.locations) or self.locations[at, 0] != node:
            return None
        return int(self.locations[at, 2]), int(self.locations[at, 3])


class _Reading:
    """The members of the document, in file order."""

    def __init__(self, source: Source, progress: Callable[[Source], None]) -> None:
        self._source = source
        self._progress = progress
        self.stream = JsonStream(self._chunks())
        self.header: dict[str, Any] = {}
        self.functions: list[int] = []
        self.tree: list[Any] = []
        self.nodes = Columns([], NODE_COLUMNS)
        self.edges = Columns([], EDGE_COLUMNS)
        self.locations = Columns([], LOCATION_COLUMNS)
        self.strings = StringColumn()
        self.cut = False
        self.has_strings = False

    def _chunks(self) -> Iterator[bytes]:
        for chunk in self._source.chunks():
            yield chunk
            self._progress(self._source)

    def read(self) -> None:
        self.stream.begin()
        while not self.has_strings and (key := self.stream.key()) is not None:
            if not self.header and key != "snapshot":
                raise MalformedError(NOT_V8S if key == "version" else 'its first member is not "snapshot"')
            self._member(key)

    def _member(self, key: str) -> None:
        match key:
            case "snapshot":
                self.header = self.stream.whole()
                self._lay_out()
            case "nodes":
                self.nodes.read(self.stream)
            case "edges":
                self.edges.read(self.stream)
            case "trace_function_infos" if self.is_traced:
                self.functions = self.stream.whole(TRACE_BYTES)
            case "trace_tree" if self.is_traced:
                self.tree = self.stream.whole(TRACE_BYTES)
            case "locations" if self.locations.fields:
                self.locations.read(self.stream)
            case "strings":
                for raw in self.stream.strings():
                    self.strings.append(raw)
                self.has_strings = True
            case _:
                self.stream.skip()

    @property
    def is_traced(self) -> bool:
        """Whether allocation stacks were recorded."""
        return bool(self.header.get("trace_function_count")) and "trace_node_id" in self.nodes.fields

    def _lay_out(self) -> None:
        meta = self.header.get("meta") if isinstance(self.header, dict) else None
        if not isinstance(meta, dict):
            raise MalformedError("its header has no `meta`")
        for columns, key in ((self.nodes, "node_fields"), (self.edges, "edge_fields"), (self.locations, "location_fields")):
            fields = meta.get(key, [])
            if not isinstance(fields, list) or not all(isinstance(name, str) for name in fields):
                raise MalformedError(f"its header's {key} are not a list of names")
            columns.fields = fields
        lacking = [name for name in NODE_COLUMNS if name not in self.nodes.fields and name != "detachedness"]
        lacking += [name for name in EDGE_COLUMNS if name not in self.edges.fields]
        if lacking:
            raise MalformedError(f"its layout lacks {', '.join(lacking)}")
        if not set(LOCATION_COLUMNS) <= set(self.locations.fields):
            self.locations.fields = []
        if self.is_traced:
            self.nodes.wanted = NODE_COLUMNS | TRACE_COLUMN
        self.node_types = _type_names(meta, "node_types")
        self.edge_types = _type_names(meta, "edge_types")


def read_snapshot(source: Source, progress: Callable[[Source], None] = lambda _: None) -> Snapshot:
    """The snapshot in an open source; a truncated one is read as far as it goes. Raises InputError, OutputError."""
    reading = _Reading(source, progress)
    try:
        reading.read()
    except CutError:
        reading.cut = True
    except MalformedError as error:
        raise InputError(f"is not a heap snapshot: {error}", where=source.name, remedy=NO_SNAPSHOT) from error
    if not reading.header:
        raise InputError("is not a heap snapshot: it ends within its header", where=source.name, remedy=NO_SNAPSHOT)
    try:
        return _assemble(reading, source)
    except MalformedError as error:
        raise InputError(f"the heap snapshot is corrupt: {error}", where=source.name, remedy="Fetch it again.") from error


def _assemble(reading: _Reading, source: Source) -> Snapshot:
    nodes, edges = reading.nodes, reading.edges
    types = nodes.take("type")
    if not len(types):
        raise MalformedError("it has no nodes")
    count = len(types)
    to_node = edges.take("to_node")
    first_edge = _first_edges(nodes.take("edge_count"), len(to_node), edges.complete)
    targets = _targets(to_node, len(nodes.fields), count)
    names, strings = nodes.take("name"), reading.strings.finish()
    missing = _missing(reading)
    if missing is None and any(len(strings) <= int(block.max()) for _, (block,) in blocks(names)):
        raise MalformedError("a node's name is not among its strings")
    detachedness = nodes.take("detachedness")
    return Snapshot(
        name=source.name,
        node_types=reading.node_types,
        edge_type_names=reading.edge_types,
        types=types,
        names=names,
        ids=nodes.take("id"),
        sizes=nodes.take("self_size"),
        detachedness=detachedness if len(detachedness) else np.zeros(count, np.uint8),
        first_edge=first_edge,
        edge_types=edges.take("type"),
        edge_names=edges.take("name_or_index"),
        targets=targets,
        strings=strings,
        locations=_locations(reading),
        missing=missing,
        declared_nodes=_announced(reading.header, count),
        extra_native_bytes=_whole(reading.header.get("extra_native_bytes")),
        notes=tuple(source.notes),
        trace_nodes=nodes.take("trace_node_id") if reading.is_traced else np.empty(0, np.uint32),
        traces=Traces(reading.functions, reading.tree) if reading.tree else None,
    )


def _first_edges(counts: Rows, edges: int, complete: bool) -> Rows:
    """Where each node's edges start, and where the last one's end, limited to the edges present."""
    if edges > MAX_EDGES:
        raise MalformedError(f"it has {edges:,} edges; more than {MAX_EDGES:,} cannot be read")
    first, announced = Column(np.int32), 0
    first.append(np.zeros(1, np.int32))
    for _, (block,) in blocks(counts):
        ends = announced + np.cumsum(block, dtype=np.int64)
        announced = int(ends[-1])
        first.append(np.minimum(ends, edges))
    if (complete and edges != announced) or edges > announced:
        raise MalformedError(f"its nodes have {announced:,} edges, but there are {edges:,}")
    return first.finish()


def _targets(to_node: Rows, width: int, count: int) -> Rows:
    """The target nodes of edges, from their offsets in the array of nodes."""
    targets = Column(np.int32)
    for _, (block,) in blocks(to_node):
        found, rest = np.divmod(block, np.int32(width))
        if int(found.max()) >= count or rest.any():
            raise MalformedError("an edge does not lead to a node")
        targets.append(found)
    return targets.finish()


def _missing(reading: _Reading) -> str | None:
    if not reading.nodes.complete:
        return "nodes"
    if not reading.edges.complete:
        return "edges"
    return None if reading.has_strings else "strings"


def _locations(reading: _Reading) -> Rows:
    columns = reading.locations
    objects = columns.take("object_index") // np.int32(max(len(reading.nodes.fields), 1))
    scripts, lines, places = columns.take("script_id"), columns.take("line"), columns.take("column")
    rows: Rows = np.stack((objects, scripts, lines + np.int32(1), places + np.int32(1)), axis=1)
    if not (objects[1:] >= objects[:-1]).all():
        rows = rows[np.argsort(objects, kind="stable")]
    found = spill(rows.reshape(-1)).reshape(-1, 4)
    release(found, scripts, lines, places)
    return found


def _announced(header: dict[str, Any], count: int) -> int:
    announced = header.get("node_count")
    return announced if isinstance(announced, int) and announced >= count else count


def _whole(value: Any) -> int:
    """A number of bytes of the header; 0 if it is missing or odd."""
    return value if isinstance(value, int) and value > 0 else 0


def _type_names(meta: dict[str, Any], key: str) -> tuple[str, ...]:
    kinds = meta.get(key)
    names = kinds[0] if isinstance(kinds, list) and kinds else None
    if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
        raise MalformedError(f"its header has no {key}")
    return tuple(names)
