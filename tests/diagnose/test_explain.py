"""Explanations: of findings, V8's words, fields and fatal locations; and what an unknown word may have been."""

from __future__ import annotations

import ast
import dataclasses
import re
import subprocess
import sys
from pathlib import Path
from typing import get_args

import pytest

import gclog.report.say
from gclog.diagnose.explain import explain, suggest, topics
from gclog.diagnose.facts import GROWTH_IN_WORDS
from gclog.diagnose.glossary import FIGURES, WORDS, explain_in_place
from gclog.diagnose.registry import RULES
from gclog.diagnose.vocabulary import COLLECTORS, GROWTH, LEVEL_MEANINGS
from gclog.model.finding import Severity
from gclog.model.records import COLLECTOR_OF_TYPE, Collection
from gclog.model.verdict import LEVELS, GrowthKind

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
    assert set(GROWTH) == set(get_args(GrowthKind)) == set(GROWTH_IN_WORDS)


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


# ---------------------------------------------------------------- the words of a report


def titles() -> set[str]:
    """Titles of the figures that the sentences of a report name, as they are written there."""
    folder = Path(gclog.report.say.__path__[0])
    calls = [
        node
        for name in ("figures.py", "witness.py")
        for node in ast.walk(ast.parse((folder / name).read_text(encoding="utf-8")))
        if isinstance(node, ast.Call) and getattr(node.func, "id", "") in ("Figure", "_known") and node.args
    ]
    return {first.value for call in calls if isinstance(first := call.args[0], ast.Constant) and first.value}


def test_every_title_of_a_figure_can_be_explained() -> None:
    assert len(titles()) > 30
    assert titles() <= set(FIGURES)
    assert all(explain(title) for title in titles())


@pytest.mark.parametrize(
    "word",
    [
        "mu", "strike", "live set", "on the current trend", "floor", "scavenge", "mutator utilisation", "promotion", "survival",
        "fragmentation", "external memory", "RSS", "steady", "not-known", "levelled-off", "uneven", "sudden", "Live-Set",
    ],
)  # fmt: skip
def test_a_word_of_a_report_can_be_explained(word: str) -> None:
    assert explain(word)


@pytest.mark.parametrize(
    ("text", "marked"),
    [
        ("Live set 84.0 MB, live set flat", ["Live set"]),
        ("two strikes at an average mu below 0.4", ["strikes", "mu"]),
        ("Scavenges copy; a full collection marks", ["Scavenges", "full collection"]),
        ("the museum of multi-mu words", []),
        ("the live-set trend and mark-compacts", ["live-set", "mark-compacts"]),
        ("", []),
    ],
)
def test_words_are_explained_in_place_once_each(text: str, marked: list[str]) -> None:
    parts = list(explain_in_place(text))
    assert "".join(part for part, _ in parts) == text
    assert [part for part, meaning in parts if meaning] == marked


def test_what_was_explained_before_is_not_explained_again() -> None:
    known = {"mu"}
    assert [part for part, meaning in explain_in_place("mu of the live set", known) if meaning] == ["live set"]
    assert known == {"mu", "live set"} <= set(WORDS)


@pytest.mark.parametrize("kind", get_args(GrowthKind))
def test_growth_is_explained_as_a_headline_says_it(kind: GrowthKind) -> None:
    for words in (GROWTH_IN_WORDS[kind], GROWTH_IN_WORDS[kind].replace("growing", "grew", 1)):
        text = explain(words)
        assert text is not None and GROWTH[kind] in text


@pytest.mark.parametrize(
    "word",
    [
        *("What to do", "Foreseeable", "Time left", "Process", "Seen", "Earlier runs", "Witnesses"),
        *("four in five", "any moment now", "no end in sight", "cannot say", "limit not known"),
        *get_args(Severity),
        *(
            "confidence",
            "observed",
            "threshold",
            "Healthy so far",
            "Busy collecting",
            "within",
            "close to",
            "above",
            "lately above",
        ),
        *("Worst 59.7 s", "Worst 4.2 s", "worst 1 min 2 s", "worst minute"),
        *("JavaScript heap out of memory", "134", "137", "exit code 134", "exited with code 137", "exit status 143"),
        *("SIGABRT", "sigkill", "OOMKilled", "SIGTERM"),
    ],
)
def test_what_stands_in_a_report_or_beside_it_can_be_explained(word: str) -> None:
    assert explain(word) is not None


def test_a_number_that_is_no_exit_code_of_a_death_is_not_explained() -> None:
    assert explain("135") is None and explain("worst") is None
