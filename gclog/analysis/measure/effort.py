"""What collections had to move, and how fast they did: the young generation's present size, what survives there, slow collections.

A collection's pause grows with what it copies or marks. If it took long and there was little to do, the collector is not to blame:
the process had no CPU (a throttled container, a crowded machine) or its pages were swapped out.
"""

from __future__ import annotations

import numpy as np

from gclog.analysis.measure.reasons import EXTERNAL_PRESSURE
from gclog.analysis.measure.robust import Floats, median
from gclog.model.effort import EmbedderTime, SlowCollections, Young
from gclog.model.not_known import NotKnown
from gclog.processes.held import Places
from gclog.processes.mapped import allocate, blocks, release
from gclog.processes.rows import Rows, Table, rows_of

__all__ = ["find_slow", "measure_embedder", "measure_young"]

SIZES_MB = (0.5, 1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 64.0, 128.0)
"""A semi space grows by doubling, in every V8 that traces."""

RECENT = 20
"""Scavenges that show the present size: it only grows, but for long idle times."""

FEWEST = 3
"""Distances between scavenges without which there is no size to speak of."""

FILLED_SHARE = 0.8
"""A scavenge comes when the semi space is full: what was allocated since the last one is this much of it, or more. What survived
once stays there, and takes its part of the room."""

LOW_SURVIVAL = 0.2
"""Up to here what is kept takes little enough of the semi space for its size to be read off."""

SLOW_MS = 50.0
"""Shorter pauses are within what a busy machine's scheduler adds to any."""

SLOW_SCAVENGE_MS_PER_MB = 20.0
"""A scavenge copies its survivors at 100 to 1,000 MB/s, 1 to 10 ms/MB on the slowest of the samples (Node 0.10 to 26)."""

SLOW_FULL_MS_PER_MB = 10.0
"""A full collection marks at 0.2 to 5 ms/MB, the part of it that runs concurrently left out."""

LEAST_MB = 1.0
"""Roots and remembered sets cost about as much as another MB, however little survives."""

SHOWN = 5
"""Upper bound on the lines that are kept: the longest pauses."""


def measure_young(collections: Table) -> Young:
    """The young generation as the latest scavenges show it."""
    made_mb, kept_mb = _young_steps(rows_of(collections).known("used_before_mb", "used_after_mb"))
    if len(made_mb) < FEWEST:
        why = NotKnown(f"needs {FEWEST} scavenges that follow another collection, the log has {len(made_mb)}")
        return Young(why, why)
    all_mb = float(made_mb.sum())
    kept_share = min(max(float(kept_mb.sum()) / all_mb, 0.0), 1.0) if all_mb > 0 else 0.0
    if kept_share > LOW_SURVIVAL:
        return Young(NotKnown("what survives takes too much of the semi space"), kept_share)
    typical_mb = median(np.sort(made_mb[-RECENT:]))
    size = next((size for size in SIZES_MB if FILLED_SHARE * size <= typical_mb <= size / FILLED_SHARE), None)
    return Young(
        NotKnown(f"{typical_mb:.1f} MB from scavenge to scavenge is no size of a semi space") if size is None else size,
        kept_share,
    )


def find_slow(collections: Table) -> SlowCollections | None:
    """Collections whose pauses are out of all proportion to what they had to move; None if there are none."""
    rows = rows_of(collections).known("pause_ms", "used_before_mb", "used_after_mb")
    if not np.count_nonzero(rows.numbers("pause_ms") >= SLOW_MS):
        return None
    pauses = rows.numbers("pause_ms") - _external(rows)
    long = np.flatnonzero(pauses >= SLOW_MS)
    moved_mb, full = _moved(rows, long), rows.full[long]
    slow = pauses[long] > np.where(full, SLOW_FULL_MS_PER_MB, SLOW_SCAVENGE_MS_PER_MB) * (moved_mb + LEAST_MB)
    slow &= ~rows.take(long).texts("reason").is_in(
        EXTERNAL_PRESSURE
    )  # these free memory outside the heap, of which no line gives the size
    if not slow.any():
        return None
    order = np.argsort(-pauses[long[slow]], kind="stable")
    places, moved_mb, full = long[slow][order], moved_mb[slow][order], full[slow][order]
    total_ms = float(pauses[places].sum())
    return SlowCollections(
        count=len(places),
        of=len(long),
        total_ms=total_ms,
        share_of_pauses=total_ms / float(pauses.sum()),
        longest_ms=rows.number("pause_ms", int(places[0])),
        longest_moved_mb=float(moved_mb[0]),
        longest_is_full=bool(full[0]),
        lines=tuple(rows.line(place) for place in places[:SHOWN].tolist()),
    )


def measure_embedder(collections: Table) -> EmbedderTime | None:
    """Time in the embedder's callbacks; None if the log does not have it, or it is none."""
    rows = rows_of(collections).known("pause_ms")
    if "external_ms" not in rows.names or not np.count_nonzero(rows.numbers("external_ms") > 0):
        return None
    external, pauses = _external(rows), rows.numbers("pause_ms")
    if not external.any():
        return None
    longest = int(np.argmax(pauses))
    return EmbedderTime(
        total_ms=float(external.sum()),
        share=float(external.sum() / pauses.sum()),
        longest_ms=float(external[longest]),
        longest_share=float(external[longest] / pauses[longest]),
        longest_line=rows.line(longest),
    )


def _external(rows: Rows) -> Floats:
    """The part of each pause spent in the embedder's callbacks; 0 if its line does not say, and never more than the pause."""
    found = np.zeros(len(rows))
    if "external_ms" in rows.names:
        for part in blocks(len(rows)):
            some = rows.part(part.start, part.stop)
            most = np.maximum(some.numbers("pause_ms"), 0.0)
            found[part] = np.clip(np.nan_to_num(some.numbers("external_ms")), 0.0, most)
    return found


def _moved(rows: Rows, places: Places) -> Floats:
    """Upper bound on what some collections had to copy or mark, MB.

    Full collections mark all that they leave. A scavenge copies at most what was allocated since the last collection and what that
    one kept in the semi space, less what it freed; an object is copied twice, and is in the old generation then.
    """
    some = rows.take(places)
    kept_mb = _kept(rows, places) + np.where(places > 0, _kept(rows, np.maximum(places - 1, 0)), 0.0)
    return np.where(some.full, some.numbers("used_after_mb"), kept_mb)


def _kept(rows: Rows, places: Places) -> Floats:
    """Upper bound on what some collections leave in the semi space, MB. What was there before the first line, nothing says: as much as
    usual, or all of it."""
    some = rows.take(places)
    before, after = some.numbers("used_before_mb"), some.numbers("used_after_mb")
    made = np.maximum(before - rows.take(np.maximum(places - 1, 0)).numbers("used_after_mb"), 0.0)
    kept = np.where(some.full, 0.0, np.maximum(made - np.maximum(before - after, 0.0), 0.0))
    if len(places) and places[0] == 0 and not some.full[0]:
        young = np.flatnonzero(~rows.full[1:]) + 1
        kept[places == 0] = median(np.sort(_kept(rows, young))) if len(young) else after[0]
    return kept


def _young_steps(rows: Rows) -> tuple[Floats, Floats]:
    """What was allocated before each scavenge that follows another collection, and what of that it left."""
    made, kept = allocate(len(rows), np.float64), allocate(len(rows), np.float64)
    count = 0
    for part in blocks(len(rows)):
        some = rows.part(max(0, part.start - 1), part.stop)
        before, after = some.numbers("used_before_mb"), some.numbers("used_after_mb")
        made_mb, freed_mb = before[1:] - after[:-1], before[1:] - after[1:]
        fits = some.texts("collector").is_in(("scavenge",))[1:] & (made_mb > 0)
        here = slice(count, count + int(np.count_nonzero(fits)))
        made[here] = made_mb[fits]
        kept[here] = np.maximum(made_mb - freed_mb, 0.0)[fits]
        count = here.stop
        release(made, kept)
    return made[:count], kept[:count]
