"""The rule event-emitter-leak-warning: Node's own warning."""

from __future__ import annotations

import pytest
from diagnose_cases import HITS, LISTENERS, changed, make_case, say

from gclog.diagnose.rules import event_emitter_leak_warning as rule
from gclog.model.process import NodeVersion

HIT = HITS["event-emitter-leak-warning"]


@pytest.mark.parametrize(
    ("text", "title"),
    [
        (
            LISTENERS,
            "Node warned once of an EventEmitter leak: 11 data listeners on one Socket",
        ),
        (
            "(node) warning: possible EventEmitter memory leak detected. 11 listeners added. Use emitter.setMaxListeners()",
            "Node warned once of an EventEmitter leak: 11 listeners",
        ),
        ("MaxListenersExceededWarning: something else", "Node warned once of an EventEmitter leak"),
    ],
    ids=["Node 12", "Node 0.10", "unknown text"],
)
def test_the_title_says_what_the_warning_says(text: str, title: str) -> None:
    (finding,) = rule.check(make_case(messages=(say("max_listeners_exceeded", text),)))
    assert (finding.title, finding.severity, finding.confidence) == (title, "warning", "medium")


def test_a_live_set_that_grows_makes_it_likely_to_matter() -> None:
    (finding,) = rule.check(changed(HIT, growth="steady"))
    assert finding.confidence == "high"
    assert finding.observed == "1 warning, and the live set grows"


def test_the_flag_for_the_stack_is_named_from_node_6_on() -> None:
    (new,) = rule.check(HIT)
    (old,) = rule.check(changed(HIT, node=NodeVersion("4", 4, 4, "")))
    assert "--trace-warnings" in new.remedy
    assert "--trace-warnings" not in old.remedy


def test_messages_of_another_kind_are_silent() -> None:
    assert list(rule.check(make_case(messages=(say("worker_out_of_memory", "11 listeners added"),)))) == []
