"""Tick logs in the whole flow: known by their lines, beside GC logs, joined with them, and counted."""

from __future__ import annotations

import gzip
from pathlib import Path

import pytest
from made_logs import full, scavenge

import gclog
from gclog.cli.moments import parse_moment
from gclog.errors import NothingToAnalyse, UsageError
from gclog.incident.settings import Settings
from gclog.model.not_known import NotKnown
from gclog.model.profile import GcJoin
from gclog.profile.options import ProfileOptions

TICKS = Path(__file__).parents[2] / "samples" / "ticks"
SAMPLE = TICKS / "node24.log.gz"
HEAD = "v8-version,11,3,244,8,-node.38,0\ncode-creation,JS,10,5,0x2000,256,f /app/x.js:1:1,0x3000,~\n"


def ticks(count: int, state: int = 0, every_us: int = 1000) -> str:
    return "".join(f"tick,0x2010,{number * every_us},0,0x0,{state}\n" for number in range(1, count + 1))


def write(folder: Path, name: str, text: str) -> Path:
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


def gc_log(folder: Path, prefix: str = "[7:0x10]") -> Path:
    lines = [scavenge(10), scavenge(20), full(60)]
    return write(folder, "gc.log", "".join(line.replace("[7:0x10]", prefix) + "\n" for line in lines))


def test_a_tick_log_alone_is_a_report_of_profiles() -> None:
    report = gclog.analyze(SAMPLE)
    (source,) = report.sources
    (found,) = report.profiles
    assert report.processes == ()
    assert (source.kind, source.recognised_by) == ("ticks", {"v8_log": 5186})
    assert (source.lines.total, source.lines.recognised) == (5186, 5186)
    assert (found.source, found.profile.ticks) == (str(SAMPLE), 942)
    assert found.gc == NotKnown("no GC log of the same isolate was given")


def test_a_folder_may_hold_both_kinds_and_sources_keep_their_order(tmp_path: Path) -> None:
    gc = gc_log(tmp_path)
    other = write(tmp_path, "a.txt", "hello\n")
    log = write(tmp_path, "isolate-0x99-7-v8.log", HEAD + ticks(30))
    report = gclog.analyze(tmp_path)
    assert [(source.path, source.kind) for source in report.sources] == [
        (str(other), "none"),
        (str(gc), "gc"),
        (str(log), "ticks"),
    ]
    assert len(report.processes) == len(report.profiles) == 1


@pytest.mark.parametrize("pack", [bytes, gzip.compress], ids=["plain", "gz"])
def test_a_log_of_both_is_read_twice_and_its_lines_count_once(tmp_path: Path, pack: object) -> None:
    lines = [*HEAD.splitlines(), scavenge(10), *ticks(20).splitlines(), full(60), "GET /", "tick,cut"]
    path = tmp_path / "out.log"
    data = "".join(f"{line}\n" for line in lines).encode()
    path.write_bytes(gzip.compress(data) if pack is gzip.compress else data)
    report = gclog.analyze(path)
    (source,) = report.sources
    (process,) = report.processes
    (found,) = report.profiles
    assert source.kind == "mixed"
    counts = source.lines
    assert (counts.total, counts.recognised, counts.foreign, counts.unread) == (26, 24, 1, 1)
    assert (process.total, process.span.last_line) == (2, 24)
    assert found.profile.ticks == 20
    assert isinstance(found.gc, GcJoin) and found.gc.source == str(path)


@pytest.mark.parametrize(
    ("name", "prefix", "joined"),
    [
        pytest.param("isolate-0x10-7-v8.log", "[7:0x10]", True, id="pid and isolate"),
        pytest.param("isolate-0000000000000010-7-v8.log", "[7:0x10]", True, id="as Windows names it"),
        pytest.param("isolate-0x10-v8.log", "[7:0x10]", True, id="no pid in the name"),
        pytest.param("isolate-0x10-8-v8.log", "[7:0x10]", False, id="another pid"),
        pytest.param("isolate-0x11-7-v8.log", "[7:0x10]", False, id="another isolate"),
        pytest.param("v8.log", "[7:0x10]", False, id="no name"),
    ],
)
def test_a_profile_is_joined_with_the_gc_log_of_its_isolate(tmp_path: Path, name: str, prefix: str, joined: bool) -> None:
    gc = gc_log(tmp_path, prefix)
    log = write(tmp_path, name, HEAD + ticks(100))
    for order in ([gc, log], [log, gc]):
        (found,) = gclog.analyze(order).profiles
        assert isinstance(found.gc, GcJoin) == joined
        assert joined or found.gc == NotKnown("no GC log of the same isolate was given")


def test_a_gc_log_is_joined_however_many_logs_there_are(tmp_path: Path) -> None:
    for number in range(70):
        write(tmp_path, f"b{number:02}.log", scavenge(10).replace("0x10", "0x99") + "\n")
    gc_log(tmp_path).rename(tmp_path / "a.log")
    write(tmp_path, "isolate-0x10-7-v8.log", HEAD + ticks(100))
    (found,) = gclog.analyze(tmp_path).profiles
    assert isinstance(found.gc, GcJoin)


def test_an_isolate_that_was_asked_for_is_looked_for_among_profiles_too(tmp_path: Path) -> None:
    one = write(tmp_path, "isolate-0x10-7-v8.log", HEAD + ticks(5))
    write(tmp_path, "isolate-0x11-7-v8.log", HEAD + ticks(6))
    (found,) = gclog.analyze(tmp_path, Settings(isolate="0x10")).profiles
    assert found.source == str(one)
    with pytest.raises(UsageError, match=r"There are: 0x10, 0x11\."):
        gclog.analyze(tmp_path, Settings(isolate="0x12"))


def test_since_and_until_are_a_range_of_ticks(tmp_path: Path) -> None:
    path = write(tmp_path, "v8.log", HEAD + ticks(100, every_us=100_000))
    chosen = Settings(since=parse_moment("2s"), until=parse_moment("4s"))
    (found,) = gclog.analyze(path, chosen).profiles
    assert found.profile.ticks == 21
    report = gclog.analyze(path, Settings(since=parse_moment("2026-03-14T03:12:00Z")))
    assert report.profiles[0].profile.ticks == 100
    assert any("no dates" in note for note in report.sources[0].notes)


def test_unknown_ticks_may_be_left_out() -> None:
    (found,) = gclog.analyze(SAMPLE, Settings(profile=ProfileOptions(ignore_unknown=True))).profiles
    assert (found.profile.ticks, found.profile.excluded, found.profile.unaccounted) == (942, 5, 0)


def test_a_v8_log_without_ticks_beside_a_gc_log_is_noted_and_no_error(tmp_path: Path) -> None:
    gc = gc_log(tmp_path)
    log = write(tmp_path, "isolate-0x10-7-v8.log", HEAD)
    report = gclog.analyze([gc, log])
    assert report.profiles == () and len(report.processes) == 1
    assert any(note.startswith("a v8.log without one tick") for note in report.sources[1].notes)


def test_several_runs_in_one_log_are_a_profile_each(tmp_path: Path) -> None:
    report = gclog.analyze(write(tmp_path, "v8.log", HEAD + ticks(3) + HEAD + ticks(4)))
    assert [found.profile.ticks for found in report.profiles] == [3, 4]
    assert (report.sources[0].lines.total, report.sources[0].lines.recognised) == (11, 11)


def test_application_output_is_nothing_to_analyse(tmp_path: Path) -> None:
    with pytest.raises(NothingToAnalyse, match="no GC lines, no crash and no ticks: found 1 line of application output"):
        gclog.analyze(write(tmp_path, "a.log", "hello\n"))
