"""What comes out of the envelopes that logs travel in. The moment 2026-03-14T03:12:07Z is 1,773,457,927 s since 1970."""

from __future__ import annotations

import csv
import json
import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gclog.source.open import SourceSpec, open_source
from gclog.source.unwrap import Payload, unwrap

GC = "[1:0x5d0f000]       99 ms: Scavenge 3.9 (4.0) -> 3.8 (5.0) MB, 1.02 / 0.00 ms  (average mu = 0.9, current mu = 0.8) task;"
OLD_GC = "[28414]      160 ms: Scavenge 22.3 (50.3) -> 21.7 (54.3) MB, 48 ms [Runtime::PerformGC]."
T = 1_773_457_927_000.0
REQUEST = "8476a536-e9f4-11e8-9739-2dfe598c3fcd"
STREAM = "2026/03/14/[$LATEST]0123456789abcdef0123456789abcdef"

ENVELOPES = {
    "iso-z": (f"2026-03-14T03:12:07Z {GC}", T, "iso"),
    "iso-7-digits-github-actions": (f"2026-03-14T03:12:07.0023388Z {GC}", T + 2.3388, "iso"),
    "iso-9-digits-docker": (f"2026-03-14T03:12:07.123456789Z {GC}", T + 123.456789, "iso"),
    "iso-comma-in-brackets": (f"[2026-03-14 03:12:07,250] {GC}", T + 250, "iso"),
    "iso-zone-without-colon": (f"2026-03-14T08:42:07+0530 {GC}", T, "iso"),
    "iso-zone-west": (f"2026-03-13T22:12:07-05:00: {GC}", T, "iso"),
    "iso-zone-named": (f"2026-03-14 03:12:07 UTC | {GC}", T, "iso"),
    "iso-slashes": (f"2026/03/14 03:12:07 {GC}", T, "iso"),
    "iso-leap-second": (f"2016-12-31T23:59:60Z {GC}", 1_483_228_800_000.0, "iso"),
    "iso-no-such-day": (f"2026-02-30T03:12:07Z {GC}", None, "iso"),
    "cri": (f"2026-03-14T03:12:07.5Z stdout F {GC}", T + 500, "cri"),
    "gitlab": (f"2026-03-14T03:12:07.5Z 00O {GC}", T + 500, "gitlab"),
    "gitlab-continued": (f"2026-03-14T03:12:07.5Z 01E+{GC}", T + 500, "gitlab"),
    "heroku": (f"2026-03-14T03:12:07.5+00:00 app[web.1]: {GC}", T + 500, "heroku"),
    "lambda": (f"2026-03-14T03:12:07.500Z\t{REQUEST}\tINFO\t{GC}", T + 500, "lambda_log"),
    "lambda-without-level": (f"2026-03-14T03:12:07.500Z\t{REQUEST}\t{GC}", T + 500, "lambda_log"),
    "cloudwatch": (f"2026-03-14T03:12:07.5+00:00 {STREAM} {GC}", T + 500, "cloudwatch"),
    "loki": (f'2026-03-14T03:12:07Z {{app="api"}} {GC}', T, "loki"),
    "rsyslog-iso": (f"2026-03-14T03:12:07.5+00:00 web-1 node[812]: {GC}", T + 500, "iso_syslog"),
    "journald-short-iso": (f"2026-03-14T03:12:07+0000 web-1 node[812]: {GC}", T, "iso_syslog"),
    "journald-short": (f"Mar 14 03:12:07 web-1 node[812]: {GC}", None, "syslog_3164"),
    "journald-short-precise": (f"Mar 14 03:12:07.123456 web-1 node[812]: {GC}", None, "syslog_3164"),
    "journald-short-full": (f"Sat 2026-03-14 03:12:07 UTC web-1 node[812]: {GC}", T, "journal_full"),
    "journald-short-unix": (f"1773457927.250000 web-1 node[812]: {GC}", T + 250, "journal_unix"),
    "journald-monotonic": (f"[  123.456789] web-1 node[812]: {GC}", None, "kernel/labelled"),
    "syslog-3164-priority": (f"<30>Mar  4 03:12:07 web-1 node[812]: {GC}", None, "syslog_3164"),
    "syslog-3164-no-host": (f"Mar 14 03:12:07 node[812]: {GC}", None, "syslog_3164"),
    "syslog-5424": (f"<30>1 2026-03-14T03:12:07.5Z web-1 node 812 - - {GC}", T + 500, "syslog_5424"),
    "syslog-5424-data": (f'<30>1 2026-03-14T03:12:07Z web-1 node 812 ID [a@1 b="\\]"][c@2] {GC}', T, "syslog_5424"),
    "github-cli": (f"build\tRun tests\t2026-03-14T03:12:07.5000000Z {GC}", T + 500, "github_cli"),
    "date-command": (f"\\Sat Mar 14 03:12:07 UTC 2026 \\{GC}", T, "ctime"),
    "date-command-in-brackets": (f"Sat Mar 14 03:12:07 2026: {GC}", T, "ctime"),
    "clock-12-hours": (f"9:40:53 PM: {GC}", None, "clock"),
    "clock-gulp": (f"[16:49:40] {GC}", None, "clock"),
    "pm2": (f"0|app      | {GC}", None, "pm2"),
    "pm2-own": (f"PM2        | {GC}", None, "pm2"),
    "pm2-timed": (f"0|app  | 2026-03-14T03:12:07: {GC}", T, "pm2/iso"),
    "docker-compose": (f"newman_1  | {GC}", None, "docker_compose"),
    "docker-compose-v2-coloured": (f"\x1b[36mapi-1  | \x1b[0m{GC}", None, "docker_compose"),
    "docker-compose-timestamps": (f"api-1  | 2026-03-14T03:12:07.5Z {GC}", T + 500, "docker_compose/iso"),
    "kubectl-prefix": (f"[pod/api-6c9f/node] {GC}", None, "kubectl"),
    "kubectl-prefix-timestamps": (f"[pod/api-6c9f/node] 2026-03-14T03:12:07Z {GC}", T, "kubectl/iso"),
    "chromium": (f"[5380:0823/221115:FATAL:memory_win.cc(38)] {GC}", None, "chromium"),
    "electron-thread": (f"[65115:77:0110/182055.917640:ERROR:v8_initializer.cc(791)] {GC}", None, "chromium"),
    "logcat-threadtime": (f"03-14 03:12:07.002  1234  1250 I node    : {GC}", None, "logcat"),
    "logcat-brief": (f"I/node    ( 1234): {GC}", None, "logcat_brief"),
    "klog": (f"E0314 03:12:07.123456   12345 node.go:12] {GC}", None, "klog"),
    "buildkit": (f"#11 305.0 {GC}", None, "buildkit"),
    "git-push": (f"remote: {GC}", None, "git_remote"),
    "csv": (f"1773457927250,{GC}", T + 250, "csv"),
    "logfmt": (f'time="2026-03-14T03:12:07Z" level=info app=web msg="{GC}" n=1', T, "logfmt"),
    "concurrently": (f"[0] {GC}", None, "concurrently"),
    "concurrently-old-v8": (f"[0] {OLD_GC}", None, "concurrently"),
    "label-in-brackets": (f"[tool_result] {GC}", None, "labelled"),
    "label-with-options": (f"[build:en-US -- -- --prod --progress=false] {GC}", None, "labelled"),
    "labels": (f"[ERROR] [node] {GC}", None, "labelled"),
    "label-word": (f"transform[stdout]: {GC}", None, "labelled"),
    "label-stream": (f"stderr: {GC}", None, "labelled"),
    "label-devtools": (f"localProcessExtensionHost.ts:291 {GC}", None, "labelled"),
    "label-in-list": (f"- stderr ESLint: {GC}", None, "labelled"),
    "level-after-date": (f"2026-03-14T03:12:07Z [FATAL] [node] {GC}", T, "iso/labelled"),
    "quote": (f"> > {GC}", None, "marked"),
    "comment": (f"// {GC}", None, "marked"),
    "comment-glued": (f"//{GC}", None, "marked"),
    "block-comment": (f"     * {GC}", None, "marked"),
    "diff": (f"+{GC}", None, "marked"),
    "box": (f"│ {GC}", None, "marked"),
    "markdown-list": (f"- {GC}", None, "marked"),
    "back-ticks": (f"\t\t`{GC}`,", None, "back_quoted"),
    "javascript-string": (f"    '{GC}\\n' +", None, "single_quoted"),
    "java-string": (f'  + "{GC}\\r\\n"', None, "double_quoted"),
    "property": (f'"stderr": "{GC}\\n",', None, "double_quoted"),
    "escaped-tag": (f"\\{GC}", None, None),
    "coloured": (f"\x1b[1;31m{GC}\x1b[0m\x1b[K", None, None),
    "orphan-colour": (f"[32m{GC}[0m", None, None),
    "colour-spelled-out": (f"\\u001b[32m{GC}\\x1b[0m", None, None),
    "window-title": (f"\x1b]0;node\x07{GC}", None, None),
    "entities": (GC.replace(">", "&gt;"), None, None),
    "entities-twice": (GC.replace(">", "&amp;gt;"), None, None),
    "unicode-escape": (GC.replace(">", "\\u003e"), None, None),
    "tags": (f"<code>{GC}<font></font>", None, None),
    "highlighter": (GC.replace("99", '<span class="hljs-number">99</span>'), None, None),
    "no-break-spaces": (GC.replace("ms: ", "ms:\u00a0"), None, None),
    "byte-order-mark": (f"\ufeff{GC}", None, None),
}


@pytest.mark.parametrize(("line", "wall_ms", "envelope"), ENVELOPES.values(), ids=ENVELOPES)
def test_an_envelope_comes_off_and_gives_its_wall_clock(line: str, wall_ms: float | None, envelope: str | None) -> None:
    [payload] = unwrap(line)
    assert payload.text == GC or payload.text == OLD_GC
    assert payload.wall_ms == (None if wall_ms is None else pytest.approx(wall_ms, abs=0.001))
    assert payload.envelope == envelope
    assert not payload.partial
    assert unwrap(line.encode()) == [payload]


@pytest.mark.parametrize(
    "line",
    [
        GC,
        OLD_GC,
        "      30 ms: Scavenge 2.1 (35.0) -> 1.8 (36.0) MB, 0 ms [allocation failure].",
        "[29125:0x19b50d50:0]       18 ms: Memory reducer: finished GC #1",
        "[28414] Memory allocator,   used: 38780928, available: 1496334336",
        "[IncrementalMarking] Start marking",
        "[12:34] Limited new space size due to high promotion rate: 1 MB",
        "<--- Last few GCs --->",
        "FATAL ERROR: CALL_AND_RETRY_LAST Allocation failed - JavaScript heap out of memory",
        " 1: 0xb7c56e node::Abort() [node]",
        "12: node::Start(int, char**) [/usr/bin/node]",
        "62510: 00003C7407F0B23C ",
        " 1: 00007FF7EC8CF04A node::Abort+5114",
        "    1: leak [0x296618d8b9d1] [C:\\new\\leak.js:~3] [pc=00007FF7](this=0x1 <JSGlobal Object>,0x2 <String[3]: a|b>)",
        "    0: ExitFrame [pc: 0x140e819]",
        "==== JS stack trace =========================================",
        "Security context: 0x1af2ae7008d1 <JSObject>",
        "# Fatal error in ../../v8/src/heap/heap.cc, line 172",
        "#",
        "gc_count=3 mark_sweep_count=1",
        "pause=12 mutator=3 gc=s external=0",
        '{ "isolate": "0x5d0f000", "id": 1, "key": "live", "type": "x" }',
        "#1: created 128 modules, total 256",
        "App [api] exited with code [0] via signal [SIGINT]",
        "ratio 3 | 4",
        "",
    ],
)
def test_a_line_without_envelope_stays_as_it_is(line: str) -> None:
    assert unwrap(line) == [Payload(line)]


def test_the_innermost_date_is_the_wall_clock() -> None:
    inner = json.dumps({"level": 30, "time": 1773457927250, "msg": f"[pod/a/b] {GC}"})
    [payload] = unwrap(f"api-1  | 2030-01-01T00:00:00Z stdout F {inner}")
    assert payload == Payload(GC, T + 250, "docker_compose/cri/json/kubectl")


def test_an_inner_date_goes_before_an_outer_one() -> None:
    assert unwrap(f"2030-01-01T00:00:00Z stdout F 2026-03-14T03:12:07Z {GC}") == [Payload(GC, T, "cri/iso")]


def test_an_outer_date_holds_where_the_inner_envelope_has_none() -> None:
    assert unwrap(f"2026-03-14T03:12:07Z 9:40:53 PM: {GC}") == [Payload(GC, T, "iso/clock")]


def test_nesting_is_taken_off_eight_deep_and_no_further() -> None:
    [payload] = unwrap("remote: " * 10 + "x")
    assert payload.text == "remote: remote: x"
    assert payload.envelope == "/".join(["git_remote"] * 8)


def test_a_cri_part_is_reported_and_nothing_of_it_is_lost() -> None:
    assert unwrap("2026-03-14T03:12:07Z stdout P  half  ") == [Payload(" half  ", T, "cri", partial=True)]
    assert unwrap("2026-03-14T03:12:07Z stdout F  of it") == [Payload(" of it", T, "cri")]


def test_a_docker_part_of_16_kib_is_reported() -> None:
    part = {"log": "x" * 16384, "stream": "stdout", "time": "2026-03-14T03:12:07Z"}
    assert unwrap(json.dumps(part)) == [Payload("x" * 16384, T, "json", partial=True)]


def test_empty_lines_in_an_envelope_are_empty_payloads() -> None:
    lines = ["newman_1  | ", "newman_1  |", "remote:", "#11 305.0 ", "2026-03-14T03:12:07Z", "'\\n' +", '"",']
    assert [[payload.text for payload in unwrap(line)] for line in lines] == [[""]] * len(lines)


def test_newlines_within_a_json_message_give_several_payloads() -> None:
    line = json.dumps({"message": f"\n<--- Last few GCs --->\r\n\r\n{GC}\n", "ts": 1773457927.25})
    texts = ["", "<--- Last few GCs --->", "", GC]
    assert unwrap(line) == [Payload(text, T + 250, "json") for text in texts]


def test_newlines_written_out_before_a_line_of_v8_give_several_payloads() -> None:
    line = f'  outLen=0   errHead="\\r\\n<--- Last few GCs --->\\r\\n\\r\\n{GC}"'
    assert [payload.text for payload in unwrap(line)] == ['  outLen=0   errHead="', "<--- Last few GCs --->", "", f'{GC}"']


def test_a_backslash_n_in_a_path_is_no_newline() -> None:
    line = "Error in C:\\node\\new.js: 1 ms: x"
    assert unwrap(line) == [Payload(line)]


def test_a_spinner_that_draws_over_itself_gives_one_payload_for_each_drawing() -> None:
    assert [p.text for p in unwrap(f"| building\r/ building\r{GC}\r\n")] == ["| building", "/ building", GC]
    assert unwrap(f"{GC}\r\r\n") == [Payload(GC)]


def test_the_cells_of_a_table_are_payloads() -> None:
    texts = [payload.text for payload in unwrap("| 27 ms: Scavenge 3.8 | - | 25 ms: Mark-sweep 3.8  |")]
    assert texts == ["27 ms: Scavenge 3.8", "-", "25 ms: Mark-sweep 3.8"]


def test_bytes_that_are_no_utf8_do_not_hide_the_line() -> None:
    assert unwrap(b"caf\xe9-1  | x") == [Payload("caf\ufffd-1  | x")]
    assert unwrap(b"api-1  | caf\xe9") == [Payload("caf\ufffd", None, "docker_compose")]


RECORDS = st.sampled_from(
    [
        GC,
        OLD_GC,
        "      30 ms: Scavenge 2.1 (35.0) -> 1.8 (36.0) MB, 0 ms [allocation failure].",
        "<--- Last few GCs --->",
        "FATAL ERROR: Reached heap limit Allocation failed - JavaScript heap out of memory",
        "1: 0xb7c56e node::Abort() [node]",
    ]
)
PREFIXES = st.one_of(
    st.sampled_from([line.partition(GC)[0] for line, _, _ in ENVELOPES.values() if line.endswith(GC)]),
    st.text(st.characters(blacklist_categories=["Cs"], blacklist_characters="\r\n\\&\x1b\x9b<\u241b^{|"), max_size=30),
    st.from_regex(r"\A[\[\]():\d .a-z|>#*-]{0,24}\Z"),
)


@given(st.lists(PREFIXES, max_size=3), RECORDS)
def test_a_record_survives_any_prefix(prefixes: list[str], record: str) -> None:
    payloads = unwrap("".join(prefixes) + record)
    assert any(record.strip() in payload.text for payload in payloads)


@given(st.text(max_size=200))
def test_any_text_gives_payloads_without_line_ends(text: str) -> None:
    assert all("\r" not in payload.text for payload in unwrap(text.replace("\n", " ")))


WRAPPED = Path(__file__).parents[2] / "samples" / "wrapped"
V8_LINE = re.compile(r"(?:em)?\[\d+:0x|<---|FATAL ERROR|----- Native| ?\d+: 0x")


def payload_lines(path: Path) -> list[str]:
    texts: list[str] = []
    part = ""
    with open_source(SourceSpec(path.name, path)) as source:
        for block in source.blocks():
            for line in block.data.removesuffix(b"\n").split(b"\n"):
                for payload in unwrap(line):
                    part += payload.text
                    if not payload.partial:
                        texts.append(part.strip())
                        part = ""
    return [text[found.start() :] for text in texts if (found := V8_LINE.search(text))]


def wrapped_files() -> list[str]:
    with (WRAPPED / "envelopes.tsv").open(encoding="utf-8") as file:
        return [row["file"] for row in csv.DictReader(file, delimiter="\t")]


@pytest.mark.parametrize("name", wrapped_files())
def test_every_wrapped_sample_holds_the_same_lines_of_v8(name: str) -> None:
    expected = payload_lines(WRAPPED / "plain.log")
    assert len(expected) > 30
    assert payload_lines(WRAPPED / name) == expected
