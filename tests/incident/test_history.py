"""The file of earlier runs: what is kept of a log, how much of it, under which name, and what becomes of a damaged one."""

from __future__ import annotations

import dataclasses
import math
import shutil
from pathlib import Path

import pytest

from gclog.errors import InputError, UsageError
from gclog.incident.history import load_history, runs_in
from gclog.incident.history_file import add_runs, open_history, program_of, read_history, runs_of, write_history
from gclog.incident.pipeline import analyze
from gclog.incident.settings import Settings
from gclog.model.history import EarlierRun, Ended, History, RunPoint

SAMPLES = Path(__file__).parents[2] / "samples"
HEALTHY = [SAMPLES / "history" / f"catalogue-{number}.log.gz" for number in (1, 2, 3)]
LEAKING = SAMPLES / "history" / "catalogue-leak.log.gz"
LIMITED = Settings(heap_limit_mb=64.0)


def runs(*logs: Path) -> tuple[EarlierRun, ...]:
    (found,) = runs_in([str(log) for log in logs], LIMITED, name="catalogue").values()
    return found


def made(count: int, ended: Ended = "well") -> tuple[EarlierRun, ...]:
    (run,) = runs(HEALTHY[0])
    return tuple(dataclasses.replace(run, id=f"{ended}-{number}", ended=ended) for number in range(count))


# ---------------------------------------------------------------- a run


def test_a_run_has_the_figures_of_its_log() -> None:
    (run,) = runs(HEALTHY[0])
    (process,) = analyze(HEALTHY[0], LIMITED).processes
    assert (run.ended, run.limit_mb, run.node) == ("well", 64.0, process.node.range)
    assert [(point.at_ms, point.live_mb) for point in run.live] == [(cycle.at_ms, cycle.after_mb) for cycle in process.cycles]
    assert run.age_ms == max(process.series.at_ms)
    assert run.plateau_mb == process.heap.live_max_mb
    assert isinstance(process.heap.alloc_mb_per_s, float)
    assert run.work_mb == pytest.approx(process.heap.alloc_mb_per_s * process.span.duration_ms / 1000, rel=0.05)


def test_a_run_that_died_is_kept_as_such() -> None:
    (run,) = runs(LEAKING)
    assert run.ended in ("heap-limit", "ineffective-mark-compacts") and run.plateau_mb is None


def test_a_run_in_alarm_at_its_end_ended_well_only_if_that_is_said() -> None:
    lines = SAMPLES / "crash.log"
    (died,) = runs_in([str(lines)], Settings(), well=True).values()
    assert died[0].ended == "heap-limit"


def test_points_are_thinned_with_every_extreme_kept(tmp_path: Path) -> None:
    log = tmp_path / "many.log"
    sized = "[1:0x1] {at:8d} ms: Mark-sweep {before:.1f} (90.0) -> {after:.1f} (90.0) MB, 2.0 / 0.0 ms"
    line = f"{sized}  (average mu = 0.9, current mu = 0.9) allocation failure GC in old space requested"
    sizes = [20 + 5 * math.sin(i / 9) + (30 if i == 500 else 0) - (15 if i == 700 else 0) for i in range(1000)]
    log.write_text("\n".join(line.format(at=100 * i, before=mb + 5, after=mb) for i, mb in enumerate(sizes, 1)) + "\n")
    (kept,) = runs_in([str(log)], Settings(), name="x")["x"]
    live = [point.live_mb for point in kept.live]
    assert len(live) <= 64
    assert (min(live), max(live)) == (round(min(sizes), 1), round(max(sizes), 1))
    assert (kept.live[0].at_ms, kept.live[-1].at_ms) == (100.0, 100_000.0)


# ---------------------------------------------------------------- the file


def test_a_file_gives_back_what_was_written(tmp_path: Path) -> None:
    path = tmp_path / "history.json"
    late = dataclasses.replace(runs(HEALTHY[1])[0], work_mb=math.nan, live=(RunPoint(1.0, math.nan, 2.0),))
    history: History = {"catalogue": runs(*HEALTHY, LEAKING), "late": (late,)}
    write_history(path, history)
    found = read_history(path)
    assert found is not None and list(found) == ["catalogue", "late"]
    for run, again in zip(history["catalogue"], found["catalogue"], strict=True):
        assert dataclasses.replace(again, live=(), work_mb=0) == dataclasses.replace(run, live=(), work_mb=0)
        assert [point.live_mb for point in again.live] == pytest.approx([point.live_mb for point in run.live], abs=0.01)
    assert math.isnan(found["late"][0].work_mb) and math.isnan(found["late"][0].live[0].work_mb)


def test_it_has_no_text_of_the_log_and_is_small(tmp_path: Path) -> None:
    path = tmp_path / "history.json"
    write_history(path, {"catalogue": runs(*HEALTHY, LEAKING)})
    text = path.read_text()
    assert len(text) < 4 * 4096
    assert not any(word in text for word in ("Mark-Compact", "node", "0x", "FATAL") if word != "node" or '"node"' not in text)


def test_a_run_that_is_added_again_takes_its_place() -> None:
    once = {"catalogue": runs(*HEALTHY)}
    again = add_runs(once, {"catalogue": runs(HEALTHY[0])})
    assert [run.id for run in again["catalogue"]] == [once["catalogue"][place].id for place in (1, 2, 0)]


def test_the_latest_are_kept_and_deaths_push_out_no_healthy_run() -> None:
    history = add_runs({"x": made(20)}, {"x": made(30, "heap-limit")})
    assert [run.id for run in history["x"]] == [
        *(f"well-{number}" for number in range(4, 20)),
        *(f"heap-limit-{number}" for number in range(26, 30)),
    ]


@pytest.mark.parametrize(
    "text",
    [
        '{"gclog_history": 1}',
        '{"gclog_history": 1, "programs": {"x": [{}]}}',
        '{"gclog_history": 1, "programs": {"x": [{"live": [[1]]}]}}',
        '{"gclog_history": 1, "programs": ',
        '{"gclog_history": 1, "programs": {"x": [{"live": [], "age_ms": 1, "work_mb": 1, "grew_ms": 1}]}}',
        '{"gclog_history": 1, "programs": {"x": [{"live": [[1, 2, NaN]], "age_ms": 1, "work_mb": 1, "grew_ms": 1}]}}',
        '{"gclog_history": 1, "programs": ' + "[" * 200_000,
        '{"gclog_history": 2, "programs": {}}',
    ],
)
def test_a_damaged_file_is_an_error_with_its_name(text: str, tmp_path: Path) -> None:
    path = tmp_path / "history.json"
    path.write_text(text)
    with pytest.raises(InputError, match="history") as raised:
        read_history(path)
    assert raised.value.where == str(path)


def test_another_file_is_none_of_ours(tmp_path: Path) -> None:
    assert read_history(LEAKING) is None
    with pytest.raises(InputError, match="no file of earlier runs"):
        open_history(LEAKING)
    assert open_history(tmp_path / "new.json") == {}


# ---------------------------------------------------------------- names


@pytest.mark.parametrize(
    ("source", "name"),
    [
        ("/var/log/shop/gc.log", "shop"),
        ("/var/log/shop/gc-2026-03-14.log.1.gz", "shop"),
        ("checkout.20260314.log", "checkout"),
        ("checkout-5f7d9c-x2x4z.log", "checkout-x2x4z"),
        ("logs/api_worker_4711.log", "api-worker"),
        ("C:\\logs\\billing.log", "billing"),
        ("incident.zip!app/gc.log", "app"),
        ("-", "program"),
        ("gc.log", "program"),
    ],
)
def test_a_program_is_named_by_its_log_or_its_folder(source: str, name: str) -> None:
    assert program_of(source) == name


def test_one_program_is_that_of_any_log_and_of_several_the_one_of_its_name() -> None:
    one, other = made(1), made(2)
    assert runs_of({"shop": one}, "anything.log") == one
    assert runs_of({"shop": one, "api": other}, "/logs/api-3.log") == other
    assert runs_of({"shop": one, "api": other}, "billing.log") == ()


# ---------------------------------------------------------------- --history


def test_logs_and_folders_are_read_as_if_they_had_been_added(tmp_path: Path) -> None:
    path = tmp_path / "history.json"
    write_history(path, {"catalogue": runs(*HEALTHY[:2])})
    folder = tmp_path / "catalogue"
    folder.mkdir()
    for log in (HEALTHY[2], LEAKING):
        shutil.copy(log, folder)
    found = load_history([path, folder], LIMITED, [str(folder / LEAKING.name)])
    assert [run.id for runs in found.values() for run in runs] == [run.id for run in runs(*HEALTHY)]
    assert len([run for runs in load_history([path, folder], LIMITED).values() for run in runs]) == 4


def test_a_folder_with_nothing_but_the_log_itself_is_no_history(tmp_path: Path) -> None:
    shutil.copy(LEAKING, tmp_path)
    with pytest.raises(UsageError, match="no earlier run"):
        load_history([tmp_path], LIMITED, [str(tmp_path / LEAKING.name)])


def test_only_what_is_named_counts(tmp_path: Path) -> None:
    for log in HEALTHY:
        shutil.copy(log, tmp_path)
    assert all(process.beside is None for process in analyze(tmp_path, LIMITED).processes)
