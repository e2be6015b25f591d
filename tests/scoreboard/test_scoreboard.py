"""The scoreboard's arithmetic, where the answer is known; and what it takes from others."""

from __future__ import annotations

import math
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from board import Board, ratio, wilson
from classic_rules import CLASSIC_RULES, adwin, bucket_rule, precog, predict_linear, used_above
from entries import BadEntry, read_alarms, series_of, write_series
from intervals import CLASSES, Case, bands, left_out
from left_out import GRID, best, board_of, candidates, leave_out, outcomes, same_deaths, thresholds
from runs import SAMPLES, Run, Truth, judged, lasting, read_truth, run_of

from gclog.incident.settings import Settings

SCALED_TO_LIFE = ("Prometheus", "Precog")
LEAK = "leak_linear-node24-128mb-s629"
HEALTHY = "ok_ttl-node18-80mb-s626"


def collections(at_s: list[float], used_mb: list[float]) -> pd.DataFrame:
    """Full collections."""
    return pd.DataFrame({"at_ms": np.array(at_s) * 1000.0, "used_after_mb": used_mb, "collector": "mark_compact"})


def read(name: str) -> Run:
    truth = next(one for one in read_truth(SAMPLES) if one.name == name)
    return run_of(truth, judged(truth.log, Settings(heap_limit_mb=truth.limit_mb))[1])


@pytest.fixture(scope="module")
def two() -> list[Run]:
    return [read(LEAK), read(HEALTHY)]


# ---------------------------------------------------------------- ratios and boards


@pytest.mark.parametrize(
    ("hits", "of", "low", "high"), [(31, 35, 0.740, 0.955), (0, 10, 0.0, 0.278), (10, 10, 0.722, 1.0), (0, 0, 0, 1)]
)
def test_the_interval_of_a_ratio(hits: int, of: int, low: float, high: float) -> None:
    assert wilson(hits, of) == pytest.approx((low, high), abs=0.0006)


def test_a_ratio_is_shown_with_its_interval() -> None:
    assert ratio(31, 35) == "31/35 (74 to 95%)"


def test_a_board_counts_what_lasts_until_death_and_what_survivors_put_up_with() -> None:
    board = Board()
    board.add("gradual", [(20, 50), (80, math.inf)], 100)  # the first was taken back
    board.add("gradual", [(95, math.inf)], 100)  # too late
    board.add("gradual", [(10, 90)], 100)  # taken back
    board.add("sudden", [(99, math.inf)], 100)
    board.add("survivor", [(0, 10), (90, math.inf)], 100)
    board.add("survivor", [], 100)
    assert (board.timely, board.gradual, board.lead, board.sudden) == (1, [0.2, 0.05, 0.0], 0.05, [True])
    assert (board.ever, board.alarms, board.in_alarm, board.time_in_alarm) == (1, [2, 0], [0.2, 0.0], 0.1)
    assert board.row("x", "no").endswith("| 1/2 (9 to 91%) | 10.0% | 1.0 alarms, 17 h | no |")


def test_what_lasts_is_joined() -> None:
    assert lasting([(0, False), (1, True), (2, True), (3, False), (4, True)]) == [(1, 3), (4, math.inf)]


# ---------------------------------------------------------------- the rules of others


def test_a_line_in_use() -> None:
    assert used_above(0.8)(collections([1, 2, 3], [79, 80, 60]), 100).tolist() == [False, True, False]


def test_predict_linear_foresees_the_limit_by_its_horizon() -> None:
    table = collections(
        list(range(241)), [50 + i * 50 / 240 for i in range(241)]
    )  # at the limit after a day of 240 s, 10 s an hour
    one, four = (np.flatnonzero(predict_linear(hours)(table, 99.99)) for hours in (1, 4))
    assert one[0] == pytest.approx(230, abs=1)
    assert four[0] == pytest.approx(200, abs=1)
    assert len(one) == 241 - one[0]


def test_resins_bucket_rule_hears_a_level_that_was_not_usual_and_no_other() -> None:
    table = collections(list(range(20)), [20.0, 22, 28, 31, 25, 22, 31, 25, 28, 22, 31, 90, 91, 92, 93, 90, 90, 25, 26, 27])
    assert np.flatnonzero(bucket_rule(table, 100)).tolist() == [13, 14, 15, 16]


def test_adwin_hears_a_rise_and_then_a_fall() -> None:
    levels = [20.0] * 320 + [80.0] * 320 + [20.0] * 320
    on = np.flatnonzero(adwin(collections(list(range(960)), levels), 100))
    assert 320 <= on[0] <= 400
    assert 640 <= on[-1] <= 720
    assert len(on) == on[-1] - on[0] + 1


def test_precog_hears_a_good_line_that_leads_out_in_time() -> None:
    line = collections(
        list(range(31)), [10 + 3.0 * i for i in range(31)]
    )  # at the limit at 30, critical a week of the month before
    assert np.flatnonzero(precog(line, 100))[0] == pytest.approx(23, abs=1)
    noise = np.random.default_rng(1).uniform(20, 90, 31)
    assert not precog(collections(list(range(31)), noise.tolist()), 100).any()


@pytest.mark.parametrize("name", [name for name in CLASSIC_RULES if not name.startswith(SCALED_TO_LIFE)])
def test_a_rule_of_others_does_not_look_ahead(name: str, two: list[Run]) -> None:
    for run in two:
        table, rule = run.rows.frame(), CLASSIC_RULES[name]
        whole = rule(table, run.truth.limit_mb)
        for count in (len(table) // 3, len(table) * 2 // 3):
            assert rule(table.head(count), run.truth.limit_mb).tolist() == whole[:count].tolist()


# ---------------------------------------------------------------- what goes out and comes back


def test_a_run_as_csv_is_what_its_log_says(two: list[Run], tmp_path: Path) -> None:
    write_series(two, tmp_path)
    table = pd.read_csv(tmp_path / f"{LEAK}.csv")
    assert list(table) == ["time_s", "full", "live_mb", "used_mb", "committed_mb", "limit_mb"]
    assert len(table) == len(two[0].rows)
    full = table[table["full"] == 1]
    assert full["live_mb"].tolist() == full["used_mb"].tolist()
    assert set(table["limit_mb"]) == {128.0}
    index = pd.read_csv(tmp_path / "runs.csv")
    assert index["run"].tolist() == [LEAK, HEALTHY]
    assert index["kind"].tolist() == ["gradual", "survivor"]
    assert index["life_s"].iloc[0] == table["time_s"].iloc[-1]


def test_alarms_come_back_in_order_and_joined(tmp_path: Path) -> None:
    (tmp_path / "mine.csv").write_text("run,begin,end\na,5,\na,1,2\na,1.5,3\n")
    assert read_alarms(tmp_path / "mine.csv", ["a", "b"]) == {"a": [(1000.0, 3000.0), (5000.0, math.inf)], "b": []}


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("name,from\n", "run,begin,end"),
        ("run,begin,end\nc,1,2\n", "line 2: no run is called 'c'"),
        ("run,begin,end\na,x,2\n", "line 2: could not convert"),
        ("run,begin,end\na,,2\n", "line 2: an alarm begins"),
        ("run,begin,end\na,3,2\n", "line 2: an alarm begins"),
    ],
)
def test_alarms_that_cannot_be_scored_are_refused_with_the_line(text: str, says: str, tmp_path: Path) -> None:
    (tmp_path / "mine.csv").write_text(text)
    with pytest.raises(BadEntry, match=says):
        read_alarms(tmp_path / "mine.csv", ["a"])


def test_the_series_leaves_the_live_set_open_before_the_first_full_collection(two: list[Run]) -> None:
    table = series_of(two[0])
    first = int(table["full"].to_numpy().argmax())
    assert table["live_mb"].isna().sum() == first
    assert table["live_mb"].iloc[first] == table["used_mb"].iloc[first]


# ---------------------------------------------------------------- the protocol


def test_a_leak_and_its_healthy_twin_are_one_program() -> None:
    assert Truth(Path("a.log"), "leak_cache", "gradual", 1).program == Truth(Path("b.log"), "ok_cache", "survivor", 1).program


def test_the_thresholds_of_every_candidate_are_there_and_are_put_back() -> None:
    before = {key: getattr(*key) for key in GRID}
    for values in candidates():
        with thresholds(values):
            assert all(by_default(getattr(*key)) == value for key, value in values.items())
    assert before == {key: getattr(*key) for key in GRID}


def by_default(threshold: object) -> object:
    return threshold["balanced"] if isinstance(threshold, dict) else threshold


def test_a_threshold_changes_what_is_judged(two: list[Run]) -> None:
    found = []
    for share in (0.5, 0.99):
        with thresholds({next(key for key in GRID if key[1] == "IMPENDING_PROBABILITY"): share}):
            found.append(board_of(outcomes(two, with_limit=True)).gradual[0])
    assert found[0] > found[1]


def test_the_choice_is_most_deaths_in_time_among_those_that_cost_little() -> None:
    def board(leads: list[float], in_alarm: float) -> Board:
        return Board(gradual=leads, in_alarm=[in_alarm], alarms=[1])

    boards = [board([0.2, 0.0], 0.01), board([0.3, 0.3], 0.05), board([0.2, 0.2], 0.03), board([0.4, 0.2], 0.02)]
    assert best([(one, one) for one in boards]) == 3
    assert best([(one, one) for one in boards[:3]]) == 2


def test_a_left_out_program_has_no_part_in_the_choice(two: list[Run]) -> None:
    as_it_is = outcomes(two, with_limit=True)
    deaf = [type(one)(one.run, [], False, 0) for one in as_it_is]
    informed, _, chosen = leave_out([(deaf, deaf), (as_it_is, as_it_is)])
    programs = sorted({run.truth.program for run in two})
    assert programs == ["linear", "ttl"]
    assert chosen == [0, 1]  # without the leak nothing speaks for hearing it
    assert board_of(informed).gradual == [0.0]


def test_the_line_in_use_that_hears_as_many(two: list[Run]) -> None:
    share, board = same_deaths(two, 1)
    assert board.timely == 1
    assert same_deaths(two, 0)[0] > share


def test_a_table_of_intervals_holds_what_it_promises_and_is_made_without_the_program() -> None:
    def case(program: str, multiple: float, share: float = 0.5) -> Case:
        return Case(program, 0.5, 1000.0, share * 1000.0, multiple * share * 1000.0, True)

    even = [case("a", multiple) for multiple in np.linspace(0, 2, 101)]
    band = bands(even)[CLASSES.index(0.6)]
    assert (band.early, band.late) == pytest.approx((0.2, 1.8))
    assert (bands(even)[0].early, bands(even)[0].late) == (0.0, 10.0)
    held = left_out([*even, case("b", 1.0), case("b", 1.9)])[0.5]
    assert held[-2:] == [True, False]


def test_the_runs_of_a_folder_are_told_apart_by_their_end() -> None:
    truths = read_truth(SAMPLES)
    assert {truth.kind for truth in truths} == {"gradual", "sudden", "survivor"}
    assert len(truths) == len({truth.name for truth in truths})


def test_an_entry_stands_beside_the_others(tmp_path: Path) -> None:
    """An oracle: an alarm over the second half of every death."""
    chosen = [LEAK, "burst_rows-node24-64mb-s671", HEALTHY]
    rows = (SAMPLES / "truth.tsv").read_text(encoding="utf-8").splitlines()
    (tmp_path / "truth.tsv").write_text("\n".join([rows[0], *(row for row in rows if row.split(".log")[0] in chosen)]) + "\n")
    for name in chosen:
        shutil.copy(SAMPLES / f"{name}.log.gz", tmp_path)
    half = read(LEAK).life_ms / 2000
    (tmp_path / "oracle.csv").write_text(f"run,begin,end\n{LEAK},{half},\n{chosen[1]},1,\n")
    shown = score("--alarms", str(tmp_path / "oracle.csv"), str(tmp_path))
    assert (
        "| **oracle.csv** | 1/1 (21 to 100%) | 50% of life | 1/1 (21 to 100%) | 0/1 (0 to 79%) | 0.0% | 0.0 alarms, 0 h | not known |"
        in shown.stdout
    )
    assert all(f"| {name} | " in shown.stdout for name in CLASSIC_RULES)
    (tmp_path / "oracle.csv").write_text("run,begin,end\nother,1,\n")
    refused = score("--alarms", str(tmp_path / "oracle.csv"), str(tmp_path))
    assert (refused.returncode, "no run is called 'other'" in refused.stderr) == (1, True)


def score(*words: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, str(Path(__file__).with_name("score.py")), *words]
    return subprocess.run(command, capture_output=True, text=True, check=False)
