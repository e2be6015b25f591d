"""The HTML report as a file: what it holds, what it may load (nothing), and that log text stays text."""

from __future__ import annotations

import base64
import hashlib
import json
import math
import re
from html import unescape
from importlib import resources
from typing import Any

import pytest
from html_page import LOADING_TAGS, Page, contrast
from hundred_ticks import (
    make_hostile_profile,
    make_no_ticks,
    make_profile_report,
    make_profiled,
)
from made_reports import (
    HOSTILE,
    make_bare,
    make_empty,
    make_fleet,
    make_healthy,
    make_hostile,
    make_process,
    make_report,
    make_rising,
)
from rendered import render_html, render_terminal, verdict_markdown

from gclog import units
from gclog.model.report import LastCollection, Report
from gclog.model.verdict import Level, TimelineEvent, Verdict
from gclog.report.json.v1 import render_json
from gclog.report.render import page as page_module

EVERY_REPORT = {
    "death": make_report(),
    "forecast": make_report(processes=(make_rising(),)),
    "healthy": make_report(processes=(make_healthy(),)),
    "bare": make_report(processes=(make_bare(),)),
    "fleet": make_fleet(),
    "hostile": make_hostile(),
    "empty": make_empty(),
    "profile": make_profiled(),
    "profile beside a death": make_report(profiles=(make_profile_report(),)),
    "many profiles": make_profiled(*[make_profile_report(pid=n) for n in range(20)]),
    "no ticks": make_profiled(make_no_ticks()),
    "hostile profile": make_profiled(make_hostile_profile()),
}


@pytest.fixture(scope="module", params=EVERY_REPORT.keys())
def page(request: pytest.FixtureRequest) -> Page:
    return Page(render_html(EVERY_REPORT[request.param]))


def hash_of(text: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"


def test_every_tag_is_closed_by_its_own(page: Page) -> None:
    assert page.open == []


def test_no_tag_loads_anything(page: Page) -> None:
    for tag, attrs in page.tags:
        assert tag not in LOADING_TAGS
        assert not {"src", "srcset", "data", "poster", "style", "xlink:href"} & set(attrs)
        assert not [name for name in attrs if name.startswith("on")]
        href = attrs.get("href")
        assert href is None or href.startswith("#")


def test_the_style_sheet_loads_nothing(page: Page) -> None:
    assert not [text for tag, _, text in page.raw if tag == "style" and re.search(r"url\(|@import", text)]


def test_the_policy_allows_the_pages_own_scripts_and_styles_by_hash_and_nothing_else(page: Page) -> None:
    policy = page.policy()
    assert policy["default-src"] == ["'none'"]
    assert policy["base-uri"] == policy["form-action"] == ["'none'"]
    scripts = [hash_of(text) for tag, attrs, text in page.raw if tag == "script" and attrs.get("type") != "application/json"]
    assert policy["script-src"] == (scripts or ["'none'"])
    styles = [hash_of(text) for tag, _, text in page.raw if tag == "style"]
    has_plots = "figures" in {attrs.get("id") for _, attrs, _ in page.raw}
    assert policy["style-src"] == [*styles, *([hash_of("")] if has_plots else [])]
    assert set(policy) == {"default-src", "script-src", "style-src", "base-uri", "form-action"}


def test_the_policy_stands_before_everything_it_governs(page: Page) -> None:
    names = [tag for tag, _ in page.tags]
    assert names.index("meta") < names.index("style")
    assert page.tags[names.index("meta") + 1][1].get("http-equiv") == "Content-Security-Policy"


def test_ids_are_unique_and_every_link_has_its_target(page: Page) -> None:
    ids = page.ids()
    assert len(ids) == len(set(ids))
    targets = {attrs["href"] for tag, attrs in page.tags if tag == "a"}
    assert {f"#{name}" for name in ids} >= targets
    for _, attrs in page.tags:
        assert set((attrs.get("aria-labelledby") or "").split()) <= set(ids)


def test_the_landmarks_and_one_first_heading_are_there(page: Page) -> None:
    names = [tag for tag, _ in page.tags]
    assert names.count("h1") == names.count("main") == names.count("header") == names.count("footer") == 1
    assert dict(page.tags)["html"] == {"lang": "en"}


SECTIONS = ["heap", "findings", "figures", "timeline", "pauses", "gc-share", "reasons", "crash"]


def test_a_death_has_every_section_in_order() -> None:
    ids = Page(render_html(make_report())).ids()
    wanted = ["answer", *(f"p1-{name}" for name in SECTIONS), "quality", "method"]
    assert [name for name in ids if name in wanted] == wanted


def test_the_first_screen_answers_what_when_and_what_now() -> None:
    text = Page(render_html(make_report())).text.replace("\u00a0", " ")
    places = [
        text.index(part)
        for part in (
            "The heap reached its limit of 96.0 MB after 14 min 20 s",
            "find what is kept: raising the limit buys 1 h 34 min for 512.0 MB, no more",
            "7 min before the end, from line 287 on",
            "none: it died at +14 min 20 s, line 566",
            "Findings",
        )
    ]
    assert places == sorted(places)


def test_the_figures_are_those_of_the_terminal_and_the_units() -> None:
    text = Page(render_html(make_report())).text.replace("\u00a0", " ")
    terminal = " ".join(render_terminal(make_report(), width=200).split())
    for shown in (
        "0.2 %",
        "12.6 %",
        "1.24 ms, 1.46 ms, 47.8 ms",
        "+301.2 MB/h to +351.9 MB/h",
        "14.8 MB to 90.0 MB",
        "2.3 MB/s",
    ):
        assert shown in text and shown in terminal
    assert units.percent(make_process().pauses.mmu[0].share) in text


def test_what_cannot_be_said_is_said_with_its_reason() -> None:
    text = Page(render_html(make_report(processes=(make_healthy(),)))).text
    assert "no end in sight: the live set is flat" in text
    assert "no flag in the log, and nothing to infer it from" in text


def test_hostile_text_appears_as_text_only() -> None:
    page = Page(render_html(make_hostile()))
    assert "</script><img src=x onerror=window.hacked=1>" in page.text
    assert "[red]markup[/red]" in page.text
    assert "{{ 7*7 }} {% raw %} ${7*7} %s {0}" in Page(render_html(make_hostile(HOSTILE[5]))).text
    assert "<U+202E>gnirts" in page.text
    assert not {"\x1b", "\x07", "\x00", "\x9b", "\u202e", "\ud800"} & set(page.text)


@pytest.mark.parametrize("text", HOSTILE, ids=["tag", "markup", "codes", "bidi", "long", "template", "comment", "surrogate"])
def test_no_hostile_text_reaches_a_script_or_a_style(text: str) -> None:
    hostile, plain = Page(render_html(make_hostile(text))), Page(render_html(make_hostile("plain")))
    assert [what for what in hostile.raw if not is_document(what)] == [what for what in plain.raw if not is_document(what)]
    own = {
        "code",
        "br",
        "script",
        "button",
    }  # names are code, a note has lines, a document may be too large: see below; words of ours
    assert [tag for tag, _ in hostile.tags if tag not in own] == [tag for tag, _ in plain.tags if tag not in own]


def is_document(raw: tuple[str, dict[str, str | None], str]) -> bool:
    return raw[1].get("id") == "report"


@pytest.mark.parametrize("name", ["death", "profile", "bare", "tags"])
def test_the_whole_report_is_carried_along_as_json_without_a_tag_in_it(name: str) -> None:
    report = make_hostile("</script>&<!--") if name == "tags" else EVERY_REPORT[name]
    data = next(raw[2] for raw in Page(render_html(report)).raw if is_document(raw))
    assert not set("<>&") & set(data)
    assert json.loads(data) == json.loads(render_json(report))


def test_a_json_document_that_is_too_large_stays_outside_and_the_page_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(page_module, "LARGEST_DOCUMENT", 5_000)
    page = Page(render_html(make_report()))
    assert not [raw for raw in page.raw if is_document(raw)]
    assert "The whole report as JSON is too large for this page: --format json writes it." in page.text
    assert not [attrs for _, attrs in page.tags if "whole" in (attrs.get("class") or "")]


def test_the_markdown_for_a_ticket_stands_in_the_page_as_it_is_copied() -> None:
    source = render_html(make_report())
    area = re.search(r"<textarea id=\"p1-markdown\"[^>]*>\n(.*?)</textarea>", source, re.DOTALL)
    assert area is not None
    assert unescape(area[1]) == verdict_markdown(make_process())
    assert area[1].count("\n- ") == 5


def test_a_verdict_that_changes_all_the_time_has_its_first_and_latest_changes_listed_and_its_background_coarser() -> None:
    levels: list[Level] = ["ok", "rising"]
    last = make_process().span.last_ms
    events = [TimelineEvent(last * n / 3000, n, levels[n % 2], f"change {n}") for n in range(1, 3000)]
    events[100] = TimelineEvent(events[100].at_ms, 101, "critical", "the only one")
    source = render_html(make_report(processes=(make_process(timeline=tuple(events)),)))
    text = Page(source).text.replace("\u00a0", " ")
    rows = re.findall(r"change (\d+)|(the only one)", text)
    assert [int(number) for number, _ in rows if number] == [1, 2, *range(2960, 3000)]
    assert ("", "the only one") in rows
    assert "43 of 2,999 changes are shown: the first of each level, and the latest." in text
    assert "The background is the most severe level of each 5.4 s." in text
    assert source.count('class="band level-') <= 2 * 160
    assert len(source) < 1_600_000


def test_the_last_collections_of_a_crash_are_decoded_field_by_field() -> None:
    last = LastCollection(563, 860_000.0, "Mark-sweep", 97.5, 101.0, 90.0, 101.0, 52.2, 0.382, math.nan)
    page = render_html(make_report(processes=(make_process(last_collections=(last,)),)))
    row = re.search(r'aria-label="The last collections".*?<tbody>\s*<tr>(.*?)</tr>', page, re.DOTALL)
    assert row is not None
    cells = [unescape(cell).replace("\u00a0", " ") for cell in re.findall(r"<t[dh][^>]*>(.*?)</t[dh]>", row[1])]
    assert cells == [
        "+14 min 20 s", "563", "Mark-sweep", "97.5 MB", "90.0 MB", "7.5 MB", "101.0 MB", "101.0 MB", "52.2 ms", "0.382", "–",
    ]  # fmt: skip


def test_a_hostile_report_can_be_written_as_utf_8() -> None:
    render_html(make_hostile()).encode("utf-8")


def test_the_figures_data_is_json_without_a_tag_in_it() -> None:
    data = next(text for _, attrs, text in Page(render_html(make_report())).raw if attrs.get("id") == "figures")
    assert "<" not in data and "&" not in data
    figures: dict[str, Any] = json.loads(data)
    assert set(figures) == {"p1-heap", "p1-pauses", "p1-gc-share"}


def test_every_plot_has_its_static_drawing_and_its_data() -> None:
    page = Page(render_html(make_fleet()))
    holders = {attrs["data-figure"] for _, attrs in page.tags if "data-figure" in attrs}
    data = next(text for _, attrs, text in page.raw if attrs.get("id") == "figures")
    assert holders == set(json.loads(data)) and len(holders) == 9
    assert len([1 for tag, attrs in page.tags if tag == "svg" and attrs.get("class") == "picture"]) == len(holders)


def test_a_report_without_figures_has_no_plotly_and_an_empty_one_no_script_at_all() -> None:
    assert len(render_html(make_report(processes=(make_bare(),)))) < 80_000
    assert [tag for tag, _, _ in Page(render_html(make_empty())).raw] == ["style"]


def test_more_processes_than_sections_are_counted() -> None:
    page = Page(render_html(make_fleet(30)))
    assert "30 processes, the most severe first" in page.text
    assert "14 more processes are in the table alone." in page.text


@pytest.mark.parametrize("name", ["death", "fleet", "profile beside a death"])
def test_the_file_is_small_enough_to_attach(name: str) -> None:
    assert len(render_html(EVERY_REPORT[name]).encode()) < 1_600_000


def test_the_same_report_gives_the_same_bytes() -> None:
    assert render_html(make_fleet()) == render_html(make_fleet())


@pytest.mark.parametrize("level", ["not-assessable", "ok", "rising", "impending", "critical", "exhausted"])
def test_every_level_has_its_word_and_its_colour(level: Level) -> None:
    verdict = Verdict(level, "headline", 1.0, 1, None, None)
    page = Page(render_html(make_report(processes=(make_process(verdict=verdict),))))
    assert level.replace("-", " ").upper() in page.text
    style = page.raw[0][2]
    assert f".of-{level} " in style and f".level-{level} " in style and f"--level-{level}:" in style


def test_the_vendored_plotly_is_the_one_recorded() -> None:
    static = resources.files("gclog.report.render").joinpath("static")
    data = static.joinpath("plotly-basic.min.js").read_bytes()
    record = static.joinpath("README.md").read_text(encoding="utf-8")
    assert hashlib.sha256(data).hexdigest() in record
    version = re.search(rb"plotly\.js \(basic - minified\) v([\d.]+)", data[:200])
    assert version is not None and f"| {version.group(1).decode()} |" in record
    assert "</script" not in data.decode() and "<!--" not in data.decode()


TEXT_COLOURS = ["ink", "soft", "link", "limit", "death", "error", "warning", "info"]
LINE_COLOURS = ["after", "before", "committed", "live", "trend", "share", "scavenge", "minor_mark_sweep", "mark_compact"]


@pytest.mark.parametrize("scheme", [0, 1, 2], ids=["light", "dark", "print"])
def test_colours_have_the_contrast_of_wcag_aa(scheme: int) -> None:
    css = resources.files("gclog.report.render").joinpath("templates", "report.css").read_text(encoding="utf-8")
    colours = dict(re.findall(r"--([\w-]+): (#[0-9a-f]{6})", css.split(":root {")[1 + scheme].split("}")[0]))
    for background in ("paper", "card"):
        for name in TEXT_COLOURS:
            assert contrast(colours[name], colours[background]) >= 4.5, (name, background)
    for name in LINE_COLOURS:
        assert contrast(colours[name], colours["card"]) >= 3, name
    for name in [name for name in colours if name.startswith("level-")]:
        assert contrast(colours[name], colours["on-level"]) >= 4.5, name


def test_an_empty_report_says_so() -> None:
    report: Report = make_empty()
    assert "No process: nothing in the input is a garbage collection of V8." in Page(render_html(report)).text
