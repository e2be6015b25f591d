from __future__ import annotations

import tempfile
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gclog.errors import OutputError
from gclog.heap import graph, growth, spill, strings
from gclog.heap.diff import diff_heaps
from gclog.heap.spill import Column, blocks, release
from gclog.heap.strings import StringColumn

SAMPLES = Path(__file__).parents[2] / "samples" / "heap"

STATUS = Path("/proc/self/status")
COLUMN_BYTES = 32 << 20

KINDS = [np.uint8, np.int32, np.uint32, np.int64]


def resident_bytes() -> int:
    """Of this process, pages of files."""
    line = next(line for line in STATUS.read_text(encoding="ascii").splitlines() if line.startswith("RssFile:"))
    return int(line.split()[1]) << 10


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    """Blocks of 700 rows, and files for all but the shortest columns: what a snapshot of 500 MB goes through."""
    monkeypatch.setattr(spill, "BUFFER_BYTES", 100)
    monkeypatch.setattr(strings, "BUFFER_BYTES", 100)
    monkeypatch.setattr(strings, "SEARCHED_BYTES", 1000)
    for module in (spill, graph, growth):
        monkeypatch.setattr(module, "BLOCK_ROWS", 700)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("count", [0, 1, 24, 25, 26, 1000, 30_001])
def test_a_column_is_read_as_it_was_written(kind: type, count: int, small: None) -> None:
    values = (np.arange(count, dtype=np.int64) * 37 % np.iinfo(kind).max).astype(kind)
    column = Column(kind)
    for begin in range(0, count, 7):  # of the last 7, some wait to be written
        column.append(values[begin : begin + 7])
    read = column.finish()
    assert read.dtype == kind
    assert np.array_equal(read, values)


def test_a_column_that_was_released_reads_the_same(small: None) -> None:
    read = spill.spill(np.arange(100_000, dtype=np.int32))
    release(read[500:], read.reshape(-1, 2), np.zeros(3))
    assert np.array_equal(read, np.arange(100_000))


@pytest.mark.skipif(not STATUS.exists(), reason="it takes Linux to say what is resident")
def test_a_column_takes_no_memory_once_it_is_released() -> None:
    read = spill.spill(np.ones(COLUMN_BYTES, np.uint8))
    before = resident_bytes()
    assert read.sum() == COLUMN_BYTES
    assert resident_bytes() - before > COLUMN_BYTES / 2
    release(read)
    assert resident_bytes() - before < COLUMN_BYTES / 2


def test_a_column_is_not_to_be_written_to() -> None:
    with pytest.raises(ValueError, match="read-only"):
        spill.spill(np.arange(10))[0] = 1


def test_blocks_have_every_row_once_and_its_place(small: None) -> None:
    first, second = np.arange(1500), np.arange(1500) * 2
    places, parts = zip(*blocks(first, second), strict=True)
    assert list(places) == [slice(0, 700), slice(700, 1400), slice(1400, 1500)]
    assert [len(column) for part in parts for column in part] == [700, 700, 700, 700, 100, 100]
    assert np.array_equal(np.concatenate([part[1] for part in parts]), second)


def test_no_file_is_left_in_the_temporary_folder(tmp_path: Path, small: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    read = spill.spill(np.arange(100_000))
    del read
    assert list(tmp_path.iterdir()) == []


def test_a_temporary_folder_that_takes_nothing_is_an_error_with_a_remedy(
    tmp_path: Path, small: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "missing"))
    with pytest.raises(OutputError, match="TMPDIR") as caught:
        spill.spill(np.arange(100_000))
    assert caught.value.where == str(tmp_path / "missing")


def test_no_temporary_folder_at_all_is_the_same_error(small: None, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(**_: object) -> None:
        raise FileNotFoundError(2, "No usable temporary directory found")

    monkeypatch.setattr(tempfile, "tempdir", None)
    monkeypatch.setattr(tempfile, "TemporaryFile", refuse)
    with pytest.raises(OutputError, match="No usable temporary directory") as caught:
        spill.spill(np.arange(100_000))
    assert caught.value.where is None


def test_strings_are_those_that_were_appended(small: None) -> None:
    texts = [f"{number} " * (number % 9) for number in range(3000)]
    column = StringColumn()
    for text in texts:
        column.append(text.encode())
    read = column.finish()
    assert [read[number] for number in range(len(read))] == texts


@settings(max_examples=200)
@given(texts=st.lists(st.text("abk", max_size=6)), window=st.integers(1, 9))
def test_strings_that_hold_some_bytes_are_found_wherever_a_search_ends(texts: list[str], window: int) -> None:
    column = StringColumn()
    for text in texts:
        column.append(text.encode() + b".")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(strings, "SEARCHED_BYTES", window)
        found = list(column.finish().containing(b"ab"))
    assert found == [number for number, text in enumerate(texts) if "ab" in text]


@pytest.mark.parametrize("version", ["node12", "node24"])
@pytest.mark.parametrize("snapshots", [["3"], ["1", "2", "3"]], ids=["one", "three"])
def test_the_answer_is_the_same_however_small_the_blocks_are(
    version: str, snapshots: list[str], request: pytest.FixtureRequest
) -> None:
    words = [str(SAMPLES / version / f"{number}.heapsnapshot.xz") for number in snapshots]
    whole = diff_heaps(words)
    request.getfixturevalue("small")
    assert diff_heaps(words) == whole
