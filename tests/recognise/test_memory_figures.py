"""Figures of memory as programs print them: what is read, in which unit, and how the lines are counted."""

from __future__ import annotations

import json
from collections.abc import Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gclog.model.columns import records_of
from gclog.model.records import MemoryUsage, PerformanceEntry, Record
from gclog.recognise.memory_figures import usage_values
from gclog.recognise.reader import Reader
from gclog.source.open import Block


def read_lines(lines: Sequence[str], step: int | None = None) -> tuple[Reader, list[Record]]:
    data = [f"{line}\n".encode() for line in lines]
    step = step or max(1, len(data))
    reader, batches = Reader(), []
    for at in range(0, len(data), step):
        batches.append(reader.read(Block(b"".join(data[at : at + step]), at + 1)))
    batches.append(reader.finish())
    return reader, sorted((record for batch in batches for record in records_of(batch)), key=lambda record: record.line)


def usages(*lines: str) -> list[MemoryUsage]:
    return [record for record in read_lines(lines)[1] if isinstance(record, MemoryUsage)]


MB = 1 << 20
FIGURES = ("rss_mb", "heap_total_mb", "heap_used_mb", "external_mb", "array_buffers_mb", "heap_limit_mb", "malloced_mb")


@pytest.mark.parametrize(
    ("line", "values"),
    [
        pytest.param(
            "Process: heapTotal 6.23 MB heapUsed 3.82 MB rss 21.64 MB",
            {"heap_total_mb": 6.23, "heap_used_mb": 3.82, "rss_mb": 21.64},
            id="words with units",
        ),
        pytest.param(
            f"{{ rss: {24 * MB}, heapTotal: {8 * MB}, heapUsed: {4 * MB}, external: {MB // 2}, arrayBuffers: {MB // 4} }}",
            {"rss_mb": 24, "heap_total_mb": 8, "heap_used_mb": 4, "external_mb": 0.5, "array_buffers_mb": 0.25},
            id="an object on one line",
        ),
        pytest.param(json.dumps({"rss": 24 * MB, "heapUsed": 4 * MB}), {"rss_mb": 24, "heap_used_mb": 4}, id="JSON"),
        pytest.param(
            json.dumps({"level": 30, "msg": "memory", "rss": 24 * MB, "heapUsed": 4 * MB}),
            {"rss_mb": 24, "heap_used_mb": 4},
            id="JSON of a logger, whose message has no figure",
        ),
        pytest.param(
            json.dumps({"log": json.dumps({"rss": 24 * MB, "heapUsed": 4 * MB}) + "\n", "stream": "stdout"}),
            {"rss_mb": 24, "heap_used_mb": 4},
            id="JSON in JSON",
        ),
        pytest.param(f"Program is using {3 * MB} bytes of Heap.", {"heap_used_mb": 3}, id="a sentence"),
        pytest.param("The script uses approximately 5.44 MB", {"heap_used_mb": 5.44}, id="another sentence"),
        pytest.param("rss=45.5MiB heap_used=12KB heap_total=1GB", {"rss_mb": 45.5, "heap_used_mb": 12 / 1024, "heap_total_mb": 1024}, id="pairs, all units"),
        pytest.param("rss_mb=132 heapUsedMB=48.5", {"rss_mb": 132, "heap_used_mb": 48.5}, id="the unit in the name"),
        pytest.param("heap used: 1,048,576 bytes", {"heap_used_mb": 1}, id="thousands by commas"),
        pytest.param("heapTotal is 1_048_576", {"heap_total_mb": 1}, id="thousands by underscores"),
        pytest.param("heapUsed: 45 heapTotal: 60", {"heap_used_mb": 45, "heap_total_mb": 60}, id="small numbers without a unit are MB"),
        pytest.param(f"heapUsed: {2 * MB}, external: 8192", {"heap_used_mb": 2, "external_mb": 8192 / MB}, id="one large number makes all of the line bytes"),
        pytest.param(f"{{ num_full_gc: 17, current_base: {2 * MB}, usage_trend: 0 }}", {"heap_used_mb": 2}, id="memwatch's stats"),
        pytest.param(f"heap_size_limit: {96 * MB}, malloced_memory: 8192", {"heap_limit_mb": 96, "malloced_mb": 8192 / MB}, id="heap statistics"),
        pytest.param("{ rss: '41.2 MB', heapUsed: '5.5 MB' }", {"rss_mb": 41.2, "heap_used_mb": 5.5}, id="units in quotes"),
        pytest.param('{"rss":"0.5 GB","heapTotal":"80 MB"}', {"rss_mb": 512, "heap_total_mb": 80}, id="units in quotes, JSON"),
        pytest.param(json.dumps({"level": "info", "message": "tick", "meta": {"mem": {"rss": 24 * MB}}}), {"rss_mb": 24}, id="winston, nested"),
        pytest.param("RSS (Resident Set Size): 92 MB", {"rss_mb": 92}, id="the name spelled out"),
        pytest.param("RSS Memory: 92MB, External Memory: 3MB, heap used=9MB", {"rss_mb": 92, "external_mb": 3, "heap_used_mb": 9}, id="with the word memory"),
        pytest.param("Memory usage: 61 MB (RSS: 90 MB) - total heap: 70 MB", {"rss_mb": 90, "heap_total_mb": 70}, id="total heap"),
        pytest.param("[mem] Heap: 61MB/70MB, RSS: 90MB", {"heap_used_mb": 61, "rss_mb": 90}, id="heap alone, beside RSS"),
        pytest.param("16:02:51.783 INFO  Memory configuration: OS (8192 MB), Node.js (2096 MB).", {"heap_limit_mb": 2096}, id="SonarJS"),
        pytest.param("the Node.js process running out of memory (heap size limit 4288 MB)", {"heap_limit_mb": 4288}, id="SonarJS's end"),
        pytest.param("[stock] Memory usage: 45MB heap used", {"heap_used_mb": 45}, id="the name after the figure"),
        pytest.param("PASS test/stock.test.js (123 MB heap size)", {"heap_used_mb": 123}, id="jest"),
        pytest.param("FAIL packages/core/stock.spec.tsx (5.213 s, 96 MB heap size)", {"heap_used_mb": 96}, id="jest, slow"),
        pytest.param(" ✓ src/stock.test.ts (3 tests) 12ms 45 MB heap used", {"heap_used_mb": 45}, id="vitest"),
        pytest.param(" ❯ src/stock.test.ts (2 tests | 1 failed) 1204ms 50 MB heap used", {"heap_used_mb": 50}, id="vitest, failed"),
    ],
)  # fmt: skip
def test_a_line_of_figures_is_read_in_mb(line: str, values: dict[str, float]) -> None:
    (usage,) = usages(line)
    found = {name: getattr(usage, name) for name in FIGURES}
    assert {name: value for name, value in found.items() if value is not None} == pytest.approx(values)


@pytest.mark.parametrize(
    "line",
    [
        "rss 2.0 feed read",
        "RSS: 12 items",
        "across 123456789 rows",
        "maxRSS: 51200000",
        "const { heapUsed, rss } = process.memoryUsage()",
        "external: 8707 contractors",
        "cpu=12% rss=45%",
        "[rss] http://example.org/feed 200 123456",
        "used_memory_rss:133120000",
        "[main] INFO Memory - JVM heap used: 512 MB, heap max: 1024 MB",
        "java.lang.Runtime: heap used: 512 MB of 1024 MB",
        "pmem(rss=15491072, vms=84025344, shared=5206016)",
        "worker.py rss=150MB vms=900MB",
        "asset main.js 123 MB [emitted] (name: main)",
        "/dev/sda1 disk used: 123 MB of 512 MB",
        "CONTAINER 4f1c  db  0.5%  123MiB / 2GiB  6.01%",
        "Heap: 45MB of rubbish",
        " - Percentage Heap Used: 15.91%",
        " - Peak RSS usage: 1749.19 MB",
        "PASS in stock (5.213 s)",
        "user: 'rss',",
    ],
)
def test_what_only_sounds_like_memory_is_the_applications_own(line: str) -> None:
    reader, records = read_lines([line])
    assert records == []
    assert reader.line_counts.foreign == 1


def boxed(*rows: tuple[str, ...]) -> list[str]:
    """Rows as console.table() of Node 20 draws them, the first one as their head."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    drawn = ["│" + "│".join(f" {cell.ljust(width)} " for cell, width in zip(row, widths, strict=True)) + "│" for row in rows]
    rule = ["─" * (width + 2) for width in widths]
    return [f"┌{'┬'.join(rule)}┐", drawn[0], f"├{'┼'.join(rule)}┤", *drawn[1:], f"└{'┴'.join(rule)}┘"]


@pytest.mark.parametrize(
    ("lines", "readings"),
    [
        pytest.param(
            ["{", "  rss: '41.20 MB',", "  heapTotal: '9.00 MB',", "  heapUsed: '5.50 MB'", "}"],
            [(41.2, 9.0, 5.5)],
            id="quoted values",
        ),
        pytest.param(
            ["Memory: {", "  rss: '41.20 MB',", "  heapTotal: '9.00 MB',", "  heapUsed: '5.50 MB'", "}", "done"],
            [(41.2, 9.0, 5.5)],
            id="with a label, and a line after it",
        ),
        pytest.param(
            ["{", '  "memory": {', '    "rss": "41.2 MB",', '    "heapTotal": "9 MB",', '    "heapUsed": "5.5 MB"', "  },", '  "uptime": 12', "}"],
            [(41.2, 9.0, 5.5)],
            id="pretty JSON, quoted and nested",
        ),
        pytest.param(
            boxed(("(index)", "Values"), ("rss", str(41 * MB)), ("heapTotal", str(9 * MB)), ("heapUsed", str(5 * MB))),
            [(41, 9, 5)],
            id="a table, a row for each",
        ),
        pytest.param(
            boxed(("(index)", "Values"), ("rss", "'41.2 MB'"), ("heapTotal", "'9.0 MB'"), ("heapUsed", "'5.5 MB'")),
            [(41.2, 9.0, 5.5)],
            id="a table of quoted values",
        ),
        pytest.param(
            boxed(("(index)", "rss", "heapTotal", "heapUsed"), ("0", str(41 * MB), str(9 * MB), str(5 * MB))),
            [(41, 9, 5)],
            id="a table, a column for each",
        ),
        pytest.param(
            boxed(("(index)", "rss", "heapTotal", "heapUsed"), ("now", "'41.2 MB'", "'9 MB'", "'5.5 MB'")),
            [(41.2, 9.0, 5.5)],
            id="a table of quoted columns",
        ),
        pytest.param(
            [
                *['   Memory usage report at "Finished build":', "    - RSS: 1640.28 MB", "    - Heap Used: 659.31 MB"],
                *["    - Heap Total Allocated: 917.22 MB", "    - Heap Max: 4144.00 MB", "    - Percentage Heap Used: 15.91%"],
            ],
            [(1640.28, 917.22, 659.31)],
            id="Next's report",
        ),
        pytest.param(
            ["RSS: 41.2 MB (8% of limit)", "Heap Total: 9.0 MB", "Heap Used: 5.5 MB (61.1%)"],
            [(41.2, 9.0, 5.5)],
            id="shares after the figures",
        ),
        pytest.param(
            ["[worker 1] rss: 41 MB", "[worker 1] heapTotal: 9 MB", "[worker 2] rss: 51 MB", "[worker 2] heapTotal: 8 MB"],
            [(41, 9, None), (51, 8, None)],
            id="the same words around them",
        ),
        pytest.param(["rss: 41 MB at start", "heapTotal: 9 MB at end"], [(41, None, None), (None, 9, None)], id="other words: two readings"),
    ],
)  # fmt: skip
@pytest.mark.parametrize("step", [None, 1])
def test_figures_over_several_lines_are_one_reading(
    lines: list[str], readings: list[tuple[float | None, ...]], step: int | None
) -> None:
    reader, records = read_lines(lines, step)
    found = [record for record in records if isinstance(record, MemoryUsage)]
    assert [(one.rss_mb, one.heap_total_mb, one.heap_used_mb) for one in found] == [pytest.approx(one) for one in readings]
    assert reader.line_counts.total == len(lines)
    assert reader.line_counts.unread == 0


@pytest.mark.parametrize(
    ("line", "file"),
    [
        ("PASS test/stock.test.js (123 MB heap size)", "test/stock.test.js"),
        ("build: FAIL  ui packages/ui/a.spec.mjs (5 s, 96 MB heap size)", "packages/ui/a.spec.mjs"),
        (" ✓ |node| src/stock.test.ts (3 tests) 12ms 45 MB heap used", "src/stock.test.ts"),
        ("rss: 12 MB", None),
    ],
)
def test_a_test_runners_line_names_its_file(line: str, file: str | None) -> None:
    (usage,) = usages(line)
    assert usage.test == file


MOMENT = 1_768_383_021_123.0


@pytest.mark.parametrize(
    ("line", "wall_ms"),
    [
        ('{"rss":44294144,"timestamp":1768383021123}', MOMENT),
        ('{"ts":1768383021.123,"rss":44294144}', MOMENT),
        ('{"t":1768383021123000000,"rss":44294144}', MOMENT),
        ('{"rss":44294144,"@timestamp":"2026-01-14T09:30:21.123Z"}', MOMENT),
        ('{"level":30,"t":1768383021123,"msg":"tick","mem":{"rss":44294144}}', MOMENT),
        ("{ timestamp: 1768383021123, rss: 44294144 }", MOMENT),
        ("ts=1768383021123 rss=42MB", MOMENT),
        ("rss=42MB at 2026-01-14T10:30:21.123+01:00", MOMENT),
        ("2026-01-14T09:30:21.123Z rss=42MB", MOMENT),
        ("[TIME] 1/14/2026, 9:30:21 AM [MEMORY] RSS: 42 MB", MOMENT - 123),
        ("[TIME] 1/14/2026, 12:30:21 AM [MEMORY] RSS: 42 MB", MOMENT - 123 - 9 * 3_600_000),
        ("2026-01-14T09:30:21.123Z rss=42MB started 2025-01-01T00:00:00Z", MOMENT),
        ("rss=42MB requests=1768383021", None),
        ("rss=42MB uptime=1768383021", None),
        ("rss=42MB t=12", None),
        ("[10:22:01] rss=42MB", None),
    ],
)
def test_the_moment_is_the_envelopes_or_the_lines_own(line: str, wall_ms: float | None) -> None:
    (usage,) = usages(line)
    assert usage.wall_ms == (None if wall_ms is None else pytest.approx(wall_ms, abs=1e-3))


OBJECT_12 = ["{", "  rss: 33624064,", "  heapTotal: 4907008,", "  heapUsed: 2746344,", "  external: 891547,", "}"]
OBJECT_8 = ["{ rss: 29810688,", "  heapTotal: 7159808,", "  heapUsed: 4377856,", "  external: 8224 }"]
LOOP = ["rss 21.64 MB", "heapTotal 6.23 MB", "heapUsed 3.82 MB"]


@pytest.mark.parametrize(
    ("lines", "counts"),
    [
        pytest.param(OBJECT_12, (1, 1, 4), id="Node 12 on: the brace is the application's"),
        pytest.param(OBJECT_8, (1, 0, 3), id="up to Node 11"),
        pytest.param(LOOP, (1, 0, 2), id="a line for each"),
        pytest.param([*LOOP, *LOOP], (2, 0, 4), id="twice: a name again begins the next"),
        pytest.param([*OBJECT_8, "GET / 200"], (1, 1, 3), id="a line behind it"),
        pytest.param(["rss 21.64 MB", "status: ok"], (1, 1, 0), id="another line behind a lone figure"),
    ],
)
@pytest.mark.parametrize("step", [None, 1, 2])
def test_an_object_over_several_lines_is_one_record(lines: list[str], counts: tuple[int, int, int], step: int | None) -> None:
    reader, records = read_lines(lines, step)
    found = reader.line_counts
    assert (found.recognised, found.foreign, found.continuation, found.unread) == (*counts, 0)
    assert len([record for record in records if isinstance(record, MemoryUsage)]) == counts[0]


def test_a_name_without_a_number_is_unread() -> None:
    reader, records = read_lines(["rss: NaN MB, heapUsed: undefined", "hello"])
    assert records == []
    assert (reader.line_counts.unread, reader.line_counts.foreign) == (1, 1)


@pytest.mark.parametrize(
    ("lines", "entry"),
    [
        pytest.param(
            ['{"name":"gc","entryType":"gc","startTime":48.5,"duration":3.75,"detail":{"kind":4,"flags":0}}'],
            (48.5, 3.75, 4, True),
            id="JSON",
        ),
        pytest.param(
            ["PerformanceEntry {", "  name: 'gc',", "  entryType: 'gc',", "  startTime: 46.5,", "  duration: 0.25,", "  kind: 1,", "  flags: 0", "}"],
            (46.5, 0.25, 1, False),
            id="an object",
        ),
    ],
)  # fmt: skip
def test_a_collection_that_perf_hooks_tells_of_is_read(lines: list[str], entry: tuple[float, float, int, bool]) -> None:
    (found,) = [record for record in read_lines(lines)[1] if isinstance(record, PerformanceEntry)]
    assert (found.start_ms, found.duration_ms, found.kind, found.detailed) == entry


def test_an_entry_that_has_no_end_is_unread() -> None:
    reader, _ = read_lines(["  entryType: 'gc',", "  startTime: 46.5,"])
    assert (reader.line_counts.unread, reader.line_counts.continuation) == (1, 1)


def test_of_two_figures_with_one_name_the_first_counts() -> None:
    assert usage_values("heapUsed 12 MB (heapUsed before 11 MB)", "memory_usage") == {"heap_used_mb": 12}


PIECES = [
    *OBJECT_12,
    *OBJECT_8,
    *LOOP,
    "GET / 200",
    "",
    "  entryType: 'gc',",
    "  duration: 1.5,",
    "  kind: 1 }",
    "rss: NaN",
    "Killed",
    "[7:0x1a2b3c00]       18 ms: Scavenge 3.9 (4.0) -> 3.8 (5.0) MB, 1.02 / 0.00 ms  (average mu = 1.000, current mu = 1.000) allocation failure; ",
    "[7:0x1a2b3c00]       19 ms: Scavenge 3.9 (4.0) -> 3.8",
    '{"msg":"memory","rss":44294144}',
    "<--- Last few GCs --->",
]


@settings(max_examples=150)
@given(st.lists(st.sampled_from(PIECES), max_size=30), st.integers(min_value=1, max_value=30))
def test_every_line_is_counted_once_whatever_stands_between(lines: list[str], step: int) -> None:
    reader, records = read_lines(lines, step)
    counts = reader.line_counts
    assert counts.total == len(lines)
    assert counts.recognised + counts.foreign + counts.continuation + counts.unread == len(lines)
    assert all(1 <= record.line <= len(lines) for record in records)
