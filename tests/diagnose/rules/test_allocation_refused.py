"""The rule allocation-refused: exceptions that are mistaken for a full heap."""

from __future__ import annotations

import pytest
from diagnose_cases import make_case, say

from gclog.diagnose.rules import allocation_refused as rule


@pytest.mark.parametrize(
    ("kind", "words"),
    [
        ("array_buffer_allocation_failed", "memory outside the heap is short"),
        ("err_buffer_too_large", "kMaxLength"),
        ("invalid_string_length", "512 million characters"),
        ("invalid_array_length", "2^32"),
        ("map_maximum_size", "16.7 million"),
        ("wasm_memory_out_of_bounds", "not V8's heap"),
        ("bad_alloc", "native code"),
    ],
)
def test_each_message_has_its_meaning(kind: str, words: str) -> None:
    (finding,) = rule.check(make_case(messages=(say(kind, "..."),)))
    assert words in finding.title and finding.severity == "warning"


def test_the_most_frequent_leads_and_the_others_are_counted() -> None:
    messages = (say("bad_alloc", "a"), say("invalid_string_length", "b"), say("invalid_string_length", "c"))
    (finding,) = rule.check(make_case(messages=messages))
    assert "refused 2 times" in finding.title or "refused twice" in finding.title
    assert finding.observed == (
        "3 messages, 2 different ones; also: native code (an addon, or Node itself) got no memory from the system"
    )


def test_other_messages_are_silent() -> None:
    assert list(rule.check(make_case(messages=(say("killed", "Killed"),)))) == []
