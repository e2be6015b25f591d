"""Node versions by what a log shows: one case for each era, for the facts that narrow it, and for contradictions."""

from __future__ import annotations

from typing import Any

import pytest
from made_collections import made

from gclog.analysis.measure.node_version import infer_node

FULL = {"type": "Mark-sweep", "at_ms": 5.0, "pause_ms": 1.0}


@pytest.mark.parametrize(
    ("eras", "row", "expected"),
    [
        pytest.param({"v8_3_11"}, {"pid": None, "isolate": None}, "0.8", id="no process prefix"),
        pytest.param({"v8_3_11"}, {"isolate": None}, "0.10", id="whole ms and a pid"),
        pytest.param({"v8_3_28"}, {"isolate": None}, "0.12", id="0.12, where io.js would fit too"),
        pytest.param({"v8_3_28"}, {}, "io.js 3", id="only io.js fits"),
        pytest.param({"v8_4_5"}, {}, "4-6.1", id="external in whole ms"),
        pytest.param({"v8_5_1"}, {}, "6.2-6.17", id="6"),
        pytest.param({"v8_5_4"}, {}, "7-10.3", id="no brackets"),
        pytest.param({"v8_5_4"}, {"incremental_wall_ms": 3.0}, "7.5-10.3", id="wall time of marking"),
        pytest.param({"v8_6_7"}, {"average_mu": 1.0}, "10.4-17", id="mutator utilisation"),
        pytest.param({"v8_6_7"}, {"average_mu": 1.0, "reason": "idle task"}, "10.4-14.4", id="idle task"),
        pytest.param({"v8_6_7"}, {"average_mu": 1.0, "reduce": True}, "14.5-17", id="(reduce)"),
        pytest.param({"v8_9_9"}, {"average_mu": 1.0}, "18-19", id="semicolon"),
        pytest.param({"v8_9_9"}, {"average_mu": 1.0, "type": "Mark-Compact"}, "19.1-19.9", id="and Mark-Compact"),
        pytest.param({"v8_9_9"}, {"average_mu": 1.0, "type": "Mark-sweep"}, "18-19.0", id="and Mark-sweep"),
        pytest.param({"v8_11_0"}, {"average_mu": 1.0}, "20-21", id="two decimals"),
        pytest.param({"v8_11_0"}, {"average_mu": 1.0, "reason": "finalize MinorMC"}, "20", id="and finalize MinorMC"),
        pytest.param({"v8_12_2"}, {"average_mu": 1.0, "pooled_mb": 0.0}, "22-24", id="page pool"),
        pytest.param({"v8_13_8"}, {"average_mu": 1.0, "pooled_mb": 0.0}, "25-26", id="page pool with a decimal"),
        pytest.param(
            {"v8_13_8"}, {"average_mu": 1.0, "pooled_mb": 0.0, "type": "Incremental Mark-Compact"}, "26", id="incremental"
        ),
        pytest.param({"named_values"}, {"mutator_ms": 3.0, "type": "mc"}, "19.1-24", id="named values, gc=mc"),
        pytest.param({"named_values"}, {"mutator_ms": 3.0, "type": "mc", "isolate_id": 0.0}, "24", id="and a numbered isolate"),
        pytest.param({"object"}, {"mutator_ms": 3.0, "type": "mc"}, "25-26", id="JSON"),
        pytest.param({"v8_any"}, {"type": "Scavenge", "ring": True}, "0.8-26", id="nothing told"),
    ],
)  # fmt: skip
def test_the_range_by_era_and_facts(eras: set[str], row: dict[str, Any], expected: str) -> None:
    scavenge = FULL | {"type": "Scavenge"}
    assert infer_node(made(scavenge | row), eras).range == expected


def test_names_may_have_their_grammar_in_front() -> None:
    assert infer_node(made(FULL | {"average_mu": 1.0}), {"gc_trace.v8_9_9": 17, "crash.marker": 1}).range == "18-19.0"


def test_majors_go_with_the_range_and_the_evidence_says_why() -> None:
    node = infer_node(made(FULL | {"average_mu": 1.0}), {"v8_9_9"})
    assert (node.first_major, node.last_major) == (18, 19)
    assert node.evidence == "semicolon after the reason, pauses with one decimal, Mark-sweep"


def test_the_decimals_of_pauses_are_evidence_without_any_name() -> None:
    two = made(*(FULL | {"type": "Mark-Compact", "pause_ms": 0.25, "average_mu": 1.0} for _ in range(3)))
    one = made(*(FULL | {"pause_ms": 0.5, "average_mu": 1.0} for _ in range(20)))
    assert infer_node(two).range == "20-21"
    assert infer_node(one).range == "10.4-19.0"


def test_lines_without_utilisation_are_older_than_it() -> None:
    assert infer_node(made(*(FULL | {"pause_ms": 0.5} for _ in range(20)))).range == "4-10.3"


def test_a_few_pauses_ending_in_zero_are_no_evidence() -> None:
    few = made(*({"pause_ms": 0.5, "average_mu": 1.0} for _ in range(19)))
    assert infer_node(few).range == "10.4-21"


def test_marking_steps_on_scavenges_are_old() -> None:
    assert infer_node(made({"incremental_ms": 3.8, "pause_ms": 17.1})).range == "4-7.4"


def test_the_ring_has_no_prefix_in_versions_that_have_one() -> None:
    ring = made(FULL | {"ring": True, "pid": None, "isolate": None, "reason": "last resort gc"})
    assert infer_node(ring, {"v8_3_11"}, {"last_few_gcs"}).range == "4-7.4"


def test_a_banner_of_the_crash_narrows() -> None:
    assert infer_node(made(FULL | {"average_mu": 1.0}), {"v8_6_7"}, {"Reached heap limit"}).range == "16-17"


def test_a_line_typed_off_by_hand_does_not_overrule_its_form() -> None:
    node = infer_node(made(FULL | {"average_mu": 1.0, "reason": "gc extension"}), {"v8_9_9"})
    assert node.range == "18-19.0"
    assert "gc extension" not in node.evidence


def test_two_rules_for_one_process_leave_both_open() -> None:
    assert infer_node(made(FULL | {"average_mu": 1.0, "type": "Scavenge"}), {"v8_6_7", "v8_9_9"}).range == "10.4-19"


def test_nothing_at_all_is_said_so() -> None:
    node = infer_node(made(FULL).iloc[:0])
    assert (node.range, node.evidence) == ("0.8-26", "nothing in the lines distinguishes versions")
