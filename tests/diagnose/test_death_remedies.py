"""What to do after a death: one kind of case each, with near misses."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from diagnose_cases import (
    DEAD,
    LEAKING,
    LIMIT,
    MEMORY,
    changed,
    make_case,
    make_crash,
    make_cycles,
    make_heap,
    read_message,
    say,
)

from gclog.diagnose.death_remedies import advise_on_assertion, advise_on_death
from gclog.diagnose.registry import run_rules
from gclog.diagnose.remedies import say_what_more_buys
from gclog.diagnose.sentences import first_step, take_first
from gclog.diagnose.surroundings import culprit_of, first_frame, is_32_bit, lived_ms, platform_of, version_of, written_snapshots
from gclog.model.process import NodeVersion
from gclog.model.report import FindingReport, ProcessReport
from gclog.model.verdict import Limit, LimitAtDeath, NoLimit
from gclog.model.witness import HeapAfterTest, MemoryLimit
from gclog.report.say.process import what_to_do

HOUR_MS = 3_600_000.0
NO_LIMIT = NoLimit("not in the log")
DEFAULT_1400 = Limit(1400.0, 1400.0, 1400.0, "crash", "the default of Node 11 and before, whatever memory there is", None)


def at_limit(mb: float, origin: Any = "default", live_mb: float | None = None) -> LimitAtDeath:
    return LimitAtDeath(mb, mb, mb, origin, "why", mb if live_mb is None else live_mb, mb, None, None)


def dead(kind: Any = "heap-limit", live_mb: float | None = 90.0, limit: Any = LIMIT, **changes: Any) -> ProcessReport:
    """A process that died with this live set; what does not belong to its crash is named before."""
    own = {name: changes.pop(name) for name in ("isolate", "node", "messages", "growth", "main") if name in changes}
    cycles = () if live_mb is None else make_cycles(live_mb)
    heap = make_heap() if live_mb is not None else make_heap(live_mb=MEMORY.rss_mb_per_h)
    return changed(
        DEAD, crash=make_crash(kind, **changes), cycles=cycles, heap=heap, limit=limit, what_if=(), **{"growth": "none"} | own
    )


def advise(process: ProcessReport) -> str:
    assert process.crash is not None
    return first_step(advise_on_death(process, process.crash))


def native(location: str, **changes: Any) -> ProcessReport:
    return dead("native-memory", location=location, message=f"{location} Allocation failed - process out of memory", **changes)


@pytest.mark.parametrize(
    ("process", "says"),
    [
        (
            native("Committing semi space failed.", platform="linux"),
            "`free -m; ulimit -a; sysctl vm.overcommit_memory vm.max_map_count; ps",
        ),
        (native("NewSpace::Rebalance", platform="windows"), "enlarge the page file"),
        (native("NewSpace::Rebalance", platform="macos"), "`memory_pressure | tail -1;"),
        (native("Committing semi space failed."), "on Windows, the commit limit (RAM and page file) is what counts"),
        (native("NewSpace::Rebalance", live_mb=912.0), "Its own heap of 912.0 MB may be what used up the memory"),
        (native("Zone", live_mb=40.0), "The system refused V8 memory for a compilation"),
        (native("insufficient memory to create an Isolate", live_mb=None), "no code of yours had run"),
        (native("MemoryChunk allocation failed during deserialization.", live_mb=None), "no code of yours had run"),
        (
            native("Failed to reserve virtual memory for CodeRange", live_mb=None, platform="macos"),
            "com.apple.security.cs.allow-jit",
        ),
        (
            native("CodeRange setup: allocate virtual memory", live_mb=None, platform="linux"),
            "`ulimit -v` should say unlimited",
        ),
        (native("WasmMemory::Grow"), "`node --disable-wasm-trap-handler`"),
        (native("v8::ArrayBuffer::NewBackingStore"), "what keeps Buffers"),
        (native("v8::ArrayBuffer::NewBackingStore", isolate="00F3A1B8"), "A 32-bit process has 2 GB of address space"),
        (
            dead("heap-limit", 1.9, NO_LIMIT, location="MarkCompactCollector: young object promotion failed"),
            "see what the system refuses",
        ),
        (dead("unknown", 3.1, NO_LIMIT, location="CALL_AND_RETRY_LAST"), "see what the system refuses"),
    ],
)
def test_memory_that_the_system_refused_is_looked_for_in_the_system(process: ProcessReport, says: str) -> None:
    assert says in advise(process)


@pytest.mark.parametrize(
    "location", ["insufficient memory to create an Isolate", "heap setup", "CodeRange", "Zone", "NewSpace::Grow"]
)
def test_no_javascript_is_asked_for_where_none_can_run(location: str) -> None:
    process = native(location)
    assert process.crash is not None
    text = advise_on_death(process, process.crash)
    assert "memoryUsage" not in text and "container's memory limit" not in text


@pytest.mark.parametrize(
    ("process", "says"),
    [
        (dead(host_program="PM2's daemon"), "`pm2 update`"),
        (dead(host_program="VS Code's extension host"), "`Help: Start Extension Bisect`"),
        (dead(host_program="AWS Lambda", limit=replace(LIMIT, mb=220.0)), "--memory-size 512`"),
        (dead(host_program="isolated-vm", limit=NO_LIMIT), "`new ivm.Isolate({ memoryLimit: MB })`"),
        (
            dead(node=NodeVersion("", 22, 23, "", "Deno"), limit=replace(LIMIT, mb=1400.0)),
            "`deno run --v8-flags=--max-old-space-size=3072`",
        ),
        (dead(node=NodeVersion("", 16, 17, "", "V8"), limit=replace(LIMIT, mb=300.0)), "`--max-old-space-size=1024`"),
        (dead(node=NodeVersion("", 22, 24, "", "d8")), "`d8 --max-old-space-size=512`"),
        (native("Committing semi space failed.", host_program="PM2's daemon"), "`pm2 update`"),
        (dead(host_program="SAM local", limit=NO_LIMIT), "template.yaml"),
        (
            dead(is_tool=True, limit=replace(LIMIT, mb=900.0)),
            "give it more heap: `export NODE_OPTIONS=--max-old-space-size=2048`.",
        ),
        (dead(is_tool=True, limit=NO_LIMIT, node=NodeVersion("6", 6, 6, "")), "`node --max-old-space-size=4096 PATH"),
        (
            native("CodeRange", live_mb=None, messages=(say("emulated", "qemu: uncaught target signal 6 (Aborted)"),)),
            "build on a machine of that platform",
        ),
        (native("Out of memory, size", node=NodeVersion("", 22, 24, "", "Chromium")), "`Shift+Esc`"),
    ],
)
def test_advice_can_be_followed_in_the_host(process: ProcessReport, says: str) -> None:
    text = advise(process)
    assert says in text and "sample-heap" not in text


TAIL = {"message": "", "location": None}


@pytest.mark.parametrize(
    ("process", "begins"),
    [
        (dead("unknown", 40.0, **TAIL), "Keep stdout and stderr in one log"),
        (dead("unknown", 40.0, is_cut=True, **TAIL), "Get the rest of the text"),
        (dead("unknown", 93.0, is_cut=True, **TAIL), "Start it with `SAMPLE_HEAP_MS=500 node --require ./sample-heap.cjs`"),
        (dead("unknown", 87.0, **TAIL), "Start it with `SAMPLE_HEAP_MS=500 node --require ./sample-heap.cjs`"),
        (dead("unknown", 93.0, **TAIL), "Start it with `SAMPLE_HEAP_MS=500 node --require ./sample-heap.cjs`"),
        (dead("unknown", 2.0, NO_LIMIT, is_cut=True, **TAIL), "Get the rest of the text"),
    ],
)
def test_a_full_heap_comes_before_a_missing_message(process: ProcessReport, begins: str) -> None:
    assert advise(process).startswith(begins)


WEBPACK = ("1: emit [/srv/shop/node_modules/webpack/lib/Compiler.js:412] [pc=0x1]",)


@pytest.mark.parametrize(
    ("process", "says"),
    [
        (dead(js_stack=WEBPACK, limit=replace(LIMIT, mb=1900.0)), "`export NODE_OPTIONS=--max-old-space-size=4096`"),
        (dead(js_stack=WEBPACK, platform="windows"), "`set NODE_OPTIONS=--max-old-space-size=512` (PowerShell:"),
        (dead(js_stack=WEBPACK, node=NodeVersion("6", 6, 6, "")), "`node --max-old-space-size=512 node_modules/.bin/webpack`"),
        (dead(host_program="Meteor's build tool", platform="windows"), "`set TOOL_NODE_FLAGS="),
        (dead(host_program="Meteor's build tool"), "`export TOOL_NODE_FLAGS="),
        (dead(messages=(say("image_build", "Step 7/12 : RUN npm run build"),)), "`ENV NODE_OPTIONS=--max-old-space-size="),
        (dead(is_tool=True, messages=(say("build_runs", "vite v5.1.0 building"),)), "A build may simply need this much"),
        (dead(messages=(say("build_runs", "vite v5.1.0 building for production..."),)), "A build may simply need this much"),
        (
            dead(at_limit=at_limit(4144.0), limit=NO_LIMIT),
            "If its work is simply this large, give it twice the heap",
        ),
        (dead(at_limit=at_limit(4144.0), limit=NO_LIMIT), "--max-old-space-size=8192`"),
        (dead(at_limit=at_limit(1400.0), limit=NO_LIMIT), "--max-old-space-size=3072`"),
    ],
)
def test_work_that_may_be_this_large_is_given_twice_the_heap(process: ProcessReport, says: str) -> None:
    assert says in advise(process)


@pytest.mark.parametrize(
    "process",
    [
        dead(js_stack=WEBPACK, at_ms=HOUR_MS + 1),
        dead(at_limit=at_limit(4144.0), limit=NO_LIMIT, at_ms=5 * HOUR_MS),
        dead(at_limit=at_limit(700.0, "unclear"), limit=NO_LIMIT),
        dead(js_stack=("1: build [/srv/app/lib/vite-like.js:1]", "2: f [/srv/webpacked.js:2]")),
    ],
    ids=["a build of an hour", "a default after hours", "nobody's default", "names that are no tools"],
)
def test_a_leak_is_not_given_more(process: ProcessReport) -> None:
    assert "twice the heap" not in advise(process)


def within(memory_mb: float, process: ProcessReport) -> ProcessReport:
    return replace(process, memory_limit=MemoryLimit(memory_mb, "given by the user", None))


@pytest.mark.parametrize(
    ("process", "says", "not_says"),
    [
        (
            within(12_288.0, dead(at_limit=at_limit(4144.0), limit=NO_LIMIT)),
            "give it twice the heap: `export NODE_OPTIONS=--max-old",
            "12.00 GB",
        ),
        (
            within(8192.0, dead(at_limit=at_limit(4144.0), limit=NO_LIMIT)),
            "as much heap as the container of 8.00 GB holds: `export NODE_OPTIONS=--max-old-space-size=6144`",
            "8192",
        ),
        (
            within(6000.0, dead(at_limit=at_limit(4144.0), limit=NO_LIMIT)),
            "give the container 10.67 GB of memory first, now 5.86 GB, and then give it twice the heap",
            "on a machine that has it",
        ),
        (within(4096.0, dead(js_stack=WEBPACK, limit=replace(LIMIT, mb=2048.0))), "--max-old-space-size=3072`", "4096"),
        (within(2048.0, dead(messages=(say("build_runs", "next build"),), live_mb=None, limit=NO_LIMIT)), "=1536`", "8192"),
        (within(1000.0, dead(is_tool=True, limit=replace(LIMIT, mb=900.0))), "Its container needs 2.67 GB", "on a machine"),
        (
            within(2048.0, dead(node=NodeVersion("", 22, 23, "", "Deno"), limit=replace(LIMIT, mb=1000.0))),
            "`deno run --v8-flags=--max-old-space-size=1536`",
            "2048",
        ),
        (within(128.0, dead(host_program="AWS Lambda", limit=replace(LIMIT, mb=220.0))), "--memory-size 512`", "first"),
    ],
    ids=["it fits", "part of it fits", "nothing more fits", "a build", "a build, no limit", "a tool", "a host", "all memory"],
)
def test_no_heap_is_asked_for_that_the_container_cannot_hold(process: ProcessReport, says: str, not_says: str) -> None:
    assert process.crash is not None
    said = advise_on_death(process, process.crash)
    assert says in said and not_says not in said


def test_more_that_the_container_cannot_hold_buys_no_time() -> None:
    bought = say_what_more_buys(replace(LEAKING, memory_limit=MemoryLimit(200.0, "given by the user", None)))
    assert bought == "" != say_what_more_buys(LEAKING)


@pytest.mark.parametrize(
    ("version", "changes", "last"),
    [
        (
            NodeVersion("0.8-26", 0, 26, ""),
            {"location": "CALL_AND_RETRY_2", "message": "CALL_AND_RETRY_2 Allocation failed"},
            6,
        ),
        (NodeVersion("0.8-26", 0, 26, ""), {"location": "JS", "message": "JS Allocation failed - process out of memory"}, 6),
        (NodeVersion("4-26", 4, 26, ""), {"location": "CALL_AND_RETRY_LAST", "message": "... - process out of memory"}, 6),
        (
            NodeVersion("4-26", 4, 26, ""),
            {"location": "CALL_AND_RETRY_LAST", "message": "... - JavaScript heap out of memory"},
            26,
        ),
        (NodeVersion("4-26", 4, 26, ""), {"location": "Zone", "message": "Zone Allocation failed - process out of memory"}, 26),
        (NodeVersion("10-17", 10, 17, ""), {"location": "CALL_AND_RETRY_LAST", "message": "... - process out of memory"}, 17),
    ],
)
def test_the_era_is_known_by_wording(version: NodeVersion, changes: dict[str, Any], last: int) -> None:
    assert version_of(dead(node=version, **changes)).last_major == last


def test_no_flag_of_node_12_for_the_default_limit_of_node_11() -> None:
    process = dead(live_mb=1390.0, limit=DEFAULT_1400, node=NodeVersion("10.4-13", 10, 13, ""), at_ms=2 * HOUR_MS)
    assert advise(process).startswith("Start it with `node --inspect`")


@pytest.mark.parametrize(
    ("texts", "says"),
    [
        (("Wrote snapshot to /srv/Heap.1.heapsnapshot",), "`gclog heapdiff /srv/Heap.1.heapsnapshot` shows what fills"),
        (
            (
                "Wrote snapshot to A.heapsnapshot",
                "Removing the near heap limit callbackWrote snapshot to C:\\t\\B.heapsnapshot",
            ),
            "`gclog heapdiff A.heapsnapshot C:\\t\\B.heapsnapshot` shows what grows",
        ),
    ],
)
def test_snapshots_that_it_wrote_are_opened(texts: tuple[str, ...], says: str) -> None:
    process = dead(messages=tuple(map(read_message, texts)))
    assert says in advise(process)


def test_at_most_three_snapshots_are_named_the_last_ones() -> None:
    process = dead(messages=tuple(read_message(f"Wrote snapshot to {n}.heapsnapshot") for n in range(5)))
    assert written_snapshots(process) == tuple(f"{n}.heapsnapshot" for n in range(5))
    assert "`gclog heapdiff 2.heapsnapshot 3.heapsnapshot 4.heapsnapshot`" in advise(process)


@pytest.mark.parametrize(
    ("js", "native_stack", "what", "frame"),
    [
        (("Join(aka Join) (native array.js:143)",), ("v8::internal::Runtime_SparseJoinWithSeparator(int)",), "join", "Join"),
        (
            ("2: replace [0x1](this=0x2 <Very long string>,0x3 <JSRegExp <String[3]: a+>>)",),
            (),
            "a regular expression",
            "replace",
        ),
        ((), ("node::Abort()", "v8::internal::JsonStringifier::Serialize_"), "JSON.stringify", ""),
        (
            ("toRow (/srv/report.js:12)",),
            ("v8::internal::JsonParser<true>::ParseJson",),
            "JSON.parse",
            "toRow (/srv/report.js:12)",
        ),
        (("handle (/srv/joiner.js:3)",), ("node::Abort()",), "", "handle (/srv/joiner.js:3)"),
    ],
)
def test_the_operation_and_the_frame_to_start_at_are_named(
    js: tuple[str, ...], native_stack: tuple[str, ...], what: str, frame: str
) -> None:
    crash = make_crash(js_stack=js, native_stack=native_stack)
    assert (culprit_of(crash), first_frame(crash)) == (what, frame)


def test_a_heap_with_room_died_of_what_its_frames_name() -> None:
    stack = {"js_stack": ("toCsv (/srv/export.js:7)",), "native_stack": ("v8::internal::JsonStringifier::Serialize_",)}
    assert advise(dead(live_mb=40.0, **stack)).startswith(
        "It died in JSON.stringify (toCsv (/srv/export.js:7)), which may have asked for too much:"
    )
    assert "died in" not in advise(dead(live_mb=94.0, **stack))


@pytest.mark.parametrize(
    ("message", "says"),
    [
        ("a.h, line 7 Debug check failed: size < kMax.", "a release build of V8"),
        ("Check failed: node->IsInUse().", "report it with the version"),
        ("unreachable code", "An assertion of V8's own failed"),
        ("v8::ToLocalChecked Empty MaybeLocal.", "at native addons"),
        ("HandleScope::HandleScope Entering the V8 API without proper locking in place", "It is not about memory"),
    ],
)
def test_an_error_that_is_not_about_memory_has_advice_of_its_own(message: str, says: str) -> None:
    crash = make_crash("not-memory", message=message, location=None)
    process = make_case(crash=crash)
    assert says in advise_on_assertion(process, crash)
    assert says in what_to_do(process)


@pytest.mark.parametrize(
    ("isolate", "platform", "narrow"),
    [("0x1a2b3c4d", "", False), ("000001DF5D3E1000", "windows", False), ("01DF5D30", "windows", True), (None, "", False)],
)
def test_windows_is_known_by_how_it_prints_an_isolate(isolate: str | None, platform: str, narrow: bool) -> None:
    process = make_case(isolate=isolate)
    assert (platform_of(process), is_32_bit(process)) == (platform, narrow)


def test_windows_is_given_no_signal() -> None:
    case = make_case(isolate="000001DF5D3E1000", cycles=make_cycles(68.0, 67.2, 70.0))
    assert not any("kill -USR" in finding.remedy for finding in run_rules(case))


def found(severity: Any, id: str, remedy: str) -> FindingReport:
    return FindingReport(id, severity, "high", "a title", "", "", (), remedy)


@pytest.mark.parametrize(
    ("level", "findings", "says"),
    [
        ("ok", (), "nothing: there is no finding"),
        ("ok", (found("info", "explicit-gc", "Remove the calls."),), "nothing: there is no finding but for information"),
        (
            "not-assessable",
            (found("info", "needs-more-flags", "Record survival."),),
            "record it for longer, from the start of the process: `node",
        ),
        (
            "rising",
            (found("info", "needs-more-flags", "Record survival."), found("info", "old-space-growth", "Look.")),
            "Look.",
        ),
        ("ok", (found("warning", "explicit-gc", "One. Two. Three."),), "One. Two."),
    ],
)
def test_information_asks_for_nothing(level: Any, findings: tuple[FindingReport, ...], says: str) -> None:
    process = make_case(verdict=replace(make_case().verdict, level=level), findings=findings)
    assert what_to_do(process).startswith(says)


def test_sentences_are_taken_apart_where_they_end() -> None:
    text = "Start it with `node --inspect` (MB, e.g. 3.5 GB). Then `kill -USR1 <pid>` opens it: Look there. It is 96.0 MB."
    assert take_first(text)[0] == "Start it with `node --inspect` (MB, e.g. 3.5 GB)."
    assert first_step(text).endswith("Look there.")


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("vite v6.0.1 building for production...", ("A build may simply need this much", "Otherwise build less at once")),
        ("+ npx eslint . --ext .ts", ("Linting with types may simply need this much", "Otherwise lint fewer files")),
        (
            "> jest --ci",
            ("Run `jest --logHeapUsage --runInBand`", "If none does: a run of many tests may simply need this much"),
        ),
    ],
)
def test_a_tool_is_told_what_its_kind_can_do(text: str, says: tuple[str, str]) -> None:
    advice = advise(dead(messages=(say("build_runs", text),)))
    assert all(words in advice for words in says)
    assert "sample-heap" not in advice and "--inspect" not in advice


def test_a_build_of_which_nothing_is_known_gets_much() -> None:
    assert "--max-old-space-size=8192" in advise(
        dead(live_mb=None, limit=NO_LIMIT, messages=(say("build_runs", "> next build"),))
    )


def test_a_build_far_below_any_default_is_not_given_a_flag_for_less() -> None:
    process = dead(
        live_mb=171.0, limit=NO_LIMIT, js_stack=("0: replace [/srv/app/node_modules/gulp/x.js:4]", "1: replace(RegExp)")
    )
    assert "--max-old-space-size=" not in advise(process)


def test_buffers_are_known_by_their_file() -> None:
    stack = ("fromString(aka fromString) (buffer.js:314)",)
    assert advise(dead(live_mb=40.0, js_stack=stack)).startswith("It died in a Buffer")


def test_a_heap_that_grows_from_test_to_test_gets_fresh_workers() -> None:
    grown = replace(MEMORY, tests=(HeapAfterTest("cart.spec.js", 310.0, 40.0, 7),))
    process = replace(dead(live_mb=400.0, limit=replace(LIMIT, mb=420.0)), memory=grown)
    assert advise(process).startswith("Have the test runner start fresh workers")
    assert "--workerIdleMemoryLimit" not in advise(replace(process, memory=MEMORY))


@pytest.mark.parametrize("at_ms", [310.0, 1_900.0])
def test_nothing_that_takes_longer_than_its_life_is_asked_of_a_brief_run(at_ms: float) -> None:
    process = dead(live_mb=61.0, limit=replace(LIMIT, mb=64.0), at_ms=at_ms)
    assert process.crash is not None
    text = advise_on_death(process, process.crash)
    assert text.startswith("Its limit is small, so give it more: `export NODE_OPTIONS=--max-old-space-size=512`.")
    assert "--inspect-brk" in text and "sample-heap" not in text and "minute" not in text
    older = dead(live_mb=61.0, limit=replace(LIMIT, mb=64.0), at_ms=2_100.0)
    assert "sample-heap" in advise(older)


def test_the_age_is_what_the_test_runner_says_if_no_collection_does() -> None:
    said = read_message("  duration_ms: 712.5", "crash")
    assert lived_ms(dead(live_mb=None, at_ms=None, messages=(said,))) == 712.5
    assert lived_ms(dead(at_ms=5_000.0, messages=(said,))) == 5_000.0


@pytest.mark.parametrize(("offset", "is_named"), [("+212", True), ("+903", False), ("+48112", False)])
def test_the_nearest_export_of_windows_is_no_call(offset: str, is_named: bool) -> None:
    crash = make_crash(native_stack=(f"node::Buffer::New{offset}",))
    assert (culprit_of(crash) == "a Buffer") is is_named


# ---------------------------------------------------------------- tools that build again after each change

WATCHES = say("build_watches", "webpack: bundle is now INVALID.")
ROLLUP = ("1: new constructor [/srv/ui/node_modules/rollup/dist/rollup.js:~7101]",)


@pytest.mark.parametrize(
    "process",
    [
        dead(js_stack=WEBPACK, at_ms=2 * HOUR_MS),
        dead(js_stack=ROLLUP, at_ms=2 * HOUR_MS),
        dead(js_stack=("1: add [/srv/ui/node_modules/webpack-core/lib/a.js:9]",), at_ms=3 * HOUR_MS),
        dead(messages=(say("build_runs", "95% emitting"),), at_ms=9 * HOUR_MS),
        dead(messages=(WATCHES,), at_ms=700_000.0),
        dead("unknown", message="", messages=(WATCHES,), at_ms=2 * HOUR_MS, live_mb=94.0),
    ],
)
def test_a_tool_that_builds_again_and_again_is_started_anew(process: ProcessReport) -> None:
    advice = advise(process)
    assert advice.startswith("A compiler or bundler that goes on after each change may keep more each time: start it anew now")
    assert "--max-old-space-size=512" in advice and "heapdump" not in advice and "sample-heap" not in advice


@pytest.mark.parametrize(
    "process",
    [
        dead(js_stack=WEBPACK, at_ms=0.9 * HOUR_MS),
        dead(messages=(WATCHES,), at_ms=290_000.0),
        dead(js_stack=("1: f [/srv/app/node_modules/@babel/runtime/helpers/asyncToGenerator.js:24]",), at_ms=5 * HOUR_MS),
        dead(js_stack=("1: f [/srv/app/node_modules/babel-runtime/helpers/createClass.js:11]",), at_ms=5 * HOUR_MS),
        dead(
            js_stack=("1: f [/srv/app/node_modules/next/dist/compiled/next-server/app-page.runtime.prod.js:2]",),
            at_ms=5 * HOUR_MS,
        ),
        dead(js_stack=WEBPACK, at_ms=2 * HOUR_MS, main=False),
        dead(js_stack=WEBPACK, at_ms=None),
        dead(messages=(WATCHES, say("image_build", "Step 3/9 : RUN npm run dev")), at_ms=2 * HOUR_MS),
    ],
    ids=[
        "an hour",
        "first build",
        "a helper in a server",
        "an older one",
        "a server of Next",
        "a worker",
        "no age",
        "an image",
    ],
)
def test_what_does_not_build_again_and_again_is_not_called_so(process: ProcessReport) -> None:
    assert "goes on after each change" not in advise(process)


# ---------------------------------------------------------------- the message is missing


def last_resort(process: ProcessReport) -> ProcessReport:
    return replace(process, signs=replace(process.signs, last_resort_lines=(process.cycles[-1].line,)))


def test_a_last_resort_says_that_the_heap_was_full_without_a_message() -> None:
    tail = dead("unknown", message="", live_mb=1100.0, at_limit=at_limit(1400.0, live_mb=1100.0), limit=DEFAULT_1400)
    assert advise(tail).startswith("Keep stdout and stderr in one log")
    assert advise(last_resort(tail)).startswith("If its work is simply this large")
    set_limit = last_resort(dead("unknown", message="", live_mb=159.0, limit=replace(LIMIT, mb=200.0), at_ms=871.0))
    assert advise(set_limit).startswith("Its limit is small, so give it more")
    assert advise(last_resort(dead("unknown", message="", live_mb=420.0, limit=NO_LIMIT))).startswith("Keep stdout and stderr")


def test_an_empty_heap_asks_for_the_system_before_the_message_unless_the_text_is_cut() -> None:
    empty = dead("unknown", message="", live_mb=1.9, limit=NO_LIMIT)
    assert advise(empty).startswith("The heap was nearly empty, so see what the system refuses")
    cut = dead("unknown", message="", live_mb=1.9, limit=NO_LIMIT, is_cut=True)
    assert advise(cut).startswith("Get the rest of the text")


def test_collections_that_v8_did_not_print_are_not_asked_for() -> None:
    moving = "MarkCompactCollector: young object promotion failed"
    whole = dead("unknown", live_mb=None, limit=NO_LIMIT, location=moving, native_stack=("0x7ff6b1c2",))
    assert advise(whole).startswith("See first whether the system")
    alone = dead("unknown", live_mb=None, limit=NO_LIMIT, location=moving)
    assert advise(alone).startswith("Keep V8's last collections with the message")


@pytest.mark.parametrize(("at_ms", "says"), [(900.0, "after parts of its work"), (HOUR_MS, "some minutes apart")])
def test_snapshots_of_an_old_node_are_taken_while_it_lives(at_ms: float, says: str) -> None:
    old = dead(live_mb=300.0, limit=NO_LIMIT, at_ms=at_ms, node=NodeVersion("4", 4, 4, ""))
    assert says in advise(old) and "`heapdump`" in advise(old)


def test_who_gave_its_own_program_a_title_is_told_how_to_see_what_fills_it() -> None:
    process = dead(is_tool=True, live_mb=900.0, limit=replace(LIMIT, mb=960.0), at_ms=HOUR_MS)
    assert process.crash is not None
    text = advise_on_death(process, process.crash)
    assert text.startswith("If you did not write this program") and "If you did: start it with `node --require" in text
    for other in (replace(process, crash=replace(process.crash, host_program="Cypress")), dead(host_program="PM2's daemon")):
        assert other.crash is not None and "If you did:" not in advise_on_death(other, other.crash)
