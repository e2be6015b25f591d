"""The rule worker-out-of-memory: a worker gone, the process alive."""

from __future__ import annotations

import pytest
from diagnose_cases import HITS, make_case, make_crash, say

from gclog.diagnose.rules import worker_out_of_memory as rule
from gclog.model.records import HeapOption

STOPPED = "Error [ERR_WORKER_OUT_OF_MEMORY]: Worker terminated due to reaching memory limit: JS heap out of memory"
OPTION = HeapOption(line=1, wall_ms=None, option="max_old_space_size", mb=96.0)


def test_nodes_error_in_the_log_is_an_error() -> None:
    (finding,) = rule.check(HITS["worker-out-of-memory"])
    assert finding.title == "Node stopped a worker at the heap limit; the process lived on"
    assert (finding.severity, finding.evidence) == ("error", (40,))


def test_several_workers_are_one_finding() -> None:
    text = "Error [ERR_WORKER_OUT_OF_MEMORY]"
    (finding,) = rule.check(make_case(messages=tuple(say("worker_out_of_memory", text, line) for line in (40, 50, 60))))
    assert finding.title == "Node stopped workers 3 times at the heap limit; the process lived on"


def test_a_crash_of_a_worker_isolate_is_told_with_that_isolate() -> None:
    (finding,) = rule.check(make_case(crash=make_crash("worker-limit"), speaks_for_source=False))
    assert finding.title == "This worker was stopped at its heap limit, live set 30.0 MB of a 96.0 MB limit"
    assert finding.evidence == (99,)


def test_an_error_printed_whole_is_one_worker() -> None:
    lines = (say("worker_out_of_memory", STOPPED, 40), say("worker_out_of_memory", "code: 'ERR_WORKER_OUT_OF_MEMORY'", 43))
    (finding,) = rule.check(make_case(messages=lines))
    assert finding.title == "Node stopped a worker at the heap limit; the process lived on"


@pytest.mark.parametrize(
    ("options", "said"),
    [
        pytest.param((), "Its limit is resourceLimits.maxOldGenerationSizeMb", id="no option in the log"),
        pytest.param((OPTION,), "--max-old-space-size=96 overrides any resourceLimits", id="the process's option"),
    ],
)
def test_the_remedy_names_the_place_where_the_limit_is_set(options: tuple[HeapOption, ...], said: str) -> None:
    (finding,) = rule.check(make_case(crash=make_crash("worker-limit"), options=options))
    assert said in finding.remedy


def test_other_messages_are_silent() -> None:
    assert list(rule.check(make_case(messages=(say("max_listeners_exceeded", "..."),)))) == []
