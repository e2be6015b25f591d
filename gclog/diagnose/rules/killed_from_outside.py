"""The process was killed from outside: by the container's limit, by the kernel, or by somebody's SIGKILL.

What it looks for
    The kernel's lines of a kill for memory (`oom-kill:`, `Killed process ...`), a container runtime's `OOMKilled`, a platform's
    message (Heroku's R15, Lambda's REPORT, pm2, ...), or SIGKILL (`Killed`, exit code 137) after V8's last line, of this process by
    its name, its pid or its service.

Why it matters
    V8 did not give up: its limit was not reached, and no heap flag would have helped by itself. All memory of the process
    counts towards a container's limit: heap, Buffers, native code, stacks. V8 leaves no message, no report, no snapshot.

Evidence
    The lines of the kill, with the limit and the memory in use if they say so, and the last figures that the program printed.

Known problems
    SIGKILL by itself has many senders: a deployment that waited in vain for the process to stop, a health check, a person.
    It is attributed to the container only if the kernel or the runtime says so, or if the last RSS was near the given limit
    (--memory-limit), or, as most likely, if the log has nothing else of the process. The kernel's pids are its own, not those of
    the container.

Remedy
    If memory grew outside the heap, find what grew. If the heap grew, set --max-old-space-size well below the container's
    limit (three quarters of it), so that V8 collects in time, or dies with a message.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from gclog import units
from gclog.diagnose import facts, remedies, surroundings
from gclog.diagnose.platform_names import app_of_pm2, unit_of
from gclog.diagnose.platform_remedies import HEAP_SHARE, advise_on_platform
from gclog.diagnose.settings_place import say_where_to_set
from gclog.model.finding import Finding
from gclog.model.not_known import NotKnown
from gclog.model.report import ProcessReport
from gclog.model.witness import OutsideKill

__all__ = ["DEFAULTS", "ID", "Thresholds", "check"]

ID = "killed-from-outside"


@dataclass(frozen=True, slots=True)
class Thresholds:
    """None: a kill is a fact."""


DEFAULTS = Thresholds()


def check(process: ProcessReport, thresholds: Thresholds = DEFAULTS) -> Iterable[Finding]:
    kill = process.kill
    if kill is None:
        return
    memory = process.memory
    moved = "" if memory is None or memory.growth == "too-few" else f"; {memory.because}"
    last = None if memory is None else memory.last_line
    yield Finding(
        id=ID,
        severity="error",
        confidence="high" if kill.by != "unknown" else "medium",
        title=f"{_by_whom(process)}: it {kill.because}",
        observed=f"it {kill.because}{_counted_elsewhere(kill)}{moved}",
        threshold="not a limit of V8's: all memory of the process counts",
        evidence=facts.pick_lines(kill.lines[:3], last),
        remedy=_remedy(process, kill),
    )


def _by_whom(process: ProcessReport) -> str:
    """V8's own fatal error may come before the kill."""
    is_of_v8 = process.crash is not None and process.crash.kind not in ("killed", "unknown")
    return "Killed from outside, with V8's fatal error" if is_of_v8 else "Killed from outside, not by V8"


def _counted_elsewhere(kill: OutsideKill) -> str:
    """Why a process may have had more in RAM than its container was allowed: Node's own binary, in most cases."""
    if isinstance(kill.rss_mb, NotKnown) or isinstance(kill.limit_mb, NotKnown) or kill.rss_mb <= kill.limit_mb:
        return ""
    return " (pages of files count for the container that read them first)"


def _remedy(process: ProcessReport, kill: OutsideKill) -> str:
    growth = None if process.memory is None else process.memory.growth
    if kill.by == "unknown" and surroundings.is_image_build(process):
        return (
            "Give the builder more memory (Docker Desktop: Settings, Resources), and bound the heap of the build below that: "
            "`RUN NODE_OPTIONS=--max-old-space-size=MB npm run build`."
        )
    if kill.by == "unknown" and surroundings.is_build(process):
        return (
            "Run the build on a machine with more memory, or bound its heap below what this one has: "
            f"{say_where_to_set(process, '--max-old-space-size=MB')} (three quarters of it, in MB)."
        )
    if kill.by == "unknown" and growth in (None, "none", "too-few"):
        return (
            "Find who sent SIGKILL: `kubectl describe pod`, `docker inspect` (OOMKilled), `dmesg | grep -i oom`, the supervisor's log; "
            "give the container's limit with --memory-limit, and log process.memoryUsage()."
        )
    if kill.by == "container" and facts.died_of_heap(process.crash):
        set_it = say_where_to_set(process, "--max-old-space-size=MB")
        return remedies.join(
            f"Its heap was full as well, as V8 says: if its work is this large, raise the container's limit, and the heap to three quarters of that, {set_it}.",
            remedies.advise_evidence(process),
        )
    if growth in ("off-heap", "both"):
        return "Follow off-heap-growth: a larger container only buys time, and --max-old-space-size does not bound that memory."
    if advice := advise_on_platform(kill, unit_of(process), app_of_pm2(process)):
        return advice
    if isinstance(kill.limit_mb, NotKnown):
        return "Set --max-old-space-size to three quarters of the container's limit, so that V8 collects in time or says why it dies."
    return (
        f"Start it with --max-old-space-size={HEAP_SHARE * kill.limit_mb:.0f} (three quarters of {units.mb(kill.limit_mb)}), so that V8 "
        "collects in time or says why it dies; log process.memoryUsage() to see what is not its heap."
    )
