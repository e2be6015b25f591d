"""The flame graph's data: boxes in order, folded so that every level adds up; its static drawing."""

from __future__ import annotations

import re
from collections import defaultdict
from pathlib import Path

import pytest
from hundred_ticks import HANDLE, HASH, MAIN, MAP, NODE, make_hostile_profile, make_profile, make_wide
from hypothesis import given, settings
from hypothesis import strategies as st
from made_cpu import cpu_profile, spread, write_cpu_profile

from gclog.compare.compare import compare
from gclog.model.profile import Profile, StackPath
from gclog.model.profile_comparison import ProfileCompareReport
from gclog.profile.tree import bottom_up, flat, top_down
from gclog.report.draw.flame import (
    ALL,
    CHANGES,
    OTHERS,
    Flame,
    FlameNode,
    bottom_up_flame,
    change_of,
    cut_sentence,
    flame_data,
    label,
    shown_categories,
    top_down_flame,
)
from gclog.report.draw.flame_svg import draw_flame_svg
from gclog.report.draw.time_order import time_order_flame


def rows_of(flame: Flame) -> list[tuple[int, int, int, int, int, int]]:
    return [(node.depth, node.from_ticks, node.frame, node.self_ticks, node.total_ticks, node.gc_ticks) for node in flame.nodes]


def test_callees_stand_below_their_callers_the_widest_first() -> None:
    assert rows_of(top_down_flame(make_profile(), 100)) == [
        (0, 0, ALL, 0, 100, 34),
        (1, 0, MAIN, 6, 96, 30),
        (2, 0, HASH, 50, 70, 30),
        (3, 0, NODE, 20, 20, 20),
        (2, 70, HANDLE, 0, 20, 0),
        (3, 70, MAP, 20, 20, 0),
        (1, 96, NODE, 4, 4, 4),
    ]


def test_callers_stand_below_their_callees_in_the_other_direction() -> None:
    assert rows_of(bottom_up_flame(make_profile(), 100)) == [
        (0, 0, ALL, 0, 100, 34),
        (1, 0, HASH, 0, 50, 10),
        (2, 0, MAIN, 50, 50, 10),
        (1, 50, NODE, 4, 24, 24),
        (2, 50, HASH, 0, 20, 20),
        (3, 50, MAIN, 20, 20, 20),
        (1, 74, MAP, 0, 20, 0),
        (2, 74, HANDLE, 0, 20, 0),
        (3, 74, MAIN, 20, 20, 0),
        (1, 94, MAIN, 6, 6, 0),
    ]


def test_what_is_too_narrow_is_folded_beside_its_siblings() -> None:
    flame = top_down_flame(make_profile(), 3)
    assert (flame.least_ticks, flame.nodes_from) == (21, 7)
    assert rows_of(flame) == [
        (0, 0, ALL, 0, 100, 34),
        (1, 0, MAIN, 6, 96, 30),
        (2, 0, HASH, 50, 70, 30),
        (3, 0, OTHERS, 20, 20, 20),
        (2, 70, OTHERS, 20, 20, 0),
        (1, 96, OTHERS, 4, 4, 4),
    ]
    assert cut_sentence(flame) == (
        "3 of the call tree's 7 boxes are drawn: those below 21 ticks are folded into “others”, and every level adds up."
    )


def test_a_graph_that_was_not_cut_says_so() -> None:
    assert cut_sentence(top_down_flame(make_profile(), 7)) == "All 7 boxes of the call tree are drawn."


def adds_up(flame: Flame) -> None:
    below: defaultdict[int, int] = defaultdict(int)
    way: list[int] = []
    for i, node in enumerate(flame.nodes):
        del way[node.depth :]
        if way:
            parent = flame.nodes[way[-1]]
            assert node.from_ticks == parent.from_ticks + below[way[-1]]
            below[way[-1]] += node.total_ticks
        way.append(i)
    for i, node in enumerate(flame.nodes):
        assert node.total_ticks == node.self_ticks + below[i]
        assert 0 <= node.gc_ticks <= node.total_ticks


@st.composite
def profiles(draw: st.DrawFn) -> Profile:
    stacks = draw(
        st.lists(st.lists(st.integers(0, 4), min_size=1, max_size=6).map(tuple), min_size=1, max_size=20, unique=True)
    )
    paths = []
    for stack in stacks:
        ticks = draw(st.integers(1, 30))
        paths.append(StackPath(stack, ticks, draw(st.integers(0, ticks))))
    return make_profile(
        ticks=sum(path.ticks for path in paths),
        paths=tuple(paths),
        top_down=top_down(paths),
        bottom_up=bottom_up(paths),
        flat=flat(paths),
    )


@settings(max_examples=60)
@given(profiles(), st.integers(1, 30))
def test_every_level_adds_up_however_much_is_folded(profile: Profile, at_most: int) -> None:
    for flame in (top_down_flame(profile, at_most), bottom_up_flame(profile, at_most)):
        adds_up(flame)
        assert sum(node.frame != OTHERS for node in flame.nodes) <= at_most
        assert flame.nodes[0].gc_ticks == sum(path.gc_ticks for path in profile.paths)


def test_the_data_numbers_anew_the_frames_that_are_shown() -> None:
    profile = make_profile()
    data = flame_data(profile, top_down_flame(profile, 3), bottom_up_flame(profile, 3))
    assert [frame["name"] for frame in data["frames"]] == ["main", "hash"]
    assert data["ticks"] == 100
    assert data["views"]["down"]["frame"] == [ALL, 0, 1, OTHERS, OTHERS, OTHERS]
    assert data["views"]["up"]["frame"] == [ALL, 1, 0, OTHERS]
    assert data["views"]["up"]["total"] == [100, 50, 50, 50]
    assert data["frames"][1] == {
        "name": "hash",
        "label": "hash hash.js:12",
        "place": "/srv/app/hash.js:12:14",
        "category": 0,
        "code": "80.0 % optimised, 20.0 % interpreted, 1 deopt, last: wrong map",
        "self": 50,
        "total": 70,
    }


def test_the_categories_are_those_of_the_boxes_and_gc() -> None:
    profile = make_profile()
    assert shown_categories(profile, top_down_flame(profile, 100)) == ["application", "node_modules", "builtin", "native", "gc"]
    assert shown_categories(profile, top_down_flame(profile, 2)) == ["application", "gc"]


def test_a_label_names_a_function_with_its_place_and_the_rest_without() -> None:
    assert [label(frame) for frame in make_profile().frames] == [
        "main main.js:3",
        "hash hash.js:12",
        "handle router.js:40",
        "ArrayMap",
        "node",
    ]


def test_hostile_names_are_harmless_and_short_in_the_data() -> None:
    profile = make_hostile_profile().profile
    data = flame_data(profile, top_down_flame(profile, 100), bottom_up_flame(profile, 100))
    for frame in data["frames"]:
        for key in ("name", "label", "place"):
            assert len(frame[key]) < 200
            assert frame[key].isprintable()


BOX = re.compile(
    r'<title>([^<]*)</title><rect class="box cat-([\w-]+)" x="([\d.]+)" y="(\d+)" width="([\d.]+)" height="16"/>'
    r'(?:<rect class="box cat-gc" x="[\d.]+" y="\d+" width="([\d.]+)" height="3"/>)?(?:<text [^>]*>([^<]*)</text>)?'
)


def test_the_static_drawing_has_each_box_at_its_place_with_its_name_and_its_part_of_gc() -> None:
    profile = make_profile()
    drawing = str(draw_flame_svg(profile, top_down_flame(profile, 3), "k"))
    assert BOX.findall(drawing) == [
        ("all 100 ticks: 100 ticks, 100 %", "all", "0", "0", "959", "326.1", "all 100 ticks"),
        ("main main.js:3: 96 ticks, 96.0 %", "application", "0", "17", "920.6", "287.7", "main main.js:3"),
        ("hash hash.js:12: 70 ticks, 70.0 %", "application", "0", "34", "671", "287.6", "hash hash.js:12"),
        ("others: 20 ticks, 20.0 %", "others", "0", "51", "191", "191", "others"),
        ("others: 20 ticks, 20.0 %", "others", "672", "34", "191", "", "others"),
        ("others: 4 ticks, 4.0 %", "others", "921.6", "17", "37.4", "37.4", "othe…"),
    ]


def test_the_static_drawing_escapes_names() -> None:
    profile = make_hostile_profile().profile
    drawing = str(draw_flame_svg(profile, top_down_flame(profile, 100), "k"))
    assert "<img" not in drawing and "&lt;img" in drawing


@pytest.mark.parametrize("boxes", [320, 3000])
def test_as_many_boxes_are_kept_as_are_allowed(boxes: int) -> None:
    flame = top_down_flame(make_wide(5000).profile, boxes)
    kept = sum(node.frame != OTHERS for node in flame.nodes)
    assert 0.5 * boxes < kept <= boxes
    adds_up(flame)


@pytest.mark.parametrize(
    ("sides", "change"),
    [
        ((0, 400), "more-3"), ((100, 290), "more-2"), ((100, 310), "more-3"), ((100, 120), "more-1"), ((100, 105), "same"),
        ((100, 100), "same"), ((105, 100), "same"), ((400, 0), "less-3"), ((290, 100), "less-2"), ((120, 100), "less-1"),
        ((0, 1), "more-3"), ((0, 0), "same"),
    ],
)  # fmt: skip
def test_a_box_has_the_colour_of_how_its_share_changed(sides: tuple[int, int], change: str) -> None:
    assert CHANGES[change_of(sides, (1000, 1000))] == change
    assert CHANGES[change_of((sides[0], 7 * sides[1]), (1000, 7000))] == change, "shares count, not how long each lasted"


def test_a_change_below_a_thousandth_of_the_work_is_none() -> None:
    assert CHANGES[change_of((0, 9), (10_000, 10_000))] == "same"
    assert CHANGES[change_of((0, 10), (10_000, 10_000))] == "more-3"


def test_what_changed_is_in_the_graphs_data_box_by_box(tmp_path: Path) -> None:
    report = compare(
        write_cpu_profile(tmp_path / "a.cpuprofile", spread({"main;f": 3, "main;g": 1}, 50)),
        write_cpu_profile(tmp_path / "b.cpuprofile", spread({"main;f": 1, "main;g": 3}, 50)),
    )
    assert isinstance(report, ProfileCompareReport)
    difference = report.difference
    down = top_down_flame(difference, 100)
    data = flame_data(difference, down, bottom_up_flame(difference, 100), "parts")
    view = data["views"]["down"]
    names = [data["frames"][frame]["name"] if frame >= 0 else "all" for frame in view["frame"]]
    changes = [data["changes"][number] for number in view["change"]]
    assert data["sides"] == (10_000_000, 10_000_000)
    assert dict(zip(names, zip(view["before"], changes, strict=True), strict=True)) == {
        "all": (10_000_000, "change-same"),
        "main": (10_000_000, "change-same"),
        "f": (7_500_000, "change-less-3"),
        "g": (2_500_000, "change-more-3"),
    }
    assert {frame["name"]: frame["self"] for frame in data["frames"]} == {"main": (0, 0), "f": (0.75, 0.25), "g": (0.25, 0.75)}
    svg = draw_flame_svg(difference, down, "d", "parts")
    assert '<title>f app.js:21: 75.0 % before, 25.0 % after</title><rect class="box cat-change-less-3"' in svg
    assert ">all work</text>" in svg


def test_time_order_has_a_box_for_each_stretch_with_the_same_callers() -> None:
    profile = cpu_profile(["main;f", "main;f;g", "main;f", "main;h", "(idle)", "main;h", "load"])
    flame = time_order_flame(profile, 100)
    assert flame is not None
    names = [(node.depth, node.from_ticks // 1000, node.frame, node.total_ticks // 1000) for node in flame.nodes]
    shown = [(depth, begin, profile.frames[frame].name if frame >= 0 else "all", total) for depth, begin, frame, total in names]
    assert shown == [
        (0, 0, "all", 6), (1, 0, "main", 5), (2, 0, "f", 3), (3, 1, "g", 1), (2, 3, "h", 2), (1, 5, "load", 1),
    ]  # fmt: skip
    assert [node.self_ticks // 1000 for node in flame.nodes] == [0, 0, 2, 1, 2, 1]


@settings(max_examples=40, derandomize=True)
@given(st.lists(st.sampled_from(["a", "a;b", "a;b;c", "a;c", "b", "(idle)"]), min_size=3, max_size=200), st.integers(2, 60))
def test_boxes_in_the_order_of_time_lie_within_their_callers_and_are_as_many_as_asked_for(
    stacks: list[str], at_most: int
) -> None:
    profile = cpu_profile(stacks)
    flame = time_order_flame(profile, at_most)
    if flame is None:
        assert len(profile.samples.path) < 2
        return
    assert len(flame.nodes) <= at_most
    assert flame.nodes[0].total_ticks == profile.top_down.total_ticks
    way: list[FlameNode] = []
    for node in flame.nodes:
        del way[node.depth :]
        if way:
            assert way[-1].from_ticks <= node.from_ticks
            assert node.from_ticks + node.total_ticks <= way[-1].from_ticks + way[-1].total_ticks
        way.append(node)


def test_a_long_profile_is_shown_at_evenly_spread_moments() -> None:
    flame = time_order_flame(cpu_profile(["a"] * 4000 + ["b"] * 1000), 100)
    assert flame is not None
    assert [(node.from_ticks // 1000, node.total_ticks // 1000) for node in flame.nodes[1:]] == [(0, 4000), (4000, 1000)]
