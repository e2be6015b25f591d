"""Which encoding a log is in, and its bytes as UTF-8."""

from __future__ import annotations

import codecs
from collections.abc import Iterable, Iterator

from gclog.errors import UsageError

__all__ = ["UTF8", "choose_encoding", "to_utf8", "unify_newlines"]

UTF8 = "utf-8"

_MARKS: tuple[tuple[bytes, str], ...] = (
    (codecs.BOM_UTF8, UTF8),
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
"""Byte order marks; UTF-32 first, as its little-endian mark begins with that of UTF-16."""

PROBE_BYTES = 4096

NUL_SIDE_SHARE = 0.4
"""Log text is mostly ASCII: in UTF-16 nearly every other byte is NUL, on the side of the high byte."""

OTHER_SIDE_SHARE = 0.05


UNMARKED = {"utf-16": "utf-16-le", "utf-32": "utf-32-le"}
"""Without a mark they are as Windows writes them."""


def _checked(encoding: str) -> str:
    """Python's name for an encoding of text. Raises UsageError if there is none."""
    try:
        bytes(range(256)).decode(
            encoding, "replace"
        )  # refuses what makes no text, such as zlib, and what reads no bytes, such as idna
        return codecs.lookup(encoding).name
    except (LookupError, ValueError) as error:
        remedy = "Try utf-8, utf-16, latin-1, cp1252, shift_jis, gb18030."
        raise UsageError(f"no encoding of text is called {encoding!r}", remedy=remedy) from error


def choose_encoding(head: bytes, given: str | None) -> tuple[str, int]:
    """The encoding, as given or else as found, and how many bytes of mark to skip. Raises UsageError for an unknown name."""
    found, mark_bytes = _detected(head)
    if given is None:
        return found, mark_bytes
    name = _checked(given)
    if found.startswith(f"{name}-"):
        return found, mark_bytes  # given UTF-16: the mark or the NULs say which byte is first
    return UNMARKED.get(name, name), mark_bytes if name == found else 0


def _detected(head: bytes) -> tuple[str, int]:
    """By the byte order mark, else UTF-16 by where its NULs are, else UTF-8."""
    for mark, encoding in _MARKS:
        if head.startswith(mark):
            return encoding, len(mark)
    probe = head[: min(PROBE_BYTES, len(head) & ~1)]
    if len(probe) < 4:
        return UTF8, 0
    half = len(probe) / 2
    even, odd = probe[0::2].count(0) / half, probe[1::2].count(0) / half
    if odd > NUL_SIDE_SHARE and even < OTHER_SIDE_SHARE:
        return "utf-16-le", 0
    if even > NUL_SIDE_SHARE and odd < OTHER_SIDE_SHARE:
        return "utf-16-be", 0
    return UTF8, 0


def to_utf8(chunks: Iterable[bytes], encoding: str) -> Iterator[bytes]:
    """Chunks in any encoding, as chunks of UTF-8; what cannot be decoded becomes U+FFFD."""
    decoder = codecs.getincrementaldecoder(encoding)(errors="replace")
    for chunk in chunks:
        yield decoder.decode(chunk).encode(UTF8, errors="replace")
    yield decoder.decode(b"", final=True).encode(UTF8, errors="replace")


def unify_newlines(chunks: Iterable[bytes]) -> Iterator[bytes]:
    """Chunks with LF instead of CR and CRLF, even if a CRLF is split between two chunks."""
    held = b""
    for chunk in chunks:
        text = held + chunk
        held = b"\r" if text.endswith(b"\r") else b""
        yield text[: len(text) - len(held)].replace(b"\r\n", b"\n").replace(b"\r", b"\n")
    if held:
        yield b"\n"
