"""Kills of other processes than the one that a log is of: a sign that the machine is short of memory."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from gclog.model.records import KernelKill, Message, PlatformMessage
from gclog.processes.kernel_kills import is_about, kill_blocks, killed_name, killed_pid
from gclog.processes.message_kills import KILLED, OF_CHILDREN, is_others

__all__ = ["OtherKill", "others_killed"]

OF_CONTAINER = ("CONSTRAINT_MEMCG", "Memory cgroup")
"""How the constraint of a container's kill begins."""


@dataclass(frozen=True, slots=True)
class OtherKill:
    """A kill of another process. `of_machine`: for the machine's memory; `for_memory`: a line says that it was for memory."""

    name: str
    pid: int | None
    line: int
    for_memory: bool
    of_machine: bool


def others_killed(messages: Iterable[Message], pid: int | None, lived_to: int = 0) -> list[OtherKill]:
    """The kills of other processes than the one with this pid, in the order of their lines.

    `lived_to`: its last line. It was not killed before that, whatever name a kernel's line has: only its pid tells it from others.
    """
    given = list(messages)
    found: list[OtherKill] = []
    for block in kill_blocks(given):
        kills = [message for message in block if isinstance(message, KernelKill) and message.pid is not None]
        name = killed_name(block)
        survived = pid is not None and killed_pid(block) != pid and block[-1].line < lived_to
        if kills and name and (survived or not is_about(block, pid)):
            of_container = any((kill.constraint or "").startswith(OF_CONTAINER) for kill in kills)
            found.append(OtherKill(name, killed_pid(block), kills[-1].line, True, not of_container))
    for message in given:
        is_kill = (
            isinstance(message, PlatformMessage)
            and message.kind in KILLED
            and message.form not in (*OF_CHILDREN, "oom_invoked")
        )
        if is_kill and is_others(message) and isinstance(message, PlatformMessage):
            name = (message.process or message.command or "").strip(": ")
            found.append(OtherKill(name, message.pid, message.line, message.kind == KILLED[0], False))
    return sorted(found, key=lambda other: other.line)
