"""What is no v8.log, or a broken one: a message or a report, never a traceback, and every line counted once."""

from __future__ import annotations

import gzip
import random
import re
import subprocess
import sys
from pathlib import Path

import pytest
from rendered import render_html, render_terminal

import gclog
from gclog.errors import GclogError, NothingToAnalyse
from gclog.incident.settings import Settings
from gclog.model.report import Report
from gclog.report.json.v1 import render_json

SAMPLE = Path(__file__).parents[2] / "samples" / "ticks" / "node24.log.gz"
HEAD = "v8-version,11,3,244,8,-node.38,0\nprofiler,begin,1000\n"
CODE = "code-creation,JS,10,5,0x2000,256,f /app/x.js:1:1,0x3000,~\n"
TICK = "tick,0x2010,1000,0,0x0,0\n"
NOISE = random.Random(7).randbytes(1 << 20)


def report_of(path: Path) -> Report:
    report = gclog.analyze(path)
    for source in report.sources:
        lines = source.lines
        assert lines.recognised + lines.foreign + lines.continuation + lines.unread == lines.total
        assert min(lines.recognised, lines.foreign, lines.continuation, lines.unread) >= 0
    for text in (render_terminal(report), render_json(report), render_html(report)):
        assert text
    return report


GARBAGE = {
    "a head and no tick": (HEAD.encode(), 3),
    "a head and code": ((HEAD + CODE).encode(), 3),
    "a word and no more": (b"tick,", 3),
    "words alone": (b"tick\ntick\nv8-version\n", 3),
    "random bytes behind a head": (HEAD.encode() + NOISE, 4),
    "a gz of random bytes": (gzip.compress(HEAD.encode() + NOISE), 4),
}


@pytest.mark.parametrize(("data", "code"), GARBAGE.values(), ids=GARBAGE.keys())
def test_what_has_no_tick_is_refused_with_a_message(tmp_path: Path, data: bytes, code: int) -> None:
    path = tmp_path / "isolate-0x10-7-v8.log"
    path.write_bytes(data)
    with pytest.raises(GclogError) as raised:
        gclog.analyze(path)
    assert raised.value.exit_code == code
    assert str(path) in str(raised.value)
    assert "\n" in str(raised.value), "it does not say what to do"


def test_a_v8_log_without_ticks_says_so(tmp_path: Path) -> None:
    path = tmp_path / "v8.log"
    path.write_text(HEAD + CODE)
    with pytest.raises(NothingToAnalyse, match=r"a v8\.log without one tick"):
        gclog.analyze(path)


@pytest.mark.parametrize(
    "line",
    [
        pytest.param("tick,0x2010," + "9" * 400 + ",0,0x0,0", id="a moment of 400 digits"),
        pytest.param("tick,0x2010," + "9" * 30 + ",0,0x0,0", id="a moment of 30 digits"),
        pytest.param("tick,0x2010," + "9" * 19 + ",0,0x0,0", id="a moment beyond 64 bits"),
        pytest.param("tick,0x" + "f" * 5000 + ",1,0,0x0,0", id="an address of 5,000 digits"),
        pytest.param("tick,0x2010,1,0,0x0," + "7" * 5000, id="a state of 5,000 digits"),
        pytest.param("tick,0x2010,1000,0,0x0,0" + ",0x2010" * 20_000, id="20,000 frames"),
        pytest.param("tick,0x2010,1000,0,0x0,0" + ",0x2010,0x500010" * 3000, id="6,000 frames of two kinds"),
        pytest.param("tick,0x2010,1000,0,0x0,0,+-+-,,xx", id="addresses that are none"),
        pytest.param("tick,0x2010,1000,0,0x0,0,+" + "9" * 5000, id="an offset of 5,000 digits"),
        pytest.param("tick," * 5000, id="words"),
        pytest.param("code-creation,JS,10,5,0x2000," + "9" * 5000 + ",g /x.js:1:1,0x3100,*", id="a size of 5,000 digits"),
        pytest.param("code-creation,JS,10,5,0x2000,99999999999999999999,g /x.js:1:1,0x3100,*", id="a size beyond 64 bits"),
        pytest.param("code-creation,JS,10,5,0x2000,64," + ",0x3" * 20_000 + ",", id="a name of commas"),
        pytest.param(
            "code-creation,JS,10,5,0x2000,64,g /x.js:" + "9" * 5000 + ":1,0x3100,*", id="a line number of 5,000 digits"
        ),
        pytest.param("code-move,0x2000,0x" + "f" * 40, id="a move out of the address space"),
        pytest.param("shared-library,/lib/x,0x" + "f" * 30 + ",0x0,-99999999999999999999", id="a library of negative size"),
        pytest.param("new,MemoryChunk,0x1," + "9" * 400, id="a chunk of 400 digits"),
        pytest.param("v8-version," + "9" * 400 + ",3,244,8,-node.38,0", id="a version of 400 digits"),
        pytest.param("v8-version,99,99,0,0,0", id="a version to come"),
        pytest.param("v8-version,0,0,0,0,0", id="a version that never was"),
        pytest.param("profiler,begin," + "9" * 400, id="an interval of 400 digits"),
        pytest.param("profiler,begin,0", id="an interval of nothing"),
        pytest.param("code-deopt," + "9" * 30 + ",576,0x2000,-1,190,deopt-eager,</app/x.js:4:88>,why", id="a deopt, late"),
        pytest.param(
            "code-source-info,0x2000,1,0,9,C" + "9" * 5000 + "O1,F" + "9" * 5000 + ",S0x3000", id="positions of 5,000 digits"
        ),
        pytest.param("code-source-info,0x2000,1,0,9,C0O1I99,F9O1I98F8O1I99,S0x3000", id="inlined into itself"),
        pytest.param("script-source,1,/app/x.js," + "x" * 300_000, id="a long source"),
        pytest.param("\x1b[2J\x00\u202e", id="escape codes"),
        pytest.param("", id="nothing"),
    ],
)
def test_a_hostile_line_between_ticks_does_no_harm(tmp_path: Path, line: str) -> None:
    path = tmp_path / "v8.log"
    library = "shared-library,/usr/bin/node,0x500000,0x600000,0\n"
    path.write_text(HEAD + CODE + library + TICK + line + "\n" + TICK * 3)
    report = report_of(path)
    assert sum(found.profile.ticks for found in report.profiles) in (4, 5)


@pytest.mark.parametrize("cut", [1, 10, 100, 30_000, 100_000, 300_000])
def test_a_log_that_was_cut_is_read_as_far_as_it_goes(tmp_path: Path, cut: int) -> None:
    data = gzip.decompress(SAMPLE.read_bytes())
    path = tmp_path / "v8.log"
    path.write_bytes(data[:-cut])
    (found,) = report_of(path).profiles
    assert found.profile.ticks >= data[:-cut].count(b"\ntick,") - 1
    assert "truncated-last-line" in {note.id for note in found.profile.notes}


def test_a_log_without_its_head_is_read_from_where_it_begins(tmp_path: Path) -> None:
    data = gzip.decompress(SAMPLE.read_bytes())
    path = tmp_path / "v8.log"
    path.write_bytes(data[len(data) // 2 :])
    (found,) = report_of(path).profiles
    assert "no-version" in {note.id for note in found.profile.notes}


def test_garbage_behind_ticks_does_not_spoil_them(tmp_path: Path) -> None:
    path = tmp_path / "v8.log"
    path.write_bytes((HEAD + CODE + TICK * 900).encode() + b"x\n" * 40_000 + NOISE)
    (found,) = report_of(path).profiles
    assert found.profile.ticks == 900


def test_any_log_can_be_read_as_ticks_and_as_a_gc_log(tmp_path: Path) -> None:
    path = tmp_path / "v8.log"
    path.write_text(HEAD + CODE + TICK)
    with pytest.raises(NothingToAnalyse, match="no GC lines"):
        gclog.analyze(path, Settings(read_as="gc"))
    other = tmp_path / "app.log"
    other.write_text("hello\n")
    with pytest.raises(NothingToAnalyse, match="without one tick"):
        gclog.analyze(other, Settings(read_as="ticks"))


MOST_MB = 330
"""Python with pandas and numpy takes about a third of it before it begins; held whole, the line would take 64 more."""


def test_a_line_of_64_mb_between_ticks_is_read_in_bounded_memory(tmp_path: Path) -> None:
    path = tmp_path / "v8.log"
    with path.open("w") as stream:
        stream.write(HEAD + CODE + TICK + "script-source,1,/app/x.js,")
        for _ in range(64):
            stream.write("x" * (1 << 20))
        stream.write("\n" + TICK)
    code = f"""
import pathlib, re, resource
import gclog
(found,) = gclog.analyze({str(path)!r}).profiles
print(found.profile.ticks)
status = pathlib.Path("/proc/self/status")  # ru_maxrss of a child begins at its parent's size, VmHWM at its own
own = re.search(r"VmHWM:\\s+(\\d+) kB", status.read_text()) if status.exists() else None
print((int(own[1]) if own else resource.getrusage(resource.RUSAGE_SELF).ru_maxrss) // 1024)
"""
    shown = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert shown.stderr == ""
    ticks, most_mb = map(int, re.findall(r"\d+", shown.stdout))
    assert ticks == 2
    assert most_mb < MOST_MB
