"""What a heap snapshot costs, and what is left of the memory that it would need."""

from __future__ import annotations

from dataclasses import replace

import pytest
from diagnose_cases import DEAD, KILL, LEAKING, MEMORY, REPORTED, RSS_UP, changed, make_case, make_heap

from gclog.diagnose.evidence import SNAPSHOT_COSTS, Room, fits, is_alive, room_of, say_cost, snapshot_cost
from gclog.model.not_known import NotKnown
from gclog.model.process import NodeVersion
from gclog.model.witness import MemoryLimit

CONTAINER = MemoryLimit(256.0, "given", None)
WITH_RSS = replace(MEMORY, parts={"rss": replace(RSS_UP, last_mb=150.0)})


@pytest.mark.parametrize(
    ("majors", "nearest"),
    [((18, 18), {18}), ((26, 26), {26}), ((8, 8), {18}), ((30, 30), {26}), ((18, 22), {18, 20, 22}), ((21, 21), {20})],
)
def test_a_version_that_was_not_measured_costs_what_the_nearest_does(majors: tuple[int, int], nearest: set[int]) -> None:
    cost = snapshot_cost(NodeVersion("", *majors, ""), 100.0)
    factors = [factor for major in nearest for factor in SNAPSHOT_COSTS[major].values()]
    assert (cost.low_mb, cost.high_mb) == (100.0 * min(factors), 100.0 * max(factors))


@pytest.mark.parametrize(
    ("case", "room"),
    [
        (changed(LEAKING, memory=WITH_RSS, memory_limit=CONTAINER), Room(106.0, "container")),
        (changed(LEAKING, memory=WITH_RSS, memory_limit=MemoryLimit(128.0, "given", None)), Room(0.0, "container")),
        (changed(LEAKING, memory_limit=CONTAINER), Room(256.0 - 98.0 - 45.0, "container")),
        (changed(LEAKING, reported=(REPORTED,)), Room(8192.0 - 98.0, "machine")),
        (changed(LEAKING, reported=(replace(REPORTED, constrained_mb=512.0),)), Room(414.0, "container")),
        (changed(LEAKING, memory=WITH_RSS), NotKnown("neither the container's limit nor the machine's memory is known")),
    ],
    ids=["printed RSS", "over it", "by what is committed", "the machine's", "a report's container", "no limit"],
)
def test_the_room_is_the_limit_less_rss(case, room: Room | NotKnown) -> None:
    assert room_of(case) == room


def test_without_any_size_the_cost_is_a_multiple() -> None:
    unknown = NotKnown("not in this log")
    case = make_case(heap=make_heap(live_mb=unknown, used_max_mb=unknown, committed_max_mb=unknown), memory_limit=CONTAINER)
    assert say_cost(case) == "needs 3 to 9 times the heap's size more"
    assert fits(case) is None


@pytest.mark.parametrize(
    ("case", "alive"), [(LEAKING, True), (DEAD, False), (changed(LEAKING, kill=KILL), False)], ids=["lives", "died", "killed"]
)
def test_a_process_lives_until_something_says_otherwise(case, alive: bool) -> None:
    assert is_alive(case) is alive
