"""What to do after a death for want of memory outside the JavaScript heap: where the system's own limits are, by platform.

A container's limit is rarely the reason: the kernel kills what exceeds it, and refuses nothing. What the system refuses, it
refuses for want of commit, of address space, of mappings, or by a limit of the process.
"""

from __future__ import annotations

from gclog import units
from gclog.analysis.measure.locations import AT_START
from gclog.diagnose import surroundings
from gclog.diagnose.sentences import join
from gclog.model.report import ProcessReport
from gclog.model.verdict import Crash, Platform

__all__ = ["advise_on_native_memory", "look_at_system"]

OF_CODE = (
    "CodeRange",
    "Failed to reserve virtual memory for CodeRange",
    "Re-embedded builtins",
    "Can't allocate space for re-embedded",
)
OF_BUFFERS = (
    *("v8::ArrayBuffer::New", "v8::SharedArrayBuffer::New", "v8::BackingStore", "TryAllocateBackingStore", "JSTypedArray::"),
    *("Could not reserve backing memory", "node::smalloc::Alloc"),
)
OF_WASM = ("BackingStore::AllocateWasmMemory", "Wasm", "wasm", "Grow wasm", "Cannot allocate Wasm")
OF_COMPILER = ("Zone", "RegExpCompiler")

LARGE_HEAP_MB = 512.0
"""A heap of this size may itself be what used up the memory."""

SYSTEM: dict[Platform, str] = {
    "linux": "`free -m; ulimit -a; sysctl vm.overcommit_memory vm.max_map_count; ps aux --sort=-rss | head` shows what is free, what "
    "bounds a process, and who has the memory",
    "windows": "`Get-CimInstance Win32_OperatingSystem | Select FreeVirtualMemory,TotalVirtualMemorySize` (PowerShell, in KB) shows how near "
    "the commit limit is: close what takes it, or enlarge the page file",
    "macos": "`memory_pressure | tail -1; sysctl vm.swapusage; ulimit -u` shows what is free and how many processes one may have",
    "": "on Linux, `free -m; ulimit -a; sysctl vm.overcommit_memory vm.max_map_count` shows what is free and what bounds a process; on "
    "Windows, the commit limit (RAM and page file) is what counts",
}

JIT: dict[Platform, str] = {
    "macos": 'On macOS a signed program needs the permission to generate code: `codesign -d --entitlements - "$(which node)"` has to list '
    "com.apple.security.cs.allow-jit; sign it with that",
    "windows": "V8 could not reserve address space for its code: see whether a security product injects itself or bounds the process, and how near the "
    "commit limit is (Task Manager, Performance, Memory, Committed)",
    "linux": "V8 could not reserve address space for its code: `ulimit -v` should say unlimited, and `sysctl vm.overcommit_memory "
    "vm.max_map_count` not be strict; an emulator (qemu) or a sandbox may bound it too",
    "": "V8 could not reserve address space for its code: on Linux see `ulimit -v` and `sysctl vm.overcommit_memory vm.max_map_count` (an emulator "
    "or a sandbox may bound it too); on macOS a signed program needs the entitlement com.apple.security.cs.allow-jit "
    '(`codesign -d --entitlements - "$(which node)"`)',
}


EMULATED = (
    "It ran in an emulator (qemu), which gives V8 less address space than a processor does: build on a machine of that platform (or for your "
    "own, `docker build --platform linux/arm64` or `linux/amd64`), else renew the emulator, `docker run --privileged --rm tonistiigi/binfmt --install all`."
)


HOST_64 = {"Node": "Node (`node -p process.arch` must say x64 or arm64)", "Electron": "this Electron program"}
"""What of a host is to be installed for 64 bits."""


def advise_on_native_memory(process: ProcessReport, crash: Crash) -> str:
    """The first place to look, by what V8 had asked the system for, then what else may be to blame."""
    location = crash.location or ""
    if surroundings.has_said(process, "emulated"):
        return EMULATED
    if surroundings.is_32_bit(process):
        build = HOST_64.get(process.node.host, process.node.host)
        return join(
            f"A 32-bit process has 2 GB of address space, whatever the machine has: install the 64-bit build of {build}.",
            _blame_heap(process),
        )
    if location.startswith(OF_CODE) or location.removeprefix("Failed to reserve virtual memory for ").startswith(OF_CODE):
        return f"{JIT[surroundings.platform_of(process)]}."
    if location.startswith(AT_START):
        return f"V8 got no memory to start with, so no code of yours had run: {look_at_system(process)}. Start fewer processes or workers at a time."
    if location.startswith(OF_WASM):
        return (
            "WebAssembly reserves gigabytes of address space for each memory: see `ulimit -v`, and if it must stay bounded start "
            "Node 20.15, 22.2 or newer with `node --disable-wasm-trap-handler`, which reserves far less."
        )
    if location.startswith(OF_BUFFERS):
        return join(
            "Look at what keeps Buffers: log process.memoryUsage() (external, arrayBuffers) every minute, and read files and bodies in chunks.",
            f"If they are few, the system is short of memory: {look_at_system(process)}.",
        )
    if location.startswith(OF_COMPILER):
        return join(
            f"The system refused V8 memory for a compilation: {look_at_system(process)}.",
            _blame_heap(process),
            "If that shows room, look for one enormous source file, function or regular expression"
            + (f", from {crash.place} on." if crash.place else "."),
        )
    return join(
        f"The system refused the process memory: {look_at_system(process)}.",
        _blame_heap(process),
        "Start fewer processes or workers at a time: each takes address space and mappings, however little it holds."
        if surroundings.is_tiny(process)
        else "A container's limit would have killed it instead.",
    )


def look_at_system(process: ProcessReport) -> str:
    """How to see what the system has left and what bounds a process, as a clause."""
    return SYSTEM[surroundings.platform_of(process)]


def _blame_heap(process: ProcessReport) -> str:
    live_mb = surroundings.live_mb_of(process)
    if live_mb is None or live_mb < LARGE_HEAP_MB:
        return ""
    return f"Its own heap of {units.mb(live_mb)} may be what used up the memory: set --max-old-space-size below what the machine has free."
