"""Calls into third-party code that may raise anything and must not end a run over thousands of logs."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

__all__ = ["attempt", "one_line"]

Answer = TypeVar("Answer")


def attempt(call: Callable[[], Answer]) -> Answer | BaseException:
    """The call's result, or the exception it raised. It runs on a separate thread, like a worker's task; an interrupt ends the wait."""
    with ThreadPoolExecutor(1, thread_name_prefix="gclog-fleet") as executor:
        future = executor.submit(call)
        error = future.exception()
        return future.result() if error is None else error


def one_line(error: BaseException) -> str:
    """An error's type and text on one line; many storage errors say something in their type only."""
    text = " ".join(str(error).split())
    return f"{type(error).__name__}: {text}" if text else type(error).__name__
