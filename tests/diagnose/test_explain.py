"""Explanations: of findings, V8's words, fields and fatal locations; and what an unknown word may have been."""

from __future__ import annotations

import dataclasses
import re
import subprocess
import sys

import pytest

from gclog.diagnose.explain import explain, suggest, topics
from gclog.diagnose.registry import RULES
from gclog.diagnose.vocabulary import COLLECTORS, GROWTH, LEVEL_MEANINGS
from gclog.model.records import COLLECTOR_OF_TYPE, Collection
from gclog.model.verdict import LEVELS

ALL = [name for group in topics().values() for name in group]


@pytest.mark.parametrize("name", ALL)
def test_every_topic_can_be_explained(name: str) -> None:
    text = explain(name)
    assert text is not None
    assert re.search(r"\(.+\)\n\n\S", text)


def test_the_topics_cover_rules_levels_collectors_and_fields() -> None:
    assert topics()["findings"] == tuple(rule.id for rule in RULES)
    assert set(topics()["levels"]) == set(LEVEL_MEANINGS) == set(LEVELS)
    long_names = {name for name in COLLECTOR_OF_TYPE if len(name) > 3}
    assert {name.lower() for name in long_names} == {name.lower() for name in COLLECTORS}
    assert {field.name for field in dataclasses.fields(Collection)} <= set(topics()["fields"])
    assert len(GROWTH) == 10


def test_a_finding_is_explained_by_its_five_headings_and_its_thresholds() -> None:
    text = explain("gc-share-high")
    assert text is not None
    first, _, summary, *rest = text.splitlines()
    assert (first, summary) == ("gc-share-high (finding)", "Garbage collection takes a high share of the time.")
    headings = [line for line in rest if line and not line.startswith(" ")]
    assert headings == ["What it looks for", "Why it matters", "Evidence", "Known problems", "Remedy", "Thresholds"]
    assert "    warning_share = 0.1: a tenth of the machine is gone" in rest


@pytest.mark.parametrize(
    ("word", "name"),
    [
        ("GC_SHARE_HIGH", "gc-share-high (finding)"),
        ("mark compact", "Mark-Compact (collector)"),
        (" Last Resort ", "last resort (reason of a collection)"),
        ("pause-ms", "pause_ms (field)"),
        ("reached heap limit", "reached heap limit (fatal location)"),
    ],
)
def test_case_blanks_and_dashes_do_not_matter(word: str, name: str) -> None:
    text = explain(word)
    assert text is not None and text.startswith(name)


@pytest.mark.parametrize(
    ("location", "meaning"),
    [
        ("Reached heap limit", "Out of heap: the JavaScript heap was full."),
        ("Ineffective mark-compacts near heap limit", "four times in a row"),
        ("CALL_AND_RETRY_LAST", "one allocation too large for what was left"),
        ("JS", "one allocation too large for what was left"),
        ("invalid array length", "One object was too large"),
        ("Zone", "Not the JavaScript heap"),
        ("v8::ArrayBuffer::NewBackingStore", "Not the JavaScript heap"),
    ],
)
def test_a_fatal_location_says_whether_it_was_the_heap(location: str, meaning: str) -> None:
    text = explain(location)
    assert text is not None and meaning in text


def test_a_collector_is_not_taken_for_a_fatal_location_that_begins_like_it() -> None:
    assert "fatal location" not in (explain("Scavenge") or "")


def test_a_field_of_several_records_has_all_its_meanings() -> None:
    assert "ms since the isolate was initialised" in (explain("at_ms") or "")
    kinds = explain("kind") or ""
    assert "Message: " in kinds and "CrashMarker: " in kinds


@pytest.mark.parametrize(
    ("word", "first"),
    [
        ("gc-share-hihg", "gc-share-high"),
        ("mark-sweap", "Mark-sweep"),
        ("last resorts", "last resort"),
        ("pause_m", "pause_ms"),
    ],
)
def test_an_unknown_word_gets_the_nearest_as_suggestion(word: str, first: str) -> None:
    assert explain(word) is None
    assert suggest(word)[0] == first


def test_nonsense_gets_nothing() -> None:
    assert explain("qqqqqq") is None
    assert explain("") is None
    assert suggest("qqqqqq") == ()


def test_explaining_does_not_load_pandas() -> None:
    code = "import sys, gclog.diagnose.explain; sys.exit('pandas' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
