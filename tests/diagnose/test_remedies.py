"""Remedies: the flag that a version has, and what a higher limit buys."""

from __future__ import annotations

import math

import pytest
from diagnose_cases import make_case, option

from gclog.diagnose.facts import size_threshold
from gclog.diagnose.remedies import (
    advise_details,
    advise_larger_semi_space,
    advise_live_snapshot,
    advise_snapshot_at_limit,
    advise_snapshots,
    advise_snapshots_of,
    say_what_grows,
    say_what_more_buys,
)
from gclog.model.heap import ClassFigures, ClassGrowth, Grower, HeapDiff, Holder, Method
from gclog.model.not_known import NotKnown
from gclog.model.process import NodeVersion
from gclog.model.verdict import NoLimit, WhatIf


def node(first_major: int, last_major: int | None = None) -> NodeVersion:
    return NodeVersion("", first_major, first_major if last_major is None else last_major, "")


@pytest.mark.parametrize(
    ("advise", "version", "words"),
    [
        (advise_snapshots, node(12), "Start it with --heapsnapshot-signal=SIGUSR2"),
        (advise_snapshots, node(11, 12), "from Node 12 with --heapsnapshot-signal"),
        (advise_snapshots, node(11), "Start it with --inspect"),
        (advise_snapshots, node(7), "Start it with --inspect"),
        (advise_snapshots, node(6), "package `heapdump`"),
        (advise_live_snapshot, node(7), "kill -USR1"),
        (advise_live_snapshot, node(6), "if `heapdump` is loaded"),
        (advise_snapshot_at_limit, node(15), "Start it with --heapsnapshot-near-heap-limit=2"),
        (advise_snapshot_at_limit, node(14), "From Node 14.18 and 15.1 on"),
        (advise_snapshot_at_limit, node(12, 14), "From Node 14.18 and 15.1 on"),
        (advise_snapshot_at_limit, node(13), "Start it with --heapsnapshot-signal=SIGUSR2"),
    ],
)
def test_no_version_is_told_a_flag_that_it_lacks(advise, version: NodeVersion, words: str) -> None:
    assert words in advise(version)


@pytest.mark.parametrize(
    ("version", "flags", "ring"),
    [(node(0), "with --trace-gc --trace-gc-nvp.", False), (node(4), "with --trace-gc-nvp;", True)],
    ids=["0.12", "4"],
)
def test_nvp_needs_trace_gc_and_spares_no_ring_in_old_versions(version: NodeVersion, flags: str, ring: bool) -> None:
    text = advise_details(version, "survival")
    assert flags in text
    assert ("Last few GCs" in text) is ring


@pytest.mark.parametrize(
    ("version", "words"),
    [
        (node(12), "caps --max-semi-space-size at 16 MB"),
        (node(13), "caps --max-semi-space-size at 16 MB"),
        (node(12, 14), "Start it with --max-semi-space-size=32 (MB, now 16): it costs up to 48.0 MB more memory"),
        (node(11), "Start it with --max-semi-space-size=32"),
        (node(24), "Start it with --max-semi-space-size=128 (MB, now 64): it costs up to 192.0 MB"),
        (node(25), "--max-semi-space-size=128"),
        (node(24, 26), "--max-semi-space-size=128"),
        (node(26), "--max-semi-space-size=64"),
        (node(0), "--max-new-space-size in KB"),
    ],
)
def test_a_larger_semi_space_is_twice_what_the_version_has(version: NodeVersion, words: str) -> None:
    assert words in advise_larger_semi_space(make_case(node=version))


def test_a_semi_space_that_is_set_in_the_log_is_doubled() -> None:
    case = make_case(options=(option(4096.0), option(8.0, name="max_semi_space_size")))
    assert "--max-semi-space-size=16 (MB, now 8)" in advise_larger_semi_space(case)


def test_what_more_buys_names_two_sizes_and_the_limit_now() -> None:
    bought = tuple(WhatIf(extra_mb, extra_mb * 21_796.875) for extra_mb in (512.0, 1024.0, 2048.0))
    assert say_what_more_buys(make_case(what_if=bought)) == (
        "A higher --max-old-space-size (now 96.0 MB) only buys time on this trend: "
        "+512.0 MB is 3 h 6 min, +1.00 GB is 6 h 12 min."
    )


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


def test_a_workers_snapshots_and_limit_are_its_own() -> None:
    worker = make_case(main=False, what_if=(WhatIf(512.0, 60_000.0),), limit=NoLimit("not in the log"))
    assert "worker.getHeapSnapshot()" in advise_snapshots_of(worker)
    assert advise_snapshots_of(make_case()) == advise_snapshots(make_case().node)
    assert say_what_more_buys(worker).startswith("A higher resourceLimits.maxOldGenerationSizeMb only buys time")


def grower(method: Method, holder: Holder | NotKnown) -> HeapDiff:
    figures = (ClassFigures(100, 1 << 20, 2 << 20), ClassFigures(400, 4 << 20, 14 << 20))
    first = figures if method != "summary" else figures[1:]
    growth = ClassGrowth("Order`s", first, 300, 0, 300, 12 << 20, 12e6, True)
    one = Grower(growth, 7, (), "", (), holder)
    return HeapDiff(method, (), (growth,), (one,), ())


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
