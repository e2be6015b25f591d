"""The profiles' part of the HTML report: what it holds, in which order, and that names of functions stay text."""

from __future__ import annotations

import json
import re
from importlib import resources

import pytest
from html_page import Page, contrast
from hundred_ticks import make_hostile_profile, make_no_ticks, make_profile, make_profile_report, make_profiled, make_wide
from made_reports import HOSTILE, make_report, make_source
from rendered import render_html

from gclog.model.profile import CATEGORIES
from gclog.model.report import Report
from gclog.report.say import profile as profile_wording

PROFILE_SECTIONS = [
    "flame",
    "functions",
    "ticks",
    "whose",
    "heavy",
    "calls",
    "native",
    "packages",
    "scripts",
    "time",
    "memory",
    "gc-log",
    "unread",
]


def text_of(report: Report) -> str:
    return " ".join(Page(render_html(report)).text.replace("\u00a0", " ").split())


def rows_of(report: Report, section: str) -> list[str]:
    """The texts of a section's table rows."""
    source = render_html(report)
    part = re.search(rf'<section id="{section}".*?</section>', source, re.DOTALL)
    assert part is not None
    rows = re.findall(r"<tr.*?</tr>", part[0], re.DOTALL)
    return [" ".join(Page(f"<table>{row}</table>").text.replace("\u00a0", " ").split()) for row in rows]


def test_a_page_of_profiles_alone_begins_with_what_used_the_cpu() -> None:
    report = make_profiled(sources=(make_source(),))
    page = Page(render_html(report))
    wanted = ["answer", *(f"t1-{name}" for name in PROFILE_SECTIONS), "quality", "method"]
    assert [name for name in page.ids() if name in wanted] == wanted
    assert "p1-findings" not in page.ids() and "No process" not in page.text
    text = text_of(report)
    headline = profile_wording.headline(make_profile()).replace("`", "")
    places = [
        text.index(part) for part in (headline, "application 46.0 %", "34 of 100 ticks", "Flame graph", "Hottest functions")
    ]
    assert places == sorted(places)


def test_beside_processes_the_profile_comes_after_them_and_is_named_at_the_top() -> None:
    page = Page(render_html(make_report(profiles=(make_profile_report(),))))
    ids = page.ids()
    assert ids.index("answer") < ids.index("p1-crash") < ids.index("t1") < ids.index("quality")
    assert "#t1" in {attrs["href"] for tag, attrs in page.tags if tag == "a"}


def test_a_page_of_profiles_has_no_plotly() -> None:
    page = Page(render_html(make_profiled()))
    assert [attrs.get("id") for tag, attrs, _ in page.raw if tag == "script"] == ["report", "flames", None, None, None]
    assert len(render_html(make_profiled())) < 120_000


def test_a_page_without_profiles_has_nothing_of_theirs() -> None:
    source = render_html(make_report())
    assert "flame" not in source.replace("plotly", "") and "--cat-" not in source


def test_the_table_of_functions_has_ticks_tiers_and_deoptimisations() -> None:
    assert rows_of(make_profiled(), "t1-functions") == [
        "OwnTotalIn totalFunctionWhereTiers, deoptsWhose",
        "5050.0 %70.0 %70hashhash.js:1280.0 % optimised, 20.0 % interpreted; 1 deopt, last: wrong mapapplication",
        "2424.0 %24.0 %24nodeshared librarynative code",
        "2020.0 %20.0 %20ArrayMapbuiltinV8's builtins",
        "66.0 %96.0 %96mainmain.js:3interpretedapplication",
        "00 %20.0 %20handlerouter.js:40npm package express",
    ]


def test_the_table_by_category_adds_up() -> None:
    rows = rows_of(make_profiled(), "t1-whose")
    assert rows[1:4] == ["application4646.0 %", "garbage collection3434.0 %", "V8's builtins2020.0 %"]


def tree_of(section: str, report: Report) -> str:
    part = re.search(rf'<section id="{section}".*?</section>', render_html(report), re.DOTALL)
    assert part is not None
    tree = re.search(r'<ul class="card tree">(.*)</ul>', part[0], re.DOTALL)
    assert tree is not None
    marked = re.sub(r"<(ul|/ul|div class=\"chain\")>", lambda tag: {"ul": "(", "/ul": ")"}.get(tag[1], "+"), tree[1])
    return " ".join(re.sub(r"<[^>]*>", " ", marked).replace("\u00a0", " ").split())


def test_the_lists_of_the_call_trees_nest_and_join_only_children() -> None:
    assert tree_of("t1-calls", make_profiled()) == (
        "96.0 % 96 main main.js:3 self 6.0 % ( 70.0 % 70 hash hash.js:12 self 50.0 % ( 20.0 % 20 node shared library self 20.0 % )"
        " 20.0 % 20 handle router.js:40 + 20.0 % 20 ArrayMap builtin self 20.0 % ) 4.0 % 4 node shared library self 4.0 %"
    )
    assert tree_of("t1-heavy", make_profiled()) == (
        "50.0 % 50 hash hash.js:12 + 50.0 % 50 main main.js:3 "
        "24.0 % 24 node shared library ( 20.0 % 20 hash hash.js:12 + 20.0 % 20 main main.js:3 ) "
        "20.0 % 20 ArrayMap builtin + 20.0 % 20 handle router.js:40 + 20.0 % 20 main main.js:3 6.0 % 6 main main.js:3"
    )


def test_what_is_below_one_percent_is_counted_and_not_listed() -> None:
    wide = make_profiled(make_wide(400))
    assert re.search(r"others below 1.0 %: \d+ tick", tree_of("t1-calls", wide))


def test_the_pictures_along_the_time_share_their_axis_and_have_their_key() -> None:
    page = Page(render_html(make_profiled()))
    ids = page.ids()
    assert [name for name in ("t1-states-title", "t1-heap-title", "t1-pauses-title") if name in ids] == [
        "t1-states-title",
        "t1-heap-title",
        "t1-pauses-title",
    ]
    assert page.text.count("heavy allocation") >= 3
    assert "3 pauses, the longest 25.5 ms." in page.text.replace("\u00a0", " ")


def test_the_allocation_windows_name_who_was_on_the_stack() -> None:
    (row,) = rows_of(make_profiled(), "t1-gc-log")[-1:]
    assert row == "+1.0 s to +1.1 s22.5 MB500.0 MB/smain main.js:3 100 %, hash hash.js:12 80.0 %"


def test_without_ticks_the_page_says_so_and_has_no_graph() -> None:
    page = Page(render_html(make_profiled(make_no_ticks())))
    assert "No tick: nothing to say about the CPU" in page.text
    assert not [tag for tag, _ in page.tags if tag in {"canvas", "svg", "figure"}]


def test_more_profiles_than_sections_are_counted() -> None:
    page = Page(render_html(make_profiled(*[make_profile_report(pid=n) for n in range(20)])))
    assert "4 more profiles are not shown." in page.text
    assert len([1 for _, attrs in page.tags if "data-flame" in attrs]) == 6


def test_the_flames_data_is_json_without_a_tag_in_it() -> None:
    data = next(
        text for _, attrs, text in Page(render_html(make_profiled(make_hostile_profile()))).raw if attrs.get("id") == "flames"
    )
    assert not set("<>&") & set(data)
    assert set(json.loads(data)) == {"t1"}


@pytest.mark.parametrize("text", HOSTILE, ids=["tag", "markup", "codes", "bidi", "long", "template", "comment", "surrogate"])
def test_hostile_names_in_a_profile_change_no_tag_and_no_script(text: str) -> None:
    hostile = Page(render_html(make_profiled(make_hostile_profile(text))))
    plain = Page(render_html(make_profiled(make_hostile_profile("plain"))))
    seen = {"code", "text", "script"}  # a document of endless names is not carried along
    assert [tag for tag, _ in hostile.tags if tag not in seen] == [tag for tag, _ in plain.tags if tag not in seen]
    assert [text for _, attrs, text in hostile.raw if not attrs.get("id")] == [
        text for _, attrs, text in plain.raw if not attrs.get("id")
    ]
    assert not {"\x1b", "\x07", "\x00", "\x9b", "\u202e", "\ud800"} & set(hostile.text)


def test_the_same_profile_gives_the_same_bytes() -> None:
    assert render_html(make_profiled()) == render_html(make_profiled())


@pytest.mark.parametrize("scheme", [0, 1, 2], ids=["light", "dark", "print"])
def test_the_names_in_the_boxes_have_the_contrast_of_wcag_aa(scheme: int) -> None:
    css = resources.files("gclog.report.render").joinpath("templates", "profile.css").read_text(encoding="utf-8")
    colours = dict(re.findall(r"--([\w-]+): (#[0-9a-f]{6})", css.split(":root {")[1 + scheme].split("}")[0]))
    for category in CATEGORIES:
        if category != "gc":
            assert contrast(colours[f"cat-{category}"], colours["cat-ink"]) >= 4.5, category
    for name in ("all", "others"):
        assert contrast(colours[f"cat-{name}"], colours["cat-edge"]) >= 4.5, name
