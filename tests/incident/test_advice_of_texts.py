"""What to do fits the program that died, by what its text shows: a build, tests, a service; the shell that started it."""

from __future__ import annotations

from pathlib import Path

import pytest

import gclog
from gclog.model.report import ProcessReport
from gclog.report.say.process import what_to_do

RING = "<--- Last few GCs --->"
AT_2_GB = (
    "[611:0x6a1b000]    52003 ms: Mark-Compact 2030.1 (2081.4) -> 2021.7 (2082.0) MB, 802.20 / 0.00 ms  "
    "(average mu = 0.210, current mu = 0.030) allocation failure; scavenge might not succeed"
)
AT_64_MB = AT_2_GB.replace("2030.1 (2081.4) -> 2021.7 (2082.0)", "63.9 (70.1) -> 63.2 (70.3)")
ON_WINDOWS = AT_2_GB.replace("0x6a1b000", "000001C9DE4FDA90")
REACHED = "FATAL ERROR: Reached heap limit Allocation failed - JavaScript heap out of memory"


def step_of(folder: Path, *before: str, ring: str = AT_2_GB, after: tuple[str, ...] = (), fatal: str = REACHED) -> str:
    return what_to_do(process_of(folder, *before, ring=ring, after=after, fatal=fatal))


def process_of(
    folder: Path, *before: str, ring: str = AT_2_GB, after: tuple[str, ...] = (), fatal: str = REACHED
) -> ProcessReport:
    log = folder / "pasted.txt"
    log.write_text("\n".join([*before, "", RING, "", ring, "", fatal, *after]) + "\n")
    return gclog.analyze(log).processes[0]


# ---------------------------------------------------------------- where the limit was set


@pytest.mark.parametrize(
    "command",
    [
        "$ node --max-old-space-size=64 import.js",
        "> /usr/bin/node --trace-warnings --max_old_space_size 64 import.js",
        'CMD ["node", "--max-old-space-size=64", "import.js"]',
        r"C:\tools> node.exe --max-old-space-size=64 import.js",
    ],
)
def test_a_flag_of_the_command_is_changed_there(tmp_path: Path, command: str) -> None:
    step = step_of(tmp_path, command, ring=AT_64_MB.replace("52003", "1203"))
    assert "`--max-old-space-size=512` in place of 64 on its command line" in step


@pytest.mark.parametrize(
    "command", ["NODE_OPTIONS=--max-old-space-size=64 npm start", "export NODE_OPTIONS='--max-old-space-size=64'"]
)
def test_a_variable_stays_one(tmp_path: Path, command: str) -> None:
    step = step_of(tmp_path, command, ring=AT_64_MB.replace("52003", "1203"))
    assert "`export NODE_OPTIONS=--max-old-space-size=512`" in step


# ---------------------------------------------------------------- what it was at


@pytest.mark.parametrize(
    ("line", "command"),
    [
        (" RUN  v2.0.5 /srv/shop", "`vitest run --logHeapUsage`"),
        (" ✓ src/basket.test.ts (7 tests) 81ms", "`vitest run --logHeapUsage`"),
        ("PASS src/basket.test.js (31.2 s)", "`jest --logHeapUsage --runInBand`"),
    ],
)
def test_a_run_of_tests_is_asked_first_which_file_leaves_the_heap(tmp_path: Path, line: str, command: str) -> None:
    step = step_of(tmp_path, line)
    assert step.startswith(f"Run {command}") and "uild" not in step


JS_STACK = ("", "==== JS stack trace =========================================", "")
IN_EXPRESS = (
    "    2: handle [/srv/shop/node_modules/express/lib/router/layer.js:95] [pc=0x2d24f40654ac](this=0x36549dd39899 <Layer>)"
)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (("[nodemon] starting `node app.js`",), ()),
        (("Listening on port 8080",), ()),
        (("server is running at http://localhost:4000",), ()),
        (("[PM2] App [shop] launched (1 instances)",), ()),
        ((), (*JS_STACK, IN_EXPRESS)),
    ],
    ids=["nodemon", "a port", "an address", "pm2", "a frame"],
)
def test_a_service_is_no_piece_of_work_that_is_simply_large(
    tmp_path: Path, before: tuple[str, ...], after: tuple[str, ...]
) -> None:
    process = process_of(tmp_path, *before, after=after)
    assert "simply this large" not in process.findings[0].remedy
    assert "More heap only buys time if it leaks" in process.findings[0].remedy


@pytest.mark.parametrize("line", ["the queue is running low", "listening to the radio on", "[nodemon] 3.1.0"])
def test_who_may_be_anything_may_need_more(tmp_path: Path, line: str) -> None:
    step = step_of(tmp_path, line)
    assert step.startswith("If its work is simply this large, give it twice the heap") and "build" not in step


def test_a_development_server_that_builds_is_a_build(tmp_path: Path) -> None:
    assert step_of(tmp_path, "[webpack-dev-server] Project is running at http://localhost:8080/").startswith("A build may")


# ---------------------------------------------------------------- programs of others


def test_a_program_that_the_shell_names_is_not_ones_own(tmp_path: Path) -> None:
    after = ("/bin/bash: line 1:   611 Aborted                 (core dumped) shopctl sync --all",)
    assert step_of(tmp_path, after=after).startswith("If you did not write this program: update it")


def test_the_abort_of_another_program_is_no_death_of_node(tmp_path: Path) -> None:
    log = tmp_path / "gc.log"
    log.write_text(f"{AT_2_GB}\nbash: line 4: 98 Aborted (core dumped) sorter --big\n")
    assert gclog.analyze(log).processes[0].crash is None


# ---------------------------------------------------------------- systems and versions


def test_a_variable_before_a_command_is_written_as_windows_takes_it(tmp_path: Path) -> None:
    step = step_of(tmp_path, "Listening on port 8080", ring=ON_WINDOWS)
    assert "`set SAMPLE_HEAP_MS=500&& node --require ./sample-heap.cjs`" in step
    assert "PowerShell: `$env:SAMPLE_HEAP_MS='500'; node --require" in step


OLD = "FATAL ERROR: CALL_AND_RETRY_LAST Allocation failed - JavaScript heap out of memory"
OF_NODE_7_TO_10 = (
    "[611:0x38eda20]   310972 ms: Mark-sweep 1400.5 (1488.2) -> 1400.5 (1487.2) MB, 2265.6 / 0.0 ms  (+ 0.0 ms in 0 steps since start of "
    "marking, biggest step 0.0 ms, walltime since start of marking 2266 ms) last resort "
)


def test_who_may_have_a_node_without_the_variable_is_told_the_flag_too(tmp_path: Path) -> None:
    step = step_of(tmp_path, "vite v1.0.0 building for production...", ring=OF_NODE_7_TO_10, fatal=OLD)
    assert "(from Node 8 on; before, `node --max-old-space-size=3072 node_modules/.bin/vite`)" in step
