"""What something costs in steps of the interpreter, which is the same on every machine."""

from __future__ import annotations

import sys
from collections.abc import Callable
from types import FrameType
from typing import Any

__all__ = ["count_steps"]


def count_steps(run: Callable[[], object]) -> int:
    """Instructions that gclog's own functions execute; loops within one call of a built-in function are not seen."""
    steps = 0

    def trace(frame: FrameType, event: str, _: Any) -> Any:
        nonlocal steps
        if not frame.f_globals.get("__name__", "").startswith("gclog"):
            return None
        frame.f_trace_lines, frame.f_trace_opcodes = False, True
        steps += event == "opcode"
        return trace

    before = sys.gettrace()
    sys.settrace(trace)
    try:
        run()
    finally:
        sys.settrace(before)
    return steps
