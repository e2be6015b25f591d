"""Which isolate of a log is which worker thread: V8's lines have an address, the names of Node's files the number of the thread."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from gclog.processes.process import ProcessTable

__all__ = ["worker_of"]

PROFILED = "sampling profiler"
"""V8's reason for the full collection that it does right before it hands out a sampled heap profile."""

SEEN_MB = 8.0
"""V8 lets no heap become this large without a collection: the isolate of such a thread is in the log."""


def worker_of(
    thread_id: int, threads: Sequence[int], workers: Sequence[ProcessTable], least_mb: Callable[[int], float]
) -> ProcessTable | None:
    """The worker that is a thread; None if it is not known which.

    V8 numbers isolates (from 13.6 on, in some lines) as Node numbers threads. Else the only worker is the only thread, and what a
    profile of a thread has alive must once have been in the heap of its worker: often there is only one that was so large.

    threads    those of the process that have files
    least_mb   what the heap of a thread has held at least, 0 if its files do not say
    """
    numbered = [one for one in workers if one.rows.says("isolate_id")]
    if numbered:
        return next((one for one in numbered if (one.rows.numbers("isolate_id") == thread_id).any()), None)
    if len(threads) == 1 and len(workers) == 1:
        return workers[0]
    return _by_size({thread: least_mb(thread) for thread in threads}, workers).get(thread_id)


def _by_size(least_mb: Mapping[int, float], workers: Sequence[ProcessTable]) -> dict[int, ProcessTable]:
    """The threads for which only one worker was large enough; if every worker has a thread here, those that are left count, too."""
    sizes_mb = [_largest_mb(worker) for worker in workers]
    is_complete = len(least_mb) == len(workers)
    found: dict[int, int] = {}
    for thread in sorted(least_mb, key=lambda thread: -least_mb[thread]):
        fitting = [place for place, size_mb in enumerate(sizes_mb) if size_mb >= least_mb[thread]]
        left = [place for place in fitting if place not in found.values()]
        if least_mb[thread] >= SEEN_MB and not left:
            return {}  # more threads than workers of that size: the log lacks some
        if len(left) == 1 and (is_complete or (len(fitting) == 1 and least_mb[thread] >= SEEN_MB)):
            found[thread] = left[0]
    return {thread: workers[place] for thread, place in found.items()}


def _largest_mb(worker: ProcessTable) -> float:
    """The most that was in its heap; if V8 names the moments at which profiles were taken, the most that was alive then."""
    profiled = worker.rows.where(worker.rows.texts("reason").is_in((PROFILED,)))
    rows, size = (profiled, "used_after_mb") if len(profiled) else (worker.rows, "used_before_mb")
    return float(rows.known(size).numbers(size).max(initial=0.0))
