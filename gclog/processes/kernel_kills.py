"""The kernel's kills one by one: which of its lines speak of one kill, and of which process."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from gclog.model.records import KernelKill, Message

__all__ = ["KILL_BLOCK_LINES", "NODE_NAMES", "is_of_node", "kill_blocks", "killed_pid"]

KILL_BLOCK_LINES = 400
"""The kernel writes registers, figures and all its processes between the first line of a kill and the last."""

NODE_NAMES = frozenset({"node", "nodejs", "MainThread", "node-MainThread"})
"""What Linux calls a process of Node: the name of its main thread."""

OPENING = "oom_killed"
"""The kind of `node invoked oom-killer`, which a kill begins with."""


CARRIED_OUT = "Killed process"
"""Before 5.0 `Kill process 4711 (node) ... or sacrifice child` announces a kill, which may then be that of a child."""


def kill_blocks(messages: Iterable[Message]) -> Iterator[list[Message]]:
    """The kernel's lines, those of each kill together: its figures come before the line that names the process and its pid.

    What has been said of a kill is over with another pid, or with a line without a pid after one that has it.
    """
    block: list[Message] = []
    for message in messages:
        if not isinstance(message, KernelKill) and message.kind != OPENING:
            continue
        known = _final_pid(block)
        if block and (
            message.line - block[-1].line >= KILL_BLOCK_LINES or (known is not None and _final_pid([message]) != known)
        ):
            yield block
            block = []
        block.append(message)
    if block:
        yield block


def killed_pid(block: Iterable[Message]) -> int | None:
    """The pid of the process that a block reports killed, as the machine counts; a container counts in its own way."""
    block = list(block)
    announced = next((m.pid for m in block if isinstance(m, KernelKill) and m.pid is not None), None)
    final = _final_pid(block)
    return announced if final is None else final


def is_of_node(block: Iterable[Message]) -> bool:
    """Whether the kernel gives the process that it killed one of Node's names."""
    return any(isinstance(message, KernelKill) and message.process in NODE_NAMES for message in block)


def _final_pid(block: Iterable[Message]) -> int | None:
    """The process that was killed in the end."""
    final = (m for m in block if isinstance(m, KernelKill) and (m.kind != "kernel_killed" or CARRIED_OUT in m.text))
    return next((message.pid for message in final if message.pid is not None), None)
