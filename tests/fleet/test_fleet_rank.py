from __future__ import annotations

import random

import pytest
from made_fleet import UNKNOWN, made_row

from gclog.fleet.rank import group_rows, rank
from gclog.model.fleet import FailedLog, FleetRow, Outlier, Yardstick

STICK = Yardstick("22-24", "share", 8, 0.02, 0.005)

IN_ORDER = [
    made_row(source="dead", level="exhausted", crash="heap-limit"),
    made_row(source="critical", level="critical"),
    made_row(source="soon", level="impending", left_ms=1000.0, live_share=0.4),
    made_row(source="later", level="impending", left_ms=9000.0, live_share=0.9),
    made_row(source="nobody knows when", level="impending"),
    made_row(source="full", live_share=0.8),
    made_row(source="odd"),
    made_row(source="busy", share=0.10),
    made_row(source="calm, a"),
    made_row(source="calm, b"),
    made_row(source="no limit", live_share=UNKNOWN),
    made_row(source="too short", level="not-assessable"),
]
ODD = [Outlier("odd", 1, 7, None, 0.1, 9.0, STICK)]


@pytest.mark.parametrize("seed", range(5))
def test_the_greatest_risk_comes_first_whatever_the_order(seed: int) -> None:
    shuffled = random.Random(seed).sample(IN_ORDER, len(IN_ORDER))
    assert [row.source for row in rank(shuffled, ODD)] == [row.source for row in IN_ORDER]


ROWS: list[FleetRow] = [
    made_row(source="1", host="a", share=0.1, level="ok"),
    made_row(source="2", host="a", share=0.3, level="exhausted", crash="heap-limit", p99_ms=UNKNOWN),
    made_row(source="3", host="b", share=0.2, family="25-26"),
]


def test_a_group_has_its_levels_deaths_outliers_and_medians() -> None:
    failed = [FailedLog("4", "a", "4: no such file")]
    groups = {(group.by, group.name): group for group in group_rows(ROWS, failed, [Outlier("1", 1, 7, "a", 0.1, 9.0, STICK)])}
    assert set(groups) == {("node", "22-24"), ("node", "25-26"), ("host", "a"), ("host", "b")}
    a = groups["host", "a"]
    assert (a.processes, a.failed, a.crashed, a.outliers) == (2, 1, 1, 1)
    assert a.levels == {"exhausted": 1, "ok": 1}
    assert a.median_share == pytest.approx(0.2)
    assert a.median_p99_ms == 5.0


def test_the_group_with_the_greatest_share_in_danger_comes_first() -> None:
    many_healthy = [made_row(source=f"{number}", host="b") for number in range(9)]
    assert [group.name for group in group_rows([*many_healthy, *ROWS], [], []) if group.by == "host"] == ["a", "b"]


def test_there_are_no_hosts_where_nobody_knows_any() -> None:
    assert {group.by for group in group_rows([made_row(host=None)], [], [])} == {"node"}


def test_logs_of_an_unknown_host_are_a_group_where_others_are_known() -> None:
    named = {
        group.name: group.failed for group in group_rows(ROWS, [FailedLog("5", None, "5: empty")], []) if group.by == "host"
    }
    assert named["(unknown)"] == 1
