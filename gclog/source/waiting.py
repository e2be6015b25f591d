"""What a stream has written and nobody has judged yet, in bounded memory: between the thread that reads and the one that judges."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass

from gclog.errors import GclogError

__all__ = ["WAITING_BYTES", "Skipped", "WaitingBytes"]

WAITING_BYTES = 1 << 23
"""Bytes that may wait to be judged: a burst of 50,000 lines. Beyond that the writer has to wait, or lines are skipped."""

TOGETHER_BYTES = 1 << 20
"""Bytes that are judged at once, if so many wait: many lines at a time cost less each."""


@dataclass(frozen=True, slots=True)
class Skipped:
    """Lines of a stream that nobody has read, because its program would have had to wait. `line`: the number of the first of them."""

    count: int
    line: int = 0


Item = bytes | Skipped | GclogError


class WaitingBytes:
    """Bytes in the order in which they came.

    `may_skip` is asked when there is no room: whether to skip lines until half of it is free, rather than let the writer wait.
    """

    def __init__(self, may_skip: Callable[[], bool], most: int = WAITING_BYTES, poll_s: float = 0.25) -> None:
        self._may_skip = may_skip
        self._most = most
        self._poll_s = poll_s
        self._items: deque[Item] = deque()
        self._bytes = 0
        self._skipping = False
        self._within_line = False
        self._skipped = 0
        self._changed = threading.Condition()

    # ------------------------------------------------------------ the thread that reads

    def put(self, data: bytes) -> None:
        """Add bytes, as soon as there is room for them; `b""` is the end."""
        with self._changed:
            while self._bytes >= self._most and not self._skipping:
                self._skipping = self._may_skip()
                if not self._skipping:
                    self._changed.wait(self._poll_s)
            if self._skipping:
                left = self._skip(data)
                if left is None or (data and not left):
                    return
                data = left
            self._append(data)

    def fail(self, error: GclogError) -> None:
        """Reading has failed: nothing comes any more."""
        with self._changed:
            self._append(error)

    def _append(self, item: Item) -> None:
        self._items.append(item)
        self._bytes += len(item) if isinstance(item, bytes) else 0
        self._changed.notify_all()

    def _skip(self, data: bytes) -> bytes | None:
        """Skip lines; once there is room again, what is left of the bytes: they begin with a line."""
        if data:
            if self._bytes > self._most // 2:
                self._skipped += data.count(b"\n")
                self._within_line = not data.endswith(b"\n")
                return None
            if self._within_line:
                at = data.find(b"\n") + 1
                if not at:
                    return None
                data = data[at:]
        self._skipped += self._within_line
        self._append(Skipped(self._skipped))
        self._skipped, self._skipping, self._within_line = 0, False, False
        return data

    # ------------------------------------------------------------ the thread that judges

    def get(self) -> Item | None:
        """What comes next: bytes, `b""` at the end, lines that were skipped, or an error; None if nothing has come for a while."""
        with self._changed:
            if not self._items:
                self._changed.wait(self._poll_s)
            if not self._items:
                return None
            return self._take()

    def _take(self) -> Item:
        item = self._items.popleft()
        if isinstance(item, bytes) and item:
            parts = [item]
            size = len(item)
            while self._items and isinstance(more := self._items[0], bytes) and more and size < TOGETHER_BYTES:
                parts.append(more)
                size += len(more)
                self._items.popleft()
            self._bytes -= size
            item = b"".join(parts)
        self._changed.notify_all()
        return item
