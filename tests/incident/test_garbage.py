"""What is no log, or a broken one: a message and an exit code, never a traceback, in bounded memory."""

from __future__ import annotations

import base64
import gzip
import random
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
from made_logs import FATAL, NATIVE, RING, STACK, full, scavenge
from rendered import render_html, render_terminal

import gclog
from gclog.errors import GclogError, InputError, NothingToAnalyse
from gclog.model.records import Record
from gclog.report.json.v1 import render_json

MB = 1 << 20
NOISE = random.Random(7).randbytes(2 * MB)
JPEG = (
    base64.b64decode(
        "/9j/4AAQSkZJRgABAQEAYABgAAD/2wBDAAgGBgcGBQgHBwcJCQgKDBQNDAsLDBkSEw8UHRofHh0aHBwgJC4nICIsIxwcKDcpLDAxNDQ0Hyc5PTgyPC4zNDL/"
    )
    * 40
)
LOG = "\n".join([scavenge(18), full(99), RING, full(99), STACK, FATAL, NATIVE, ""]).encode()

GARBAGE = {
    "random bytes": (NOISE, 4),
    "a picture": (JPEG, 4),
    "nothing": (b"", 3),
    "one newline": (b"\n", 3),
    "NULs alone": (bytes(MB), 3),
    "an empty gz": (gzip.compress(b""), 3),
    "a gz of random bytes": (gzip.compress(NOISE), 4),
    "a gz header and no more": (gzip.compress(LOG)[:10], 4),
    "a gz of nonsense": (b"\x1f\x8b\x08\x00" + NOISE[:1000], 4),
    "half a UTF-16 mark": (b"\xff", 3),
    "a UTF-16 mark": (b"\xff\xfe", 3),
    "an ELF program": (b"\x7fELF\x02\x01\x01" + bytes(9) + NOISE[:5000], 4),
    "text with NULs": (b"hello\x00world\n" * 1000, 4),
    "Latin-1": (("Größe: 12 MB\n" * 1000).encode("latin-1"), 3),
}


@pytest.mark.parametrize(("data", "code"), GARBAGE.values(), ids=GARBAGE.keys())
def test_garbage_is_refused_with_a_message_that_names_it(tmp_path: Path, data: bytes, code: int) -> None:
    path = tmp_path / "a.log"
    path.write_bytes(data)
    with pytest.raises(GclogError) as raised:
        gclog.analyze(path)
    assert raised.value.exit_code == code
    assert str(path) in str(raised.value)
    assert "\n" in str(raised.value), "it does not say what to do"


def test_a_gz_that_was_cut_is_read_as_far_as_it_goes(tmp_path: Path) -> None:
    lines = "".join(scavenge(n) + "\n" for n in range(20_000)).encode()
    packed = gzip.compress(lines)
    path = tmp_path / "a.log.gz"
    path.write_bytes(packed[: len(packed) // 2])
    report = gclog.analyze(path)
    assert 1000 < report.processes[0].total < 20_000
    assert report.sources[0].notes


def test_a_folder_without_a_log_is_nothing_to_analyse(tmp_path: Path) -> None:
    for name in ("a.txt", "b.txt"):
        (tmp_path / name).write_text("hello\n")
    with pytest.raises(NothingToAnalyse, match="2 lines of application output"):
        gclog.analyze(tmp_path)


def test_a_zip_that_is_none_cannot_be_read(tmp_path: Path) -> None:
    path = tmp_path / "a.zip"
    path.write_bytes(b"PK\x03\x04" + NOISE[:1000])
    with pytest.raises(InputError):
        gclog.analyze(path)


def test_a_zip_without_a_log_is_nothing_to_analyse(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        archive.writestr("a.txt", "hello\n")
    with pytest.raises(NothingToAnalyse):
        gclog.analyze(tmp_path / "a.zip")


@pytest.mark.parametrize("hole", [bytes(5), bytes(100_000)], ids=["a few", "a hole of a truncated file"])
def test_nuls_in_a_log_are_dropped_and_noted(tmp_path: Path, hole: bytes) -> None:
    path = tmp_path / "a.log"
    path.write_bytes(hole + LOG + hole + LOG.replace(b" 99 ms", b"199 ms"))
    report = gclog.analyze(path)
    assert report.processes[0].crash is not None
    assert any("NUL" in note for note in report.sources[0].notes)


@pytest.mark.parametrize("data", [NOISE[:MB], JPEG, bytes(1000)], ids=["random bytes", "a picture", "NULs"])
def test_garbage_behind_a_log_does_not_spoil_what_was_read(tmp_path: Path, data: bytes) -> None:
    path = tmp_path / "a.log"
    path.write_bytes(LOG + b"GET /orders 200\n" * 5000 + data)
    report = gclog.analyze(path)
    (process,) = report.processes
    assert process.total == 2 and process.crash is not None
    lines = report.sources[0].lines
    assert lines.recognised + lines.foreign + lines.continuation + lines.unread == lines.total
    assert "\x1b" not in render_terminal(report)


def test_a_crash_log_that_was_cut_at_any_byte_is_analysed_or_refused_with_a_message(tmp_path: Path) -> None:
    data = "\n".join([RING, full(99), FATAL, NATIVE, ""]).encode()
    path = tmp_path / "a.log"
    codes: list[int] = []
    before: list[Record] | None = None
    for cut in range(len(data) + 1):
        path.write_bytes(data[:cut])
        records = list(gclog.read(path))
        if records == before:  # of the same records the same is made
            continue
        before = records
        try:
            report = gclog.analyze(path)
        except GclogError as error:
            codes.append(error.exit_code)
        else:
            render_terminal(report)
            codes.append(0)
    assert len(codes) > len(data) / 3
    assert set(codes) == {0, 3}
    assert codes == sorted(codes, reverse=True), "what was read of less could not be read of more"


@pytest.mark.parametrize(
    "line",
    [
        pytest.param("x" * 10_000, id="a long line"),
        pytest.param("[7:0x10]" * 2000, id="prefixes"),
        pytest.param("{" * 10_000, id="brackets"),
        pytest.param('{"log":"' * 2000, id="JSON that never ends"),
        pytest.param("[" + "9" * 10_000 + ":0x10] 18 ms: Scavenge", id="digits"),
        pytest.param(scavenge(18) * 500, id="glued records"),
        pytest.param("FATAL ERROR: " * 1000, id="fatal errors"),
        pytest.param("&gt;" * 5000, id="entities"),
        pytest.param("\\u003e" * 3000, id="escapes"),
        pytest.param("2026-03-14T03:12:07.123Z " * 500, id="dates"),
        pytest.param("<--- Last few GCs --->" * 500, id="banners"),
        pytest.param(scavenge(18).replace("1.02", "9" * 400), id="a pause of 400 digits"),
        pytest.param(scavenge(18).replace("18 ms", "9" * 30 + " ms"), id="a moment of 30 digits"),
        pytest.param(scavenge(18).replace("3.9", "-nan").replace("3.8", "inf"), id="sizes that are no numbers"),
        pytest.param(scavenge(18).replace("[7:", "[99999999999999999999:"), id="a pid of 20 digits"),
    ],
)
def test_a_hostile_line_between_others_does_no_harm(tmp_path: Path, line: str) -> None:
    path = tmp_path / "a.log"
    path.write_text("\n".join([scavenge(10), line, full(99), RING, full(99), FATAL, ""]))
    report = gclog.analyze(path)
    lines = report.sources[0].lines
    assert lines.recognised + lines.foreign + lines.continuation + lines.unread == lines.total
    for text in (render_terminal(report), render_json(report), render_html(report)):
        assert text


MOST_MB = 300
"""Python with pandas takes about a third of it before it begins; held whole, decoded and split, the line would take as much."""


def test_a_line_of_64_mb_is_read_in_bounded_memory(tmp_path: Path) -> None:
    path = tmp_path / "a.log"
    with path.open("wb") as stream:
        for _ in range(64):
            stream.write(b"x" * MB)
    code = f"""
import pathlib, re, resource
import gclog, gclog.errors
try:
    gclog.analyze({str(path)!r})
except gclog.errors.NothingToAnalyse as error:
    print(error.exit_code)
status = pathlib.Path("/proc/self/status")  # ru_maxrss of a child begins at its parent's size, VmHWM at its own
own = re.search(r"VmHWM:\\s+(\\d+) kB", status.read_text()) if status.exists() else None
print((int(own[1]) if own else resource.getrusage(resource.RUSAGE_SELF).ru_maxrss) // 1024)
"""
    shown = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert shown.stderr == ""
    exit_code, most_mb = map(int, shown.stdout.split())
    assert exit_code == 3
    assert most_mb < MOST_MB
