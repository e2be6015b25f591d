"""The limit at which a process ran out of heap, by the collections before it, and whether that is one of the defaults."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Callable, Iterable
from typing import NamedTuple

from gclog import units
from gclog.analysis.measure.full_heap import TINY_MB
from gclog.analysis.measure.host import EXTENSION_HOST
from gclog.analysis.verdict.default_limit import FIXED_MB, HUGE_MB, MOST_MB, default_limit
from gclog.analysis.verdict.limit import NONSENSE_MB
from gclog.analysis.verdict.strikes import LOW_MU
from gclog.model.process import NodeVersion
from gclog.model.records import HeapOption, Record
from gclog.model.verdict import Crash, CrashKind, Limit, LimitAtDeath, LimitGuess, LimitOrigin, NoLimit
from gclog.processes.rows import Rows

__all__ = ["find_round", "limit_with_crash", "with_limit"]

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

NARROW_DEFAULT_MB = 700.0
"""V8's default on 32 bits, up to Node 11; from Node 12 on the defaults there are half of those on 64."""

ROUND_MB: tuple[tuple[int, float], ...] = ((1024, math.inf), (512, 4096.0), (1000, math.inf), (256, 1024.0), (500, 4096.0))
"""What people set: multiples of these up to a size, the most likely first."""

ROUND_SLACK_MB = 16.0
"""Room around the bounds for a default or a round figure: the object that did not fit counts too, and V8 counts whole pages."""

FUTILE_SHARE = 0.01
"""A full collection that frees less than this frees nothing."""

CAGE_SHARE = 0.85
"""From this share of 4 GB on, a heap with compressed pointers ended at the end of their range, which other memory is in, too."""

MS_PER_DAY = 24 * units.MS_PER_HOUR

MIN_AGE_MS = units.MS_PER_HOUR
"""From this age on the average growth is worth a word: before, it is mostly the program's start."""


def with_limit(
    crash: Crash,
    collections: Rows,
    node: NodeVersion,
    given_mb: float | None,
    records: Iterable[Record],
    again: Callable[[float], Crash | None],
    memory_mb: float | None = None,
) -> Crash:
    """The crash with the limit at which it happened, classified by that if it was a default.

    `given_mb`: the user's limit; `records` may name one; `again` classifies the crash by an inferred limit; `memory_mb`: its container's.
    """
    at_limit = _measure(crash, collections, node, _last_named(records) if given_mb is None else given_mb, memory_mb)
    if at_limit is not None and at_limit.origin == "default" and given_mb is None:
        crash = again(at_limit.mb) or crash
    return dataclasses.replace(crash, at_limit=at_limit)


def _last_named(records: Iterable[Record]) -> float | None:
    named = [record.mb for record in records if isinstance(record, HeapOption) and record.option == "max_old_space_size"]
    return named[-1] if named else None


def _measure(
    crash: Crash, collections: Rows, node: NodeVersion, named_mb: float | None, memory_mb: float | None
) -> LimitAtDeath | None:
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
    sizes = _Sizes(live_mb, committed_mb - _young_mb(node), committed_mb)
    mb, origin, why, guess = _explain(low, high, sizes, _Host.of(crash, node, memory_mb), named_mb)
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
        guess=guess,
        is_futile=not crash.message and _is_futile(fulls),
    )


def _is_futile(fulls: Rows) -> bool:
    """Whether the last full collection freed next to nothing, and V8's utilisation says that collections left the program little time."""
    before_mb, after_mb, mu = (fulls.last(name) for name in ("used_before_mb", "used_after_mb", "average_mu"))
    if before_mb is None or after_mb is None or mu is None:
        return False
    return bool(fulls.full[-1]) and before_mb - after_mb <= FUTILE_SHARE * before_mb and mu < LOW_MU


def _young_mb(node: NodeVersion) -> float:
    """What of committed memory may be the young generation: three semi-spaces of 16 MB, up to Node 5 four; from 24 on part of a larger one."""
    return 48.0 if node.host == "Node" and node.first_major >= 12 and node.last_major < 24 else 64.0


def _bounds(kind: CrashKind, live_mb: float, committed_mb: float, node: NodeVersion) -> tuple[float, float]:
    low = max(committed_mb - _young_mb(node), 0.8 * live_mb)
    high = committed_mb * (1 + (STRIKE_ROOM_SHARE if kind == "ineffective-mark-compacts" else SLACK_SHARE))
    return low * (1 - SLACK_SHARE), high


class _Host(NamedTuple):
    """What ran, as far as it decides the defaults."""

    name: str
    first_major: int
    last_major: int
    is_32_bit: bool
    memory_mb: float | None

    @staticmethod
    def of(crash: Crash, node: NodeVersion, memory_mb: float | None) -> _Host:
        """VS Code's extension host is Electron, whose frames and message are Node's."""
        name = "Electron" if crash.host_program == EXTENSION_HOST else node.host
        return _Host(name, node.first_major, node.last_major, crash.is_32_bit, memory_mb)


class _Sizes(NamedTuple):
    """What the last collections show: what was alive, and what was committed, without the most that the young generation may have and with it."""

    live_mb: float
    old_mb: float
    committed_mb: float


class _Default(NamedTuple):
    mb: float
    why: str
    guess: LimitGuess


def _explain(
    low: float, high: float, sizes: _Sizes, host: _Host, named_mb: float | None
) -> tuple[float, LimitOrigin, str, LimitGuess]:
    """The limit within its bounds, whose it was, how that is known, and what speaks for this figure."""
    live_mb, old_mb, committed_mb = sizes
    if named_mb is not None and low <= named_mb <= high:
        return named_mb, "set", "the log names it", "round"
    for default in _defaults(host):
        if (
            low - ROUND_SLACK_MB <= default.mb <= high + ROUND_SLACK_MB
            or _is_old_style(default.mb, live_mb, host)
            or _is_end_of_cage(default.mb, high, host)
        ):
            return default.mb, "default", default.why, default.guess
    guess_mb = find_round(old_mb, committed_mb) or find_round(old_mb - ROUND_SLACK_MB, high + ROUND_SLACK_MB)
    likely_mb = max(old_mb, live_mb)
    said: LimitGuess = "" if guess_mb is None else "round"
    mb = likely_mb if guess_mb is None else guess_mb
    if host.name != "Node":
        return mb, "unclear", f"no default of V8 that {host.name} is known to use", said
    if host.last_major >= 12 and high < MOST_MB and host.memory_mb is None:
        memory = units.mb(2 * mb)
        why = f"somebody set it, or the machine or container has about {memory}, of which Node takes half by default"
        return mb, "unclear", why, said
    return mb, "set", "not a default of Node: somebody set it", said


def find_round(low: float, high: float) -> float | None:
    """The setting that people are most likely to have chosen within the bounds; None if there is none, or several of a kind."""
    for unit, most in ROUND_MB:
        found = [mb for mb in range(unit * max(math.ceil(low / unit), 1), math.floor(high) + 1, unit) if mb <= most]
        if found:
            return float(found[0]) if len(found) == 1 else None
    return None


def _is_old_style(default_mb: float, live_mb: float, host: _Host) -> bool:
    """Whether the live set itself is at the default: V8 5.5 to 6.6 let committed memory outgrow it."""
    return host.name == "Node" and host.last_major <= 11 and abs(live_mb - default_mb) <= OLD_STYLE_SHARE * default_mb


def _is_end_of_cage(default_mb: float, high: float, host: _Host) -> bool:
    return host.name == "Electron" and default_mb == HUGE_MB and CAGE_SHARE * default_mb <= high <= default_mb


def _defaults(host: _Host) -> list[_Default]:
    """The defaults of the versions that may have written the log."""
    if host.name in ("Electron", "Chromium"):
        cage = "the most that a heap with compressed pointers can have, whatever its flags"
        return [
            _Default(HUGE_MB, cage, "looks like the host's default"),
            _Default(MOST_MB, "a default of Chromium", "looks like the host's default"),
        ]
    if host.name != "Node":
        return [_Default(FIXED_MB, "V8's own default, unless the host sets another", "looks like the host's default")]
    found = []
    if host.is_32_bit:
        if host.first_major <= 11:
            found.append(_Default(NARROW_DEFAULT_MB, "the default of Node 11 and before on 32 bits", "V8's default"))
        if host.last_major >= 12:
            half = "Node's default on 32 bits with 4 GB of memory or more"
            found.append(_Default(MOST_MB / 2, half, "looks like Node's default"))
            found.append(_Default(MOST_MB / 4, "Node's default on 32 bits with 2 GB of memory", "looks like Node's default"))
        return found
    if host.memory_mb is not None and host.first_major > 11:
        in_it = default_limit((host.first_major, host.last_major), host.memory_mb)
        if in_it is None:
            return []
        why = f"Node's default in a container of {units.mb(host.memory_mb)}"
        return [_Default(mb, why, "looks like Node's default") for mb in sorted({in_it.low_mb, in_it.high_mb})]
    if host.last_major >= 12:
        size = "4 to 15 GB of memory" if host.last_major >= 14 else "4 GB of memory or more"
        why = f"Node's default on a machine or in a container with {size}"
        found.append(_Default(MOST_MB, why, "looks like Node's default"))
    if host.last_major >= 14:
        why = "Node's default on a machine or in a container with 15 GB of memory or more"
        found.append(_Default(HUGE_MB, why, "looks like Node's default"))
    if host.first_major <= 11:
        guess: LimitGuess = "V8's default" if host.last_major <= 11 else "looks like Node's default"
        found.append(_Default(FIXED_MB, "the default of Node 11 and before, whatever memory there is", guess))
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
    if crash.kind == "unknown" and (crash.at_limit is None or crash.at_limit.origin != "default"):
        if crash.message:
            return NoLimit(
                "which memory ran out cannot be told, so how V8 collected near the end says nothing of the heap's limit"
            )
        if crash.at_limit is not None and not crash.at_limit.guess and not crash.at_limit.is_futile:
            return NoLimit(f"without V8's message the sizes only show that it is at least {units.mb(crash.at_limit.live_mb)}")
    if crash.at_limit is not None and crash.at_limit.is_sure:
        at = crash.at_limit
        why = f"inferred: {units.mb(at.committed_mb)} were committed when V8 gave up, the young generation included; {at.why}"
        low, high = min(at.low_mb, at.mb), max(at.high_mb, at.mb)
        return Limit(mb=at.mb, low_mb=low, high_mb=high, source="crash", why=why, line=crash.line, guess=at.guess)
    if crash.at_limit is not None and not isinstance(limit, Limit):
        at = crash.at_limit
        return NoLimit(
            f"the sizes at death only bound it: {units.about_mb(at.low_mb, at.high_mb)}, the young generation included"
        )
    if isinstance(limit, Limit) and limit.mb < TINY_MB:
        return NoLimit("the heap was smaller than any limit that somebody sets")
    if crash.kind == "native-memory":
        return NoLimit("other memory than the heap ran out, so how V8 collected near the end says nothing of the heap's limit")
    return limit if crash.at_limit is None or isinstance(limit, NoLimit) else _within(limit, crash.at_limit)


def _within(limit: Limit, at: LimitAtDeath) -> Limit:
    """An inferred limit within the bounds that the sizes at death set, if they overlap."""
    low, high = max(limit.low_mb, at.low_mb), min(limit.high_mb, at.high_mb)
    if low > high:
        return limit
    return dataclasses.replace(limit, mb=min(max(limit.mb, low), high), low_mb=low, high_mb=high)
