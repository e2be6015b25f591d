"""Another process was killed for memory beside this one.

What it looks for
    The kernel's lines of a kill whose name, or pid, is another process's (`Killed process 900 (mysqld)`), and a platform's
    messages of another service that got SIGKILL (`postgres-1 exited with code 137`).

Why it matters
    The process of this log lives, but shares a machine that is short of memory: it may be the next, and swapping makes its
    collections slow before that.

Evidence
    The lines of the kill.

Known problems
    A container's kill says nothing about the machine. Which process is whose is told by its name: a program of Node that has set
    its title to another program's is not recognised.

Remedy
    Look at what uses the machine's memory, and bound it: a limit for the container, --max-old-space-size for Node.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from gclog import units
from gclog.diagnose import facts
from gclog.model.finding import Finding
from gclog.model.report import ProcessReport
from gclog.processes.others_killed import OtherKill, others_killed

__all__ = ["DEFAULTS", "ID", "Thresholds", "check"]

ID = "machine-short-of-memory"

SHOWN = 3
"""Names in the title."""


@dataclass(frozen=True, slots=True)
class Thresholds:
    """None: a kill is a fact."""


DEFAULTS = Thresholds()


def check(process: ProcessReport, thresholds: Thresholds = DEFAULTS) -> Iterable[Finding]:
    others = others_killed(process.signs.messages, process.pid, process.span.last_line)
    if not others or not process.coverage.speaks_for_source:
        return
    by_kernel = [other for other in others if other.for_memory]
    names = ", ".join(dict.fromkeys(_say(other) for other in (by_kernel or others)[:SHOWN]))
    is_short = any(other.of_machine for other in by_kernel)
    title = (
        f"The machine is short of memory: the kernel killed {names}"
        if is_short
        else f"Another process was killed at its container's limit: {names}"
        if by_kernel
        else f"Another process got SIGKILL: {names}; the machine may be short of memory"
    )
    yield Finding(
        id=ID,
        severity="warning" if is_short else "info",
        confidence="high" if by_kernel else "medium",
        title=title,
        observed=f"{units.several(len(others), 'line')} of kills, none of them of this process",
        threshold="the process of this log was not killed",
        evidence=facts.pick_lines([other.line for other in others]),
        remedy="See what used the memory of the machine with `ps aux --sort=-rss | head`, and give each program a limit of its own.",
    )


def _say(other: OtherKill) -> str:
    return other.name if other.pid is None else f"{other.name} (pid {other.pid})"
