"""A heap limit in words: its size, its range or its doubt, and how much of it is in use."""

from __future__ import annotations

import math
from typing import assert_never

from gclog import units
from gclog.analysis.verdict.limit_size import is_range, say_size
from gclog.model.finding import Confidence
from gclog.model.verdict import DefaultLimit, Limit

__all__ = ["is_exact", "of_limit", "say_default", "say_limit", "say_share", "trust_limit"]

OVER_SHARE = 0.005
"""A live set is above its limit from here on: less is the rounding of V8's figures."""

YOUNG_MOST_MB = 64.0
"""Young objects are counted in what is alive, and not in the old generation's limit."""


def say_default(default: DefaultLimit) -> str:
    """`2.0 GB if nobody has set it`, `2.0 to 4.0 GB if ...`."""
    low, high = units.mb(default.low_mb), units.mb(default.high_mb)
    return f"{low if low == high else f'{low} to {high}'} if nobody has set it"


def trust_limit(limit: Limit) -> Confidence:
    """How far a judgement that rests on this limit can be trusted."""
    match limit.source:
        case "option" | "log" | "report":
            return "high"
        case "crash" | "printed":
            return "medium"
        case "inferred":
            return "low"


def of_limit(mb: float, limit: Limit, *, raised: bool = False) -> str:
    """`94.1 MB of a 96.0 MB limit`; an inferred limit is called so. More than the limit is not `of` it.

    `raised`: the log says that the limit was lifted for a heap snapshot or profile.
    """
    said, over = say_limit(limit), mb - (limit.mb if limit.guess or is_exact(limit) else limit.high_mb)
    if over <= OVER_SHARE * limit.mb:
        return f"{units.mb(mb)} of {said}"
    if raised:
        return f"{units.mb(mb)}, above {said} because Node raised it to write what fills the heap"
    if over <= YOUNG_MOST_MB:
        return f"{units.mb(mb)}, the young generation included, at {said}"
    return f"{units.mb(mb)}, above {said}"


def say_share(mb: float, limit: Limit) -> str:
    """How much of a limit some memory is: `84.3 %`; `71.5 % to 95.6 %` of one that is only a range."""
    if is_exact(limit) or limit.guess or not math.isfinite(limit.high_mb):
        return units.percent(mb / limit.mb)
    low, high = units.percent(mb / limit.high_mb), units.percent(mb / limit.low_mb)
    return low if low == high else f"{low} to {high}"


def say_limit(limit: Limit) -> str:
    """A limit with its article: `a 96.0 MB limit`; with its doubt, if it is inferred."""
    if limit.source == "inferred":
        return f"a limit of {say_size(limit)} (inferred)" if is_range(limit) else f"an inferred {units.mb(limit.mb)} limit"
    if limit.source != "crash":
        return f"a {units.mb(limit.mb)} limit"
    match limit.guess:
        case "V8's default":
            return f"a {units.mb(limit.mb)} limit (V8's default)"
        case "looks like Node's default" | "looks like the host's default":
            return f"a {units.mb(limit.mb)} limit (inferred; {limit.guess})"
        case "round":
            return f"a limit of probably {limit.mb:.0f} MB (inferred)"
        case "":
            return f"a limit of about {_between(limit)} (inferred)"
        case _:
            assert_never(limit.guess)


def is_exact(limit: Limit) -> bool:
    """Whether shares of a limit may be given: it was named, or there is one figure for it."""
    return limit.source != "crash" and not is_range(limit)


def _between(limit: Limit) -> str:
    """The bounds of a limit, with as many digits as tell them apart."""
    low, _, high = units.about_mb(limit.low_mb, limit.high_mb).partition(" to ")
    if low != high.split()[0]:
        return f"{low} to {high}"
    low, high = units.mb(limit.low_mb), units.mb(limit.high_mb)
    return f"{low.split()[0]} to {high}" if low.split()[1] == high.split()[1] else f"{low} to {high}"
