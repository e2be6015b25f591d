"""Where V8 gives up and what each location means (V8 3.1 to 14.6), and what native frames reveal about the current work."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from gclog.model.verdict import CrashKind

__all__ = ["AT_START", "MOVING", "RETRIED", "Location", "find_location", "name_work"]

MIN_CUT_LENGTH = 4
"""Lower bound on the letters that identify a location that was cut off (`Ineffe`)."""


AT_START = (
    "insufficient memory to create an Isolate",
    "MemoryChunk allocation failed during deserialization",
    "GC during deserialization",
    "ReadOnly allocation failure",
    "heap object creation",
    "heap setup",
    "New space setup",
    "StoreBuffer::SetUp",
)
"""Fatal locations before any JavaScript runs."""


@dataclass(frozen=True, slots=True)
class Location:
    """A location in V8 that reports a fatal error: its text or a prefix of it, what died there, and why in words."""

    begin: str
    kind: CrashKind
    why: str


_MOVING = "a collection had no room to move surviving objects to, with the heap at its limit"
_RETRIED = "an allocation failed even after last-resort collections"
_PAGE = "the operating system had no page for the young generation, however small the heap was"
_START = "V8 could not allocate memory to start"
_BUFFER = "no memory for a Buffer or ArrayBuffer, which lies outside the JavaScript heap"
_MALLOC = "malloc had no memory for V8's own tables"
_CODE = "no memory or address space for compiled code"
_WASM = "no memory for WebAssembly"
_SPACE = "the operating system could not reserve address space"

LOCATIONS: tuple[Location, ...] = (
    Location("Ineffective mark-compacts near heap limit", "ineffective-mark-compacts", ""),
    Location("Reached heap limit", "heap-limit", "the heap reached its limit"),
    Location("CALL_AND_RETRY_", "heap-limit", _RETRIED),
    Location("JS", "heap-limit", _RETRIED),
    Location(
        "API fatal error handler returned after process out of memory",
        "unknown",
        "memory ran out, and V8 stopped the process itself because the host's handler had not: whether the heap was full, one object"
        " too large, or the machine out of memory cannot be told",
    ),
    Location(
        "Fatal JavaScript invalid size error",
        "one-large-allocation",
        "one array or table was to have more elements than V8 allows",
    ),
    Location("invalid array length", "one-large-allocation", "an array or collection grew beyond V8's maximum length"),
    Location(
        "invalid table size",
        "one-large-allocation",
        "a Map, Set, object, or array kept as a table (sparse, or huge) grew beyond V8's maximum table size",
    ),
    Location("invalid BigInt length", "one-large-allocation", "a BigInt grew beyond V8's maximum length"),
    Location("Scavenger: ", "heap-limit", _MOVING),
    Location("MarkCompactCollector: ", "heap-limit", _MOVING),
    Location("Evacuation", "heap-limit", _MOVING),
    Location("FullEvacuator::RawEvacuatePage", "heap-limit", _MOVING),
    Location("LocalHeap: allocation failed", "heap-limit", "a background thread found no room in the heap"),
    Location("ConcurrentAllocator: allocation failed", "heap-limit", "a background thread found no room in the heap"),
    Location("CodeStubAssembler::AllocateRaw", "one-large-allocation", "one object was larger than V8 can allocate"),
    Location("Heap::ReserveSpace", "heap-limit", "the heap was full"),
    Location("Can't expand old-space enough to merge off-thread pages", "heap-limit", "the heap was full"),
    Location("Failed to merge off-thread pages into heap", "heap-limit", "the heap was full"),
    # Reported as the JavaScript heap, but seen with heaps of 8 MB: these pages come from the operating system.
    Location("Committing semi space failed", "native-memory", _PAGE),
    Location("NewSpace::", "native-memory", _PAGE),
    Location("Failed to grow new space", "native-memory", _PAGE),
    Location("Failed to shrink new space", "native-memory", _PAGE),
    Location("MemoryChunk allocation failed during deserialization", "native-memory", _START),
    Location("GC during deserialization", "native-memory", _START),
    Location("ReadOnly allocation failure", "native-memory", _START),
    Location("heap object creation", "native-memory", _START),
    Location("heap setup", "native-memory", _START),
    Location("New space setup", "native-memory", _START),
    Location("insufficient memory to create an Isolate", "native-memory", _START),
    Location(
        "Zone", "native-memory", "V8's parser, compiler or regular-expression engine ran out of memory for its work (Zone)"
    ),
    Location("RegExpCompiler", "native-memory", "the regular-expression compiler ran out of memory for its work"),
    Location("NewArray", "native-memory", _MALLOC),
    Location("Malloced operator new", "native-memory", _MALLOC),
    Location("AlignedAlloc", "native-memory", _MALLOC),
    Location("HashMap::Initialize", "native-memory", _MALLOC),
    Location("base::SmallVector::Grow", "native-memory", _MALLOC),
    Location("StoreBuffer::SetUp", "native-memory", _MALLOC),
    Location("MarkingDeque::", "native-memory", _MALLOC),
    Location("EnsureMarkingDequeIs", "native-memory", _MALLOC),
    Location("Worklist::Segment::Create", "native-memory", _MALLOC),
    Location("Assembler::GrowBuffer", "native-memory", _CODE),
    Location("RelocInfoBuffer::GrowBuffer", "native-memory", _CODE),
    Location("CodeRange setup", "native-memory", _CODE),
    Location("Re-embedded builtins", "native-memory", _CODE),
    Location("Can't allocate space for re-embedded builtins", "native-memory", _CODE),
    Location("Deoptimizer::EnsureCodeForDeoptimizationEntry", "native-memory", _CODE),
    Location("v8::ArrayBuffer::New", "native-memory", _BUFFER),
    Location("v8::SharedArrayBuffer::New", "native-memory", _BUFFER),
    Location("v8::BackingStore::Reallocate", "native-memory", _BUFFER),
    Location("TryAllocateBackingStore", "native-memory", _BUFFER),
    Location("JSTypedArray::", "native-memory", _BUFFER),
    Location("Could not reserve backing memory for ArrayBufferAllocators", "native-memory", _BUFFER),
    Location("BackingStore::AllocateWasmMemory", "native-memory", _WASM),
    Location("Wasm", "native-memory", _WASM),
    Location("wasm code", "native-memory", _WASM),
    Location("Grow wasm code space", "native-memory", _WASM),
    Location("Cannot allocate Wasm interpreter stack", "native-memory", _WASM),
    Location("Out of memory, size", "native-memory", "the operating system had no memory for one block"),
    Location("node::smalloc::Alloc", "native-memory", _BUFFER),
    Location("Failed to reserve", "native-memory", _SPACE),
    Location("ExternalEntityTable::", "native-memory", _SPACE),
    Location("SegmentedTable::", "native-memory", _SPACE),
    Location("FreePages", "native-memory", _SPACE),
    Location("Decommit stack memory", "native-memory", _SPACE),
    Location("DateTimePatternGeneratorCache::CreateGenerator", "native-memory", "the ICU library could not allocate memory"),
)

MOVING = tuple(sorted(location.begin for location in LOCATIONS if location.why == _MOVING))
"""Locations where a collection found no page for the objects that it moves."""

RETRIED = frozenset({"CALL_AND_RETRY_", "JS"})
"""Locations where an allocation failed after V8 had tried everything: a full heap, or one allocation too large for the rest."""

WORK: tuple[tuple[str, str], ...] = (
    ("JsonStringif", "writing JSON"),
    ("JsonParse", "parsing JSON"),
    ("ParseJson", "parsing JSON"),
    ("HeapSnapshotGenerator", "taking a heap snapshot"),
    ("ValueSerializer", "copying a message for another thread or process"),
    ("ValueDeserializer", "reading a message from another thread or process"),
    ("Runtime_MapGrow", "growing a Map"),
    ("Runtime_SetGrow", "growing a Set"),
    ("OrderedHashMap", "growing a Map"),
    ("OrderedHashSet", "growing a Set"),
    ("OrderedHashTable", "growing a Map or Set"),
    ("Runtime_GrowArrayElements", "growing an array"),
    ("ArrayPrototypePush", "growing an array"),
    ("ArrayPrototypeConcat", "joining arrays"),
    ("Builtin_ArrayConcat", "joining arrays"),
    ("JSArray::SetLength", "creating or extending an array"),
    ("Runtime_NewArray", "creating an array"),
    ("Runtime_StringToArray", "splitting a string into characters"),
    ("Runtime_StringSplit", "splitting a string"),
    ("Runtime_StringBuilder", "joining strings"),
    ("Runtime_SparseJoin", "joining an array into a string"),
    ("IncrementalStringBuilder", "building a string"),
    ("Runtime_StringAdd", "joining strings"),
    ("String::SlowFlatten", "flattening a long string that was joined from parts"),
    ("Runtime_StringReplace", "replacing within a string"),
    ("Runtime_RegExp", "running a regular expression"),
    ("RegExpImpl", "running a regular expression"),
    ("IrregexpInterpreter", "running a regular expression"),
    ("StringBytes::Encode", "turning a Buffer into a string"),
    ("ExternOneByteString", "turning a Buffer into a string"),
    ("AllocateExternalBackingStore", "allocating a Buffer or ArrayBuffer"),
    ("node::Buffer::New", "allocating a Buffer or ArrayBuffer"),
    ("BackingStore::Allocate", "allocating a Buffer or ArrayBuffer"),
    ("Runtime_TypedArray", "working with a typed array"),
    ("NameDictionary", "adding properties to an object used as a table"),
    ("NumberDictionary", "adding elements to a sparse array"),
    ("StringTable", "adding a new property name"),
    ("Runtime_CompileLazy", "compiling a function"),
    ("Runtime_CompileForOnStackReplacement", "compiling a function"),
    ("FunctionConstructor", "compiling code from a string"),
    ("CompileFunction", "compiling a module"),
)
"""Substrings of native symbols and what the program was doing there, most specific first.

From crashes of test programs on Node 6 to 20 and from crashes posted online; in Node 22 and later most of V8's symbols are stripped.
Allocation itself (Factory::*, Runtime_AllocateInYoungGeneration) says nothing about the program and is omitted."""


FAR_OFFSET = re.compile(r"\+\d{5,}$")
"""An offset this large: on Windows such a symbol is not the function that ran but the nearest one with a public name."""


def find_location(text: str) -> Location | None:
    """The location for the text of a fatal error. Truncated text matches if all candidates died of the same cause."""
    text = text.strip()
    for location in LOCATIONS:
        if text == location.begin or (len(location.begin) >= MIN_CUT_LENGTH and text.startswith(location.begin)):
            return location
    if len(text) < MIN_CUT_LENGTH:
        return None
    possible = [location for location in LOCATIONS if location.begin.startswith(text)]
    return possible[0] if len({location.kind for location in possible}) == 1 else None


def name_work(symbols: Iterable[str]) -> str | None:
    """What the program was doing ("growing an array"), from the most specific of the native stack's symbols."""
    stack = tuple(symbol for symbol in symbols if not FAR_OFFSET.search(symbol))
    if not stack:
        return None
    return next((words for part, words in WORK if any(part in symbol for symbol in stack)), None)
