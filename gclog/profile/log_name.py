"""How V8 names its tick logs: `isolate-0x55d0c8a0-812-v8.log`, after the isolate and, in later versions, the process."""

from __future__ import annotations

import re

__all__ = ["FILE_NAME", "has_isolate"]

FILE_NAME = re.compile(r"isolate-((?:0x)?[0-9A-Fa-f]+)-(?:(\d+)-)?")


def has_isolate(name: str) -> bool:
    """Whether a log is named after its isolate."""
    return FILE_NAME.search(name) is not None
