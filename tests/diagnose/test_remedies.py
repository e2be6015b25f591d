"""Remedies: the flag that a version has, and what a higher limit buys."""

from __future__ import annotations

import math
import re
from dataclasses import replace

import pytest
from diagnose_cases import DEAD, FORECAST, KILL, LEAKING, MEMORY, RSS_UP, changed, make_case, option

from gclog.diagnose.facts import size_threshold
from gclog.diagnose.registry import run_rules
from gclog.diagnose.remedies import (
    advise_details,
    advise_evidence,
    advise_sampling,
    advise_young,
    say_what_grows,
    say_what_more_buys,
)
from gclog.model.effort import Young
from gclog.model.heap import ClassFigures, ClassGrowth, Grower, HeapDiff, Holder, InPlace, Method, SnapshotFigures
from gclog.model.not_known import NotKnown
from gclog.model.process import NodeVersion
from gclog.model.verdict import Limit, NoLimit, WhatIf
from gclog.model.witness import MemoryLimit
from gclog.report.say import heap_sentences


def node(first_major: int, last_major: int | None = None) -> NodeVersion:
    return NodeVersion("", first_major, first_major if last_major is None else last_major, "")


@pytest.mark.parametrize(
    ("version", "words"),
    [
        (node(26), "`node --require ./sample-heap.cjs`"),
        (node(12), "`node --require ./sample-heap.cjs`"),
        (node(10, 12), "From Node 12 on, `node --require ./sample-heap.cjs`"),
        (node(11), "`node --inspect`"),
        (node(7), "`node --inspect`"),
        (node(6), "package `heapdump`"),
    ],
)
def test_no_version_is_given_a_way_to_sample_that_it_lacks(version: NodeVersion, words: str) -> None:
    assert words in advise_sampling(version)


@pytest.mark.parametrize(
    ("version", "flags", "ring"),
    [(node(0), "with `node --trace-gc --trace-gc-nvp`", False), (node(4), "with `node --trace-gc-nvp`", True)],
    ids=["0.12", "4"],
)
def test_nvp_needs_trace_gc_and_spares_no_ring_in_old_versions(version: NodeVersion, flags: str, ring: bool) -> None:
    text = advise_details(version, "survival")
    assert flags in text and "on the command line" in text
    assert ("Last few GCs" in text) is ring


@pytest.mark.parametrize(
    ("version", "words"),
    [
        (node(12), "caps --max-semi-space-size at 16 MB"),
        (node(13), "caps --max-semi-space-size at 16 MB"),
        (node(12, 14), "--max-semi-space-size=32` (MB, this version's default is 16; NODE_OPTIONS takes it from Node 18 on)"),
        (node(11), "`node --max-semi-space-size=32`"),
        (
            node(24),
            "--max-semi-space-size=128` (MB, this version's default is 64), and compare the GC share before and after: it takes up to 192.0 MB",
        ),
        (node(25), "--max-semi-space-size=128"),
        (node(24, 26), "--max-semi-space-size=128"),
        (node(26), "--max-semi-space-size=64"),
        (node(0), "--max-new-space-size in KB"),
    ],
)
def test_a_larger_maximum_is_twice_what_the_version_has(version: NodeVersion, words: str) -> None:
    assert words in advise_young(make_case(node=version, young=Young(NotKnown("survivors take too much"), 0.5)))


@pytest.mark.parametrize(
    ("young", "version", "words"),
    [
        (Young(2.0, 0.05), node(20), "`node --min-semi-space-size=16` (MB, now 2; NODE_OPTIONS refuses it)"),
        (Young(0.5, 0.05), node(24), "`node --min-semi-space-size=16` (MB, now 0.5;"),
        (Young(NotKnown("no size"), 0.05), node(22), "`node --min-semi-space-size=16` (MB; NODE_OPTIONS"),
        (Young(16.0, 0.05), node(22), "`node --min-semi-space-size=32 --max-semi-space-size=32` (MB, now 16;"),
        (Young(16.0, 0.05), node(24), "`node --min-semi-space-size=32` (MB, now 16;"),
    ],
    ids=["small", "smallest", "size not known", "at this version's maximum", "far from it"],
)
def test_few_survivors_call_for_a_larger_minimum(young: Young, version: NodeVersion, words: str) -> None:
    assert words in advise_young(make_case(node=version, young=young))


def test_a_semi_space_that_is_set_in_the_log_is_doubled() -> None:
    case = make_case(options=(option(4096.0), option(8.0, name="max_semi_space_size")))
    assert "--max-semi-space-size=16` (MB, it is set to 8)" in advise_young(case)


def test_what_more_buys_names_two_sizes_and_the_limit_now() -> None:
    bought = tuple(WhatIf(extra_mb, extra_mb * 21_796.875) for extra_mb in (512.0, 1024.0, 2048.0))
    assert say_what_more_buys(make_case(what_if=bought)) == (
        "A higher --max-old-space-size (now 96.0 MB) only buys time on this trend: "
        "+512.0 MB is 3 h 6 min, +1.00 GB is 6 h 12 min."
    )


@pytest.mark.parametrize(("low_mb", "high_mb", "now"), [(41.5, 62.3, "now 41.5 MB to 62.3 MB"), (51.0, 52.0, "now 51.9 MB")])
def test_a_limit_that_is_a_range_is_one_in_the_advice_too(low_mb: float, high_mb: float, now: str) -> None:
    limit = Limit(mb=51.9, low_mb=low_mb, high_mb=high_mb, source="inferred", why="", line=1)
    assert now in say_what_more_buys(make_case(what_if=(WhatIf(512.0, 60_000.0),), limit=limit))


def test_without_a_known_limit_only_what_is_added_is_named() -> None:
    text = say_what_more_buys(make_case(what_if=(WhatIf(512.0, 60_000.0),), limit=NoLimit("not in the log")))
    assert text == "A higher --max-old-space-size only buys time on this trend: +512.0 MB is 1 min."


@pytest.mark.parametrize("gained_ms", [0.0, math.inf], ids=["nothing", "for ever"])
def test_a_gain_of_nothing_or_without_end_is_not_sold(gained_ms: float) -> None:
    assert say_what_more_buys(make_case(what_if=(WhatIf(512.0, gained_ms),))) == ""


@pytest.mark.parametrize(
    ("version", "share"),
    [(node(25), "80.0 %"), (node(26), "95.0 %"), (node(24, 26), "80.0 % (Node 26: 95.0 %)")],
    ids=["25", "26", "24 to 26"],
)
def test_the_share_from_which_v8_counts_strikes_is_that_of_the_version(version: NodeVersion, share: str) -> None:
    assert size_threshold(version) == share


def test_a_workers_evidence_and_limit_are_its_own() -> None:
    worker = make_case(main=False, what_if=(WhatIf(512.0, 60_000.0),), limit=NoLimit("not in the log"))
    assert advise_evidence(worker).startswith("Call v8.writeHeapSnapshot() within the worker")
    assert say_what_more_buys(worker).startswith("A higher resourceLimits.maxOldGenerationSizeMb only buys time")


def with_rss(case, rss_mb: float, container_mb: float):
    return changed(
        case,
        memory=replace(MEMORY, growth="none", parts={"rss": replace(RSS_UP, last_mb=rss_mb)}),
        memory_limit=MemoryLimit(container_mb, "given", None),
    )


SNAPSHOT = "take a heap snapshot there"
SAMPLING = "record an allocation sampling"


@pytest.mark.parametrize(
    ("case", "does", "says"),
    [
        (
            LEAKING,
            SAMPLING,
            "A heap snapshot needs about 240 to 730 MB more for a heap of 84.0 MB: take one only if that much is free.",
        ),
        (
            with_rss(LEAKING, 140.0, 256.0),
            SAMPLING,
            "Take no heap snapshot: it needs about 240 to 730 MB more for a heap of 84.0 MB, and the container has 116.0 MB left.",
        ),
        (with_rss(LEAKING, 140.0, 2048.0), SNAPSHOT, "Each needs about 240 to 730 MB more for a heap of 84.0 MB"),
        (changed(with_rss(LEAKING, 140.0, 256.0), node=node(26)), SAMPLING, "it needs about 160 to 640 MB more"),
        (changed(with_rss(LEAKING, 140.0, 256.0), node=node(9)), SAMPLING, "Take no heap snapshot"),
        (changed(with_rss(LEAKING, 140.0, 256.0), memory=None), SAMPLING, "the container has 113.0 MB left"),
        (make_case(), SNAPSHOT, "`gclog heapdiff A B`"),
        (with_rss(make_case(), 90.0, 128.0), SAMPLING, "Take no heap snapshot"),
        (changed(LEAKING, node=node(4)), "package `heapdump`", "needs about 240 to 720 MB more"),
        (
            DEAD,
            "`SAMPLE_HEAP_MS=500 node --require ./sample-heap.cjs`",
            "(--heapsnapshot-near-heap-limit=1) needs about 280 to 840 MB more for a heap of 96.0 MB",
        ),
        (
            with_rss(DEAD, 150.0, 256.0),
            "sample-heap.cjs",
            "Not --heapsnapshot-near-heap-limit: a snapshot needs about 280 to 840 MB more for a heap of 96.0 MB, and the container had 106.0 MB left.",
        ),
        (changed(DEAD, node=node(10)), "`node --inspect-brk`", "allocation sampling"),
    ],
    ids=[
        "impending, room not known",
        "impending, no room",
        "impending, room",
        "Node 26",
        "Node 9",
        "RSS not printed",
        "healthy",
        "healthy, no room",
        "Node 4",
        "dead, room not known",
        "dead, no room",
        "dead, Node 10",
    ],
)
def test_the_evidence_fits_the_version_the_heap_and_the_room(case, does: str, says: str) -> None:
    text = advise_evidence(case)
    assert does in text and says in text
    assert (SNAPSHOT in text) is (does == SNAPSHOT)


@pytest.mark.parametrize(
    "case", [DEAD, with_rss(DEAD, 150.0, 256.0), changed(LEAKING, kill=KILL)], ids=["dead", "no room", "killed"]
)
def test_nothing_is_asked_of_a_dead_process(case) -> None:
    for finding in run_rules(case):
        assert not re.search(r"kill -USR|[Rr]estart it|[Ww]hile it lives|before the early end", finding.remedy), finding.remedy


SLOWLY = replace(LEAKING, forecast=replace(FORECAST, at_expected_ms=FORECAST.now_ms + 600_000.0))
"""Time is left for evidence."""


def test_a_sentence_of_advice_is_said_once() -> None:
    sentences = [sentence for finding in run_rules(SLOWLY) for sentence in re.split(r"(?<=[a-z)]\.) ", finding.remedy)]
    advice = [sentence for sentence in sentences if not sentence.startswith("Follow ")]
    assert len(advice) == len(set(advice))
    assert any(sentence == "Follow heap-exhaustion-impending." for sentence in sentences)


def grower(method: Method, holder: Holder | NotKnown) -> HeapDiff:
    figures = (ClassFigures(100, 1 << 20, 2 << 20), ClassFigures(400, 4 << 20, 14 << 20))
    first = figures if method != "summary" else figures[1:]
    growth = ClassGrowth("Order`s", first, 300, 0, 300, 12 << 20, 12e6, True)
    one = Grower(growth, 7, (), "", (), holder)
    return HeapDiff(method, (), (growth,), (one,), (), lead="constructor")


@pytest.mark.parametrize(
    ("diff", "sentence"),
    [
        (None, ""),
        (HeapDiff("three", (), (), (), ()), ""),
        (
            grower("three", Holder("orders", "Map", "/app/lib/shop.js")),
            "`Order's` grows from snapshot to snapshot (+300 objects, 12.0 MB more), held by `orders` (Map) of shop.js: remove "
            "what is no longer needed, or bound its size.",
        ),
        (
            grower("two", NotKnown("V8's own objects only")),
            "`Order's` grows from snapshot to snapshot (+300 objects, 12.0 MB more): remove what is no longer needed, or bound its size.",
        ),
        (
            grower("summary", Holder("", "Shop", "")),
            "`Order's` takes the most memory in its only heap snapshot (400 objects, 14.0 MB), held by an object `Shop`: see whether "
            "they have to stay. One snapshot cannot show what grows.",
        ),
    ],
    ids=["no snapshot", "nothing grows", "held by a variable", "holder not known", "one snapshot"],
)
def test_what_grows_is_named_with_what_holds_it(diff: HeapDiff | None, sentence: str) -> None:
    assert say_what_grows(diff) == sentence


def test_a_process_that_lives_for_seconds_is_sampled_more_often() -> None:
    assert advise_sampling(node(20), 30_000.0).startswith("Start it with `SAMPLE_HEAP_MS=500 node --require ./sample-heap.cjs`")
    assert advise_sampling(node(20), 1_999.0).startswith("Start it with `node --inspect-brk`")
    assert advise_sampling(node(20), 3_600_000.0).startswith("Start it with `node --require ./sample-heap.cjs`")


def alone(name: str, *, is_replaced: bool) -> HeapDiff:
    one = InPlace(name, 7, (1 << 20, 3 << 20), 2 << 20, is_replaced, (), (), Holder("", "(string)", "/app/x.js", ("log()",)))
    whole = SnapshotFigures("2.heapsnapshot", 9, 9, 9, 4 << 20, None, ())
    return HeapDiff("two", (whole, whole), (), (), (), in_place=(one,), lead="object")


@pytest.mark.parametrize(
    ("diff", "words"),
    [
        (alone("(concatenated string)", is_replaced=True), "One string is replaced by a larger one each time"),
        (alone("Array", is_replaced=False), "One `Array` grows in place"),
    ],
)
def test_a_single_object_is_spoken_of_as_in_the_report_of_its_snapshots(diff: HeapDiff, words: str) -> None:
    assert say_what_grows(diff).startswith(f"{words} (2.0 MB more), held by a local variable ((string)) of `log()` in x.js")
    assert heap_sentences.say_in_place(diff, diff.in_place[0]).startswith(words)
