from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from made_heaps import NODE_FIELDS, leaking

from gclog.heap.diff import diff_heaps
from gclog.model.heap import AllocationSite, HeapDiff
from gclog.report.say import heap_sentences as sentences

FUNCTIONS = [
    ("", ""),
    ("handler", "/app/alloc.js", 4),
    ("createSession", "/app/alloc.js", 9),
    ("push", "node:internal/queue", 77),
]
"""The root of the tree, two functions of the program, one of Node's."""
TREE = [1, 0, 0, 0, [2, 1, 0, 0, [3, 2, 0, 0, [4, 3, 0, 0, []]], 5, 3, 0, 0, []]]
"""root: handler: createSession: push; root: push."""


def traced(sessions: int, call_of: dict[int, int]) -> dict[str, Any]:
    """`leaking`, whose sessions were allocated by these calls of the tree, by the remainder of their number."""
    heap = leaking(sessions, churn_from=50001 + 10 * sessions)
    document = heap.document()
    strings = document["strings"]
    infos: list[int] = []
    for number, (name, script, *line) in enumerate(FUNCTIONS):
        strings += [name, script]
        infos += [number, len(strings) - 2, len(strings) - 1, 0, *(line or [0]), 1]
    document["trace_function_infos"], document["trace_tree"] = infos, TREE
    document["snapshot"]["trace_function_count"] = len(FUNCTIONS)
    for number in range(sessions):
        at = heap.numbers[f"session {number}"] * len(NODE_FIELDS) + NODE_FIELDS.index("trace_node_id")
        document["nodes"][at] = call_of[number % len(call_of)]
    return document


def run(folder: Path, call_of: dict[int, int]) -> HeapDiff:
    paths = []
    for number in (1, 2, 3):
        path = folder / f"{number}.heapsnapshot"
        path.write_text(json.dumps(traced(400 * number, call_of), separators=(",", ":")), encoding="ascii")
        paths.append(str(path))
    return diff_heaps(paths)


CREATE, HANDLE = ("createSession()", "/app/alloc.js:9"), ("handler()", "/app/alloc.js:4")


@pytest.mark.parametrize(
    ("call_of", "sites", "said"),
    [
        ({0: 3}, [(*CREATE, 400)], "; allocated in `createSession()` (alloc.js:9)"),
        ({0: 4}, [(*CREATE, 400)], "; allocated in `createSession()` (alloc.js:9)"),
        (
            {0: 3, 1: 4, 2: 2, 3: 0},
            [(*CREATE, 200), (*HANDLE, 100)],
            "; 200 of 400 allocated in `createSession()` (alloc.js:9)",
        ),
        ({0: 0, 1: 0, 2: 2}, [(*HANDLE, 133)], ""),
        ({0: 5}, [("push()", "node:internal/queue:77", 400)], "; allocated in `push()` (queue:77)"),
        ({0: 99}, [], ""),
    ],
    ids=["one", "below it Node's own", "some by others", "mostly not known", "Node's alone", "no such call"],
)
def test_the_function_is_named_that_allocated_what_grows(
    tmp_path: Path, call_of: dict[int, int], sites: list[tuple[str, str, int]], said: str
) -> None:
    diff = run(tmp_path, call_of)
    assert diff.growers[0].allocated == tuple(AllocationSite(*site) for site in sites)
    assert sentences.answer(diff).endswith(f"of orders.js{said}")
