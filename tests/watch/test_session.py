"""A watch from end to end, in this process: who is told what, and when."""

from __future__ import annotations

import dataclasses
import math
import os
import signal
import threading
from collections import deque
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from made_logs import FATAL, full, scavenge
from made_views import VIEW

from gclog.errors import InputError, NothingToAnalyse, OutputError
from gclog.incident.settings import Settings
from gclog.model.verdict import Level, TimelineEvent
from gclog.source import follow as following
from gclog.source.follow import Lines, Skipped
from gclog.source.open import Block
from gclog.watch.session import Session, WatchOptions, stopping
from gclog.watch.status import change_line, process_name, status_line
from gclog.watch.watcher import LONG_PAUSES, Change

GROWING = [full(1000 * (i + 1), after_mb=20 + 10 * i) for i in range(8)]
FLAT = [full(20_000 + 1000 * i, after_mb=20) for i in range(6)]
SAMPLES = Path(__file__).parents[2] / "samples"


class Alarms:
    """Keeps what is raised and resolved."""

    def __init__(self) -> None:
        self.raised: list[tuple[Level, int]] = []
        self.resolved: list[tuple[Level, Level, int]] = []
        self.closed = False

    def raise_for(self, change: Change, source: str) -> None:
        self.raised.append((change.event.level, change.event.line))

    def resolve(self, change: Change, source: str) -> None:
        self.resolved.append((change.before, change.event.level, change.event.line))

    def close(self) -> None:
        self.closed = True


class Clock:
    """Time that passes only where somebody sleeps."""

    def __init__(self) -> None:
        self.now_s = 0.0
        self.naps: list[float] = []

    def __call__(self) -> float:
        return self.now_s

    def sleep(self, seconds: float) -> None:
        self.now_s += seconds
        self.naps.append(seconds)


def written(tmp_path: Path, *lines: str) -> str:
    log = tmp_path / "gc.log"
    log.write_text("".join(line + "\n" for line in lines), encoding="utf-8")
    return str(log)


LIMITED = Settings(heap_limit_mb=100)


def run(options: WatchOptions, clock: Clock | None = None, settings: Settings | None = None) -> tuple[Level, list[str], Alarms]:
    said: list[str] = []
    alarms, clock = Alarms(), clock or Clock()
    session = Session(options, lambda text, _: said.append(text), [alarms], settings=settings, clock=clock, sleep=clock.sleep)
    worst = session.run()
    assert alarms.closed
    return worst, said, alarms


# ---------------------------------------------------------------- changes and alarms


def test_each_change_is_a_line(tmp_path: Path) -> None:
    worst, said, _ = run(WatchOptions(written(tmp_path, *GROWING), replay=0), settings=LIMITED)
    assert worst == "impending"
    assert said[0] == "+1.0 s  process 7, isolate 0x10  NOT ASSESSABLE: fewer than three full collections so far (line 1)"
    assert [line.split("  ")[2].split(":")[0] for line in said] == ["NOT ASSESSABLE", "OK", "RISING", "IMPENDING"]
    assert "; time left: about " in said[-1]


def test_an_alarm_is_raised_when_the_level_is_reached_and_not_while_it_stays(tmp_path: Path) -> None:
    log = written(tmp_path, *GROWING, FATAL)
    _, said, alarms = run(WatchOptions(log, replay=0), settings=LIMITED)
    assert [level for level, _ in alarms.raised] == ["impending"]
    assert "IMPENDING" in next(line for line in said if line.endswith(f"(line {alarms.raised[0][1]})"))
    assert run(WatchOptions(log, replay=0, at="exhausted"), settings=LIMITED)[2].raised == [("exhausted", 9)]
    assert run(WatchOptions(log, replay=0, at="critical"), settings=LIMITED)[2].raised == [("exhausted", 9)]


def test_it_is_raised_again_when_the_level_was_left_and_is_reached_again(tmp_path: Path) -> None:
    again = [full(40_000 + 1000 * i, after_mb=20 + 10 * i) for i in range(9)]
    log = written(tmp_path, *GROWING, *FLAT, *again)
    alarms = run(WatchOptions(log, replay=0, at="rising"), settings=LIMITED)[2]
    assert len(alarms.raised) == 2
    assert [(before, level) for before, level, _ in alarms.resolved] == [("impending", "ok")]


def test_of_a_followed_file_only_what_still_holds_raises_an_alarm(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def follow_then_stop(*lines: str) -> Alarms:
        alarms, clock = Alarms(), Clock()
        options = WatchOptions(written(tmp_path, *lines))
        session = Session(options, lambda *_: None, [alarms], settings=LIMITED, clock=clock, sleep=lambda _: session.stop.set())
        session.run()
        return alarms

    assert [level for level, _ in follow_then_stop(*GROWING).raised] == ["impending"]
    assert follow_then_stop(*GROWING, *FLAT).raised == []


def test_until_exit_ends_with_the_process(tmp_path: Path) -> None:
    worst, said, _ = run(WatchOptions(written(tmp_path, *GROWING, FATAL), until_exit=True))
    assert worst == "exhausted"
    assert "EXHAUSTED" in said[-1]


def test_a_log_without_collections_is_nothing_to_analyse(tmp_path: Path) -> None:
    with pytest.raises(NothingToAnalyse, match="no GC lines, no crash and no memory figures in 2 lines"):
        run(WatchOptions(written(tmp_path, "hello", "world"), replay=0))


def test_the_alarms_are_closed_when_reading_fails(tmp_path: Path) -> None:
    alarms = Alarms()
    with pytest.raises(InputError):
        Session(WatchOptions(str(tmp_path / "none.log")), lambda *_: None, [alarms]).run()
    assert alarms.closed


# ---------------------------------------------------------------- objects half written


@pytest.mark.parametrize("pause", [1, 3 * LONG_PAUSES], ids=["at the next look", "after a long pause"])
@pytest.mark.parametrize("name", ["buffers_object-node12.log", "gc_entries-node26.log", "profile_object-node20.log"])
def test_a_followed_file_may_be_written_in_pieces_that_end_anywhere(name: str, pause: int, tmp_path: Path) -> None:
    """Two cuts in an object: at the end of a line, and within one. The file grows by a piece every so many looks."""
    text = (SAMPLES / "witness" / name).read_bytes()
    lines = text.splitlines(keepends=True)[:120]
    cuts = [sum(map(len, lines[:at])) for at in (14, 47, 48, 83)] + [sum(map(len, lines[:101])) + 5]
    whole = b"".join(lines)
    pieces = [whole[a:b] for a, b in zip([0, *cuts], [*cuts, len(whole)], strict=True)]
    log = tmp_path / "app.log"
    log.write_bytes(pieces.pop(0))
    looks = 0

    def sleep(_: float) -> None:
        nonlocal looks
        looks += 1
        if looks % pause:
            return
        if pieces:
            with log.open("ab") as out:
                out.write(pieces.pop(0))
        else:
            session.stop.set()

    session = Session(WatchOptions(str(log)), lambda *_: None, sleep=sleep)
    session.run()
    replayed = Session(WatchOptions(written(tmp_path, *whole.decode().splitlines()), replay=0), lambda *_: None)
    replayed.run()
    assert session.watcher.reader.line_counts == replayed.watcher.reader.line_counts
    assert session.watcher.reader.line_counts.total == len(lines)
    assert session.watcher.views() == replayed.watcher.views()


# ---------------------------------------------------------------- replay


@pytest.mark.parametrize("speed", [1, 10])
def test_a_replay_keeps_the_logs_own_clock(speed: float, tmp_path: Path) -> None:
    clock = Clock()
    run(WatchOptions(written(tmp_path, scavenge(500), scavenge(1500), *GROWING[2:5]), replay=speed), clock)
    assert clock.now_s == pytest.approx(4.5 / speed)
    assert max(clock.naps) <= 0.25


def test_a_replay_of_speed_0_does_not_wait(tmp_path: Path) -> None:
    clock = Clock()
    run(WatchOptions(written(tmp_path, *GROWING), replay=0), clock)
    assert clock.naps == []


# ---------------------------------------------------------------- metrics


def test_the_metrics_file_is_there_from_the_start_and_last_written_at_the_end(tmp_path: Path) -> None:
    metrics = tmp_path / "gclog.prom"
    run(WatchOptions(written(tmp_path, *GROWING), replay=0, metrics=metrics), settings=LIMITED)
    assert 'gclog_level{pid="7",isolate="0x10"} 3\n' in metrics.read_text(encoding="utf-8")


def test_a_metrics_file_that_cannot_be_written_is_an_error_at_the_start(tmp_path: Path) -> None:
    with pytest.raises(OutputError):
        run(WatchOptions(written(tmp_path, *GROWING), replay=0, metrics=tmp_path / "none" / "gclog.prom"))


def test_one_that_can_no_longer_be_written_is_said_once(tmp_path: Path) -> None:
    folder = tmp_path / "metrics"
    folder.mkdir()
    said: list[str] = []
    log = written(tmp_path, *GROWING)

    def lose(text: str, _: bool) -> None:
        said.append(text)
        if folder.exists():
            (folder / "gclog.prom").unlink()
            folder.rmdir()

    Session(WatchOptions(log, replay=0, metrics=folder / "gclog.prom"), lose).run()
    assert sum("gclog.prom" in line for line in said) == 1


# ---------------------------------------------------------------- words


def test_a_process_is_named_with_what_is_known_of_it() -> None:
    assert process_name(VIEW) == "process 7, isolate 0x10"
    assert process_name(dataclasses.replace(VIEW, worker=True, run=2)) == "process 7, isolate 0x10 (worker), run 2"
    assert process_name(dataclasses.replace(VIEW, pid=None, isolate=None)) == "process without a pid"


def test_the_status_line_has_level_live_set_growth_time_left_and_gc_share() -> None:
    assert status_line(VIEW, others=2) == (
        "IMPENDING",
        "process 7, isolate 0x10 · live 60.5 MB of a 96.0 MB limit, growing steadily"
        " · GC 12.5 % of the last minute · left: about 30.0 s, 8.5 s at the least; growth may also stop · 2 more",
    )
    assert status_line(VIEW)[1].startswith("process 7 · live 60.5 MB")


@pytest.mark.parametrize(
    ("changes", "shown"),
    [
        (
            {"rss_mb": 180.25, "external_mb": 96.1, "memory_limit_mb": 185.0},
            "live 60.5 MB of a 96.0 MB limit, growing steadily · RSS 180.2 MB of 185.0 MB, external 96.1 MB",
        ),
        (
            {"rss_mb": 180.25, "live_mb": math.nan, "growth": "off-heap"},
            "live set not known yet · RSS 180.2 MB, flat while memory outside the heap grows",
        ),
        ({"rss_mb": 180.25, "live_mb": math.nan, "collections": {}}, "process 7 · RSS 180.2 MB · GC"),
    ],
    ids=["beside the heap", "before a full collection", "without a trace"],
)
def test_the_status_line_has_all_memory_where_the_program_printed_it(changes: dict[str, Any], shown: str) -> None:
    assert shown in status_line(dataclasses.replace(VIEW, **changes))[1]


def test_the_heaps_time_left_is_not_said_where_the_level_is_that_of_all_memory() -> None:
    outside = dataclasses.replace(VIEW, is_outside=True)
    change = Change(outside, TimelineEvent(61_500.0, 9, "impending", "RSS is near its limit"), "ok")
    assert change_line(change).endswith("IMPENDING: RSS is near its limit (line 9)")
    assert "left" not in status_line(outside)[1]


def test_hostile_text_is_shown_and_not_obeyed() -> None:
    event = TimelineEvent(at_ms=1000, line=1, level="ok", because="\x1b]0;owned\x07 [red]x")
    line = change_line(Change(dataclasses.replace(VIEW, isolate="0x1\x1b[2J"), event, "ok"))
    assert line == "+1.0 s  process 7, isolate 0x1^[[2J  OK: ^[]0;owned^G [red]x (line 1)"


# ---------------------------------------------------------------- signals


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_stops_the_watch_and_a_second_one_is_as_ever(number: signal.Signals) -> None:
    event, before = threading.Event(), signal.getsignal(number)
    with stopping(event):
        os.kill(os.getpid(), number)
        assert event.wait(10)
        assert signal.getsignal(number) == before
    assert signal.getsignal(number) == before


def test_notes_of_the_follower_are_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(following, "POLL_S", 0.0)
    log = Path(written(tmp_path, *GROWING))
    said: list[tuple[str, bool]] = []
    steps = deque([lambda: log.write_bytes(b""), lambda: log.write_text(full(1) + "\n"), lambda: session.stop.set()])
    session = Session(
        WatchOptions(str(log)), lambda text, verdict: said.append((text, verdict)), sleep=lambda _: steps.popleft()()
    )
    session.run()
    assert (f"{log} was truncated; its first line is line 9 here", False) in said


# ---------------------------------------------------------------- falling behind


def lines_of(texts: list[str], first: int = 1) -> Lines:
    data = "".join(text + "\n" for text in texts).encode()
    return Lines(Block(data, first), data)


def answers(passed_s: list[float], monkeypatch: pytest.MonkeyPatch, *, pass_on: bool = False) -> list[bool]:
    """Whether lines may be skipped, each time that so many more seconds have passed and one of the log has come."""
    clock, found = Clock(), []

    def follow(*given: Any) -> Iterator[Lines | None]:
        yield lines_of(GROWING[:1])
        for place, seconds in enumerate(passed_s, 1):
            clock.now_s += seconds
            yield lines_of([GROWING[place]], place + 1)
            found.append(given[-1]())

    monkeypatch.setattr("gclog.watch.session.follow", follow)
    Session(WatchOptions("-", pass_on=pass_on), lambda *_: None, clock=clock, sleep=clock.sleep).run()
    return found


def test_only_a_log_that_is_no_faster_than_its_clock_may_be_skipped(monkeypatch: pytest.MonkeyPatch) -> None:
    assert answers([0.5, 1.0, 1.0, 2.0], monkeypatch) == [False, False, False, True]


def test_a_slow_beginning_is_no_reason_to_skip(monkeypatch: pytest.MonkeyPatch) -> None:
    assert answers([1.5, 0.1], monkeypatch) == [False, False]


def test_what_is_passed_on_is_never_skipped(monkeypatch: pytest.MonkeyPatch) -> None:
    assert answers([0.5, 1.0, 1.0, 2.0], monkeypatch, pass_on=True) == [False, False, False, False]


def test_skipped_lines_are_counted_and_said_at_once_then_every_ten_seconds_and_at_the_end(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock, said = Clock(), []

    def follow(*_: Any) -> Iterator[Lines | Skipped | None]:
        yield lines_of(GROWING)
        yield Skipped(1000, 9)
        yield Skipped(1, 1009)
        yield lines_of(FLAT, 1010)
        yield Skipped(1, 1016)

    monkeypatch.setattr("gclog.watch.session.follow", follow)
    metrics = tmp_path / "gclog.prom"
    options = WatchOptions("-", metrics=metrics)
    Session(options, lambda text, verdict: verdict or said.append(text), clock=clock, sleep=clock.sleep).run()
    assert said == [
        "1,000 lines were skipped, not to hold up the program, the last of them before line 1,009: the verdict may be late or wrong",
        "2 lines were skipped, not to hold up the program: the verdict may be late or wrong",
    ]
    assert 'gclog_lines_total{kind="skipped"} 1002' in metrics.read_text()
