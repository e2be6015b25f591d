"""The pages beside the report's own: they carry one script, which saves, their document as JSON, and nothing else that acts."""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Callable
from dataclasses import dataclass, replace

import pytest
from html_page import LOADING_TAGS, Page
from made_fleet import made_row
from made_heaps import make_growth
from rendered import render_as
from test_compare_reports import ALL_HOSTILE, SHARE, comparison, side
from test_compare_reports import report as make_comparison
from test_fleet_reports import FLEET, HOSTILE, report_of

from gclog.report.json.comparison import render_compare_json
from gclog.report.json.fleet import render_fleet_json
from gclog.report.json.heap import render_heap_json
from gclog.report.render import page as page_module
from gclog.report.render.page import read_asset, read_saving


@dataclass(frozen=True)
class Form:
    """A page, and the document that it has to carry; both of the same, ordinary or hostile."""

    html: Callable[[], str]
    json: Callable[[], str]


GROWTH = make_growth()
HOSTILE_GROWTH = replace(GROWTH, notes=(HOSTILE,), snapshots=tuple(replace(one, name=HOSTILE) for one in GROWTH.snapshots))
HOSTILE_FLEET = report_of([made_row(source=HOSTILE, host=HOSTILE, headline=HOSTILE, notes=(HOSTILE,))])
HOSTILE_COMPARISON = make_comparison(comparison("worse", SHARE, before=side(ALL_HOSTILE), after=side(ALL_HOSTILE)))

FORMS = {
    "compare": Form(lambda: render_as("compare", "html", make_comparison()), lambda: render_compare_json(make_comparison())),
    "fleet": Form(lambda: render_as("fleet", "html", FLEET), lambda: render_fleet_json(FLEET)),
    "heap": Form(lambda: render_as("heap", "html", GROWTH, version="9.9"), lambda: render_heap_json(GROWTH, "9.9")),
    "hostile compare": Form(
        lambda: render_as("compare", "html", HOSTILE_COMPARISON), lambda: render_compare_json(HOSTILE_COMPARISON)
    ),
    "hostile fleet": Form(lambda: render_as("fleet", "html", HOSTILE_FLEET), lambda: render_fleet_json(HOSTILE_FLEET)),
    "hostile heap": Form(
        lambda: render_as("heap", "html", HOSTILE_GROWTH, version="9.9"), lambda: render_heap_json(HOSTILE_GROWTH, "9.9")
    ),
}


@pytest.fixture(params=FORMS.values(), ids=FORMS.keys())
def form(request: pytest.FixtureRequest) -> Form:
    made: Form = request.param
    return made


def hash_of(text: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"


def test_the_only_scripts_that_run_are_ours_and_named_by_the_policy(form: Form) -> None:
    page = Page(form.html())
    assert page.open == []
    scripts = [(attrs.get("type"), text) for tag, attrs, text in page.raw if tag == "script"]
    sorting = [read_asset("templates", "sort.js")] if any("data-keys" in attrs for _, attrs in page.tags) else []
    assert [kind for kind, _ in scripts] == ["application/json", *([None] * len(sorting)), None]
    assert [text for _, text in scripts[1:]] == [*sorting, read_saving()]
    assert page.policy()["script-src"] == [hash_of(text) for text in (*sorting, read_saving())]
    assert page.policy()["default-src"] == ["'none'"]


def test_nothing_is_loaded_and_no_attribute_acts(form: Form) -> None:
    page = Page(form.html())
    assert not {tag for tag, _ in page.tags} & LOADING_TAGS
    assert not [attrs for _, attrs in page.tags if any(name.startswith("on") or name == "style" for name in attrs)]
    assert not [attrs for _, attrs in page.tags if not (attrs.get("href") or "#").startswith("#")]


def test_the_document_is_the_whole_report_as_json_without_a_tag_in_it(form: Form) -> None:
    (document,) = (text for tag, attrs, text in Page(form.html()).raw if attrs.get("id") == "report")
    assert not set("<>&") & set(document)
    assert json.loads(document) == json.loads(form.json())


def test_a_document_that_is_too_large_stays_outside_and_the_page_says_so(form: Form, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(page_module, "LARGEST_DOCUMENT", 100)
    page = Page(form.html())
    assert not [attrs for _, attrs, _ in page.raw if attrs.get("id") == "report"]
    assert "The whole report as JSON is too large for this page: --format json writes it." in page.text
    assert not [attrs for _, attrs in page.tags if "whole" in (attrs.get("class") or "")]


def test_ids_are_given_once_and_every_table_is_in_a_part_that_has_one(form: Form) -> None:
    page = Page(form.html())
    assert len(page.ids()) == len(set(page.ids()))
    tables = [attrs for _, attrs in page.tags if attrs.get("class") == "table"]
    assert tables and all(attrs.get("tabindex") == "0" and attrs.get("aria-label") for attrs in tables)


def test_the_same_report_gives_the_same_bytes(form: Form) -> None:
    assert form.html() == form.html()
