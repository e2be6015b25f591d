"""A call whose failure is an answer: for code of others that may raise anything, and must not end a run over thousands of logs."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

__all__ = ["attempt"]

Answer = TypeVar("Answer")


def attempt(call: Callable[[], Answer]) -> Answer | BaseException:
    """What the call gives, or what it raised. It runs on a thread of its own, as a task of a worker does; an interrupt ends the wait."""
    with ThreadPoolExecutor(1, thread_name_prefix="gclog-fleet") as executor:
        future = executor.submit(call)
        error = future.exception()
        return future.result() if error is None else error
