"""A heap profile in the format of pprof, as a sampling: its stacks put together into a tree of calls."""

from __future__ import annotations

from gclog.heap.sampled.sampling import Sampling, whole
from gclog.heap.sampled.tree import Call, CallTree
from gclog.recognise.documents.pprof import PprofProfile
from gclog.source.json_stream import MalformedError

__all__ = ["heap_value", "sampling_of_pprof"]

ALIVE = (("inuse_space", "bytes"), ("space", "bytes"))
"""What the value that is read is called: by Datadog's package and by Go, by the package `pprof`."""

EXTERNAL = "(external)"
"""What both packages add for `process.memoryUsage().external`: no sample, and no object of V8's heap."""


def heap_value(profile: PprofProfile) -> int | None:
    """Which of its values is what is alive; None if it is no heap profile."""
    return next((profile.types.index(kind) for kind in ALIVE if kind in profile.types), None)


def sampling_of_pprof(profile: PprofProfile, name: str, notes: tuple[str, ...]) -> Sampling:
    """The sampling. Raises MalformedError."""
    value = heap_value(profile)
    if value is None:
        kinds = ", ".join(kind for kind, _ in profile.types) or "nothing"
        raise MalformedError(f"its values are {kinds}, not what is alive (inuse_space)")
    tree = CallTree()
    external = 0
    for locations, values in profile.samples:
        size = whole(values[value] if value < len(values) else -1, "size")
        stack = [call for location in reversed(locations) for call in _calls(profile, location)]
        if stack and stack[-1].name == EXTERNAL:
            external += size
        else:
            tree.add(stack, size)
    return tree.sampling(name, notes, external=external, interval=profile.period, taken_ns=profile.time_ns)


def _calls(profile: PprofProfile, location: int) -> list[Call]:
    """The functions at a location, the outermost of inlined ones first."""
    found = profile.locations.get(location)
    if found is None:
        raise MalformedError("a stack in it names a location that is not there")
    return [Call(*line.function, line.line, line.column) for line in reversed(found)]
