"""The limit at which a process ran out of heap, by the collections before it, and whether that is one of the defaults."""

from __future__ import annotations

import math

from gclog import units
from gclog.analysis.measure.crash import TINY_MB
from gclog.analysis.verdict.limit import NONSENSE_MB
from gclog.model.process import NodeVersion
from gclog.model.verdict import Crash, CrashKind, Limit, LimitAtDeath, LimitOrigin, NoLimit
from gclog.processes.rows import Rows

__all__ = ["limit_with_crash", "measure_limit_at_death"]

AT_THE_LIMIT: tuple[CrashKind, ...] = ("heap-limit", "ineffective-mark-compacts", "unknown")
"""Deaths with the heap at its limit. A single large allocation fails anywhere below it."""

LAST_FULLS = 4
"""V8 counts four collections before it gives up; a ring has two."""

SLACK_SHARE = 0.01
"""V8 prints one decimal and counts whole pages: of 2 GB that is less than this."""

STRIKE_ROOM_SHARE = 0.05
"""After ineffective collections the heap may end below its limit: V8 counts them from 80 % on, but public logs died within 5 %."""

LEAST_MB = 32.0
"""Lower bound on what a limit that somebody chose lets V8 commit. A death below it is of one large object or of the machine's memory."""

OLD_STYLE_SHARE = 0.03
"""How far the live set of Node 11 and before may be from the limit."""

V8_DEFAULT_MB = 1400.0
"""The default of V8 on 64 bits, which Node 0.10 to 11 used, and hosts that configure none use still (heap.cc: 700 MB x pointer size / 4)."""

MACHINE_DEFAULT_MB = 2048.0
"""Half of the memory of the machine or container, but at most this: Node 12 on (ResourceConstraints::ConfigureDefaults)."""

HUGE_DEFAULT_MB = 4096.0
"""The same bound with 15 GB of memory or more (16 before V8 11.6): Node 14.6 on."""

MS_PER_DAY = 24 * units.MS_PER_HOUR

MIN_AGE_MS = units.MS_PER_HOUR
"""From this age on the average growth is worth a word: before, it is mostly the program's start."""


def measure_limit_at_death(crash: Crash, collections: Rows, node: NodeVersion, named_mb: float | None) -> LimitAtDeath | None:
    """The limit by the last full collections, or others if there are none; None if it was another memory that ran out, or they do not say.

    `named_mb`: --max-old-space-size, if the log or the user names it.
    """
    if crash.kind not in AT_THE_LIMIT or not crash.exhausted:
        return None
    fulls = collections.where(collections.full).tail(LAST_FULLS)
    fulls = fulls if len(fulls) else collections.tail(LAST_FULLS)
    live_mb = fulls.last("used_after_mb")
    if live_mb is None:
        return None
    committed = [mb for mb in fulls.numbers("committed_after_mb").tolist() if math.isfinite(mb)]
    committed_mb = max(committed[-2:], default=math.nan)
    if not max(live_mb, LEAST_MB) <= committed_mb < NONSENSE_MB:
        return None
    low, high = _bounds(crash.kind, live_mb, committed_mb, node)
    mb, origin, why = _explain(low, high, live_mb, max(committed_mb - _young_mb(node), live_mb), node, named_mb)
    at_ms = collections.last("at_ms") or 0.0
    return LimitAtDeath(
        mb=mb,
        low_mb=low,
        high_mb=high,
        origin=origin,
        why=why,
        live_mb=live_mb,
        committed_mb=committed_mb,
        step_mb=_last_step(fulls),
        mb_per_day=live_mb * MS_PER_DAY / at_ms if at_ms >= MIN_AGE_MS else None,
    )


def _young_mb(node: NodeVersion) -> float:
    """What of committed memory may be the young generation: three semi-spaces of 16 MB, up to Node 5 four; from 24 on part of a larger one."""
    return 48.0 if node.host == "Node" and node.first_major >= 12 and node.last_major < 24 else 64.0


def _bounds(kind: CrashKind, live_mb: float, committed_mb: float, node: NodeVersion) -> tuple[float, float]:
    low = max(committed_mb - _young_mb(node), 0.8 * live_mb)
    high = committed_mb * (1 + (STRIKE_ROOM_SHARE if kind == "ineffective-mark-compacts" else SLACK_SHARE))
    return low * (1 - SLACK_SHARE), high


def _explain(
    low: float, high: float, live_mb: float, likely_mb: float, node: NodeVersion, named_mb: float | None
) -> tuple[float, LimitOrigin, str]:
    """The limit within its bounds, whose it was, and how that is known."""
    if named_mb is not None and low <= named_mb <= high:
        return named_mb, "set", "the log names it"
    found = next(((mb, why) for mb, why in _defaults(node) if low <= mb <= high or _is_old_style(mb, live_mb, node)), None)
    if found is not None:
        return found[0], "default", found[1]
    if node.host != "Node":
        return likely_mb, "unclear", f"no default of V8 that {node.host} is known to use"
    if node.last_major >= 12 and high < MACHINE_DEFAULT_MB:
        memory = units.mb(2 * likely_mb)
        return (
            likely_mb,
            "unclear",
            f"somebody set it, or the machine or container has about {memory}, of which Node takes half by default",
        )
    return likely_mb, "set", "not a default of Node: somebody set it"


def _is_old_style(default_mb: float, live_mb: float, node: NodeVersion) -> bool:
    """Whether the live set itself is at the default: V8 5.5 to 6.6 let committed memory outgrow it."""
    return node.host == "Node" and node.last_major <= 11 and abs(live_mb - default_mb) <= OLD_STYLE_SHARE * default_mb


def _defaults(node: NodeVersion) -> list[tuple[float, str]]:
    """The defaults of the versions that may have written the log."""
    if node.host in ("Electron", "Chromium"):
        return [
            (HUGE_DEFAULT_MB, "the most that a heap with compressed pointers can have"),
            (MACHINE_DEFAULT_MB, "a default of Chromium"),
        ]
    if node.host != "Node":
        return [(V8_DEFAULT_MB, "V8's own default, unless the host sets another")]
    found = []
    if node.last_major >= 12:
        size = "4 to 15 GB of memory" if node.last_major >= 14 else "4 GB of memory or more"
        found.append((MACHINE_DEFAULT_MB, f"Node's default on a machine or in a container with {size}"))
    if node.last_major >= 14:
        found.append((HUGE_DEFAULT_MB, "Node's default on a machine or in a container with 15 GB of memory or more"))
    if node.first_major <= 11:
        found.append((V8_DEFAULT_MB, "the default of Node 11 and before, whatever memory there is"))
    return found


def _last_step(fulls: Rows) -> float | None:
    """By how much the heap last grew: since the full collection before, or what was committed during the last one."""
    before, after = fulls.numbers("used_before_mb"), fulls.numbers("used_after_mb")
    committed = fulls.number("committed_after_mb", -1) - fulls.number("committed_before_mb", -1)
    grown = float(before[-1] - after[-2]) if len(fulls) > 1 else math.nan
    steps = [mb for mb in (grown, committed) if math.isfinite(mb) and 0 < mb < NONSENSE_MB]
    return max(steps, default=None)


def limit_with_crash(limit: Limit | NoLimit, crash: Crash | None) -> Limit | NoLimit:
    """The limit with the crash in view, which says more than how V8 collected before; one that was given or named stays."""
    if crash is None or (isinstance(limit, Limit) and limit.source != "inferred"):
        return limit
    if crash.at_limit is not None and crash.at_limit.is_sure:
        at = crash.at_limit
        why = f"{units.mb(at.committed_mb)} were committed when V8 gave up, the young generation included; {at.why}"
        return Limit(mb=at.mb, low_mb=at.low_mb, high_mb=at.high_mb, source="crash", why=why, line=crash.line)
    if isinstance(limit, Limit) and limit.mb < TINY_MB:
        return NoLimit("the heap was smaller than any limit that somebody sets")
    if crash.kind == "unknown" and crash.message:
        return NoLimit("which memory ran out cannot be told, so how V8 collected near the end says nothing of the heap's limit")
    if crash.kind == "native-memory":
        return NoLimit("other memory than the heap ran out, so how V8 collected near the end says nothing of the heap's limit")
    return limit
