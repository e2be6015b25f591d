"""Which of the words of a command line are sampled heap profiles, to be compared as such."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from gclog.errors import UsageError
from gclog.heap.file_names import read_name
from gclog.heap.files import find_heap_files
from gclog.heap.sampled.series import read_sampled
from gclog.model.sampled import SampledHeap
from gclog.source.expand import expand
from gclog.source.open import Source, SourceSpec

__all__ = ["sampled_among"]

SUFFIX = ".heapprofile"


def sampled_among(words: Sequence[str], progress: Callable[[Source], None] = lambda _: None) -> SampledHeap | None:
    """What the profiles say that are given, in their order, those of a folder by their names; None if none is one.

    Raises InputError; UsageError for a snapshot and a profile in one call.
    """
    given = expand(words)
    kinds = {file.spec.name: file.kind for file in find_heap_files(given)}
    profiles = [spec for spec in given if kinds.get(spec.name) == "profile" or (spec.asked and _is_named_so(spec))]
    if not profiles:
        return None
    snapshots = [name for name, kind in kinds.items() if kind == "snapshot"]
    if snapshots:
        raise UsageError(
            "heap snapshots and sampled heap profiles cannot be compared with each other: one has objects, the other call sites",
            where=f"{snapshots[0]}, {profiles[0].name}",
            remedy="Give the .heapsnapshot files in one call, the .heapprofile files in another.",
        )
    if not all(spec.asked for spec in profiles):
        profiles.sort(key=lambda spec: read_name(spec.name).in_order)
    return read_sampled(profiles, progress)


def _is_named_so(spec: SourceSpec) -> bool:
    """A file that has the name of a profile and does not begin as one: its reader says what is wrong."""
    return SUFFIX in spec.name and spec.path is not None and spec.path.is_file()
