"""What the live set grows with: made-up programs of known causes. How many lines stand between collections is a matter of chance."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd
import pytest

from gclog.analysis.measure.growing_stretch import while_it_grows
from gclog.analysis.measure.grows_with import measure_grows_with
from gclog.analysis.measure.line_groups import goes_by_the_clock, printed_together
from gclog.analysis.measure.line_labels import label_shapes
from gclog.model.grows_with import TOO_FEW_LINES, GrowsWith
from gclog.model.not_known import NotKnown
from gclog.model.verdict import Rise
from gclog.processes.rows import Rows
from gclog.recognise.line_counters import CounterSeries
from gclog.recognise.line_shapes import ShapeCounts

SHAPES = ("GET /items/… … ms", "POST /cart … ms", "GET /search… … ms", "POST /orders … ms")
RATES = (0.4, 0.25, 0.2, 0.15)


@dataclass(frozen=True)
class Program:
    """A program of 12 full collections, each after 30 scavenges that are 200 ms apart; sizes are KB.

    kept       for each line of a shape; `timed` for each second; `each` for any line
    garbage    for each line, until the next full collection
    scatter    of what happens to be alive
    """

    kept: tuple[float, ...] = (0.0, 0.0, 0.0, 0.0)
    timed: float = 0.0
    each: float = 0.0
    garbage: tuple[float, ...] = (5.0, 20.0, 8.0, 12.0)
    scatter: float = 300.0
    seed: int = 1
    fulls: int = 12

    def run(self) -> tuple[Rows, npt.NDArray[np.int64]]:
        random = np.random.default_rng(self.seed)
        count = 31 * self.fulls
        at_ms = 200.0 * np.arange(1, count + 1)
        load = 1 + 0.6 * np.sin(at_ms / 1000 / np.array([[5.0], [8.0], [11.0], [14.0]]) + np.arange(4)[:, None])
        lines = random.poisson(20 * np.array(RATES)[:, None] * load)
        full = np.arange(count) % 31 == 30
        live = 10_000 + (np.array(self.kept) + self.each) @ np.cumsum(lines, axis=1) + self.timed * at_ms / 1000
        freed = np.concatenate([[0], np.cumsum(full)[:-1]])
        garbage = np.cumsum(np.array(self.garbage, dtype=float) @ lines)
        garbage -= np.array([garbage[31 * number - 1] if number else 0.0 for number in freed])
        after = live + np.where(full, 0.0, garbage) + self.scatter * random.standard_normal(count)
        table = pd.DataFrame(
            {
                "line": 100 * np.arange(1, count + 1),
                "at_ms": at_ms,
                "used_after_mb": after / 1024,
                "collector": np.where(full, "mark_compact", "scavenge"),
            }
        )
        return Rows.of(table), lines

    def found(self) -> GrowsWith | NotKnown:
        rows, lines = self.run()
        return measure_grows_with(rows, ShapeCounts(SHAPES, (1, 2, 3, 4), lines, np.zeros(len(rows), dtype=np.int64)))


def test_the_line_that_keeps_memory_is_named_with_what_it_keeps() -> None:
    found = Program(kept=(0, 40, 0, 0)).found()
    assert isinstance(found, GrowsWith)
    (line,) = found.lines
    assert (line.label, line.first_line) == ("POST /cart", 2)
    assert line.low_kb < 40 < line.high_kb
    assert line.high_kb - line.low_kb < 8
    assert line.probability > 0.95
    assert (found.compared, found.full_collections, found.from_line, found.to_line) == (4, 12, 3100, 37200)
    assert found.lines_so_far[0] == 0
    assert found.lines_so_far[-1] == line.count


@pytest.mark.parametrize("shape", [0, 1, 2, 3])
def test_the_interval_holds_what_is_kept_in_nine_of_ten_runs(shape: int) -> None:
    kept = tuple(60.0 if number == shape else 0.0 for number in range(4))
    runs = [Program(kept=kept, seed=seed).found() for seed in range(100)]
    named = [run.lines[0] for run in runs if isinstance(run, GrowsWith) and run.lines[0].shape == SHAPES[shape]]
    assert len(named) >= 98
    assert sum(line.low_kb <= 60 <= line.high_kb for line in named) >= 0.85 * len(named)


@pytest.mark.parametrize(
    "program",
    [Program(timed=500), Program(timed=2000, garbage=(30, 60, 10, 90)), Program(each=25), Program(scatter=800)],
    ids=["a timer", "a timer beside much garbage", "every line alike", "nothing"],
)
def test_what_no_single_line_keeps_is_laid_to_none(program: Program) -> None:
    named = [run for seed in range(60) if isinstance(run := Program(**{**vars(program), "seed": seed}).found(), GrowsWith)]
    assert len(named) <= 1


def test_every_line_alike_is_said_to_be_that() -> None:
    assert Program(each=60).found() == NotKnown("it grows with all lines alike, not with one shape of them")


def test_lines_about_the_same_requests_are_named_together() -> None:
    rows, lines = Program(kept=(0, 60, 0, 0)).run()
    begun = lines[1].copy()
    begun[:-1] += lines[1][1:] > 6
    begun[1:] -= lines[1][1:] > 6
    counts = ShapeCounts(
        (*SHAPES, "cart … opened"), (1, 2, 3, 4, 5), np.vstack([lines, begun]), np.zeros(len(rows), dtype=np.int64)
    )
    found = measure_grows_with(rows, counts)
    assert isinstance(found, GrowsWith)
    assert {line.label for line in found.lines} == {"POST /cart", "cart … opened"}


def counter(values: npt.NDArray[np.float64], name: str = "jobs", *, adds_up: bool = True) -> CounterSeries:
    """What a line printed in each stretch; NaN where there was none."""
    read, before = ~np.isnan(values), np.maximum.accumulate(np.nan_to_num(values, nan=-1.0))
    falls = read & (np.nan_to_num(values) < np.concatenate([[-1.0], before[:-1]]))
    return CounterSeries(0, name, adds_up, read.astype(np.int64), np.nan_to_num(values), values, falls.astype(np.int64))


def found_with(rows: Rows, *counters: CounterSeries) -> GrowsWith | NotKnown:
    """Of a program that prints a line of figures in every tenth stretch, and no other."""
    printed = (np.arange(len(rows)) % 10 == 9).astype(np.int64)[None]
    return measure_grows_with(
        rows, ShapeCounts(("figures … jobs",), (3,), printed, np.zeros(len(rows), dtype=np.int64), counters)
    )


def every_tenth(done: npt.NDArray[np.int64], *, since_last: bool) -> npt.NDArray[np.float64]:
    """How many there were so far, or since the last line."""
    values = np.full(len(done), np.nan)
    values[9::10] = np.diff(np.cumsum(done)[9::10], prepend=0) if since_last else np.cumsum(done)[9::10]
    return values


@pytest.mark.parametrize("since_last", [False, True], ids=["that only rises", "since the line before"])
def test_what_a_line_counts_is_named_with_what_each_keeps(since_last: bool) -> None:
    rows, lines = Program(kept=(0, 40, 0, 0)).run()
    jobs = counter(every_tenth(lines[1], since_last=since_last))
    found = found_with(rows, jobs, counter(every_tenth(lines[0], since_last=since_last), "mails"))
    assert isinstance(found, GrowsWith)
    (named,) = found.lines
    assert (named.counter, named.label, named.first_line) == ("jobs", "figures … jobs", 3)
    assert named.low_kb < 40 < named.high_kb
    assert abs(named.count - lines[1][31:].sum()) < 60
    assert (found.compared, found.counters) == (2, 2)


def test_what_is_there_at_a_moment_is_not_added_up() -> None:
    rows, lines = Program(kept=(0, 40, 0, 0)).run()
    wavering = np.cumsum(lines[1]) - 3.0 * (np.arange(len(rows)) % 20 == 9)
    sessions = np.where(np.arange(len(rows)) % 10 == 9, wavering, np.nan)
    found = found_with(rows, counter(sessions, "sessions", adds_up=False))
    assert isinstance(found, GrowsWith)
    assert found.lines[0].low_kb < 40 < found.lines[0].high_kb


def test_a_counter_of_a_clock_is_no_more_than_time() -> None:
    rows, _ = Program(timed=2000).run()
    beats = np.where(np.arange(len(rows)) % 10 == 9, np.arange(len(rows), dtype=float), np.nan)
    assert found_with(rows, counter(beats)) == NotKnown(
        "all lines come at even intervals: it grows with them as it does with time"
    )


@pytest.mark.parametrize("since_last", [False, True], ids=["that only rises", "since the line before"])
def test_what_a_counter_does_not_keep_is_not_laid_to_it(since_last: bool) -> None:
    named = 0
    for seed in range(60):
        rows, lines = Program(timed=800, seed=seed).run()
        counters = [counter(every_tenth(done, since_last=since_last), name) for done, name in zip(lines, "abcd", strict=True)]
        named += isinstance(found_with(rows, *counters), GrowsWith)
    assert named <= 1


def test_a_counter_that_says_no_more_than_its_lines_is_left_out() -> None:
    rows, lines = Program(kept=(40, 0, 0, 0)).run()
    pages = counter(np.where(lines[0] > 0, 12.0 * lines[0], np.nan), "pages")
    counts = ShapeCounts(SHAPES, (1, 2, 3, 4), lines, np.zeros(len(rows), dtype=np.int64), (pages,))
    found = measure_grows_with(rows, counts)
    assert isinstance(found, GrowsWith)
    assert ([line.counter for line in found.lines], found.counters) == ([""], 0)


def test_a_counter_of_all_requests_is_the_name_of_all_lines() -> None:
    rows, lines = Program(each=60).run()
    requests = counter(every_tenth(lines.sum(axis=0), since_last=False), "requests")
    found = measure_grows_with(
        rows,
        ShapeCounts(
            (*SHAPES, "figures …"),
            (1, 2, 3, 4, 5),
            np.vstack([lines, np.zeros(len(rows), dtype=np.int64)]),
            np.zeros(len(rows), dtype=np.int64),
            (CounterSeries(4, "requests", True, requests.read, requests.sums, requests.last, requests.falls),),
        ),
    )
    assert isinstance(found, GrowsWith)
    assert [line.counter for line in found.lines] == ["requests"]


def test_lines_at_even_intervals_are_no_more_than_time() -> None:
    rows, _ = Program(timed=2000).run()
    ticks = np.full((1, len(rows)), 3)
    found = measure_grows_with(rows, ShapeCounts(("tick",), (1,), ticks, np.zeros(len(rows), dtype=np.int64)))
    assert found == NotKnown("all lines come at even intervals: it grows with them as it does with time")


def test_few_lines_are_no_cause() -> None:
    rows, _ = Program(timed=2000).run()
    started = np.zeros((1, len(rows)), dtype=np.int64)
    started[0, 40:49] = 1
    found = measure_grows_with(rows, ShapeCounts(("started",), (1,), started, np.zeros(len(rows), dtype=np.int64)))
    assert found == TOO_FEW_LINES


def test_counts_that_never_drift_apart_are_about_the_same_events() -> None:
    random = np.random.default_rng(5)
    one, other = np.cumsum(random.poisson(8.0, (2, 400)), axis=1)
    begun = one + random.poisson(2.0, 400)
    assert printed_together(np.vstack([one, other, begun, 3 * one, np.zeros(400, dtype=np.int64)])) == [[0, 2, 3], [1]]


def test_a_clock_is_known_by_its_even_beat() -> None:
    at_ms = 250.0 * np.arange(400)
    assert goes_by_the_clock((at_ms // 2000).astype(np.int64), at_ms)
    assert not goes_by_the_clock(np.cumsum(np.random.default_rng(3).poisson(2.0, 400)), at_ms)


@pytest.mark.parametrize(
    ("shapes", "labels"),
    [
        (["GET /items/… … … ms - …", "POST /cart … … ms - …"], ["GET /items/…", "POST /cart"]),
        (
            ["[…] INFO mail job … done in …, … rows", "[…] INFO sync job … done in …"],
            ["mail job … done in …, … rows", "sync job … done in"],
        ),
        (
            ['{"host":"api-…","url":"/cart","msg":"done","ms":…}', '{"host":"api-…","url":"/feed","msg":"done","ms":…}'],
            ["/cart", "/feed"],
        ),
        (["job … done"], ["job … done"]),
        (["…"], ["…"]),
        (["x" * 100], ["x" * 59 + "…"]),
    ],
)
def test_a_label_is_what_tells_a_shape_from_the_others(shapes: list[str], labels: list[str]) -> None:
    assert label_shapes(shapes) == labels


@pytest.mark.parametrize(
    ("fulls", "others", "kept_fulls", "kept"), [(100, 9900, 100, 4000), (3000, 3000, 2000, 2000), (5, 50, 5, 55)]
)
def test_many_collections_are_thinned_full_ones_last(fulls: int, others: int, kept_fulls: int, kept: int) -> None:
    collector = np.full(fulls + others, "scavenge", dtype=object)
    collector[np.linspace(0, fulls + others - 1, fulls).round().astype(int)] = "mark_compact"
    at_ms = np.arange(float(fulls + others))
    rows = while_it_grows(
        Rows.of(pd.DataFrame({"line": np.arange(fulls + others), "at_ms": at_ms, "collector": collector})), None
    )
    assert (len(rows.fulls), len(rows)) == (kept_fulls, kept)
    assert (np.diff(rows.lines) > 0).all()


def test_the_foot_of_a_climb_is_left_out() -> None:
    rows, _ = Program().run()
    assert while_it_grows(rows, Rise(10_000.0, 60_000.0, 10.0, 40.0, 1.0, 0.0)).numbers("at_ms")[0] == 10_000.0
