"""Crashes from their text to what is said of them: messages of every host, stacks, tails, and whose limit it was."""

from __future__ import annotations

from pathlib import Path

import pytest

import gclog
from gclog.model.report import ProcessReport
from gclog.model.verdict import Limit, NoLimit

OOM = "Allocation failed - JavaScript heap out of memory"
REACHED = f"FATAL ERROR: Reached heap limit {OOM}"
BANNER = "<--- Last few GCs --->\n\n"


def mark_compact(at_ms: int, sizes: str, reason: str = "allocation failure; scavenge might not succeed", pid: int = 31) -> str:
    """A full collection of Node 20."""
    mu = "(average mu = 0.210, current mu = 0.030)"
    return f"[{pid}:0x6a1b000] {at_ms:8d} ms: Mark-Compact {sizes} MB, 412.20 / 0.00 ms  {mu} {reason}"


def tail(*lines: str) -> str:
    return BANNER + "\n".join(lines) + "\n\n"


@pytest.fixture
def read(tmp_path: Path):
    def process_of(text: str) -> ProcessReport:
        path = tmp_path / "death.log"
        path.write_text(text if text.endswith("\n") else text + "\n", encoding="utf-8")
        (process,) = gclog.analyze(path).processes
        return process

    return process_of


def observed(process: ProcessReport) -> str:
    return next(finding.observed for finding in process.findings if finding.id == "heap-exhausted")


# ---------------------------------------------------------------- hosts


@pytest.mark.parametrize(
    ("line", "host"),
    [
        ("[4242:1103/081530.112233:ERROR:content/renderer/v8_init.cc:77] V8 javascript OOM (Reached heap limit).", "Chromium"),
        ("[4242:19:1103/081530.112233:FATAL:v8_init.cc(77)] V8 javascript OOM (CALL_AND_RETRY_LAST).", "Chromium"),
        ("[1103/081530.112:ERROR:gin\\isolate\\init.cc(9)] V8 javascript OOM (MarkCompactCollector: semi-space copy).", "Chromium"),
        ("[1103/081530:ERROR:v8_init.cc(9)] V8 javascript OOM (Reached heap limit).", "Chromium"),
        ("E chromium: V8 javascript OOM (Ineffective mark-compacts near heap limit).", "Chromium"),
        (f"Fatal error in V8: CALL_AND_RETRY_LAST {OOM}", "Electron"),
        (f"OOM error in V8: Reached heap limit {OOM}", "Electron"),
        ("workerd/jsg/setup.c++:41: fatal: V8 fatal error; location = Reached heap limit; message = : allocation failed: "
         "JavaScript heap out of memory", "workerd"),
        ("# Fatal JavaScript out of memory: Reached heap limit\n#\n==== C stack trace ====\n\n    deno(+0x4ed2f53) [0x560da06ecf53]", "Deno"),
        ("# Fatal JavaScript out of memory: Reached heap limit\n#\n==== C stack trace ====\n\n    ./out/d8(+0x4ed2f53) [0x560da06ecf53]", "d8"),
        ("# Fatal JavaScript out of memory: Reached heap limit", "V8"),
        (REACHED, "Node"),
    ],
)  # fmt: skip
def test_a_death_is_read_in_the_form_of_every_host_and_the_host_is_named(read, line: str, host: str) -> None:
    process = read(line)
    assert process.crash is not None
    assert (process.verdict.level, process.crash.host, process.node.host) == ("exhausted", host, host)
    if host != "Node":
        assert process.node.range == ""
        assert not any("--heapsnapshot" in finding.remedy or "--trace-gc" in finding.remedy for finding in process.findings)


@pytest.mark.parametrize(
    "line",
    [
        "[4242:1103/081530.112233:ERROR:content/gpu.cc:77] GPU process exited unexpectedly",
        "The page said: V8 javascript OOM is what we saw last week.",
        "Fatal error in the build of V8",
        "workerd/server.c++:41: info: listening; location = lobby; message = hello",
    ],
)
def test_what_only_looks_like_a_message_of_a_host_is_none(tmp_path: Path, line: str) -> None:
    path = tmp_path / "app.log"
    alive = mark_compact(52_000, "40.0 (60.0) -> 30.0 (60.0)")
    path.write_text(f"{alive}\n{line}\n")
    (process,) = gclog.analyze(path).processes
    assert process.crash is None


@pytest.mark.parametrize("between", [0, 1, 12])
@pytest.mark.parametrize("cut", [17, 24, 45, 52, 68])
def test_a_line_that_a_host_without_a_buffer_tore_is_put_together(tmp_path: Path, cut: int, between: int) -> None:
    lines = [
        mark_compact(at, f"{mb}.5 (90.0) -> {mb - 9}.5 (90.0)") for at, mb in ((1300, 40), (2300, 50), (3300, 60), (4300, 70))
    ]
    torn = [f"{lines[1][:cut]}served /basket", *["served /basket"] * between, lines[1][cut:]]
    path = tmp_path / "torn.log"
    path.write_text("\n".join([lines[0], *torn, *lines[2:], ""]))
    (process,) = gclog.analyze(path).processes
    assert [(cycle.at_ms, cycle.after_mb) for cycle in process.cycles] == [
        (1300, 31.5),
        (2300, 41.5),
        (3300, 51.5),
        (4300, 61.5),
    ]


def test_a_host_that_prints_standard_error_first_is_one_death(read) -> None:
    message = "workerd/jsg/setup.c++:41: fatal: V8 fatal error; location = Reached heap limit; message = : allocation failed: JavaScript heap out of memory"
    process = read(
        f"{message}\n*** Received signal #6: Aborted\nstack: 18a4a98d7 18a3b0643\n{tail(mark_compact(88_000, '1403.8 (1416.6) -> 1396.1 (1417.5)'))}"
    )
    assert process.crash is not None
    assert (process.crash.kind, process.node.host, process.total) == ("heap-limit", "workerd", 1)
    assert process.crash.at_limit is not None and process.crash.at_limit.origin == "default"


# ---------------------------------------------------------------- V8's checks


@pytest.mark.parametrize(
    ("text", "kind", "message"),
    [
        ("#\n# Fatal error in , line 0\n# Fatal JavaScript invalid size error 201326592 (see crbug.com/1201626)\n#\n#\n",
         "one-large-allocation", "Fatal JavaScript invalid size error 201326592 (see crbug.com/1201626)"),
        ("Fatal error in , line 0\nFatal JavaScript invalid size error 188720505\n",
         "one-large-allocation", "Fatal JavaScript invalid size error 188720505"),
        ("Fatal JavaScript invalid size error 188720505 (see crbug.com/1201626)",
         "one-large-allocation", "Fatal JavaScript invalid size error 188720505 (see crbug.com/1201626)"),
        ("#\n# Fatal error in ../deps/v8/src/heap/spaces.cc, line 88\n# Check failed: IsAligned(size, kPage).\n#\n",
         "not-memory", "../deps/v8/src/heap/spaces.cc, line 88 Check failed: IsAligned(size, kPage)."),
        ("# Fatal error in , line 0\n# unreachable code\n", "not-memory", "unreachable code"),
        ("# Fatal error in CALL_AND_RETRY_2\n# Allocation failed - process out of memory\n", "heap-limit",
         "CALL_AND_RETRY_2 Allocation failed - process out of memory"),
        ("#\n# Fatal error in , line 0\n# API fatal error handler returned after process out of memory\n#\n", "unknown",
         "API fatal error handler returned after process out of memory"),
    ],
)  # fmt: skip
def test_the_line_after_a_failed_check_says_what_failed(read, text: str, kind: str, message: str) -> None:
    crash = read(text).crash
    assert crash is not None
    assert (crash.kind, crash.message) == (kind, message)


def test_a_refused_size_is_one_advice_and_no_last_resort(read) -> None:
    process = read(f"FATAL ERROR: invalid table size {OOM}")
    remedies = [finding.remedy for finding in process.findings if not finding.remedy.startswith("Follow ")]
    assert len(remedies) == 1
    said = " ".join(f"{finding.title} {finding.observed} {finding.threshold}" for finding in process.findings)
    assert "last-resort" not in said and "refused the size before it tried" in said
    assert "no heap limit helps" in process.verdict.headline


@pytest.mark.parametrize(
    "text",
    [
        "# Fatal error in , line 0\n# API fatal error handler returned after process out of memory",
        f"FATAL ERROR: CALL_AND_RETRY_LAST {OOM}",
    ],
)
def test_what_cannot_be_told_is_not_told_with_confidence(read, text: str) -> None:
    process = read(text)
    (finding,) = [one for one in process.findings if one.id == "heap-exhausted"]
    assert (process.verdict.level, finding.confidence) == ("exhausted", "low")
    assert "(B) " not in finding.title


# ---------------------------------------------------------------- stacks


@pytest.mark.parametrize(
    ("message", "frames", "symbols"),
    [
        ("v8::ToLocalChecked Empty MaybeLocal.",
         " 1: 0x8fa0c0 node::Abort() [node]\n 2: 0x8fa10c  [node]", ("node::Abort()", "0x8fa10c")),
        ("v8::HandleScope::CreateHandle() Cannot create a handle without a HandleScope",
         " 1: node::Abort() [/usr/bin/node]\n 2: 0x12ab34 [/usr/bin/node]", ("node::Abort()", "0x12ab34")),
        ("Error::ThrowAsJavaScriptException napi_throw",
         " 1: 0x104b1c2a8 node::Abort() [/opt/homebrew/bin/node]", ("node::Abort()",)),
        ("v8::Object::SetInternalField() Internal field out of bounds",
         " 1: 00007FF6D51A3FBF node::Abort+88\n 2: 00007FF6D51A3FC0", ("node::Abort+88", "00007FF6D51A3FC0")),
    ],
)  # fmt: skip
def test_frames_right_after_a_message_are_frames(read, message: str, frames: str, symbols: tuple[str, ...]) -> None:
    crash = read(f"FATAL ERROR: {message}\n{frames}").crash
    assert crash is not None
    assert (crash.kind, crash.message, crash.native_stack) == ("not-memory", message, symbols)


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("FATAL ERROR: node::smalloc::Alloc(v8::Handle<v8::Object>, size_t, ExternalArrayType) Out Of Memory", "native-memory"),
        ("FATAL ERROR: v8::ArrayBuffer::NewBackingStore Allocation failed - process out of memory", "native-memory"),
        (f"FATAL ERROR: Committing semi space failed. {OOM}", "native-memory"),
        ("FATAL ERROR: Zone Allocation failed - process out of memory", "native-memory"),
        ("# Fatal process out of memory: Failed to reserve virtual memory for CodeRange", "native-memory"),
        ("# Fatal process OOM in insufficient memory to create an Isolate", "native-memory"),
        ("FATAL ERROR: WasmCodeManager::Commit Allocation failed - process out of memory", "native-memory"),
    ],
)
def test_every_death_of_native_memory_is_exhausted(read, text: str, kind: str) -> None:
    process = read(text)
    assert process.crash is not None
    assert (process.verdict.level, process.crash.kind) == ("exhausted", kind)


def test_a_wrapped_message_is_still_put_together(read) -> None:
    crash = read(
        "FATAL ERROR: Ineffective mark-compacts near heap limit Allocation failed -\nJavaScript heap out of memory\n 1: 0xa1b2c3 node::Abort() [node]"
    ).crash
    assert crash is not None
    assert (crash.kind, crash.message) == ("ineffective-mark-compacts", f"Ineffective mark-compacts near heap limit {OOM}")
    assert crash.native_stack == ("node::Abort()",)


def test_the_javascript_stack_of_node_20_is_read_and_its_first_place_named(read) -> None:
    stack = "----- JavaScript stack trace -----\n\n1: node:internal/util:12:3\n2: collect (/srv/shop/basket.mjs:9:17)\n3: file:///srv/shop/main.mjs:4:1\n"
    process = read(
        f"{REACHED}\n----- Native stack trace -----\n\n 1: 0xb78db3 node::OOMErrorHandler(char const*) [node]\n\n{stack}"
    )
    assert process.crash is not None
    assert process.crash.js_stack == (
        "node:internal/util:12:3",
        "collect (/srv/shop/basket.mjs:9:17)",
        "file:///srv/shop/main.mjs:4:1",
    )
    assert process.crash.place == "collect (/srv/shop/basket.mjs:9:17)"
    assert "JavaScript at collect (/srv/shop/basket.mjs:9:17)" in observed(process)


@pytest.mark.parametrize("cut", ["", " [0x3f1c8", " [0x3f1c8a31] [/srv/shop/bask", " [0x3f1c8a31] [/srv/shop/basket.js:~1"])
def test_what_is_no_frame_of_the_program_is_not_shown_and_a_cut_one_is_no_native_one(read, cut: str) -> None:
    text = (
        "<--- JS stacktrace --->\n\n==== JS stack trace =========================================\n\n"
        "    0: ExitFrame [pc: 0x142b7d9]\nSecurity context: 0x0dced9f008d1 <JSObject>\n"
        "    1: fill [0x3f1c8a00] [/srv/shop/basket.js:41] [bytecode=0x26f2c6e8 offset=4](this=0x042f <Object>)\n"
        f"    2: pack{cut}\n\nFATAL ERROR: invalid array length {OOM}\n 1: 0xa1b2c3 node::Abort() [node]\n"
    )
    crash = read(text).crash
    assert crash is not None
    assert crash.js_stack[0] == crash.place == "fill (/srv/shop/basket.js:41)"
    assert len(crash.js_stack) == (2 if cut else 1)
    assert crash.native_stack == ("node::Abort()",)


# ---------------------------------------------------------------- tails


@pytest.mark.parametrize(
    "text",
    [
        f"{mark_compact(88_210, '496.1 (520.0) -> 495.9 (519.0)')}\n{REACHED}",
        f"{mark_compact(88_210, '496.1 (520.0) -> 495.9 (519.0)')}\n{mark_compact(88_900, '496.3 (520.0) -> 496.0 (519.0)')}\n\n{REACHED}",
        f"{REACHED}\n{tail(mark_compact(88_210, '496.1 (520.0) -> 495.9 (519.0)'))}",
        tail(mark_compact(88_210, "496.1 (520.0) -> 495.9 (519.0)")) + REACHED,
        f"{REACHED}\n{mark_compact(88_900, '496.3 (520.0) -> 496.0 (519.0)')}\n{mark_compact(88_210, '496.1 (520.0) -> 495.9 (519.0)')}\n{BANNER}",
        f"{mark_compact(88_900, '496.3 (520.0) -> 496.0 (519.0)')}\n{REACHED}\n{mark_compact(88_210, '496.1 (520.0) -> 495.9 (519.0)')}",
    ],
    ids=["one line", "two lines", "message first", "banner", "newest first", "scrambled"],
)
def test_a_few_late_lines_and_a_fatal_error_are_a_tail_in_any_order(read, text: str) -> None:
    process = read(text)
    assert process.coverage.only_tail
    assert process.verdict.level == "exhausted"
    assert process.verdict.not_foreseeable is not None


def test_lines_from_the_start_are_no_tail(read) -> None:
    early = [mark_compact(at, f"{mb}.0 (90.0) -> {mb - 1}.0 (90.0)") for at, mb in ((300, 20), (700, 40), (1100, 60))]
    assert not read("\n".join([*early, REACHED])).coverage.only_tail


def test_a_banner_without_its_message_is_a_death_and_nobody_is_told_to_restart_it(read) -> None:
    process = read(
        tail(mark_compact(912_000, "260.0 (290.0) -> 259.9 (290.0)"), mark_compact(912_600, "260.1 (290.0) -> 259.9 (290.0)"))
    )
    assert process.verdict.level == "exhausted"
    assert not any("estart it gracefully" in finding.remedy for finding in process.findings)


def test_a_message_that_means_four_is_not_called_strike_one(read) -> None:
    text = tail(
        mark_compact(912_000, "260.0 (290.0) -> 259.9 (290.0)"), mark_compact(912_600, "260.1 (290.0) -> 259.9 (290.0)")
    )
    process = read(f"{text}FATAL ERROR: Ineffective mark-compacts near heap limit {OOM}")
    assert not any("strike 1 of 4" in f"{finding.title} {process.verdict.headline}" for finding in process.findings)


# ---------------------------------------------------------------- the limit


@pytest.mark.parametrize(
    ("sizes", "origin", "mb"),
    [
        ("2040.9 (2083.3) -> 2039.9 (2082.3)", "default", 2048),
        ("4080.9 (4140.3) -> 4079.9 (4139.3)", "default", 4096),
        ("2990.9 (3046.0) -> 2989.9 (3045.0)", "set", 3000),
        ("1010.9 (1066.0) -> 1009.9 (1065.0)", "unclear", 1024),
        ("1101.0 (1604.0) -> 1100.0 (2096.0)", "default", 2048),
    ],
)
def test_the_limit_comes_from_what_was_committed_and_is_called_a_default_if_it_is_one(
    read, sizes: str, origin: str, mb: float
) -> None:
    process = read(tail(mark_compact(7_200_000, sizes)) + REACHED)
    assert process.crash is not None and process.crash.at_limit is not None
    assert (process.crash.at_limit.origin, round(process.crash.at_limit.mb)) == (origin, mb)
    assert isinstance(process.limit, Limit) and round(process.limit.mb) == mb


def test_a_large_gap_between_alive_and_committed_says_one_large_object(read) -> None:
    process = read(tail(mark_compact(7_200_000, "1101.0 (1604.0) -> 1100.0 (2096.0)")) + REACHED)
    assert "one large object did not fit, or the heap is fragmented; the last step was 492.0 MB" in observed(process)


def test_the_age_bounds_what_a_higher_limit_buys(read) -> None:
    process = read(tail(mark_compact(432_000_000, "4080.9 (4140.3) -> 4079.9 (4139.3)")) + REACHED)
    assert "a day on average: twice the limit buys as long again at most" in observed(process)


@pytest.mark.parametrize(
    ("sizes", "message"),
    [
        ("33.0 (61.0) -> 32.0 (61.0)", "FATAL ERROR: Zone Allocation failed - process out of memory"),
        ("33.0 (5300000.0) -> 32.0 (5300000.0)", REACHED),
    ],
    ids=["native memory", "a counter that printed nonsense"],
)
def test_no_limit_is_inferred_from_native_deaths_or_nonsense(read, sizes: str, message: str) -> None:
    process = read(tail(*(mark_compact(at, sizes) for at in (91_000, 91_500, 92_000, 92_500))) + message)
    assert isinstance(process.limit, NoLimit)


@pytest.mark.parametrize(
    ("module", "version"),
    [
        ("/home/ci/.nvm/versions/node/v20.9.0/bin/node", "20.9.0"),
        ("/opt/hostedtoolcache/node/20.17.0/x64/bin/node", "20.17.0"),
        ("/opt/homebrew/Cellar/node@20/20.18.1/bin/node", "20.18.1"),
        ("/home/ci/.volta/tools/image/node/20.5.1/bin/node", "20.5.1"),
        ("/home/ci/.asdf/installs/nodejs/20.5.1/bin/node", "20.5.1"),
        ("/srv/shop/v20.1.2/bin/node", "20-21"),
        ("/home/ci/.nvm/versions/node/v12.1.0/bin/node", "20-21"),
    ],
)
def test_an_exact_version_beats_a_range_unless_the_lines_contradict_it(read, module: str, version: str) -> None:
    process = read(
        f"{tail(mark_compact(88_000, '496.1 (520.0) -> 495.9 (519.0)'))}{REACHED}\n 1: 0xa1b2c3 node::Abort() [{module}]"
    )
    assert process.node.range == version


def test_node_names_its_version_below_an_exception(read) -> None:
    assert (
        read(f"{tail(mark_compact(88_000, '496.1 (520.0) -> 495.9 (519.0)'))}{REACHED}\n\nNode.js v20.17.0").node.range
        == "20.17.0"
    )


def test_a_known_default_tells_a_full_heap_from_one_allocation(read) -> None:
    def of(sizes: str) -> ProcessReport:
        return read(tail(mark_compact(96_000, sizes, "last resort;")) + f"FATAL ERROR: CALL_AND_RETRY_LAST {OOM}")

    full, roomy = of("2041.0 (2090.0) -> 2040.0 (2089.0)"), of("1201.0 (1604.0) -> 1200.0 (2088.0)")
    assert full.crash is not None and roomy.crash is not None
    assert (full.crash.kind, roomy.crash.kind) == ("heap-limit", "one-large-allocation")
    assert "cannot be distinguished" not in observed(full)


def test_a_tiny_heap_is_not_what_ran_out(read) -> None:
    process = read(
        tail(*(mark_compact(at, "3.1 (39.1) -> 3.0 (39.1)", "last resort;") for at in (14_100, 14_120, 14_140)))
        + f"FATAL ERROR: CALL_AND_RETRY_LAST {OOM}"
    )
    assert process.crash is not None
    assert process.crash.kind == "unknown" and isinstance(process.limit, NoLimit)
    assert "cannot be told" in process.verdict.headline


def test_a_frame_of_nodes_own_library_is_not_the_place(read) -> None:
    stack = "<--- JS stacktrace --->\n==== JS stack trace =========================================\n"
    frames = (
        "    1: fromString(aka fromString) [buffer.js:314] [pc=0x3a1b2c] (this=0x1a <Object>)\n"
        "    2: load [/srv/shop/load.js:12] [pc=0x3a1b2d] (this=0x1a <Object>)\n"
    )
    crash = read(f"{stack}{frames}FATAL ERROR: CALL_AND_RETRY_LAST {OOM}").crash
    assert crash is not None and crash.place == "load (/srv/shop/load.js:12)"


def test_the_name_of_a_collection_says_more_of_the_version_than_the_form_of_a_cut_line(read) -> None:
    node = read(f"{tail('[31:0x6a1b000]    30065 ms: Mark-sweep 487.0 (520.0) -> 486.9 (521.0) MB')}{REACHED}").node
    assert node.last_major <= 19


def test_a_process_that_goes_on_is_not_the_worker_that_was_stopped(read) -> None:
    gc = [mark_compact(1000 * at, f"{20 + at % 2}.0 (30.0) -> 12.0 (30.0)", "task;") for at in range(1, 9)]
    stopped = "Error [ERR_WORKER_OUT_OF_MEMORY]: Worker terminated due to reaching memory limit: JS heap out of memory"
    process = read("\n".join([*gc[:4], stopped, *gc[4:]]))
    assert process.crash is None
    assert process.verdict.headline.endswith("a worker of it was stopped at its own heap limit, line 5.")


@pytest.mark.parametrize(("mu", "kind"), [("0.990", "unknown"), ("0.210", "heap-limit")])
def test_no_room_to_move_is_no_full_heap_while_the_program_has_its_time(read, mu: str, kind: str) -> None:
    lines = [mark_compact(90_000 + at, "220.8 (233.0) -> 212.8 (233.0)").replace("0.210", mu) for at in (0, 400)]
    process = read(tail(*lines) + f"<--- JS stacktrace --->\n\nFATAL ERROR: Scavenger: semi-space copy {OOM}")
    assert process.crash is not None and process.crash.kind == kind
    assert ("the system may have refused the memory" in process.crash.reason) is (kind == "unknown")
    assert ("See first whether the system" in process.findings[0].remedy) is (kind == "unknown")


@pytest.mark.parametrize(
    ("pid", "killed", "doubted"),
    [(48211, 52310, True), (48211, 48211, False), (15, 52310, False)],
    ids=["other", "own", "in a container"],
)
def test_a_pid_that_is_not_the_log_s_is_doubted_unless_a_container_counts_its_own(
    read, pid: int, killed: int, doubted: bool
) -> None:
    gc = [mark_compact(1000 * at, "20.0 (30.0) -> 12.0 (30.0)", "task;", pid) for at in range(1, 9)]
    kill = f"kernel: Memory cgroup out of memory: Killed process {killed} (node) total-vm:1203404kB, anon-rss:524288kB"
    process = read("\n".join([*gc, kill]))
    assert process.kill is not None
    assert (f"if it is the process node with pid {killed} to the kernel" in process.verdict.headline) is doubted


def test_what_rose_before_a_death_without_an_alarm_is_said(read) -> None:
    gc = [mark_compact(1000 * at, f"{70 + 8 * at}.0 (1200.0) -> {60 + 8 * at}.0 (1200.0)", "task;") for at in range(1, 14)]
    process = read("\n".join(gc).replace("0.210", "0.950") + f"\n\n{REACHED}")
    assert process.verdict.foreseeable_ms is None
    assert process.verdict.headline.endswith("; rising for 8.0 s before, which alone is no alarm.")
