from __future__ import annotations

import os
import signal
from pathlib import Path

import pytest

from gclog.model.columns import records_of
from gclog.model.records import Record
from gclog.recognise.bulk import cores, parallel
from gclog.recognise.bulk.parallel import read_batches
from gclog.recognise.bulk.scan import BlockScan, Plan, scan_block
from gclog.recognise.reader import Reader
from gclog.source.open import Block, expand, open_source

SAMPLES = Path(__file__).parent.parent.parent / "samples"


def blocks_of(path: Path, size: int) -> list[Block]:
    with open_source(expand([str(path)])[0]) as source:
        return list(source.blocks(size))


def everything(blocks: list[Block], processes: int) -> tuple[list[Record], object]:
    reader = Reader()
    reader.tally.foreign_lines = []
    records = [record for batch in read_batches(reader, blocks, processes) for record in records_of(batch)]
    counted = reader.line_counts, reader.unread_shapes, reader.recognised_by, reader.envelopes, reader.tally.foreign_lines
    return records, counted


@pytest.fixture
def soon(monkeypatch: pytest.MonkeyPatch) -> None:
    """Others are asked from the first block on."""
    monkeypatch.setattr(cores, "ALONE_S", 0.0)


ALIKE = "labelled/ok_ttl-node26-96mb-slow-s502.log.gz"


@pytest.mark.parametrize(
    "name", ["crash.log", ALIKE, "wrapped/cri.log", "wrapped/ansi.log", "witness/buffers_object-node12.log"]
)
@pytest.mark.usefixtures("soon")
def test_many_processes_read_what_one_reads(name: str) -> None:
    blocks = small_blocks(SAMPLES / name)
    assert len(blocks) > 3
    assert everything(blocks, 3) == everything(blocks, 1)


def small_blocks(path: Path) -> list[Block]:
    """A log in blocks of a few lines, so that a crash, a wrapped record or an object lies across several of them."""
    lines = b"".join(block.data for block in blocks_of(path, 1 << 20)).splitlines(keepends=True)
    step = max(3, len(lines) // 200)
    return [Block(b"".join(lines[at : at + step]), at + 1) for at in range(0, len(lines), step)]


@pytest.mark.usefixtures("soon")
def test_what_a_lost_process_was_to_read_is_read_here(monkeypatch: pytest.MonkeyPatch) -> None:
    blocks = small_blocks(SAMPLES / ALIKE)
    wanted = everything(blocks, 1)
    monkeypatch.setattr(parallel, "scan_block", ScanThatKills(os.getpid()))
    assert everything(blocks, 2) == wanted


class ScanThatKills:
    """Scans in one process, and kills every other one that it is called in."""

    def __init__(self, home: int) -> None:
        self.home = home

    def __call__(self, plan: Plan, data: bytes) -> BlockScan:
        if os.getpid() != self.home:
            os.kill(os.getpid(), signal.SIGKILL)
        return scan_block(plan, data)
