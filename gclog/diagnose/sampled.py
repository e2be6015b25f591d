"""What a sampled heap profile says, in sentences: which call site holds what, and which one grows."""

from __future__ import annotations

import re

from gclog import units
from gclog.model.profile import Frame
from gclog.model.sampled import SampledHeap, Site

__all__ = [
    "LEADING_SHARE",
    "advise_further",
    "advise_on_site",
    "first_site",
    "leading_site",
    "name_site",
    "say_held",
    "share_of",
]

LONGEST_NAME = 80
"""Characters of a function's name, and of its script's, in a sentence."""

NAMES_AT_MOST = 3
"""Inlined functions that a sentence names; JSON has all."""

LEADING_SHARE = 0.25
"""A call site that does not grow stands out, in an answer and in a verdict, from this part of what was sampled on."""


def name_function(frame: Frame) -> str:
    """A function with its place, as code: "`createSession leak.js:8`"."""
    name = frame.name[:LONGEST_NAME]
    place = "" if frame.script is None else re.split(r"[\\/]", frame.script.rstrip("\\/"))[-1][-LONGEST_NAME:]
    if frame.script is not None and frame.script.startswith("node:"):
        place = frame.script[:LONGEST_NAME]
    line = "" if frame.line is None else f":{frame.line}"
    bare = f"{name} {place}{line}".strip().replace("`", "'")
    return f"`{bare}`"


def name_site(site: Site) -> str:
    """A call site: its function, or, of functions inlined into one another, all of them from the outermost; and for whom it allocated."""
    named = " → ".join(map(name_function, site.path or (site.frame,)))
    package = f" of {site.frame.package}" if site.frame.package else ""
    caller = f", called from {name_function(site.caller)}," if site.caller is not None else ""
    return f"{named}{package}{_say_inlined(site)}{caller}"


def _say_inlined(site: Site) -> str:
    if not site.inlined:
        return ""
    rest = len(site.inlined) - NAMES_AT_MOST
    more = f" and {units.count(rest)} more" if rest > 0 else ""
    return f" (inlined into it: {', '.join(map(name_function, site.inlined[:NAMES_AT_MOST]))}{more})"


def first_site(sampled: SampledHeap) -> Site | None:
    """The site that grows most; if none does, the one that holds most."""
    return sampled.sites[0] if sampled.sites and sampled.profiles[-1].alive_bytes else None


def share_of(site: Site, sampled: SampledHeap) -> float:
    """Its part of all that the last profile has."""
    return site.alive_bytes[-1] / (sampled.profiles[-1].alive_bytes or 1)


def leading_site(sampled: SampledHeap | None) -> Site | None:
    """The first site, if it stands out: it grows, or holds a quarter or more."""
    site = None if sampled is None else first_site(sampled)
    if sampled is None or site is None or not (sampled.growers or share_of(site, sampled) >= LEADING_SHARE):
        return None
    return site


def say_held(sampled: SampledHeap | None) -> str:
    """`61.0 of 64.2 MB sampled are held by what ... allocated`, as a clause; empty if no site stands out."""
    site = leading_site(sampled)
    if sampled is None or site is None:
        return ""
    held = units.part(site.alive_bytes[-1], sampled.profiles[-1].alive_bytes)
    return f"{held} sampled are held by what {name_site(site)} allocated"


def advise_on_site(sampled: SampledHeap | None) -> str:
    """What to do about the site that stands out; empty if none does."""
    held = say_held(sampled)
    if sampled is None or not held:
        return ""
    if sampled.growers:
        return (
            f"What {name_site(sampled.growers[0])} allocated grows from profile to profile ({units.sizes(sampled.growers[0].alive_bytes)}): "
            "see what keeps it, and remove what is no longer needed, or bound its size."
        )
    return f"{held[0].upper()}{held[1:]} (sampled heap profile): see what keeps it, and whether it has to stay."


def advise_further(sampled: SampledHeap) -> str:
    """What to do about profiles in which no site stands out: what is there needs not be asked for again."""
    site = first_site(sampled)
    if site is None:
        return (
            "Its sampled heap profile has no sample of anything that is alive: start sampling with the process, at a smaller interval "
            "(`--heap-prof-interval=65536`)."
        )
    whole = units.size(sampled.profiles[-1].alive_bytes)
    largest = f"the largest, {name_site(site)}, holds {units.percent(share_of(site, sampled))} of {whole}"
    if sampled.method == "one":
        return (
            f"No call site stands out in its sampled heap profile: {largest}. Take another one later: `gclog heapdiff A B` shows which "
            "sites grow."
        )
    return f"No call site grows in its sampled heap profiles, and none stands out: {largest}."
