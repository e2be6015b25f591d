"""What sampled heap profiles (`.heapprofile`) say: one frozen class for each result. Sizes are bytes, and estimates.

V8 looks at one allocation in every 512 KB or so (`samplingInterval`) and remembers the stack; what is still alive when the profile is
taken is in it, scaled up to all that was allocated like it. A *site* is the innermost function on such a stack that is the
application's or a package's: who asked for the memory, whichever function of Node or V8 then made the object.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from gclog.model.not_known import NotKnown
from gclog.model.profile import Category, Frame

__all__ = [
    "AllocationPath",
    "FileBytes",
    "OwnerBytes",
    "SampledFigures",
    "SampledHeap",
    "SampledMethod",
    "SampledProcess",
    "SampledProcesses",
    "Site",
    "SiteGrowth",
]

SampledMethod = Literal["one", "same-sampling", "by-site"]
"""One profile; several of one sampling, whose samples are numbered; several that have no sample in common, compared by site."""


@dataclass(frozen=True, slots=True)
class SampledFigures:
    """One profile as a whole.

    alive_bytes      what its samples that are alive stand for; `gone_bytes` what was collected before, which Node 26 can keep too
    samples          that are alive; not known if the file has none (V8 before 7.2, Node 10)
    interval_bytes   how often V8 looked, as the samples show
    nodes            of its tree of calls
    cut              the file ends before the profile does
    """

    name: str
    alive_bytes: int
    gone_bytes: int
    samples: int | NotKnown
    interval_bytes: int | NotKnown
    nodes: int
    cut: bool


@dataclass(frozen=True, slots=True)
class SiteGrowth:
    """How a site moved from the first profile to the last.

    new, gone      samples that only the last, only the first profile has; stayed: of three or more, allocated between the first and
                   the last but one and still alive in the last
    stayed_bytes   what those stand for
    grows          more than chance explains, from each profile to the next
    """

    new: int | NotKnown
    gone: int | NotKnown
    stayed: int | NotKnown
    stayed_bytes: int | NotKnown
    grows: bool


@dataclass(frozen=True, slots=True)
class AllocationPath:
    """A stack, outermost frame first, and what was allocated at its end and is alive."""

    frames: tuple[int, ...]
    alive_bytes: int


@dataclass(frozen=True, slots=True)
class Site:
    """A call site, with what it allocated and is alive: a figure for each profile.

    frame     the innermost function that is neither Node's nor V8's; of what these did on their own, the innermost one
    path      of functions that V8 inlined into one another, and what they allocated is the innermost's: all, the outermost first;
              `frame` is the one that most was counted as. Empty for one function
    inlined   functions that V8 may have inlined into `frame`, so that what they allocated is counted as its at times and as theirs at
              others, and cannot be told apart; the figures are those of all together
    caller    if `frame` is a package's or has no name: the application's function that most of it was allocated for
    stacks    of the last profile, of each of the functions that has any of it, the one by which most was allocated; the heaviest first
    growth    None for one profile
    """

    frame: Frame
    path: tuple[Frame, ...]
    inlined: tuple[Frame, ...]
    caller: Frame | None
    alive_bytes: tuple[int, ...]
    samples: tuple[int, ...]
    stacks: tuple[AllocationPath, ...] = ()
    growth: SiteGrowth | None = None


@dataclass(frozen=True, slots=True)
class FileBytes:
    """What the sites of a script allocated and is alive."""

    script: str
    category: Category
    package: str | None
    alive_bytes: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class OwnerBytes:
    """The same for the application, for a package, for what Node and V8 allocated on their own. They add up to the whole."""

    category: Category
    package: str | None
    alive_bytes: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class SampledHeap:
    """One profile, or several of one program in the order of time.

    sites           the largest in the last profile first; of several, those that grow before them, the largest growth first
    files, owners   the largest in the last profile first
    frames, paths   of the last profile: a path names its frames by their index
    notes           what the reader should know before believing it
    """

    method: SampledMethod
    profiles: tuple[SampledFigures, ...]
    sites: tuple[Site, ...]
    files: tuple[FileBytes, ...]
    owners: tuple[OwnerBytes, ...]
    frames: tuple[Frame, ...]
    paths: Sequence[AllocationPath]
    notes: tuple[str, ...]

    @property
    def growers(self) -> tuple[Site, ...]:
        """The sites that grow."""
        return tuple(site for site in self.sites if site.growth is not None and site.growth.grows)


@dataclass(frozen=True, slots=True)
class SampledProcess:
    """The profiles of one isolate; pid and thread as their names say, None if they do not."""

    pid: int | None
    thread_id: int | None
    sampled: SampledHeap


@dataclass(frozen=True, slots=True)
class SampledProcesses:
    """Profiles of several isolates, each compared with its own: those with a site that grows first, the largest growth before the others."""

    processes: tuple[SampledProcess, ...]

    @property
    def growing(self) -> int:
        """How many of them have a site that grows."""
        return sum(bool(process.sampled.growers) for process in self.processes)
