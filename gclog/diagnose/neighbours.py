"""What messages mean that are mistaken for a full heap, or precede one: the kinds of records.Message that say something by themselves."""

from __future__ import annotations

from collections.abc import Iterable

from gclog import units
from gclog.model.records import Message

__all__ = ["REFUSALS", "say_messages"]

REFUSALS: dict[str, tuple[str, str]] = {
    "array_buffer_allocation_failed": (
        "the system refused memory for an ArrayBuffer or Buffer: memory outside the heap is short",
        "See what keeps Buffers: log process.memoryUsage() (external, arrayBuffers) every minute. If they are few, the system is short "
        "(`free -m; ulimit -v`; Windows: the commit limit); the heap limit does not matter here.",
    ),
    "err_buffer_too_large": (
        "a Buffer larger than buffer.kMaxLength was requested",
        "Read or build it in chunks (streams); no flag raises this limit.",
    ),
    "invalid_string_length": (
        "a string longer than V8 allows (about 512 million characters, 268 million before V8 6.2 and on 32 bits) was requested",
        "Do not build the whole text: write it in chunks, or use Buffers and streams; JSON.stringify of all data is the usual cause.",
    ),
    "invalid_array_length": (
        "an array longer than 2^32 - 1, or a length that is not a whole number, was requested",
        "Check the arithmetic that leads to the length; push in batches.",
    ),
    "map_maximum_size": (
        "a Map or Set holds at most a little under 2^24 (16.7 million) entries",
        "Split it by key, or keep less: this many entries are often an unbounded cache.",
    ),
    "wasm_memory_out_of_bounds": (
        "WebAssembly code accessed memory beyond its own, or could get no more: that is not V8's heap",
        "Give the module more memory (its maximum), or look for a bug in it; --max-old-space-size does not matter here.",
    ),
    "bad_alloc": (
        "native code (an addon, or Node itself) got no memory from the system",
        "See what the system has left (`free -m; ulimit -v; ps aux --sort=-rss | head`; Windows: the commit limit), then what the addon keeps.",
    ),
}
"""Kind of message -> what it says of an allocation that was refused, and what to do."""

WARNINGS: dict[str, str] = {
    "max_listeners_exceeded": "listeners pile up on an EventEmitter, the most common leak of Node programs",
    "memwatch_leak": "memwatch saw the heap grow over five full collections",
}
"""Kind of message -> what it warns of."""


def say_messages(messages: Iterable[Message]) -> str:
    """What the first of these messages means, with its line, a refused allocation before a warning; empty if there is none."""
    given = list(messages)
    meanings = {kind: meaning for kind, (meaning, _) in REFUSALS.items()} | WARNINGS
    for kinds in (REFUSALS, WARNINGS):
        for message in given:
            if message.kind in kinds:
                return f"line {units.count(message.line)} says that {meanings[message.kind]}"
    return ""
