"""The limit that the sizes at death give: a default, the likeliest setting within the bounds, bounds, or none."""

from __future__ import annotations

from pathlib import Path

import pytest

import gclog
from gclog.analysis.measure.limit_at_death import find_round
from gclog.diagnose.limit_words import of_limit, say_limit
from gclog.errors import NothingToAnalyse
from gclog.incident.settings import Settings
from gclog.model.report import ProcessReport
from gclog.model.verdict import Limit, LimitGuess, NoLimit

MU = "(average mu = 0.210, current mu = 0.030) allocation failure; GC in old space requested"
REACHED = "FATAL ERROR: Reached heap limit Allocation failed - JavaScript heap out of memory"


def report_of(folder: Path, *lines: str) -> ProcessReport:
    log = folder / "death.log"
    log.write_text("<--- Last few GCs --->\n\n" + "\n".join(lines) + "\n")
    return gclog.analyze(log).processes[0]


def of_20(before: float, after: float, committed: float) -> str:
    return f"[31:0x6a1b000] 71203 ms: Mark-Compact {before} ({committed}) -> {after} ({committed}) MB, 12.20 / 0.00 ms  {MU}"


@pytest.mark.parametrize(
    ("low", "high", "mb"),
    [
        (700.0, 790.0, 768.0),
        (480.0, 520.0, 512.0),
        (940.0, 1031.0, 1024.0),
        (7900.0, 8100.0, 8000.0),
        (8100.0, 8330.0, 8192.0),
        (1470.0, 1546.0, 1536.0),
        (840.0, 900.0, None),
        (16_000.0, 18_500.0, None),
        (60.0, 131.0, None),
    ],
)
def test_the_likeliest_setting_within_bounds(low: float, high: float, mb: float | None) -> None:
    assert find_round(low, high) == mb


@pytest.mark.parametrize(
    ("line", "guess", "said"),
    [
        (
            of_20(2020.1, 2018.4, 2061.0),
            "looks like Node's default",
            "1.97 GB of a 2.00 GB limit (inferred; looks like Node's default)",
        ),
        (
            of_20(4051.0, 4049.2, 4112.7),
            "looks like Node's default",
            "3.95 GB of a 4.00 GB limit (inferred; looks like Node's default)",
        ),
        (of_20(741.0, 738.9, 770.2), "round", "738.9 MB of a limit of probably 768 MB (inferred)"),
        (of_20(1720.0, 1650.9, 1840.2), "", "1.61 GB of a limit of about 1.8 GB to 1.8 GB (inferred)"),
    ],
)
def test_a_limit_by_its_sizes_is_called_inferred(tmp_path: Path, line: str, guess: LimitGuess, said: str) -> None:
    process = report_of(tmp_path, line, REACHED)
    assert isinstance(process.limit, Limit) and process.limit.guess == guess
    assert process.limit.low_mb <= process.limit.mb <= process.limit.high_mb
    assert said.replace("1.8 GB to 1.8 GB", "1.7 to 1.8 GB") in process.verdict.headline


@pytest.mark.parametrize(
    ("memory_mb", "committed", "said"),
    [
        (6000.0, 4112.7, "a limit of probably 4096 MB (inferred)"),
        (16_384.0, 4112.7, "a 4.00 GB limit (inferred; looks like Node's default)"),
        (1536.0, 770.2, "a 768.0 MB limit (inferred; looks like Node's default)"),
        (8192.0, 2061.0, "a 2.00 GB limit (inferred; looks like Node's default)"),
        (2048.0, 2061.0, "a limit of probably 2048 MB (inferred)"),
    ],
)
def test_a_default_is_that_of_the_known_container(tmp_path: Path, memory_mb: float, committed: float, said: str) -> None:
    log = tmp_path / "death.log"
    log.write_text(f"<--- Last few GCs --->\n\n{of_20(committed - 30, committed - 31, committed)}\n{REACHED}\n")
    process = gclog.analyze(log, Settings(memory_limit_mb=memory_mb)).processes[0]
    assert said in process.verdict.headline
    assert "machine or in a container with 15 GB" not in process.limit.why


def test_a_live_set_is_no_limit(tmp_path: Path) -> None:
    """The young generation may have been all that was committed beside it."""
    process = report_of(tmp_path, of_20(853.1, 851.7, 870.0), REACHED)
    assert isinstance(process.limit, NoLimit) and "0.8" not in process.limit.reason and "MB" in process.limit.reason
    assert "of a" not in process.verdict.headline and "851.7 MB" in process.verdict.headline


@pytest.mark.parametrize(
    ("isolate", "stack", "mb"),
    [
        ("[812:009C2D10]", [], 700.0),
        ("[812]", ["<--- JS stacktrace --->", "==== JS stack trace ====", "Security context: 2EC6CC95 <JS Object>"], 700.0),
        ("[812:0x9c2d10]", [], None),
    ],
)
def test_the_default_of_32_bits(tmp_path: Path, isolate: str, stack: list[str], mb: float | None) -> None:
    line = f"{isolate} 180622 ms: Mark-sweep 700.4 (741.7) -> 698.0 (739.3) MB, 1423.6 / 0 ms [last resort gc]."
    process = report_of(tmp_path, line, *stack, "FATAL ERROR: CALL_AND_RETRY_LAST Allocation failed - process out of memory")
    assert process.crash is not None and process.crash.is_32_bit is (mb is not None)
    if mb is not None:
        assert isinstance(process.limit, Limit) and process.limit.mb == mb and process.limit.guess == "V8's default"
    else:
        assert not isinstance(process.limit, Limit) or process.limit.guess != "V8's default"


@pytest.mark.parametrize(
    ("mb", "limit_mb", "raised", "said"),
    [
        (94.1, 96.0, False, "94.1 MB of a 96.0 MB limit"),
        (96.2, 96.0, False, "96.2 MB of a 96.0 MB limit"),
        (121.0, 96.0, False, "121.0 MB, the young generation included, at a 96.0 MB limit"),
        (121.0, 96.0, True, "121.0 MB, above a 96.0 MB limit because Node raised it to write what fills the heap"),
        (221.0, 96.0, False, "221.0 MB, above a 96.0 MB limit"),
    ],
)
def test_more_than_the_limit_is_not_of_it(mb: float, limit_mb: float, raised: bool, said: str) -> None:
    limit = Limit(limit_mb, limit_mb, limit_mb, "log", "named on line 1", 1)
    assert of_limit(mb, limit, raised=raised) == said


# ---------------------------------------------------------------- what the heap was not


MOVED = "FATAL ERROR: MarkCompactCollector: young object promotion failed Allocation failed - JavaScript heap out of memory"
RETRIED = "FATAL ERROR: CALL_AND_RETRY_LAST Allocation failed - JavaScript heap out of memory"


@pytest.mark.parametrize(
    ("lines", "kind", "said"),
    [
        ([of_20(2.4, 2.1, 4.2), MOVED], "native-memory", "far below any limit"),
        ([MOVED], "unknown", "cannot be told"),
        ([of_20(2011.4, 2009.1, 2060.0), MOVED], "heap-limit", "looks like Node's default"),
        ([of_20(141.4, 140.9, 150.2), RETRIED], "heap-limit", "far below any default limit"),
        ([of_20(1411.4, 1409.9, 1450.2), RETRIED], "heap-limit", "1.38 GB"),
    ],
)
def test_a_small_heap_is_not_called_full(tmp_path: Path, lines: list[str], kind: str, said: str) -> None:
    process = report_of(tmp_path, *lines)
    assert process.crash is not None and process.crash.kind == kind and said in process.verdict.headline


def test_the_tail_of_a_crash_beside_the_programs_words_and_a_kill(tmp_path: Path) -> None:
    process = report_of(
        tmp_path,
        "2026-03-04T08:15:00.002Z [ERROR] [mailer] Fatal error: JavaScript heap out of memory",
        "    [1:0x55c8290] 900120 ms: Mark-sweep 2041.2 (2055.4) -> 2038.9 (2055.4) MB, 1420.5 / 0.0 ms",
        "2026-03-04T08:15:02.890Z [CRITICAL] [kubelet] Container mailer in pod mailer-6c5d8-x2x9k failed with status OOMKilled (exit code 137)",
    )
    assert "it was killed" in process.verdict.headline and "not in this log" not in process.verdict.headline


def test_figures_above_a_tail_show_the_climb(tmp_path: Path) -> None:
    (tmp_path / "death.log").write_text(
        "\n".join(f"current heap usage {{ heapMBs: {mb} }}" for mb in (120, 640, 1490, 1980))
        + f"\n<--- Last few GCs --->\n\n{of_20(2020.1, 2018.4, 2061.0)}\n{REACHED}\n"
    )
    (process,) = gclog.analyze(tmp_path / "death.log").processes
    assert "rise from 120.0 MB to 1.93 GB" in process.verdict.headline


@pytest.mark.parametrize("end", ["MB", "MB, pooled", "MB (a note)", "MB, pooled: 0 MB, 1"])
def test_a_line_of_v8_is_read_as_far_as_it_goes(tmp_path: Path, end: str) -> None:
    log = tmp_path / "cut.log"
    log.write_text(f"[1:0x55c8290] 48721 ms: Mark-Compact (reduce) 817.5 (819.1) -> 816.8 (820.3) {end}\n{REACHED}\n")
    (process,) = gclog.analyze(log).processes
    assert "816.8 MB" in process.verdict.headline


def test_full_collections_of_any_spelling_count(tmp_path: Path) -> None:
    process = report_of(tmp_path, of_20(2020.1, 2018.4, 2061.0).replace("Mark-Compact", "Mark-Sweep"), REACHED)
    assert len(process.cycles) == 1


def test_the_size_that_an_allocator_prints_is_said(tmp_path: Path) -> None:
    log = tmp_path / "death.log"
    log.write_text("[71:0301/221115:FATAL:memory_win.cc(38)] Out of memory, size = 67108864\n")
    (process,) = gclog.analyze(log).processes
    assert "size 64.0 MB" in process.verdict.headline
    assert process.crash is not None and process.crash.refused_mb == 64.0


@pytest.mark.parametrize(
    "lines",
    [
        ["0 semi_space_copied=0 nodes_died_in_new=0 nodes_copied_in_new=0 promotion_ratio=96.1% average_survival_ratio=17.0%"],
        ["[13441:0x3f83d30] Old space,          used:  49531 KB, available:   3817 KB, committed:  55524 KB"],
    ],
)
def test_what_is_v8s_is_not_called_the_programs_output(tmp_path: Path, lines: list[str]) -> None:
    log = tmp_path / "cut.log"
    log.write_text("\n".join(lines) + "\n")
    with pytest.raises(NothingToAnalyse) as raised:
        gclog.analyze(log)
    assert "V8's" in str(raised.value) and "--trace-gc" not in str(raised.value)


def test_no_limit_is_inferred_while_the_cause_is_open(tmp_path: Path) -> None:
    at_ease = of_20(231.4, 230.9, 262.2).replace("0.210", "0.991").replace("0.030", "0.989")
    process = report_of(tmp_path, at_ease, MOVED)
    assert process.crash is not None and process.crash.kind == "unknown"
    assert isinstance(process.limit, NoLimit) and "inferred" not in process.verdict.headline


def test_a_wide_range_is_said_as_a_range() -> None:
    assert say_limit(Limit(380.0, 340.0, 410.0, "inferred", "by strikes", None)) == "a limit of 340.0 MB to 410.0 MB (inferred)"
    assert say_limit(Limit(380.0, 375.0, 382.0, "inferred", "by strikes", None)) == "an inferred 380.0 MB limit"


def test_the_limit_that_nodes_callback_prints_is_taken(tmp_path: Path) -> None:
    printed = "Invoked NearHeapLimitCallback, processing=false, current_limit=109051904, initial_limit=104857600"
    process = report_of(tmp_path, of_20(99.4, 98.9, 102.2), printed, REACHED)
    assert isinstance(process.limit, Limit)
    assert (process.limit.mb, process.limit.source) == (100.0, "log")
    assert "NearHeapLimit" not in process.limit.why and "printed it, line" in process.limit.why
