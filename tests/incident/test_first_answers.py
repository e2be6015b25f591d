"""The first line and the first step of texts that people paste: what is in them is said, and what follows can be done there."""

from __future__ import annotations

from pathlib import Path

import pytest

import gclog
from gclog.model.report import ProcessReport
from gclog.report.say.process import what_to_do

RING = "<--- Last few GCs --->"
FULL = (
    "[611:0x6a1b000]   9412003 ms: Mark-Compact 2030.1 (2081.4) -> 2021.7 (2082.0) MB, 802.20 / 0.00 ms  "
    "(average mu = 0.210, current mu = 0.030) allocation failure; scavenge might not succeed"
)
REACHED = "FATAL ERROR: Reached heap limit Allocation failed - JavaScript heap out of memory"


def report_of(folder: Path, *lines: str) -> ProcessReport:
    log = folder / "pasted.txt"
    log.write_text("\n".join(lines) + "\n")
    return gclog.analyze(log).processes[0]


# ---------------------------------------------------------------- what Node's callback near the limit prints

INVOKED = "Invoked NearHeapLimitCallback, processing=false, current_limit=73400320, initial_limit=73400320"
SIZES = "max_young_gen_size=50331648, young_gen_size=0, old_gen_size=81788928, total_size=81788928"


@pytest.mark.parametrize(
    "rest", [(RING, "", "[4711..."), (RING, "", "<--- JS stacktrace --->", "", REACHED)], ids=["cut", "whole"]
)
def test_the_limit_and_what_filled_it_are_taken_from_the_callback(tmp_path: Path, rest: tuple[str, ...]) -> None:
    process = report_of(tmp_path, INVOKED, SIZES, "Estimated available memory=6971285895, estimated overhead=100663296", *rest)
    assert "78.0 MB in its old generation, at the limit of 70.0 MB" in process.verdict.headline


def test_a_limit_that_was_raised_is_said_to_be(tmp_path: Path) -> None:
    again = INVOKED.replace("current_limit=73400320", "current_limit=178257920")
    more = SIZES.replace("old_gen_size=81788928", "old_gen_size=183500800")
    headline = report_of(tmp_path, INVOKED, SIZES, again, more, RING, "", "[4711...").verdict.headline
    assert "175.0 MB in its old generation, at the limit of 170.0 MB, raised from 70.0 MB;" in headline


@pytest.mark.parametrize("lines", [(INVOKED,), (SIZES,)], ids=["no sizes", "no limit"])
def test_half_of_what_the_callback_prints_gives_no_figure(tmp_path: Path, lines: tuple[str, ...]) -> None:
    assert "old generation" not in report_of(tmp_path, *lines, RING, "", "[4711...").verdict.headline


def test_what_collections_show_comes_before_what_the_callback_prints(tmp_path: Path) -> None:
    shown = FULL.replace("2030.1 (2081.4) -> 2021.7 (2082.0)", "71.1 (74.0) -> 70.4 (74.2)")
    headline = report_of(tmp_path, INVOKED, SIZES, RING, "", shown, "", REACHED).verdict.headline
    assert "live set of 70.4 MB" in headline and "old generation" not in headline


# ---------------------------------------------------------------- programs of others


@pytest.mark.parametrize(
    "line",
    [
        "* Reading files... (211s * 4.1k tokens * esc to interrupt)",
        "Thinking about it (esc to cancel, 12s)",
        "  > working      ctrl+c twice or esc to interrupt",
    ],
)
def test_the_user_of_an_assistant_in_a_terminal_is_not_told_to_change_its_code(tmp_path: Path, line: str) -> None:
    step = what_to_do(report_of(tmp_path, line, "", RING, "", FULL, "", REACHED))
    assert step.startswith("If you did not write this program: begin a new session")


@pytest.mark.parametrize("line", ["press esc to close the menu", "descriptor to cancel: 4", "ready in 212 ms"])
def test_other_lines_do_not_make_it_a_program_of_others(tmp_path: Path, line: str) -> None:
    assert "did not write" not in what_to_do(report_of(tmp_path, line, "", RING, "", FULL, "", REACHED))


# ---------------------------------------------------------------- tools that build again after each change


@pytest.mark.parametrize(
    "line",
    [
        "webpack: bundle is now VALID.",
        "[9:12:44 AM] File change detected. Starting incremental compilation...",
        "9:12:44 AM - Found 0 errors. Watching for file changes.",
        "9:12:44 AM [vite] hmr update /src/Table.vue, /src/app.css",
        "[2026-01-14 09:12:44] waiting for changes...",
        "warn  - Fast Refresh had to perform a full reload when ./pages/orders.tsx changed.",
        " ✓ Compiled /orders/[id] in 923ms (1204 modules)",
        "| event - compiled client and server successfully in 812 ms (611 modules)",
    ],
)
def test_a_tool_that_watches_is_started_anew(tmp_path: Path, line: str) -> None:
    step = what_to_do(report_of(tmp_path, line, "", RING, "", FULL, "", REACHED))
    assert "start it anew now, and when its heap is large again" in step


@pytest.mark.parametrize(
    "line",
    [
        "[nodemon] watching path(s): *.*",
        "[nodemon] app crashed - waiting for file changes before starting...",
        "POST /orders compiled in 12 ms",
        "the assistant waits for changes...",
    ],
)
def test_a_server_that_is_restarted_is_no_such_tool(tmp_path: Path, line: str) -> None:
    assert "start it anew now" not in what_to_do(report_of(tmp_path, line, "", RING, "", FULL, "", REACHED))


# ---------------------------------------------------------------- several processes die beside each other

NO_START = ("#", "# Fatal JavaScript out of memory: MemoryChunk allocation failed during deserialization.", "#")
NATIVE = "----- Native stack trace -----"
SCAVENGE = (
    "[5120:0x5a7e000]       88 ms: Scavenge 5.1 (6.4) -> 4.9 (7.4) MB, pooled: 0 MB, 1.10 / 0.00 ms  "
    "(average mu = 1.000, current mu = 1.000) allocation failure; "
)
ZONE = "FATAL ERROR: Zone Allocation failed - process out of memory"


def processes_of(folder: Path, *lines: str) -> dict[int | None, str]:
    log = folder / "tests.txt"
    log.write_text("\n".join(lines) + "\n")
    crashes = {process.pid: process.crash for process in gclog.analyze(log).processes}
    return {pid: (crash.location or "") for pid, crash in crashes.items() if crash is not None}


@pytest.mark.parametrize("before", [(RING, ""), (RING, "", "", RING, "", RING, "")], ids=["one", "three at once"])
def test_who_could_not_start_did_not_collect(tmp_path: Path, before: tuple[str, ...]) -> None:
    found = processes_of(
        tmp_path, *before, *NO_START, NATIVE, "", "", RING, SCAVENGE, "", ZONE, NATIVE, "", " 1: 00007FF6A44BCB90 "
    )
    assert found == {5120: "Zone", None: "MemoryChunk allocation failed during deserialization."}


def test_what_a_pipe_put_before_the_ring_is_still_of_its_process(tmp_path: Path) -> None:
    """Up to Node 14.4 the message and the frames go to stderr, the ring to stdout."""
    frames = (" 1: 0x8fb090 node::Abort() [/usr/bin/node]", " 2: 0x8fb0dc  [/usr/bin/node]")
    full = "[5120:0x284bf60] 70277 ms: Mark-sweep 1373.5 (1423.3) -> 1372.6 (1423.3) MB, 2874.4 / 0.0 ms  allocation failure "
    found = processes_of(tmp_path, REACHED, *frames, "", RING, "", full, "", "<--- JS stacktrace --->")
    assert found == {5120: "Reached heap limit"}


# ---------------------------------------------------------------- V8's own shell

OF_D8 = (
    "[3702:0x7f33fb79a120]       32 ms: Mark-sweep 1.3 (6.0) -> 1.2 (7.0) MB, 12.1 / 0.0 ms  testing GC in old space requested"
)


@pytest.mark.parametrize(
    "command",
    [
        "$ out/Release/d8 --trace-gc splay.js",
        "d8 --expose-gc --trace-gc loop.js",
        "~/v8$ ./out.gn/x64.release/d8 loop.mjs --trace-gc",
        "+ /opt/v8/bin/d8 --trace-gc --max-old-space-size=64 a.js",
    ],
)
def test_v8s_own_shell_is_not_called_node(tmp_path: Path, command: str) -> None:
    process = report_of(tmp_path, command, OF_D8)
    assert process.node.host == "d8" and "`d8 --trace-gc app.js" in what_to_do(process)


@pytest.mark.parametrize(
    "command", ["$ node d8.js --trace-gc", "see the d8 shell's --trace-gc", "$ node --trace-gc /srv/d8/run.js"]
)
def test_others_are_not_called_v8s_shell(tmp_path: Path, command: str) -> None:
    process = report_of(tmp_path, command, OF_D8)
    assert process.node.host == "Node" and "`node --trace-gc app.js" in what_to_do(process)


# ---------------------------------------------------------------- a heap that only rises


def test_a_short_log_of_a_rise_is_not_called_healthy(tmp_path: Path) -> None:
    risen = [
        f"[88:0x158008000]  {9000 + 80 * number} ms: Scavenge {80 + 4 * number}.1 (140.0) -> {66 + 4 * number}.2 (140.0) MB, "
        "0.8 / 0.0 ms  (average mu = 0.994, current mu = 0.994) allocation failure"
        for number in range(6)
    ]
    process = report_of(tmp_path, *risen)
    assert process.verdict.level == "not-assessable"
    assert "what collections left rose from 66.2 MB to 86.2 MB in 400 ms" in process.verdict.headline
    assert report_of(tmp_path, *risen[:3]).verdict.headline.startswith("Healthy so far")


def test_a_moment_of_little_but_gc_is_not_called_healthy(tmp_path: Path) -> None:
    busy = [
        f"[88:0x158008000]  {9000 + 200 * number} ms: Mark-sweep 4.1 (8.2) -> 4.1 (8.2) MB, 91.7 / 91.3 ms  "
        "(average mu = 0.599, current mu = 0.598) finalize incremental marking via task GC in old space requested"
        for number in range(4)
    ]
    headline = report_of(tmp_path, *busy).verdict.headline
    assert headline.startswith("Not assessable: the log is too short to say, and") and "went to GC" in headline


# ---------------------------------------------------------------- a host that has set no handler


@pytest.mark.parametrize(
    "lines",
    [
        ("Fatal error in Scavenger: semi-space copy", "Allocation failed - process out of memory", "Illegal instruction"),
        ("#", "# Fatal error in CALL_AND_RETRY_2", "# Allocation failed - process out of memory", "#"),
        ("", "#", "# Fatal error in CALL_AND_RETRY_LAST", "# Allocation failed - process out of memory", "#", ""),
    ],
)
def test_v8s_own_message_is_of_no_node(tmp_path: Path, lines: tuple[str, ...]) -> None:
    process = report_of(tmp_path, *lines)
    assert process.node.host == "V8" and "program that embeds V8" in what_to_do(process)


@pytest.mark.parametrize(
    "lines",
    [
        ("FATAL ERROR: CALL_AND_RETRY_2 Allocation failed - process out of memory",),
        ("#", "# Fatal error in , line 0", "# Fatal JavaScript invalid size error 169220804", "#"),
        (
            "# Fatal error in CALL_AND_RETRY_2",
            "# Allocation failed - process out of memory",
            " 1: node::Abort() [/usr/bin/node]",
            " 2: 0xe2c5fc [/usr/bin/node]",
        ),
    ],
    ids=["Node's handler", "a check", "a frame of Node"],
)
def test_node_is_still_called_node(tmp_path: Path, lines: tuple[str, ...]) -> None:
    assert report_of(tmp_path, *lines).node.host == "Node"
