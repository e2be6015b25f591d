"""The rule slow-collections: pauses out of all proportion to what was moved."""

from __future__ import annotations

from dataclasses import replace

import pytest
from diagnose_cases import SLOW, make_case

from gclog.diagnose.registry import run_rules
from gclog.diagnose.rules import slow_collections as rule


def test_scavenges_that_take_a_fifth_of_a_second_for_3_mb_had_no_cpu() -> None:
    (finding,) = rule.check(make_case(slow=SLOW))
    assert finding.title == "A scavenge took 220 ms to copy 3.0 MB at most: the process had no CPU, or was swapped out"
    assert finding.remedy.startswith("Give it CPU and memory, no flag: `cat /sys/fs/cgroup/cpu.stat`")
    assert (finding.severity, finding.confidence, finding.evidence) == ("warning", "high", (7, 20, 50))


def test_minutes_for_a_full_collection_are_put_down_to_swap_first() -> None:
    full = replace(SLOW, longest_ms=266_000.0, longest_moved_mb=4096.0, longest_is_full=True)
    (finding,) = rule.check(make_case(slow=full))
    assert (
        finding.title
        == "A full collection took 4 min 26 s to mark 4.00 GB at most: its memory was swapped out, or it had no CPU"
    )
    assert finding.remedy.startswith("Give it CPU and memory, no flag: `grep VmSwap")


@pytest.mark.parametrize(
    ("slow", "count"),
    [
        (None, 0),
        (replace(SLOW, count=1), 0),
        (replace(SLOW, count=2), 1),
        (replace(SLOW, share_of_pauses=0.19), 0),
        (replace(SLOW, share_of_pauses=0.2), 1),
    ],
    ids=["none", "one may be chance", "two", "19 % of all pauses", "20 %"],
)
def test_it_takes_two_and_a_fifth_of_all_pauses(slow, count: int) -> None:
    assert len(list(rule.check(make_case(slow=slow)))) == count


@pytest.mark.parametrize(("total_ms", "severity"), [(299.0, "info"), (300.0, "warning")])
def test_two_hiccups_in_a_minute_are_information(total_ms: float, severity: str) -> None:
    (finding,) = rule.check(make_case(slow=replace(SLOW, total_ms=total_ms)))
    assert finding.severity == severity


def test_no_report_speaks_of_the_semi_space_beside_it() -> None:
    for finding in run_rules(make_case(slow=SLOW)):
        assert "semi" not in finding.remedy
