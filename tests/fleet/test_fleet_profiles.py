"""Sampled heap profiles among the logs of a fleet: with which log they are read, and what the row says of them."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
from made_heap_profiles import MadeProfile, call
from made_logs import FATAL, RING, full
from typer.testing import CliRunner

from gclog.cli.main import app
from gclog.fleet.profiles import beside_logs, is_profile
from gclog.fleet.run import analyze_fleet
from gclog.model.fleet import FleetReport, FleetRow

SAMPLED = Path(__file__).parents[2] / "samples" / "sampled" / "node20"


def log(folder: Path, pid: int, died: bool = True) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    lines = [full(1000 * n, pid, after_mb=10.0 + (8 * n if died else 0)) for n in range(1, 9)]
    end = [RING, FATAL, ""] if died else [""]
    (folder / f"gc-{pid}.log").write_text("\n".join([*lines, *end]), encoding="utf-8")


def profile(folder: Path, name: str, count: int = 40, function: str = "create") -> None:
    folder.mkdir(parents=True, exist_ok=True)
    MadeProfile().add([call(function, 8)], range(1, 1 + count)).write(folder / name)


def rows(*words: object) -> dict[int | None, FleetRow]:
    return {row.pid: row for row in report(*words).rows}


def report(*words: object) -> FleetReport:
    return analyze_fleet([str(word) for word in words], processes=1)


@pytest.mark.parametrize(
    ("name", "is_one"),
    [("a/heap-7-0.heapprofile", True), ("Heap.1.heapprofile.gz", True), ("gc.log", False), ("x.heapprofile.log", False)],
)
def test_profiles_are_known_by_their_names(name: str, is_one: bool) -> None:
    assert is_profile(name) == is_one


def test_a_profile_is_looked_at_with_the_logs_of_its_folder_or_of_the_next_above() -> None:
    logs = ["logs/a/gc.log*", "logs/b/1.log", "logs/b/2.log"]
    profiles = ["logs/a/heap/1.heapprofile", "logs/b/2.heapprofile", "logs/3.heapprofile"]
    assert beside_logs(logs, profiles) == {
        "logs/a/gc.log*": (("logs/a/heap/1.heapprofile", "logs/3.heapprofile"), False),
        "logs/b/1.log": (("logs/b/2.heapprofile", "logs/3.heapprofile"), False),
        "logs/b/2.log": (("logs/b/2.heapprofile", "logs/3.heapprofile"), False),
    }
    assert beside_logs(logs, profiles[:1]) == {"logs/a/gc.log*": (("logs/a/heap/1.heapprofile",), True)}


def test_beside_very_many_logs_none_is_looked_at() -> None:
    assert beside_logs([f"logs/{number}.log" for number in range(65)], ["logs/1.heapprofile"]) == {}


def test_the_row_says_the_site_that_grows() -> None:
    (row,) = rows(SAMPLED).values()
    assert row.site is not None and row.site.endswith("`createSession sampled_leak.js:16`") and row.site_grows
    assert row.site_mb == pytest.approx(26.0, abs=0.05) and row.site in row.headline
    said = " ".join(CliRunner().invoke(app, ["fleet", str(SAMPLED)]).stdout.split())
    assert "createSession sampled_leak.js:16" in said and "3 sampled heap profiles beside the logs" in said
    assert "Not analysed" not in said


def test_each_process_has_the_profiles_with_its_pid(tmp_path: Path) -> None:
    for pid in (7, 8, 9):
        log(tmp_path, pid)
    profile(tmp_path, "heap-7-0.heapprofile", function="of_7")
    profile(tmp_path, "heap-9-0.heapprofile", function="of_9")
    assert {pid: row.site for pid, row in rows(tmp_path).items()} == {7: "`of_7 shop.js:8`", 8: None, 9: "`of_9 shop.js:8`"}


def test_one_without_a_pid_is_of_the_only_log_of_its_folder(tmp_path: Path) -> None:
    log(tmp_path / "a", 7)
    profile(tmp_path / "a", "saved.heapprofile")
    log(tmp_path / "b", 8)
    log(tmp_path / "b", 9)
    profile(tmp_path / "b", "saved.heapprofile")
    assert {pid: row.site for pid, row in rows(tmp_path).items()} == {7: "`create shop.js:8`", 8: None, 9: None}


def test_containers_with_the_same_pid_keep_their_own(tmp_path: Path) -> None:
    for pod in ("a", "b"):
        log(tmp_path / pod, 1)
        profile(tmp_path / pod, "heap-1-0.heapprofile", function=f"of_{pod}")
    assert {row.host: row.site for row in report(tmp_path).rows} == {"a": "`of_a shop.js:8`", "b": "`of_b shop.js:8`"}


def test_a_site_that_grows_in_a_process_that_is_well_is_said_in_the_ranking(tmp_path: Path) -> None:
    log(tmp_path, 7, died=False)
    for n in (1, 2, 3):
        profile(tmp_path, f"Heap.20260314.10100{n}.7.0.00{n}.heapprofile", 40 * n)
    (row,) = rows(tmp_path).values()
    assert row.site_grows and row.site is not None and row.site not in row.headline
    said = " ".join(CliRunner().invoke(app, ["fleet", str(tmp_path)]).stdout.split())
    assert "what `create shop.js:8` allocated grows from profile to profile, 7.5 MB now." in said


def test_a_profile_beside_no_gc_log_does_not_make_it_one(tmp_path: Path) -> None:
    (tmp_path / "app.log").write_text("listening on port 80\n", encoding="utf-8")
    profile(tmp_path, "heap-7-0.heapprofile")
    (failed,) = report(tmp_path).failed
    assert failed.source.endswith("app.log") and "no GC lines" in failed.error


def test_a_damaged_profile_costs_no_row(tmp_path: Path) -> None:
    log(tmp_path, 7)
    (tmp_path / "heap-7-0.heapprofile").write_text('{"head":{"callFrame":17}}', encoding="utf-8")
    (row,) = rows(tmp_path).values()
    assert row.level == "exhausted" and row.site is None


def test_profiles_in_a_storage_are_read_too() -> None:
    fsspec = pytest.importorskip("fsspec", reason="the extra `fleet` is not installed")
    storage = fsspec.filesystem("memory")
    for path in SAMPLED.iterdir():
        storage.pipe(f"/bucket/web-1/{path.name}", path.read_bytes())
    try:
        (row,) = report("memory://bucket/web-1").rows
        assert row.site is not None and "createSession" in row.site
    finally:
        storage.rm("/bucket", recursive=True)


def test_redacted_the_site_is_hidden(tmp_path: Path) -> None:
    shutil.copytree(SAMPLED, tmp_path / "in")
    for form in ("text", "json", "csv", "html"):
        shown = CliRunner().invoke(app, ["fleet", str(tmp_path / "in"), "--redact", "--format", form]).stdout
        assert "createSession" not in shown and "sampled_leak" not in shown, form
    found = json.loads(CliRunner().invoke(app, ["fleet", str(tmp_path / "in"), "--format", "json"]).stdout)
    assert found["fleet"]["processes"][0]["site_grows"] is True
