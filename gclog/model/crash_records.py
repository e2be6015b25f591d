"""What V8 and Node print when a process dies, line by line: one frozen class for each kind of line, as in `gclog.model.records`."""

from __future__ import annotations

from dataclasses import dataclass

from gclog.model.records import Record, _column

__all__ = ["CrashMarker", "FatalError", "JsFrame", "NativeFrame"]


@dataclass(frozen=True, slots=True)
class CrashMarker(Record):
    """A banner of a crash block: `<--- Last few GCs --->`, `<--- JS stacktrace --->`, `----- Native stack trace -----`, ..."""

    kind: str = _column("last_few_gcs, js_stacktrace, js_stack, native_stack, c_stack, heap_statistics, ...", str)
    quoted: bool = _column("a sentence continues after it: somebody is writing about it", bool, default=False)


@dataclass(frozen=True, slots=True)
class FatalError(Record):
    """The fatal message. `FATAL ERROR: Reached heap limit Allocation failed - JavaScript heap out of memory`"""

    location: str = _column("where V8 gave up", str)
    message: str | None = _column("what V8 says of it", str)
    banner: str = _column(
        "name of the grammar rule of the form it came in: node, v8_heap, v8_process, v8_check, electron, ...", str
    )
    block_bytes: int | None = _column("size of the block that an allocator did not get, bytes", int, default=None)


@dataclass(frozen=True, slots=True)
class NativeFrame(Record):
    """A frame of a native stack. ` 1: 0xb7c56e node::Abort() [/usr/bin/node]`"""

    number: int | None = _column("number of the frame, from 1", int)
    address: str | None = _column("address, as printed", str)
    symbol: str | None = _column("symbol", str)
    module: str | None = _column("binary", str)


@dataclass(frozen=True, slots=True)
class JsFrame(Record):
    """A line of the JavaScript stack of V8 4.5 to 8.0 (Node 4 to 13).

    `    1: leak [0x1d2f0a4c8e11] [/app/leak.js:~12] [pc=0x2b4c81d0f3a9](this=0x3e91c02404b9 <JSGlobal Object>)`
    """

    number: int | None = _column("number of the frame, from 0", int)
    function: str | None = _column("function", str)
    position: str | None = _column("file:line; a `~` before the line: start of the function", str)
    text: str = _column("the line", str)
    is_global: bool = _column(
        "its file is of a package that is installed for all projects (`npm install -g`)", bool, default=False
    )
