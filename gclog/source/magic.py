"""What a file is, by its first bytes: the compressions that gclog unpacks, and what else it may be that is no log."""

from __future__ import annotations

import re
from typing import Literal

__all__ = [
    "MAGIC_BYTES",
    "Compression",
    "compression_of",
    "is_heap_profile",
    "is_heap_snapshot",
    "is_pprof",
    "is_tar",
    "looks_like_text",
    "seems_to_be",
]

Compression = Literal["gzip", "bzip2", "xz", "zstd", "zip"]

MAGIC_BYTES = 262
"""Bytes needed to recognise a file: the mark of tar, the furthest in, ends at offset 262."""

_COMPRESSIONS: tuple[tuple[re.Pattern[bytes], Compression], ...] = (
    (re.compile(rb"\x1f\x8b"), "gzip"),
    (re.compile(rb"BZh[1-9](?:1AY&SY|\x17rE8P\x90)"), "bzip2"),
    (re.compile(rb"\xfd7zXZ\x00"), "xz"),
    (re.compile(rb"\x28\xb5\x2f\xfd|[\x50-\x5f]\x2a\x4d\x18"), "zstd"),
    (re.compile(rb"PK(?:\x03\x04|\x05\x06)"), "zip"),
)

_UNPACK = "Unpack it first; gclog reads .gz, .bz2, .xz, .zst, .zip and .tar files through, an archive within an archive not."
_DEVTOOLS = "Open it in the DevTools of Chrome or Edge. gclog reads logs: --trace-gc output, crash tails, --prof tick logs."
_HEAPDIFF = "`gclog heapdiff` says what fills the heap; of two or three snapshots of one process, what grows."
_IN_V8S_FORM = 'Have Bun write it in V8\'s: v8.writeHeapSnapshot() of node:v8, or generateHeapSnapshot("v8").'
_HEAPDIFF_OF_PROFILES = (
    "`gclog heapdiff` says which call sites hold the memory; of several profiles of one process, which grow."
)
_PPROF_REMEDY = "`gclog heapdiff` reads those of the heap, whole; `go tool pprof -http=: FILE` shows those of CPU time."
_COPY_TEXT = "Copy the log's text out of it into a plain file."
_PICTURE = "Give the text of the log: a picture of it cannot be read."
_NO_LOG = "Give the log: the output of a node process run with --trace-gc, or what it printed when it died."

_TAR = re.compile(rb".{257}ustar", re.DOTALL)
_HEAP_SNAPSHOT = re.compile(rb'\s*\{\s*"snapshot"\s*:\s*\{\s*"meta"')

_HEAP_PROFILE = re.compile(
    rb'\s*\{\s*(?:"id"\s*:\s*\d+\s*,\s*)?(?:"(?:result|profile)"\s*:\s*\{\s*){0,2}(?:"head"\s*:\s*\{\s*"(?:callFrame|selfSize|id|children)"'
    rb'|"samples"\s*:\s*\[\s*(?:\{\s*"(?:size|objectSize|nodeId|ordinal)"|\]\s*,\s*"head"))'
)
"""Of V8's sampling heap profiler; Node 26's `v8.startHeapProfile` writes the samples first."""

_PPROF = re.compile(rb"\n[\x02-\x16]\x08[\x80-\xff]{0,9}[\x00-\x7f](?:\x10[\x80-\xff]{0,9}[\x00-\x7f])?[\n\x12\x1a\"*2]")
"""Unpacked. It begins with what its first value is, two places in its table of texts: every writer keeps the order of the fields."""

_STRANGERS: tuple[tuple[re.Pattern[bytes], str, str], ...] = (
    (re.compile(rb"\xff\xd8\xff"), "a JPEG image", _PICTURE),
    (re.compile(rb"\x89PNG\r\n"), "a PNG image", _PICTURE),
    (re.compile(rb"GIF8[79]a"), "a GIF image", _PICTURE),
    (re.compile(rb"RIFF....WEBP", re.DOTALL), "a WebP image", _PICTURE),
    (re.compile(rb"%PDF-"), "a PDF document", _COPY_TEXT),
    (re.compile(rb"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"), "an Office document", _COPY_TEXT),
    (re.compile(rb"\x7fELF.{12}\x04\x00", re.DOTALL), "a core dump", "Open it with llnode or gdb. " + _NO_LOG),
    (re.compile(rb"\x7fELF"), "an ELF program or library", _NO_LOG),
    (re.compile(rb"MZ.{1,6}\x00", re.DOTALL), "a Windows program or library", _NO_LOG),
    (re.compile(rb"[\xce\xcf]\xfa\xed\xfe|\xfe\xed\xfa[\xce\xcf]|\xca\xfe\xba\xbe"), "a macOS program or library", _NO_LOG),
    (re.compile(rb"MDMP\x93\xa7"), "a Windows minidump", _NO_LOG),
    (re.compile(rb"SQLite format 3\x00"), "an SQLite database", _NO_LOG),
    (re.compile(rb"\x00asm"), "a WebAssembly module", _NO_LOG),
    (re.compile(rb"LPKSHHRH"), "a binary systemd journal", "Write it as text: journalctl --file FILE -o short-iso"),
    (_TAR, "a tar archive", _UNPACK),
    (re.compile(rb"7z\xbc\xaf\x27\x1c"), "a 7z archive", _UNPACK),
    (re.compile(rb"Rar!\x1a\x07"), "a RAR archive", _UNPACK),
    (re.compile(rb"\x04\x22\x4d\x18"), "an lz4 file", _UNPACK),
    (re.compile(rb"\x1f\x9d"), "a file of the old compress (.Z)", _UNPACK),
    (
        re.compile(rb'\{"version":\d,"type":"(?:Inspector|GCDebugging)"'),
        "a heap snapshot in JavaScriptCore's own form",
        _IN_V8S_FORM,
    ),
    (_HEAP_SNAPSHOT, "a V8 heap snapshot", _HEAPDIFF),
    (_HEAP_PROFILE, "a V8 heap profile", _HEAPDIFF_OF_PROFILES),
    (_PPROF, "a profile in the format of pprof", _PPROF_REMEDY),
)

PADDING = re.compile(rb"\x00{16,}")
"""NULs that are not content: a log that is truncated while a process goes on writing starts with a hole of NULs; a crash of
the machine leaves a tail of them. No text has 16 in a row, whatever its encoding."""

_CONTROL = re.compile(rb"[\x00-\x07\x0e-\x1a\x1c-\x1f\x7f]")
"""Control characters that no log needs: all but BS, TAB, LF, VT, FF, CR and ESC (for colours)."""

MAX_CONTROL_SHARE = 0.05
"""With more control characters it is not text: random or compressed bytes have 11 %, real logs well below 1 %."""

FREE_CONTROLS = 8
"""This many are always allowed: a short line may have a bell or two."""


def compression_of(head: bytes) -> Compression | None:
    """The compression that the first bytes indicate."""
    return next((kind for pattern, kind in _COMPRESSIONS if pattern.match(head)), None)


def is_heap_snapshot(head: bytes) -> bool:
    """Whether a file begins as a heap snapshot of V8 does."""
    return _HEAP_SNAPSHOT.match(head) is not None


def is_heap_profile(head: bytes) -> bool:
    """Whether a file begins as a sampled heap profile of V8 does."""
    return _HEAP_PROFILE.match(head) is not None


def is_pprof(head: bytes) -> bool:
    """Whether a file, unpacked, begins as a profile in the format of pprof does."""
    return _PPROF.match(head) is not None


def is_tar(head: bytes) -> bool:
    """Whether a file begins as a tar archive does."""
    return _TAR.match(head) is not None


def seems_to_be(head: bytes) -> tuple[str, str] | None:
    """What a file that is no log is, and what to do about it; None if it is not known."""
    return next(((what, remedy) for pattern, what, remedy in _STRANGERS if pattern.match(head)), None)


def looks_like_text(head: bytes) -> bool:
    """Whether bytes (UTF-8 or an older 8-bit encoding) can be a log. A few control characters, bad UTF-8 and padding are allowed."""
    content = PADDING.sub(b"", head)
    controls = sum(1 for _ in _CONTROL.finditer(content))
    return controls <= max(FREE_CONTROLS, MAX_CONTROL_SHARE * len(content))
