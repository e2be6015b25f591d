"""What stays per line after scavenges: what each line keeps, and its garbage that outlived a scavenge and waits for a full collection."""

from __future__ import annotations

import itertools
import math
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from gclog import units
from gclog.analysis.measure.line_groups import printed_together
from gclog.analysis.measure.robust import Floats
from gclog.processes.rows import Rows

__all__ = ["UNKNOWN", "Bound", "Promoted", "measure_promoted"]

WINDOWS = 120
"""About how many windows the scavenges are put together to: each is the mean of some, for what happens to be alive scatters."""

WINDOWS_PER_SHAPE = 4
"""Lower bound on windows for each shape."""

LEAST_LEVERAGE_LEFT = 0.1
"""A window that alone decides a figure is not given more than ten times its weight in the figure's error."""

MODEL_ERROR = 0.1
"""The garbage that a line leaves changes with the load and the size of the young generation: no figure is surer than a tenth."""


class Bound(NamedTuple):
    """KB that stay after scavenges for one of something, which keeps no more than that, and its standard error; infinite if not known."""

    kb: float
    error_kb: float


UNKNOWN = Bound(0.0, math.inf)


@dataclass(frozen=True, slots=True)
class Promoted:
    """What stays after scavenges.

    of_shapes   for each line of a shape, with all that moves together with it
    of_groups   for each line of the shapes that move together
    """

    of_shapes: tuple[Bound, ...]
    of_groups: tuple[Bound, ...] = ()


def measure_promoted(rows: Rows, so_far: npt.NDArray[np.int64]) -> Promoted:
    """Regress what is left by scavenges, from window to window between full collections, on lines and time.

    `so_far`: lines by shape (rows) up to each collection (columns).
    """
    columns = np.vstack([rows.numbers("used_after_mb") * units.KB_PER_MB, rows.numbers("at_ms"), so_far])
    moved = _between_windows(columns, rows.full)
    groups = printed_together(so_far)
    of_shapes = [UNKNOWN] * len(so_far)
    causes = np.column_stack([*(moved[2:][group].sum(axis=0) for group in groups), moved[1]])
    if len(causes) < WINDOWS_PER_SHAPE * causes.shape[1]:
        return Promoted(tuple(of_shapes))
    of_groups = _regress(causes, moved[0])[:-1]
    lines = so_far[:, -1] - so_far[:, 0]
    for group, bound in zip(groups, of_groups, strict=True):
        for shape in group:
            share = float(lines[group].sum() / max(lines[shape], 1))
            of_shapes[shape] = Bound(bound.kb * share, bound.error_kb * share)
    return Promoted(tuple(of_shapes), tuple(of_groups))


def _between_windows(columns: Floats, full: npt.NDArray[np.bool_]) -> Floats:
    """By how much each column rises from a window to the next, full collections left out."""
    known = ~np.isnan(columns[0])
    size = max(1, int((~full & known).sum()) // WINDOWS)
    edges = [-1, *np.flatnonzero(full).tolist(), len(full)]
    moved: list[Floats] = []
    for begin, end in itertools.pairwise(edges):
        own = np.flatnonzero(known[begin + 1 : end]) + begin + 1
        windows = len(own) // size
        if windows > 1:
            means = columns[:, own[: windows * size]].reshape(len(columns), windows, size).mean(axis=2)
            moved.append(np.diff(means, axis=1))
    return np.hstack(moved) if moved else np.zeros((len(columns), 0))


def _regress(causes: Floats, live: Floats) -> list[Bound]:
    """Least squares with standard errors that allow for uneven scatter (HC3)."""
    inverse = np.linalg.pinv(causes.T @ causes)
    rates = inverse @ causes.T @ live
    leverage = np.einsum("ij,jk,ik->i", causes, inverse, causes)
    weighted = causes * ((live - causes @ rates) / np.maximum(1 - leverage, LEAST_LEVERAGE_LEFT))[:, None]
    variances = np.maximum(np.diag(inverse @ (weighted.T @ weighted) @ inverse), 0)
    errors = np.hypot(np.sqrt(variances), MODEL_ERROR * rates)
    return [Bound(float(rate), float(error)) for rate, error in zip(rates, errors, strict=True)]
