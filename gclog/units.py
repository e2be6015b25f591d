"""Rounding and formatting of figures for people. Every renderer goes through here, so all of them show the same digits.

0 % and 100 % appear only if they are exact; moments and durations use at most two units.
"""

from __future__ import annotations

import datetime
import math
from collections.abc import Sequence
from typing import assert_never

from gclog.model.not_known import NotKnown
from gclog.model.profile import ProfileUnit

__all__ = [
    "BYTES_PER_KB",
    "BYTES_PER_MB",
    "KB_PER_MB",
    "MS_PER_HOUR",
    "MS_PER_MINUTE",
    "MS_PER_SECOND",
    "NO_FIGURE",
    "PARTS",
    "US_PER_MS",
    "about_mb",
    "amount",
    "amounts_kb",
    "clock",
    "count",
    "duration",
    "figure",
    "mb",
    "part",
    "percent",
    "rate_mb_per_h",
    "rate_mb_per_s",
    "ratio",
    "several",
    "size",
    "sizes",
    "times",
    "wall_clock",
]

NO_FIGURE = "–"

BYTES_PER_KB = 1024.0
BYTES_PER_MB = 1 << 20
PARTS = 10_000_000
"""Parts that the work of each side of a comparison of profiles has."""

US_PER_MS = 1000.0
MS_PER_SECOND = 1000.0
MS_PER_MINUTE = 60_000.0
MS_PER_HOUR = 3_600_000.0
KB_PER_MB = 1024.0


def _missing(value: float | NotKnown | None) -> bool:
    return value is None or isinstance(value, NotKnown) or math.isnan(value)


def mb(value: float | NotKnown | None) -> str:
    """`12.3 MB`, `1.21 GB` from 1024 MB on. MB is 1,048,576 bytes."""
    if _missing(value):
        return NO_FIGURE
    assert isinstance(value, int | float)
    if abs(value) >= 1023.95:
        return f"{value / 1024:.2f} GB"
    return f"{value:.1f} MB"


def amounts_kb(*kb: float) -> tuple[str, ...]:
    """Amounts that belong together, the first with the unit that fits it: `122 KB`, `119`, `125`; a decimal below 100; MB from 1000 KB on."""
    scale, unit = (KB_PER_MB, "MB") if kb[0] >= 999.5 else (1.0, "KB")
    digits = 0 if kb[0] / scale >= 99.5 else 1
    first, *rest = (f"{value / scale:.{digits}f}" for value in kb)
    return f"{first} {unit}", *rest


def about_mb(low: float, high: float) -> str:
    """An estimate's range, two digits of each end, both in the larger end's unit: `350 to 680 MB`, `0.9 to 1.8 GB`."""
    scale, unit = (1024.0, "GB") if high >= 1023.95 else (1.0, "MB")
    return f"{_two_digits(low / scale)} to {_two_digits(high / scale)} {unit}"


def _two_digits(value: float) -> str:
    digits = 1 - math.floor(math.log10(abs(value))) if value else 0
    return f"{round(value, digits):.{max(digits, 0) if abs(value) < 10 else 0}f}"


def percent(share: float | NotKnown | None) -> str:
    """`5.4 %` from a share of 0..1; `<0.1 %` and `>99.9 %` rather than an untrue 0 or 100."""
    if _missing(share):
        return NO_FIGURE
    assert isinstance(share, int | float)
    if share == 0:
        return "0 %"
    if share == 1:
        return "100 %"
    if 0 < share < 0.0005:
        return "<0.1 %"
    if 0.9995 <= share < 1:
        return ">99.9 %"
    return f"{share * 100:.1f} %"


def duration(ms: float | NotKnown | None) -> str:
    """`0.42 ms`, `12.3 ms`, `431 ms`, `4.2 s`, `14 min 20 s`, `3 h 12 min`, `2 d 4 h`."""
    if _missing(ms):
        return NO_FIGURE
    assert isinstance(ms, int | float)
    if math.isinf(ms):
        return "no end in sight"
    sign, size = ("-", -ms) if ms < 0 else ("", ms)
    if size < 9.995:
        return f"{sign}{size:.2f} ms"
    if size < 99.95:
        return f"{sign}{size:.1f} ms"
    if size < 999.5:
        return f"{sign}{size:.0f} ms"
    if size < 59_950:
        return f"{sign}{size / MS_PER_SECOND:.1f} s"
    if round(size / MS_PER_SECOND) < 3600:
        whole, rest = divmod(round(size / MS_PER_SECOND), 60)
        names = ("min", "s")
    elif round(size / MS_PER_MINUTE) < 24 * 60:
        whole, rest = divmod(round(size / MS_PER_MINUTE), 60)
        names = ("h", "min")
    else:
        whole, rest = divmod(round(size / MS_PER_HOUR), 24)
        names = ("d", "h")
    return f"{sign}{whole} {names[0]} {rest} {names[1]}" if rest else f"{sign}{whole} {names[0]}"


def clock(at_ms: float | NotKnown | None) -> str:
    """A moment on V8's clock, which starts with the isolate: `+14 min 20 s`."""
    return NO_FIGURE if _missing(at_ms) else f"+{duration(at_ms)}"


def wall_clock(epoch_ms: float | None) -> str:
    """`2026-03-14 03:12:07 UTC`."""
    if epoch_ms is None or math.isnan(epoch_ms):
        return NO_FIGURE
    return datetime.datetime.fromtimestamp(epoch_ms / MS_PER_SECOND, datetime.UTC).strftime("%Y-%m-%d %H:%M:%S UTC")


def rate_mb_per_h(value: float | NotKnown | None) -> str:
    """`+12.3 MB/h`, always signed; GB from 1024 MB on."""
    if _missing(value):
        return NO_FIGURE
    assert isinstance(value, int | float)
    return f"{value / 1024:+.2f} GB/h" if abs(value) >= 1023.95 else f"{value:+.1f} MB/h"


def rates(*mb_per_h: float) -> tuple[str, ...]:
    """Rates of growth, signed, all in the unit that fits the first: `+12.3 MB/h`, and from one GB an hour on `+0.35 MB/s`, because logs of
    such growth last minutes, and their other rates are per second, too."""
    first = abs(mb_per_h[0])
    if first < 1023.95:
        return tuple(f"{rate:+.1f} MB/h" for rate in mb_per_h)
    digits = 1 if first >= MS_PER_HOUR / MS_PER_SECOND else 2
    return tuple(f"{rate * MS_PER_SECOND / MS_PER_HOUR:+.{digits}f} MB/s" for rate in mb_per_h)


def rate_mb_per_s(value: float | NotKnown | None) -> str:
    """`12.3 MB/s`."""
    return NO_FIGURE if _missing(value) else f"{mb(value)}/s"


def ratio(value: float | NotKnown | None) -> str:
    """A mutator utilisation as V8 prints it: `0.986`."""
    return NO_FIGURE if _missing(value) else f"{value:.3f}"


def times(value: float) -> str:
    """`2.4 times`, `0.4 times`: how many times as much."""
    return f"{value:.1f} times"


def count(value: int) -> str:
    """`1,234,567`."""
    return f"{value:,}"


def several(number: int, noun: str) -> str:
    """`1 line`, `12 lines`."""
    return f"{count(number)} {noun}{'' if number == 1 else 's'}"


def figure(value: int, unit: ProfileUnit) -> str:
    """Of what a profile counts, for a column that says what it is: `1,234` ticks, `431 ms`, `61.0 MB`; of two profiles compared the mean share, `1.2 %`."""
    match unit:
        case "ticks":
            return count(value)
        case "us":
            return duration(value / US_PER_MS)
        case "bytes":
            return size(value)
        case "parts":
            return percent(value / (2 * PARTS))
        case _:
            assert_never(unit)


def amount(value: int, unit: ProfileUnit) -> str:
    """The same within a sentence: `1 tick`, `1,234 ticks`, `431 ms`, `61.0 MB`."""
    return several(value, "tick") if unit == "ticks" else figure(value, unit)


def size(value: int) -> str:
    """Bytes: `312.0 KB`, `18.2 MB`; nothing smaller is of interest."""
    return f"{value / BYTES_PER_KB:.1f} KB" if 0 < value < 0.95 * BYTES_PER_MB else mb(value / BYTES_PER_MB)


def sizes(values: Sequence[int]) -> str:
    """`35.1 → 79.0 → 119.2 MB`: the unit once, if it is the same; what is nothing has none."""
    shown = [size(one) for one in values]
    found = list(dict.fromkeys(text.split(" ")[1] for one, text in zip(values, shown, strict=True) if one))
    if len(found) > 1:
        return " → ".join(shown)
    numbers = (text.split(" ")[0] if one else "0" for one, text in zip(values, shown, strict=True))
    return f"{' → '.join(numbers)} {found[0] if found else 'MB'}"


def part(value: int, whole: int) -> str:
    """`12.6 of 18.0 MB`, `312.0 KB of 18.2 MB`."""
    said = size(whole)
    return f"{size(value).removesuffix(said[said.index(' ') :])} of {said}"
