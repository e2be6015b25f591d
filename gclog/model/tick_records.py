"""What a v8.log (`--prof`, `--log-...`) says, line by line: one frozen class for each kind of line, as in `gclog.model.records`.

`at_us` is microseconds since the logger started. Addresses are kept as printed (`0x2d4c81`): they are hexadecimal with or
without `0x`. Names are as V8 escaped them (`gclog.profile.names` undoes it). V8 quotes strings up to 6.3 (Node 9); the quotes
are not part of a field.
"""

from __future__ import annotations

from dataclasses import dataclass

from gclog.model.records import Record, _column

__all__ = [
    "CodeCreation",
    "CodeDelete",
    "CodeDeopt",
    "CodeMove",
    "CodeSourceInfo",
    "CurrentTime",
    "FunctionEvent",
    "FunctionMove",
    "GcResource",
    "HeapAmount",
    "InlineCache",
    "LogVersion",
    "MapEvent",
    "MemoryChunk",
    "OtherEvent",
    "ProfilerEvent",
    "ScriptDetails",
    "ScriptEvent",
    "ScriptSource",
    "SharedLibrary",
    "Tick",
    "TimerEvent",
]


@dataclass(frozen=True, slots=True)
class LogVersion(Record):
    """The first line, from V8 3.14 on. `v8-version,11,3,244,8,-node.38,0`"""

    major: int = _column("major version of V8", int)
    minor: int = _column("minor version", int)
    build: int = _column("build", int)
    patch: int = _column("patch", int)
    embedder: str | None = _column("what the embedder adds: `-node.38` (V8 6.3 on)", str)


@dataclass(frozen=True, slots=True)
class SharedLibrary(Record):
    """A binary mapped into the process. `shared-library,/usr/bin/node,0x400000,0xb71000,0`"""

    name: str | None = _column("path, or a name in brackets", str)
    start: str = _column("first address", str)
    end: str = _column("address after the last", str)
    slide: int | None = _column("load address minus linked address (V8 5.4 on)", int)


@dataclass(frozen=True, slots=True)
class CodeCreation(Record):
    """New code at an address. `code-creation,JS,10,16185,0x38c23f50ad66,120, node:internal/main:1:1,0x38c23f50abf0,~`"""

    tag: str = _column("V8's tag: Builtin, BytecodeHandler, LazyCompile, JS, RegExp, ...", str)
    kind: int | None = _column("V8's kind of code, a number that shifts between versions (3.28 on)", int)
    at_us: int | None = _column("when (6.0 on)", int)
    address: str = _column("where it begins", str)
    bytes: int = _column("its length", int)
    name: str | None = _column("`function script:line:column`, or the builtin's, property's or pattern's name", str)
    function: str | None = _column("address of the SharedFunctionInfo", str)
    marker: str | None = _column("tier: ~ interpreted, ^ baseline, + Maglev, * optimised, or nothing", str)


@dataclass(frozen=True, slots=True)
class CodeMove(Record):
    """The collector moved code. `code-move,0x7f1984040500,0x7f1984080040`"""

    before: str = _column("address before", str)
    after: str = _column("address after", str)


@dataclass(frozen=True, slots=True)
class FunctionMove(Record):
    """The collector moved a SharedFunctionInfo. `sfi-move,0x38c23f50abf0,0x38c23f50ac10`"""

    before: str = _column("address before", str)
    after: str = _column("address after", str)


@dataclass(frozen=True, slots=True)
class CodeDelete(Record):
    """Code is gone (V8 up to 5.0). `code-delete,0x3a6a4c706000`"""

    address: str = _column("where it began", str)


@dataclass(frozen=True, slots=True)
class Tick(Record):
    """A sample of the profiler. `tick,0x7f4d68c94aec,13799,0,0x0,3,0x12dbdf0,0x2871bf806d8a`"""

    pc: str = _column("program counter", str)
    sp: str | None = _column("stack pointer (V8 up to 3.14)", str)
    at_us: int | None = _column("when (V8 3.28 on)", int)
    external: bool = _column("in a C++ callback: `top` is its address", bool)
    top: str = _column("word on top of the stack, or the callback's address", str)
    state: int = _column("V8's VM state, a number whose meaning depends on the version", int)
    overflow: bool = _column("V8 lost samples before this one", bool)
    stack: str | None = _column("return addresses, the innermost first, each after a comma", str)


@dataclass(frozen=True, slots=True)
class CodeSourceInfo(Record):
    """Source positions of code (V8 6.2 on). `code-source-info,0x38c23f50ac76,80,0,1182,C0O0C4O1182,,`"""

    address: str = _column("where the code begins", str)
    script_id: int = _column("number of the script", int)
    source_start: int = _column("offset of the function's first character in the script", int)
    source_end: int = _column("offset after its last", int)
    positions: str | None = _column("C<code offset>O<script offset>[I<inlining>] ...", str)
    inlining: str | None = _column("F<function>O<script offset>[I<parent>] ...", str)
    functions: str | None = _column("S<address of SharedFunctionInfo> ...", str)


@dataclass(frozen=True, slots=True)
class ScriptSource(Record):
    """A script's whole source on one line. `script-source,80,node:internal/main,'use strict';\\n...`"""

    script_id: int = _column("number of the script", int)
    url: str | None = _column("its URL or path", str)
    source: str | None = _column("its source, escaped", str)


@dataclass(frozen=True, slots=True)
class ScriptDetails(Record):
    """Where a script is in its file (V8 6.9 on). `script-details,1,,0,0,`"""

    script_id: int = _column("number of the script", int)
    url: str | None = _column("its URL or path", str)
    line_offset: int = _column("line in the file at which it begins, from 0", int)
    column_offset: int = _column("column at which it begins, from 0", int)
    source_map: str | None = _column("URL of its source map", str)


@dataclass(frozen=True, slots=True)
class ScriptEvent(Record):
    """A script's life (V8 6.9 on). `script,deserialize,1,5548`"""

    event: str = _column("reserve-id, create, deserialize, background-compile, streaming-compile", str)
    script_id: int = _column("number of the script", int)
    at_us: int = _column("when", int)


@dataclass(frozen=True, slots=True)
class ProfilerEvent(Record):
    """`profiler,begin,1000`: the interval in us from Node 8 on, in ms before."""

    event: str = _column("begin, end, pause, resume", str)
    interval: int | None = _column("between samples", int)


@dataclass(frozen=True, slots=True)
class CodeDeopt(Record):
    """Optimised code given up. `code-deopt,19776,576,0x7f1b7c0070c0,-1,190,deopt-eager,</app/small.js:4:88>,wrong map`"""

    at_us: int = _column("when", int)
    bytes: int = _column("length of the code", int)
    address: str | None = _column("where the code began (V8 6.0 on)", str)
    inlining_id: int | None = _column("which inlined function, -1 for none", int)
    script_offset: int | None = _column("offset in the script", int)
    kind: str | None = _column("soft, eager, lazy; from 9.1 deopt-soft, ...", str)
    position: str | None = _column("<file:line:column>, with its chain of inlining", str)
    reason: str | None = _column("why", str)


@dataclass(frozen=True, slots=True)
class TimerEvent(Record):
    """`timer-event-start,V8.GCScavenger,5413`"""

    event: str = _column("start, end, or point", str)
    name: str = _column("V8's name of the timer", str)
    at_us: int = _column("when", int)


@dataclass(frozen=True, slots=True)
class CurrentTime(Record):
    """The program asked for the time. `current-time,47216`"""

    at_us: int = _column("when", int)


@dataclass(frozen=True, slots=True)
class MemoryChunk(Record):
    """Memory that V8's heap took or gave back (V8 9 on). `new,MemoryChunk,0x342a79a40000,262144`, `delete,MemoryChunk,0x342a79a40000`"""

    event: str = _column("new or delete", str)
    type: str = _column("MemoryChunk, LargeObjectChunk, CodeRange", str)
    address: str = _column("where it begins", str)
    bytes: int | None = _column("its length, of `new`", int)


@dataclass(frozen=True, slots=True)
class HeapAmount(Record):
    """`heap-capacity,1030880`"""

    quantity: str = _column("capacity or available", str)
    bytes: int = _column("amount", int)


@dataclass(frozen=True, slots=True)
class GcResource(Record):
    """A collection begins or ends (V8 up to 9.8). `scavenge,begin,0,204093,1795247955675`"""

    collector: str = _column("scavenge or markcompact", str)
    event: str = _column("begin or end", str)
    user_s: int = _column("CPU seconds of the process", int)
    user_us: int = _column("and microseconds", int)
    epoch_ms: int = _column("wall clock, ms since 1970", int)


@dataclass(frozen=True, slots=True)
class FunctionEvent(Record):
    """`function,full-parse,80,0,1182,0.058,14402,` (V8 6.7 on)"""

    event: str = _column("first-execution, full-parse, preparse-resolution, ...", str)
    script_id: int = _column("number of the script", int)
    source_start: int = _column("offset of the function's first character", int)
    source_end: int = _column("offset after its last", int)
    duration_ms: float = _column("how long it took")
    at_us: int = _column("when", int)
    name: str | None = _column("function", str)


@dataclass(frozen=True, slots=True)
class InlineCache(Record):
    """`LoadIC,0x2d8713f7d1d9,13629,425,29,0,1,0x0ae18ada1921,map,,` (`--log-ic`, `--trace-ic`)"""

    type: str = _column("LoadIC, KeyedStoreIC, ...", str)
    address: str = _column("program counter", str)
    at_us: int | None = _column("when (V8 9.0 on)", int)
    source_line: int = _column("line in the script", int)
    source_column: int = _column("column in the script", int)
    state_before: str = _column("0 uninitialised, 1 monomorphic, P polymorphic, N megamorphic, ...", str)
    state_after: str = _column("the state now", str)
    map: str = _column("address of the receiver's map", str)
    key: str | None = _column("property, modifier and reason, as printed", str)


@dataclass(frozen=True, slots=True)
class MapEvent(Record):
    """`map-create,33496,0x11beeef40061` (`--log-maps`, `--trace-maps`)"""

    event: str = _column("map, map-create, map-details or map-move", str)
    details: str = _column("the rest, as printed", str)


@dataclass(frozen=True, slots=True)
class OtherEvent(Record):
    """Any other record of V8's logger: recognised and counted; no measure needs more of it. `api,v8::Context::New`"""

    kind: str = _column("its first word", str)
    details: str | None = _column("the rest, as printed", str)
