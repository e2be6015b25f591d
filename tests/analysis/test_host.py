"""Where a process ran that died: its program, its platform, and whether the text breaks off."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest

from gclog.analysis.measure.host import find_host, find_platform, find_program, is_32_bit, is_tool
from gclog.errors import NothingToAnalyse
from gclog.incident.pipeline import analyze
from gclog.model.crash_records import FatalError, JsFrame, NativeFrame
from gclog.model.records import Message, PlatformMessage
from gclog.model.verdict import Crash

GC = "[81:0x5c1d2e0]   911 ms: Mark-sweep 96.2 (99.0) -> 95.9 (99.3) MB, 20.1 / 0.0 ms  (average mu = 0.1, current mu = 0.1) last resort;"
FATAL = "FATAL ERROR: Reached heap limit Allocation failed - JavaScript heap out of memory"


def crash_of(folder: Path, *lines: str) -> Crash:
    log = folder / "app.log"
    log.write_text("\n".join(lines) + "\n")
    crash = analyze(log).processes[0].crash
    assert crash is not None
    return crash


def native(*modules: str) -> list[NativeFrame]:
    return [NativeFrame(1, None, number, "0x8f2d10", "node::Abort()", module) for number, module in enumerate(modules, 1)]


@pytest.mark.parametrize(
    ("modules", "places", "kinds", "program"),
    [
        (["PM2 v4.9.1: God Daemon (/srv/jobs/.pm2)"], [], [], "PM2's daemon"),
        (["/usr/bin/node"], ["/usr/lib/node_modules/pm2/lib/Daemon.js:~431"], [], "PM2's daemon"),
        (["/var/lang/bin/node"], [], [], "AWS Lambda"),
        (["/usr/bin/node"], ["/var/runtime/index.mjs:1122"], [], "AWS Lambda"),
        ([], [], ["lambda_started"], "AWS Lambda"),
        (["/var/lang/bin/node"], [], ["lambda_started", "sam_local"], "SAM local"),
        (["/Applications/Editor.app/Code Helper (Plugin).app/Code Helper (Plugin)"], [], [], "VS Code's extension host"),
        ([], [], ["extension_host_ended"], "VS Code's extension host"),
        ([], [], ["renderer_ended"], "Electron"),
        ([], [], ["tsserver_ended"], "VS Code's TypeScript server"),
        (["/Applications/Editor.app/Code Helper (Plugin)"], [], ["tsserver_ended"], "VS Code's TypeScript server"),
        (["/usr/bin/node"], ["/srv/app/node_modules/typescript/lib/tsserver.js:4"], [], "VS Code's TypeScript server"),
        ([], [], ["cypress_runs"], "Cypress"),
        ([], ["/Users/kim/.meteor/packages/minifier/.2.4.1/plugin.js:14"], [], "Meteor's build tool"),
        (["/usr/bin/node"], ["/srv/app/.meteor/local/build/programs/server/boot.js:4"], [], ""),
        (["node /srv/app/PM2 v4 notes.js"], [], [], ""),
        (["/usr/bin/node"], ["/srv/app/pm2/config.js:4"], ["node_says_version"], ""),
        (["/srv/var/lang/bin/node"], [], [], ""),
    ],
)
def test_the_program_that_died(modules: list[str], places: list[str], kinds: list[str], program: str) -> None:
    js = [JsFrame(4, None, 1, "run", place, "") for place in places]
    assert find_program(native(*modules), js, [Message(2, None, kind, "") for kind in kinds]) == program


@pytest.mark.parametrize(
    ("isolates", "modules", "places", "platform"),
    [
        (["000001C7D2A41000"], [], [], "windows"),
        (["0BC41D20"], [], [], "windows"),
        (["0x148008000"], [], [], "macos"),
        (["0x5c1d2e0"], [], [], ""),
        ([], ["/Users/kim/.nvm/versions/node/v18.2.0/bin/node"], [], "macos"),
        ([], ["/home/kim/.nvm/versions/node/v18.2.0/bin/node"], [], "linux"),
        ([], ["node"], ["C:\\work\\shop\\build.js:14"], "windows"),
        ([], ["C:\\Program Files\\nodejs\\node.exe"], [], "windows"),
        (["0x10463210"], [], [], ""),
        ([], ["/lib/x86_64-linux-gnu/libc.so.6"], [], "linux"),
        ([], ["node"], ["/srv/app/home/root.js:4"], ""),
    ],
)
def test_the_platform(isolates: Sequence[str], modules: list[str], places: list[str], platform: str) -> None:
    assert find_platform(native(*modules), [JsFrame(4, None, 1, "run", place, "") for place in places], isolates) == platform


@pytest.mark.parametrize(
    ("lines", "cut"),
    [
        (["<--- Last few GCs --->", GC, "[81:0x5c1d2e0]   940 ms: Mark-sw"], True),
        (["<--- Last few GCs --->", "[81:0x5c1d2e0]"], True),
        (["<--- Last few GCs --->", GC, "... [+340 chars truncated]"], True),
        (["<--- Last few GCs --->", GC, "<--- JS stacktrace --->"], False),
        (["<--- Last few GCs --->", GC, "<--- JS stacktrace --->", FATAL], False),
        ([FATAL, "<--- Last few GCs --->", GC], False),
    ],
)
def test_a_text_that_breaks_off(tmp_path: Path, lines: list[str], cut: bool) -> None:
    assert crash_of(tmp_path, *lines).is_cut is cut


def test_a_line_of_the_host_is_no_process(tmp_path: Path) -> None:
    """Lambda prints it with every call, healthy or not."""
    with pytest.raises(NothingToAnalyse):
        crash_of(tmp_path, "START RequestId: 3f1c2a9e-0b7d-4e55-8a61-5d90c4be7712 Version: $LATEST", "all is well")


@pytest.mark.parametrize(
    ("address", "platform", "narrow"),
    [
        ("0x00EEFC17", "windows", True),
        ("0x00007FF64C7C3E4F", "windows", False),
        ("0x10463210", "", False),
        ("0x8fb090", "", False),
        ("00007FF766664A16", "windows", False),
    ],
)
def test_an_address_shows_the_platform_and_its_width(address: str, platform: str, narrow: bool) -> None:
    frames = [NativeFrame(1, None, 1, address, "run", None)]
    assert find_platform(frames, [], []) == platform
    assert is_32_bit([], [], frames) is narrow


def test_the_javascript_stack_of_a_32_bit_windows() -> None:
    stack = [JsFrame(1, None, None, None, None, "Security context: 2EC6CC95 <JS Object>")]
    assert find_platform([], stack, []) == "windows"
    assert is_32_bit(stack, [])


@pytest.mark.parametrize(
    ("status", "platform"),
    [("2147483651", "windows"), ("-1073741819", "windows"), ("'3221226505'", "windows"), ("134", ""), ("137", "")],
)
def test_an_exit_code_of_windows(status: str, platform: str) -> None:
    message = PlatformMessage(1, None, "exit_134", "", "npm", status, None, None, None, None, None, None, False)
    assert find_platform([], [], [], [message]) == platform


@pytest.mark.parametrize(
    ("isolate", "text", "host"),
    [
        ("000002C100000000", "", "Electron"),
        ("0x2c100000000", "", "Electron"),
        ("0x238f651a000", "", "Node"),
        ("0000000000000000", "", "Node"),
        ("0x238f651a000", "Security context: 0x2b421504b231 <Window map = 0x3ad85b98cd89>", "Chromium"),
        ("0x238f651a000", "Security context: 0x2b421504b231 <JSObject>", "Node"),
    ],
)
def test_the_host_by_its_heap_and_its_global_object(isolate: str, text: str, host: str) -> None:
    assert find_host([], [], [JsFrame(1, None, None, None, None, text)], [isolate]) == host


def test_a_host_that_says_so_is_not_taken_for_another_with_compressed_pointers() -> None:
    error = FatalError(1, None, "Ineffective mark-compacts near heap limit", None, "v8_heap")
    assert find_host([error], [], [], ["0xad100000000"]) == "V8"
    said = Message(2, None, "deno_named", "$ deno run shop.ts")
    assert find_host([error], [], messages=[said]) == "Deno"
    assert find_host([error], native("/usr/local/bin/d8"), messages=[said]) == "d8"


@pytest.mark.parametrize(
    ("modules", "is_others"),
    [
        (("shopctl", "shopctl"), True),
        (("node",), False),
        (("next-server",), False),
        (("shop serve",), False),
        (("libuv.so.1",), False),
        (("shopctl", "node"), False),
        (("/usr/bin/shopctl",), False),
    ],
)
def test_a_program_of_others_is_known_by_its_binary(modules: tuple[str, ...], is_others: bool) -> None:
    assert is_tool(native(*modules), [], []) is is_others


@pytest.mark.parametrize(
    ("position", "is_others"),
    [
        ("/usr/lib/node_modules/shopctl/run.js:7", True),
        ("C:\\Users\\x\\AppData\\Roaming\\npm\\node_modules\\shopctl\\run.js:7", True),
        ("/usr/lib/node_modules/npm/lib/npm.js:7", False),
        ("/srv/shop/node_modules/pg/lib/client.js:7", False),
    ],
)
def test_a_program_of_others_is_known_by_where_it_is_installed(tmp_path: Path, position: str, is_others: bool) -> None:
    frame = f"    1: run [{position}] [pc=0x33a3a16c6189](this=0x1abbb64803f9 <JSGlobal Object>)"
    assert crash_of(tmp_path, FATAL, "==== JS stack trace ====", frame).is_tool is is_others
