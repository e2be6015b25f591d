"""Records of a v8.log: typed, in the order of the lines, as many as there are lines."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

import gclog
from gclog.model.tick_records import CodeCreation, LogVersion, MemoryChunk, Tick

TICKS = Path(__file__).parent.parent.parent / "samples" / "ticks"


def records_of(folder: Path, *lines: str) -> list[object]:
    path = folder / "v8.log"
    path.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
    return list(gclog.read(path))


def test_the_lines_of_a_v8_log_are_records(tmp_path: Path) -> None:
    version, code, chunk, first, second = records_of(
        tmp_path,
        "v8-version,11,3,244,8,-node.38,0",
        "code-creation,JS,10,16185,0x38c2,120,f /x.js:1:2,0x38c0,~",
        "new,MemoryChunk,0x342a79a40000,262144",
        "tick,0x7f4d,13799,1,0x12,3,overflow,0x12dbdf0,0x2871",
        "tick,0x7f4e,13800,0,0x0,0",
    )
    assert version == LogVersion(line=1, wall_ms=None, major=11, minor=3, build=244, patch=8, embedder="-node.38")
    assert isinstance(code, CodeCreation)
    assert (code.line, code.tag, code.at_us, code.bytes, code.name, code.marker) == (2, "JS", 16185, 120, "f /x.js:1:2", "~")
    assert isinstance(chunk, MemoryChunk)
    assert isinstance(first, Tick) and isinstance(second, Tick)
    assert (first.line, first.pc, first.at_us, first.external, first.top) == (4, "0x7f4d", 13799, True, "0x12")
    assert (first.state, first.overflow, first.stack) == (3, True, ",0x12dbdf0,0x2871")
    assert (second.line, second.external, second.overflow, second.stack) == (5, False, False, None)


@pytest.mark.parametrize("log", sorted(TICKS.glob("*.log.gz")), ids=lambda path: path.name)
def test_every_line_of_a_sample_is_a_record_in_its_place(log: Path) -> None:
    records = list(gclog.read(log))
    (source,) = gclog.analyze(log).sources
    assert [record.line for record in records] == sorted(record.line for record in records)
    assert len(records) == source.lines.total - source.lines.continuation
    kinds = Counter(type(record) for record in records)
    assert kinds[LogVersion] == 1
    assert kinds[Tick] > 100 and kinds[CodeCreation] > 100
