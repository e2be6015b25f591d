#!/usr/bin/env python3
"""Make the table of gclog/analysis/verdict/interval.py, and say how often an interval holds on programs that took no part in it.

usage: python tests/scoreboard/intervals.py [FOLDER...]      (default: samples/labelled; each holds truth.tsv and the logs)

Each gradual death is cut at 15 moments of its life. At each, gclog says how much time it expects to be left; the interval is what the
time that was really left came to in multiples of that: a tenth was shorter, a tenth longer, by classes of the expected time over the
age. Coverage is that of each program's deaths by the table of all other programs.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
from board import ratio
from runs import SAMPLES, Run, load_runs

from gclog.analysis.verdict.interval import BANDS_KNOWN, PROMISE, Band
from gclog.analysis.verdict.replay import run_judge
from gclog.model.verdict import Forecast

MOMENTS = (0.3, 0.35, 0.4, 0.45, 0.5, 0.55, 0.6, 0.65, 0.7, 0.75, 0.8, 0.85, 0.9, 0.93, 0.96)
SHOWN = (0.5, 0.75, 0.9)
CLASSES = tuple(band.up_to for band in BANDS_KNOWN)
MIN_CASES = 6
"""Fewer cases in a class make no quantile: its interval is from now to ten times what is expected."""


class Case(NamedTuple):
    """A forecast at a moment of a life, and what came of it; times in ms."""

    program: str
    moment: float
    age_ms: float
    expected_ms: float
    left_ms: float
    printed: bool

    @property
    def multiple(self) -> float:
        """The time left in expected times."""
        return self.left_ms / max(self.expected_ms, 1e-9)

    @property
    def band(self) -> int:
        """The class, by the expected time over the age."""
        return next(at for at, up_to in enumerate(CLASSES) if self.expected_ms <= up_to * self.age_ms or up_to == CLASSES[-1])


def cases(runs: Sequence[Run], moments: Sequence[float], *, with_limit: bool) -> Iterator[Case]:
    """Every forecast at these moments of each run; `printed`: whether the interval as gclog prints it held."""
    for run in runs:
        at_ms, life_ms = run.rows.numbers("at_ms"), run.life_ms
        for moment in moments:
            count = int(np.searchsorted(at_ms, moment * life_ms, side="right"))
            if not count:
                continue
            forecast = run_judge(run.rows.part(0, count), (), run.truth.limit_mb if with_limit else None).forecast()
            if isinstance(forecast, Forecast):
                held = forecast.at_low_ms <= life_ms <= forecast.at_high_ms
                expected_ms = forecast.at_expected_ms - forecast.now_ms
                yield Case(run.truth.program, moment, forecast.now_ms, expected_ms, life_ms - forecast.now_ms, held)


def bands(known: Sequence[Case]) -> list[Band]:
    """The table that these cases make."""
    made = []
    tail = (1 - PROMISE) / 2
    for at, up_to in enumerate(CLASSES):
        multiples = [case.multiple for case in known if case.band == at]
        early, late = np.quantile(multiples, [tail, 1 - tail]) if len(multiples) >= MIN_CASES else (0.0, 10.0)
        made.append(Band(up_to, float(early), float(late)))
    return made


def left_out(known: Sequence[Case]) -> dict[float, list[bool]]:
    """Whether each case of a program lay inside by the table of all others, by moment."""
    held: dict[float, list[bool]] = {moment: [] for moment in MOMENTS}
    for program in sorted({case.program for case in known}):
        table = bands([case for case in known if case.program != program])
        for case in known:
            if case.program == program:
                band = table[case.band]
                held[case.moment].append(band.early <= case.multiple <= band.late)
    return held


def covered(held: Sequence[bool]) -> str:
    """How often, in words."""
    return ratio(sum(held), len(held))


def _bound(up_to: float) -> str:
    return str(up_to) if up_to < np.inf else 'float("inf")'


def main() -> int:
    runs = [run for run in load_runs([Path(word) for word in sys.argv[1:]] or [SAMPLES]) if run.truth.kind == "gradual"]
    for name, with_limit in (("BANDS_KNOWN", True), ("BANDS_INFERRED", False)):
        known = list(cases(runs, MOMENTS, with_limit=with_limit))
        print(
            f"{name} = (  # {len(runs)} deaths of {len({run.truth.program for run in runs})} programs, {len(known)} forecasts"
        )
        for band in bands(known):
            print(f"    Band({_bound(band.up_to)}, {band.early:.2f}, {band.late:.2f}),")
        print(")")
        outside = left_out(known)
        for moment in SHOWN:
            printed = [case.printed for case in known if case.moment == moment]
            print(f"  {moment:.0%} of life: left-out programs {covered(outside[moment])}; as printed today {covered(printed)}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
