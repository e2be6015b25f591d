"""A frame in words: its name, its place, its tiers, and how often V8 gave up its code. Hostile text, as in `profile_wording`."""

from __future__ import annotations

import re
from collections import Counter

from gclog import units
from gclog.model.profile import Frame, FrameKind, TierTicks
from gclog.report.visible import cut

__all__ = [
    "KIND_NAMES",
    "TIER_NAMES",
    "deoptimisation_text",
    "frame_name",
    "frame_place",
    "frame_reference",
    "tier_shares",
    "tier_text",
]

KIND_NAMES: dict[FrameKind, str] = {
    "function": "JavaScript",
    "code": "code of V8",
    "native": "C++",
    "shared_library": "shared library",
    "unknown": "not known",
}

TIER_NAMES: dict[str, str] = {
    "interpreted": "interpreted",
    "baseline": "baseline",
    "maglev": "Maglev",
    "turboprop": "Turboprop",
    "optimised": "optimised",
    "native_context_independent": "context-independent",
    "compiled": "compiled",
    "inlined": "inlined",
    "unknown": "of an unknown tier",
}
"""What V8's compilers make of a function, from the slowest to the fastest; `compiled` is all that logs of old versions say."""

CODE_NAMES = {"Builtin": "builtin", "BytecodeHandler": "bytecode handler", "RegExp": "regular expression", "Stub": "stub"}
"""V8's commonest tags of code, in words; the others are shown as they are."""

LONGEST_NAME = 80
"""Characters of a name in a sentence."""

MOSTLY = 0.99
"""From this share on a function is said to be in one tier."""


def frame_name(frame: Frame) -> str:
    """`hash`, `StringAdd_CheckNone`, `v8::internal::Heap::Scavenge`; of a library the file's name."""
    match frame.kind:
        case "shared_library":
            return _file_name(frame.name)
        case "native":
            return _without_types(frame.name)
        case _:
            return frame.name


_IN_BRACKETS = re.compile(r"<[^<>]*>|\((?!anonymous)[^()]*\)")


def _without_types(name: str) -> str:
    """A C++ function's name without arguments, template arguments and type: its own name comes last."""
    if "operator" in name:
        return name
    short, before = name, ""
    while short != before:
        short, before = _IN_BRACKETS.sub("", short), short
    short = short.replace("(anonymous namespace)::", "").removesuffix(" const").strip()
    return short.rpartition(" ")[2] or name


def frame_place(frame: Frame, *, whole: bool = False) -> str:
    """`app.js:12`, or as the log has it, `/srv/app.js:12:14`; what is no function: `builtin`, `shared library`, the binary."""
    if frame.script is not None:
        numbers = [frame.line, frame.column if whole else None]
        return ":".join([frame.script if whole else _file_name(frame.script), *(str(n) for n in numbers if n is not None)])
    match frame.kind:
        case "function":
            return ""
        case "code":
            return CODE_NAMES.get(frame.tag, frame.tag)
        case "native":
            return (frame.library if whole else _file_name(frame.library)) if frame.library else KIND_NAMES["native"]
        case "shared_library":
            return frame.name if whole else KIND_NAMES["shared_library"]
        case "unknown":
            return ""


def frame_reference(frame: Frame) -> str:
    """A frame within a sentence: "`hash` app.js:12"."""
    name, place = cut(frame_name(frame), LONGEST_NAME), cut(frame_place(frame), LONGEST_NAME)
    return f"`{name}`" if frame.kind == "shared_library" else f"`{name}` {place}".rstrip()


def _file_name(path: str) -> str:
    """The last part of a path or URL; `node:internal/x` stays whole, since it is no path of a disk."""
    return path if path.startswith("node:") else re.split(r"[\\/]", path.rstrip("\\/"))[-1]


def tier_shares(frame: Frame) -> tuple[tuple[str, float], ...]:
    """Tiers of a function with their shares of its self ticks, or, if it has none, of the ticks it was on the stack; largest first."""
    own = any(tier.self_ticks for tier in frame.tiers)

    def ticks_of(tier: TierTicks) -> int:
        return tier.self_ticks if own else tier.total_ticks

    ticks: Counter[str] = Counter()
    for tier in frame.tiers:
        ticks[tier.tier] += ticks_of(tier)
    whole = ticks.total()
    return tuple((tier, count / whole) for tier, count in ticks.most_common() if count)


def tier_text(frame: Frame) -> str:
    """`optimised`, `82.0 % optimised, 18.0 % interpreted`; empty for what has no tiers."""
    shares = tier_shares(frame)
    if len(shares) == 1 or (shares and shares[0][1] >= MOSTLY):
        return _tier_name(shares[0][0])
    return ", ".join(f"{units.percent(share)} {_tier_name(tier)}" for tier, share in shares)


def _tier_name(tier: str) -> str:
    return TIER_NAMES.get(tier, tier)


def deoptimisation_text(frame: Frame) -> str:
    """`2 deopts, last: wrong map`; empty if V8 never gave up its code."""
    if not frame.deoptimisations:
        return ""
    count, last = len(frame.deoptimisations), frame.deoptimisations[-1]
    why = last.reason or last.kind
    return units.several(count, "deopt") + (f", last: {why}" if why else "")
