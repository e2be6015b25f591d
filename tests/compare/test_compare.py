"""Two sides compared from their logs: real runs with and without a known change, and what cannot be compared."""

from __future__ import annotations

import csv
import dataclasses
import gzip
import itertools
import math
from pathlib import Path

import pytest

from gclog.compare.compare import compare, compare_sides
from gclog.compare.sides import Run, read_side
from gclog.errors import InputError, NothingToAnalyse
from gclog.incident.settings import Settings
from gclog.model.comparison import CompareReport, Comparison
from gclog.model.not_known import NotKnown
from gclog.model.verdict import Forecast, NoForecast

SAMPLES = Path(__file__).parents[2] / "samples"
RUNS = SAMPLES / "compare"
UNCHANGED = [f"{name}-{n}" for name in ("before", "same") for n in (1, 2, 3)]


def logs(name: str) -> list[Path]:
    """The runs of a name, or one of them."""
    found = sorted(RUNS.glob(f"{name}*.log.gz"))
    assert found
    return found


def verdicts(comparison: Comparison) -> dict[str, str]:
    return {change.measure: change.verdict for change in comparison.changes if change.collector is None}


def line(
    at_ms: int, *, full: bool = False, after_mb: float = 10.0, pause_ms: float = 2.0, pid: int = 7, isolate: str = "0x10"
) -> str:
    kind, tail = ("Mark-Compact", "; GC in old space requested") if full else ("Scavenge", "; allocation failure")
    return (
        f"[{pid}:{isolate}] {at_ms:8} ms: {kind} {after_mb + 8:.1f} (30.0) -> {after_mb:.1f} (30.0) MB, {pause_ms:.2f} / 0.00 ms "
        f" (average mu = 0.990, current mu = 0.990){tail}\n"
    )


def process(first_ms: int = 1000, count: int = 120, *, pid: int = 7, isolate: str = "0x10", pause_ms: float = 2.0) -> str:
    """A collection each second, every fourth a full one."""
    return "".join(
        line(
            first_ms + 1000 * n,
            full=n % 4 == 3,
            after_mb=5.0 if n % 4 == 3 else 9.0,
            pause_ms=pause_ms + n % 3 / 10,
            pid=pid,
            isolate=isolate,
        )
        for n in range(count)
    )


def write(folder: Path, name: str, text: str) -> Path:
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


# ---------------------------------------------------------------- real runs


def test_every_sample_stands_in_the_list_with_its_command() -> None:
    with (RUNS / "runs.tsv").open(encoding="utf-8") as rows:
        listed = {row["file"]: row["command"] for row in csv.DictReader(rows, delimiter="\t")}
    assert set(listed) == {path.name for path in RUNS.glob("*.log.gz")}
    assert all(command.startswith("node --trace-gc") for command in listed.values())


@pytest.mark.parametrize(("before", "after"), list(itertools.combinations(UNCHANGED, 2)), ids="-".join)
def test_two_runs_of_one_program_are_neither_better_nor_worse(before: str, after: str) -> None:
    found = compare(logs(before), logs(after)).comparison
    assert found.overall in ("same", "cannot-say")
    assert not {change.measure for change in found.changes if change.primary} & {
        change.measure for change in found.changes if change.verdict in ("better", "worse")
    }
    assert verdicts(found)["live_mb"] in ("same", "cannot-say")


@pytest.mark.parametrize("before", ["before-1", "before-2", "before-3"])
def test_a_leak_is_found_in_one_run(before: str) -> None:
    found = compare(logs(before), logs("leak-1")).comparison
    assert found.overall == "worse"
    assert verdicts(found)["live_trend"] == "worse"


@pytest.mark.parametrize("before", ["before-1", "before-2", "before-3"])
def test_twice_the_rows_of_each_request_are_found_in_one_run(before: str) -> None:
    found = compare(logs(before), logs("garbage-1")).comparison
    assert found.overall == "worse"
    assert {verdicts(found)["live_mb"], verdicts(found)["committed_mb"]} == {"worse"}


def test_a_larger_young_generation_is_found_with_what_it_costs() -> None:
    found = compare(logs("before"), logs("semi_space")).comparison
    assert found.overall == "better"
    assert (verdicts(found)["gc_share"], verdicts(found)["pauses_per_min"]) == ("better", "better")
    assert verdicts(found)["committed_mb"] == "worse"
    assert verdicts(found)["live_mb"] == "same"


def test_three_unchanged_runs_a_side_show_no_change() -> None:
    found = compare(logs("before"), logs("same")).comparison
    assert found.overall in ("same", "cannot-say")
    assert not {"better", "worse"} & set(verdicts(found).values())


def test_the_same_logs_give_the_same_comparison() -> None:
    once, again = (compare(logs("before-1"), logs("semi_space-1")) for _ in range(2))
    assert once == again


def test_sides_that_change_places_change_the_answer() -> None:
    found = compare(logs("leak-1"), logs("before-1")).comparison
    assert found.overall == "better"
    assert verdicts(found)["live_trend"] == "better"


def test_a_death_on_one_side_decides() -> None:
    lived, died = SAMPLES / "gc" / "healthy-node20.log", SAMPLES / "gc" / "leak-node20.log"
    found = compare(lived, died).comparison
    assert (found.level.after, found.level.verdict, found.overall) in {
        ("exhausted", "worse", "worse"),
        ("exhausted", "cannot-say", found.overall),
    }
    assert compare(SAMPLES / "crash.log", SAMPLES / "crash.log").comparison.level.verdict == "same"


def test_different_versions_of_node_are_named() -> None:
    found = compare(SAMPLES / "gc" / "healthy-node12.log", SAMPLES / "gc" / "healthy-node24.log").comparison
    assert found.before.node != found.after.node
    assert any("different versions of Node" in note for note in found.notes)


def forecast(low_min: float, high_min: float) -> Forecast:
    """So many minutes are left."""
    return Forecast(low_min * 60_000, (low_min + high_min) * 30_000, high_min * 60_000, 0.0, "made by hand")


@pytest.mark.parametrize(
    ("before", "after", "verdict"),
    [
        (forecast(60, 90), forecast(5, 20), "worse"),
        (forecast(5, 20), forecast(60, 90), "better"),
        (forecast(5, 70), forecast(60, 90), "cannot-say"),
        (forecast(60, math.inf), forecast(5, 20), "worse"),
        (NoForecast("no limit is known"), forecast(5, 20), "cannot-say"),
        (NoForecast("no limit is known"), NoForecast("no limit is known"), None),
    ],
    ids=["sooner", "later", "overlap", "may stop", "one has none", "none has one"],
)
def test_the_time_left_is_judged_by_the_intervals_of_the_forecasts(
    before: Forecast | NoForecast, after: Forecast | NoForecast, verdict: str | None
) -> None:
    side = read_side("before", logs("before-1"), Settings(), None)
    sides = [
        dataclasses.replace(
            side, runs=tuple(Run(dataclasses.replace(run.report, forecast=one), run.collections) for run in side.runs)
        )
        for one in (before, after)
    ]
    found = compare_sides(sides[0], sides[1], "9.9").comparison
    assert verdicts(found).get("time_to_exhaustion") == verdict


def test_another_load_is_the_first_thing_to_know() -> None:
    found = compare(logs("before-1"), logs("before-1")).comparison
    assert found.notes[0].startswith("allocation follows load")
    busy = compare(logs("same-2"), logs("garbage-1")).comparison
    ratio = next(change.ratio for change in busy.changes if change.measure == "alloc_mb_per_s")
    assert isinstance(ratio, float)
    assert busy.notes[0].startswith(f"after allocates {ratio:.2f} times" if ratio >= 1.25 else "allocation follows load")


# ---------------------------------------------------------------- what is compared


def one(path: Path, other: Path) -> CompareReport:
    return compare(path, other)


def test_the_first_fifth_is_left_out_as_warm_up(tmp_path: Path) -> None:
    before, after = write(tmp_path, "a.log", process(1000)), write(tmp_path, "b.log", process(1000))
    found = one(before, after).comparison
    # from the start of the first collection, at 998 ms, to the end of the last, at 120 s
    assert found.warm_up_ms == pytest.approx(0.2 * (120_000 - 998))
    assert found.before.processes[0].first_ms == pytest.approx(998 + found.warm_up_ms)
    assert found.before.processes[0].collections == 96
    assert found.same_age


def test_the_warm_up_is_two_minutes_at_most(tmp_path: Path) -> None:
    before, after = (write(tmp_path, name, process(1000, 3600)) for name in ("a.log", "b.log"))
    assert one(before, after).comparison.warm_up_ms == 120_000


def test_a_longer_log_is_compared_over_the_age_that_the_shorter_reaches(tmp_path: Path) -> None:
    before, after = write(tmp_path, "a.log", process(1000, 120)), write(tmp_path, "b.log", process(1000, 600))
    found = one(before, after).comparison
    assert {side.processes[0].last_ms for side in (found.before, found.after)} == {120_000}
    assert any("the longer log had more time" in note for note in found.notes)


def test_logs_of_different_ages_are_compared_over_equal_lengths_and_say_so(tmp_path: Path) -> None:
    before, after = write(tmp_path, "a.log", process(1000)), write(tmp_path, "b.log", process(5_000_000))
    found = one(before, after).comparison
    assert not found.same_age
    spans = {side.processes[0].last_ms - side.processes[0].first_ms for side in (found.before, found.after)}
    assert max(spans) - min(spans) < 1e-6
    assert any("different ages" in note for note in found.notes)


def test_several_processes_of_a_side_are_taken_together(tmp_path: Path) -> None:
    folder = tmp_path / "before"
    folder.mkdir()
    for pid in (11, 12, 13):
        write(folder, f"{pid}.log", process(pid=pid))
    found = one(folder, write(tmp_path, "after.log", process(pid=20))).comparison
    assert len(found.before.processes) == 3
    assert any(note.startswith("before: the figures are the mean of 3 processes") for note in found.notes)


def test_workers_and_short_runs_are_set_aside(tmp_path: Path) -> None:
    # the worker's own clock is half a minute behind the main isolate's
    worker = [line(500 + 1000 * n, isolate="0x99", after_mb=3.0) for n in range(90)]
    main = process().splitlines(keepends=True)
    mixed = main[:30] + [text for pair in zip(main[30:], worker, strict=True) for text in pair]
    short = process(1000, 20, pid=8)
    found = one(write(tmp_path, "a.log", "".join(mixed) + short), write(tmp_path, "b.log", process())).comparison
    assert (len(found.before.processes), found.before.set_aside) == (1, 2)
    assert any(note.startswith("before: 2 processes are left out") for note in found.notes)


def test_since_and_until_hold_for_both_sides(tmp_path: Path) -> None:
    from gclog.cli.moments import parse_moment

    before, after = write(tmp_path, "a.log", process()), write(tmp_path, "b.log", process())
    found = compare(before, after, Settings(until=parse_moment("60s"))).comparison
    assert found.before.processes[0].last_ms == 60_000


def test_without_full_collections_the_live_set_is_estimated_and_it_is_said(tmp_path: Path) -> None:
    scavenges = "".join(line(1000 + 1000 * n, pause_ms=1 + n % 5 / 10) for n in range(120))
    found = one(write(tmp_path, "a.log", scavenges), write(tmp_path, "b.log", scavenges)).comparison
    live = next(change for change in found.changes if change.measure == "live_mb")
    assert (live.before, live.verdict) == (10.0, "same")
    assert found.notes[-1].startswith("a side has too few full collections")


def test_a_log_with_few_collections_cannot_say(tmp_path: Path) -> None:
    found = one(write(tmp_path, "a.log", process(1000, 8)), write(tmp_path, "b.log", process())).comparison
    assert found.overall == "cannot-say"
    share = next(change for change in found.changes if change.measure == "gc_share")
    assert isinstance(share.ratio, NotKnown)
    assert share.why.startswith("before: needs 10 collections in the stretch")


# ---------------------------------------------------------------- what cannot be


@pytest.mark.parametrize("side", ["before", "after"])
def test_a_side_without_gc_lines_is_named(tmp_path: Path, side: str) -> None:
    good, bad = write(tmp_path, "gc.log", process()), write(tmp_path, "app.log", "listening on 8080\n")
    words = (bad, good) if side == "before" else (good, bad)
    with pytest.raises(NothingToAnalyse, match=f"nothing to compare on side {side.upper()}: no GC lines") as raised:
        compare(*words)
    assert raised.value.exit_code == 3
    assert "app.log" in str(raised.value)


def test_a_side_with_a_single_collection_is_named(tmp_path: Path) -> None:
    with pytest.raises(NothingToAnalyse, match="side AFTER: no process with two collections"):
        compare(write(tmp_path, "a.log", process()), write(tmp_path, "b.log", line(1000).replace("2.00 / 0.00", "0.00 / 0.00")))


def test_a_missing_file_is_an_input_error(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"nowhere\.log"):
        compare(tmp_path / "nowhere.log", logs("before-1"))


def test_a_packed_log_and_its_content_compare_as_equal(tmp_path: Path) -> None:
    packed = logs("before-1")[0]
    bare = tmp_path / "bare.log"
    bare.write_bytes(gzip.decompress(packed.read_bytes()))
    found = one(packed, bare).comparison
    assert {change.ratio for change in found.changes if isinstance(change.ratio, float)} == {1.0}
