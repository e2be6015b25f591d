"""What the names of heap snapshots and profiles say."""

from __future__ import annotations

from pathlib import Path

import pytest
from made_heaps import leaking

from gclog.heap.diff import diff_heaps
from gclog.heap.file_names import read_name
from gclog.heap.files import in_time
from gclog.source.expand import SourceSpec


@pytest.mark.parametrize(
    ("name", "pid", "thread_id", "taken_s", "sequence"),
    [
        ("Heap.19700102.000003.1234.0.001.heapsnapshot", 1234, 0, 86_403.0, 1),
        ("incident/Heap.19700101.010000.7.3.012.heapsnapshot.gz", 7, 3, 3600.0, 12),
        ("C:\\dumps\\Heap.19700101.000100.7.0.002.heapsnapshot", 7, 0, 60.0, 2),
        ("a.tar.gz/Heap.19700101.000100.7.0.002.heapsnapshot", 7, 0, 60.0, 2),
        ("heapdump-81208415.316438.heapsnapshot", None, None, 81_208_415.316438, None),
        ("Heap.19701399.000100.7.0.002.heapsnapshot", None, None, None, None),
        ("MyHeap.19700101.000100.7.0.002.heapsnapshot", None, None, None, None),
        ("before.heapsnapshot", None, None, None, None),
        ("x/Heap.19700102.000003.1234.2.001.heapprofile", 1234, 2, 86_403.0, 1),
        ("x/heap-1234-2.heapprofile", 1234, 2, None, None),
    ],
    ids=[
        "node",
        "worker, packed",
        "windows",
        "in an archive",
        "heapdump",
        "no date",
        "not node's",
        "by hand",
        "profile",
        "our sampler",
    ],
)
def test_a_name_has_process_thread_and_time(
    name: str, pid: int | None, thread_id: int | None, taken_s: float | None, sequence: int | None
) -> None:
    found = read_name(name)
    assert (found.pid, found.thread_id, found.taken_s, found.sequence) == (pid, thread_id, taken_s, sequence)


def test_names_without_a_moment_are_in_order_by_the_numbers_in_them() -> None:
    names = ["10.heapsnapshot", "9.heapsnapshot", "a-2.heapsnapshot", "a-10.heapsnapshot", "a.heapsnapshot"]
    assert sorted(names, key=lambda name: read_name(name).in_order) == [
        "a-2.heapsnapshot",
        "a-10.heapsnapshot",
        "a.heapsnapshot",
        "9.heapsnapshot",
        "10.heapsnapshot",
    ]


def test_snapshots_of_a_folder_are_compared_in_the_order_of_their_numbers(tmp_path: Path) -> None:
    for number, sessions in ((1, 400), (2, 800), (10, 1200)):
        leaking(sessions).write(tmp_path / f"{number}.heapsnapshot")
    diff = diff_heaps([str(tmp_path)])
    assert [Path(one.name).name for one in diff.snapshots] == ["1.heapsnapshot", "2.heapsnapshot", "10.heapsnapshot"]
    assert diff.grows


def test_files_of_a_folder_with_a_date_are_in_the_order_of_time_and_those_given_by_name_as_given(tmp_path: Path) -> None:
    names = ["Heap.20260314.101010.9.0.003.heapsnapshot", "Heap.20260314.091010.9.0.002.heapsnapshot", "a.heapsnapshot"]
    found = [SourceSpec(name, tmp_path / name, asked=False) for name in names]
    assert [spec.name for spec in in_time(found)] == ["a.heapsnapshot", names[1], names[0]]
    given = [SourceSpec(name, tmp_path / name) for name in names]
    assert in_time(given) == given
