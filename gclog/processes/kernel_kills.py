"""The kernel's kills one by one: which of its lines speak of one kill, and of which process."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from gclog.model.records import KernelKill, Message, PlatformMessage
from gclog.processes.program_names import is_node_name, is_other_name

__all__ = [
    "KILL_BLOCK_LINES",
    "KernelLine",
    "KillBlock",
    "is_about",
    "is_kernels",
    "is_of_node",
    "kill_blocks",
    "killed_name",
    "killed_pid",
]

KILL_BLOCK_LINES = 400
"""The kernel writes registers, figures and all its processes between the first line of a kill and the last."""

MOST_LINES = 1000
"""Upper bound on the lines of one kill: a log that has more was made to fill its reader's memory."""

OPENING = "oom_invoked"
"""The form of `node invoked oom-killer`, which a kill begins with."""

CARRIED_OUT = "Killed process"
"""Before 5.0 `Kill process 4711 (node) ... or sacrifice child` announces a kill, which may then be that of a child."""

KernelLine = KernelKill | PlatformMessage
"""A line of the kernel's: of a kill, or the one that it begins with."""


class KillBlock:
    """The kernel's lines of one kill as they come: its figures come before the line that names the process and its pid.

    pid             of the process that was killed, as the machine counts (a container counts in its own way), or is announced to be
    is_carried_out  whether a line says that it was killed
    """

    def __init__(self, first: KernelLine) -> None:
        self.lines = [first]
        self._final = _final_pid([first])

    @property
    def last_line(self) -> int:
        return self.lines[-1].line

    @property
    def pid(self) -> int | None:
        return killed_pid(self.lines) if self._final is None else self._final

    @property
    def is_carried_out(self) -> bool:
        return self._final is not None

    def add(self, line: KernelLine) -> None:
        """The next line of the kill."""
        self.lines.append(line)
        self._final = _final_pid([line]) if self._final is None else self._final

    def ends_before(self, line: KernelLine) -> bool:
        """Whether another kill begins: what has been said of one is over with another pid, or with a line without a pid after one that
        has it."""
        if line.line - self.last_line >= KILL_BLOCK_LINES or len(self.lines) >= MOST_LINES:
            return True
        return self._final is not None and _final_pid([line]) != self._final


def kill_blocks(messages: Iterable[Message]) -> Iterator[list[KernelLine]]:
    """The kernel's lines, those of each kill together."""
    block: KillBlock | None = None
    for message in messages:
        if not isinstance(message, KernelLine) or not is_kernels(message):
            continue
        if block is None or block.ends_before(message):
            if block is not None:
                yield block.lines
            block = KillBlock(message)
        else:
            block.add(message)
    if block is not None:
        yield block.lines


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


def is_kernels(message: KernelLine) -> bool:
    """Whether a message is one of the kernel's about a kill."""
    return isinstance(message, KernelKill) or message.form == OPENING


def _final_pid(block: Iterable[Message]) -> int | None:
    """The process that was killed in the end."""
    final = (m for m in block if isinstance(m, KernelKill) and (m.kind != "kernel_killed" or CARRIED_OUT in m.text))
    return next((message.pid for message in final if message.pid is not None), None)
