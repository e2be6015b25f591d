"""What platforms state of a process beside its end: its limit, the memory in use; and a kill as a clause."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from gclog import units
from gclog.analysis.verdict.platforms import NO_PLATFORM, Platform, platform_of
from gclog.model.not_known import NotKnown
from gclog.model.records import Message, PlatformMessage
from gclog.model.witness import MemoryLimit
from gclog.recognise.platform_messages import mb_of, share_of

__all__ = ["find_stated_limit", "find_stated_use", "platform_of_messages", "say_kill"]

BLOCK_LINES = 4
"""`Limits:` and `Requests:` of a container have cpu, memory, ephemeral-storage and hugepages."""

LIMITS = ("limits", "Limits")

DYNOS_MB = (512, 1024, 2560, 14_336, 30_720, 63_488, 129_024)
"""The memory quotas of Heroku's dynos, which prints the memory in use and the share, both rounded."""

ROUNDED = 0.01
"""What both roundings amount to at most."""

POD_MEMORY = "memory"
"""The key of a pod's limit, and of its request; docker's is `Memory`."""


def find_stated_limit(messages: Sequence[Message]) -> MemoryLimit | None:
    """The first limit of all memory that a platform's message names; None without one."""
    head: PlatformMessage | None = None
    for message in messages:
        if not isinstance(message, PlatformMessage):
            continue
        if message.kind == "limit_head":
            head = message
            continue
        limit_mb = _limit_of(message, head)
        if limit_mb:
            return MemoryLimit(limit_mb, f"named on line {message.line}", message.line)
    return None


def _limit_of(message: PlatformMessage, head: PlatformMessage | None) -> float | None:
    if message.form == "state_limit" and message.text.lstrip("\"'").startswith(POD_MEMORY):
        is_limit = (
            head is not None and message.line - head.line <= BLOCK_LINES and (head.status or "").strip("\"'").startswith(LIMITS)
        )
        return mb_of(message.limit) if is_limit else None
    if (limit_mb := mb_of(message.limit, message.form)) is not None:
        return limit_mb
    used_mb, share = mb_of(message.used, message.form), share_of(message.share)
    if used_mb is None or not share:
        return None
    return next((float(mb) for mb in DYNOS_MB if abs(used_mb / share - mb) < ROUNDED * mb), used_mb / share)


def find_stated_use(messages: Iterable[Message]) -> float | None:
    """The memory in use by the last platform's message that says so, MB; None without one."""
    used = [mb_of(message.used, message.form) for message in messages if isinstance(message, PlatformMessage)]
    return next((mb for mb in reversed(used) if mb is not None), None)


def platform_of_messages(messages: Iterable[Message]) -> Platform:
    """Who wrote these messages: the first of them that says so."""
    said = [platform_of(message.form, message.text) for message in messages if isinstance(message, PlatformMessage)]
    return next((platform for platform in said if platform.id), next(iter(said), NO_PLATFORM))


def say_kill(
    by: str,
    platform: Platform,
    rss_mb: float | NotKnown,
    limit_mb: float | NotKnown,
    *,
    sure: bool,
    for_memory: bool,
    stop: bool,
    code: str,
) -> str:
    """A kill as a clause: `was killed with 505.0 MB in RAM at its container's limit of 512.0 MB`."""
    in_use = "in use" if platform.id else "in RAM"
    had = "" if isinstance(rss_mb, NotKnown) else f" with {units.mb(rss_mb)} {in_use}"
    of = "" if isinstance(limit_mb, NotKnown) else f" of {units.mb(limit_mb)}"
    if platform.id and not isinstance(rss_mb, NotKnown) and not isinstance(limit_mb, NotKnown) and rss_mb > limit_mb:
        of += f" ({units.percent(rss_mb / limit_mb)})"
    match by:
        case "container" | "machine" if platform.reason:
            return f"was {platform.verb}{had} {platform.reason}{code}"
        case "container" if sure:
            return f"was {platform.verb}{had} at {platform.limit}{of}{code}"
        case "container":
            return f"got SIGKILL{had}, at the limit{of}: the container's doing, by all likelihood"
        case "machine":
            return f"was killed{had} because the machine ran out of memory"
        case _ if stop:
            return f"got SIGKILL{had} because it did not end in time when it was asked to"
        case _ if for_memory:
            return f"got SIGKILL{had}{code}, most likely for its memory; no line says from whom"
        case _:
            return f"got SIGKILL{had}; no line says from whom"
