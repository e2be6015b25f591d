"""What the names of heap snapshots and profiles say."""

from __future__ import annotations

import pytest

from gclog.heap.file_names import read_name


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
