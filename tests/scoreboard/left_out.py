#!/usr/bin/env python3
"""Choose gclog's thresholds on all programs but one, measure them on that one, for each program in turn; print what that comes to.

usage: python tests/scoreboard/left_out.py [--unseen] [FOLDER...]      (default: samples/labelled; each holds truth.tsv and the logs)

This is what the figures of a rule are worth whose thresholds were looked for on the same runs: never those of the fit. The candidates
are the thresholds of today, each value of GRID by itself, and all pairs of the first three. Of them is chosen the one that warns of most
gradual deaths in time, with and without the limit, while survivors spend at most 3 % of their time in alarm either way; of equals, the
one with the longest lead. A program that leaks in one run and not in another is left out as one.

--unseen measures the thresholds of today as they are: for runs that took no part in any choice.
"""

from __future__ import annotations

import itertools
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from board import Board, ratio
from runs import SAMPLES, Alarm, Run, alarms_of_timeline, lasting, load_runs

from gclog.analysis.verdict import judge, limit, pace, trend_alarm
from gclog.analysis.verdict.replay import run_judge
from gclog.model.verdict import LEVELS

MAX_TIME_IN_ALARM = 0.03

GRID = {
    (trend_alarm, "IMPENDING_PROBABILITY"): (0.55, 0.6, 0.7, 0.75),
    (trend_alarm, "MIN_LEVEL_SHARE"): (0.6,),
    (pace, "BEND_STEPS"): (0.5, 1.5),
    (pace, "LARGEST_STEP_SHARE"): (0.5,),
    (judge, "NEAR_LIMIT_SHARE"): (0.88, 0.95),
    (judge, "BRAKED_SHARE"): (0.7,),
    (limit, "CAUTION"): (0.0, 0.67),
}
PAIRED = 3

Thresholds = Mapping[tuple[object, str], float]


@dataclass(frozen=True)
class Outcome:
    """What one choice of thresholds did on one run; `flaps`: changes from impending or worse back to ok."""

    run: Run
    alarms: list[Alarm]
    critical: bool
    flaps: int

    @property
    def taken_back(self) -> int:
        """How often an alarm ended before the log, be it that the level fell to rising only."""
        return sum(end < self.run.life_ms for _, end in self.alarms)


@contextmanager
def thresholds(values: Thresholds) -> Iterator[None]:
    """gclog with other thresholds; of one that `--warn` chooses, with another by default."""
    before = {key: getattr(*key) for key in values}
    for (module, name), value in values.items():
        held = before[module, name]
        setattr(module, name, {**held, "balanced": value} if isinstance(held, Mapping) else value)
    try:
        yield
    finally:
        for (module, name), value in before.items():
            setattr(module, name, value)


def candidates() -> list[Thresholds]:
    """The thresholds of today first."""
    singles = [{key: value} for key, values in GRID.items() for value in values]
    first = [[{key: value} for value in values] for key, values in itertools.islice(GRID.items(), PAIRED)]
    pairs = [one | other for some, others in itertools.combinations(first, 2) for one in some for other in others]
    return [{}, *singles, *pairs]


def outcomes(runs: Sequence[Run], *, with_limit: bool) -> list[Outcome]:
    """What gclog, as it is now, does on each run."""
    found = []
    for run in runs:
        timeline = run_judge(run.rows, (), run.truth.limit_mb if with_limit else None).timeline
        levels = [event.level for event in timeline]
        back = sum(LEVELS.index(a) >= LEVELS.index("impending") and b == "ok" for a, b in itertools.pairwise(levels))
        found.append(Outcome(run, alarms_of_timeline(timeline, run.life_ms), "critical" in levels, back))
    return found


def board_of(some: Sequence[Outcome]) -> Board:
    """The figures of some outcomes."""
    board = Board()
    for one in some:
        board.add(one.run.truth.kind, one.alarms, one.run.life_ms)
    return board


def best(choices: Sequence[tuple[Board, Board]]) -> int:
    """The choice that the criterion prefers, of what each does with the limit and without."""

    def worth(boards: tuple[Board, Board]) -> tuple[float, ...]:
        over = sum(max(board.time_in_alarm - MAX_TIME_IN_ALARM, 0.0) for board in boards)
        return -over, sum(board.timely for board in boards), sum(board.lead for board in boards)

    return max(range(len(choices)), key=lambda at: worth(choices[at]))


def leave_out(done: Sequence[tuple[list[Outcome], list[Outcome]]]) -> tuple[list[Outcome], list[Outcome], list[int]]:
    """The outcomes of each left-out program under the choice made without it, with the limit and without; the choices."""
    programs = sorted({one.run.truth.program for one in done[0][0]})
    informed: list[Outcome] = []
    blind: list[Outcome] = []
    chosen = []
    for program in programs:
        seen = [tuple(board_of([one for one in some if one.run.truth.program != program]) for some in pair) for pair in done]
        chosen.append(best([(with_limit, without) for with_limit, without in seen]))
        for left, some in zip((informed, blind), done[chosen[-1]], strict=True):
            left += [one for one in some if one.run.truth.program == program]
    return informed, blind, chosen


def show(name: str, some: Sequence[Outcome]) -> None:
    """All figures of some outcomes, and those of "used >= x" at equal deaths."""
    board = board_of(some)
    gradual = [one for one in some if one.run.truth.kind == "gradual"]
    critical = sum(one.critical for one in some if one.run.truth.kind == "survivor")
    print(f"{name}: gradual deaths warned in time {ratio(board.timely, len(board.gradual))}, median lead {board.lead:.0%}")
    print(f"  sudden deaths warned {ratio(sum(board.sudden), len(board.sudden))}")
    print(
        f"  survivors ever critical {critical}, time in alarm {board.time_in_alarm:.1%}, ever alarmed {ratio(board.ever, len(board.alarms))}"
    )
    flaps, back = (
        sum(counts) / max(len(gradual), 1) for counts in ([one.flaps for one in gradual], [one.taken_back for one in gradual])
    )
    print(f"  in a gradual death back to ok {flaps:.2f} times a run, taken back {back:.2f} times")
    share, rule = same_deaths([one.run for one in some], board.timely)
    print(
        f"  used >= {share:.0%} of the limit: in time {rule.timely}, median lead {rule.lead:.0%}, sudden {sum(rule.sudden)}, ",
        end="",
    )
    print(f"time in alarm {rule.time_in_alarm:.1%}, ever alarmed {rule.ever}")


def same_deaths(runs: Sequence[Run], timely: int) -> tuple[float, Board]:
    """The highest line in use that warns of as many gradual deaths in time, and what it does."""
    boards = []
    for percent in range(95, 29, -1):
        board = Board()
        for run in runs:
            full = run.rows.numbers("used_after_mb") >= percent / 100 * run.truth.limit_mb
            changes = zip(run.rows.numbers("at_ms").tolist(), full.tolist(), strict=True)
            board.add(run.truth.kind, lasting(changes), run.life_ms)
        boards.append((percent / 100, board))
        if board.timely >= timely:
            break
    return boards[-1]


def name_of(values: Thresholds) -> str:
    """Thresholds in words."""
    return ", ".join(f"{name} {value}" for (_, name), value in values.items()) or "as they are"


def main() -> int:
    words = sys.argv[1:]
    runs = load_runs([Path(word) for word in words if word != "--unseen"] or [SAMPLES])
    if "--unseen" in words:
        show("limit given", outcomes(runs, with_limit=True))
        show("limit not given", outcomes(runs, with_limit=False))
        return 0
    done = []
    grid = candidates()
    for values in grid:
        with thresholds(values):
            done.append((outcomes(runs, with_limit=True), outcomes(runs, with_limit=False)))
        informed, blind = (board_of(some) for some in done[-1])
        print(
            f"{name_of(values)}: in time {informed.timely} and {blind.timely}, lead {informed.lead:.0%} and {blind.lead:.0%}, "
            f"time in alarm {informed.time_in_alarm:.1%} and {blind.time_in_alarm:.1%}",
            flush=True,
        )
    informed_left, blind_left, chosen = leave_out(done)
    print(f"\nLeft-out programs ({len(chosen)}), thresholds chosen on the others:")
    for at in sorted(set(chosen), key=chosen.count, reverse=True):
        print(f"  {name_of(grid[at])}: for {chosen.count(at)}")
    show("limit given", informed_left)
    show("limit not given", blind_left)
    return 0


if __name__ == "__main__":
    sys.exit(main())
