"""Lines of logs, written by hand, and their tables."""

from __future__ import annotations

from gclog.processes.tables import TableBuilder, Tables
from gclog.recognise.reader import Reader
from gclog.source.open import Block

RING = "<--- Last few GCs --->"
STACK = "<--- JS stacktrace --->"
FATAL = "FATAL ERROR: Reached heap limit Allocation failed - JavaScript heap out of memory"
INEFFECTIVE = "FATAL ERROR: Ineffective mark-compacts near heap limit Allocation failed - JavaScript heap out of memory"
NATIVE = " 1: 0xb7c56e node::Abort() [node]"


def scavenge(at_ms: int, pid: int = 7, isolate: str = "0x10") -> str:
    """A scavenge as Node 20 prints it."""
    mu = "(average mu = 1.000, current mu = 1.000)"
    return f"[{pid}:{isolate}] {at_ms:8d} ms: Scavenge 3.9 (4.0) -> 3.8 (5.0) MB, 1.02 / 0.00 ms  {mu} allocation failure; "


def full(at_ms: int, pid: int = 7, isolate: str = "0x10", after_mb: float = 40.0) -> str:
    """A full collection as Node 20 prints it."""
    sizes = f"{after_mb + 5:.1f} ({after_mb + 15:.1f}) -> {after_mb:.1f} ({after_mb + 12:.1f}) MB"
    mu = "(average mu = 0.900, current mu = 0.900)"
    return f"[{pid}:{isolate}] {at_ms:8d} ms: Mark-Compact {sizes}, 8.70 / 0.00 ms  {mu} task; scavenge might not succeed"


def tables_of(*lines: str) -> Tables:
    """The tables of a log of these lines."""
    reader, builder = Reader(), TableBuilder()
    builder.add(reader.read(Block("".join(line + "\n" for line in lines).encode(), 1)))
    builder.add(reader.finish())
    return builder.build()
