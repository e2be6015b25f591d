"""The whole flow, over the project's own samples: settings, several sources, and the laws that hold for every log."""

from __future__ import annotations

import functools
import gzip
import json
import math
import random
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from made_logs import FATAL, RING, full, scavenge
from rendered import render_terminal

import gclog
from gclog.cli.moments import parse_moment
from gclog.errors import InputError, NothingToAnalyse, UsageError
from gclog.incident.pipeline import analyze
from gclog.incident.settings import Settings
from gclog.model.records import Collection, DetailedCollection, Record, RingCollection, column_specs
from gclog.model.report import ProcessReport, Report
from gclog.model.verdict import Limit, NoLimit
from gclog.report.json.v1 import render_json

SAMPLES = Path(__file__).parents[2] / "samples"
LOGS = sorted(path for folder in ("gc", "wrapped") for path in (SAMPLES / folder).iterdir() if ".log" in path.name)
WRAPPED = sorted(path for path in (SAMPLES / "wrapped").glob("*.log"))
PLAIN = SAMPLES / "wrapped" / "plain.log"


def identify(path: Path) -> str:
    return path.relative_to(SAMPLES).as_posix()


def read_bytes(path: Path) -> bytes:
    data = path.read_bytes()
    return gzip.decompress(data) if path.suffix == ".gz" else data


def write(folder: Path, *lines: str, name: str = "a.log") -> Path:
    path = folder / name
    path.write_text("".join(line + "\n" for line in lines), encoding="utf-8")
    return path


def growing(count: int = 30) -> list[str]:
    """A leak: a full collection every ten seconds, 2 MB more each time, the last of them dated 1970-01-01T00:05:00."""
    stamps = [f"1970-01-01T00:{n * 10 // 60:02d}:{n * 10 % 60:02d}.000Z " for n in range(1, count + 1)]
    return [stamp + full(n * 10_000, after_mb=10 + 2 * n) for n, stamp in enumerate(stamps, 1)]


# ---------------------------------------------------------------- settings


def test_the_heap_limit_that_the_user_gives_is_the_limit(tmp_path: Path) -> None:
    (process,) = gclog.analyze(write(tmp_path, *growing()), Settings(heap_limit_mb=96)).processes
    assert isinstance(process.limit, Limit)
    assert (process.limit.mb, process.limit.source) == (96, "option")


def test_a_heap_limit_named_in_the_log_is_the_limit(tmp_path: Path) -> None:
    (process,) = gclog.analyze(write(tmp_path, "node --max-old-space-size=200 a.js", *growing())).processes
    assert isinstance(process.limit, Limit)
    assert (process.limit.mb, process.limit.source, process.limit.line) == (200, "log", 1)


@pytest.mark.parametrize(
    ("since", "until", "first", "last"),
    [
        pytest.param(None, None, 1, 30, id="everything"),
        pytest.param("100s", None, 10, 30, id="since, V8's clock"),
        pytest.param(None, "2m", 1, 12, id="until, V8's clock"),
        pytest.param("1m40s", "120s", 10, 12, id="between, V8's clock"),
        pytest.param("1970-01-01T00:01:40Z", "1970-01-01T00:02:00", 10, 12, id="between, the log's clock"),
        pytest.param("1970-01-01T02:01:40+02:00", "120s", 10, 12, id="one of each, in another zone"),
        pytest.param("115s", "125s", 12, 12, id="one collection"),
    ],
)
def test_only_collections_between_since_and_until_count(
    tmp_path: Path, since: str | None, until: str | None, first: int, last: int
) -> None:
    chosen = Settings(since=parse_moment(since) if since else None, until=parse_moment(until) if until else None)
    (process,) = gclog.analyze(write(tmp_path, *growing()), chosen).processes
    assert (process.span.first_line, process.span.last_line) == (first, last)
    assert process.total == last - first + 1
    assert all(first <= event.line <= last for event in process.timeline)


def test_a_crash_behind_until_is_not_told(tmp_path: Path) -> None:
    path = write(tmp_path, *growing(), RING, growing()[-1], FATAL)
    (whole,) = gclog.analyze(path).processes
    (part,) = gclog.analyze(path, Settings(until=parse_moment("4m"))).processes
    assert whole.crash is not None and whole.verdict.level == "exhausted"
    assert part.crash is None and part.verdict.level != "exhausted"


def test_an_option_before_since_still_counts(tmp_path: Path) -> None:
    path = write(tmp_path, "node --max-old-space-size=200 a.js", *growing())
    (process,) = gclog.analyze(path, Settings(since=parse_moment("100s"))).processes
    assert isinstance(process.limit, Limit) and process.limit.mb == 200


@pytest.mark.parametrize("moment", ["9d", "2026-01-01"])
def test_a_window_without_a_collection_is_a_usage_error(tmp_path: Path, moment: str) -> None:
    nameless = "      30 ms: Scavenge 2.1 (35.0) -> 1.8 (36.0) MB, 0 ms [allocation failure]."
    for lines in (growing(), [nameless]):
        with pytest.raises(UsageError, match="no collection between"):
            gclog.analyze(write(tmp_path, *lines), Settings(since=parse_moment(moment)))


def test_one_isolate_can_be_chosen_and_a_wrong_one_is_answered_with_the_right_ones(tmp_path: Path) -> None:
    path = write(tmp_path, scavenge(20), scavenge(10, isolate="0x20"), scavenge(40), scavenge(30, isolate="0x20"))
    (process,) = gclog.analyze(path, Settings(isolate="0x20")).processes
    assert (process.isolate, process.total, process.main) == ("0x20", 2, False)
    with pytest.raises(UsageError, match="no isolate 0x30") as raised:
        gclog.analyze(path, Settings(isolate="0x30"))
    assert "0x10, 0x20" in str(raised.value)


# ---------------------------------------------------------------- several sources


def test_several_sources_are_reported_together_the_most_severe_process_first() -> None:
    paths = [SAMPLES / "gc" / name for name in ("explicit_gc-node20.log", "leak-node20.log", "healthy-node12.log")]
    report = gclog.analyze(paths)
    assert [source.path for source in report.sources] == [str(path) for path in paths]
    assert [Path(process.source).name for process in report.processes] == [
        "leak-node20.log",
        "healthy-node12.log",
        "explicit_gc-node20.log",
    ]


def test_a_folder_is_read_whole() -> None:
    assert len(gclog.analyze(SAMPLES / "wrapped").sources) >= len(WRAPPED)


@pytest.mark.parametrize(
    ("lines", "found"),
    [
        pytest.param([], "no line at all", id="empty"),
        pytest.param(["hello", "world"], "2 lines of application output", id="the application's own"),
    ],
)
def test_a_log_with_nothing_of_v8_is_answered_with_what_was_found_and_what_to_do(
    tmp_path: Path, lines: list[str], found: str
) -> None:
    with pytest.raises(NothingToAnalyse) as raised:
        gclog.analyze(write(tmp_path, *lines))
    assert found in str(raised.value)
    assert "--trace-gc" in str(raised.value)
    assert str(tmp_path / "a.log") in str(raised.value)


def test_a_log_in_which_no_line_of_v8s_can_be_read_is_not_asked_for_its_flag(tmp_path: Path) -> None:
    with pytest.raises(NothingToAnalyse) as raised:
        gclog.analyze(write(tmp_path, "hello", "[7:0x10] something new"))
    assert "1 line is V8's, of 2, but none can be read that says when V8 collected" in str(raised.value)
    assert "Take whole lines" in str(raised.value) and "Was node started" not in str(raised.value)


# ---------------------------------------------------------------- stdout here, stderr there


@pytest.mark.parametrize("order", [("stdout", "stderr"), ("stderr", "stdout")])
def test_a_crash_whose_message_is_in_another_file_than_its_ring_is_one_process(order: tuple[str, str]) -> None:
    paths = [SAMPLES / "gc" / f"crash-node12.{stream}.log" for stream in order]
    report = gclog.analyze(paths)
    (process,) = report.processes
    own_lines = next(source for source in report.sources if source.path.endswith("stdout.log")).lines.total
    assert process.crash is not None
    assert (process.crash.kind, process.crash.line, process.pid) == ("ineffective-mark-compacts", own_lines + 1, 976)
    assert process.verdict.level == "exhausted"
    assert any(line.text.startswith("FATAL ERROR: Ineffective") for line in process.crash_evidence)
    assert all(source.notes for source in report.sources)


def test_a_trace_on_stdout_and_its_crash_on_stderr_are_one_process(tmp_path: Path) -> None:
    out = write(tmp_path, *growing(), name="out.log")
    err = write(tmp_path, RING, full(300_000, after_mb=70), full(300_900, after_mb=70), FATAL, name="err.log")
    (process,) = gclog.analyze([out, err]).processes
    assert (process.source, process.total, process.verdict.level) == (str(out), 31, "exhausted")
    assert process.crash is not None
    assert (process.crash.line, process.crash.last_gcs) == (34, (32, 33))
    assert {line.line: line.text for line in process.crash_evidence}[34] == FATAL


@pytest.mark.parametrize(
    "other",
    [
        pytest.param([full(999), full(1300)], id="a process that did not die"),
        pytest.param([RING, full(999), FATAL], id="a process that has its message"),
    ],
)
def test_a_crash_is_not_given_to_a_process_that_may_not_be_its_own(tmp_path: Path, other: list[str]) -> None:
    report = gclog.analyze([write(tmp_path, FATAL, name="err.log"), write(tmp_path, *other, name="out.log")])
    assert len(report.processes) == 2


def test_two_crashes_of_two_processes_in_one_log_keep_their_lines_apart(tmp_path: Path) -> None:
    out = write(tmp_path, full(90, pid=1), full(95, pid=2), name="out.log")
    errors = [write(tmp_path, RING, full(at_ms, pid=pid), FATAL, name=f"{pid}.log") for pid, at_ms in ((1, 90), (2, 95))]
    one, two = sorted(gclog.analyze([out, *errors]).processes, key=lambda process: process.pid or 0)
    assert one.crash is not None and two.crash is not None
    assert {(one.crash.line, two.crash.line)} <= {(5, 8), (8, 5)}
    assert all(FATAL in [line.text for line in process.crash_evidence] for process in (one, two))


def test_a_process_dies_once_however_often_its_crash_is_given(tmp_path: Path) -> None:
    out = write(tmp_path, *growing(), name="out.log")
    errors = [write(tmp_path, RING, full(300_000, after_mb=70), FATAL, name=name) for name in ("a.log", "b.log")]
    report = gclog.analyze([out, *errors])
    assert [process.crash is not None for process in report.processes] == [True, True]


def test_of_two_processes_that_might_have_died_none_gets_the_crash(tmp_path: Path) -> None:
    tails = [write(tmp_path, RING, full(999 + n, pid=n), "<--- JS stacktrace --->", name=f"{n}.log") for n in (1, 2)]
    assert len(gclog.analyze([write(tmp_path, FATAL, name="err.log"), *tails]).processes) == 3


# ---------------------------------------------------------------- laws


@pytest.mark.parametrize("path", LOGS, ids=identify)
def test_of_every_sample_each_line_is_counted_once_none_is_unread_and_every_figure_is_a_number(path: Path) -> None:
    report = gclog.analyze(path)
    (source,) = report.sources
    lines = source.lines
    assert lines.recognised + lines.foreign + lines.continuation + lines.unread == lines.total
    assert lines.unread == 0, source.unread
    assert sum(process.total for process in report.processes) > 0 or all(process.crash for process in report.processes)
    assert "– limit" not in render_terminal(report)
    json.loads(render_json(report), parse_constant=pytest.fail)


CUT = [
    "gc/leak-node20.log", "gc/leak-node8.log", "gc/spiral-node20.log", "gc/restarts-node12.log", "gc/workers-node22.log",
    "gc/crash_tail-node16.log", "gc/verbose-node20.log",
]  # fmt: skip
CUTS: dict[str, tuple[list[str], Report]] = {}


def timelines(report: Report, last_line: float = math.inf) -> dict[Any, Any]:
    """The events of each process up to a line."""
    found = {}
    for process in report.processes:
        events = [
            (event.line, event.at_ms, event.level, event.because) for event in process.timeline if event.line <= last_line
        ]
        if process.span.first_line <= last_line:
            found[process.pid, process.isolate, process.run] = events
    return found


@settings(max_examples=25, database=None)
@given(st.sampled_from(CUT), st.floats(0.05, 1))
def test_the_timeline_of_a_log_that_was_cut_is_the_beginning_of_the_wholes(
    tmp_path_factory: pytest.TempPathFactory, name: str, share: float
) -> None:
    if name not in CUTS:
        CUTS[name] = (SAMPLES / name).read_text(encoding="utf-8").splitlines(keepends=True), gclog.analyze(SAMPLES / name)
    lines, whole = CUTS[name]
    cut = max(1, math.ceil(len(lines) * share))
    path = tmp_path_factory.mktemp("cut") / "a.log"
    path.write_text("".join(lines[:cut]), encoding="utf-8")
    try:
        part = timelines(gclog.analyze(path))
    except NothingToAnalyse:
        return
    wanted = timelines(whole, cut)
    for key, events in part.items():
        assert events == wanted.get(key, []), f"cut at line {cut} of {len(lines)}"


def told(report: Report) -> list[dict[str, Any]]:
    """What JSON says of the processes, but for where it was read and how the lines looked."""
    document: list[dict[str, Any]] = json.loads(render_json(report))["processes"]
    for process in document:
        del process["source"], process["witnesses"]
        process["findings"] = [finding for finding in process["findings"] if finding["id"] != "log-partial"]
        for finding in process["findings"]:
            finding["evidence"] = [line["line"] for line in finding["evidence"]]
        if process["crash"] is not None:
            process["crash"]["evidence"] = [line["line"] for line in process["crash"]["evidence"]]
            process["crash"]["last_gcs"] = [line["line"] for line in process["crash"]["last_gcs"]]
    return document


@functools.cache
def _told_of(path: Path) -> str:
    return json.dumps(told(gclog.analyze(path)))


def told_of(path: Path) -> list[dict[str, Any]]:
    """What is told of a sample as it is: it is held against many copies of it."""
    document: list[dict[str, Any]] = json.loads(_told_of(path))
    return document


def docker_json(data: bytes) -> bytes:
    lines = data.decode().splitlines(keepends=True)
    stamped = ({"log": line, "stream": "stdout", "time": "2026-03-14T03:12:07.123456789Z"} for line in lines)
    return "".join(json.dumps(line) + "\n" for line in stamped).encode()


DISGUISES: dict[str, tuple[Callable[[bytes], bytes], str]] = {
    "renamed": (lambda data: data, "core"),
    "gzipped": (gzip.compress, "a.log"),
    "crlf": (lambda data: data.replace(b"\n", b"\r\n"), "a.log"),
    "utf-16": (lambda data: data.decode().encode("utf-16"), "a.txt"),
}
PICKED = random.Random(20).sample([path for path in LOGS if path.parent.name == "gc"], 24)
"""A fifth of the samples in each disguise: all of them would take minutes."""


@pytest.mark.parametrize("name", DISGUISES)
@pytest.mark.parametrize("path", PICKED, ids=identify)
def test_a_sample_tells_the_same_however_it_is_stored(tmp_path: Path, path: Path, name: str) -> None:
    disguise, stored = DISGUISES[name]
    (tmp_path / stored).write_bytes(disguise(read_bytes(path)))
    assert told(gclog.analyze(tmp_path / stored)) == told_of(path)


@pytest.mark.parametrize("path", PICKED[:8], ids=identify)
def test_a_sample_tells_the_same_when_it_was_rotated(tmp_path: Path, path: Path) -> None:
    data = read_bytes(path)
    first, second = sorted(random.Random(path.name).sample(range(len(data)), 2))
    for name, piece in (
        ("gc.log.2.gz", gzip.compress(data[:first])),
        ("gc.log.1", data[first:second]),
        ("gc.log", data[second:]),
    ):
        (tmp_path / name).write_bytes(piece)
    assert told(gclog.analyze([tmp_path / "gc.log", tmp_path / "gc.log.1", tmp_path / "gc.log.2.gz"])) == told_of(path)


def without_wall_clock(told_of: list[dict[str, Any]]) -> list[dict[str, Any]]:
    for process in told_of:
        process["span"]["wall_start"] = None
    return told_of


@pytest.mark.parametrize("path", PICKED, ids=identify)
def test_a_sample_tells_the_same_from_a_docker_log(tmp_path: Path, path: Path) -> None:
    (tmp_path / "a.log").write_bytes(docker_json(read_bytes(path)))
    assert without_wall_clock(told(gclog.analyze(tmp_path / "a.log"))) == without_wall_clock(told_of(path))


COLLECTIONS = (Collection, DetailedCollection, RingCollection)


def collections_of(path: Path) -> list[tuple[Any, ...]]:
    """All fields of its collections but for the line and the wall clock, which the envelopes bring along."""
    names = [name for name in column_specs(Collection) if name not in ("line", "wall_ms")]
    found: list[Record] = [record for record in gclog.read(path) if isinstance(record, COLLECTIONS)]
    return [(type(record), *(getattr(record, name) for name in names)) for record in found]


@pytest.mark.parametrize("path", WRAPPED, ids=identify)
def test_the_same_collections_are_found_in_every_envelope(path: Path) -> None:
    assert collections_of(path) == collections_of(PLAIN)


def test_every_envelope_of_the_samples_is_listed() -> None:
    rows = (SAMPLES / "wrapped" / "envelopes.tsv").read_text(encoding="utf-8").splitlines()[1:]
    assert sorted(row.split("\t")[0] for row in rows) == [path.name for path in WRAPPED]


def test_a_process_report_without_a_limit_says_why() -> None:
    process: ProcessReport = gclog.analyze(SAMPLES / "gc" / "healthy-node12.log").processes[0]
    assert isinstance(process.limit, NoLimit) and process.limit.reason


def test_a_death_that_v8_reports_itself_since_nodes_handler_came_back_is_one_of_memory(tmp_path: Path) -> None:
    gc = "[7:0x10]    21638 ms: Mark-sweep 125.2 (146.8) -> 124.5 (162.3) MB, 43.1 / 0.0 ms  allocation failure scavenge might not succeed"
    fatal = "#\n# Fatal error in , line 0\n# API fatal error handler returned after process out of memory\n#\n"
    path = tmp_path / "a.log"
    path.write_text(f"{gc}\n\n\n{fatal}")
    (process,) = gclog.analyze(path).processes
    assert process.crash is not None
    assert (process.verdict.level, process.crash.kind, process.crash.line) == ("exhausted", "unknown", 5)


def test_what_is_no_log_in_a_folder_is_passed_over_and_named(tmp_path: Path) -> None:
    (tmp_path / "core.1234").write_bytes(b"\x7fELF" + bytes(range(256)) * 40)
    (tmp_path / "1.heapsnapshot").write_text('{"snapshot":{"meta":{"node_fields":[]}}}', encoding="utf-8")
    (tmp_path / "gc.log").write_text("\n".join([scavenge(18), full(99), full(120), ""]), encoding="utf-8")
    report = analyze(tmp_path)
    assert len(report.processes) == 1
    notes = {Path(source.path).name: source.notes for source in report.sources}
    assert notes["gc.log"] == ()
    assert notes["core.1234"][0].startswith("passed over: it is not text")
    assert notes["1.heapsnapshot"][0].startswith("left out: is not a heap snapshot: its layout lacks type, name, id")
    with pytest.raises(InputError, match=r"core\.1234"):
        analyze(tmp_path / "core.1234")


def packed(tmp_path: Path, form: str, files: dict[str, bytes]) -> Path:
    """The files in a folder, or in an archive of it."""
    folder = tmp_path / "files"
    folder.mkdir()
    for name, data in files.items():
        (folder / name).write_bytes(data)
    return folder if form == "folder" else Path(shutil.make_archive(str(tmp_path / "files"), form, folder))


@pytest.mark.parametrize("form", ["folder", "zip", "tar"])
@pytest.mark.parametrize(
    "other",
    [b"\x7fELF" + bytes(range(256)) * 40, gzip.compress(b"x" * 100_000)[:14], b"%PDF-1.7\n%\xb5\xb5" * 20],
    ids=["a program", "damaged", "a document"],
)
def test_one_file_of_many_is_not_the_answer_for_all(tmp_path: Path, form: str, other: bytes) -> None:
    path = packed(tmp_path, form, {"a.bin": other, "hosts": b"127.0.0.1 localhost\n", "z.bin": other})
    with pytest.raises(NothingToAnalyse, match=r"found 1 line of application output; passed over .*a\.bin: .*, and 1 more"):
        analyze(path)


@pytest.mark.parametrize("form", ["folder", "zip", "tar"])
def test_if_no_file_can_be_read_that_is_the_error(tmp_path: Path, form: str) -> None:
    program = b"\x7fELF" + bytes(range(256)) * 40
    path = packed(tmp_path, form, {"a": program, "b": program, "c": program})
    with pytest.raises(
        InputError, match=r"/[abc]: is not text: it seems to be an ELF program or library; nor can 2 more be read"
    ):
        analyze(path)


def test_a_folder_without_any_log_says_why_of_the_first_file(tmp_path: Path) -> None:
    (tmp_path / "core.1234").write_bytes(b"\x7fELF" + bytes(range(256)) * 40)
    with pytest.raises(InputError, match=r"core\.1234"):
        analyze(tmp_path)
