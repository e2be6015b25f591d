"""What collections had to move, and how fast they did: the young generation's present size, what survives there, slow collections.

A collection's pause grows with what it copies or marks. If it took long and there was little to do, the collector is not to blame:
the process had no CPU (a throttled container, a crowded machine) or its pages were swapped out.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from gclog.analysis.measure.robust import Floats, median
from gclog.model.effort import EmbedderTime, SlowCollections, Young
from gclog.model.not_known import NotKnown
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
    scavenges, made_mb, kept_mb = _young_steps(rows_of(collections))
    if len(scavenges) < FEWEST:
        why = NotKnown(f"needs {FEWEST} scavenges that follow another collection, the log has {len(scavenges)}")
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
    if not len(rows):
        return None
    if not np.count_nonzero(rows.numbers("pause_ms") >= SLOW_MS):
        return None
    pauses, moved_mb, full = rows.numbers("pause_ms") - _external(rows), _moved(rows), rows.full
    allowed = np.where(full, SLOW_FULL_MS_PER_MB, SLOW_SCAVENGE_MS_PER_MB) * (moved_mb + LEAST_MB)
    slow = (pauses >= SLOW_MS) & (pauses > allowed)
    if not slow.any():
        return None
    places = np.flatnonzero(slow)
    places = places[np.argsort(-pauses[places], kind="stable")]
    first = int(places[0])
    lines = rows.lines
    return SlowCollections(
        count=len(places),
        of=int((pauses >= SLOW_MS).sum()),
        total_ms=float(pauses[places].sum()),
        share_of_pauses=float(pauses[places].sum() / pauses.sum()),
        longest_ms=float(rows.numbers("pause_ms")[first]),
        longest_moved_mb=float(moved_mb[first]),
        longest_is_full=bool(full[first]),
        lines=tuple(int(lines[place]) for place in places[:SHOWN]),
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
        longest_line=int(rows.lines[longest]),
    )


def _external(rows: Rows) -> Floats:
    """The part of each pause spent in the embedder's callbacks; 0 if its line does not say, and never more than the pause."""
    pauses = rows.numbers("pause_ms")
    if "external_ms" not in rows.names:
        return np.zeros_like(pauses)
    return np.clip(np.nan_to_num(rows.numbers("external_ms")), 0.0, np.maximum(pauses, 0.0))


def _moved(rows: Rows) -> Floats:
    """Upper bound on what each collection had to copy or mark, MB.

    Full collections mark all that they leave. A scavenge copies at most what was allocated since the last collection and what that
    one kept in the semi space, less what it freed; an object is copied twice, and is in the old generation then.
    """
    before, after, full = rows.numbers("used_before_mb"), rows.numbers("used_after_mb"), rows.full
    made = np.maximum(before[1:] - after[:-1], 0.0)
    kept = np.zeros_like(before)
    kept[1:] = np.maximum(made - np.maximum(before - after, 0.0)[1:], 0.0)
    kept[full] = 0.0
    young = np.flatnonzero(~full[1:]) + 1
    if not full[0]:  # nothing says what was there before the first line: as much as usual, or all of it
        kept[0] = float(np.median(kept[young])) if len(young) else after[0]
    twice = kept.copy()
    twice[1:] += kept[:-1]
    return np.where(full, after, twice)


def _young_steps(rows: Rows) -> tuple[npt.NDArray[np.int64], Floats, Floats]:
    """Lines of scavenges that follow another collection; what was allocated before each, and what of that it left."""
    known = rows.known("used_before_mb", "used_after_mb")
    before, after = known.numbers("used_before_mb"), known.numbers("used_after_mb")
    young = known.texts("collector").is_in(("scavenge",))
    if len(known) < 2:
        none = np.zeros(0)
        return np.zeros(0, dtype=np.int64), none, none
    made = before[1:] - after[:-1]
    freed = before[1:] - after[1:]
    fits = young[1:] & (made > 0)
    return known.lines[1:][fits], made[fits], np.maximum(made - freed, 0.0)[fits]
