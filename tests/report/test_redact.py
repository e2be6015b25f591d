"""`--redact`: no name of a machine, person, path or process comes through; V8's own text does, to the letter."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from rendered import render_html, render_markdown, render_terminal

import gclog
from gclog.incident.pipeline import analyze
from gclog.model.not_known import NotKnown
from gclog.model.report import ProfileReport, Report
from gclog.processes.split import split_processes
from gclog.profile.build import build_profiles
from gclog.profile.options import ProfileOptions
from gclog.report.json.v1 import render_json
from gclog.report.redact.names import Pseudonyms
from gclog.report.redact.report import REDACTED, redact, redact_processes
from gclog.report.redact.text import TextRedactor, is_native_symbol
from gclog.report.tables.forms import TableForm, build_table, render_table
from gclog.source.blocks import Block

GC = Path(__file__).parents[2] / "samples" / "gc"

USER, HOST, FOLDER, PID, ISOLATE = "zorblax", "quuxhost", "frobnitz", "48151", "0x23deadbe0"
MARKERS = (USER, HOST, FOLDER, PID, ISOLATE, ISOLATE[2:], "10.11.12.13", "fe80::42:1", "wibble", "Snarkle", "c0ffee12")

SCAVENGE = "Scavenge 3.9 (4.0) -> 3.8 (5.0) MB, 1.02 / 0.00 ms  (average mu = 1.000, current mu = 1.000) allocation failure;"


def texts() -> TextRedactor:
    names = Pseudonyms()
    names.pid(29125)
    names.isolate("0x19b50d50")
    return TextRedactor(names)


# ---------------------------------------------------------------- lines


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        (f"[29125:0x19b50d50]       18 ms: {SCAVENGE}", f"[1:0x1]       18 ms: {SCAVENGE}"),
        (f"[7:0x10]       18 ms: {SCAVENGE}", f"[2:0x2]       18 ms: {SCAVENGE}"),
        (f"2026-03-14T03:12:07+0000 web-1 node[812]: [29125:0x19b50d50] 18 ms: {SCAVENGE}", f"… [1:0x1] 18 ms: {SCAVENGE}"),
        (f"the user alice has logged in [29125:0x19b50d50] 18 ms: {SCAVENGE}", f"… [1:0x1] 18 ms: {SCAVENGE}"),
        (
            "[29125]     108 ms: Mark-sweep 32.8 (53.3) -> 30.7 (66.3) MB, 15 ms (+ 9 ms in 179 steps since start of marking, "
            "biggest step 0.645996 ms) [StackGuard GC request] [GC in old space requested].",
            "[1]     108 ms: Mark-sweep 32.8 (53.3) -> 30.7 (66.3) MB, 15 ms (+ 9 ms in 179 steps since start of marking, "
            "biggest step 0.645996 ms) [StackGuard GC request] [GC in old space requested].",
        ),
        (
            "[29125:0x19b50d50]     3912 ms: pause=3.5 mutator=494.6 gc=s reduce_memory=0 heap.epilogue=0.00 alice=3",
            "[1:0x1]     3912 ms: pause=3.5 mutator=494.6 gc=s reduce_memory=0 heap.epilogue=0.00 …=3",
        ),
        (
            "FATAL ERROR: Reached heap limit Allocation failed - JavaScript heap out of memory",
            "FATAL ERROR: Reached heap limit Allocation failed - JavaScript heap out of memory",
        ),
        ("FATAL ERROR: v8::ToLocalChecked Empty MaybeLocal.", "FATAL ERROR: v8::ToLocalChecked …."),
        ("FATAL ERROR: the database of alice is gone", "FATAL ERROR: the … of … is …"),
        ("# Fatal error in ../../v8/src/heap/heap.cc, line 172", "# Fatal error in ../../v8/src/heap/heap.cc, line 172"),
        ("# Fatal error in /home/alice/v8/x.cc, line 172", "# Fatal error in /…/v8/x.cc, line …"),
        ("NODE_OPTIONS=--max-old-space-size=96 /home/alice/run.sh", "… --max-old-space-size=96 …"),
        ("kernel: Out of memory: Killed process 4711 (alice) total-vm:1203404kB", "…: Out of memory: … process … (…) total-…"),
        ("GET /users/alice 200", "…"),
        ("", "…"),
    ],
)
def test_of_a_line_only_what_is_v8s_is_kept(line: str, expected: str) -> None:
    assert texts().line(line) == expected


@pytest.mark.parametrize("path", sorted(GC.glob("*-node2*.log")), ids=lambda path: path.stem)
def test_every_collection_of_every_new_version_is_kept_to_the_letter(path: Path) -> None:
    """But for pid and isolate: V8's lines of the samples, with theirs put back."""
    redactor = texts()
    prefix = re.compile(r"^\[(\d+):(0x[0-9a-f]+)(?=[\]:])")
    for line in path.read_text(encoding="utf-8").splitlines():
        found = prefix.match(line)
        if found is not None and " MB, " in line and line.count("ms: ") == 1:
            pid, isolate = redactor.names.pid(int(found[1])), redactor.names.isolate(found[2])
            assert redactor.line(line) == prefix.sub(f"[{pid}:{isolate}", line).strip()


@pytest.mark.parametrize(
    ("frame", "expected"),
    [
        ("leak (/srv/acme/leak.js:~12)", "function-1 (script-1.js:~12)"),
        (
            "next (/srv/acme/node_modules/express/lib/router/route.js:137)",
            "next (node_modules/express/lib/router/route.js:137)",
        ),
        ("listOnTimeout (internal/timers.js:554)", "listOnTimeout (internal/timers.js:554)"),
        ("emit (events.js:310)", "emit (events.js:310)"),
        ("alice (alice.js:3)", "function-1 (script-1.js:3)"),
        ("0: ExitFrame [pc: 0x250f92a]", "…: ExitFrame [pc: 0x…]"),
        (
            "0: builtin exit frame: parse(this=0x1ab <Object map = 0x3dd>,0x265 <String[11]: secret>)",
            "…: builtin exit frame: …(this=0x… <Object map = 0x…>,0x… <…[…]: …>)",
        ),
        ("anything else", "…"),
    ],
)
def test_frames_of_the_application_are_numbered_and_those_of_node_and_packages_stay(frame: str, expected: str) -> None:
    assert texts().js_frame(frame) == expected


@pytest.mark.parametrize(
    ("symbol", "is_known"),
    [
        ("node::Abort()", True),
        ("v8::internal::V8::FatalProcessOutOfMemory(v8::internal::Isolate*, char const*, bool)", True),
        ("std::__1::basic_string<char>::find[abi:cxx11](char) const [clone .isra.347]", True),
        ("uv_run", True),
        ("Builtins_JSEntry", True),
        ("main", True),
        ("acme::Secret::run()", False),
        ("std::function<acme::Secret>", False),
        ("v8::/home/alice", False),
    ],
)
def test_native_symbols_of_v8_and_node_are_known(symbol: str, is_known: bool) -> None:
    assert is_native_symbol(symbol) is is_known


@pytest.mark.parametrize(
    ("sentence", "expected"),
    [
        ("process 29125 of /srv/acme/log", "process 1 of …"),
        ("see http://alice.example/x?y", "see …"),
        ("mail alice@acme.example", "mail …"),
        ("from 10.1.2.3 and fe80::1:2", "from … and …"),
        (r"C:\Users\alice\x.log is gone", "… is gone"),
        ("isolate 0x19b50d50, not 0xabc", "isolate 0x1, not 0x…"),
        (
            "run `kill -USR2 <pid>` with --max-semi-space-size=64 (MB, now 16): 4.2 MB/s, +1.3 MB/h",
            "run `kill -USR2 <pid>` with --max-semi-space-size=64 (MB, now 16): 4.2 MB/s, +1.3 MB/h",
        ),
        ("+14 min 20 s at 03:12:07", "+14 min 20 s at 03:12:07"),
    ],
)
def test_sentences_lose_addresses_and_nothing_else(sentence: str, expected: str) -> None:
    assert texts().sentence(sentence) == expected


def test_the_same_thing_has_the_same_name_throughout() -> None:
    names = Pseudonyms()
    assert [names.pid(7), names.pid(9), names.pid(7)] == [1, 2, 1]
    assert names.isolate("0x0000a0") == names.isolate("00000000000000A0") == "0x1"
    assert names.script("file:///srv/x.mjs") == names.script("/srv/x.mjs") == "script-1.mjs"
    assert names.source("stdin") == "stdin"
    assert names.library("/usr/bin/node") == "node"
    assert names.library("/lib/x86_64-linux-gnu/libc.so.6") == "libc.so.6"
    assert names.library("/srv/acme/build/acme.node") == "library-1"


# ---------------------------------------------------------------- reports

ENVELOPES: dict[str, Callable[[str], str]] = {
    "bare": lambda line: line,
    "syslog": lambda line: f"2026-03-14T03:12:07+0000 {HOST} {USER}[{PID}]: {line}",
    "compose": lambda line: f"{HOST}_1  | {line}",
    "kubectl": lambda line: f"[pod/{HOST}-6c9f/{USER}] {line}",
    "words": lambda line: f"{USER}@{HOST} said {line}",
}

APPLICATION = (
    f"(node:{PID}) MaxListenersExceededWarning: Possible EventEmitter memory leak detected. 11 wibble listeners added to [Snarkle].",
    f"GET http://{HOST}/{FOLDER} from 10.11.12.13 by {USER}@{HOST}",
    f"Wrote snapshot to /home/{USER}/{FOLDER}/Heap.20260114.093021.{PID}.0.001.heapsnapshot",
    f"kernel: Memory cgroup out of memory: Killed process {PID} ({USER}) total-vm:1203404kB",
    f"/home/{USER}/{FOLDER}/run.sh: line 3: {PID} Killed                  node {FOLDER}.js",
    f"NODE_OPTIONS=--max-old-space-size=96 node /home/{USER}/{FOLDER}/app.js",
    f"[{PID}:{ISOLATE}]    12345 ms: Frobnicate {FOLDER} 3.9 (4.0) -> 3.8 (5.0) MB {USER}",
    f"[{PID}:{ISOLATE}]    12345 ms: Scavenge 3.9 (4.0) -> {USER}",
    f"[{PID}:{ISOLATE}]    12345 ms: Scavenge 3.9 (4.0) -> 3.8 (5.0) MB, 1.02 / 0.00 ms [wibble {USER}] [{FOLDER}].",
    f"FATAL ERROR: {FOLDER} of {USER} is gone at fe80::42:1",
    f"FATAL ERROR: v8::ToLocalChecked {FOLDER} c0ffee12",
    f"# Fatal error in /home/{USER}/{FOLDER}/v8.cc, line 3",
    f"Fatal process out of memory: {FOLDER}",
    f"1: leak [0x296618d8b9d1] [/home/{USER}/{FOLDER}/{FOLDER}.js:~3] [pc=0x33a3a16c6189](this=0x1abbb64803f9 <JSGlobal Object>)",
    f" 1: 0xb7c56e {FOLDER}::run() [/home/{USER}/bin/{FOLDER}]",
)

LOGS = (
    "crash_tail-node12.log",
    "crash_tail-node20.log",
    "event_emitter_leak-node20.log",
    "huge_join-node8.log",
    "leak-node24.log",
)


def plant(log: str, envelope: str, where: list[int]) -> str:
    """A sample as another process's, in an envelope, with lines of an application between its own."""
    lines = (GC / log).read_text(encoding="utf-8").splitlines()
    head = next(found for line in lines if (found := re.match(r"\[(\d+):(0x[0-9a-f]+)", line)))
    text = "\n".join(lines).replace(head[2], ISOLATE).replace(f"[{head[1]}:", f"[{PID}:")
    text = re.sub(r"/[\w./-]+/(?=[\w.-]+\.js)", f"/home/{USER}/{FOLDER}/", text)
    text = re.sub(r"\[(?:/[\w.-]+)+/node\]", f"[/home/{USER}/{FOLDER}/node]", text)
    lines = text.splitlines()
    for number, at in enumerate(where):
        lines.insert(at % (len(lines) + 1), APPLICATION[(at + number) % len(APPLICATION)])
    return "\n".join(map(ENVELOPES[envelope], lines)) + "\n"


def render_all(report: Report) -> dict[str, str]:
    return {
        "text": render_terminal(report),
        "json": render_json(report),
        "markdown": render_markdown(report),
        "html": render_html(dataclasses.replace(report)),
    }


def found_in(text: str) -> list[str]:
    return [marker for marker in MARKERS if marker in text]


@settings(max_examples=25, suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture])
@given(
    log=st.sampled_from(LOGS),
    envelope=st.sampled_from(sorted(ENVELOPES)),
    where=st.lists(st.integers(0, 4000), max_size=15),
)
def test_no_marker_comes_through_in_any_form(tmp_path: Path, log: str, envelope: str, where: list[int]) -> None:
    folder = tmp_path / f"{USER}-{HOST}"
    folder.mkdir(exist_ok=True)
    path = folder / f"{FOLDER}.log"
    path.write_text(plant(log, envelope, where), encoding="utf-8")
    report = redact(gclog.analyze(path))
    for form, text in render_all(report).items():
        assert not found_in(text), f"{form}: {found_in(text)}"
    assert not found_in(repr(report))


@pytest.mark.parametrize("line", APPLICATION)
@pytest.mark.parametrize("log", LOGS)
def test_each_line_of_an_application_is_hidden_at_the_end_of_each_log(tmp_path: Path, log: str, line: str) -> None:
    path = tmp_path / f"{HOST}.log"
    path.write_text(plant(log, "bare", []) + line + "\n", encoding="utf-8")
    assert found_in(repr(gclog.analyze(path)))
    assert not found_in(repr(redact(gclog.analyze(path))))


def test_the_pieces_of_a_rotated_log_are_numbered_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    text = plant("leak-node24.log", "bare", [])
    for name, piece in ((f"{HOST}.log.2", text[:999]), (f"{HOST}.log", text[999:])):
        Path(name).write_text(piece, encoding="utf-8")
    Path(f"{HOST}.log.1.gz").write_bytes(b"\x1f\x8b\x08\x00")
    report = gclog.analyze([f"{HOST}.log.2", f"{HOST}.log.1.gz", f"{HOST}.log"])
    assert found_in(repr(report.sources))
    for form, shown in render_all(redact(report)).items():
        assert not found_in(shown), form
    assert [name for name, _ in redact(report).sources[0].pieces] == ["log-2", "log-3"]


def test_the_report_says_that_it_was_redacted() -> None:
    report = redact(gclog.analyze(GC / "crash_tail-node20.log"))
    assert report.sources[0].notes[-1] == REDACTED
    assert all(
        "redacted (--redact)" in re.sub(r"[`\s]+", " ", text).replace("( ", "(").replace(" )", ")")
        for text in render_all(report).values()
    )


def test_figures_findings_and_levels_stay() -> None:
    report = gclog.analyze(GC / "leak-node24.log")
    hidden = redact(report)
    for before, after in zip(report.processes, hidden.processes, strict=True):
        assert after.verdict.level == before.verdict.level
        assert after.series == before.series
        assert after.pauses == before.pauses
        assert [finding.title for finding in after.findings] == [finding.title for finding in before.findings]
        assert after.pid == 1
        assert after.isolate == "0x1"


def test_redacting_twice_changes_nothing_but_the_note() -> None:
    once = redact(gclog.analyze(GC / "crash_tail-node12.log"))
    twice = redact(once)
    assert twice.processes[0].findings == once.processes[0].findings
    assert twice.processes[0].crash_evidence == once.processes[0].crash_evidence


def test_the_tables_of_a_redacted_report_have_its_names(tmp_path: Path) -> None:
    path = tmp_path / f"{HOST}.log"
    path.write_text(plant("leak-node24.log", "bare", [3, 5, 8]) + "\n".join(APPLICATION) + "\n", encoding="utf-8")
    report = gclog.analyze(path)
    kept = [(str(path), process) for process in split_processes(gclog.read_tables(path))]
    frame = build_table("collections", redact(report), redact_processes(kept, report))
    assert found_in(render_table(build_table("collections", report, kept), TableForm.CSV).decode())
    assert not found_in(render_table(frame, TableForm.CSV).decode())
    owners = {(process.source, process.pid, process.isolate) for process in redact(report).processes}
    assert set(zip(frame["source"], frame["pid"], frame["isolate"], strict=True)) <= owners
    assert set(frame["reason"].dropna()) >= {"allocation failure", "task"}


# ---------------------------------------------------------------- profiles


def test_a_profile_keeps_functions_of_node_and_packages_and_numbers_the_applications() -> None:
    lines = ["v8-version,11,3,244,8,-node.38,0"]
    names = (
        f"JS,10,0,0x1000,100,{USER} /home/{USER}/{FOLDER}.js:3:5,0x2000,~",
        f"JS,10,0,0x1100,100,next /home/{USER}/node_modules/express/lib/route.js:137:3,0x2100,*",
        "JS,10,0,0x1200,100,emit node:events:513:44,0x2200,*",
        f"RegExp,10,0,0x1300,100,{USER}\\x5cd+",
        "Builtin,2,0,0x1400,100,ArrayPrototypePush",
    )
    lines += [f"code-creation,{name}" for name in names]
    lines += [f"shared-library,/home/{USER}/bin/{FOLDER}.node,0x9000,0x9fff,0"]
    lines += [f"tick,0x{address},1000,0,0x0,0" for address in ("1010", "1110", "1210", "1310", "1410", "9010")]
    profile = build_profiles(f"{HOST}-v8.log", [Block(("\n".join(lines) + "\n").encode(), 1)], ProfileOptions())[0]
    report = Report("0", (), (), (ProfileReport(f"{HOST}-v8.log", profile, NotKnown(f"no GC log beside {HOST}-v8.log")),))
    hidden = redact(report)
    assert found_in(repr(report))
    assert not found_in(repr(hidden))
    frames = {(frame.name, frame.script) for frame in hidden.profiles[0].profile.frames}
    assert {
        ("function-1", "script-1.js"),
        ("next", "node_modules/express/lib/route.js"),
        ("emit", "node:events"),
        ("ArrayPrototypePush", None),
        ("code-1", None),
        ("library-1", None),
    } <= frames
    assert hidden.profiles[0].gc == NotKnown("no GC log beside log-1")


def test_the_names_that_v8_has_for_no_function_stay_in_a_cpu_profile() -> None:
    sample = Path(__file__).parents[2] / "samples" / "cpu" / "node26.cpuprofile.gz"
    (report,) = analyze([str(sample)]).profiles
    names = {frame.name for frame in redact(Report("0", (), (), (report,))).profiles[0].profile.frames}
    assert {"(garbage collector)", "(idle)", "(program)"} & {frame.name for frame in report.profile.frames} <= names
