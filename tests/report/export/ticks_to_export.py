"""Profiles to export: those of every real tick log, and one made line by line."""

from __future__ import annotations

import functools
from collections.abc import Sequence
from pathlib import Path

from gclog.model.profile import Profile
from gclog.profile.build import build_profiles
from gclog.profile.options import ProfileOptions
from gclog.source.blocks import Block
from gclog.source.open import SourceSpec, open_source

SAMPLES = Path(__file__).parents[3] / "samples"
LOGS = sorted((SAMPLES / "ticks").glob("*.log.gz"))

HOSTILE = [
    "a;b",
    "</script><script>alert(1)</script>",
    "[red]x[/]",
    "\x1b[31mred",
    "two\nlines",
    "right\u202eto left",
    "half \ud83d of a pair",
    'quote " and \\ back',
    "ends in 12",
    "ünï 漢字",
]
"""Names that mean something to a format, a terminal or a browser."""


@functools.cache
def profile_of(log: Path, state: str | None = None) -> Profile:
    """The profile of a real log."""
    with open_source(SourceSpec(log.name, log)) as source:
        (profile,) = build_profiles(log.name, source.blocks(), ProfileOptions(state=state))
    return profile


def escaped(name: str) -> str:
    """A name as V8 8.9 and later would write it, with what it leaves raw escaped, too."""
    return "".join(
        letter if letter.isascii() and letter.isprintable() and letter != "\\" else _escape(letter) for letter in name
    )


def _escape(letter: str) -> str:
    return "\\\\" if letter == "\\" else f"\\u{ord(letter):04x}"


def made(ticks: list[tuple[int, str, int]], names: Sequence[str] = ("f", "g"), interval: int = 1000) -> Profile:
    """A profile of ticks (µs, stack, VM state). A stack is digits, outermost first: `01` is names[1] called by names[0]; - is unknown."""
    lines = ["v8-version,11,3,244,8,-node.38,0", f"profiler,begin,{interval}"]
    for i, name in enumerate(names):
        lines.append(
            f"code-creation,JS,10,5,0x{0x2000 + 256 * i:x},256,{escaped(name)} /app/x.js:{i + 1}:{i + 5},0x{0x9000 + i:x},~"
        )
    for at_us, stack, state in ticks:
        places = [0x500000 if digit == "-" else 0x2010 + 256 * int(digit) for digit in reversed(stack)]
        rest = "".join(f",0x{place:x}" for place in places[1:])
        lines.append(f"tick,0x{places[0]:x},{at_us},0,0x0,{state}{rest}")
    lines.append("profiler,end")
    (profile,) = build_profiles("v8.log", [Block(("\n".join(lines) + "\n").encode(), 1)], ProfileOptions())
    return profile
