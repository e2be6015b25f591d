"""Diagnostic reports tied to the processes that they are of."""

from __future__ import annotations

import json
from contextlib import ExitStack
from pathlib import Path

import pytest
from made_logs import full
from steps import count_steps

from gclog.incident.adopt import adopt_reports, adopt_speakers
from gclog.incident.context import SourceContext, counted
from gclog.incident.document import read_as_document
from gclog.incident.pipeline import analyze
from gclog.incident.settings import Settings
from gclog.model.crash_records import FatalError, NativeFrame
from gclog.model.records import HeapOption
from gclog.model.verdict import Limit
from gclog.model.witness import MemoryLimit
from gclog.processes.split import split_processes
from gclog.processes.tables import TableBuilder
from gclog.recognise.reader import Reader
from gclog.source.open import Source, expand, open_source

SAMPLES = Path(__file__).parents[2] / "samples"


def read_log(source: Source) -> SourceContext:
    reader, builder = Reader(), TableBuilder()
    for block in source.blocks():
        builder.add(reader.read(block))
    builder.add(reader.finish())
    tables = builder.build()
    return SourceContext(source, counted(reader), "gc", tuple(split_processes(tables)), trace_lines=tables.trace_lines)


def open_both(stack: ExitStack, log: str, report: str) -> tuple[SourceContext, SourceContext]:
    sources = [stack.enter_context(open_source(expand([str(SAMPLES / name)])[0], None)) for name in (log, report)]
    document = read_as_document(sources[1])
    assert document is not None
    return read_log(sources[0]), document


@pytest.mark.parametrize("major", ["12", "16", "20", "26"])
def test_a_report_goes_to_the_process_with_its_pid(major: str) -> None:
    with ExitStack() as stack:
        ours, theirs = open_both(stack, f"witness/report-node{major}.log", f"witness/report-node{major}.json")
        total = ours.counts.total
        ours, theirs = adopt_reports([ours, theirs])
        (process,) = ours.processes
        assert theirs.processes == ()
        (report,) = process.reported
        assert report.lines["limit"] > total
        assert '"memoryLimit"' in ours.borrowed[report.lines["limit"]]
        assert {record.mb for record in process.rare if isinstance(record, HeapOption)} == {48.0}
        assert len([record for record in process.rare if isinstance(record, FatalError)]) >= 2
        frames = [record.number for record in process.rare if isinstance(record, NativeFrame)]
        assert len(frames) == len(set(frames))
        assert any("diagnostic report" in note for note in ours.notes)


def test_the_limit_of_a_report_counts_from_the_start() -> None:
    """Node 26 gives hardly a sign of its limit before it is full: without the report, the warning comes late."""
    log, report = SAMPLES / "witness/report-node26.log", SAMPLES / "witness/report-node26.json"
    alone, both = (next(p for p in analyze(words).processes) for words in ([log], [log, report]))
    assert (alone.verdict.foreseeable_line, alone.verdict.foreseeable_ms) == (61, 1456)
    assert (both.verdict.foreseeable_line, both.verdict.foreseeable_ms) == (47, 2072)
    assert isinstance(both.limit, Limit) and (both.limit.mb, both.limit.source) == (48, "report")
    assert both.limit.why.endswith("in the diagnostic report; set at its start, so it counts from the first line on")
    assert [(event.line, event.level) for event in both.timeline] == [
        (event.line, event.level) for event in next(p for p in analyze([log], Settings(heap_limit_mb=48)).processes).timeline
    ]


@pytest.mark.parametrize("cut", [20, 50, 66, 75])
def test_beside_a_report_too_the_timeline_of_a_cut_log_is_a_prefix(tmp_path: Path, cut: int) -> None:
    report = SAMPLES / "witness/report-node26.json"
    lines = (SAMPLES / "witness/report-node26.log").read_bytes().splitlines(keepends=True)
    for name, kept in (("whole", lines), ("cut", lines[:cut])):
        (tmp_path / f"{name}.log").write_bytes(b"".join(kept))
    whole, part = (next(p for p in analyze([tmp_path / f"{name}.log", report]).processes) for name in ("whole", "cut"))
    assert [event for event in part.timeline if event.line <= cut] == [event for event in whole.timeline if event.line <= cut]


def test_a_limit_that_may_have_been_raised_counts_from_the_report_on(tmp_path: Path) -> None:
    report = json.loads((SAMPLES / "witness/report-node26.json").read_text())
    report["header"]["commandLine"] = ["node", "--heapsnapshot-near-heap-limit=1", "leak.js"]
    (tmp_path / "report.json").write_text(json.dumps(report, indent=2))
    log = SAMPLES / "witness/report-node26.log"
    process, alone = (analyze(words).processes[0] for words in ([log, tmp_path / "report.json"], [log]))
    assert isinstance(process.limit, Limit) and "may have been raised" in process.limit.why
    assert process.verdict.foreseeable_ms == alone.verdict.foreseeable_ms


@pytest.mark.parametrize("major", ["8", "10", "12", "20", "24", "26"])
def test_a_printed_heap_size_limit_is_the_limit(major: str) -> None:
    """All ran with --max-old-space-size=48; what they printed is 80, 81.4, 96, 96, 240 and 144 MB."""
    process = analyze([SAMPLES / f"witness/limit-node{major}.log"]).processes[0]
    assert isinstance(process.limit, Limit)
    assert (process.limit.mb, process.limit.source) == (48, "printed")
    assert process.verdict.foreseeable_ms is not None


def test_a_report_of_another_process_stays_on_its_own() -> None:
    with ExitStack() as stack:
        ours, theirs = open_both(stack, "gc/leak-node20.log", "witness/report-node20.json")
        ours, theirs = adopt_reports([ours, theirs])
        assert [process.reported for process in ours.processes] == [()]
        (alone,) = theirs.processes
        assert alone.reported and alone.pid == alone.reported[0].pid


def test_a_log_is_no_document() -> None:
    with open_source(expand([str(SAMPLES / "gc" / "leak-node20.log")])[0], None) as source:
        assert read_as_document(source) is None


# ---------------------------------------------------------------- figures and kills in files of their own

KILLED = "Jan 14 09:30:21 web-1 kernel: Memory cgroup out of memory: Killed process {pid} (node) total-vm:1203404kB, anon-rss:524288kB"


def write_log(folder: Path, name: str = "gc.log", pid: int = 7) -> None:
    (folder / name).write_text("".join(full(1000 * n, pid, after_mb=10.0 + n) + "\n" for n in range(1, 6)), encoding="utf-8")


def write_usage(folder: Path, name: str = "app.log") -> None:
    lines = [f"rss={100 + n}MB heapTotal=40MB heapUsed=30MB external={50 + n}MB" for n in range(20)]
    (folder / name).write_text("started\n" + "\n".join(lines) + "\n", encoding="utf-8")


def test_the_kernels_kill_in_a_file_of_its_own_is_the_end_of_the_process_with_that_pid(tmp_path: Path) -> None:
    write_log(tmp_path)
    (tmp_path / "dmesg.txt").write_text("booted\n" + KILLED.format(pid=7) + "\n", encoding="utf-8")
    (process,) = analyze(tmp_path).processes
    assert process.kill is not None
    assert (process.kill.by, process.kill.rss_mb, process.kill.line) == ("container", 512.0, 7)
    assert process.verdict.level == "exhausted"
    assert [(Path(one.source).name, one.tells) for one in process.witnesses] == [
        ("gc.log", ("collections",)),
        ("dmesg.txt", ("kill",)),
    ]
    shown = {line.line: line.text for finding in process.findings for line in finding.evidence}
    assert shown[7] == KILLED.format(pid=7)


def test_the_kill_of_another_process_stays_one_of_its_own(tmp_path: Path) -> None:
    write_log(tmp_path)
    (tmp_path / "dmesg.txt").write_text(KILLED.format(pid=4711) + "\n", encoding="utf-8")
    report = analyze(tmp_path)
    assert {process.pid: process.kill is not None for process in report.processes} == {7: False, 4711: True}


def test_figures_of_memory_in_a_file_of_their_own_are_of_the_only_process(tmp_path: Path) -> None:
    write_log(tmp_path)
    write_usage(tmp_path)
    report = analyze(tmp_path)
    (process,) = report.processes
    assert process.memory is not None
    assert (process.memory.readings, process.memory.first_line, process.memory.clock) == (20, 7, "none")
    assert [one.tells for one in process.witnesses] == [("collections",), ("figures of memory",)]
    notes = {Path(source.path).name: source.notes for source in report.sources}
    assert notes["gc.log"] == (f"{tmp_path / 'app.log'} also describes this process; its line 1 appears here as line 6",)


def test_figures_of_memory_stay_on_their_own_where_nobody_knows_whose_they_are(tmp_path: Path) -> None:
    write_log(tmp_path)
    write_log(tmp_path, "other.log", pid=8)
    write_usage(tmp_path)
    assert sorted(process.memory is not None for process in analyze(tmp_path).processes) == [False, False, True]


def test_ticks_are_a_witness_of_the_process_whose_isolate_they_are_of() -> None:
    ticks = SAMPLES / "joined" / "isolate-0x13c1a000-23304-v8.log.gz"
    (process,) = analyze([SAMPLES / "joined" / "gc-node24.log", ticks]).processes
    assert [(Path(one.source).name, one.tells) for one in process.witnesses] == [
        ("gc-node24.log", ("collections",)),
        (ticks.name, ("ticks",)),
    ]


@pytest.mark.parametrize("line", ["bash: line 1:  1234 Killed                  node app.js", '    "OOMKilled": true,'])
def test_a_kill_that_a_shell_or_a_runtime_tells_in_another_file_is_of_the_only_process(tmp_path: Path, line: str) -> None:
    write_log(tmp_path)
    (tmp_path / "stderr.log").write_text(f"started\n{line}\n", encoding="utf-8")
    (process,) = analyze(tmp_path).processes
    assert process.kill is not None and process.kill.line == 7
    assert [one.tells for one in process.witnesses] == [("collections",), ("kill",)]
    write_log(tmp_path, "other.log", pid=8)
    assert [one.kill for one in analyze(tmp_path).processes if one.pid is not None] == [None, None]


def test_of_two_files_with_figures_of_memory_nobody_knows_which_is_of_the_process(tmp_path: Path) -> None:
    write_log(tmp_path)
    write_usage(tmp_path)
    write_usage(tmp_path, "other.log")
    assert sorted(process.memory is not None for process in analyze(tmp_path).processes) == [False, True, True]


def test_twice_as_many_kills_of_twice_as_many_processes_cost_twice_as_much(tmp_path: Path) -> None:
    def steps(count: int) -> int:
        (tmp_path / "gc.log").write_text("".join(f"{full(1000 + n, 100 + n)}\n" for n in range(count)))
        kill = "Out of memory: Killed process {} (node) total-vm:1000kB, anon-rss:900kB, file-rss:0kB, shmem-rss:0kB"
        (tmp_path / "kernel.log").write_text("".join(f"{kill.format(100 + n)}\n" for n in range(count)))
        with ExitStack() as stack:
            specs = expand([str(tmp_path / name) for name in ("gc.log", "kernel.log")])
            contexts = [read_log(stack.enter_context(open_source(spec, None))) for spec in specs]
            ours, theirs = contexts
            assert (len(ours.processes), len(theirs.processes)) == (count, count)
            found = count_steps(lambda: contexts.__setitem__(slice(None), adopt_speakers(contexts)))
            assert contexts[1].processes == ()
        return found

    base = steps(2)
    assert steps(80) - base < 2.2 * (steps(40) - base)


@pytest.mark.parametrize(
    ("beside", "limit_mb"),
    [
        ("Name: shop\nContainers:\n  app:\n    State: Running\n    Limits:\n      memory:  512Mi\n", 512.0),
        ("    Limits:\n      cpu: 1\n      memory:  1Gi\n    Requests:\n      memory:  256Mi\n", 1024.0),
        ('  "HostConfig": {\n    "Memory": 268435456,\n  }\n', 256.0),
        ("Name: shop\nContainers:\n  app:\n    State: Running\n", None),
        ("the memory: 512 of us were there\n", None),
    ],
    ids=["describe", "describe with requests", "inspect", "no limit", "prose"],
)
def test_a_limit_in_a_file_beside_the_only_log_counts(tmp_path: Path, beside: str, limit_mb: float | None) -> None:
    log, described = tmp_path / "app.log", tmp_path / "pod.txt"
    log.write_text("\n".join(full(at, pid=8) for at in range(100, 900, 100)) + "\n")
    described.write_text(beside)
    (process,) = analyze([log, described]).processes
    assert getattr(process.memory_limit, "mb", None) == limit_mb
    assert [witness.tells for witness in process.witnesses[1:]] == ([] if limit_mb is None else [("limit of memory",)])


def test_a_limit_beside_two_logs_is_of_neither(tmp_path: Path) -> None:
    logs = [tmp_path / f"{pid}.log" for pid in (8, 9)]
    for pid, log in zip((8, 9), logs, strict=True):
        log.write_text("\n".join(full(at, pid=pid) for at in range(100, 900, 100)) + "\n")
    described = tmp_path / "pod.txt"
    described.write_text("    Limits:\n      memory:  512Mi\n")
    assert not [process for process in analyze([*logs, described]).processes if isinstance(process.memory_limit, MemoryLimit)]
