"""The table of functions in a browser: sorted and searched by a script, whole without one."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from browsing import NEEDS_BROWSER, Visit, open_browser
from hundred_ticks import make_profiled
from made_cpu import cpu_profile
from rendered import render_html

from gclog.model.not_known import NotKnown
from gclog.model.report import ProfileReport

pytestmark = NEEDS_BROWSER

browser = pytest.fixture(scope="module")(open_browser)

STACKS = ["main;zeta"] * 5 + ["main;beta;alpha"] * 3 + ["main;beta"] * 4 + ["main;C:write"] * 2
AS_REPORTED = ["zeta", "beta", "alpha", "write", "main"]


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("tables") / "profile.html"
    profile = cpu_profile(STACKS)
    path.write_text(render_html(make_profiled(ProfileReport("a", profile, NotKnown("none")))), encoding="utf-8")
    return path


def names(page: Any) -> list[str]:
    """Of the rows that are shown, from above."""
    return [row.locator("th").inner_text() for row in page.locator("#t1-functions tbody tr").all() if row.is_visible()]


def test_functions_sort_by_any_column_and_are_found_by_name_or_place(browser: Any, file: Path) -> None:
    visit = Visit(browser, file)
    section = visit.page.locator("#t1-functions")
    assert names(visit.page) == AS_REPORTED
    section.get_by_label("Sort by").select_option("In total")
    assert names(visit.page) == ["main", "beta", "zeta", "alpha", "write"]
    section.get_by_label("Sort by").select_option("Function")
    assert names(visit.page) == ["alpha", "beta", "main", "write", "zeta"]
    section.locator("thead").get_by_role("button", name="Own").click()
    assert names(visit.page) == AS_REPORTED
    section.get_by_label("Filter").fill("TA")
    assert names(visit.page) == ["zeta", "beta"]
    section.get_by_label("Filter").fill("app.js:11")
    assert names(visit.page) == ["main"]
    assert section.locator("output").inner_text() == "1 of 5"
    assert not visit.complaints


def test_without_scripts_the_table_is_whole(browser: Any, file: Path) -> None:
    visit = Visit(browser, file, scripts=False)
    assert names(visit.page) == AS_REPORTED
    assert visit.page.locator("#t1-functions").get_by_role("button").count() == 0
