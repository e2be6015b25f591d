"""The limit that Node sets if nobody does, as a range: by its version, and by the memory of the machine or container if that is known.

Measured with Node 12.22 to 26 on 64-bit Linux, in cgroups of 512 MB to 8 GB and on 24 GB: half of the memory, at least 256 MB, at most 2 GB,
from 14.6 on 4 GB on large machines (ResourceConstraints::ConfigureDefaults in V8's heap.cc). Up to Node 11 it does not depend on the machine.
"""

from __future__ import annotations

from gclog import units
from gclog.model.verdict import DefaultLimit
from gclog.recognise.documents.heap_size_limit import ANY_MAJOR, LEAST_DEFAULT_MB

__all__ = ["FIXED_MB", "HUGE_MB", "MOST_MB", "default_limit"]

FIXED_MB = 1400.0
LAST_FIXED = 11
"""The default of V8 on 64 bits, which Node 0.10 to 11 used, and hosts that configure none use still (heap.cc: 700 MB x pointer size / 4)."""

MOST_MB = 2048.0
"""Half of the memory of the machine or container, but at most this: Node 12 on."""

HUGE_MB = 4096.0
FIRST_HUGE = 14
"""The same bound with 15 GB of memory or more (16 before V8 11.6): Node 14.6 on."""

GB = 1024.0


def default_limit(majors: tuple[int, int], memory_mb: float | None) -> DefaultLimit | None:
    """The default of the first to the last version of Node that may be at work; None if nothing is known of that.

    memory_mb   the limit of all memory in MB, a container's; None: any machine or container with 4 GB or more
    """
    if majors == ANY_MAJOR:
        return None
    first, last = majors
    eras = [max(first, 0), *(major for major in (LAST_FIXED + 1, FIRST_HUGE, FIRST_HUGE + 1) if first < major <= last)]
    ranges = [_of(major, memory_mb) for major in eras]
    name = (
        f"Node {first}" if first == last else f"Node {first} and newer" if last == ANY_MAJOR[1] else f"Node {first} to {last}"
    )
    if last <= LAST_FIXED:
        where = "whatever memory there is"
    elif memory_mb is None:
        where = "if the machine or container has 4 GB or more"
    else:
        where = f"in a container of {units.mb(memory_mb)}"
    low, high = min(low for low, _ in ranges), max(high for _, high in ranges)
    return DefaultLimit(low_mb=low, high_mb=high, why=f"by the default of {name} {where}")


def _of(major: int, memory_mb: float | None) -> tuple[float, float]:
    """The least and the most that the releases of one version set, MB."""
    if major <= LAST_FIXED:
        return FIXED_MB, FIXED_MB
    if memory_mb is None:
        return MOST_MB, MOST_MB if major < FIRST_HUGE else HUGE_MB
    half = min(max(memory_mb / 2, LEAST_DEFAULT_MB), MOST_MB)
    if major == LAST_FIXED + 1:
        return half, MOST_MB  # up to 12.6 it looks at the machine's memory only
    if major < FIRST_HUGE or memory_mb < 15 * GB:
        return half, half
    is_sure = major > FIRST_HUGE and memory_mb >= 16 * GB  # up to 14.5 no machine is large; up to 20 those below 16 GB are not
    return HUGE_MB if is_sure else MOST_MB, HUGE_MB
