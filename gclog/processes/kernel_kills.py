"""The kernel's kills one by one: which of its lines speak of one kill, and of which process."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from gclog.model.records import KernelKill, Message, PlatformMessage
from gclog.processes.program_names import is_node_name, is_other_name

__all__ = ["KILL_BLOCK_LINES", "KernelLine", "is_about", "is_of_node", "kill_blocks", "killed_name", "killed_pid"]

KILL_BLOCK_LINES = 400
"""The kernel writes registers, figures and all its processes between the first line of a kill and the last."""

OPENING = "oom_invoked"
"""The form of `node invoked oom-killer`, which a kill begins with."""

CARRIED_OUT = "Killed process"
"""Before 5.0 `Kill process 4711 (node) ... or sacrifice child` announces a kill, which may then be that of a child."""

KernelLine = KernelKill | PlatformMessage
"""A line of the kernel's: of a kill, or the one that it begins with."""


def kill_blocks(messages: Iterable[Message]) -> Iterator[list[KernelLine]]:
    """The kernel's lines, those of each kill together: its figures come before the line that names the process and its pid.

    What has been said of a kill is over with another pid, or with a line without a pid after one that has it.
    """
    block: list[KernelLine] = []
    for message in messages:
        if not isinstance(message, KernelLine) or not _is_kernels(message):
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


def killed_pid(block: Iterable[KernelLine]) -> int | None:
    """The pid of the process that a block reports killed, as the machine counts; a container counts in its own way."""
    block = list(block)
    announced = next((m.pid for m in block if isinstance(m, KernelKill) and m.pid is not None), None)
    final = _final_pid(block)
    return announced if final is None else final


def killed_name(block: Sequence[KernelLine]) -> str | None:
    """The name of the process that was killed; without one, of the one that asked for memory."""
    final = _final_pid(block)
    victims = [m for m in block if isinstance(m, KernelKill) and m.process and (final is None or m.pid == final)]
    return next((m.process for m in victims or block if m.process), None)


def is_of_node(block: Sequence[KernelLine]) -> bool:
    """Whether the name that the kernel gives the process that it killed is Node's, or may be: a program sets its title as it likes."""
    names = {message.process for message in block if message.process}
    return bool(names) and not is_other_name(killed_name(block))


def is_about(block: Sequence[KernelLine], pid: int | None) -> bool:
    """Whether a kill is of the process with this pid, None if its pid is not known.

    In a container the kernel's pid is another than V8's, so Node's own names are enough; a title of any other name needs the pid.
    """
    name, killed = killed_name(block), killed_pid(block)
    if is_other_name(name):
        return False
    return pid is None or killed is None or killed == pid or is_node_name(name)


def _is_kernels(message: KernelLine) -> bool:
    return isinstance(message, KernelKill) or message.form == OPENING


def _final_pid(block: Iterable[Message]) -> int | None:
    """The process that was killed in the end."""
    final = (m for m in block if isinstance(m, KernelKill) and (m.kind != "kernel_killed" or CARRIED_OUT in m.text))
    return next((message.pid for message in final if message.pid is not None), None)
