"""Numbers that no field can hold: their values are not known, or their lines unread; nothing ever raises."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from gclog.cli.main import app
from gclog.recognise.reader import Reader
from gclog.source.json_lines import read_json_line
from gclog.source.open import Block
from gclog.source.unwrap import unwrap

MANY = "9" * 400
TOO_MANY = "9" * 5_000
"""More than Python turns into a whole number."""

GC = "[15801:0x29969b80]       50 ms: Scavenge 4.1 (4.2) -> 3.4 (5.2) MB, 0.57 / 0.00 ms  (average mu = 1.000, current mu = 1.000) allocation failure;"
JSON_NVP = '[14691:0x437a7000:0]       23 ms: GC: {"pause":3.585,"mutator":0.734,"gc":"s","allocated":1736992}'
NVP = "[20225:0x102004600]    15896 ms: pause=9.1 mutator=331.6 gc=s reduce_memory=0 scavenge=9.93 allocated=100 steps_count=1"
PROFILE = (
    '{"version":1,"startTime":1795268744336,"statistics":[{"gcType":"Scavenge","cost":100,"afterGC":{"heapStatistics":'
    '{"heapSizeLimit":5,"usedHeapSize":7}}}],"endTime":1795268804338}'
)

LINES = [
    *(
        GC.replace(old, new)
        for old, new in (("15801", MANY), ("15801", TOO_MANY), ("50 ms", f"{MANY} ms"), ("50 ms", f"{TOO_MANY} ms"))
    ),
    *(GC.replace("50 ms", f"{at} ms") for at in ("999999999999999", "nan", "inf", "-inf", "18446744073709551615")),
    *(GC.replace("4.1", size) for size in ("nan", "inf", MANY, f"-{MANY}.5")),
    *(GC.replace("0.57", pause) for pause in ("nan", f"{MANY}.57", "999999999999.57")),
    *(GC.replace(":0x29969b80]", f":0x29969b80:{number}]") for number in (MANY, "nan")),
    *(NVP.replace(old, new) for old, new in (("331.6", "x"), ("9.1 ", f"{MANY} "), ("steps_count=1", "steps_count=nan"))),
    *(NVP.replace("allocated=100", f"allocated={value}") for value in ("x", "nan", "inf", MANY, "100%")),
    *(JSON_NVP.replace("0.734", value) for value in ("null", '"x"', "[]", "1e999", "NaN", "true", MANY, TOO_MANY, "{}")),
    *(JSON_NVP.replace("3.585", value) for value in ("null", '"x"', "Infinity", "false", MANY)),
    *(JSON_NVP.replace('"s"', value) for value in ("null", "[]", "{}", "7", '"?"')),
    *(JSON_NVP.replace("1736992", value) for value in ("null", '"x"', "[1]", "1e300", f"-{MANY}", "[" * 20_000)),
    JSON_NVP.replace('"gc"', '"reason":["x"],"gc"'),
    *(PROFILE.replace(old, new) for old in ("1795268744336", "100", '"heapSizeLimit":5', "7}") for new in (f"{MANY}", "null")),
    *(f"rss: {value} MB, heapUsed: {value} MB" for value in (MANY, TOO_MANY, "NaN", f"{MANY}.5")),
    *(f"[28414] Memory allocator,   used: {value} KB, available: {value} KB" for value in (MANY, "nan")),
    f"[28414] Total time spent in GC  : {MANY} ms",
    f"node --max-old-space-size={MANY} server.js",
    f"node --max-old-space-size={TOO_MANY} server.js",
    f"Killed process {MANY} (node) total-vm:{MANY}kB, anon-rss:{TOO_MANY}kB",
    f'{{"name":"gc","entryType":"gc","startTime":{MANY},"duration":{MANY},"kind":{MANY}}}',
    '{"name":"gc","entryType":"gc","startTime":1e999,"duration":1e300,"kind":1}',
    f"#{MANY}# 0x296618d8b9d1: 0x296618d8b9d1 <JSObject>",
    f"{MANY}: 0xb7c56e node::Abort() [node]",
    *(
        f'{{"time":{time},"msg":{json.dumps(GC)}}}'
        for time in ("1e300", "1e999", "-1", "NaN", MANY, TOO_MANY, f'"{MANY}"', f'"{TOO_MANY}"')
    ),
    f'{{"msg":"\\ud83d {GC}"}}',
    f'{{"log":"{GC} \\udc00\\n","time":"2026-01-14T09:30:21Z"}}',
    *(
        f"{date} {GC}"
        for date in ("0000-00-00T00:00:00Z", "9999-12-31T23:59:59-99:99", "0001-01-01T00:00:00+23:59", "2026-02-31T25:61:61Z")
    ),
    f"9999999999999,{GC}",
    f"I0314 99:99:99.123456   {MANY} node.go:{MANY}] <--- Last few GCs --->",
]


@pytest.mark.parametrize("line", LINES, ids=range(len(LINES)))
def test_every_line_is_counted_once_and_none_raises(line: str) -> None:
    reader = Reader()
    reader.read(Block(f"{line}\n{GC}\n".encode(), 1))
    reader.finish()
    assert reader.line_counts.total == 2


@pytest.mark.parametrize(
    "command", [["analyze", "--format", "json"], ["analyze"], ["watch", "--replay", "0"]], ids=["json", "text", "watch"]
)
def test_a_log_of_such_lines_is_reported(command: list[str], tmp_path: Path) -> None:
    log = tmp_path / "impossible.log"
    log.write_text("\n".join([GC, *LINES, GC.replace("50 ms", "80 ms"), ""]), encoding="utf-8")
    result = CliRunner().invoke(app, [*command, str(log)])
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
    assert "Traceback" not in result.output


@pytest.mark.parametrize("time", ["1e300", "1e999", "NaN", MANY, f'"{MANY}"', f'"{TOO_MANY}"', "1e20", "true"])
def test_a_time_beyond_every_clock_is_not_known(time: str) -> None:
    found = read_json_line(f'{{"time":{time},"msg":"x"}}')
    assert found is not None and found.wall is None


def test_half_a_surrogate_pair_becomes_a_character_that_utf8_has() -> None:
    found = read_json_line('{"msg":"a \\ud83d b \\ud83d\\ude00"}')
    assert found is not None and found.message == "a \ufffd b \U0001f600"


@pytest.mark.parametrize("date", ["9999-12-31T23:59:59-99:99", "0001-01-01T00:00:00+23:59", "0000-01-01T00:00:00Z"])
def test_a_date_outside_the_calendar_is_not_known(date: str) -> None:
    (payload,) = unwrap(f"{date} {GC}")
    assert payload.wall_ms is None and payload.text == GC
